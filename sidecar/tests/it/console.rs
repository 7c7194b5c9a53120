//! `boardside console` at a real terminal and in scripts, with real boards.
//! The pump alone is tested in `session::console`.

use std::fs;
use std::io::Write as _;
use std::process::Command;
use std::process::Stdio;

use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;

use crate::boards::fast;
use crate::boards::start;
use crate::running::Running;
use crate::running::Terminal;
use crate::workspace::Workspace;

const TICKS: &[u8] =
    b"import time\nn = 0\nwhile True:\n    print('tick', n)\n    n += 1\n    time.sleep_ms(20)\n";
const LEAVE: &str = "\x1d";

fn ticking() -> VirtualBoard {
    start(&Profile {
        files: [("/main.py".to_owned(), TICKS.to_vec())].into(),
        ..fast()
    })
}

fn console(workspace: &Workspace, board: &VirtualBoard, more: &[&str]) -> Command {
    let mut command = workspace.command();
    command.args(["console", "-d", board.address()]).args(more);
    command
}

fn last_tick(text: &str) -> u64 {
    let complete = &text[..text.rfind('\n').unwrap()];
    let number = complete.rsplit("tick ").next().unwrap();
    number.trim().parse().unwrap()
}

#[test]
fn a_running_program_is_seen_and_runs_on_when_somebody_comes_and_leaves() {
    let board = ticking();
    let workspace = Workspace::new(&[]);
    let mut terminal = Terminal::start(console(&workspace, &board, &[]));
    terminal.until("Ctrl-] leaves");
    terminal.until("tick 3\r\n");
    terminal.press(LEAVE);
    assert_eq!(terminal.exit(), 0);
    let mut again = Terminal::start(console(&workspace, &board, &[]));
    again.until("is connected");
    let seen = again.until("\ntick ") + &again.until("\r\n");
    assert!(last_tick(&seen) > 3, "it started anew: {seen}");
    again.press(LEAVE);
    assert_eq!(again.exit(), 0);
    let status = board.status();
    assert_eq!((status.to_board, status.boots), (0, 1), "nothing was sent to it");
}

#[test]
fn every_key_is_the_boards_and_the_log_has_every_byte_and_nothing_of_ours() {
    let board = start(&fast());
    let workspace = Workspace::new(&[("console.log", b"before\n")]);
    let log = workspace.path().join("console.log");
    let mut terminal = Terminal::start(console(&workspace, &board, &["--log", "console.log"]));
    terminal.until("is connected");
    // The banner was there before anybody looked, or was not.
    terminal.press("\r");
    terminal.until(">>> ");
    terminal.press("6*7\r");
    terminal.until("42\r\n>>> ");
    terminal.press("\x1b[A\r");
    terminal.until("42\r\n>>> ");
    terminal.press("imp\t");
    terminal.until("import ");
    terminal.press("\x03");
    terminal.until(">>> ");
    terminal.press("import sys\rx = sys.stdout.buffer.write(bytes(range(128, 256)) + b'partial')\r");
    terminal.until("partial>>> ");
    terminal.press("while True: pass\r\r");
    terminal.until("... \r\n");
    terminal.press("\x03");
    terminal.until("KeyboardInterrupt");
    terminal.until(">>> ");
    terminal.press("\x04");
    terminal.until("soft reboot");
    terminal.until(">>> ");
    terminal.press(LEAVE);
    assert_eq!(terminal.exit(), 0);
    let log = fs::read(log).unwrap();
    let text = String::from_utf8_lossy(&log);
    assert!(
        text.starts_with("before\n") && text.contains("6*7\r\n42") && text.ends_with(">>> "),
        "{text}"
    );
    assert!(!text.contains("leaves") && !text.contains("goes on"), "{text}");
    let all: Vec<u8> = (128..=255).collect();
    assert!(log.windows(128).any(|window| window == all));
}

#[test]
fn a_board_that_is_unplugged_is_waited_for_and_gone_on_with() {
    let mut board = ticking();
    let workspace = Workspace::new(&[]);
    let mut terminal = Terminal::start(console(&workspace, &board, &["--log", "log"]));
    terminal.until("tick 3");
    board.unplug().unwrap();
    terminal.until("board gone, waiting for it to come back (Ctrl-] leaves)");
    board.replug().unwrap();
    terminal.until("board is back");
    terminal.until("tick ");
    assert_eq!(board.status().boots, 1, "it ran on meanwhile");
    board.unplug().unwrap();
    terminal.until("board gone");
    terminal.press("x");
    terminal.press(LEAVE);
    assert_eq!(terminal.exit(), 0);
    let log = fs::read_to_string(workspace.path().join("log")).unwrap();
    assert!(log.contains("tick 3") && !log.contains("gone"), "{log}");
}

#[test]
fn the_terminal_is_as_it_was_afterwards() {
    let board = ticking();
    let workspace = Workspace::new(&[]);
    let mut shell = Command::new("sh");
    let program = format!(
        "{:?} console -d {}",
        env!("CARGO_BIN_EXE_boardside"),
        board.address()
    );
    shell
        .current_dir(workspace.path())
        .arg("-c")
        .arg(format!("stty -a >before; {program}; stty -a >after"));
    let mut terminal = Terminal::start(shell);
    terminal.until("tick 3");
    terminal.press(LEAVE);
    assert_eq!(terminal.exit(), 0);
    let [before, after] =
        ["before", "after"].map(|name| fs::read_to_string(workspace.path().join(name)).unwrap());
    assert!(before.contains("icanon") && before == after, "{before}\n{after}");
}

#[test]
fn a_script_types_and_gets_the_answer() {
    let board = start(&fast());
    let workspace = Workspace::new(&[]);
    let mut child = console(&workspace, &board, &[])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(b"a = 6\nprint(a * 7)\n").unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.ends_with("a = 6\r\n>>> print(a * 7)\r\n42\n>>> "),
        "{text:?}"
    );
    assert!(output.status.success());
}

#[test]
fn one_port_has_one_reader_and_the_second_is_told_who_it_is() {
    let board = ticking();
    let workspace = Workspace::new(&[]);
    let mut first = Running::start(console(&workspace, &board, &[]));
    first.until_output("tick 3");
    let second = workspace.boardside(&["console", "-d", board.address()]);
    assert_eq!((second.exit, second.code()), (3, "wire.busy"), "{second:?}");
    let message = second.last()["message"].as_str().unwrap();
    assert!(message.contains(&format!("process {}", first.pid())), "{message}");
    first.interrupt();
    assert_eq!(first.exit(), 0);
}

#[test]
fn programs_get_output_and_what_happens_to_the_board_as_events() {
    let mut board = ticking();
    let workspace = Workspace::new(&[]);
    let mut console = Running::start(console(&workspace, &board, &[]));
    assert_eq!(console.until("connected")["address"], board.address());
    console.until_output("tick 3");
    board.unplug().unwrap();
    console.until("disconnected");
    board.replug().unwrap();
    console.until("connected");
    console.until_output("tick ");
    console.interrupt();
    assert_eq!(console.exit(), 0);
}
