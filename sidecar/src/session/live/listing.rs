//! `Listing`: everything that a board was found to hold, for questions about one folder.
//! Pure; forgetting it in time is its owner's business.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::base::BoardPath;
use crate::board::BoardError;
use crate::board::Listed;

/// Everything on the board, but what lies on other drives.
#[derive(Debug)]
pub(super) struct Listing(pub(super) Vec<Listed>);

impl Listing {
    /// What lies in a folder, without what lies deeper; `None` is the root. Gives `None` for what it cannot know:
    /// other drives were not looked into.
    pub(super) fn in_folder(&self, folder: Option<&BoardPath>) -> Option<Result<Vec<Listed>, BoardError>> {
        let text = folder.map_or("", BoardPath::as_str);
        if let Some(folder) = folder {
            let within = |drive: &str| {
                text.strip_prefix(drive)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            if self.0.iter().any(|one| one.drive && within(&one.path)) {
                return None;
            }
            let path = folder.to_string();
            match self.0.iter().find(|one| one.path == text) {
                None => return Some(Err(BoardError::NotFound { path })),
                Some(one) if one.size.is_some() => return Some(Err(BoardError::NotFolder { path })),
                Some(_) => {}
            }
        }
        let is_in = |one: &&Listed| {
            one.path
                .rsplit_once('/')
                .is_some_and(|(parent, _)| parent == text)
        };
        Some(Ok(self.0.iter().filter(is_in).cloned().collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_what_lies_in_it_and_no_more() {
        let one = |path: &str, size, drive| Listed {
            path: path.to_owned(),
            size,
            drive,
        };
        let listing = Listing(vec![
            one("/lib", None, false),
            one("/lib/a", None, false),
            one("/lib/a/x.py", Some(3), false),
            one("/lib/y.py", Some(1), false),
            one("/library.py", Some(2), false),
            one("/sd", None, true),
        ]);
        for (folder, expected) in [
            (None, Some(Ok(vec!["/lib", "/library.py", "/sd"]))),
            (Some("/lib"), Some(Ok(vec!["/lib/a", "/lib/y.py"]))),
            (Some("/lib/a"), Some(Ok(vec!["/lib/a/x.py"]))),
            (
                Some("/library.py"),
                Some(Err("/library.py is not a folder".to_owned())),
            ),
            (Some("/no"), Some(Err("there is no /no on the board".to_owned()))),
            (Some("/sd"), None),
            (Some("/sd/deep"), None),
        ] {
            let path = folder.map(|text| BoardPath::new(text).unwrap());
            let found = listing.in_folder(path.as_ref()).map(|found| {
                let found = found.map_err(|error| error.to_string());
                found.map(|all| all.into_iter().map(|one| one.path).collect::<Vec<_>>())
            });
            let expected = expected.map(|all| all.map(|all| all.into_iter().map(str::to_owned).collect()));
            assert_eq!(found, expected, "{folder:?}");
        }
    }
}
