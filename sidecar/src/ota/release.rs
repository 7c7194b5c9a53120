//! `Release`: the files of a project at a version, looked at before anything is published, and the record of them.
//! Puts nothing anywhere.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;

use crate::base::Digest;
use crate::base::size_text;
use crate::ota::Layout;
use crate::ota::OtaError;
use crate::ota::Tag;
use crate::ota::flat_fault;

/// What this program writes and reads.
const FORMAT: u64 = 1;
/// From so many bytes on, small boards have no memory for a file: micropython-ota holds it twice.
const HEAVY: u64 = 16 << 10;
/// A path, in bytes: the safe client has it in a line of its manifest.
const LONGEST_PATH: usize = 120;
const MOST_FILES: usize = 2_000;
/// Of the safe client on its device: where it asks, and perhaps its password.
const OWN: &str = "ota.json";

/// One file of a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// In bytes.
    pub size: u64,
    /// Of the content.
    pub sha256: Digest,
}

impl Entry {
    /// Of this content.
    pub fn of(content: &[u8]) -> Self {
        Self {
            size: content.len() as u64,
            sha256: Digest::of(content),
        }
    }
}

/// A project at a version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// Which.
    pub version: Tag,
    /// Where its files lie.
    pub layout: Layout,
    /// By their paths on the board, without the leading slash.
    pub files: BTreeMap<String, Entry>,
    /// Which version was current when this one was published.
    pub after: Option<Tag>,
}

/// For whom a release is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Readers {
    /// The files that devices with micropython-ota ask for; `None`: all.
    pub old: Option<Vec<String>>,
    /// Devices with the safe client can take it: it is signed.
    pub safe: bool,
    /// The largest file for micropython-ota, in bytes.
    pub largest: u64,
}

/// Something about a release that the user should know; it is published all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReleaseWarning {
    /// Small boards have no memory for it.
    Heavy {
        /// Which.
        path: String,
        /// In bytes.
        size: u64,
    },
    /// micropython-ota cannot have it.
    SafeOnly {
        /// Which.
        path: String,
        /// Why.
        why: &'static str,
    },
    /// Devices with micropython-ota that ask for it will not update themselves any more: their list of files is their own.
    Gone {
        /// Which.
        path: String,
    },
    /// The device's own settings were left out: who asks the server could read its password.
    Own,
    /// Devices with the safe client run nothing else.
    NoMain,
    /// Devices with the safe client will not take it.
    Unsigned,
}

impl std::fmt::Display for ReleaseWarning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Heavy { path, size } => write!(
                f,
                "{path} has {}: micropython-ota holds a file twice in memory, and small boards have not so much",
                size_text(*size)
            ),
            Self::SafeOnly { path, why } => write!(f, "{path} is only for the safe client: {why}"),
            Self::Gone { path } => write!(
                f,
                "{path} is in it no more: devices with micropython-ota that ask for it will keep the version that they have"
            ),
            Self::Own => write!(
                f,
                "{OWN} is left out: it is the device's own, and who asks the server could read the password in it"
            ),
            Self::NoMain => f.write_str("it has no main.py: devices with the safe client will not take it"),
            Self::Unsigned => f.write_str(
                "earlier versions are signed and this one is not: devices with the safe client will not take it",
            ),
        }
    }
}

/// A release, its contents, and what the user should know.
pub type Looked = (Release, BTreeMap<String, Vec<u8>>, Vec<ReleaseWarning>);

/// Why micropython-ota cannot take this file.
fn old_fault(path: &str, content: &[u8], largest: u64) -> Option<OtaError> {
    let path = path.to_owned();
    let size = content.len() as u64;
    if let Some(why) = flat_fault(&path) {
        return Some(OtaError::File { path, why });
    }
    if std::str::from_utf8(content).is_err() {
        let why = "it is no UTF-8 text, and micropython-ota takes nothing else";
        return Some(OtaError::File { path, why });
    }
    (size > largest).then_some(OtaError::Large {
        path,
        size,
        most: largest,
    })
}

/// Why nobody can take a file with this path.
fn path_fault(path: &str) -> Option<&'static str> {
    if path.len() > LONGEST_PATH {
        Some("its path is longer than 120 bytes")
    } else if path.contains(['"', '\\']) || path.chars().any(char::is_control) {
        Some("its path has a quote, a backslash or a control character")
    } else if path.starts_with("manifest.") {
        Some("names that begin with `manifest.` are those of signed manifests")
    } else if path.split('/').any(|part| part.starts_with('.')) {
        Some("what begins with a dot is not served")
    } else {
        None
    }
}

impl Release {
    /// Looks at what is to be published. Gives the contents that belong to the release: without a signature nobody asks
    /// for others than those that the old clients ask for.
    pub fn new(
        version: Tag,
        layout: Layout,
        mut contents: BTreeMap<String, Vec<u8>>,
        readers: &Readers,
    ) -> Result<Looked, OtaError> {
        let mut warnings = Vec::new();
        if let Some(path) = readers
            .old
            .iter()
            .flatten()
            .find(|path| !contents.contains_key(*path))
        {
            return Err(OtaError::NoFile { path: path.clone() });
        }
        let named = |path: &String| readers.old.as_ref().is_some_and(|old| old.contains(path));
        // It comes into a project that was pulled from a board.
        if !named(&OWN.to_owned()) && contents.remove(OWN).is_some() {
            warnings.push(ReleaseWarning::Own);
        }
        if !readers.safe && readers.old.is_some() {
            contents.retain(|path, _| named(path));
        }
        if contents.is_empty() || contents.len() > MOST_FILES {
            let why = "a release has 1 to 2000 files";
            return Err(OtaError::File {
                path: "the project".to_owned(),
                why,
            });
        }
        if readers.safe && !contents.contains_key("main.py") {
            warnings.push(ReleaseWarning::NoMain);
        }
        let mut folded = BTreeSet::new();
        for (path, content) in &contents {
            let refused = |why| {
                Err(OtaError::File {
                    path: path.clone(),
                    why,
                })
            };
            if let Some(why) = path_fault(path) {
                return refused(why);
            }
            if !folded.insert(path.to_lowercase()) {
                return refused(
                    "another file has that name but for upper and lower case, which is the same on FAT",
                );
            }
            match old_fault(path, content, readers.largest) {
                // Who signs, and names no files for old clients, lets them have what they can have.
                Some(_) if readers.safe && readers.old.is_some() && !named(path) => {}
                Some(OtaError::File { why, .. }) if readers.safe && readers.old.is_none() => {
                    warnings.push(ReleaseWarning::SafeOnly {
                        path: path.clone(),
                        why,
                    });
                }
                Some(OtaError::Large { .. }) if readers.safe && readers.old.is_none() => {
                    let why = "it is too large for the memory of boards with micropython-ota";
                    warnings.push(ReleaseWarning::SafeOnly {
                        path: path.clone(),
                        why,
                    });
                }
                Some(error) => return Err(error),
                None if content.len() as u64 > HEAVY && (readers.old.is_none() || named(path)) => {
                    let size = content.len() as u64;
                    warnings.push(ReleaseWarning::Heavy {
                        path: path.clone(),
                        size,
                    });
                }
                None => {}
            }
        }
        let release = Self {
            version,
            layout,
            files: contents
                .iter()
                .map(|(path, content)| (path.clone(), Entry::of(content)))
                .collect(),
            after: None,
        };
        Ok((release, contents, warnings))
    }

    /// All of its files, in bytes.
    pub fn bytes(&self) -> u64 {
        self.files.values().map(|entry| entry.size).sum()
    }

    /// The record that is kept beside the release: the first thing that is published, so that one publisher only can
    /// have this version.
    pub fn record(&self) -> Vec<u8> {
        let row = |(path, entry): (&String, &Entry)| (path.clone(), entry.size, entry.sha256.to_string());
        let written = Written {
            format: FORMAT,
            version: self.version.to_string(),
            layout: self.layout.to_string(),
            after: self.after.as_ref().map(ToString::to_string),
            files: self.files.iter().map(row).collect(),
        };
        let mut text = serde_json::to_vec(&written).expect("strings and numbers are JSON");
        text.push(b'\n');
        text
    }

    /// Reads what `record` wrote.
    pub fn parse(text: &[u8], version: &Tag, place: &str) -> Result<Self, OtaError> {
        let unreadable = |why: String| OtaError::Record {
            version: version.to_string(),
            place: place.to_owned(),
            why,
        };
        let written: Written = serde_json::from_slice(text).map_err(|error| unreadable(error.to_string()))?;
        if written.format != FORMAT {
            return Err(unreadable(format!(
                "it is of format {}, this program reads format 1",
                written.format
            )));
        }
        if written.version != version.as_str() {
            return Err(unreadable("it is of another version".to_owned()));
        }
        let mut files = BTreeMap::new();
        for (path, size, sha256) in written.files {
            let sum = Digest::parse(&sha256).ok_or_else(|| unreadable("a SHA-256 is none".to_owned()))?;
            if let Some(why) = path_fault(&path) {
                return Err(unreadable(format!("{path}: {why}")));
            }
            files.insert(path, Entry { size, sha256: sum });
        }
        Ok(Self {
            version: version.clone(),
            layout: written.layout.parse()?,
            files,
            after: written.after.map(|tag| tag.parse()).transpose()?,
        })
    }

    /// What devices with micropython-ota miss that have the version before.
    pub fn gone(&self, before: Option<&Self>) -> Vec<ReleaseWarning> {
        let had = before.iter().flat_map(|before| before.files.keys());
        let gone = had.filter(|path| !self.files.contains_key(*path) && flat_fault(path).is_none());
        gone.map(|path| ReleaseWarning::Gone { path: path.clone() })
            .collect()
    }

    /// How another content of the same version differs; `None`: not at all.
    pub fn difference(&self, other: &Self) -> Option<String> {
        if self.layout != other.layout {
            return Some(format!("it has the layout {}", other.layout));
        }
        let differs = |path: &&String| self.files.get(*path) != other.files.get(*path);
        let all: BTreeSet<&String> = self.files.keys().chain(other.files.keys()).collect();
        let names: Vec<&str> = all.into_iter().filter(differs).map(String::as_str).collect();
        (!names.is_empty()).then(|| some(&names))
    }
}

/// Names for people: the first three, and how many more.
pub(super) fn some(names: &[&str]) -> String {
    let more = names.len().saturating_sub(3);
    let first = names[..names.len() - more].join(", ");
    if more == 0 {
        first
    } else {
        format!("{first} and {more} more")
    }
}

#[derive(Serialize, Deserialize)]
struct Written {
    format: u64,
    version: String,
    layout: String,
    after: Option<String>,
    files: Vec<(String, u64, String)>,
}

#[cfg(test)]
mod tests;
