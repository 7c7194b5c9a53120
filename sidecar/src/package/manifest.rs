//! The manifest of a package: what it is, for which boards, and the size and SHA-256 of each file.
//! Not the manifest on a board: that is `sync::plan`'s.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde::Serialize;

use crate::base::BoardPath;
use crate::base::Digest;
use crate::board::FLAT_MANIFEST;
use crate::package::FirmwareRange;
use crate::package::PackageError;
use crate::package::Version;
use crate::sync::plan::is_own;

/// Its place in a package: first.
pub(super) const NAME: &str = "manifest.json";
/// What this program writes and reads.
const FORMAT: u64 = 1;
/// Files in a package.
const MOST_FILES: usize = 10_000;
/// A path, in bytes.
const LONGEST_PATH: usize = 255;
/// A project's name and a platform's, in characters.
const LONGEST_NAME: usize = 100;
const MOST_PLATFORMS: usize = 20;

/// What a package says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Name of the project.
    pub name: String,
    /// Which version of it.
    pub version: Version,
    /// For which boards.
    pub target: Target,
}

/// The boards that a package is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// `sys.platform` of MicroPython: `rp2`, `esp32`, `microbit`; `unix` is all of its ports to computers. Empty: all.
    pub platforms: Vec<String>,
    /// Versions of MicroPython; `None`: all.
    pub firmware: Option<FirmwareRange>,
}

impl Target {
    /// Reads the user's words.
    pub fn new(platforms: &[String], firmware: Option<&str>) -> Result<Self, PackageError> {
        if platforms.len() > MOST_PLATFORMS {
            return Err(too_large(
                "platforms",
                platforms.len() as u64,
                MOST_PLATFORMS as u64,
            ));
        }
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_. ".contains(c);
        let bad =
            |name: &&String| name.trim().is_empty() || name.len() > LONGEST_NAME || !name.chars().all(fits);
        if let Some(text) = platforms.iter().find(bad) {
            return Err(PackageError::Platform {
                text: text.chars().take(LONGEST_NAME).collect(),
            });
        }
        Ok(Self {
            platforms: platforms.to_vec(),
            firmware: firmware.map(str::parse).transpose()?,
        })
    }

    /// Is a board with this `sys.platform` and this version of MicroPython one of them?
    pub fn check(&self, platform: &str, version: &str) -> Result<(), PackageError> {
        let computers = ["linux", "darwin", "win32"];
        let is = |wanted: &String| {
            wanted.eq_ignore_ascii_case(platform)
                || wanted.eq_ignore_ascii_case("unix") && computers.contains(&platform)
        };
        if !self.platforms.is_empty() && !self.platforms.iter().any(is) {
            return Err(PackageError::Platforms {
                wanted: self.platforms.join(", "),
                found: platform.to_owned(),
            });
        }
        match &self.firmware {
            Some(wanted) if !wanted.has(version) => Err(PackageError::Firmware {
                wanted: wanted.clone(),
                found: version.to_owned(),
            }),
            _ => Ok(()),
        }
    }
}

/// One file, as the manifest has it.
pub(super) struct Entry {
    pub(super) path: BoardPath,
    pub(super) size: u64,
    pub(super) sha256: Digest,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    boardside: u64,
    name: String,
    version: String,
    target: WrittenTarget,
    files: Vec<WrittenFile>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenTarget {
    platforms: Vec<String>,
    firmware: Option<String>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenFile {
    path: String,
    size: u64,
    sha256: String,
}

/// All that is read where the rest may be newer.
#[derive(Deserialize)]
struct Format {
    boardside: u64,
}

/// As JSON, for people too: one line a value.
pub(super) fn render(head: &Head, entries: &[Entry]) -> Result<Vec<u8>, PackageError> {
    checked(head, entries)?;
    let file = |entry: &Entry| WrittenFile {
        path: entry.path.to_string(),
        size: entry.size,
        sha256: entry.sha256.to_string(),
    };
    let written = Written {
        boardside: FORMAT,
        name: head.name.clone(),
        version: head.version.to_string(),
        target: WrittenTarget {
            platforms: head.target.platforms.clone(),
            firmware: head.target.firmware.as_ref().map(ToString::to_string),
        },
        files: entries.iter().map(file).collect(),
    };
    let mut text = serde_json::to_vec_pretty(&written).expect("strings and numbers are JSON");
    text.push(b'\n');
    Ok(text)
}

/// Reads what `render` wrote; every path in it is one that a board can have.
pub(super) fn parse(text: &[u8]) -> Result<(Head, Vec<Entry>), PackageError> {
    let unreadable = |_| PackageError::NotAPackage {
        why: "its manifest cannot be read",
    };
    let Format { boardside: format } = serde_json::from_slice(text).map_err(unreadable)?;
    if format != FORMAT {
        return Err(PackageError::Newer { format });
    }
    let written: Written = serde_json::from_slice(text).map_err(unreadable)?;
    if written.files.len() > MOST_FILES {
        return Err(too_large("files", written.files.len() as u64, MOST_FILES as u64));
    }
    let head = Head {
        name: written.name,
        version: written.version.parse()?,
        target: Target::new(&written.target.platforms, written.target.firmware.as_deref())?,
    };
    let entries = written.files.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
    checked(&head, &entries)?;
    Ok((head, entries))
}

fn entry(file: &WrittenFile) -> Result<Entry, PackageError> {
    let refused = |why| PackageError::Path {
        path: file.path.chars().take(LONGEST_PATH).collect(),
        why,
    };
    let path = BoardPath::new(&file.path).map_err(|_| refused("no board can have such a path"))?;
    if path.as_str() != file.path {
        return Err(refused("it is not written as Boardside writes it"));
    }
    let sha256 = Digest::parse(&file.sha256).ok_or_else(|| refused("its SHA-256 is none"))?;
    let size = file.size;
    Ok(Entry { path, size, sha256 })
}

/// The same for a package that is made and one that is read: names that are one name on another board's file system,
/// and those that are Boardside's own, can be in none.
fn checked(head: &Head, entries: &[Entry]) -> Result<(), PackageError> {
    let name_fits = (1..=LONGEST_NAME).contains(&head.name.chars().count());
    if !name_fits || head.name.chars().any(char::is_control) {
        return Err(PackageError::NotAPackage {
            why: "the name of its project is empty, too long or no name",
        });
    }
    if entries.is_empty() {
        return Err(PackageError::NotAPackage {
            why: "it has no file",
        });
    }
    if entries.len() > MOST_FILES {
        return Err(too_large("files", entries.len() as u64, MOST_FILES as u64));
    }
    let folded = |path: &BoardPath| BoardPath::new(&path.as_str().to_lowercase()).ok();
    let mut seen = BTreeSet::new();
    for (at, entry) in entries.iter().enumerate() {
        let refused = |why| PackageError::Path {
            path: entry.path.to_string(),
            why,
        };
        if entry.path.as_str().len() > LONGEST_PATH {
            return Err(refused("its path is too long"));
        }
        let path = folded(&entry.path).ok_or_else(|| refused("no board can have such a path"))?;
        if is_own(&path) || path.as_str() == FLAT_MANIFEST {
            return Err(refused("that is Boardside's own place on a board"));
        }
        if at > 0 && entries[at - 1].path >= entry.path {
            return Err(refused("it is not in the order of the names"));
        }
        if !seen.insert(path) {
            return Err(refused("another file has that name but for upper and lower case"));
        }
    }
    let folders = BoardPath::folders(&seen);
    match seen.intersection(&folders).next() {
        Some(both) => Err(PackageError::Path {
            path: both.to_string(),
            why: "it is a file and a folder",
        }),
        None => Ok(()),
    }
}

pub(super) fn too_large(what: &'static str, count: u64, most: u64) -> PackageError {
    PackageError::TooLarge { what, count, most }
}

/// `NAME-VERSION.bsp`: what in a name would mean something to a shell or a file system is a `-`.
pub fn file_name(head: &Head) -> String {
    let plain = |c: char| {
        if c.is_alphanumeric() || "._-".contains(c) {
            c
        } else {
            '-'
        }
    };
    let name: String = head.name.chars().map(plain).collect();
    let name = name.trim_start_matches(['.', '-']);
    let name = if name.is_empty() { "project" } else { name };
    format!("{name}-{}.{}", head.version, crate::package::EXTENSION)
}
