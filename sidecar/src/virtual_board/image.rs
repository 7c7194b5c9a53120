//! The unix board's flash from outside: made, filled and read by a MicroPython that is not the board.
//! Never called on a flash that a running board writes to, except to read a copy.

use std::collections::BTreeMap;
use std::fs;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use rustix::fs::FlockOperation;

use crate::virtual_board::Firmware;
use crate::virtual_board::Profile;
use crate::virtual_board::VirtualBoardError;

const IMAGE: &str = include_str!("python/image.py");
const LIBRARY: &str = "import ctypes, os, sys
args = ['micropython', '-c'] + sys.argv[2:]
argv = (ctypes.c_char_p * (len(args) + 1))(*map(os.fsencode, args), None)
os._exit(ctypes.CDLL(sys.argv[1]).micropython_unix_main(len(args), argv))";
/// What `image.py` ends with when nothing can be mounted.
const NO_FILE_SYSTEM: i32 = 3;
const ERASED: u8 = 0xff;

/// How long an image may be held by a process that is just being started.
const STARTING: Duration = Duration::from_secs(2);

/// Makes an erased flash of `size` bytes where there is none; answers the size of what is there, and the flash,
/// which belongs to this board until it is dropped.
pub(crate) fn prepare(image: &Path, size: u64) -> Result<(u64, File), VirtualBoardError> {
    let failed = || VirtualBoardError::io::<std::io::Error>(format!("making {}", image.display()));
    let open = || {
        File::options()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(image)
    };
    let mut file = open().map_err(failed())?;
    // A process that is just being started holds our closed files for a moment, until it becomes its own.
    let start = Instant::now();
    while rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
        if start.elapsed() < STARTING {
            thread::sleep(Duration::from_millis(5));
            continue;
        }
        return Err(VirtualBoardError::ImageBusy {
            image: image.to_owned(),
        });
    }
    let there = file.metadata().map_err(failed())?.len();
    if there > 0 {
        return Ok((there, file));
    }
    if size < 4 * 4096 || !size.is_multiple_of(4096) {
        return Err(VirtualBoardError::BadSpec {
            text: size.to_string(),
            why: "a flash is at least 16K and a multiple of 4K",
        });
    }
    for _ in 0..size / 4096 {
        file.write_all(&[ERASED; 4096]).map_err(failed())?;
    }
    Ok((size, file))
}

/// Everything on the flash; a copy is mounted, so the board may go on.
pub(crate) fn read(
    firmware: &Firmware,
    image: &Path,
    profile: &Profile,
    folder: &Path,
) -> Result<BTreeMap<String, Vec<u8>>, VirtualBoardError> {
    let copy = folder.join(format!("copy-{:?}", std::thread::current().id()));
    fs::copy(image, &copy).map_err(VirtualBoardError::io("copying the flash"))?;
    let entries = run(firmware, "read", &copy, profile, &[]);
    let _ = fs::remove_file(&copy);
    parse(&entries?)
}

/// Puts files onto the flash of a board without power, and makes folders and a file system as needed.
pub(crate) fn write(
    firmware: &Firmware,
    image: &Path,
    profile: &Profile,
    files: &BTreeMap<String, Vec<u8>>,
) -> Result<(), VirtualBoardError> {
    let mut input = Vec::new();
    for (path, data) in files {
        input.extend(format!("{} {}\n", path.len(), data.len()).bytes());
        input.extend(path.bytes());
        input.extend(data);
    }
    run(firmware, "write", image, profile, &input).map(drop)
}

fn run(
    firmware: &Firmware,
    verb: &str,
    image: &Path,
    profile: &Profile,
    input: &[u8],
) -> Result<Vec<u8>, VirtualBoardError> {
    let Firmware::Unix { python, library } = firmware else {
        return Err(VirtualBoardError::Unsupported {
            kind: profile.kind.name(),
            why: "its flash cannot be reached from outside".to_owned(),
        });
    };
    let failed = || VirtualBoardError::io("reading the flash");
    let mut child = Command::new(python)
        .args(["-I", "-S", "-c", LIBRARY])
        .arg(library)
        .args([IMAGE, verb])
        .arg(image)
        .args([profile.flash.to_string().as_str(), profile.file_system.name()])
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed())?;
    let mut stdin = child.stdin.take().expect("it is piped");
    // It says nothing before it has read everything, so neither side waits for the other. If it ends early,
    // its output says why.
    let _ = stdin.write_all(input);
    drop(stdin);
    let output = child.wait_with_output().map_err(failed())?;
    if output.status.code() == Some(NO_FILE_SYSTEM) {
        return Err(VirtualBoardError::NoFileSystem {
            image: image.to_owned(),
        });
    }
    if !output.status.success() {
        return Err(unreadable(&[output.stdout, output.stderr].concat()));
    }
    Ok(output.stdout)
}

fn parse(mut entries: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, VirtualBoardError> {
    let mut files = BTreeMap::new();
    while !entries.is_empty() {
        let (path, data, rest) = entry(entries).ok_or_else(|| unreadable(entries))?;
        files.insert(path, data);
        entries = rest;
    }
    Ok(files)
}

fn entry(entries: &[u8]) -> Option<(String, Vec<u8>, &[u8])> {
    let end = entries.iter().position(|byte| *byte == b'\n')?;
    let header = std::str::from_utf8(&entries[..end]).ok()?;
    let (path, data) = header.split_once(' ')?;
    let (path, rest) = entries[end + 1..].split_at_checked(path.parse().ok()?)?;
    let (data, rest) = rest.split_at_checked(data.parse().ok()?)?;
    Some((String::from_utf8_lossy(path).into_owned(), data.to_owned(), rest))
}

fn unreadable(output: &[u8]) -> VirtualBoardError {
    let text = String::from_utf8_lossy(output);
    let tail: Vec<char> = text.trim().chars().rev().take(400).collect();
    VirtualBoardError::Unreadable {
        output: tail.into_iter().rev().collect(),
    }
}
