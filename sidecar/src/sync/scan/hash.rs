//! `hash_all`: the fingerprints of many files, on several threads, each file piece by piece.
//! Knows no rules: it reads what it is given.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::io::Read;
use std::path::Path;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;
use std::time::SystemTime;

use crate::base::BoardPath;
use crate::base::Fingerprint;
use crate::base::Fingerprinter;
use crate::sync::plan::Snapshot;
use crate::sync::scan::ScanCache;
use crate::sync::scan::ScanError;
use crate::sync::scan::cache::Stamp;

/// How often a file that changes is read before the scan gives up.
const ATTEMPTS: u32 = 3;
/// Between two attempts: editors that write beside and rename are done by then.
const PAUSE: Duration = Duration::from_millis(20);
const PIECE: usize = 64 * 1024;

/// Hashes every file that the cache does not know, and makes the cache know exactly these files.
pub(super) fn hash_all(
    hosts: &BTreeMap<BoardPath, PathBuf>,
    cache: &mut ScanCache,
    now: SystemTime,
) -> Result<Snapshot, ScanError> {
    let jobs: Vec<(&BoardPath, &PathBuf)> = hosts.iter().collect();
    let workers = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(8)
        .min(jobs.len().max(1));
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let known = &*cache;
    let work = || {
        let mut done = Vec::new();
        while !failed.load(Ordering::Relaxed)
            && let Some((path, host)) = jobs.get(next.fetch_add(1, Ordering::Relaxed))
        {
            let read = settle(ATTEMPTS, || look(host, known));
            let result = read.map_err(|unsettled| unsettled.explain(host));
            failed.fetch_or(result.is_err(), Ordering::Relaxed);
            done.push(((*path).clone(), (*host).clone(), result));
        }
        done
    };
    let results: Vec<_> = thread::scope(|scope| {
        let threads: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        let joined = threads
            .into_iter()
            .map(|t| t.join().expect("hashing does not panic"));
        joined.flatten().collect()
    });
    let mut files = Snapshot::new();
    let mut fresh = Vec::new();
    for (path, host, result) in results {
        let (stamp, print) = result?;
        files.insert(path, print);
        fresh.push((host, stamp, print));
    }
    cache.replace(fresh, now);
    Ok(files)
}

/// What one look at a file gave.
pub(super) enum Look {
    Steady(Stamp, Fingerprint),
    /// It was written to, replaced or removed in the meantime.
    Moving(Option<io::Error>),
}

/// Why a file cannot be hashed.
#[derive(Debug)]
pub(super) enum Unsettled {
    Unreadable(io::Error),
    Restless,
}

impl Unsettled {
    fn explain(self, host: &Path) -> ScanError {
        let path = host.to_owned();
        match self {
            Self::Unreadable(source) => ScanError::Unreadable { path, source },
            Self::Restless => ScanError::Restless {
                path,
                attempts: ATTEMPTS,
            },
        }
    }
}

/// Looks until the file holds still, `attempts` times at most.
pub(super) fn settle(
    attempts: u32,
    mut look: impl FnMut() -> io::Result<Look>,
) -> Result<(Stamp, Fingerprint), Unsettled> {
    let mut last = None;
    for attempt in 0..attempts {
        if attempt > 0 {
            thread::sleep(PAUSE);
        }
        match look().map_err(Unsettled::Unreadable)? {
            Look::Steady(stamp, print) => return Ok((stamp, print)),
            Look::Moving(error) => last = error,
        }
    }
    Err(last.map_or(Unsettled::Restless, Unsettled::Unreadable))
}

fn look(host: &Path, known: &ScanCache) -> io::Result<Look> {
    let gone = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Ok(Look::Moving(Some(error))),
        _ => Err(error),
    };
    let before = match fs::metadata(host) {
        Ok(metadata) => Stamp::of(&metadata),
        Err(error) => return gone(error),
    };
    if let Some(print) = known.get(host, &before) {
        return Ok(Look::Steady(before, print));
    }
    let mut file = match fs::File::open(host) {
        Ok(file) => file,
        Err(error) => return gone(error),
    };
    let mut sums = Fingerprinter::default();
    let mut piece = vec![0; PIECE];
    loop {
        match file.read(&mut piece) {
            Ok(0) => break,
            Ok(count) => sums.update(&piece[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let print = sums.finish();
    // By its name again: an editor may have put another file there.
    let after = match fs::metadata(host) {
        Ok(metadata) => Stamp::of(&metadata),
        Err(error) => return gone(error),
    };
    let steady = before == after && print.size == after.size();
    Ok(if steady {
        Look::Steady(after, print)
    } else {
        Look::Moving(None)
    })
}
