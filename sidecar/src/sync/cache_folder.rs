//! Folders and files of this machine's caches: for this user's eyes only, as copies of their programs are in them, and
//! never half written under their own name.
//! Knows nothing of what is in them.

use std::fs;
use std::fs::File;
use std::io;
use std::io::Write as _;
use std::path::Path;

/// Makes a folder and those above it, if they are not there.
pub(super) fn make(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// A file that must not be there yet.
pub(super) fn create_new(path: &Path) -> io::Result<File> {
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Writes a file beside its place and renames it, so that a reader sees the old one or the new one. What cannot be
/// written to its end, because the disk is full, is removed.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        make(folder)?;
    }
    let beside = path.with_extension(format!("{}.tmp", std::process::id()));
    // One of a process that was killed and had the same number.
    fs::remove_file(&beside).unwrap_or_default();
    let written = create_new(&beside)
        .and_then(|mut file| file.write_all(content))
        .and_then(|()| fs::rename(&beside, path));
    if written.is_err() {
        fs::remove_file(&beside).unwrap_or_default();
    }
    written
}
