//! `foreign`: what lies where the project wants to be, and is not ours, out of a listing of the board.
//! Pure: asks the board nothing, and leaves open whether a file of the right size is the wanted one.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::collections::BTreeMap;

use crate::base::BoardPath;
use crate::sync::plan::Foreign;
use crate::sync::plan::Manifest;
use crate::sync::plan::Snapshot;

/// A board's tree: files with their size in bytes, folders with none.
pub(super) type Listing = BTreeMap<BoardPath, Option<u64>>;

/// What is in the project's way, and which files of it have the size of the project's: their sums decide.
pub(super) fn foreign(
    listing: &Listing,
    project: &Snapshot,
    manifest: Option<&Manifest>,
) -> (BTreeMap<BoardPath, Foreign>, Vec<BoardPath>) {
    let owned = |path: &BoardPath| manifest.is_some_and(|manifest| manifest.files.contains_key(path));
    let mut foreign = BTreeMap::new();
    let mut ask = Vec::new();
    for (path, size) in listing {
        let wanted = project.get(path);
        let found = match size {
            Some(_) if owned(path) => continue,
            None if wanted.is_some() && only_ours(listing, path, owned) => continue,
            _ if wanted.is_none() && path.inside(project).next().is_none() => continue,
            None => Foreign::Folder,
            Some(size) => Foreign::File {
                size: *size,
                as_wanted: false,
            },
        };
        if wanted.is_some_and(|wanted| Some(wanted.size) == *size) {
            ask.push(path.clone());
        }
        foreign.insert(path.clone(), found);
    }
    (foreign, ask)
}

/// Is there nothing in the folder but files of ours, and at least one?
fn only_ours(listing: &Listing, folder: &BoardPath, owned: impl Fn(&BoardPath) -> bool) -> bool {
    let mut files = folder
        .inside(listing)
        .filter(|(_, size)| size.is_some())
        .peekable();
    files.peek().is_some() && files.all(|(path, _)| owned(path))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::Fingerprint;

    fn path(text: &str) -> BoardPath {
        BoardPath::new(text).unwrap()
    }

    fn snapshot(files: &[&str]) -> Snapshot {
        let entry = |text: &&str| (path(text), Fingerprint::of(b"four"));
        files.iter().map(entry).collect()
    }

    /// What is in the way of `wanted`, on a board with these files (`name=size`) and folders (`name/`).
    fn shown(wanted: &[&str], ours: &[&str], board: &[&str]) -> Vec<String> {
        let entry = |text: &&str| match text.split_once('=') {
            Some((name, size)) => (path(name), Some(size.parse().unwrap())),
            None => (path(text), None),
        };
        let manifest = Manifest {
            installed: None,
            project: String::new(),
            files: snapshot(ours),
        };
        let listing = board.iter().map(entry).collect();
        let (foreign, ask) = foreign(&listing, &snapshot(wanted), Some(&manifest));
        let show = |(path, found): (&BoardPath, &Foreign)| match found {
            Foreign::Folder => format!("{path}/"),
            Foreign::File { size, .. } if ask.contains(path) => format!("{path}={size}?"),
            Foreign::File { size, .. } => format!("{path}={size}"),
        };
        foreign.iter().map(show).collect()
    }

    #[test]
    fn only_what_is_in_the_way_is_named() {
        let none: &[&str] = &[];
        let cases = [
            // Files of the user's, at other places.
            (
                &["/a.py"][..],
                none,
                &["/data.log=9", "/lib/", "/lib/x=1", "/a.pyc=1"][..],
                none,
            ),
            // At the same place: the size decides whether the sum is asked.
            (
                &["/a.py", "/b.py"],
                none,
                &["/a.py=4", "/b.py=5"],
                &["/a.py=4?", "/b.py=5"],
            ),
            (&["/a.py"], &["/a.py"], &["/a.py=4"], none),
            // A file where a folder is needed, a folder where one is needed.
            (&["/lib/a.py"], none, &["/lib=3"], &["/lib=3"]),
            (&["/lib/a.py"], &["/lib"], &["/lib=3"], none),
            (&["/lib/a.py"], none, &["/lib/"], &["/lib/"]),
            // A sibling sorts between a folder and what is in it: `-` and `.` are less than `/`.
            (
                &["/lib/a.py"],
                none,
                &["/lib-x=1", "/lib.py=1", "/lib/"],
                &["/lib/"],
            ),
            // A folder where a file is wanted goes only if all in it is ours.
            (
                &["/a"],
                &["/a/x", "/a/y"],
                &["/a/", "/a/x=4", "/a/y=4", "/a-=1"],
                none,
            ),
            (&["/a"], &["/a/x"], &["/a/", "/a/x=4", "/a/y=4"], &["/a/"]),
            (&["/a"], &["/a/x"], &["/a/"], &["/a/"]),
            (&["/a"], none, &["/a/", "/a/b/"], &["/a/"]),
        ];
        for (wanted, ours, board, expected) in cases {
            assert_eq!(
                shown(wanted, ours, board),
                expected,
                "{wanted:?} {ours:?} {board:?}"
            );
        }
    }
}
