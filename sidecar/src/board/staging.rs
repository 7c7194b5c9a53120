//! What a transaction has staged, remembered on the host, so that it can be said which file a board did not keep.
//! Does not stage: that is `stage`.

use std::collections::BTreeMap;

use crate::base::BoardPath;
use crate::base::Fingerprint;
use crate::board::Board;
use crate::board::BoardError;
use crate::board::Kind;
use crate::board::Order;
use crate::board::files::FOLDER;

/// The staged files of the last transaction, by number.
#[derive(Debug, Default)]
pub(super) struct Staging(BTreeMap<u32, Staged>);

#[derive(Debug)]
struct Staged {
    /// Where it lies until the commit.
    name: String,
    /// Where it is to lie.
    path: BoardPath,
    /// What it is, once it was sent.
    print: Option<Fingerprint>,
}

impl Staging {
    /// Begins a transaction. `names` has a line for each file where they do not lie under their numbers, behind
    /// those of their folders.
    pub(super) fn of(orders: &[Order], names: Option<&str>) -> Self {
        let names = names.unwrap_or_default().lines();
        let mut names = names.filter(|name| !name.starts_with('+'));
        let mut files: BTreeMap<u32, Staged> = BTreeMap::new();
        for order in orders {
            if let Order::Place(number, path) = order {
                let staged = Staged {
                    name: number.to_string(),
                    path: path.clone(),
                    print: None,
                };
                files.insert(*number, staged);
            }
        }
        for (staged, name) in files.values_mut().zip(&mut names) {
            name.clone_into(&mut staged.name);
        }
        Self(files)
    }

    /// The file with this number was sent.
    pub(super) fn sent(&mut self, number: u32, print: &Fingerprint) {
        if let Some(staged) = self.0.get_mut(&number) {
            staged.print = Some(*print);
        }
    }
}

/// What a board did not keep.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Misread {
    /// Files that are not what was sent.
    pub wrong: Vec<BoardPath>,
    /// Files that were sent.
    pub of: usize,
}

impl Board {
    /// After `BoardError::Verify`, before anything is cleared away: which of the files that were staged are not what
    /// was sent. On a flat board files have no other name, and the first wrong one ends it.
    pub async fn misread(&mut self) -> Result<Misread, BoardError> {
        let sent: Vec<(BoardPath, BoardPath, Fingerprint)> = self
            .staging
            .0
            .values()
            .filter_map(|staged| {
                let at = BoardPath::new(&[FOLDER, &staged.name].concat()).ok()?;
                Some((at, staged.path.clone(), staged.print?))
            })
            .collect();
        let of = sent.len();
        if self.kind().await? == Kind::Flat {
            let wrong = self.half_written.iter().cloned().collect();
            return Ok(Misread { wrong, of });
        }
        let places: Vec<BoardPath> = sent.iter().map(|(at, ..)| at.clone()).collect();
        let found = self.sums(&places).await?;
        let sum = self.sum;
        let is_wrong = |print: &Fingerprint, found: Option<(u64, String)>| {
            found.is_none_or(|found| found != (print.size, sum.hex(print)))
        };
        let wrong = sent.into_iter().zip(found);
        let wrong = wrong.filter(|((.., print), found)| is_wrong(print, found.clone()));
        Ok(Misread {
            wrong: wrong.map(|((_, path, _), _)| path).collect(),
            of,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::board::journal::Layout;

    #[test]
    fn a_staged_file_is_known_by_the_name_that_the_board_gave_it() {
        let path = |path: &str| BoardPath::new(path).unwrap();
        let orders = [
            Order::MakeFolder(path("/lib")),
            Order::Place(1, path("/main.py")),
            Order::Place(0, path("/lib/a.py")),
        ];
        let names = Layout::of(&orders, true).names;
        let mut staging = Staging::of(&orders, names.as_deref());
        staging.sent(1, &Fingerprint::of(b"x"));
        let found = |number| {
            let staged = &staging.0[&number];
            (staged.name.as_str(), staged.path.as_str(), staged.print.is_some())
        };
        assert_eq!(
            (found(0), found(1)),
            (("t0/a.py", "/lib/a.py", false), ("1", "/main.py", true))
        );
    }
}
