//! Two programs and one board, two boards and one project, programs that were killed or stopped.
//! Which program has a port open is found out in `wire`.

use std::io::BufRead as _;
use std::io::BufReader;
use std::process::Child;
use std::process::Stdio;

use boardside::virtual_board::Profile;
use rstest::rstest;
use rustix::process::Pid;
use rustix::process::Signal;

use crate::boards;
use crate::host_faults::noise;
use crate::host_faults::on_board;
use crate::host_faults::relay::Relay;
use crate::workspace::Workspace;

/// A sync that holds its board until the test lets go of the line.
fn held_sync(relay: &Relay, workspace: &Workspace) -> Child {
    relay.hold_after(9_000);
    let mut command = workspace.command();
    command.args(["sync", "--json", "-d", relay.address()]);
    let child = command.stdout(Stdio::piped()).spawn().unwrap();
    relay.wait_held();
    child
}

fn large() -> Workspace {
    let workspace = Workspace::new(&[("main.py", b"print(1)\n")]);
    workspace.write("a.bin", &noise(24_000, 1));
    workspace
}

fn signal(child: &Child, signal: Signal) {
    rustix::process::kill_process(Pid::from_child(child), signal).unwrap();
}

#[test]
fn the_second_of_two_at_a_board_behind_tcp_is_told_who_has_it() {
    let (relay, workspace) = (Relay::new(boards::fast()), large());
    let mut first = held_sync(&relay, &workspace);
    // Also when it is called by another name, and by a program that is stopped.
    signal(&first, Signal::STOP);
    let second = workspace.sync(&relay.address().replace("127.0.0.1", "localhost"), &[]);
    assert_eq!((second.exit, second.code()), (3, "wire.busy"), "{second:?}");
    let message = second.last()["message"].as_str().unwrap();
    assert!(
        message.contains(&format!("(process {})", first.id())),
        "{message}"
    );
    assert!(message.contains("boardside sync"), "{message}");
    assert_eq!(relay.clients(), 1, "nobody knocked at its board");
    signal(&first, Signal::CONT);
    relay.let_go();
    assert!(first.wait().unwrap().success());
    let after = workspace.sync(relay.address(), &[]);
    assert_eq!((after.exit, after.count("unchanged")), (0, 2), "{after:?}");
}

#[test]
fn a_program_that_was_killed_holds_nothing() {
    let (relay, workspace) = (Relay::new(boards::fast()), large());
    let mut first = held_sync(&relay, &workspace);
    first.kill().unwrap();
    first.wait().unwrap();
    relay.let_go();
    let after = workspace.sync(relay.address(), &[]);
    assert_eq!(after.exit, 0, "{after:?}");
    assert!(on_board(&relay.board).into_iter().eq(workspace.files()));
}

#[test]
fn the_second_of_two_at_a_port_is_told_who_has_it() {
    let board = boards::start(&boards::fast());
    let workspace = Workspace::new(&[("main.py", b"print(1)\n")]);
    let mut console = workspace.command();
    console.args(["console", "--json", "-d", board.address()]);
    console.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut console = console.spawn().unwrap();
    let mut lines = BufReader::new(console.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("connected")));
    let second = workspace.sync(board.address(), &[]);
    assert_eq!((second.exit, second.code()), (3, "wire.busy"), "{second:?}");
    let message = second.last()["message"].as_str().unwrap();
    assert!(
        message.contains(&format!("(process {})", console.id())),
        "{message}"
    );
    console.kill().unwrap();
    console.wait().unwrap();
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
}

#[test]
fn one_project_is_synced_to_two_boards_at_once() {
    let board = [boards::start(&boards::fast()), boards::start(&boards::fast())];
    let workspace = large();
    for seed in 2..4 {
        workspace.write("b.bin", &noise(9000, seed));
        let start = |address: &str| {
            let mut command = workspace.command();
            command.args(["sync", "-d", address]).stdout(Stdio::null());
            command.spawn().unwrap()
        };
        let mut both = [start(board[0].address()), start(board[1].address())];
        for child in &mut both {
            assert!(child.wait().unwrap().success());
        }
        for board in &board {
            assert!(on_board(board).into_iter().eq(workspace.files()));
        }
    }
}

/// A lid that was closed in the middle of a transfer: the line and the board go on, and the program has missed it.
#[rstest]
#[case::stream(boards::fast())]
#[case::paste(Profile { without: vec!["stdin.buffer".to_owned()], ..boards::fast() })]
fn a_program_that_slept_in_the_middle_of_a_transfer_ends_right(#[case] profile: Profile) {
    let (relay, workspace) = (Relay::new(profile), large());
    let mut sleeper = held_sync(&relay, &workspace);
    signal(&sleeper, Signal::STOP);
    // What was under way arrives, and the board answers somebody who does not hear.
    relay.let_go_and_wait();
    signal(&sleeper, Signal::CONT);
    assert!(sleeper.wait().unwrap().success());
    assert!(on_board(&relay.board).into_iter().eq(workspace.files()));
}
