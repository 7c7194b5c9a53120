//! Files of this machine, opened so that nothing bad comes of what another program puts into their places meanwhile:
//! no pipe is waited for, no link is followed out of the project, and no file is read further than it was long.
//! Knows no rules and no boards.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Read as _;
use std::path::Path;

/// Opens a file to read it. An error of the kind `InvalidInput` for what is neither a file nor a pipe, and without
/// `pipes` for those, too; a device could be read for ever.
pub(super) fn open(path: &Path, pipes: Pipes) -> io::Result<File> {
    let mut options = File::options();
    options.read(true);
    #[cfg(unix)]
    if pipes == Pipes::Refused {
        use std::os::unix::fs::OpenOptionsExt as _;
        // A pipe that nobody writes to would keep the opener waiting.
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.open(path)?;
    let kind = file.metadata()?.file_type();
    if kind.is_dir() {
        return Err(io::ErrorKind::IsADirectory.into());
    }
    #[cfg(unix)]
    let is_pipe = std::os::unix::fs::FileTypeExt::is_fifo(&kind);
    #[cfg(not(unix))]
    let is_pipe = false;
    if kind.is_file() || is_pipe && pipes == Pipes::Taken {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a file"))
    }
}

/// Whether a pipe is as good as a file: `put <(zcat data.gz)`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pipes {
    /// Its writer is waited for.
    Taken,
    /// It is no file.
    Refused,
}

/// The content of a file; one that is longer than `most` bytes ends after one more, so that it can be told.
pub(super) fn read(path: &Path, pipes: Pipes, most: u64) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let file = open(path, pipes)?;
    file.take(most.saturating_add(1)).read_to_end(&mut content)?;
    Ok(content)
}

/// Settings and rules are some lines; what is larger than this, in bytes, is something else under their name.
const LARGEST_TEXT: u64 = 1 << 20;

/// The text of a file that people write. Errors: `FileTooLarge` over 1 MiB, `InvalidData` for what is not UTF-8.
pub fn read_text(path: &Path) -> io::Result<String> {
    let bytes = read(path, Pipes::Refused, LARGEST_TEXT)?;
    if bytes.len() as u64 > LARGEST_TEXT {
        let why = "it is too large: more than 1 MiB";
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, why));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is not UTF-8"))
}

/// Is the file that was opened by this path really inside of this folder (given without links), or did a link out of
/// it take its place since the folder was listed?
pub(super) fn is_inside(file: &File, path: &Path, root: &Path) -> io::Result<bool> {
    let place = fs::canonicalize(path)?;
    if !place.starts_with(root) {
        return Ok(false);
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let (opened, there) = (file.metadata()?, fs::symlink_metadata(place)?);
        Ok((opened.dev(), opened.ino()) == (there.dev(), there.ino()))
    }
    // Without `unsafe` Windows does not say whether two handles are of one file.
    #[cfg(not(unix))]
    {
        let _ = file;
        Ok(true)
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_file_is_refused_at_once_and_a_long_one_is_not_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("file"), [7; 100]).unwrap();
        assert_eq!(read(&at("file"), Pipes::Refused, 100).unwrap().len(), 100);
        assert_eq!(read(&at("file"), Pipes::Refused, 40).unwrap().len(), 41);
        let fifo = at("fifo");
        let made = std::process::Command::new("mkfifo").arg(&fifo).status().unwrap();
        assert!(made.success());
        for path in [&fifo, Path::new("/dev/zero")] {
            let refused = read(path, Pipes::Refused, 9).unwrap_err().kind();
            assert_eq!(refused, io::ErrorKind::InvalidInput, "{}", path.display());
        }
        let folder_error = read(folder.path(), Pipes::Refused, 9).unwrap_err().kind();
        assert_eq!(folder_error, io::ErrorKind::IsADirectory);
    }

    #[test]
    fn a_link_that_came_after_the_look_does_not_lead_out() {
        let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let inside = fs::canonicalize(root.path()).unwrap();
        fs::write(other.path().join("secret"), "s").unwrap();
        fs::write(root.path().join("own"), "o").unwrap();
        fs::hard_link(other.path().join("secret"), root.path().join("hard")).unwrap();
        std::os::unix::fs::symlink(other.path().join("secret"), root.path().join("link")).unwrap();
        std::os::unix::fs::symlink(other.path(), root.path().join("folder")).unwrap();
        std::os::unix::fs::symlink("own", root.path().join("kin")).unwrap();
        for (name, expected) in [
            ("own", true),
            ("hard", true),
            ("kin", true),
            ("link", false),
            ("folder/secret", false),
        ] {
            let path = root.path().join(name);
            let file = open(&path, Pipes::Refused).unwrap();
            assert_eq!(is_inside(&file, &path, &inside).unwrap(), expected, "{name}");
        }
    }
}
