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
    by_content: BTreeMap<Digest, Places<'a>>,
    /// Removed path to the path that has its content now.
    pub(super) renames: BTreeMap<&'a BoardPath, BoardPath>,
}

/// Where one content is.
struct Places<'a> {
    first: &'a BoardPath,
    /// Those that this sync removes, and that have no new path yet: by name, and by path. A folder of ten thousand
    /// equal files can be renamed, so neither is searched.
    free_by_name: BTreeMap<&'a str, BTreeSet<&'a BoardPath>>,
    free: BTreeSet<&'a BoardPath>,
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
    pub(super) fn new(facts: &Facts<'a>, going: &BTreeSet<BoardPath>) -> Self {
        let mut by_content: BTreeMap<Digest, Places<'_>> = BTreeMap::new();
        for (&path, print) in &facts.ours {
            if print.size == 0 || !matches!(facts.lies_at(path), Lies::Ours(_)) {
                continue;
            }
            let places = by_content.entry(print.sha256).or_insert_with(|| Places {
                first: path,
                free_by_name: BTreeMap::new(),
                free: BTreeSet::new(),
            });
            if going.contains(path) {
                places.free_by_name.entry(path.name()).or_default().insert(path);
                places.free.insert(path);
            }
        }
        let renames = BTreeMap::new();
        Self { by_content, renames }
    }

    /// Finds the content for `to`, which is `new` if nothing lies there. Of several, a file that goes is
    /// best, and of those one of the same name: most renames move a file to another folder.
    pub(super) fn find(&mut self, to: &BoardPath, print: &Fingerprint, new: bool) -> Option<Source<'a>> {
        let places = self.by_content.get_mut(&print.sha256)?;
        let same_name = places.free_by_name.get(to.name()).and_then(BTreeSet::first);
        let from = same_name.or(places.free.first()).copied();
        match from.filter(|_| new) {
            None => Some(Source::Same(places.first)),
            Some(from) => {
                places.free.remove(from);
                if let Some(named) = places.free_by_name.get_mut(from.name()) {
                    named.remove(from);
                }
                self.renames.insert(from, to.clone());
                Some(Source::Renamed(from))
            }
        }
    }
}
