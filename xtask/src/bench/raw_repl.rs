//! How many bytes of program a board's raw REPL takes in a second: text at the pace of the line, and the answer to it.
//! A raw REPL of a dozen lines, written apart from Boardside's on purpose.

use std::fs::File;
use std::fs::OpenOptions;
use std::io::Read as _;
use std::io::Write as _;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

/// Of a program: a micro:bit has 8.8 KiB of heap, and the compiler wants most of it.
const PROGRAM: u32 = 1_000;
const PROGRAMS: u32 = 8;
const LIMIT: Duration = Duration::from_secs(60);

/// Bytes a second, measured at the port of a board that runs nothing.
pub(super) fn carries(address: &str) -> Result<f64, String> {
    let failed = |error: std::io::Error| format!("{address}: {error}");
    let mut port = OpenOptions::new()
        .read(true)
        .write(true)
        .open(address)
        .map_err(failed)?;
    let (done, ended) = mpsc::channel();
    // A board that does not answer keeps the thread, not the bench.
    thread::spawn(move || done.send(time(&mut port)));
    let time = ended.recv_timeout(LIMIT);
    let time = time.map_err(|_| format!("{address}: its raw REPL did not answer"))?;
    Ok(f64::from(PROGRAMS * PROGRAM) / time.map_err(failed)?.as_secs_f64())
}

fn time(port: &mut File) -> std::io::Result<Duration> {
    talk(port, b"\r\x03\x03\r\x01", b"raw REPL; CTRL-B to exit\r\n>")?;
    // This firmware keeps a Ctrl-C that it did not need for the next program.
    talk(port, b"pass\x04", b"\x04>")?;
    let program = format!("x='{:-<width$}'\x04", "", width = PROGRAM as usize - 5);
    let start = Instant::now();
    for _ in 0..PROGRAMS {
        let said = talk(port, program.as_bytes(), b"\x04>")?;
        if said != b"OK\x04\x04>" {
            let said = String::from_utf8_lossy(&said).into_owned();
            return Err(std::io::Error::other(said));
        }
    }
    let time = start.elapsed();
    talk(port, b"\x02", b">>> ")?;
    Ok(time)
}

/// Sends, and answers everything up to and with `end`.
fn talk(port: &mut File, bytes: &[u8], end: &[u8]) -> std::io::Result<Vec<u8>> {
    port.write_all(bytes)?;
    let mut said = Vec::new();
    let mut buffer = [0; 256];
    while !said.ends_with(end) {
        let n = port.read(&mut buffer)?;
        said.extend_from_slice(&buffer[..n]);
    }
    Ok(said)
}
