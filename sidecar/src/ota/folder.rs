//! A folder of this machine, or one that is mounted: what a web server serves.
//! Every file is whole before it has its name, and readable for a server that runs as nobody.

use std::fs;
use std::fs::File;
use std::fs::TryLockError;
use std::io;
use std::io::Read as _;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;

use crate::base::Digest;
use crate::ota::OtaError;
use crate::ota::store::Before;
use crate::ota::store::Doing;
use crate::ota::store::Found;
use crate::ota::store::LARGEST;
use crate::ota::store::Listed;
use crate::ota::store::Lock;
use crate::ota::store::Store;

/// Things on their way, in the project's folder: a rename within one file system is atomic.
const UNDER_WAY: &str = ".tmp";
/// The system lets go of its lock when the process ends, however it ends.
const LOCK: &str = ".lock";

/// A folder.
#[derive(Clone, Debug)]
pub struct Folder(PathBuf);

fn wrong(path: &Path) -> impl FnOnce(io::Error) -> OtaError {
    let path = path.to_owned();
    move |source| OtaError::Io { path, source }
}

impl Folder {
    /// At this path; it is made when something is published.
    pub fn at(path: &Path) -> Self {
        Self(path.to_owned())
    }

    fn path(&self, key: &str) -> PathBuf {
        key.split('/').fold(self.0.clone(), |path, part| path.join(part))
    }

    /// A new file with this content, on the disk, and not yet under its name.
    fn write(&self, key: &str, bytes: &[u8]) -> Result<PathBuf, OtaError> {
        static NUMBER: AtomicU64 = AtomicU64::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let project = key.split('/').next().unwrap_or_default();
        let name = format!("{}-{number}", std::process::id());
        let path = self.0.join(project).join(UNDER_WAY).join(name);
        make_folders(path.parent().unwrap_or(&self.0))?;
        let mut file = File::create(&path).map_err(wrong(&path))?;
        readable(&path, 0o644)?;
        let written = file.write_all(bytes).and_then(|()| file.sync_all());
        written.map_err(wrong(&path))?;
        Ok(path)
    }

    fn rename(&self, from: &Path, key: &str) -> Result<(), OtaError> {
        let to = self.path(key);
        fs::rename(from, &to).map_err(wrong(&to))?;
        to.parent().map_or(Ok(()), sync_folder)
    }

    fn create_now(&self, key: &str, bytes: &[u8]) -> Result<bool, OtaError> {
        let path = self.path(key);
        let is_there = || match fs::symlink_metadata(&path) {
            Ok(_) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(error) => Err(wrong(&path)(error)),
        };
        if is_there()? {
            return Ok(false);
        }
        path.parent().map_or(Ok(()), make_folders)?;
        let written = self.write(key, bytes)?;
        // The lock keeps other publishers away, so nobody comes in between.
        self.rename(&written, key)?;
        Ok(true)
    }

    fn read_now(&self, key: &str) -> Result<Option<Found>, OtaError> {
        let path = self.path(key);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(wrong(&path)(error)),
        };
        let mut bytes = Vec::new();
        file.take(LARGEST).read_to_end(&mut bytes).map_err(wrong(&path))?;
        let revision = Before::Content(Digest::of(&bytes));
        Ok(Some(Found { bytes, revision }))
    }

    fn replace_now(&self, key: &str, before: &Before, bytes: &[u8]) -> Result<bool, OtaError> {
        let now = self.read_now(key)?.map_or(Before::Absent, |found| found.revision);
        if now != *before {
            return Ok(false);
        }
        self.path(key).parent().map_or(Ok(()), make_folders)?;
        let written = self.write(key, bytes)?;
        self.rename(&written, key)?;
        Ok(true)
    }

    fn remove_now(&self, key: &str) -> Result<(), OtaError> {
        let path = self.path(key);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(wrong(&path)(error)),
            _ => {}
        }
        // Folders of a release go with its last file.
        for folder in path
            .ancestors()
            .skip(1)
            .take_while(|folder| folder.parent() != Some(&self.0))
        {
            if *folder == *self.0 || fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }

    fn list_now(&self, project: &str) -> Result<Vec<Listed>, OtaError> {
        let (mut found, mut todo) = (Vec::new(), vec![project.to_owned()]);
        while let Some(key) = todo.pop() {
            let path = self.path(&key);
            let entries = match fs::read_dir(&path) {
                Ok(entries) => entries,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(wrong(&path)(error)),
            };
            for entry in entries {
                let entry = entry.map_err(wrong(&path))?;
                // A name that is no text is none of ours.
                let Ok(name) = entry.file_name().into_string() else {
                    continue;
                };
                let key = format!("{key}/{name}");
                let Ok(metadata) = fs::metadata(entry.path()) else {
                    continue;
                };
                if metadata.is_dir() {
                    todo.push(key);
                } else {
                    let when = metadata.modified().map_err(wrong(&entry.path()))?;
                    let size = metadata.len();
                    found.push(Listed { key, size, when });
                }
            }
        }
        found.sort_by(|a, b| a.key.cmp(&b.key));
        Ok(found)
    }

    fn lock_now(&self, project: &str) -> Result<Lock, OtaError> {
        let folder = self.0.join(project);
        make_folders(&folder)?;
        let path = folder.join(LOCK);
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path);
        let file = file.map_err(wrong(&path))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let place = folder.display().to_string();
                return Err(OtaError::Busy { place });
            }
            Err(TryLockError::Error(error)) => return Err(wrong(&path)(error)),
        }
        // What a publisher left that was killed.
        let under_way = folder.join(UNDER_WAY);
        if let Err(error) = fs::remove_dir_all(&under_way)
            && error.kind() != io::ErrorKind::NotFound
        {
            return Err(wrong(&under_way)(error));
        }
        Ok(Lock(Some(file)))
    }
}

/// Makes a folder and those above it, for everybody to read.
fn make_folders(path: &Path) -> Result<(), OtaError> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent()
        && !above.as_os_str().is_empty()
    {
        make_folders(above)?;
    }
    match fs::create_dir(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(wrong(path)(error)),
        _ => {}
    }
    readable(path, 0o755)?;
    path.parent().map_or(Ok(()), sync_folder)
}

/// Web servers run as a user of their own.
#[cfg(unix)]
fn readable(path: &Path, mode: u32) -> Result<(), OtaError> {
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(wrong(path))
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
fn readable(_path: &Path, _mode: u32) -> Result<(), OtaError> {
    Ok(())
}

/// A name is on the disk when its folder is.
#[cfg(unix)]
fn sync_folder(path: &Path) -> Result<(), OtaError> {
    let path = if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    };
    let synced = File::open(path).and_then(|folder| folder.sync_all());
    synced.map_err(wrong(path))
}

#[cfg(not(unix))]
#[allow(clippy::unnecessary_wraps)]
fn sync_folder(_path: &Path) -> Result<(), OtaError> {
    Ok(())
}

/// On a thread that may wait for a disk.
fn apart<T: Send + 'static>(
    folder: &Folder,
    deed: impl FnOnce(&Folder) -> Result<T, OtaError> + Send + 'static,
) -> Doing<'static, T> {
    let folder = folder.clone();
    Box::pin(async move {
        let done = tokio::task::spawn_blocking(move || deed(&folder));
        done.await.expect("it does not panic")
    })
}

impl Store for Folder {
    fn place(&self) -> String {
        self.0.display().to_string()
    }

    fn plus_is_blank(&self) -> bool {
        false
    }

    fn needs_copies(&self) -> bool {
        false
    }

    fn create<'a>(&'a self, key: &'a str, bytes: &'a [u8]) -> Doing<'a, bool> {
        let (key, bytes) = (key.to_owned(), bytes.to_vec());
        apart(self, move |folder| folder.create_now(&key, &bytes))
    }

    fn read<'a>(&'a self, key: &'a str) -> Doing<'a, Option<Found>> {
        let key = key.to_owned();
        apart(self, move |folder| folder.read_now(&key))
    }

    fn replace<'a>(&'a self, key: &'a str, before: &'a Before, bytes: &'a [u8]) -> Doing<'a, bool> {
        let (key, before, bytes) = (key.to_owned(), before.clone(), bytes.to_vec());
        apart(self, move |folder| folder.replace_now(&key, &before, &bytes))
    }

    fn remove<'a>(&'a self, key: &'a str) -> Doing<'a, ()> {
        let key = key.to_owned();
        apart(self, move |folder| folder.remove_now(&key))
    }

    fn list<'a>(&'a self, project: &'a str) -> Doing<'a, Vec<Listed>> {
        let project = project.to_owned();
        apart(self, move |folder| folder.list_now(&project))
    }

    fn lock<'a>(&'a self, project: &'a str) -> Doing<'a, Lock> {
        let project = project.to_owned();
        apart(self, move |folder| folder.lock_now(&project))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_file_is_created_once_replaced_only_if_it_is_what_was_read_and_readable_for_all() {
        let folder = tempfile::tempdir().unwrap();
        let store = Folder::at(&folder.path().join("srv"));
        let lock = store.lock("p").await.unwrap();
        assert!(store.create("p/v1/a", b"one").await.unwrap());
        assert!(!store.create("p/v1/a", b"two").await.unwrap());
        let found = store.read("p/v1/a").await.unwrap().unwrap();
        assert_eq!(found.bytes, b"one");
        assert!(!store.replace("p/v1/a", &Before::Absent, b"two").await.unwrap());
        assert!(store.replace("p/v1/a", &found.revision, b"two").await.unwrap());
        assert!(!store.replace("p/v1/a", &found.revision, b"three").await.unwrap());
        assert!(store.replace("p/version", &Before::Absent, b"v1").await.unwrap());
        assert_eq!(store.read("p/b").await.unwrap(), None);
        let listed = store.list("p").await.unwrap();
        let keys: Vec<&str> = listed.iter().map(|one| one.key.as_str()).collect();
        assert_eq!(keys, ["p/.lock", "p/v1/a", "p/version"]);
        assert_eq!(store.list("q").await.unwrap(), []);
        #[cfg(unix)]
        for (path, mode) in [
            ("srv", 0o755),
            ("srv/p", 0o755),
            ("srv/p/v1", 0o755),
            ("srv/p/v1/a", 0o644),
            ("srv/p/version", 0o644),
        ] {
            let metadata = fs::metadata(folder.path().join(path)).unwrap();
            assert_eq!(
                std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o777,
                mode,
                "{path}"
            );
        }
        store.remove("p/v1/a").await.unwrap();
        store.remove("p/v1/a").await.unwrap();
        assert!(!folder.path().join("srv/p/v1").exists());
        assert!(folder.path().join("srv/p/version").exists());
        drop(lock);
    }

    #[tokio::test]
    async fn a_second_publisher_is_told_and_a_dead_one_is_in_nobodys_way() {
        let folder = tempfile::tempdir().unwrap();
        let store = Folder::at(folder.path());
        let lock = store.lock("p").await.unwrap();
        assert!(matches!(store.lock("p").await, Err(OtaError::Busy { .. })));
        store.lock("q").await.unwrap();
        drop(lock);
        // What it had under way goes.
        let left = folder.path().join("p/.tmp/1-1");
        fs::create_dir(left.parent().unwrap()).unwrap();
        fs::write(&left, "half").unwrap();
        store.lock("p").await.unwrap();
        assert!(!left.exists());
    }
}
