//! `BoardPath`: where a file lies on a board, the same on every host.
//! Not a host path: those stop at the scanner and the watcher.

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization;

/// An absolute path on a board: starts with `/`, has no empty, `.` or `..` part, no control
/// character and no backslash, and is in Unicode's composed form (NFC).
///
/// The root of the *project on the board* is `/`; boards that keep it elsewhere
/// (`/flash` on pyboards) are the board room's business. Clones share the text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BoardPath(Arc<str>);

/// Why a name cannot be a path on a board.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The path has no name in it.
    #[error("the path is empty")]
    Empty,
    /// `..` would leave the root.
    #[error("`{}` leaves the root of the board with `..`", shown(path))]
    Escapes {
        /// As it was given.
        path: String,
    },
    /// Line ends and NUL cannot be in names: MicroPython takes NUL as the end, the manifest is made of lines.
    #[error(
        "`{}` has the character U+{code:04X}, which no board can keep in a name",
        shown(path)
    )]
    Character {
        /// As it was given.
        path: String,
        /// The Unicode code point that does not fit.
        code: u32,
    },
}

/// Without control characters, which a terminal would act on.
fn shown(path: &str) -> String {
    let mut shown = String::with_capacity(path.len());
    for c in path.chars() {
        if c.is_control() {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

impl BoardPath {
    /// Reads `/lib/x.py`, `lib/x.py` and `./lib//x.py` as the same path.
    pub fn new(text: &str) -> Result<Self, PathError> {
        let mut path = String::with_capacity(text.len() + 1);
        for part in text.split('/').filter(|part| !part.is_empty() && *part != ".") {
            if part == ".." {
                return Err(PathError::Escapes {
                    path: text.to_owned(),
                });
            }
            if let Some(bad) = part.chars().find(|c| c.is_control() || *c == '\\') {
                return Err(PathError::Character {
                    path: text.to_owned(),
                    code: bad.into(),
                });
            }
            path.push('/');
            if part.is_ascii() {
                path.push_str(part);
            } else {
                path.extend(part.nfc());
            }
        }
        if path.is_empty() {
            return Err(PathError::Empty);
        }
        Ok(Self(path.into()))
    }

    /// The whole path, with its leading `/`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The path without its leading `/`.
    pub fn relative(&self) -> &str {
        &self.0[1..]
    }

    /// The last part.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// The folder it lies in; `None` for what lies in the root.
    pub fn parent(&self) -> Option<Self> {
        let folder = self.folder();
        (!folder.is_empty()).then(|| Self(folder.into()))
    }

    /// The text of the folder it lies in; empty for the root. To see whether two paths are neighbours.
    pub fn folder(&self) -> &str {
        self.0.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// All folders above it, outermost first.
    pub fn ancestors(&self) -> Vec<Self> {
        let mut all: Vec<Self> = std::iter::successors(self.parent(), Self::parent).collect();
        all.reverse();
        all
    }

    /// All folders above any of these. Cheap where neighbours follow each other, as in a sorted tree.
    pub fn folders<'a>(paths: impl IntoIterator<Item = &'a Self>) -> BTreeSet<Self> {
        let mut all = BTreeSet::new();
        let mut last = "";
        for path in paths {
            if path.folder() == last {
                continue;
            }
            last = path.folder();
            let mut above = path.parent();
            // Where one is known, those above it are.
            while let Some(folder) = above.take_if(|folder| !all.contains(folder)) {
                above = folder.parent();
                all.insert(folder);
            }
        }
        all
    }

    /// Is it below the folder?
    pub fn is_below(&self, folder: &Self) -> bool {
        self.0
            .strip_prefix(&*folder.0)
            .is_some_and(|rest| rest.starts_with('/'))
    }

    /// What is below it in a tree, without a look at the rest.
    pub fn inside<'a, P: Borrow<Self> + Ord, T>(
        &'a self,
        tree: &'a BTreeMap<P, T>,
    ) -> impl Iterator<Item = (&'a P, &'a T)> {
        // No path ends so, and all that are below come after it.
        tree.range(Self(format!("{self}/").into())..)
            .take_while(|(path, _)| (*path).borrow().is_below(self))
    }

    /// boot.py and main.py run by themselves at a reset.
    pub fn runs_at_boot(&self) -> bool {
        matches!(&*self.0, "/boot.py" | "/main.py")
    }
}

impl fmt::Display for BoardPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_path_are_equal() {
        for text in ["/lib/x.py", "lib/x.py", "./lib//x.py", "/lib/./x.py"] {
            assert_eq!(BoardPath::new(text).unwrap().as_str(), "/lib/x.py", "{text}");
        }
        assert_eq!(
            BoardPath::new("/u\u{308}.py").unwrap(),
            BoardPath::new("/\u{fc}.py").unwrap()
        );
    }

    #[test]
    fn names_that_no_board_can_hold_are_refused() {
        assert_eq!(BoardPath::new("/"), Err(PathError::Empty));
        assert!(matches!(
            BoardPath::new("/a/../../b"),
            Err(PathError::Escapes { .. })
        ));
        assert!(matches!(
            BoardPath::new("/a\nb"),
            Err(PathError::Character { code: 10, .. })
        ));
        assert!(matches!(
            BoardPath::new("/a\\b"),
            Err(PathError::Character { code: 0x5c, .. })
        ));
        assert!(matches!(
            BoardPath::new("/a\0"),
            Err(PathError::Character { code: 0, .. })
        ));
    }

    #[test]
    fn an_error_shows_the_path_and_no_control_character_of_it() {
        for (text, shown) in [
            (
                "a\\b",
                "`a\\b` has the character U+005C, which no board can keep in a name",
            ),
            (
                "../\u{1b}[2J",
                "`../\\u{1b}[2J` leaves the root of the board with `..`",
            ),
        ] {
            assert_eq!(BoardPath::new(text).unwrap_err().to_string(), shown);
        }
    }

    #[test]
    fn a_path_knows_its_folders() {
        let path = BoardPath::new("/a/b/c.py").unwrap();
        let folders: Vec<String> = path.ancestors().iter().map(ToString::to_string).collect();
        assert_eq!(folders, ["/a", "/a/b"]);
        assert_eq!((path.folder(), path.name()), ("/a/b", "c.py"));
        let paths = ["/x", "/a/b/c.py", "/a/b/d.py", "/a/e.py", "/f/g.py"];
        let paths = paths.map(|text| BoardPath::new(text).unwrap());
        let folders: Vec<String> = BoardPath::folders(&paths)
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(folders, ["/a", "/a/b", "/f"]);
        assert!(path.is_below(&BoardPath::new("/a").unwrap()));
        assert!(
            !BoardPath::new("/ab")
                .unwrap()
                .is_below(&BoardPath::new("/a").unwrap())
        );
    }
}
