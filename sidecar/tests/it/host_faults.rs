//! What this machine can do to a sync: files that change under its hands, full disks, broken caches, odd names, other
//! programs, sleep. Real processes and real files; the board ends with the old project or the new one.
//! Not the board's or the line's own faults.

use std::io::BufRead as _;
use std::io::BufReader;
use std::process::Stdio;

use serde_json::Value;

use crate::workspace::Ran;
use crate::workspace::Workspace;

mod changes;
mod relay;

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
