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

/// Bytes of a program. Shorter ones are mostly waiting; from longer ones a micro:bit has a MemoryError.
const SIZES: [u32; 3] = [200, 500, 1_000];
const PROGRAMS: u32 = 8;
const LIMIT: Duration = Duration::from_secs(60);

/// Bytes a second, of the size with which it is fastest, at the port of a board that runs nothing.
pub(super) fn carries(address: &str) -> Result<f64, String> {
    let failed = |error: std::io::Error| format!("{address}: {error}");
    let mut port = OpenOptions::new()
        .read(true)
        .write(true)
        .open(address)
        .map_err(failed)?;
    let (done, ended) = mpsc::channel();
    // A board that does not answer keeps the thread, not the bench.
    thread::spawn(move || done.send(best(&mut port)));
    let best = ended.recv_timeout(LIMIT);
    let best = best.map_err(|_| format!("{address}: its raw REPL did not answer"))?;
    best.map_err(failed)
}

fn best(port: &mut File) -> std::io::Result<f64> {
    talk(port, b"\r\x03\x03\r\x01", b"raw REPL; CTRL-B to exit\r\n>")?;
    // This firmware keeps a Ctrl-C that it did not need for the next program.
    talk(port, b"pass\x04", b"\x04>")?;
    let mut best = 0.0;
    for size in SIZES {
        let program = format!("x='{:-<width$}'\x04", "", width = size as usize - 5);
        let start = Instant::now();
        for _ in 0..PROGRAMS {
            let said = talk(port, program.as_bytes(), b"\x04>")?;
            if said != b"OK\x04\x04>" {
                let said = String::from_utf8_lossy(&said).into_owned();
                return Err(std::io::Error::other(said));
            }
        }
        best = f64::max(best, f64::from(PROGRAMS * size) / start.elapsed().as_secs_f64());
    }
    talk(port, b"\x02", b">>> ")?;
    Ok(best)
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
