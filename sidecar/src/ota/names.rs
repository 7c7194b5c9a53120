//! Names that stand in URLs: versions, projects, devices and files, each in the form that every part of the way takes.
//! Reads and writes nothing; what a release is made of is `release`'s.

use std::fmt;
use std::str::FromStr;

use crate::ota::OtaError;

/// A version, project or device, in characters.
const LONGEST: usize = 64;
/// A file's name, in characters.
const LONGEST_FILE: usize = 100;

/// A version as devices are told it: one line, compared for being another, never for being newer.
///
/// Without `_`: version `a` with file `b_c.py` and version `a_b` with file `c.py` would have one URL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Tag(String);

/// What stands before the version in every URL.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProjectName(String);

/// A device that is told another version than the others: its user's name, or what its `host` ends with.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Device(String);

fn refused(what: &'static str, text: &str, why: &'static str) -> OtaError {
    OtaError::Name {
        what,
        text: text.chars().take(LONGEST).collect(),
        why,
    }
}

fn is(text: &str, more: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || more.contains(c);
    (1..=LONGEST).contains(&text.len()) && text.chars().all(fits)
}

impl FromStr for Tag {
    type Err = OtaError;

    fn from_str(text: &str) -> Result<Self, OtaError> {
        let why = if !is(text, ".+-") {
            "it must be 1 to 64 of the characters A-Z a-z 0-9 . + -"
        } else if text.starts_with('.') {
            "what begins with a dot is not served"
        } else if text.eq_ignore_ascii_case("version") {
            "that is the name of the file that says the version"
        } else {
            return Ok(Self(text.to_owned()));
        };
        Err(refused("version", text, why))
    }
}

impl FromStr for ProjectName {
    type Err = OtaError;

    fn from_str(text: &str) -> Result<Self, OtaError> {
        let why = if !is(text, "._-") {
            "it must be 1 to 64 of the characters A-Z a-z 0-9 . _ -"
        } else if text.starts_with('.') {
            "what begins with a dot is not served"
        } else if text == "d" {
            "/d/DEVICE/ is where devices have versions of their own"
        } else {
            return Ok(Self(text.to_owned()));
        };
        Err(refused("name of a project", text, why))
    }
}

impl FromStr for Device {
    type Err = OtaError;

    fn from_str(text: &str) -> Result<Self, OtaError> {
        if is(text, "._@-") && text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
            return Ok(Self(text.to_owned()));
        }
        let why =
            "it must be 1 to 64 of the characters A-Z a-z 0-9 . _ @ -, and begin with a letter or digit";
        Err(refused("name of a device", text, why))
    }
}

impl Tag {
    /// For lists: numbers in it count as numbers, `v1.10` is behind `v1.9`.
    pub fn natural(&self) -> Vec<(u64, String)> {
        let mut parts: Vec<(u64, String)> = Vec::new();
        let mut rest = self.0.as_str();
        while !rest.is_empty() {
            let words = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
            let (word, more) = rest.split_at(words);
            let digits = more.find(|c: char| !c.is_ascii_digit()).unwrap_or(more.len());
            let (number, more) = more.split_at(digits);
            parts.push((0, word.to_owned()));
            parts.push((number.parse().unwrap_or(u64::MAX), String::new()));
            rest = more;
        }
        parts
    }
}

macro_rules! text {
    ($name:ident) => {
        impl $name {
            /// As it is written.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

text!(Tag);
text!(ProjectName);
text!(Device);

/// Why a device with micropython-ota cannot get a file of this name, relative to the root of the board.
///
/// It asks for `<version>_<name>` as it is, unescaped; 2.1.0 opens `tmp/<name>`, and its own state is the file `version`.
pub fn flat_fault(name: &str) -> Option<&'static str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    if name.contains('/') {
        Some("micropython-ota writes no files in folders")
    } else if name.len() > LONGEST_FILE {
        Some("its name is longer than 100 characters")
    } else if !name.chars().all(plain) {
        Some(
            "its name has other characters than A-Z a-z 0-9 . _ -, which micropython-ota does not escape in URLs",
        )
    } else if name.starts_with('.') {
        Some("what begins with a dot is not served")
    } else if ["version", "tmp"].contains(&name) {
        Some("micropython-ota uses that name for itself on the device")
    } else if name.starts_with("manifest.") {
        Some("names that begin with `manifest.` are those of signed manifests")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_one_plain_word_without_what_urls_and_file_names_are_made_of() {
        for good in [
            "v1.0.0",
            "1",
            "2026.11.21",
            "1.0+build.5",
            "1.0-rc.1",
            &"a".repeat(64),
        ] {
            assert_eq!(good.parse::<Tag>().unwrap().as_str(), good);
        }
        let long = "a".repeat(65);
        let bad = [
            "", " ", "v 1", "v/1", "v?1", "v#1", "v%1", "v_1", "v1\n", "\u{e9}", "version", "Version", "..",
            ".pin", &long,
        ];
        for bad in bad {
            assert!(bad.parse::<Tag>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn names_of_projects_and_devices_stay_in_their_folder() {
        for good in ["sample", "my_project-2", "A.b"] {
            assert!(good.parse::<ProjectName>().is_ok(), "{good}");
        }
        for bad in ["", "d", ".pin", "..", "a/b", "a b", "a\0", "\u{fc}"] {
            assert!(bad.parse::<ProjectName>().is_err(), "{bad:?}");
        }
        for good in ["dev1", "me@here", "a-b_c.d", "7"] {
            assert!(good.parse::<Device>().is_ok(), "{good}");
        }
        for bad in ["", "..", ".a", "-a", "a/b", "a b", "../x", "a\n"] {
            assert!(bad.parse::<Device>().is_err(), "{bad:?}");
        }
    }

    #[test]
    fn numbers_in_versions_count_as_numbers() {
        let mut tags: Vec<Tag> = ["v1.10", "v1.9", "v1.9.1", "v1", "v2", "v1.9-rc.1"]
            .iter()
            .map(|tag| tag.parse().unwrap())
            .collect();
        tags.sort_by_key(Tag::natural);
        let sorted: Vec<&str> = tags.iter().map(Tag::as_str).collect();
        assert_eq!(sorted, ["v1", "v1.9", "v1.9-rc.1", "v1.9.1", "v1.10", "v2"]);
    }

    #[test]
    fn old_clients_get_flat_plain_names_that_are_not_their_own() {
        for good in ["boot.py", "main.py", "a_b-c.json", "README"] {
            assert_eq!(flat_fault(good), None, "{good}");
        }
        let bad = [
            "lib/a.py",
            "a b.py",
            "a%20.py",
            "a?.py",
            "\u{e9}.py",
            ".env",
            "version",
            "tmp",
            "manifest.json",
            "manifest.sig",
        ];
        for bad in bad {
            assert!(flat_fault(bad).is_some(), "{bad}");
        }
    }
}
