//! `ScanCache`: what files were when they were last hashed, so that unchanged ones are not read again.
//! Never trusted when in doubt: a damaged cache is empty, a file that was just written is read again.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use serde::Deserialize;
use serde::Serialize;

use crate::base::Digest;
use crate::base::Fingerprint;

/// A file that was written less than this before it was hashed can be written again without its times
/// changing (FAT counts in two seconds; git calls such an entry racy).
const RACY_NS: i128 = 2_000_000_000;
const HEADER: &str = "boardside scan cache 1 ";

/// What says that a file is as it was: size, times and inode. Times are nanoseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    size: u64,
    modified_ns: i128,
    /// Inode and time of the inode's change; nothing on Windows.
    inode: u64,
    changed_ns: i128,
}

impl Stamp {
    pub(super) fn of(metadata: &fs::Metadata) -> Self {
        let modified_ns = metadata.modified().map_or(0, since_1970);
        #[cfg(unix)]
        let (inode, changed_ns) = {
            use std::os::unix::fs::MetadataExt as _;
            let changed = i128::from(metadata.ctime()) * 1_000_000_000 + i128::from(metadata.ctime_nsec());
            (metadata.ino(), changed)
        };
        #[cfg(not(unix))]
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

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Entry {
    stamp: Stamp,
    hashed_ns: i128,
    sha256: String,
    crc32: u32,
    adler32: u32,
}

/// What files were when they were last hashed.
#[derive(Clone, Debug, Default)]
pub struct ScanCache {
    entries: BTreeMap<PathBuf, Entry>,
}

impl ScanCache {
    /// The file that keeps a project's cache between runs; `None` on a system that has no place for caches.
    pub fn file_for(root: &Path) -> Option<PathBuf> {
        let root = fs::canonicalize(root).ok()?;
        let name = Digest::of(root.to_string_lossy().as_bytes()).to_string();
        Some(
            dirs::cache_dir()?
                .join("boardside")
                .join("scan")
                .join(format!("{name}.json")),
        )
    }

    /// Reads a cache; one that is missing, damaged or of another version is empty.
    pub fn load(file: &Path) -> Self {
        let entries = fs::read_to_string(file).ok().and_then(|text| {
            let (header, json) = text.split_once('\n')?;
            let sum = header.strip_prefix(HEADER)?;
            (Digest::of(json.as_bytes()).to_string() == sum).then(|| serde_json::from_str(json).ok())?
        });
        Self {
            entries: entries.unwrap_or_default(),
        }
    }

    /// Writes it for the next run, beside and renamed, so that a reader never sees half of it.
    pub fn save(&self, file: &Path) -> io::Result<()> {
        let json = serde_json::to_string(&self.entries)?;
        let text = format!("{HEADER}{}\n{json}", Digest::of(json.as_bytes()));
        if let Some(folder) = file.parent() {
            fs::create_dir_all(folder)?;
        }
        let beside = file.with_extension(format!("{}.tmp", std::process::id()));
        fs::write(&beside, text)?;
        fs::rename(&beside, file)
    }

    pub(super) fn get(&self, host: &Path, stamp: &Stamp) -> Option<Fingerprint> {
        let entry = self.entries.get(host).filter(|entry| entry.stamp == *stamp)?;
        let youngest = stamp.modified_ns.max(stamp.changed_ns);
        if entry.hashed_ns - youngest < RACY_NS {
            return None;
        }
        let sha256 = Digest::parse(&entry.sha256)?;
        Some(Fingerprint {
            size: stamp.size,
            sha256,
            crc32: entry.crc32,
            adler32: entry.adler32,
        })
    }

    /// Forgets everything else, so that the cache does not grow with files that are gone.
    pub(super) fn replace(&mut self, fresh: Vec<(PathBuf, Stamp, Fingerprint)>, now: SystemTime) {
        let now = since_1970(now);
        let old = std::mem::take(&mut self.entries);
        let entries = fresh.into_iter().map(|(host, stamp, print)| {
            // What was trusted keeps the time at which it was read.
            let kept = old
                .get(&host)
                .filter(|entry| entry.stamp == stamp && trusted(entry));
            let hashed_ns = kept.map_or(now, |entry| entry.hashed_ns);
            let (crc32, adler32) = (print.crc32, print.adler32);
            (
                host,
                Entry {
                    stamp,
                    hashed_ns,
                    sha256: print.sha256.to_string(),
                    crc32,
                    adler32,
                },
            )
        });
        self.entries = entries.collect();
    }
}

fn trusted(entry: &Entry) -> bool {
    entry.hashed_ns - entry.stamp.modified_ns.max(entry.stamp.changed_ns) >= RACY_NS
}

fn since_1970(time: SystemTime) -> i128 {
    let ns = |duration: std::time::Duration| i128::try_from(duration.as_nanos()).unwrap_or(i128::MAX);
    match time.duration_since(UNIX_EPOCH) {
        Ok(after) => ns(after),
        Err(before) => -ns(before.duration()),
    }
}
