//! `Sources`: content that already lies on the board under a path of ours, so that it need not be sent.
//! Not for empty files: every `__init__.py` would be a copy of every other.

use std::collections::BTreeMap;
use std::collections::HashMap;
use std::collections::HashSet;

use crate::base::BoardPath;
use crate::base::Digest;
use crate::base::Fingerprint;
use crate::sync::plan::hindrance::Facts;
use crate::sync::plan::hindrance::Lies;

/// Where to find content on the board. Ten thousand equal files can be renamed at once, so no list is searched.
pub(super) struct Sources<'a> {
    first: HashMap<Digest, &'a BoardPath>,
    /// Files that this sync removes, the first by path at the end; those that have a new path may be among them.
    going: HashMap<Digest, Vec<&'a BoardPath>>,
    going_by_name: HashMap<(Digest, &'a str), Vec<&'a BoardPath>>,
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
    /// `going` are the files of ours that this sync removes, `wanted` is what will be looked for.
    pub(super) fn new<T>(
        facts: &Facts<'a>,
        going: &BTreeMap<BoardPath, T>,
        wanted: &HashSet<Digest>,
    ) -> Self {
        let mut sources = Self {
            first: HashMap::new(),
            going: HashMap::new(),
            going_by_name: HashMap::new(),
            renames: BTreeMap::new(),
        };
        for (&path, print) in facts.ours.iter().rev() {
            let sha256 = print.sha256;
            let there = |path| matches!(facts.lies_at(path), Lies::Ours(_));
            if print.size == 0 || !wanted.contains(&sha256) || !there(path) {
                continue;
            }
            sources.first.insert(sha256, path);
            if going.contains_key(path) {
                sources.going.entry(sha256).or_default().push(path);
                let named = (sha256, path.name());
                sources.going_by_name.entry(named).or_default().push(path);
            }
        }
        sources
    }

    /// Finds the content for `to`, which is `new` if nothing lies there. Of several, a file that goes is
    /// best, and of those one of the same name: most renames move a file to another folder.
    pub(super) fn find(&mut self, to: &'a BoardPath, print: &Fingerprint, new: bool) -> Option<Source<'a>> {
        let first = *self.first.get(&print.sha256)?;
        let named = self.going_by_name.get_mut(&(print.sha256, to.name()));
        let going = self.going.get_mut(&print.sha256);
        for places in [named, going].into_iter().flatten().filter(|_| new) {
            while let Some(from) = places.pop() {
                if !self.renames.contains_key(from) {
                    self.renames.insert(from, to.clone());
                    return Some(Source::Renamed(from));
                }
            }
        }
        Some(Source::Same(first))
    }
}
