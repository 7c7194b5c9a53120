//! `respell`: on FAT a name that changed only in upper and lower case is the same file.
//! Not a check of names: that is `names`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::base::BoardPath;
use crate::sync::plan::BoardState;
use crate::sync::plan::NameRules;
use crate::sync::plan::Snapshot;

/// Gives the manifest's lines the project's spelling where the board cannot tell the two apart.
///
/// Without it `/Main.py` would be removed and `/main.py` adopted, and FAT would remove the one file there is.
pub(super) fn respell<'a>(project: &Snapshot, board: &'a BoardState) -> Cow<'a, BoardState> {
    let Some(manifest) = board.manifest.as_ref().filter(|_| board.names == NameRules::Fat) else {
        return Cow::Borrowed(board);
    };
    let gone: Vec<&BoardPath> = manifest
        .files
        .keys()
        .filter(|old| !project.contains_key(*old))
        .collect();
    if gone.is_empty() {
        return Cow::Borrowed(board);
    }
    let wanted: BTreeMap<String, &BoardPath> = project.keys().map(|path| (folded(path), path)).collect();
    let other: Vec<(&BoardPath, &BoardPath)> = gone
        .into_iter()
        .filter_map(|old| Some((old, *wanted.get(&folded(old))?)))
        .filter(|(_, new)| !manifest.files.contains_key(*new))
        .collect();
    if other.is_empty() {
        return Cow::Borrowed(board);
    }
    let mut same = board.clone();
    for (old, new) in other {
        let files = same.manifest.as_mut().map(|manifest| &mut manifest.files);
        if let Some(files) = files
            && let Some(print) = files.remove(old)
        {
            files.insert(new.clone(), print);
        }
        if let Some(drift) = same.drifted.remove(old) {
            same.drifted.insert(new.clone(), drift);
        }
        same.foreign.remove(new);
    }
    Cow::Owned(same)
}

/// The path as FAT compares it.
pub(super) fn folded(path: &BoardPath) -> String {
    path.as_str().to_lowercase()
}
