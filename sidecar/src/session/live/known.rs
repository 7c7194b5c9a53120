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

    /// After a comparison: what was known before of files that the project changed since, if it can still be so.
    /// What the board holds was only compared with the project, so a size that fits is the sign.
    #[must_use]
    pub fn remembering(
        mut self,
        before: &Self,
        sides: &BTreeMap<BoardPath, Sides>,
        project: &Snapshot,
    ) -> Self {
        for (path, side) in sides {
            let (Sides::Differ { board: size, .. } | Sides::OnlyBoard { size }) = side else {
                continue;
            };
            let print = before.print(path);
            let fits = |print: &&Fingerprint| print.size == *size && project.get(path) != Some(*print);
            if let Some(print) = print.filter(fits) {
                self.files.insert(path.clone(), Lies::Is(*print));
            }
        }
        self
    }

    /// A file was put on the board by itself.
    pub fn wrote(&mut self, path: BoardPath, print: Fingerprint) {
        self.files.insert(path, Lies::Is(print));
    }

    /// The board has other content there than was thought.
    pub fn differs(&mut self, path: BoardPath) {
        self.files.insert(path, Lies::Other);
    }

    /// A file, or a folder with all that is in it, was removed from the board.
    pub fn removed(&mut self, path: &BoardPath) {
        self.files.retain(|file, _| file != path && !file.is_below(path));
    }

    /// A file or a folder of the board has another name now.
    pub fn renamed(&mut self, from: &BoardPath, to: &BoardPath) {
        let old = std::mem::take(&mut self.files);
        let rename = |(file, lies): (BoardPath, Lies)| {
            let inside = file.as_str().strip_prefix(from.as_str());
            let moved = inside.filter(|_| file == *from || file.is_below(from));
            let moved = moved.and_then(|rest| BoardPath::new(&format!("{to}{rest}")).ok());
            (moved.unwrap_or(file), lies)
        };
        self.files = old.into_iter().map(rename).collect();
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
            installed: None,
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
    fn a_comparison_does_not_forget_what_the_last_sync_put_there() {
        let path = |text: &str| BoardPath::new(text).unwrap();
        let synced = snapshot(&[("/a.py", "1"), ("/b.py", "1"), ("/c.py", "1"), ("/gone.py", "1")]);
        let before = Known::of_sync(&Manifest {
            installed: None,
            project: "blink".to_owned(),
            files: synced,
        });
        // a was changed in the project, b in both, c on the board only, gone was removed from the project.
        let project = snapshot(&[("/a.py", "22"), ("/b.py", "22"), ("/c.py", "1")]);
        let differ = |board, project| Sides::Differ { board, project };
        let sides = BTreeMap::from([
            (path("/a.py"), differ(1, 2)),
            (path("/b.py"), differ(3, 2)),
            (path("/c.py"), differ(1, 1)),
            (path("/gone.py"), Sides::OnlyBoard { size: 1 }),
        ]);
        let known = Known::of_sides(&sides, &project).remembering(&before, &sides, &project);
        let one = Fingerprint::of(b"1");
        let prints = ["/a.py", "/b.py", "/c.py", "/gone.py"].map(|file| known.print(&path(file)).copied());
        assert_eq!(prints, [Some(one), None, None, Some(one)]);
        assert_eq!(known.differences(&project).len(), 4);
    }

    #[test]
    fn what_is_done_to_single_files_is_known() {
        let path = |text: &str| BoardPath::new(text).unwrap();
        let project = snapshot(&[("/a.py", "1"), ("/lib/b.py", "1"), ("/lib/c.py", "1")]);
        let mut known = Known::of_sync(&Manifest {
            installed: None,
            project: "blink".to_owned(),
            files: project.clone(),
        });
        known.wrote(path("/a.py"), Fingerprint::of(b"2"));
        known.differs(path("/lib/c.py"));
        known.renamed(&path("/lib"), &path("/old"));
        let all = ["/a.py Differs", "/lib/b.py OnlyProject", "/lib/c.py OnlyProject"];
        let all = [&all[..], &["/old/b.py OnlyBoard", "/old/c.py OnlyBoard"]].concat();
        assert_eq!(shown(&known.differences(&project)), all);
        known.removed(&path("/old"));
        assert_eq!(shown(&known.differences(&project)), all[..3]);
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
