//! A board's serial port as a person sees it: what its console shows, whether its prompt answers.
//! A dozen lines, written apart from Boardside's REPL on purpose.

use std::fs::File;
use std::fs::OpenOptions;
use std::io::Read as _;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use boardside::virtual_board::VirtualBoard;

/// Longer than a boot takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(20);
/// `O_NOCTTY`: a board is nobody's terminal.
const NO_TERMINAL: i32 = 0o400;
const PROMPT: &[u8] = b">>> ";

/// What the console shows from power-on to the prompt. The port is free afterwards.
pub(super) fn boot(board: &mut VirtualBoard) -> Result<String, String> {
    let port = open(board.address())?;
    board.power_cycle().map_err(|error| error.to_string())?;
    let said = until_prompt(port)?;
    is_free(board)?;
    Ok(said)
}

/// Nobody has the port open.
pub(super) fn is_free(board: &VirtualBoard) -> Result<(), String> {
    let free = board.wait("free port", LIMIT, |status| !status.connected);
    free.map_err(|error| error.to_string())
}

/// The board is at its friendly prompt, and answers there.
pub(super) fn answers(board: &VirtualBoard) -> Result<(), String> {
    let mut port = open(board.address())?;
    port.write_all(b"\r").map_err(|error| error.to_string())?;
    until_prompt(port).map(drop)
}

fn open(address: &str) -> Result<File, String> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).custom_flags(NO_TERMINAL);
    options
        .open(address)
        .map_err(|error| format!("{address}: {error}"))
}

fn until_prompt(mut port: File) -> Result<String, String> {
    let (done, ended) = mpsc::channel();
    // A board that does not answer keeps the thread until it is gone.
    thread::spawn(move || {
        let mut said = Vec::new();
        let mut buffer = [0; 256];
        while !said.ends_with(PROMPT) {
            match port.read(&mut buffer) {
                Ok(n) if n > 0 => said.extend_from_slice(&buffer[..n]),
                _ => break,
            }
        }
        drop(port);
        done.send(String::from_utf8_lossy(&said).into_owned())
    });
    let said = ended.recv_timeout(LIMIT);
    let said = said.map_err(|_| format!("no prompt within {} s", LIMIT.as_secs()))?;
    if said.as_bytes().ends_with(PROMPT) {
        Ok(said)
    } else {
        Err(format!("the port closed after {said:?}"))
    }
}
