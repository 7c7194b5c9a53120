//! `scan`: what the project has that belongs on the board: paths, sizes and sums.
//! Not a watcher, and it decides nothing; host paths end here.

mod cache;
mod hash;
mod update;
mod walk;

pub use cache::ReadSoFar;
pub use cache::ScanCache;
pub use update::update;

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use crate::base::BoardPath;
use crate::base::PathError;
use crate::base::visible;
use crate::sync::host_file::read_text;
use crate::sync::ignore::IGNORE_FILE;
use crate::sync::ignore::RuleError;
use crate::sync::ignore::Rules;
use crate::sync::ignore::Why;
use crate::sync::plan::Snapshot;
use crate::sync::scan::hash::Trust;

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Scan {
    /// What goes to the board.
    pub files: Snapshot,
    /// Where each of the files is on this machine.
    pub hosts: Arc<BTreeMap<BoardPath, PathBuf>>,
    /// Content of those files that are not what a file of this machine holds: `sync::guard` makes them.
    pub made: Arc<BTreeMap<BoardPath, Vec<u8>>>,
    /// What was left out although the user might expect it.
    pub warnings: Vec<ScanWarning>,
    /// What the rules keep off the board, in the root itself only: deeper folders are not looked into. As it was when
    /// everything was looked at.
    pub ignored: Vec<Ignored>,
    /// Size of all files together, in bytes.
    pub total_bytes: u64,
    /// Some of it was reached through a link inside of the project, so it changes when something else does.
    pub linked: bool,
    /// What it took.
    pub work: Work,
}

impl Scan {
    /// A project that is in no folder of this machine.
    pub fn made_of(files: Snapshot, contents: BTreeMap<BoardPath, Vec<u8>>) -> Self {
        Self {
            total_bytes: files.values().map(|print| print.size).sum(),
            files,
            made: Arc::new(contents),
            ..Self::default()
        }
    }
}

/// What was done for a scan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Work {
    /// Folders that were listed.
    pub folders: usize,
    /// Files whose times were asked for.
    pub asked: usize,
    /// Files that were read.
    pub read: usize,
}

/// Something in the root that does not go to the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// Name in the root; folders end with `/`.
    pub name: String,
    /// The rule.
    pub why: Why,
}

/// Something that was left out. The sync goes on without it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ScanWarning {
    /// A link to something outside of the project.
    LeavesProject {
        /// The link.
        link: PathBuf,
        /// What it points at.
        target: PathBuf,
    },
    /// A link to a folder that it lies in.
    Loop {
        /// The link.
        link: PathBuf,
    },
    /// A link to nothing.
    Dangling {
        /// The link.
        link: PathBuf,
    },
    /// A pipe, socket or device.
    NotAFile {
        /// Which.
        path: PathBuf,
    },
    /// Files whose names look like those of secrets, and that nobody named.
    Secrets {
        /// Relative to the root, the first in the order of the names.
        first: PathBuf,
        /// How many there are.
        count: usize,
    },
    /// There is nothing in the project that goes to the board. Syncing it would empty the board.
    Nothing {
        /// Where it looked.
        root: PathBuf,
    },
}

impl fmt::Display for ScanWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LeavesProject { link, target } => write!(
                f,
                "{} is left out: it is a link out of the project, to {}",
                shown(link),
                shown(target)
            ),
            Self::Loop { link } => {
                write!(
                    f,
                    "{} is left out: it is a link to a folder that it lies in",
                    shown(link)
                )
            }
            Self::Dangling { link } => write!(f, "{} is left out: it is a link to nothing", shown(link)),
            Self::NotAFile { path } => {
                write!(
                    f,
                    "{} is left out: it is neither a file nor a folder",
                    shown(path)
                )
            }
            Self::Secrets { first, count } => {
                let first = shown(first);
                // As a pattern it has the slashes of one, on every system.
                let first = first.replace(std::path::MAIN_SEPARATOR, "/");
                let (more, are) = match count {
                    1 => (String::new(), "is left out: it looks like a secret"),
                    2 => (
                        " and 1 file more".to_owned(),
                        "are left out: they look like secrets",
                    ),
                    _ => (
                        format!(" and {} files more", count - 1),
                        "are left out: they look like secrets",
                    ),
                };
                write!(
                    f,
                    "{first}{more} {are}; the line `!/{first}` in {IGNORE_FILE} brings it to the board, \
                     `/{first}` ends this warning",
                )
            }
            Self::Nothing { root } => write!(f, "{} has no file for the board", shown(root)),
        }
    }
}

fn shown(path: &Path) -> String {
    visible(&path.display().to_string()).into_owned()
}

/// Why the project cannot be read. Nothing is ever synced from half a project.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The folder itself is not there or is no folder.
    #[error("the project folder {} cannot be read", root.display())]
    Root {
        /// Which.
        root: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// So much that its caller wants to know first whether it can be put anywhere.
    #[error("{} has {bytes} bytes of files", root.display())]
    Heavy {
        /// The project.
        root: PathBuf,
        /// Of all files together.
        bytes: u64,
    },
    /// A file or folder cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file was written or replaced each time it was read.
    #[error("{} changed while it was read, {attempts} times in a row", path.display())]
    Restless {
        /// Which.
        path: PathBuf,
        /// How often it was read.
        attempts: u32,
    },
    /// A name is not Unicode, so no board can have it.
    #[error("the name of {} is not Unicode", path.display())]
    NotUnicode {
        /// Which.
        path: PathBuf,
    },
    /// A name cannot be a path on a board.
    #[error("{} cannot go to a board", path.display())]
    Name {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: PathError,
    },
    /// Two names are the same to a board.
    #[error("{} and {} are the same name in Unicode's composed form", first.display(), second.display())]
    Twins {
        /// One.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
}

/// Why the rules cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RulesError {
    /// `.boardsideignore` is there and cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A rule is not a pattern.
    #[error(transparent)]
    Rule(#[from] RuleError),
}

/// Reads the project's own rules, from `.boardsideignore` in `project` if there is one.
///
/// `settings` and `types` are as in `Rules::new`. Patterns are relative to the root of the scan.
pub fn load_rules(
    project: &Path,
    settings: &[String],
    types: Option<&[String]>,
) -> Result<Rules, RulesError> {
    let path = project.join(IGNORE_FILE);
    let text = match read_text(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        Err(source) => return Err(RulesError::Unreadable { path, source }),
    };
    Ok(Rules::new(&text, settings, types)?)
}

/// Finds and hashes what belongs on the board.
///
/// Links to files and folders inside `root` are followed, others give a warning. Ignored folders are never
/// entered. Files are read piece by piece on several threads; what `cache` knows is not read again.
pub fn scan(root: &Path, rules: &Rules, cache: &mut ScanCache) -> Result<Scan, ScanError> {
    scan_walked(walk::walk(root, rules)?, root, cache, SystemTime::now())
}

/// As `scan`, but reads nothing and answers `ScanError::Heavy` where there are more than `most` bytes of files.
pub fn scan_up_to(most: u64, root: &Path, rules: &Rules, cache: &mut ScanCache) -> Result<Scan, ScanError> {
    let found = walk::walk(root, rules)?;
    // One that is gone by now weighs nothing.
    let sizes = found
        .hosts
        .values()
        .map(|host| fs::metadata(host).map_or(0, |facts| facts.len()));
    let bytes = sizes.fold(0, u64::saturating_add);
    if bytes > most {
        let root = root.to_owned();
        return Err(ScanError::Heavy { root, bytes });
    }
    cache.begin(bytes);
    scan_walked(found, root, cache, SystemTime::now())
}

/// `scan` with the time as an argument: files younger than that by less than two seconds are not remembered.
#[cfg(test)]
pub(crate) fn scan_at(
    root: &Path,
    rules: &Rules,
    cache: &mut ScanCache,
    now: SystemTime,
) -> Result<Scan, ScanError> {
    scan_walked(walk::walk(root, rules)?, root, cache, now)
}

fn scan_walked(
    found: walk::Found,
    root: &Path,
    cache: &mut ScanCache,
    now: SystemTime,
) -> Result<Scan, ScanError> {
    let walk::Found {
        root: true_root,
        mut hosts,
        mut warnings,
        ignored,
        secrets,
        linked,
        folders,
    } = found;
    let hash::Hashed { files, gone, read } = hash::hash_all(&true_root, &hosts, cache, Trust::Cache, now)?;
    let work = Work {
        folders,
        asked: hosts.len(),
        read,
    };
    for path in &gone {
        hosts.remove(path);
    }
    cache.keep_only(hosts.values());
    warnings.extend(secrets.first().map(|first| ScanWarning::Secrets {
        first: first.clone(),
        count: secrets.len(),
    }));
    if hosts.is_empty() {
        warnings.push(ScanWarning::Nothing {
            root: root.to_owned(),
        });
    }
    let total_bytes = files.values().map(|print| print.size).sum();
    Ok(Scan {
        files,
        hosts: Arc::new(hosts),
        made: Arc::default(),
        warnings,
        ignored,
        total_bytes,
        linked,
        work,
    })
}

#[cfg(test)]
mod tests;
