//! The line between host and board: who can connect, what a pulled cable looks like, what gets lost.
//! When bytes arrive is tested in `virtual_board::lane`, without a clock.

use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::net::TcpStream;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use boardside::virtual_board::Cut;
use boardside::virtual_board::HostSide;
use boardside::virtual_board::Profile;
use serde_json::Value;

use crate::boards::HELP;
use crate::boards::LIMIT;
use crate::boards::Port;
use crate::boards::fast;
use crate::boards::start;
use crate::boards::target;

fn answers(mut stream: impl Read + Write) {
    stream.write_all(b"\r6*7\r").unwrap();
    let mut got = Vec::new();
    let mut byte = [0];
    while !got.ends_with(b"\n42\n>>> ") {
        stream.read_exact(&mut byte).unwrap();
        got.push(byte[0]);
    }
}

#[test]
fn a_board_can_be_reached_by_tcp_one_client_after_another() {
    let mut profile = fast();
    profile.host = HostSide::Tcp("127.0.0.1:0".parse().unwrap());
    let mut board = start(&profile);
    let address = board.address().strip_prefix("socket://").unwrap().to_owned();
    answers(TcpStream::connect(&address).unwrap());
    answers(TcpStream::connect(&address).unwrap());
    board.unplug().unwrap();
    TcpStream::connect(&address).unwrap_err();
    board.replug().unwrap();
    answers(TcpStream::connect(&address).unwrap());
}

#[test]
fn a_board_can_be_reached_by_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let mut profile = fast();
    profile.host = HostSide::Unix(folder.path().join("board"));
    let board = start(&profile);
    answers(UnixStream::connect(board.address()).unwrap());
}

#[test]
fn a_round_trip_is_counted_when_the_host_speaks_after_it_was_answered() {
    let board = start(&fast());
    let mut port = Port::open(&board);
    port.ask("\x01", "raw REPL; CTRL-B to exit\r\n>");
    assert_eq!(board.status().round_trips, 1);
    port.send("print("); // the raw REPL echoes nothing
    port.send("6*7)");
    port.ask("\x04", "\x04\x04>");
    assert_eq!(board.status().round_trips, 2);
}

/// A process that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_program_takes_orders_while_its_board_runs() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("board");
    let mut program = Command::new(env!("CARGO_BIN_EXE_boardside"));
    program
        .args(["virtual-board", "unix", "--json", "--unpaced", "--link"])
        .arg(&link)
        .env("BOARDSIDE_CACHE", target())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let mut board = Running(program.spawn().unwrap());
    let mut orders = board.0.stdin.take().unwrap();
    let mut answers = BufReader::new(board.0.stdout.take().unwrap());
    let mut answer = || {
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        serde_json::from_str::<Value>(&line).unwrap_or(Value::Null)
    };
    assert_eq!(answer()["event"], "virtual_board");
    Port::at(&link).ask("f=open('a.txt','w');f.write('text');f.close()\r", "\n4\n>>> ");
    for (order, event) in [
        ("cut", "cut"),
        ("back", "back"),
        ("jump", "warning"),
        ("", "power"),
    ] {
        assert_eq!(link.exists(), order != "back", "the cable");
        writeln!(orders, "{order}").unwrap();
        assert_eq!(answer()["event"], event);
    }
    Port::at(&link).ask("\r6*7\r", "\n42\n>>> ");
    writeln!(orders, "files").unwrap();
    assert_eq!(answer()["files"]["/a.txt"], "text");
}

#[test]
fn a_pulled_cable_hangs_up_and_comes_back_under_the_same_name() {
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("board");
    let mut profile = fast();
    profile.host = HostSide::Pty {
        link: Some(link.clone()),
    };
    let mut board = start(&profile);
    assert_eq!(Path::new(board.address()), link);
    let mut port = Port::open(&board);
    port.until(HELP);
    port.ask("kept = 5\r", ">>> ");
    board.unplug().unwrap();
    port.until_hang_up();
    assert!(!link.is_symlink());
    board.replug().unwrap();
    let mut port = Port::open(&board);
    assert_eq!(
        port.ask("kept\r", "\n>>> "),
        "kept\r\n5\n>>> ",
        "the board kept its power"
    );
    drop(port);
    drop(board);
    assert!(!link.is_symlink(), "the link goes with the board");
}

#[test]
fn a_cut_after_n_bytes_comes_back_by_itself() {
    let mut profile = fast();
    profile.faults = "cut=10:50ms".parse().unwrap();
    let board = start(&profile);
    let mut port = Port::open(&board);
    port.until(HELP);
    port.send("kept = 5\rnever arrives\r");
    port.until_hang_up();
    board
        .wait("port", LIMIT, |status| status.cuts == 1 && status.plugged)
        .unwrap();
    assert_eq!(board.status().to_board, 10);
    let mut port = Port::open(&board);
    assert!(
        port.ask("\r", "\n>>> ").contains("NameError"),
        "the rest of the line is lost"
    );
    assert_eq!(port.ask("kept\r", "\n>>> "), "kept\r\n5\n>>> ");
}

#[test]
fn what_a_program_left_unread_is_not_there_for_the_next_one() {
    let board = start(&fast());
    let mut port = Port::open(&board);
    port.until(HELP);
    let sent = board.status().to_host;
    port.send("print('st' + 'ale')\r");
    board
        .wait("answer", LIMIT, |status| status.to_host >= sent + 30)
        .unwrap();
    drop(port);
    board.wait("close", LIMIT, |status| !status.connected).unwrap();
    let mut port = Port::open(&board);
    assert!(!port.ask("1+1\r", "2\n>>> ").contains("stale"));
}

#[test]
fn a_small_receive_buffer_loses_what_the_board_does_not_read() {
    let mut profile = fast();
    profile.faults.rx_buffer = Some(256);
    let board = start(&profile);
    let mut port = Port::open(&board);
    port.until(HELP);
    port.ask("\x01", "exit\r\n>");
    let code = "import sys, time\nprint('busy')\ntime.sleep(0.3)\nprint(len(sys.stdin.buffer.read(256)))";
    port.ask(format!("{code}\x04"), "busy\n");
    port.send("x".repeat(1_000));
    port.until("256\n\x04\x04>");
    let status = board.status();
    assert_eq!(status.lost, 1_000 - 256);
}

#[test]
fn damage_is_the_same_for_the_same_seed() {
    let banner = |faults: &str| {
        let mut profile = fast();
        profile.faults = faults.parse().unwrap();
        let board = start(&profile);
        Port::open(&board).take(100)
    };
    assert_eq!(banner("out.garble=9,seed=1"), banner("out.garble=9,seed=1"));
    assert_ne!(banner("out.garble=9,seed=1"), banner("out.garble=9,seed=2"));
}

#[test]
fn a_cable_can_be_pulled_for_good() {
    let mut profile = Profile::unix();
    profile.faults.cut = Some(Cut { after: 0, back: None });
    let mut board = start(&profile);
    let mut port = Port::open(&board);
    port.until(HELP);
    port.send("x");
    port.until_hang_up();
    board.wait("cut", LIMIT, |status| status.cuts == 1).unwrap();
    assert!(!board.status().plugged);
    board.replug().unwrap();
    let mut port = Port::open(&board);
    assert_eq!(port.ask("1+1\r", "\n>>> "), "1+1\r\n2\n>>> ");
}
