//! `ScanCache`: what files were when they were last hashed, so that unchanged ones are not read again.
//! Never trusted when in doubt: a damaged cache is empty, a file that was just written is read again.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::ffi::OsStr;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use crate::base::Digest;
use crate::base::Fingerprint;
use crate::sync::cache_folder;

/// A file that was written less than this before it was hashed can be written again without its times
/// changing (FAT counts in two seconds; git calls such an entry racy).
const RACY_NS: i64 = 2_000_000_000;
const HEADER: &[u8] = b"boardside scan cache 2\n";

/// What says that a file is as it was: size, times and inode. Times are nanoseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    size: u64,
    modified_ns: i64,
    /// Inode and time of the inode's change; on Windows the time when it was made, and nothing.
    inode: u64,
    changed_ns: i64,
}

impl Stamp {
    pub(super) fn of(metadata: &fs::Metadata) -> Self {
        let modified_ns = metadata.modified().map_or(0, since_1970);
        #[cfg(unix)]
        let (inode, changed_ns) = {
            use std::os::unix::fs::MetadataExt as _;
            let seconds = metadata.ctime().saturating_mul(1_000_000_000);
            (metadata.ino(), seconds.saturating_add(metadata.ctime_nsec()))
        };
        // A file that was replaced was made at another time.
        #[cfg(windows)]
        let (inode, changed_ns) = (
            std::os::windows::fs::MetadataExt::creation_time(metadata),
            modified_ns,
        );
        #[cfg(not(any(unix, windows)))]
        let (inode, changed_ns) = (0, modified_ns);
        Self {
            size: metadata.len(),
            modified_ns,
            inode,
            changed_ns,
        }
    }

    pub(super) fn size(&self) -> u64 {
        self.size
    }
}

#[derive(Clone, Debug)]
struct Entry {
    stamp: Stamp,
    hashed_ns: i64,
    print: Fingerprint,
}

/// What files were when they were last hashed.
#[derive(Clone, Debug, Default)]
pub struct ScanCache {
    /// By the text of the host path: `PathBuf` compares part by part, which takes longer than to ask the system.
    entries: BTreeMap<OsString, Entry>,
    /// It is not what was loaded or saved.
    changed: bool,
    read: Arc<ReadSoFar>,
}

/// How far a scan has come; clones of the handle show the same.
#[derive(Debug, Default)]
pub struct ReadSoFar {
    pub(super) done: AtomicU64,
    pub(super) total: AtomicU64,
}

impl ReadSoFar {
    /// Bytes read, and bytes of all files, also of those that need not be read.
    pub fn get(&self) -> (u64, u64) {
        (self.done.load(Relaxed), self.total.load(Relaxed))
    }
}

impl ScanCache {
    /// The file that keeps a project's cache between runs; `None` on a system that has no place for caches.
    pub fn file_for(root: &Path) -> Option<PathBuf> {
        let root = fs::canonicalize(root).ok()?;
        let name = Digest::of(root.to_string_lossy().as_bytes()).to_string();
        Some(dirs::cache_dir()?.join("boardside").join("scan").join(name))
    }

    /// Reads a cache; one that is missing, damaged or of another version is empty.
    pub fn load(file: &Path) -> Self {
        let entries = fs::read(file).ok().and_then(|bytes| {
            let mut rest = Rest(bytes.strip_prefix(HEADER)?);
            let sum = rest.number()?;
            if u64::from(crc32fast::hash(rest.0)) != sum {
                return None;
            }
            let mut entries = Vec::new();
            while !rest.0.is_empty() {
                entries.push(rest.entry()?);
            }
            Some(entries.into_iter().collect())
        });
        Self {
            entries: entries.unwrap_or_default(),
            changed: false,
            read: Arc::default(),
        }
    }

    /// To watch a scan with this cache from another thread.
    pub fn read_so_far(&self) -> Arc<ReadSoFar> {
        self.read.clone()
    }

    pub(super) fn begin(&self, total: u64) {
        self.read.done.store(0, Relaxed);
        self.read.total.store(total, Relaxed);
    }

    /// Writes it for the next run, beside and renamed, so that a reader never sees half of it. Does nothing if it is as
    /// it was loaded.
    pub fn save(&mut self, file: &Path) -> io::Result<()> {
        if !self.changed {
            return Ok(());
        }
        let mut body = Vec::with_capacity(self.entries.len() * 160);
        for (host, entry) in &self.entries {
            write(&mut body, host, entry);
        }
        let sum = u64::from(crc32fast::hash(&body)).to_le_bytes();
        cache_folder::replace(file, &[HEADER, &sum, &body].concat())?;
        self.changed = false;
        Ok(())
    }

    pub(super) fn get(&self, host: &Path, stamp: &Stamp) -> Option<Fingerprint> {
        let entry = self
            .entries
            .get(host.as_os_str())
            .filter(|entry| entry.stamp == *stamp)?;
        let youngest = stamp.modified_ns.max(stamp.changed_ns);
        (entry.hashed_ns.saturating_sub(youngest) >= RACY_NS).then_some(entry.print)
    }

    /// A file was hashed at this time.
    pub(super) fn learn(&mut self, host: &Path, stamp: Stamp, print: Fingerprint, now: SystemTime) {
        let entry = Entry {
            stamp,
            hashed_ns: since_1970(now),
            print,
        };
        self.entries.insert(host.as_os_str().to_owned(), entry);
        self.changed = true;
    }

    /// Forgets everything else, so that the cache does not grow with files that are gone. All of `hosts` are in it.
    pub(super) fn keep_only<'a>(&mut self, hosts: impl ExactSizeIterator<Item = &'a PathBuf>) {
        if hosts.len() != self.entries.len() {
            let hosts: HashSet<&OsStr> = hosts.map(|host| host.as_os_str()).collect();
            self.entries.retain(|host, _| hosts.contains(host.as_os_str()));
            self.changed = true;
        }
    }
}

/// Numbers are eight bytes, the lowest first. A path that is no text is left out: no board can have its name.
fn write(body: &mut Vec<u8>, host: &OsStr, entry: &Entry) {
    let Some(host) = host.to_str() else { return };
    let Entry {
        stamp,
        hashed_ns,
        print,
    } = entry;
    body.extend((host.len() as u64).to_le_bytes());
    body.extend(host.as_bytes());
    for time in [stamp.modified_ns, stamp.changed_ns, *hashed_ns] {
        body.extend(time.to_le_bytes());
    }
    let sums = [u64::from(print.crc32), u64::from(print.adler32)];
    for number in [stamp.size, stamp.inode, sums[0], sums[1]] {
        body.extend(number.to_le_bytes());
    }
    body.extend(print.sha256.0);
}

/// What is left to read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (first, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*first)
    }

    fn number(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn time(&mut self) -> Option<i64> {
        self.take().map(i64::from_le_bytes)
    }

    fn entry(&mut self) -> Option<(OsString, Entry)> {
        let length = usize::try_from(self.number()?).ok()?;
        let (host, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        let host = std::str::from_utf8(host).ok()?.into();
        let (modified_ns, changed_ns, hashed_ns) = (self.time()?, self.time()?, self.time()?);
        let (size, inode) = (self.number()?, self.number()?);
        let entry = Entry {
            stamp: Stamp {
                size,
                modified_ns,
                inode,
                changed_ns,
            },
            hashed_ns,
            print: Fingerprint {
                size,
                crc32: self.number()?.try_into().ok()?,
                adler32: self.number()?.try_into().ok()?,
                sha256: Digest(self.take()?),
            },
        };
        Some((host, entry))
    }
}

fn since_1970(time: SystemTime) -> i64 {
    let ns = |duration: std::time::Duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => ns(after),
        Err(before) => -ns(before.duration()),
    }
}
