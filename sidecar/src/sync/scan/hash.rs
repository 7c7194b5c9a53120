//! `hash_all`: the fingerprints of many files, on several threads, each file piece by piece.
//! Knows no rules: it reads what it is given.

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
use crate::sync::host_file;
use crate::sync::host_file::Pipes;
use crate::sync::plan::Snapshot;
use crate::sync::scan::ScanCache;
use crate::sync::scan::ScanError;
use crate::sync::scan::cache::ReadSoFar;
use crate::sync::scan::cache::Stamp;

/// How often a file that changes is read before the scan gives up.
const ATTEMPTS: u32 = 5;
/// Before the second attempt, and twice as long before each more: editors that write in steps or beside are done by
/// then, 300 ms in all.
const PAUSE: Duration = Duration::from_millis(20);
const PIECE: usize = 64 * 1024;
/// A thread takes so many files at once, and is not worth its while for less.
const SHARE: usize = 32;

/// What files are.
pub(super) struct Hashed {
    pub(super) files: Snapshot,
    /// Those that were gone by the time they were read.
    pub(super) gone: Vec<BoardPath>,
    /// How many were read: the cache did not know them.
    pub(super) read: usize,
}

/// Whether the cache may be asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trust {
    /// Where its times say that nothing changed.
    Cache,
    /// Never: these files are known to have changed.
    Nothing,
}

/// Fingerprints of these files below `root` (without links), from the cache or from their contents; the cache learns them.
pub(super) fn hash_all<'a>(
    root: &Path,
    hosts: impl IntoIterator<Item = (&'a BoardPath, &'a PathBuf)>,
    cache: &mut ScanCache,
    trust: Trust,
    now: SystemTime,
) -> Result<Hashed, ScanError> {
    let jobs: Vec<(&BoardPath, &PathBuf)> = hosts.into_iter().collect();
    let workers = thread::available_parallelism()
        .map_or(1, usize::from)
        .min(8)
        .min(jobs.len().div_ceil(SHARE));
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let so_far = cache.read_so_far();
    let known = (trust == Trust::Cache).then_some(&*cache);
    let work = || {
        let mut piece = Vec::new();
        let mut done = Vec::new();
        loop {
            let first = next.fetch_add(SHARE, Ordering::Relaxed);
            if first >= jobs.len() {
                return done;
            }
            for (at, (_, host)) in jobs.iter().enumerate().skip(first).take(SHARE) {
                if failed.load(Ordering::Relaxed) {
                    return done;
                }
                let read = settle(ATTEMPTS, || look(root, host, known, &mut piece, &so_far));
                let result = read.map_err(|unsettled| unsettled.explain(host));
                failed.fetch_or(
                    result.as_ref().is_err_and(|error| !is_gone(error)),
                    Ordering::Relaxed,
                );
                done.push((at, result));
            }
        }
    };
    let results = thread::scope(|scope| {
        let others: Vec<_> = (1..workers).map(|_| scope.spawn(work)).collect();
        let own = work();
        let others = others
            .into_iter()
            .map(|t| t.join().expect("hashing does not panic"));
        [own].into_iter().chain(others).collect::<Vec<_>>()
    });
    let mut prints: Vec<Option<Fingerprint>> = vec![None; jobs.len()];
    let mut gone = Vec::new();
    let mut read = 0;
    for (at, result) in results.into_iter().flatten() {
        match result {
            Ok(Seen::Known(print)) => prints[at] = Some(print),
            Ok(Seen::Read(stamp, print)) => {
                cache.learn(jobs[at].1, stamp, print, now);
                prints[at] = Some(print);
                read += 1;
            }
            Err(error) if is_gone(&error) => gone.push(jobs[at].0.clone()),
            Err(error) => return Err(error),
        }
    }
    let files = jobs.into_iter().zip(prints);
    let files = files.filter_map(|((path, _), print)| Some((path.clone(), print?)));
    Ok(Hashed {
        files: files.collect(),
        gone,
        read,
    })
}

/// Gone for as long as an editor that replaces a file could take: somebody removed it.
fn is_gone(error: &ScanError) -> bool {
    matches!(error, ScanError::Unreadable { source, .. } if source.kind() == io::ErrorKind::NotFound)
}

/// What one look at a file gave.
pub(super) enum Look {
    Steady(Seen),
    /// It was written to, replaced or removed in the meantime.
    Moving(Option<io::Error>),
}

/// A file that held still.
#[derive(Debug)]
pub(super) enum Seen {
    /// As the cache has it.
    Known(Fingerprint),
    Read(Stamp, Fingerprint),
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
pub(super) fn settle(attempts: u32, mut look: impl FnMut() -> io::Result<Look>) -> Result<Seen, Unsettled> {
    let mut last = None;
    for attempt in 0..attempts {
        if attempt > 0 {
            thread::sleep(PAUSE * (1 << (attempt - 1)));
        }
        match look().map_err(Unsettled::Unreadable)? {
            Look::Steady(seen) => return Ok(seen),
            Look::Moving(error) => last = error,
        }
    }
    Err(last.map_or(Unsettled::Restless, Unsettled::Unreadable))
}

fn look(
    root: &Path,
    host: &Path,
    known: Option<&ScanCache>,
    piece: &mut Vec<u8>,
    so_far: &ReadSoFar,
) -> io::Result<Look> {
    let gone = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => Ok(Look::Moving(Some(error))),
        _ => Err(error),
    };
    let before = match fs::metadata(host) {
        Ok(metadata) => Stamp::of(&metadata),
        Err(error) => return gone(error),
    };
    if let Some(print) = known.and_then(|known| known.get(host, &before)) {
        return Ok(Look::Steady(Seen::Known(print)));
    }
    let mut file = match host_file::open(host, Pipes::Refused) {
        Ok(file) => file,
        // It was a file when its folder was listed.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => return Ok(Look::Moving(None)),
        Err(error) => return gone(error),
    };
    match host_file::is_inside(&file, host, root) {
        Ok(true) => {}
        Ok(false) => return Ok(Look::Moving(None)),
        Err(error) => return gone(error),
    }
    let mut sums = Fingerprinter::default();
    let mut left = before.size();
    piece.resize(PIECE, 0);
    loop {
        match file.read(piece) {
            Ok(0) => break,
            // It is being written to, perhaps faster than it is read.
            Ok(count) if count as u64 > left => return Ok(Look::Moving(None)),
            Ok(count) => {
                left -= count as u64;
                so_far.done.fetch_add(count as u64, Ordering::Relaxed);
                sums.update(&piece[..count]);
            }
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
        Look::Steady(Seen::Read(after, print))
    } else {
        Look::Moving(None)
    })
}
