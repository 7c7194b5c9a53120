//! `space`: how much flash the steps take, and whether the board has it.
//! Does not choose: the caller decides between whole, one by one and refusing.

use std::collections::BTreeSet;

use crate::base::BoardPath;
use crate::sync::plan::Act;
use crate::sync::plan::BoardState;
use crate::sync::plan::NameRules;
use crate::sync::plan::Plan;
use crate::sync::plan::Step;
use crate::sync::plan::hindrance::Facts;

/// Flash that a sync takes, in bytes, rounded up to the board's blocks.
///
/// The journal and the manifest are not counted: whoever writes them adds them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Space {
    /// For everything new to lie beside everything old before the commit.
    pub whole: u64,
    /// At the worst moment when removals come first and files are replaced one at a time.
    pub one_by_one: u64,
    /// What old versions and removed files give back at the end.
    pub reclaimed: u64,
    /// What the board has free now; `None` if it cannot tell.
    pub free: Option<u64>,
}

/// How a sync fits onto the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fit {
    /// Everything new beside everything old: all or nothing.
    Whole,
    /// Only file by file, each replaced as a whole.
    OneByOne,
    /// Not at all.
    No {
        /// Missing bytes, even one by one.
        short: u64,
    },
    /// The board cannot tell how much is free.
    Unknown,
}

impl Space {
    /// Compares with what is free; `more` bytes are needed besides (journal, manifest).
    pub fn fit(&self, more: u64) -> Fit {
        match self.free {
            None => Fit::Unknown,
            Some(free) if self.whole + more <= free => Fit::Whole,
            Some(free) if self.one_by_one + more <= free => Fit::OneByOne,
            Some(free) => Fit::No {
                short: self.one_by_one + more - free,
            },
        }
    }
}

/// Adds up what the steps take.
///
/// A file takes whole blocks and at least one (littlefs keeps very small files inside their folder, so
/// this is never too little); a new folder takes two on littlefs, which keeps pairs, and one elsewhere.
/// A board that does not know its flash is counted in bytes.
pub(super) fn space(steps: &[Step], board: &BoardState, facts: &Facts<'_>) -> Space {
    let block = board.flash.map_or(1, |flash| flash.block.max(1));
    let taken = |size: u64| size.div_ceil(block).max(1).saturating_mul(block);
    let old = |path: &BoardPath| taken(facts.lies_at(path).size());
    let folder = if board.names == NameRules::LittleFs {
        2 * block
    } else {
        block
    };

    let mut sum = Space {
        free: board.flash.map(|flash| flash.free),
        ..Space::default()
    };
    // Taken so far, one by one, and given back so far; unsigned, so kept apart.
    let (mut used, mut back) = (0_u64, 0_u64);
    for step in steps {
        let (new, freed) = match &step.act {
            Act::Remove { size, .. } => (0, taken(*size)),
            // Only if it is empty by then, so it is not counted on.
            Act::RemoveFolder(_) => (0, 0),
            Act::MakeFolder(_) => (folder, 0),
            Act::Put {
                path,
                print,
                replaces,
            }
            | Act::Copy {
                to: path,
                print,
                replaces,
                ..
            } => (taken(print.size), if *replaces { old(path) } else { 0 }),
        };
        sum.whole += new;
        sum.reclaimed += freed;
        used += new;
        // A flat file system has no rename: the old version goes before the new one is written.
        let beside = if board.flat { freed } else { 0 };
        sum.one_by_one = sum.one_by_one.max(used.saturating_sub(back + beside));
        back += freed;
    }
    sum
}

impl Plan {
    /// The steps for replacing files one at a time, when there is no room for all of them at once.
    ///
    /// A copy whose source is removed or replaced is sent instead: nothing is staged that could save it.
    pub fn one_by_one(&self) -> Vec<Step> {
        let touched: BTreeSet<&BoardPath> = self.steps.iter().map(|step| step.act.path()).collect();
        let mut steps = self.steps.clone();
        for step in &mut steps {
            if let Act::Copy {
                from,
                to,
                print,
                replaces,
            } = &step.act
                && touched.contains(from)
            {
                step.act = Act::Put {
                    path: to.clone(),
                    print: *print,
                    replaces: *replaces,
                };
            }
        }
        steps
    }
}
