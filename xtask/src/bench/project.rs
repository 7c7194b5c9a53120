//! What is copied: 50 files of a published package, fetched when measured and never committed.
//! Knows no board and no tool that copies.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use boardside::virtual_board::Tools;
use flate2::Compress;
use flate2::Compression;
use flate2::FlushCompress;

use crate::run::finish;

/// MIT licence; code, tests, short files and some that deflate cannot shrink.
const PACKAGE: &str = "microdot==2.3.3";
const UNPACKED: &str = "microdot-2.3.3";
/// Its largest test would be a quarter of the project.
const LEFT_OUT: &str = "/tests/test_microdot.py";
/// What the package has to be, so that numbers of two machines compare: files and bytes.
const SIZE: (usize, usize) = (50, 227_671);
/// The largest file, and the line of it that changes.
pub(super) const EDITED: &str = "/microdot/microdot.py";
const LINE: (&str, &str) = ("ITER_UNKNOWN = 0\n", "ITER_UNKNOWN = 0 # changed\n");
/// Small files: how many, and from how many bytes on a piece of the text is one.
const PIECES: usize = 500;
const SMALL: usize = 200;
/// The binary: bytes, and what they come from.
const BINARY: usize = 100_000;
const SEED: u64 = 0x0B0A_2D51_DE00_0004;

/// Path on the board → content.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// Files to be copied.
pub(super) struct Project {
    /// As the board shall hold them.
    pub(super) files: Files,
}

impl Project {
    /// Downloads the package into `cache` unless it is there, and picks the files.
    pub(super) fn fetch(tools: &Tools, cache: &Path) -> Result<Self, String> {
        let source = cache.join(UNPACKED);
        let archive = cache.join(format!("{UNPACKED}.tar.gz"));
        if !archive.exists() {
            eprintln!("setup: downloading {PACKAGE} (what is copied)");
            let pip = ["-m", "pip", "download", "--quiet", "--disable-pip-version-check"];
            let mut python = tools.python();
            python
                .args(pip)
                .args(["--no-deps", "--no-binary", ":all:", "--dest"]);
            finish(python.arg(cache).arg(PACKAGE))?;
        }
        let _ = fs::remove_dir_all(&source); // half of an earlier try
        finish(
            tools
                .python()
                .args(["-m", "tarfile", "-e"])
                .arg(&archive)
                .arg(cache),
        )?;

        let mut files = Files::new();
        for (from, to) in [("src/microdot", "/microdot"), ("tests", "/tests")] {
            read(&source.join(from), to, &mut files)?;
        }
        for name in ["README.md", "LICENSE"] {
            read(&source.join(name), &format!("/{name}"), &mut files)?;
        }
        files.remove(LEFT_OUT);
        let project = Self { files };
        let size = (project.files.len(), project.bytes());
        if size != SIZE {
            return Err(format!("{PACKAGE} has (files, bytes) {size:?} and not {SIZE:?}"));
        }
        Ok(project)
    }

    /// Sum of the contents.
    pub(super) fn bytes(&self) -> usize {
        self.files.values().map(Vec::len).sum()
    }

    /// Two of its modules, for a board without folders.
    pub(super) fn modules(&self) -> Files {
        let module = |name: &str| {
            let content = self.files.get(&format!("/microdot/{name}"))?;
            Some((format!("/{name}"), content.clone()))
        };
        ["cors.py", "sse.py"].into_iter().filter_map(module).collect()
    }

    /// The same text in many files of about 200 B: fifty in each of ten folders.
    pub(super) fn small_files(&self) -> Result<Files, String> {
        let text: Vec<u8> = self.files.values().flatten().copied().collect();
        let mut files = Files::new();
        let mut piece = Vec::new();
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            piece.extend_from_slice(line);
            if piece.len() >= SMALL && files.len() < PIECES {
                let number = files.len();
                let path = format!("/pages/{}/part{number:03}.txt", number / 50);
                files.insert(path, std::mem::take(&mut piece));
            }
        }
        if files.len() < PIECES {
            return Err(format!("{PACKAGE} makes only {} small files", files.len()));
        }
        Ok(files)
    }
}

/// What nothing can compress, the same on every machine: xorshift64 (Marsaglia 2003).
pub(super) fn noise() -> Vec<u8> {
    let mut state = SEED;
    let mut bytes = Vec::with_capacity(BINARY);
    while bytes.len() < BINARY {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        bytes.extend_from_slice(&state.wrapping_mul(0x2545_F491_4F6C_DD1D).to_le_bytes());
    }
    bytes.truncate(BINARY);
    bytes
}

/// Bytes of all contents as one raw deflate stream (RFC 1951), window 2^15, of whichever level makes it shortest.
pub(super) fn deflated(files: &Files) -> u64 {
    let content: Vec<u8> = files.values().flatten().copied().collect();
    if content.is_empty() {
        return 0;
    }
    let sizes = (1..=9).map(|level| {
        let mut deflate = Compress::new(Compression::new(level), false);
        let mut stream = Vec::with_capacity(content.len() * 2 + 1024);
        deflate
            .compress_vec(&content, &mut stream, FlushCompress::Finish)
            .expect("a fresh stream takes everything");
        deflate.total_out()
    });
    sizes.min().unwrap_or_default()
}

/// Makes `folder` anew with these files in it.
pub(super) fn write(folder: &Path, files: &Files) -> Result<(), String> {
    let _ = fs::remove_dir_all(folder);
    for (path, bytes) in files {
        put(&folder.join(&path[1..]), bytes)?;
    }
    Ok(())
}

/// Changes one line of one file, in the folder and in `files`; answers that file.
pub(super) fn edit(folder: &Path, files: &mut Files) -> Result<Files, String> {
    let bytes = files.get_mut(EDITED).ok_or("the file to edit is not there")?;
    let text = String::from_utf8_lossy(bytes).replacen(LINE.0, LINE.1, 1);
    if text.as_bytes() == &**bytes {
        return Err(format!("{EDITED} has no line {:?}", LINE.0));
    }
    *bytes = text.into_bytes();
    put(&folder.join(&EDITED[1..]), bytes)?;
    Ok(Files::from([(EDITED.to_owned(), bytes.clone())]))
}

/// Writes a file, with the folders above it.
pub(super) fn put(file: &Path, bytes: &[u8]) -> Result<(), String> {
    fs::create_dir_all(file.parent().unwrap_or(file))
        .and_then(|()| fs::write(file, bytes))
        .map_err(|error| format!("writing {}: {error}", file.display()))
}

/// Adds a file, or a folder with all that is in it.
fn read(from: &Path, to: &str, files: &mut Files) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("reading {}: {error}", from.display());
    if from.is_file() {
        files.insert(to.to_owned(), fs::read(from).map_err(failed)?);
        return Ok(());
    }
    for entry in fs::read_dir(from).map_err(failed)? {
        let path: PathBuf = entry.map_err(failed)?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        read(&path, &format!("{to}/{name}"), files)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(content: &[u8]) -> Files {
        Files::from([("/a".to_owned(), content.to_vec())])
    }

    #[test]
    fn noise_does_not_deflate_and_text_does() {
        let noise = noise();
        assert_eq!(noise.len(), BINARY);
        assert!(deflated(&one(&noise)) >= BINARY as u64);
        assert!(deflated(&one(&[b'a'; 10_000])) < 100);
        assert_eq!(deflated(&Files::new()), 0);
    }

    #[test]
    fn small_files_are_pieces_of_the_text_in_its_order() {
        let lines = (0..PIECES * SMALL).map(|number| format!("{number}\n"));
        let text = lines.collect::<Vec<_>>().concat();
        let project = Project {
            files: one(text.as_bytes()),
        };
        let small = project.small_files().unwrap();
        assert_eq!(small.len(), PIECES);
        let joined: Vec<u8> = small.values().flatten().copied().collect();
        assert!(text.as_bytes().starts_with(&joined));
        assert!(
            small
                .values()
                .all(|piece| (SMALL..SMALL + 10).contains(&piece.len()))
        );
        Project {
            files: one(b"short\n"),
        }
        .small_files()
        .unwrap_err();
    }
}
