//! `Known`: what lies on a board, as far as it is known without asking, against the files of a project.
//! Pure. It can be out of date: only a sync or a comparison finds the truth.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::collections::BTreeMap;

use crate::base::BoardPath;
use crate::base::Fingerprint;
use crate::sync::plan::Manifest;
use crate::sync::plan::Sides;
use crate::sync::plan::Snapshot;

/// What is known to lie on a board.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    files: BTreeMap<BoardPath, Lies>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lies {
    /// This content.
    Is(Fingerprint),
    /// Some other content than anything that is known.
    Other,
}

/// How a file on the board and in the project differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Difference {
    /// The board does not have it yet.
    OnlyProject,
    /// The project does not have it.
    OnlyBoard,
    /// Both have it, with different content.
    Differs,
}

impl Known {
    /// After a sync: what it put there.
    pub fn of_sync(manifest: &Manifest) -> Self {
        let files = manifest.files.iter();
        Self {
            files: files
                .map(|(path, print)| (path.clone(), Lies::Is(*print)))
                .collect(),
        }
    }

    /// After a comparison of every file with `project`.
    pub fn of_sides(sides: &BTreeMap<BoardPath, Sides>, project: &Snapshot) -> Self {
        let lies = |path: &BoardPath, side: &Sides| match side {
            Sides::OnlyProject { .. } => None,
            Sides::OnlyBoard { .. } | Sides::Differ { .. } => Some(Lies::Other),
            Sides::Same { .. } => Some(project.get(path).map_or(Lies::Other, |print| Lies::Is(*print))),
        };
        Self {
            files: sides
                .iter()
                .filter_map(|(path, side)| Some((path.clone(), lies(path, side)?)))
                .collect(),
        }
    }

    /// Where the project's files are not those of the board, by path.
    pub fn differences(&self, project: &Snapshot) -> Vec<(BoardPath, Difference)> {
        let ours = project
            .iter()
            .filter_map(|(path, print)| match self.files.get(path) {
                None => Some((path.clone(), Difference::OnlyProject)),
                Some(lies) if *lies == Lies::Is(*print) => None,
                Some(_) => Some((path.clone(), Difference::Differs)),
            });
        let theirs = self.files.keys().filter(|path| !project.contains_key(path));
        let theirs = theirs.map(|path| (path.clone(), Difference::OnlyBoard));
        let mut all: Vec<_> = ours.chain(theirs).collect();
        all.sort_by(|one, other| one.0.cmp(&other.0));
        all
    }

    /// The content of a file on the board, if it is known.
    pub fn print(&self, path: &BoardPath) -> Option<&Fingerprint> {
        match self.files.get(path)? {
            Lies::Is(print) => Some(print),
            Lies::Other => None,
        }
    }

    /// Is it known that the board has no such file?
    pub fn lacks(&self, path: &BoardPath) -> bool {
        !self.files.contains_key(path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot(files: &[(&str, &str)]) -> Snapshot {
        let entry =
            |(path, text): &(&str, &str)| (BoardPath::new(path).unwrap(), Fingerprint::of(text.as_bytes()));
        files.iter().map(entry).collect()
    }

    fn shown(differences: &[(BoardPath, Difference)]) -> Vec<String> {
        let show = |(path, difference): &(BoardPath, Difference)| format!("{path} {difference:?}");
        differences.iter().map(show).collect()
    }

    #[test]
    fn what_changed_since_a_sync_is_known_without_asking_the_board() {
        let synced = snapshot(&[("/a.py", "1"), ("/b.py", "1"), ("/gone.py", "1")]);
        let known = Known::of_sync(&Manifest {
            project: "blink".to_owned(),
            files: synced.clone(),
        });
        assert_eq!(known.differences(&synced), []);
        let now = snapshot(&[("/a.py", "1"), ("/b.py", "2"), ("/new.py", "1")]);
        assert_eq!(
            shown(&known.differences(&now)),
            ["/b.py Differs", "/gone.py OnlyBoard", "/new.py OnlyProject"]
        );
        assert_eq!(
            known.print(&BoardPath::new("/b.py").unwrap()),
            Some(&Fingerprint::of(b"1"))
        );
    }

    #[test]
    fn a_file_that_differed_once_differs_until_a_sync_or_a_comparison_says_otherwise() {
        let project = snapshot(&[("/same.py", "1"), ("/other.py", "1"), ("/new.py", "1")]);
        let path = |text: &str| BoardPath::new(text).unwrap();
        let sides = BTreeMap::from([
            (path("/same.py"), Sides::Same { size: 1 }),
            (path("/other.py"), Sides::Differ { board: 9, project: 1 }),
            (path("/new.py"), Sides::OnlyProject { size: 1 }),
            (path("/data.log"), Sides::OnlyBoard { size: 5 }),
        ]);
        let known = Known::of_sides(&sides, &project);
        let all = ["/data.log OnlyBoard", "/new.py OnlyProject", "/other.py Differs"];
        assert_eq!(shown(&known.differences(&project)), all);
        let edited = snapshot(&[("/same.py", "1"), ("/other.py", "2"), ("/new.py", "1")]);
        assert_eq!(shown(&known.differences(&edited)), all);
        assert!(known.lacks(&path("/new.py")) && !known.lacks(&path("/data.log")));
    }
}
