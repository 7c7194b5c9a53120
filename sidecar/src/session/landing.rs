//! `land`: content from a board becomes a file of this machine, whole or not at all.
//! Asks no board, and decides nothing about what may be replaced.

use std::fs;
use std::io;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;

use crate::base::BoardPath;
use crate::sync::plan::Here;
use crate::sync::plan::Hindrance;

/// Do file systems of this machine take upper and lower case for the same, as a rule?
pub const CASE_BLIND: bool = cfg!(any(windows, target_os = "macos"));

/// A file of the board that could not be written here. What was there before is still there.
#[derive(Debug, thiserror::Error)]
pub enum LandError {
    /// This machine cannot have a file of this name.
    #[error("this machine cannot hold the name {path}: {why}")]
    Name {
        /// On the board.
        path: BoardPath,
        /// Why not.
        why: &'static str,
    },
    /// Something is there that was not there when it was looked at.
    #[error("{} appeared meanwhile", path.display())]
    Exists {
        /// Where.
        path: PathBuf,
    },
    /// A link stands on the way, and leads to something outside of the folder that the files were to go to.
    #[error("{} would be written through a link that leads out of the folder", path.display())]
    LeadsOut {
        /// Where.
        path: PathBuf,
    },
    /// Writing failed.
    #[error("{} cannot be written", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// What was read back is not what was written.
    #[error("{} does not read back as it was written", path.display())]
    Verify {
        /// Which.
        path: PathBuf,
    },
}

/// Files of the board that a pull would have to destroy something for. Nothing was written.
#[derive(Debug, thiserror::Error)]
#[error("{} cannot be pulled", files(.refused.len()))]
pub struct PullError {
    /// Which, and why.
    pub refused: Vec<(BoardPath, Hindrance)>,
}

fn files(count: usize) -> String {
    if count == 1 {
        "1 file".to_owned()
    } else {
        format!("{count} files")
    }
}

/// Where a file of the board lies below `root`.
pub fn host_path(root: &Path, path: &BoardPath) -> Result<PathBuf, LandError> {
    if cfg!(windows)
        && let Some(why) = windows_fault(path)
    {
        let path = path.clone();
        return Err(LandError::Name { path, why });
    }
    Ok(path
        .relative()
        .split('/')
        .fold(root.to_owned(), |at, part| at.join(part)))
}

/// Names that Windows reads as something else ("Naming Files, Paths, and Namespaces").
fn windows_fault(path: &BoardPath) -> Option<&'static str> {
    path.relative().split('/').find_map(|part| {
        let stem = part
            .split('.')
            .next()
            .unwrap_or_default()
            .trim_end()
            .to_uppercase();
        let numbered = stem.strip_prefix("COM").or(stem.strip_prefix("LPT"));
        if part.contains(['<', '>', ':', '"', '|', '?', '*']) {
            Some("it has one of the characters < > : \" | ? *")
        } else if part.ends_with(['.', ' ']) {
            Some("a part of it ends in a dot or a space")
        } else if ["CON", "PRN", "AUX", "NUL"].contains(&stem.as_str())
            || ["CONIN$", "CONOUT$"].contains(&stem.as_str())
            || numbered.is_some_and(|n| n.chars().count() == 1 && n.contains(|c| "123456789¹²³".contains(c)))
        {
            Some("a part of it is the name of a device")
        } else {
            None
        }
    })
}

/// Is the place of a file that the project does not have free?
pub fn here(root: &Path, path: &BoardPath) -> Here {
    let Ok(host) = host_path(root, path) else {
        return Here::Nothing; // Writing it says why not.
    };
    let lies_there = fs::symlink_metadata(host).is_ok();
    // A folder above it that is a file, or a link that may lead out of the project.
    let barred = path.ancestors().iter().any(|folder| {
        host_path(root, folder)
            .is_ok_and(|folder| fs::symlink_metadata(folder).is_ok_and(|facts| !facts.is_dir()))
    });
    if lies_there || barred {
        Here::Other
    } else {
        Here::Nothing
    }
}

/// Would a file at this place lie inside of the folder, or does a link on the way lead out of it? Whose names a board
/// chose must not be written through links that the user did not think of.
pub fn lies_within(folder: &Path, place: &Path) -> bool {
    let Ok(folder) = fs::canonicalize(folder) else {
        // There is nothing in it yet, so no link either.
        return true;
    };
    // A link to nothing would be followed when the file is made.
    let is_link = |path: &Path| fs::symlink_metadata(path).is_ok_and(|facts| facts.is_symlink());
    for path in place.ancestors() {
        match fs::canonicalize(path) {
            Ok(real) => return real.starts_with(&folder),
            Err(_) if is_link(path) => return false,
            Err(_) => {}
        }
    }
    false
}

/// Writes a file with the folders above it: beside its place, read back, then renamed. `replace` says whether
/// something may be there already; a link stays, and its target is replaced.
pub fn land(path: &Path, content: &[u8], replace: bool) -> Result<(), LandError> {
    let place = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let failed = |source| LandError::Io {
        path: path.to_owned(),
        source,
    };
    let existing = fs::symlink_metadata(&place).ok();
    if existing.is_some() && !replace {
        return Err(LandError::Exists {
            path: path.to_owned(),
        });
    }
    let name = place.file_name().unwrap_or_default().to_string_lossy();
    let beside = place.with_file_name(format!(".{name}.{}.boardside", std::process::id()));
    if let Some(folder) = place.parent() {
        fs::create_dir_all(folder).map_err(failed)?;
    }
    let done = write(&beside, content).map_err(failed).and_then(|whole| {
        if !whole {
            return Err(LandError::Verify {
                path: path.to_owned(),
            });
        }
        if let Some(existing) = existing {
            fs::set_permissions(&beside, existing.permissions()).map_err(failed)?;
        }
        fs::rename(&beside, &place).map_err(failed)
    });
    if done.is_err() {
        // It may never have come to be.
        fs::remove_file(&beside).unwrap_or_default();
    }
    done
}

/// Writes and reads back; says whether it reads as it was written.
fn write(path: &Path, content: &[u8]) -> io::Result<bool> {
    let mut file = fs::File::create(path)?;
    file.write_all(content)?;
    file.sync_all()?;
    Ok(fs::read(path)? == content)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> BoardPath {
        BoardPath::new(text).unwrap()
    }

    #[test]
    fn a_file_lands_whole_with_its_folders_and_leaves_nothing_beside_it() {
        let folder = tempfile::tempdir().unwrap();
        let place = host_path(folder.path(), &path("/lib/a.py")).unwrap();
        land(&place, b"one", false).unwrap();
        assert!(matches!(
            land(&place, b"two", false),
            Err(LandError::Exists { .. })
        ));
        assert_eq!(fs::read(&place).unwrap(), b"one");
        land(&place, b"two", true).unwrap();
        assert_eq!(fs::read(&place).unwrap(), b"two");
        assert_eq!(fs::read_dir(place.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_file_cannot_take_the_place_of_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("a/b")).unwrap();
        assert!(land(&folder.path().join("a"), b"x", true).is_err());
        assert!(folder.path().join("a/b").is_dir());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_place_is_free_only_if_nothing_bars_it() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "").unwrap();
        fs::create_dir(folder.path().join("lib")).unwrap();
        for (place, expected) in [
            ("/new.py", Here::Nothing),
            ("/lib/new.py", Here::Nothing),
            ("/lib", Here::Other),
            ("/file/new.py", Here::Other),
        ] {
            assert_eq!(here(folder.path(), &path(place)), expected, "{place}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_place_behind_a_link_is_not_within_the_folder() {
        use std::os::unix::fs::symlink;
        let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("lib")).unwrap();
        fs::write(at("file"), "").unwrap();
        symlink(other.path(), at("out")).unwrap();
        symlink(other.path().join("new"), at("dead")).unwrap();
        symlink("lib", at("kin")).unwrap();
        for (place, expected) in [
            ("new", true),
            ("lib/deep/new", true),
            ("file", true),
            ("kin/new", true),
            ("out/new", false),
            ("out/deep/new", false),
            ("dead", false),
            ("dead/new", false),
        ] {
            assert_eq!(lies_within(folder.path(), &at(place)), expected, "{place}");
        }
        assert!(lies_within(&at("later"), &at("later/x")));
    }

    #[test]
    fn windows_reads_some_names_as_something_else() {
        for (name, bad) in [
            ("/a:b", true),
            ("/lib/aux.py", true),
            ("/com1", true),
            ("/lib/LPT².py", true),
            ("/conout$", true),
            ("/a./b", true),
            ("/com0/comic.py", false),
            ("/lib/auxiliary.py", false),
        ] {
            assert_eq!(windows_fault(&path(name)).is_some(), bad, "{name}");
        }
    }
}
