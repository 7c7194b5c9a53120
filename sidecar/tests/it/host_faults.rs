//! What this machine can do to a sync: files that change under its hands, full disks, broken caches, odd names, other
//! programs, sleep. Real processes and real files; the board ends with the old project or the new one.
//! Not the board's or the line's own faults.

use std::io::BufRead as _;
use std::io::BufReader;
use std::process::Stdio;

use boardside::virtual_board::VirtualBoard;
use serde_json::Value;

use crate::workspace::Ran;
use crate::workspace::Workspace;

mod caches;
mod changes;
mod large;
mod names;
mod relay;
mod rivals;
mod unreadable;

/// Runs a verb with `--json`, and does something at its events.
fn at_events(workspace: &Workspace, args: &[&str], mut act: impl FnMut(&Value)) -> Ran {
    let mut command = workspace.command();
    command.args(args).arg("--json");
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut events = Vec::new();
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let event = serde_json::from_str(&line.unwrap()).unwrap();
        act(&event);
        events.push(event);
    }
    let output = child.wait_with_output().unwrap();
    Ran {
        exit: output.status.code().unwrap_or(-1),
        events,
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Bytes that do not compress.
fn noise(size: usize, seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761) | 1;
    let next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(size).collect()
}

/// What lies on the board; nothing of a sync is left over beside it.
fn on_board(board: &VirtualBoard) -> Vec<(String, Vec<u8>)> {
    let mut files = board.files().unwrap();
    let kept = ["/.boardside/", "/.boardside/agent", "/.boardside/manifest"];
    let left: Vec<&String> = files
        .keys()
        .filter(|path| path.starts_with("/.boardside") && !kept.contains(&path.as_str()))
        .collect();
    assert!(left.is_empty(), "left over: {left:?}");
    files.retain(|path, _| !path.starts_with("/.boardside") && !path.ends_with('/'));
    files.into_iter().collect()
}
