//! `Verdict`: which project a flash holds, file by file, as read from outside. Pure: reads and runs nothing.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::project::Files;
use super::project::NEW;
use super::project::OLD;

/// What Boardside keeps on the board for itself.
const OWN: &str = "/.boardside/";
const JOURNAL: &str = "/.boardside/journal";

/// Which project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum State {
    /// All of the one before.
    Old,
    /// All of the one after.
    New,
    /// Each file that is there is whole, and they are not of one project.
    Mixed,
    /// A file under its real name that nobody wrote so, or nothing to be mounted.
    Corrupt,
}

/// A flash at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) state: State,
    /// A journal lies there: the next connection carries on.
    pub(super) journal: bool,
    /// What is wrong, one a file.
    pub(super) notes: Vec<String>,
}

impl Verdict {
    /// A flash without a file system.
    pub(super) fn unreadable(why: String) -> Self {
        Self {
            state: State::Corrupt,
            journal: false,
            notes: vec![why],
        }
    }

    /// `old` and `new` are what a board holds before and after a sync that nothing disturbs.
    pub(super) fn of(found: &Files, old: &Files, new: &Files) -> Self {
        let journal = found.contains_key(JOURNAL);
        let [found, old, new] = [found, old, new].map(project);
        let mut verdict = Self {
            state: State::Mixed,
            journal,
            notes: Vec::new(),
        };
        if found == old || found == new {
            verdict.state = if found == new { State::New } else { State::Old };
            return verdict;
        }
        let paths: BTreeSet<&str> = [&found, &old, &new]
            .into_iter()
            .flat_map(BTreeMap::keys)
            .copied()
            .collect();
        for path in paths {
            let [here, before, after] = [&found, &old, &new].map(|files| files.get(path));
            match here {
                None if before.is_some() && after.is_some() => verdict.notes.push(format!("missing {path}")),
                Some(content) if here != before && here != after => {
                    let size = content.len();
                    verdict
                        .notes
                        .push(format!("{path} has {size} B that nobody wrote so"));
                    verdict.state = State::Corrupt;
                }
                _ => {}
            }
        }
        verdict
    }
}

/// Without Boardside's own.
pub(super) fn project(files: &Files) -> BTreeMap<&str, &[u8]> {
    let all = files.iter().map(|(path, content)| (&**path, &**content));
    all.filter(|(path, _)| !path.starts_with(OWN)).collect()
}

/// Did one boot run modules of both projects, or miss one? `said` is what the console showed up to the prompt.
pub(super) fn ran_mixed(said: &str) -> bool {
    // A board that resets itself at its boot runs what comes after it.
    let mut version = None;
    for line in said.lines() {
        let now = [OLD, NEW]
            .into_iter()
            .find(|version| line.starts_with(&format!("{version} ")));
        if line.ends_with(" boot") {
            version = now;
        }
        if line.starts_with("Traceback") || (now.is_some() && version.is_some() && now != version) {
            return true;
        }
        version = version.or(now);
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(files: &[(&str, &str)]) -> Files {
        let own = |(path, text): &(&str, &str)| ((*path).to_owned(), text.as_bytes().to_vec());
        files.iter().map(own).collect()
    }

    #[test]
    fn a_flash_is_old_or_new_or_says_what_it_is() {
        let old = files(&[("/a", "1"), ("/b", "1"), ("/.boardside/manifest", "x")]);
        let new = files(&[("/a", "2"), ("/b", "2"), ("/c/", ""), ("/c/d", "2")]);
        let cases = [
            (
                files(&[("/a", "1"), ("/b", "1"), ("/.boardside/7", "half")]),
                State::Old,
                0,
            ),
            (
                files(&[("/a", "2"), ("/b", "2"), ("/c/", ""), ("/c/d", "2")]),
                State::New,
                0,
            ),
            (
                files(&[("/a", "2"), ("/b", "1"), ("/c/", ""), ("/c/d", "2")]),
                State::Mixed,
                0,
            ),
            (files(&[("/a", "2"), ("/b", "2"), ("/c/", "")]), State::Mixed, 0),
            (files(&[("/a", "2")]), State::Mixed, 1),
            (files(&[("/a", "1"), ("/b", "")]), State::Corrupt, 1),
            (files(&[("/a", "1"), ("/b", "1"), ("/e", "1")]), State::Corrupt, 1),
        ];
        for (found, state, notes) in cases {
            let verdict = Verdict::of(&found, &old, &new);
            assert_eq!(
                (verdict.state, verdict.notes.len(), verdict.journal),
                (state, notes, false),
                "{found:?}"
            );
        }
        assert!(Verdict::of(&files(&[("/.boardside/journal", "")]), &old, &new).journal);
    }

    #[test]
    fn a_console_tells_whether_one_boot_ran_both() {
        for (said, mixed) in [
            ("v1 boot\r\nv1 main\r\nv1 whole\r\n>>> ", false),
            ("v1 boot\r\nv2 boot\r\nv2 main\r\n>>> ", false),
            ("v1 boot\r\nv2 main\r\n>>> ", true),
            ("v2 boot\r\nv2 main\r\nv1 one\r\n>>> ", true),
            ("v1 main\r\nv2 whole\r\n>>> ", true),
            ("v2 boot\r\nTraceback (most recent call last):\r\n>>> ", true),
            ("MicroPython\r\n>>> ", false),
        ] {
            assert_eq!(ran_mixed(said), mixed, "{said:?}");
        }
    }
}
