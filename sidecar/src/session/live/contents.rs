//! `Contents`: what was synced to boards from this machine, by SHA-256, so that an editor can show what lies on a
//! board without asking it.
//! A cache: what is damaged or missing has to be read from the board.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use crate::base::Digest;
use crate::base::Fingerprint;
use crate::sync::scan::Scan;

/// Larger files are not what somebody compares line by line. Bytes.
const LARGEST: u64 = 1 << 20;
/// All together, in bytes; the oldest go.
const KEPT: u64 = 128 << 20;

/// A folder of contents, each named after its digest.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    folder: Option<PathBuf>,
    /// Known to be there: not looked for again.
    there: BTreeSet<Digest>,
}

impl Contents {
    /// Those of this user.
    pub fn open() -> Self {
        Self::in_folder(dirs::cache_dir().map(|dir| dir.join("boardside/contents")))
    }

    /// Keeps them in this folder; `None` keeps nothing.
    pub fn in_folder(folder: Option<PathBuf>) -> Self {
        let there = BTreeSet::new();
        Self { folder, there }
    }

    /// Remembers the files of a project that was synced. A file that changed meanwhile, or cannot be kept, is left out.
    pub fn keep(&mut self, scan: &Scan) {
        let Some(folder) = &self.folder else { return };
        let new = |print: &Fingerprint| print.size <= LARGEST && !self.there.contains(&print.sha256);
        let files: Vec<_> = scan.files.iter().filter(|(_, print)| new(print)).collect();
        if files.is_empty() || fs::create_dir_all(folder).is_err() {
            return;
        }
        for (path, print) in files {
            let place = folder.join(print.sha256.to_string());
            let host = scan.hosts.get(path);
            if place.exists() || host.is_some_and(|host| copy(host, &place, print.sha256).is_some()) {
                self.there.insert(print.sha256);
            }
        }
        forget_oldest(folder);
    }

    /// The content with this fingerprint, if it is there and right.
    pub fn get(&self, print: &Fingerprint) -> Option<Vec<u8>> {
        let content = fs::read(self.folder.as_ref()?.join(print.sha256.to_string())).ok()?;
        (Digest::of(&content) == print.sha256).then_some(content)
    }
}

fn copy(host: &Path, place: &Path, digest: Digest) -> Option<()> {
    let content = fs::read(host).ok()?;
    if Digest::of(&content) != digest {
        return None;
    }
    let beside = place.with_extension(format!("{}", std::process::id()));
    let done = fs::write(&beside, content).and_then(|()| fs::rename(&beside, place));
    if done.is_err() {
        // It may never have come to be.
        fs::remove_file(&beside).unwrap_or_default();
    }
    done.ok()
}

fn forget_oldest(folder: &Path) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .filter_map(|entry| {
            let facts = entry.metadata().ok()?;
            Some((facts.modified().ok()?, facts.len(), entry.path()))
        })
        .collect();
    files.sort();
    let mut all: u64 = files.iter().map(|(_, size, _)| size).sum();
    for (_, size, path) in files {
        if all <= KEPT {
            return;
        }
        all -= size;
        // Another Boardside may have been faster.
        fs::remove_file(path).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::BoardPath;

    #[test]
    fn what_was_synced_is_remembered_and_what_was_damaged_is_not() {
        let folder = tempfile::tempdir().unwrap();
        let host = folder.path().join("main.py");
        fs::write(&host, "print(1)").unwrap();
        let print = Fingerprint::of(b"print(1)");
        let path = BoardPath::new("/main.py").unwrap();
        let scan = Scan {
            files: [(path.clone(), print)].into(),
            hosts: std::sync::Arc::new([(path, host.clone())].into()),
            ..Scan::default()
        };
        let place = folder.path().join("contents");
        let mut contents = Contents::in_folder(Some(place.clone()));
        assert_eq!(contents.get(&print), None);
        contents.keep(&scan);
        fs::write(&host, "print(2)").unwrap();
        assert_eq!(contents.get(&print).as_deref(), Some(&b"print(1)"[..]));
        assert_eq!(fs::read_dir(&place).unwrap().count(), 1);
        fs::write(place.join(print.sha256.to_string()), "print(!)").unwrap();
        assert_eq!(contents.get(&print), None);
        let mut later = Contents::in_folder(Some(folder.path().join("other")));
        later.keep(&scan);
        assert_eq!(
            later.get(&print),
            None,
            "the file is not what was scanned any more"
        );
    }
}
