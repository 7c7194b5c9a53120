//! `KnownContents`: what was synced to boards from this machine, by SHA-256: the old file that a delta begins with, and
//! what an editor shows as the board's without asking it.
//! A cache: what is damaged or missing is sent whole, or read from the board.

use std::cmp::Reverse;
use std::fs;
use std::fs::Metadata;
use std::io;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use tokio::task::JoinHandle;

use crate::base::Digest;
use crate::base::Fingerprint;
use crate::sync::cache_folder;
use crate::sync::host_file;
use crate::sync::host_file::Pipes;
use crate::sync::oldest::forget_oldest;
use crate::sync::plan::Act;
use crate::sync::plan::Plan;
use crate::sync::scan::Scan;

/// Larger files are not kept: reading them again after a sync would be felt. Bytes.
const LARGEST: u64 = 4 << 20;
/// All together, in bytes; the oldest go.
const KEPT: u64 = 128 << 20;
/// The folder is looked through once for so many bytes that are kept, on average.
const ROUND: u64 = 4 << 20;
/// Files of one sync that are kept before it ends, the largest first: a millisecond or two. The others follow in their
/// own time, as they gain little.
const AT_ONCE: usize = 64;

/// A folder of contents, each named after its digest. Clones know the same.
#[derive(Clone, Debug, Default)]
pub struct KnownContents {
    folder: Option<PathBuf>,
    /// All files of the project were kept once; from there on only what is put can be new.
    looked: Arc<AtomicBool>,
}

/// A file of this machine, and what it was when it was synced.
type Source = (Fingerprint, PathBuf);

impl KnownContents {
    /// Those of this user.
    pub fn open() -> Self {
        Self::new(dirs::cache_dir().map(|dir| dir.join("boardside/contents")))
    }

    /// Keeps them in this folder; `None` keeps nothing.
    pub fn new(folder: Option<PathBuf>) -> Self {
        let looked = Arc::default();
        Self { folder, looked }
    }

    /// Files came to be the same on both sides in another way than by a sync: the next one keeps all that are new.
    pub fn look_again(&self) {
        self.looked.store(false, Ordering::Relaxed);
    }

    /// The content with this fingerprint, if it is there and right. Reads a file.
    pub fn get(&self, print: &Fingerprint) -> Option<Vec<u8>> {
        let place = self.folder.as_ref()?.join(print.sha256.to_string());
        let content = fs::read(&place).ok()?;
        if Digest::of(&content) == print.sha256 {
            return Some(content);
        }
        // It was not written to its end, or spoilt; it must not stand in the way of the right one.
        fs::remove_file(place).unwrap_or_default();
        None
    }

    /// Remembers a project that is on the board now: what this sync put there, and once also all the rest of it.
    /// A file that changed meanwhile, or cannot be kept, is left out.
    ///
    /// What is still being kept afterwards, on a thread of its own, is in the handle; nobody need wait for it.
    pub(super) fn keep(&self, plan: &Plan, scan: &Scan) -> Option<JoinHandle<()>> {
        let folder = self.folder.clone()?;
        let put = plan.steps.iter().filter_map(|step| match &step.act {
            Act::Put { path, print, .. } => Some((*print, scan.hosts.get(path)?.clone())),
            _ => None,
        });
        let mut now: Vec<Source> = put.collect();
        now.sort_by_key(|(print, _)| Reverse(print.size));
        let mut later = now.split_off(now.len().min(AT_ONCE));
        if !self.looked.swap(true, Ordering::Relaxed) {
            let all = scan.files.iter();
            later = all
                .filter_map(|(path, print)| Some((*print, scan.hosts.get(path)?.clone())))
                .collect();
        }
        let full = keep_all(&folder, &now);
        let rest = move || {
            if keep_all(&folder, &later) || full {
                forget_oldest(&folder, KEPT, Metadata::len);
            }
        };
        Some(tokio::task::spawn_blocking(rest))
    }
}

/// Keeps what is not there; is it time to look the folder through?
fn keep_all(folder: &Path, sources: &[Source]) -> bool {
    if sources.is_empty() || cache_folder::make(folder).is_err() {
        return false;
    }
    let mut full = false;
    for (print, host) in sources.iter().filter(|(print, _)| print.size <= LARGEST) {
        full |= keep(folder, print, host).is_ok() && is_drawn(print);
    }
    full
}

/// An error also if it is there.
fn keep(folder: &Path, print: &Fingerprint, host: &Path) -> io::Result<()> {
    let place = folder.join(print.sha256.to_string());
    if place.exists() {
        return Err(io::ErrorKind::AlreadyExists.into());
    }
    let content = host_file::read(host, Pipes::Refused, print.size)?;
    if Digest::of(&content) != print.sha256 {
        return Err(io::ErrorKind::InvalidData.into());
    }
    // Half a file is harmless, as `get` reads it with its digest; so no second name, which costs on some systems.
    let written = cache_folder::create_new(&place)?.write_all(&content);
    if written.is_err() {
        fs::remove_file(&place).unwrap_or_default();
    }
    written
}

/// A lot for each file, by its size, drawn from its digest: no counter need be kept between processes.
fn is_drawn(print: &Fingerprint) -> bool {
    let [a, b, c, d, ..] = print.sha256.0;
    u64::from(u32::from_le_bytes([a, b, c, d])) % ROUND < print.size
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::BoardPath;
    use crate::sync::plan::BoardState;
    use crate::sync::plan::Manifest;
    use crate::sync::plan::Policy;
    use crate::sync::plan::plan;

    struct Project {
        folder: tempfile::TempDir,
        scan: Scan,
    }

    impl Project {
        fn of(files: &[(&str, &str)]) -> Self {
            let mut project = Self {
                folder: tempfile::tempdir().unwrap(),
                scan: Scan::default(),
            };
            for (name, text) in files {
                project.write(name, text);
            }
            project
        }

        fn write(&mut self, name: &str, text: &str) {
            let (host, path) = (self.folder.path().join(name), BoardPath::new(&format!("/{name}")));
            fs::write(&host, text).unwrap();
            let print = Fingerprint::of(text.as_bytes());
            self.scan.files.insert(path.clone().unwrap(), print);
            Arc::make_mut(&mut self.scan.hosts).insert(path.unwrap(), host);
        }

        fn contents(&self) -> KnownContents {
            KnownContents::new(Some(self.folder.path().join("contents")))
        }

        /// What a sync of a board that has `before` does, and what is kept after it.
        async fn sync(&self, contents: &KnownContents, before: &Scan) {
            let state = BoardState {
                manifest: Some(Manifest {
                    installed: None,
                    project: String::new(),
                    files: before.files.clone(),
                }),
                ..BoardState::default()
            };
            let plan = plan(&self.scan.files, &state, &Policy::default());
            contents.keep(&plan, &self.scan).unwrap().await.unwrap();
        }
    }

    #[tokio::test]
    async fn what_was_synced_is_remembered_and_what_was_damaged_is_not() {
        let mut project = Project::of(&[("main.py", "print(1)")]);
        let contents = project.contents();
        let print = Fingerprint::of(b"print(1)");
        assert_eq!(contents.get(&print), None);
        project.sync(&contents, &Scan::default()).await;
        project.write("main.py", "print(2)");
        assert_eq!(contents.get(&print).as_deref(), Some(&b"print(1)"[..]));
        let place = project.folder.path().join("contents");
        assert_eq!(fs::read_dir(&place).unwrap().count(), 1);
        fs::write(place.join(print.sha256.to_string()), "print(!)").unwrap();
        assert_eq!(contents.get(&print), None);
        assert_eq!(
            fs::read_dir(&place).unwrap().count(),
            0,
            "the next sync can keep it"
        );
    }

    #[tokio::test]
    async fn a_file_that_is_not_what_was_synced_any_more_is_left_out() {
        let project = Project::of(&[("main.py", "print(1)")]);
        fs::write(project.folder.path().join("main.py"), "print(2)").unwrap();
        let contents = project.contents();
        project.sync(&contents, &Scan::default()).await;
        assert_eq!(contents.get(&Fingerprint::of(b"print(1)")), None);
        assert_eq!(contents.get(&Fingerprint::of(b"print(2)")), None);
    }

    #[tokio::test]
    async fn what_the_board_has_already_is_kept_once_and_then_only_what_is_put() {
        let mut project = Project::of(&[("main.py", "main"), ("lib.py", "lib")]);
        let contents = project.contents();
        let lib = Fingerprint::of(b"lib");
        project.sync(&contents, &project.scan).await;
        assert_eq!(contents.get(&lib).as_deref(), Some(&b"lib"[..]));
        fs::remove_dir_all(project.folder.path().join("contents")).unwrap();
        let before = project.scan.clone();
        project.write("main.py", "edited");
        project.sync(&contents, &before).await;
        assert!(contents.get(&Fingerprint::of(b"edited")).is_some());
        assert_eq!(contents.get(&lib), None, "a save looks at no other file");
        contents.look_again();
        project.sync(&contents, &before).await;
        assert!(contents.get(&lib).is_some());
    }

    #[tokio::test]
    async fn the_largest_files_are_there_when_the_sync_ends() {
        let texts: Vec<_> = (0..2 * AT_ONCE).map(|i| "#".repeat(i + 1)).collect();
        let mut project = Project::of(&[("large.bin", &"1".repeat(5 << 20))]);
        for text in &texts {
            project.write(&format!("{}.py", text.len()), text);
        }
        let contents = project.contents();
        contents.looked.store(true, Ordering::Relaxed);
        let plan = plan(&project.scan.files, &BoardState::default(), &Policy::default());
        let later = contents.keep(&plan, &project.scan).unwrap();
        assert!(
            contents
                .get(&Fingerprint::of(texts[2 * AT_ONCE - 1].as_bytes()))
                .is_some()
        );
        later.await.unwrap();
        let kept = fs::read_dir(project.folder.path().join("contents")).unwrap();
        assert_eq!(kept.count(), texts.len(), "all but what is too large");
    }

    #[test]
    fn the_folder_is_looked_through_about_once_a_round() {
        let files = 64 * ROUND / 16_000;
        let prints = (0..files).map(|i| Fingerprint {
            size: 16_000,
            ..Fingerprint::of(&i.to_le_bytes())
        });
        let looks = prints.filter(is_drawn).count();
        assert!((40..90).contains(&looks), "{looks} times for 64 rounds");
    }
}
