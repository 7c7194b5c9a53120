//! `Sources`: content that already lies on the board under a path of ours, so that it need not be sent.
//! Not for empty files: every `__init__.py` would be a copy of every other.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::base::BoardPath;
use crate::base::Digest;
use crate::base::Fingerprint;
use crate::sync::plan::hindrance::Facts;
use crate::sync::plan::hindrance::Lies;

/// Where to find content on the board.
pub(super) struct Sources<'a> {
    by_content: BTreeMap<Digest, Vec<&'a BoardPath>>,
    going: &'a BTreeSet<BoardPath>,
    /// Removed path to the path that has its content now.
    pub(super) renames: BTreeMap<&'a BoardPath, BoardPath>,
}

/// What was found.
pub(super) enum Source<'a> {
    /// It goes in this sync, and this is its new path.
    Renamed(&'a BoardPath),
    /// It has the same content.
    Same(&'a BoardPath),
}

impl<'a> Sources<'a> {
    /// `going` are the files of ours that this sync removes.
    pub(super) fn new(facts: &Facts<'a>, going: &'a BTreeSet<BoardPath>) -> Self {
        let mut by_content: BTreeMap<Digest, Vec<&BoardPath>> = BTreeMap::new();
        for (path, print) in &facts.ours {
            if print.size > 0 && matches!(facts.lies_at(path), Lies::Ours(_)) {
                by_content.entry(print.sha256).or_default().push(path);
            }
        }
        Self {
            by_content,
            going,
            renames: BTreeMap::new(),
        }
    }

    /// Finds the content for `to`, which is `new` if nothing lies there. Of several, a file that goes is
    /// best, and of those one of the same name: most renames move a file to another folder.
    pub(super) fn find(&mut self, to: &BoardPath, print: &Fingerprint, new: bool) -> Option<Source<'a>> {
        let same = self.by_content.get(&print.sha256)?;
        let free = |path: &&&'a BoardPath| self.going.contains(**path) && !self.renames.contains_key(**path);
        let going = same.iter().filter(|path| free(path));
        if new && let Some(from) = going.min_by_key(|from| from.name() != to.name()) {
            self.renames.insert(from, to.clone());
            return Some(Source::Renamed(from));
        }
        same.first().map(|from| Source::Same(from))
    }
}
