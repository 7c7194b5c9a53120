//! A sidecar that is killed takes nothing away: what it left in the board's RAM goes with the next sync, and what it
//! left unfinished on a flat file system does not stand in the way.
//! Boards with folders and their journal are told of in `cuts`.

use std::process::Stdio;
use std::thread;

use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;
use rstest::rstest;

use crate::boards;
use crate::workspace::Workspace;

fn names(workspace: &Workspace, board: &VirtualBoard) -> String {
    let ran = workspace.boardside(&["eval", "sorted(globals())", "-d", board.address()]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    ran.last()["repr"].as_str().unwrap().to_owned()
}

#[rstest]
#[case::microbit(Profile::microbit())]
#[case::paste(Profile { without: vec!["stdin.buffer".to_owned()], ..boards::fast() })]
#[case::stream(boards::fast())]
fn killed_syncs_do_not_fill_the_ram(#[case] profile: Profile) {
    let board = boards::start(&profile);
    let workspace = Workspace::new(&[("a.py", b"A = 1\n")]);
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
    let before = names(&workspace, &board);
    for (round, after) in [450, 900, 1300, 2000, 2600].into_iter().enumerate() {
        workspace.write("a.py", format!("A = {round}\n").repeat(30).as_bytes());
        let begun = board.status().to_board;
        let mut sync = workspace.command();
        let sync = sync.args(["sync", "--json", "-d", board.address()]);
        let mut sync = sync.stdout(Stdio::null()).spawn().unwrap();
        while board.status().to_board < begun + after && sync.try_wait().unwrap().is_none() {
            thread::yield_now();
        }
        sync.kill().unwrap();
        sync.wait().unwrap();
    }
    let ran = workspace.sync(board.address(), &[]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let after = names(&workspace, &board);
    let is_new = |name: &&str| !before.contains(name.trim_matches(['[', ']']));
    assert_eq!(after.split(", ").find(is_new), None, "{before}");
}

/// One sync, and a micro:bit holds the project.
fn becomes_whole(workspace: &Workspace, board: &VirtualBoard) {
    let ran = workspace.sync(board.address(), &[]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let mut files = board.files().unwrap();
    files.remove("/boardside.manifest");
    assert_eq!(files, workspace.files());
}

#[test]
fn a_manifest_that_a_microbit_never_closed_does_not_stop_the_next_sync() {
    let board = boards::start(&Profile::microbit());
    let workspace = Workspace::new(&[("a.py", b"A = 1\n"), ("b.py", b"B = 1\n")]);
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
    let cut = "f=open('boardside.manifest','w')\nf.write('boardside 1 half a line')";
    assert_eq!(workspace.boardside(&["exec", cut, "-d", board.address()]).exit, 0);
    assert_eq!(workspace.boardside(&["reset", "-d", board.address()]).exit, 0);
    becomes_whole(&workspace, &board);
}

#[rstest]
#[case::that_was_there("a.py")]
#[case::that_is_new("c.py")]
fn a_file_that_a_microbit_has_only_the_beginning_of_is_written_again(#[case] name: &str) {
    let board = boards::start(&Profile::microbit());
    let workspace = Workspace::new(&[("a.py", b"A = 1\n"), ("b.py", b"B = 1\n")]);
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
    workspace.write(name, &b"# a line of many\n".repeat(20));
    // As a sync that is cut short leaves it: never closed, and its size not to be trusted.
    let cut = format!("f=open('{name}','w')\nf.write('# a line of many\\n'*9)");
    assert_eq!(
        workspace.boardside(&["exec", &cut, "-d", board.address()]).exit,
        0
    );
    assert_eq!(workspace.boardside(&["reset", "-d", board.address()]).exit, 0);
    becomes_whole(&workspace, &board);
}
