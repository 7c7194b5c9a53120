//! `BoardPath`: where a file lies on a board, the same on every host.
//! Not a host path: those stop at the scanner and the watcher.

use std::collections::BTreeMap;
use std::fmt;

use unicode_normalization::UnicodeNormalization;

/// An absolute path on a board: starts with `/`, has no empty, `.` or `..` part, no control
/// character and no backslash, and is in Unicode's composed form (NFC).
///
/// The root of the *project on the board* is `/`; boards that keep it elsewhere
/// (`/flash` on pyboards) are the board room's business.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BoardPath(String);

/// Why a name cannot be a path on a board.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PathError {
    /// The path has no name in it.
    #[error("the path is empty")]
    Empty,
    /// `..` would leave the root.
    #[error("`{path}` leaves the root of the board with `..`")]
    Escapes {
        /// As it was given.
        path: String,
    },
    /// Line ends and NUL cannot be in names: MicroPython takes NUL as the end, the manifest is made of lines.
    #[error("`{}` has the character U+{code:04X}, which no board can keep in a name", path.escape_debug())]
    Character {
        /// As it was given.
        path: String,
        /// The Unicode code point that does not fit.
        code: u32,
    },
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
            path.extend(part.nfc());
        }
        if path.is_empty() {
            return Err(PathError::Empty);
        }
        Ok(Self(path))
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
        let (folder, _) = self.0.rsplit_once('/')?;
        (!folder.is_empty()).then(|| Self(folder.to_owned()))
    }

    /// All folders above it, outermost first.
    pub fn ancestors(&self) -> Vec<Self> {
        let mut all: Vec<Self> = std::iter::successors(self.parent(), Self::parent).collect();
        all.reverse();
        all
    }

    /// Is it below the folder?
    pub fn is_below(&self, folder: &Self) -> bool {
        self.0
            .strip_prefix(&folder.0)
            .is_some_and(|rest| rest.starts_with('/'))
    }

    /// What is below it in a tree, without a look at the rest.
    pub fn inside<'a, T>(&'a self, tree: &'a BTreeMap<Self, T>) -> impl Iterator<Item = (&'a Self, &'a T)> {
        // No path ends so, and all that are below come after it.
        tree.range(Self(format!("{self}/"))..)
            .take_while(|(path, _)| path.is_below(self))
    }

    /// boot.py and main.py run by themselves at a reset, so they are written last.
    pub fn runs_at_boot(&self) -> bool {
        matches!(self.0.as_str(), "/boot.py" | "/main.py")
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
    fn a_path_knows_its_folders() {
        let path = BoardPath::new("/a/b/c.py").unwrap();
        let folders: Vec<String> = path.ancestors().iter().map(ToString::to_string).collect();
        assert_eq!(folders, ["/a", "/a/b"]);
        assert_eq!(path.name(), "c.py");
        assert!(path.is_below(&BoardPath::new("/a").unwrap()));
        assert!(
            !BoardPath::new("/ab")
                .unwrap()
                .is_below(&BoardPath::new("/a").unwrap())
        );
    }
}
