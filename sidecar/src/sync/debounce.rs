//! `Debouncer`: many changes in a short time become one `Batch`.
//! Pure: time is an argument, and nothing is watched here.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use crate::sync::ignore::Origin;
use crate::sync::ignore::Rules;

/// How long it must be quiet before a batch is complete.
pub const QUIET: Duration = Duration::from_millis(200);
/// How long a batch can wait for quiet, from its first change.
pub const LONGEST: Duration = Duration::from_secs(2);

/// Something that happened in the project. Paths are relative to its root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is there now and was not before.
    Created(PathBuf, Kind),
    /// It was written, or another file took its name.
    Written(PathBuf, Kind),
    /// It is gone, or has another name.
    Removed(PathBuf, Kind),
    /// The system lost track: anything may have changed.
    Lost,
}

/// What a path is, as far as the system tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A folder.
    Folder,
    /// Not told, as for most things that are gone.
    Unknown,
}

/// Changes that belong together. A reason to scan again, not a replacement for it: what is in a new or moved folder
/// is not listed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Files and folders that are new or were written.
    pub changed: BTreeSet<PathBuf>,
    /// Files and folders that are gone.
    pub removed: BTreeSet<PathBuf>,
    /// The system lost track; the lists are not complete.
    pub rescan: bool,
}

#[derive(Clone, Copy)]
struct State {
    there: bool,
    /// It came into being within the batch.
    born: bool,
}

/// Collects changes until it is quiet. Times are since any fixed moment.
#[derive(Clone, Debug)]
pub struct Debouncer {
    rules: Rules,
    paths: BTreeMap<PathBuf, State>,
    lost: bool,
    first: Option<Duration>,
    last: Duration,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { there, born } = self;
        write!(f, "there: {there}, born: {born}")
    }
}

impl Debouncer {
    /// Changes that the rules keep off the board do not count.
    pub fn new(rules: Rules) -> Self {
        Self {
            rules,
            paths: BTreeMap::new(),
            lost: false,
            first: None,
            last: Duration::ZERO,
        }
    }

    /// Takes a change that was seen at `at`.
    pub fn push(&mut self, at: Duration, change: Change) {
        let (path, kind, there, born) = match change {
            Change::Created(path, kind) => (path, kind, true, true),
            Change::Written(path, kind) => (path, kind, true, false),
            Change::Removed(path, kind) => (path, kind, false, false),
            Change::Lost => {
                self.lost = true;
                self.touch(at);
                return;
            }
        };
        if !self.wanted(&path, kind) {
            return;
        }
        let before = self.paths.get(&path).copied();
        let born = before.map_or(born, |state| state.born);
        if born && !there {
            // It came and went: nobody needs to know, but those who wait for quiet wait on.
            self.paths.remove(&path);
            self.last = at;
            if self.paths.is_empty() && !self.lost {
                self.first = None;
            }
            return;
        }
        self.paths.insert(path, State { there, born });
        self.touch(at);
    }

    /// When the batch will be complete, if no more comes; `None` while there is nothing in it.
    pub fn due(&self) -> Option<Duration> {
        self.first.map(|first| (self.last + QUIET).min(first + LONGEST))
    }

    /// When the batch began; `None` while there is nothing in it.
    pub fn began(&self) -> Option<Duration> {
        self.first
    }

    /// The batch, if it is complete at `at`.
    pub fn take(&mut self, at: Duration) -> Option<Batch> {
        self.due().filter(|due| at >= *due)?;
        self.first = None;
        let mut batch = Batch {
            rescan: std::mem::take(&mut self.lost),
            ..Batch::default()
        };
        for (path, state) in std::mem::take(&mut self.paths) {
            if state.there {
                batch.changed.insert(path)
            } else {
                batch.removed.insert(path)
            };
        }
        Some(batch)
    }

    /// Do the rules let it through? What is gone can have been a file or a folder.
    pub fn wanted(&self, path: &Path, kind: Kind) -> bool {
        let as_folder = || self.rules.why_ignored_anywhere(path, true);
        let as_file = || self.rules.why_ignored_anywhere(path, false);
        match kind {
            Kind::File => as_file().is_none(),
            Kind::Folder => as_folder().is_none(),
            // A folder has no extension, so a list of types says nothing about it.
            Kind::Unknown => as_folder().is_none() && as_file().is_none_or(|why| why.origin == Origin::Types),
        }
    }

    fn touch(&mut self, at: Duration) {
        self.first.get_or_insert(at);
        self.last = at;
    }
}
