//! Kills `boardside lsp` in the middle of a sync. No editor: three messages, and nobody who waits for an answer.

use std::io::Write as _;
use std::process::Child;
use std::process::Stdio;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use boardside::virtual_board::VirtualBoard;
use serde_json::Value;
use serde_json::json;

use super::program::Program;

/// Longer than the sync takes on a busy machine.
const LIMIT: Duration = Duration::from_secs(60);

/// Starts a server, lets it sync, kills it when so many bytes have come to the board. False: it sent so many never.
pub(super) fn kill_in_sync(board: &VirtualBoard, program: &Program, bytes: u64) -> Result<bool, String> {
    let mut command = program.command();
    command
        .arg("lsp")
        .env("BOARDSIDE_PORTS", board.address())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut server = command.spawn().map_err(|error| error.to_string())?;
    let reached = reaches(&mut server, board, program, bytes);
    let killed = server.kill().and_then(|()| server.wait());
    killed.map_err(|error| error.to_string())?;
    reached
}

fn reaches(server: &mut Child, board: &VirtualBoard, program: &Program, bytes: u64) -> Result<bool, String> {
    let mut stdout = server.stdout.take().ok_or("no stdout")?;
    thread::spawn(move || std::io::copy(&mut stdout, &mut std::io::sink()));
    let uri = format!("file://{}", program.project.display());
    let initialize = json!({
        "processId": null, "rootUri": null, "workspaceFolders": [{"uri": uri, "name": "project"}],
        "initializationOptions": {"protocol": 1, "trusted": true}, "capabilities": {},
    });
    let sync = json!({"command": "boardside.sync", "arguments": [{}]});
    let mut input = server.stdin.take().ok_or("no stdin")?;
    let mut send = |message: Value| {
        let body = message.to_string();
        let sent = write!(input, "Content-Length: {}\r\n\r\n{body}", body.len());
        sent.map_err(|error| format!("the server took no message: {error}"))
    };
    send(json!({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": initialize}))?;
    send(json!({"jsonrpc": "2.0", "method": "initialized", "params": {}}))?;
    send(json!({"jsonrpc": "2.0", "id": 2, "method": "workspace/executeCommand", "params": sync}))?;
    let start = Instant::now();
    let mut last = (0, Instant::now());
    while board.status().to_board < bytes {
        let now = board.status().to_board;
        if now > last.0 {
            last = (now, Instant::now());
        }
        // It never ends by itself, so an end is that nothing more comes.
        if now > 0 && last.1.elapsed() > Duration::from_secs(3) {
            return Ok(false);
        }
        if start.elapsed() > LIMIT {
            return Err("the server sent nothing to the board".to_owned());
        }
        thread::yield_now();
    }
    Ok(true)
}
