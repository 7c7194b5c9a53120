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

/// How long it must be quiet before a batch of one file is complete, if whoever wrote that file is done with it.
pub const QUICK: Duration = Duration::from_millis(10);
/// The same if a file may still be written, or where the last batch was just before: a checkout, a formatter. Also
/// what is gone may come back: some editors remove a file and write it anew.
pub const QUIET: Duration = Duration::from_millis(200);
/// The same for a file that was written, on systems that do not tell when a file is closed.
pub const UNTOLD: Duration = Duration::from_millis(50);
/// How long a batch can wait for quiet, from its first change.
pub const LONGEST: Duration = Duration::from_secs(2);

/// Does the system tell when whoever wrote a file is done with it?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ends {
    /// inotify does.
    Told,
    /// FSEvents, ReadDirectoryChangesW and looking again and again do not.
    Untold,
}

/// Something that happened in the project. Paths are relative to its root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is there now and was not before.
    Created(PathBuf, Kind),
    /// It was written, and may be written on.
    Written(PathBuf, Kind),
    /// Whoever wrote it is done, or a whole file or folder took its name.
    Closed(PathBuf, Kind),
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
    /// Somebody may be in the middle of writing it, or of filling it.
    open: bool,
}

/// Collects changes until it is quiet. Times are since any fixed moment.
#[derive(Clone, Debug)]
pub struct Debouncer {
    rules: Rules,
    ends: Ends,
    paths: BTreeMap<PathBuf, State>,
    lost: bool,
    first: Option<Duration>,
    last: Duration,
    /// When the batch before this one was taken.
    taken: Option<Duration>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { there, born, open } = self;
        write!(f, "there: {there}, born: {born}, open: {open}")
    }
}

impl Debouncer {
    /// Changes that the rules keep off the board do not count.
    pub fn new(rules: Rules, ends: Ends) -> Self {
        Self {
            rules,
            ends,
            paths: BTreeMap::new(),
            lost: false,
            first: None,
            last: Duration::ZERO,
            taken: None,
        }
    }

    /// Takes a change that was seen at `at`.
    pub fn push(&mut self, at: Duration, change: &Change) {
        let (path, kind) = match change {
            Change::Created(path, kind)
            | Change::Written(path, kind)
            | Change::Closed(path, kind)
            | Change::Removed(path, kind) => (path, *kind),
            Change::Lost => {
                self.lost = true;
                self.touch(at);
                return;
            }
        };
        if !self.wanted(path, kind) {
            return;
        }
        let before = self.paths.get(path).copied();
        let state = State {
            there: !matches!(change, Change::Removed(..)),
            born: before.map_or(matches!(change, Change::Created(..)), |state| state.born),
            // Into a folder that was just made, files will come.
            open: matches!(change, Change::Created(..) | Change::Written(..)),
        };
        if state.born && !state.there {
            // It came and went: nobody needs to know, but those who wait for quiet wait on.
            self.paths.remove(path);
            self.last = at;
            if self.paths.is_empty() && !self.lost {
                self.first = None;
            }
            return;
        }
        self.paths.insert(path.clone(), state);
        self.touch(at);
    }

    /// From now on nobody tells when a file is closed.
    pub fn ends_untold(&mut self) {
        self.ends = Ends::Untold;
    }

    /// Somebody looked at the files: what came before that may not go unnoticed any more.
    pub fn seen(&mut self) {
        for state in self.paths.values_mut() {
            state.born = false;
        }
    }

    /// When the batch will be complete, if no more comes; `None` while there is nothing in it.
    pub fn due(&self) -> Option<Duration> {
        let first = self.first?;
        Some((self.last + self.quiet(first)).min(first + LONGEST))
    }

    /// A save is one file, written and closed. The more files there are, the more will come.
    fn quiet(&self, first: Duration) -> Duration {
        let many = self.paths.len() > 4;
        let in_a_row = self.taken.is_some_and(|taken| first < taken + QUIET);
        if many || in_a_row || self.lost || self.paths.values().any(|state| !state.there) {
            return QUIET;
        }
        let open = self.paths.values().any(|state| state.open);
        let shortest = match self.ends {
            Ends::Told if open => QUIET,
            Ends::Untold if open => UNTOLD,
            Ends::Told | Ends::Untold => QUICK,
        };
        let files = u32::try_from(self.paths.len()).unwrap_or(u32::MAX);
        (shortest * (1 << files.saturating_sub(1).min(4))).min(QUIET)
    }

    /// When the batch began; `None` while there is nothing in it.
    pub fn began(&self) -> Option<Duration> {
        self.first
    }

    /// The batch, if it is complete at `at`.
    pub fn take(&mut self, at: Duration) -> Option<Batch> {
        self.due().filter(|due| at >= *due)?;
        self.first = None;
        self.taken = Some(at);
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
