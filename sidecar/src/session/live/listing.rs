//! `Listing`: everything that a board was found to hold, for questions about one folder.
//! Pure; forgetting it in time is its owner's business.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::base::BoardPath;
use crate::board::BoardError;
use crate::board::Listed;
use crate::sync::plan::Act;
use crate::sync::plan::Plan;

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

    /// A file was written, with the folders above it.
    pub(super) fn put(&mut self, path: &BoardPath, size: u64) {
        for folder in path.ancestors() {
            self.make_folder(&folder);
        }
        self.0.retain(|one| one.path != path.as_str());
        self.0.push(Listed {
            path: path.to_string(),
            size: Some(size),
            drive: false,
        });
    }

    /// A folder was made, with those above it.
    pub(super) fn make_folder(&mut self, path: &BoardPath) {
        for folder in path.ancestors().iter().chain([path]) {
            if !self.0.iter().any(|one| one.path == folder.as_str()) {
                self.0.push(Listed {
                    path: folder.to_string(),
                    size: None,
                    drive: false,
                });
            }
        }
    }

    /// A file, or a folder with all that was in it, was removed.
    pub(super) fn remove(&mut self, path: &BoardPath) {
        self.0.retain(|one| below(&one.path, path).is_none());
    }

    /// A file, or a folder with all that is in it, has another name.
    pub(super) fn rename(&mut self, from: &BoardPath, to: &BoardPath) {
        for one in &mut self.0 {
            if let Some(rest) = below(&one.path, from) {
                one.path = format!("{to}{rest}");
            }
        }
    }

    /// A sync did this.
    pub(super) fn apply(&mut self, plan: &Plan) {
        for step in &plan.steps {
            match &step.act {
                Act::Remove { path, .. } => self.remove(path),
                Act::RemoveFolder(path) => {
                    if !self
                        .0
                        .iter()
                        .any(|one| below(&one.path, path).is_some_and(|rest| !rest.is_empty()))
                    {
                        self.remove(path);
                    }
                }
                Act::MakeFolder(path) => self.make_folder(path),
                Act::Put { path, print, .. } | Act::Copy { to: path, print, .. } => {
                    self.put(path, print.size);
                }
            }
        }
    }
}

/// The rest of the path where it is this one (empty) or below it (`/…`).
fn below<'a>(path: &'a str, folder: &BoardPath) -> Option<&'a str> {
    path.strip_prefix(folder.as_str())
        .filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_to_files_is_known_without_asking() {
        let path = |text: &str| BoardPath::new(text).unwrap();
        let mut listing = Listing(Vec::new());
        listing.put(&path("/lib/deep/a.py"), 3);
        listing.put(&path("/lib/deep/a.py"), 4);
        listing.put(&path("/library"), 1);
        listing.make_folder(&path("/one/two"));
        listing.rename(&path("/lib"), &path("/old"));
        listing.remove(&path("/one"));
        let mut all: Vec<_> = listing
            .0
            .iter()
            .map(|one| (one.path.as_str(), one.size))
            .collect();
        all.sort_unstable();
        let expected = [
            ("/library", Some(1)),
            ("/old", None),
            ("/old/deep", None),
            ("/old/deep/a.py", Some(4)),
        ];
        assert_eq!(all, expected);
    }

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
