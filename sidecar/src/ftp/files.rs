//! The verbs of a board's files, by FTP: list, look, remove, make folders.
//! As `board::files` has them, so that `ls`, `rm` and the others are the same.

use std::collections::BTreeMap;

use crate::base::BoardPath;
use crate::board::BoardError;
use crate::board::Lies;
use crate::board::Listed;
use crate::ftp::Entry;
use crate::ftp::Ftp;
use crate::ftp::FtpError;
use crate::ftp::refused;

/// Boardside's own folder, which lists do not show.
const OWN: &str = "/.boardside";

impl Ftp {
    /// What lies in a folder, and below it if `deep`; a path of a file gives that file. `None` is the root.
    pub async fn list_in(&mut self, path: Option<&BoardPath>, deep: bool) -> Result<Vec<Listed>, FtpError> {
        let top = path.map_or("/", BoardPath::as_str).to_owned();
        let Some(first) = self.folder(&top).await? else {
            let lies = match path {
                Some(path) => self.lies_at(std::slice::from_ref(path)).await?[0],
                None => Lies::Nothing,
            };
            return match lies {
                Lies::File { size } => Ok(vec![listed(top, Some(size))]),
                _ => Err(BoardError::NotFound { path: top }.into()),
            };
        };
        let mut all = Vec::new();
        let mut todo = vec![(top, first)];
        while let Some((folder, entries)) = todo.pop() {
            for entry in entries {
                let path = below(&folder, &entry.name);
                if path == OWN {
                    continue;
                }
                all.push(listed(path.clone(), entry.size));
                if deep && entry.size.is_none() {
                    let inner = self.folder(&path).await?.unwrap_or_default();
                    todo.push((path, inner));
                }
            }
        }
        Ok(all)
    }

    /// What is at these paths.
    pub async fn lies_at(&mut self, paths: &[BoardPath]) -> Result<Vec<Lies>, FtpError> {
        let mut folders: BTreeMap<String, Vec<Entry>> = BTreeMap::new();
        let mut all = Vec::new();
        for path in paths {
            let (folder, name) = path.as_str().rsplit_once('/').unwrap_or(("", path.as_str()));
            let folder = if folder.is_empty() { "/" } else { folder };
            if !folders.contains_key(folder) {
                let entries = self.folder(folder).await?.unwrap_or_default();
                folders.insert(folder.to_owned(), entries);
            }
            let found = folders[folder].iter().find(|entry| entry.name == name);
            all.push(match found.map(|entry| entry.size) {
                Some(Some(size)) => Lies::File { size },
                Some(None) => Lies::Folder,
                // Some servers do not list names with a dot in front.
                None if name.starts_with('.') => match self.size(path.as_str()).await? {
                    Some(size) => Lies::File { size },
                    None => Lies::Nothing,
                },
                None => Lies::Nothing,
            });
        }
        Ok(all)
    }

    /// Removes a file, or with `recursive` a folder with everything in it. Says what went.
    pub async fn remove(&mut self, path: &str, recursive: bool) -> Result<Vec<String>, FtpError> {
        let mut gone = Vec::new();
        if let Some(entries) = self.folder(path).await? {
            if !recursive {
                let path = path.to_owned();
                return Err(BoardError::IsFolder { path }.into());
            }
            for entry in entries {
                gone.extend(Box::pin(self.remove(&below(path, &entry.name), true)).await?);
            }
            // Nobody removes the folder where he stands.
            self.folder("/").await?;
            if !self.remove_folder(path).await? {
                return Err(refused("remove", path, "it is not empty"));
            }
        } else if !self.remove_file(path).await? {
            return Err(refused("remove", path, "it is in use, or not ours to remove"));
        }
        gone.push(path.to_owned());
        Ok(gone)
    }

    /// Makes a folder and those above it.
    pub async fn make_folders(&mut self, path: &BoardPath) -> Result<(), FtpError> {
        let mut folders = path.ancestors();
        folders.push(path.clone());
        folders.sort();
        for (folder, lies) in folders.iter().zip(self.lies_at(&folders).await?) {
            match lies {
                Lies::Folder => {}
                Lies::Nothing => self.make_folder(folder.as_str()).await?,
                Lies::File { .. } => {
                    let path = folder.to_string();
                    return Err(BoardError::NotFolder { path }.into());
                }
            }
        }
        Ok(())
    }
}

fn listed(path: String, size: Option<u64>) -> Listed {
    let drive = false;
    Listed { path, size, drive }
}

fn below(folder: &str, name: &str) -> String {
    format!("{}/{name}", folder.trim_end_matches('/'))
}
