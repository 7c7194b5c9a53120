//! The journal: what the board does at a commit, as text, and where what is staged lies until then.
//! Pure. `device/commit.py` carries it out.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::collections::BTreeMap;

use crate::base::BoardPath;
use crate::base::Fingerprint;

/// One line of the journal: what the board does at the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Remove a file.
    Remove(BoardPath),
    /// Remove a folder if it is empty.
    RemoveFolder(BoardPath),
    /// Make a folder.
    MakeFolder(BoardPath),
    /// Give the staged file with this number its name.
    Place(u32, BoardPath),
    /// Put the staged manifest with this number in place.
    PlaceManifest(u32),
}

/// A journal, and names for the staged files.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout {
    pub(super) journal: String,
    /// One a line, behind the folders that they lie in; `None` where the numbers will do.
    pub(super) names: Option<String>,
}

impl Layout {
    /// A folder that is made is staged as a folder with all that comes into it, and gets its name in one step:
    /// littlefs needs 5 ms to move a file from one folder to another, a real board's flash more than that, and a
    /// folder takes no longer than a file. One that nothing comes into is made by the commit. `manifest`: the file `m` is the new manifest.
    pub(super) fn of(orders: &[Order], manifest: bool) -> Self {
        let mut trees: BTreeMap<&BoardPath, String> = BTreeMap::new();
        let (mut text, mut folders) = (String::new(), String::new());
        let mut files: BTreeMap<u32, String> = BTreeMap::new();
        let filled = BoardPath::folders(orders.iter().filter_map(|order| match order {
            Order::Place(_, path) => Some(path),
            _ => None,
        }));
        let in_tree = |trees: &BTreeMap<&BoardPath, String>, path: &BoardPath| {
            // Folders come before what is in them.
            let (folder, staged) = path
                .ancestors()
                .iter()
                .find_map(|above| trees.get_key_value(above))?;
            let rest = &path.as_str()[folder.as_str().len()..];
            Some([staged, rest].concat())
        };
        for order in orders {
            match order {
                Order::MakeFolder(path) if filled.contains(path) => {
                    if let Some(staged) = in_tree(&trees, path) {
                        folders.push_str(&["+", &staged, "\n"].concat());
                    } else {
                        let staged = format!("t{}", trees.len());
                        folders.push_str(&["+", &staged, "\n"].concat());
                        text.push_str(&format!(">{staged} {path}\n"));
                        trees.insert(path, staged);
                    }
                }
                Order::Place(number, path) => {
                    let staged = in_tree(&trees, path);
                    if staged.is_none() {
                        text.push_str(&line(order));
                    }
                    files.insert(*number, staged.unwrap_or_else(|| number.to_string()));
                }
                other => text.push_str(&line(other)),
            }
        }
        if manifest {
            text.push_str(">m /.boardside/manifest\n");
        }
        let files: String = files.into_values().map(|name| name + "\n").collect();
        Self {
            journal: ended(text),
            names: (!trees.is_empty()).then(|| folders + &files),
        }
    }
}

/// The journal where every staged file lies under its number.
pub(super) fn journal(orders: &[Order]) -> String {
    ended(orders.iter().map(line).collect())
}

fn line(order: &Order) -> String {
    match order {
        Order::Remove(path) => format!("-{path}\n"),
        Order::RemoveFolder(path) => format!("<{path}\n"),
        Order::MakeFolder(path) => format!("+{path}\n"),
        Order::Place(number, path) => format!(">{number} {path}\n"),
        Order::PlaceManifest(number) => format!(">{number} /.boardside/manifest\n"),
    }
}

/// The last line tells a whole journal from a torn one.
fn ended(text: String) -> String {
    let sum = Fingerprint::of(text.as_bytes()).adler32;
    text + &format!("={sum}\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str) -> BoardPath {
        BoardPath::new(path).unwrap()
    }

    #[test]
    fn new_folders_are_staged_whole_and_the_rest_under_numbers() {
        let orders = [
            Order::Remove(path("/old.py")),
            Order::MakeFolder(path("/lib")),
            Order::MakeFolder(path("/lib/deep")),
            Order::MakeFolder(path("/web")),
            Order::Place(1, path("/lib/b.py")),
            Order::Place(0, path("/lib/deep/a.py")),
            Order::Place(3, path("/web/x")),
            Order::Place(2, path("/library.py")),
        ];
        let layout = Layout::of(&orders, true);
        let journal = "-/old.py\n>t0 /lib\n>t1 /web\n>2 /library.py\n>m /.boardside/manifest\n";
        assert_eq!(layout.journal, ended(journal.to_owned()));
        let names = "+t0\n+t0/deep\n+t1\nt0/deep/a.py\nt0/b.py\n2\nt1/x\n";
        assert_eq!(layout.names.as_deref(), Some(names));
    }

    #[test]
    fn a_folder_that_nothing_comes_into_is_made_by_the_commit() {
        let orders = [
            Order::MakeFolder(path("/full")),
            Order::MakeFolder(path("/full/empty")),
            Order::MakeFolder(path("/empty")),
            Order::Place(0, path("/full/a.py")),
        ];
        let layout = Layout::of(&orders, false);
        assert_eq!(
            layout.journal,
            ended(">t0 /full\n+/full/empty\n+/empty\n".to_owned())
        );
        assert_eq!(layout.names.as_deref(), Some("+t0\nt0/a.py\n"));
        let alone = Layout::of(&orders[2..3], false);
        assert_eq!((alone.journal, alone.names), (journal(&orders[2..3]), None));
    }

    #[test]
    fn without_a_new_folder_numbers_will_do() {
        let orders = [Order::Remove(path("/a.py")), Order::Place(0, path("/b.py"))];
        let layout = Layout::of(&orders, false);
        assert_eq!((layout.journal, layout.names), (journal(&orders), None));
    }
}
