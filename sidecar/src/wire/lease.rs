//! `Lease`: one program of this machine at a time on a board behind TCP, as the system does it for ports.
//! Other machines are the serial server's business. A program that was killed holds nothing: the lock is the system's.

use std::fs::File;
use std::io::Write as _;
use std::net::SocketAddr;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use tokio::time::Instant;

use crate::wire::Holder;
use crate::wire::WireError;
use crate::wire::holder;

/// A program that is just ending has it a moment longer.
const PATIENCE: Duration = Duration::from_millis(250);
const RETRY: Duration = Duration::from_millis(10);

/// Keeps others out until it is dropped.
#[derive(Debug)]
pub(super) struct Lease {
    /// Locked.
    _file: File,
}

/// Takes the lease of this place; `address` is what the user calls it. `None` where no lock can be had at all: then
/// everybody may connect, as before there were leases.
pub(super) async fn take(place: SocketAddr, address: &str) -> Result<Option<Lease>, WireError> {
    let folder = dirs::cache_dir().map(|dir| dir.join("boardside").join("lines"));
    match folder {
        Some(folder) => take_in(&folder, place, address).await,
        None => Ok(None),
    }
}

async fn take_in(folder: &Path, place: SocketAddr, address: &str) -> Result<Option<Lease>, WireError> {
    // Windows has no colons in names.
    let name: String = place
        .to_string()
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '.' {
                c
            } else {
                '-'
            }
        })
        .collect();
    let path = folder.join(name);
    if std::fs::create_dir_all(folder).is_err() {
        return Ok(None);
    }
    // Nobody empties it: it may be another's.
    let Ok(file) = File::options().create(true).append(true).open(&path) else {
        return Ok(None);
    };
    let start = Instant::now();
    loop {
        match file.try_lock() {
            Ok(()) => break,
            Err(std::fs::TryLockError::WouldBlock) if start.elapsed() < PATIENCE => {
                tokio::time::sleep(RETRY).await;
            }
            Err(std::fs::TryLockError::WouldBlock) => {
                return Err(WireError::Busy {
                    address: address.to_owned(),
                    holder: holder::locker(&path).or_else(|| written(&path)),
                });
            }
            // Some network file systems have no locks.
            Err(std::fs::TryLockError::Error(_)) => return Ok(None),
        }
    }
    write(&path);
    Ok(Some(Lease { _file: file }))
}

/// Beside the lock, as Windows lets nobody read what is locked. Only to tell who it is: not a lock.
fn beside(path: &Path) -> PathBuf {
    let mut beside = path.as_os_str().to_owned();
    beside.push(".holder");
    beside.into()
}

fn write(path: &Path) {
    let program = std::env::current_exe().unwrap_or_default();
    let name = program
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    let text = format!("{} {name}", std::process::id());
    // Without it the next one is not told who has the board.
    File::create(beside(path))
        .and_then(|mut file| file.write_all(text.as_bytes()))
        .unwrap_or_default();
}

fn written(path: &Path) -> Option<Holder> {
    let text = std::fs::read_to_string(beside(path)).ok()?;
    let (pid, command) = text.split_once(' ')?;
    Some(Holder {
        pid: pid.parse().ok()?,
        command: command.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_place_is_leased_once_and_free_again_when_the_lease_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let [one, other] = ["127.0.0.1:23", "[::1]:23"].map(|text| text.parse().unwrap());
        let take = |place| take_in(folder.path(), place, "socket://x:23");
        let first = take(one).await.unwrap();
        assert!(first.is_some());
        let also = take(other).await.unwrap();
        assert!(also.is_some());
        let Err(WireError::Busy { holder, .. }) = take(one).await else {
            panic!("it was leased twice");
        };
        assert_eq!(holder.unwrap().pid, std::process::id());
        let name = folder.path().join("127.0.0.1-23");
        assert_eq!(written(&name).unwrap().pid, std::process::id());
        drop(first);
        assert!(take(one).await.unwrap().is_some());
    }
}
