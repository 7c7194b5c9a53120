//! `forget_oldest`: a folder of a cache is kept small.
//! Knows nothing of what is in it.

use std::fs;
use std::fs::Metadata;
use std::path::Path;

/// Removes the oldest files until all together weigh no more than `most`.
pub(super) fn forget_oldest(folder: &Path, most: u64, weigh: fn(&Metadata) -> u64) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut files: Vec<_> = entries
        .filter_map(|entry| {
            let facts = entry.metadata().ok()?;
            Some((facts.modified().ok()?, weigh(&facts), entry.path()))
        })
        .collect();
    files.sort();
    let mut all: u64 = files.iter().map(|(_, weight, _)| weight).sum();
    for (_, weight, path) in files {
        if all <= most {
            return;
        }
        all -= weight;
        // Another Boardside may have been faster.
        fs::remove_file(path).unwrap_or_default();
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::time::Duration;
    use std::time::SystemTime;

    use super::*;

    #[test]
    fn the_oldest_go() {
        let folder = tempfile::tempdir().unwrap();
        for (age, name) in ["new", "old", "older", "oldest"].iter().enumerate() {
            let file = File::create_new(folder.path().join(name)).unwrap();
            file.set_len(1000).unwrap();
            let age = Duration::from_secs(3600 * age as u64);
            file.set_modified(SystemTime::now() - age).unwrap();
        }
        forget_oldest(folder.path(), 2500, Metadata::len);
        let mut left: Vec<_> = fs::read_dir(folder.path())
            .unwrap()
            .flatten()
            .map(|e| e.file_name())
            .collect();
        left.sort();
        assert_eq!(left, ["new", "old"]);
    }
}
