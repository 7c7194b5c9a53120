//! Cuts the line of a micro:bit: a flat file system without rename, so files are written in place and "whole old or
//! new" holds for each file alone. What is neither is named: it is not in the manifest, or not as it is there.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;

use boardside::virtual_board::Firmware;
use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;

use super::port;
use super::program::Program;
use super::project;
use super::project::Files;

/// Cuts, spread over what the sync sends.
const CUTS: u64 = 10;
/// Boardside's own, and settings.
const OWN: [&str; 2] = ["/boardside.manifest", "/boardside.toml"];

/// Files of all cuts.
#[derive(Debug, Default)]
pub(super) struct Flat {
    pub(super) cuts: u64,
    /// Untouched.
    pub(super) old: u64,
    pub(super) new: u64,
    /// Not there at that moment.
    pub(super) absent: u64,
    /// Of neither project, and which.
    pub(super) unfinished: Vec<String>,
    pub(super) converged: u64,
    pub(super) bad: Vec<String>,
}

/// Tries them all, one after another.
pub(super) fn run(boardside: &Path, firmware: &Firmware, folder: &Path) -> Result<Flat, String> {
    let mut flat = Flat::default();
    let sends = cut(boardside, firmware, folder, None, &mut flat)?;
    for number in 0..CUTS {
        let after = 1 + number * (sends - 2) / (CUTS - 1);
        eprintln!("torture: micro:bit, cut after {after} of {sends} bytes");
        if let Err(error) = cut(boardside, firmware, folder, Some(after), &mut flat) {
            flat.bad.push(format!("micro:bit, cut after {after}: {error}"));
        }
    }
    Ok(flat)
}

/// One sync, cut when so many bytes have come to the board. How many it sends where nothing cuts it.
fn cut(
    boardside: &Path,
    firmware: &Firmware,
    folder: &Path,
    after: Option<u64>,
    flat: &mut Flat,
) -> Result<u64, String> {
    let _ = fs::remove_dir_all(folder);
    let program = Program {
        boardside: boardside.to_owned(),
        home: folder.join("home"),
        project: folder.join("project"),
    };
    fs::create_dir_all(&program.home).map_err(|error| error.to_string())?;
    let board = VirtualBoard::spawn(&Profile::microbit(), firmware);
    let mut board = board.map_err(|error| error.to_string())?;
    project::write(&program.project, &old())?;
    program.sync(board.address())?.done("the first sync")?;
    project::write(&program.project, &new())?;
    let start = board.status().to_board;
    let Some(after) = after else {
        program
            .sync(board.address())?
            .done("the sync that nothing disturbs")?;
        let sent = board.status().to_board - start;
        same(&board)?;
        return Ok(sent);
    };
    let mut sync = program.start(&["sync", "-d", board.address()])?;
    while board.status().to_board < start + after && !sync.has_ended() {
        thread::yield_now();
    }
    board.unplug().map_err(|error| error.to_string())?;
    sync.finish()?;
    board.replug().map_err(|error| error.to_string())?;
    let held = board.files().map_err(|error| error.to_string())?;
    port::is_free(&board)?; // else its speed would count for the next program
    let (old, new) = (old(), new());
    flat.cuts += 1;
    for path in old
        .keys()
        .chain(new.keys().filter(|path| !old.contains_key(*path)))
    {
        match held.get(path) {
            found if found == new.get(path) => flat.new += 1,
            found if found == old.get(path) => flat.old += 1,
            None => flat.absent += 1,
            Some(content) => flat
                .unfinished
                .push(format!("{path} ({} B) after {after}", content.len())),
        }
    }
    program
        .run(&["ls", "-d", board.address()])?
        .done("the first connection")?;
    program.sync(board.address())?.done("the next sync")?;
    same(&board)?;
    flat.converged += 1;
    port::is_free(&board)?;
    Ok(0)
}

fn same(board: &VirtualBoard) -> Result<(), String> {
    let mut held = board.files().map_err(|error| error.to_string())?;
    held.retain(|path, _| !OWN.contains(&path.as_str()));
    if held == new() {
        return Ok(());
    }
    let sizes: BTreeMap<_, _> = held.iter().map(|(path, content)| (path, content.len())).collect();
    Err(format!("after the sync the board holds {sizes:?}"))
}

fn old() -> Files {
    files(&[
        ("/main.py", "print('v1')\n", 3),
        ("/a.py", "A = 'v1'\n", 30),
        ("/gone.py", "G = 1\n", 10),
        ("/keep.py", "K = 1\n", 5),
    ])
}

fn new() -> Files {
    files(&[
        ("/main.py", "print('v2')\n", 4),
        ("/a.py", "A = 'v2'\n", 40),
        ("/b.py", "B = 'v2'\n", 30),
        ("/keep.py", "K = 1\n", 5),
    ])
}

fn files(files: &[(&str, &str, usize)]) -> Files {
    let own =
        |(path, line, lines): &(&str, &str, usize)| ((*path).to_owned(), line.repeat(*lines).into_bytes());
    files.iter().map(own).collect()
}
