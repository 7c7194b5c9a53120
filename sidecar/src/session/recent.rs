//! Addresses in the network that worked lately, for lists and for completion: nobody can look for them as for ports.
//! Never with a password; losing the list loses nothing.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::SystemTime;
use std::time::UNIX_EPOCH;

use crate::wire::Address;

/// More than that nobody reads.
const MOST: usize = 16;

/// An address that worked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recent {
    /// As it is typed, without a password.
    pub address: String,
    /// When it was opened last, in seconds since 1970.
    pub used: u64,
}

/// The last ones, newest first.
pub fn recent() -> Vec<Recent> {
    list().map_or_else(Vec::new, |path| read(&path))
}

/// Notes that this one was opened. Only addresses in the network; a list that cannot be written stays as it is.
pub(super) fn note(address: &Address) {
    if !address.is_network() {
        return;
    }
    let used = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or(Duration::ZERO);
    let newest = Recent {
        address: address.to_string(),
        used: used.as_secs(),
    };
    if let Some(path) = list() {
        change(&path, &newest.address, Some(newest.clone()));
    }
}

/// Takes one off the list.
pub fn drop_recent(address: &Address) {
    if let Some(path) = list() {
        change(&path, &address.to_string(), None);
    }
}

fn list() -> Option<PathBuf> {
    Some(dirs::cache_dir()?.join("boardside").join("recent"))
}

fn read(path: &Path) -> Vec<Recent> {
    let text = fs::read_to_string(path).unwrap_or_default();
    let recent = |line: &str| {
        let (used, address) = line.split_once(' ')?;
        // What somebody else wrote there is not shown.
        let address: Address = address.parse().ok()?;
        Some(Recent {
            address: address.to_string(),
            used: used.parse().ok()?,
        })
    };
    text.lines().filter_map(recent).take(MOST).collect()
}

/// This address goes, or comes first.
fn change(path: &Path, address: &str, newest: Option<Recent>) {
    let others = read(path).into_iter().filter(|recent| recent.address != address);
    let lines = newest.into_iter().chain(others).take(MOST);
    let lines = lines.map(|recent| format!("{} {}", recent.used, recent.address));
    let text = lines.collect::<Vec<_>>().join("\n");
    // Two programs at once: one of the lists is there, whole.
    let half = path.with_extension(format!("new-{}", std::process::id()));
    if let Some(folder) = path.parent() {
        let _ = fs::create_dir_all(folder);
    }
    if fs::write(&half, text).is_ok() {
        let _ = fs::rename(&half, path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_comes_first_each_is_there_once_and_the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a").join("recent");
        let note = |host: usize, used| {
            let address = format!("telnet://micro@board{host}");
            change(&path, &address.clone(), Some(Recent { address, used }));
        };
        for host in 0..20 {
            note(host, host as u64);
        }
        note(10, 99);
        let list = read(&path);
        let hosts: Vec<&str> = list.iter().map(|recent| &recent.address[20..]).collect();
        let expected = "10 19 18 17 16 15 14 13 12 11 9 8 7 6 5 4";
        assert_eq!(hosts.join(" "), expected);
        assert_eq!(list[0].used, 99);
        change(&path, "telnet://micro@board10", None);
        assert_eq!(read(&path).len(), 15);
        fs::write(&path, "no list\n7 telnet://u:secret@h\n8\n9 gopher://x\n").unwrap();
        assert_eq!(read(&path)[0].address, "telnet://u@h");
        assert_eq!(read(&path).len(), 1);
    }
}
