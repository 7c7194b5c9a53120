//! Asks a micro:bit for its files: a raw REPL of a dozen lines, written apart from `repl` on purpose.
//! Only for tests and people who look; the port must be free.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::io::Write;
use std::time::Duration;
use std::time::Instant;

use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::Timespec;
use rustix::fs::Mode;
use rustix::fs::OFlags;

use crate::virtual_board::VirtualBoardError;

const LIMIT: Duration = Duration::from_secs(20);
/// Names end lines; content is hexadecimal, a few bytes at a time, for 8.8 KiB of heap.
const DUMP: &str = "import os
for n in os.listdir():
 print('='+n)
 f=open(n,'rb')
 b=f.read(32)
 while b:
  print(''.join('%02x'%c for c in b))
  b=f.read(32)
 f.close()
";

/// Everything on the flat file system, with a `/` in front of each name.
pub(crate) fn files(address: &str) -> Result<BTreeMap<String, Vec<u8>>, VirtualBoardError> {
    let opened = rustix::fs::open(
        address,
        OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC,
        Mode::empty(),
    );
    let mut port = File::from(opened.map_err(VirtualBoardError::io(format!("opening {address}")))?);
    talk(&mut port, b"\r\x03\x03\r\x01", b"raw REPL; CTRL-B to exit\r\n>")?;
    let dump = format!("{DUMP}\x04");
    let mut answer = talk(&mut port, dump.as_bytes(), b"\x04>")?;
    if answer.windows(9).any(|words| words == b"Interrupt") {
        // This firmware keeps a Ctrl-C that it did not need for the next program.
        answer = talk(&mut port, dump.as_bytes(), b"\x04>")?;
    }
    talk(&mut port, b"\x02", b">>> ")?;
    parse(&answer).ok_or_else(|| VirtualBoardError::Unreadable {
        output: String::from_utf8_lossy(&answer).into_owned(),
    })
}

/// Sends, and answers everything up to and with `end`.
fn talk(port: &mut File, bytes: &[u8], end: &[u8]) -> Result<Vec<u8>, VirtualBoardError> {
    port.write_all(bytes)
        .map_err(VirtualBoardError::io("writing to the board"))?;
    let start = Instant::now();
    let mut got = Vec::new();
    let mut buffer = [0; 256];
    while !got.ends_with(end) {
        let left = LIMIT.saturating_sub(start.elapsed());
        let timeout = Timespec::try_from(left).unwrap_or_default();
        let mut fds = [PollFd::new(&*port, PollFlags::IN)];
        let ready = rustix::event::poll(&mut fds, Some(&timeout)).unwrap_or(0);
        if ready == 0 && left.is_zero() {
            return Err(VirtualBoardError::Timeout {
                waiting_for: "answer from the board",
                waited: LIMIT,
            });
        }
        let n = if ready == 0 {
            0
        } else {
            port.read(&mut buffer).unwrap_or(0)
        };
        got.extend_from_slice(&buffer[..n]);
    }
    Ok(got)
}

fn parse(answer: &[u8]) -> Option<BTreeMap<String, Vec<u8>>> {
    let text = std::str::from_utf8(answer).ok()?.strip_prefix("OK")?;
    let (printed, error) = text.split_once('\x04')?;
    if !error.starts_with('\x04') {
        return None;
    }
    let mut files = BTreeMap::new();
    let mut current = None;
    for line in printed.lines() {
        if let Some(name) = line.strip_prefix('=') {
            let path = format!("/{name}");
            files.insert(path.clone(), Vec::new());
            current = Some(path);
        } else {
            let content = files.get_mut(current.as_ref()?)?;
            for at in (0..line.len()).step_by(2) {
                content.push(u8::from_str_radix(line.get(at..at + 2)?, 16).ok()?);
            }
        }
    }
    Some(files)
}
