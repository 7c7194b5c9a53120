//! What differs between two releases, file by file.
//! Compares what was published, and reads nothing.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::ota::Entry;

/// How a file of one release differs from that of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Only the second has it.
    Added,
    /// Only the first has it. Devices with micropython-ota keep theirs.
    Removed,
    /// Both have it, with different contents.
    Changed,
}

impl Change {
    /// One word for people and programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
        }
    }
}

/// All files that differ, by their paths.
pub fn compare(one: &BTreeMap<String, Entry>, two: &BTreeMap<String, Entry>) -> BTreeMap<String, Change> {
    let paths: BTreeSet<&String> = one.keys().chain(two.keys()).collect();
    let change = |path: &String| match (one.get(path), two.get(path)) {
        (None, _) => Some(Change::Added),
        (_, None) => Some(Change::Removed),
        (one, two) if one != two => Some(Change::Changed),
        _ => None,
    };
    paths
        .into_iter()
        .filter_map(|path| Some((path.clone(), change(path)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_added_removed_changed_or_not_named() {
        let files = |files: &[(&str, &str)]| -> BTreeMap<String, Entry> {
            files
                .iter()
                .map(|(path, text)| ((*path).to_owned(), Entry::of(text.as_bytes())))
                .collect()
        };
        let one = files(&[("a", "1"), ("b", "1"), ("c", "1")]);
        let two = files(&[("b", "2"), ("c", "1"), ("d", "1")]);
        let changes: Vec<(String, &str)> = compare(&one, &two)
            .into_iter()
            .map(|(path, change)| (path, change.word()))
            .collect();
        assert_eq!(
            changes,
            [
                ("a".into(), "removed"),
                ("b".into(), "changed"),
                ("d".into(), "added")
            ]
        );
    }
}
