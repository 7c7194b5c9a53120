//! What a board runs, read from what it printed while it booted.
//! Apps of these tests print `ran` and the versions of their files.

use std::fmt;

/// What ran last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Runs {
    /// All of it is of the version before.
    Old,
    New,
    /// A version that was current once.
    Older,
    Mixed,
    Nothing,
}

impl fmt::Display for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Old => "the old version",
            Self::New => "the new one",
            Self::Older => "an older one",
            Self::Mixed => "files of both",
            Self::Nothing => "**nothing**",
        })
    }
}

pub(super) fn runs(said: &str) -> Runs {
    let last = said.lines().rev().find_map(|line| line.strip_prefix("ran "));
    match last {
        Some("0 0 0") => Runs::Older,
        Some("1 1 1") => Runs::Old,
        Some("2 2 2") => Runs::New,
        Some(_) => Runs::Mixed,
        None => Runs::Nothing,
    }
}
