//! `render`: the plan as rows for people and for `--json`, and its counts.
//! Decides nothing and prints nothing.

use std::fmt;

use serde::Serialize;

use crate::base::BoardPath;
use crate::sync::plan::Act;
use crate::sync::plan::Plan;
use crate::sync::plan::Reason;

/// What happens to one file. The words are a promise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Sent; nothing was there.
    Add,
    /// Sent; replaces what was there.
    Update,
    /// Copied on the board.
    Copy,
    /// Removed from the board.
    Remove,
    /// Left on the board although the project has it otherwise or not at all.
    Keep,
    /// The same on both sides.
    Unchanged,
    /// Stands against the whole plan.
    Conflict,
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Add => "add",
            Self::Update => "update",
            Self::Copy => "copy",
            Self::Remove => "remove",
            Self::Keep => "keep",
            Self::Unchanged => "unchanged",
            Self::Conflict => "conflict",
        })
    }
}

/// One file of the plan: what happens to it and why. Shown by `--dry-run`, and as JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// What happens.
    pub verb: Verb,
    /// Path on the board.
    pub path: String,
    /// Bytes: of the new content for `add`, `update` and `copy`, else of what lies on the board.
    pub size: u64,
    /// Why, for people.
    pub reason: String,
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            verb,
            path,
            size,
            reason,
        } = self;
        write!(f, "{verb:<9} {path}  {size} bytes  {reason}")
    }
}

/// Every file of the plan, one row each, by path. Folders are not rows.
pub fn render(plan: &Plan) -> Vec<Row> {
    let row = |verb, path: &BoardPath, size, reason: String| Row {
        verb,
        path: path.to_string(),
        size,
        reason,
    };
    let steps = plan.steps.iter().filter_map(|step| {
        let (verb, size) = match &step.act {
            Act::Put {
                print,
                replaces: false,
                ..
            } => (Verb::Add, print.size),
            Act::Put {
                print,
                replaces: true,
                ..
            } => (Verb::Update, print.size),
            Act::Copy { print, .. } => (Verb::Copy, print.size),
            Act::Remove { size, .. } => (Verb::Remove, *size),
            Act::MakeFolder(_) | Act::RemoveFolder(_) => return None,
        };
        Some(row(verb, step.act.path(), size, step.reason.to_string()))
    });
    let unchanged = plan
        .unchanged
        .iter()
        .map(|n| row(Verb::Unchanged, &n.path, n.size, n.reason.to_string()));
    let kept = plan
        .kept
        .iter()
        .map(|n| row(Verb::Keep, &n.path, n.size, n.reason.to_string()));
    let conflicts = plan
        .conflicts
        .iter()
        .map(|c| row(Verb::Conflict, &c.path, c.size, c.clash.to_string()));
    let mut rows: Vec<Row> = steps.chain(unchanged).chain(kept).chain(conflicts).collect();
    rows.sort_by(|a, b| a.path.cmp(&b.path));
    rows
}

/// How many files of each kind. A rename is one `renamed`, neither `added` nor `removed`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// New on the board, sent or copied.
    pub added: usize,
    /// Replaced, sent or copied.
    pub updated: usize,
    /// Removed.
    pub removed: usize,
    /// Given another path.
    pub renamed: usize,
    /// The same on both sides.
    pub unchanged: usize,
    /// Left as the board has them.
    pub kept: usize,
    /// Against the whole plan.
    pub conflicts: usize,
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = [
            (self.added, "added"),
            (self.updated, "updated"),
            (self.renamed, "renamed"),
            (self.removed, "removed"),
            (self.kept, "kept"),
            (self.conflicts, "in conflict"),
            (self.unchanged, "unchanged"),
        ];
        let some: Vec<String> = all
            .iter()
            .filter(|(n, _)| *n > 0)
            .map(|(n, word)| format!("{n} {word}"))
            .collect();
        if some.is_empty() {
            f.write_str("nothing to do")
        } else {
            f.write_str(&some.join(", "))
        }
    }
}

impl Plan {
    /// Counts the files.
    pub fn counts(&self) -> Counts {
        let mut counts = Counts {
            unchanged: self.unchanged.len(),
            kept: self.kept.len(),
            conflicts: self.conflicts.len(),
            ..Counts::default()
        };
        for step in &self.steps {
            match (&step.act, &step.reason) {
                (Act::Copy { .. }, Reason::RenamedFrom(_)) => counts.renamed += 1,
                (Act::Remove { .. }, Reason::RenamedTo(_))
                | (Act::MakeFolder(_) | Act::RemoveFolder(_), _) => {}
                (Act::Put { replaces, .. } | Act::Copy { replaces, .. }, _) => {
                    *(if *replaces {
                        &mut counts.updated
                    } else {
                        &mut counts.added
                    }) += 1;
                }
                (Act::Remove { .. }, _) => counts.removed += 1,
            }
        }
        counts
    }

    /// Bytes of file content that have to be sent.
    pub fn bytes_to_send(&self) -> u64 {
        let sizes = self.steps.iter().map(|step| match &step.act {
            Act::Put { print, .. } => print.size,
            _ => 0,
        });
        sizes.sum()
    }
}
