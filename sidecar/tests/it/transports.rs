//! Every way to a board, by the same steps: first sync, no change, edit, delete, console, a cut in the middle.
//! The steps are one function, `matrix`; what stands between the program and the board is a `Peer`.
//! What is special to one kind of connection is tested in its own chapter.

mod beyond;
pub(crate) mod line;
pub(crate) mod network;
pub(crate) mod odd_logins;
mod passwords;

use std::collections::BTreeMap;

use boardside::virtual_board::HostSide;
use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;

use crate::boards;
use crate::boards::LIMIT;
use crate::running::Terminal;
use crate::workspace::Workspace;

/// What stands between the program and the board.
pub(crate) trait Peer {
    /// What the user types.
    fn address(&self) -> String;
    /// What the program has to find in its environment on the way there.
    fn environment(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
    /// Dies at once, whatever passes just then.
    fn cut(&mut self, board: &mut VirtualBoard);
    /// Is there again; the address may be another.
    fn back(&mut self, board: &mut VirtualBoard);
    /// Somebody types an expression and sees the answer; a connection for files only says that it has no console.
    fn console(&self, workspace: &Workspace) {
        console(workspace, &self.address());
    }
}

/// A board whose line has a speed, so that there is time to cut it.
pub(crate) fn paced(host: HostSide) -> VirtualBoard {
    boards::start(&Profile {
        host,
        ..Profile::unix()
    })
}

/// All the steps over one connection.
pub(crate) fn matrix(board: &mut VirtualBoard, peer: &mut dyn Peer) {
    let workspace = first_project().with_environment(peer.environment());
    steps(&workspace, &peer.address(), &|| project(board));
    peer.console(&workspace);
    cut_in_the_middle(&workspace, board, peer);
}

/// A project for `steps`.
pub(crate) fn first_project() -> Workspace {
    Workspace::new(&[
        ("main.py", b"print('first')\n"),
        ("lib/gone.py", b"GONE = 1\n"),
        ("every.bin", &every_byte(1_024)),
    ])
}

/// First sync, no change, edit, delete; `held` is what the board has of the project.
pub(crate) fn steps(workspace: &Workspace, address: &str, held: &dyn Fn() -> BTreeMap<String, Vec<u8>>) {
    for (what, change, counts) in [
        (
            "first sync",
            (|_: &Workspace| {}) as fn(&Workspace),
            [("added", 3), ("updated", 0), ("removed", 0), ("unchanged", 0)],
        ),
        (
            "no change",
            |_: &Workspace| {},
            [("added", 0), ("updated", 0), ("removed", 0), ("unchanged", 3)],
        ),
        (
            "edit",
            |workspace: &Workspace| drop(workspace.write("main.py", b"print('second')\n")),
            [("added", 0), ("updated", 1), ("removed", 0), ("unchanged", 2)],
        ),
        (
            "delete",
            |workspace: &Workspace| workspace.remove("lib/gone.py"),
            [("added", 0), ("updated", 0), ("removed", 1), ("unchanged", 2)],
        ),
    ] {
        change(workspace);
        let ran = workspace.sync(address, &[]);
        assert_eq!(ran.exit, 0, "{what}: {ran:?}");
        for (name, count) in counts {
            assert_eq!(ran.count(name), count, "{what}: {name}: {ran:?}");
        }
        assert_eq!(held(), workspace.files(), "{what}");
    }
}

/// The peer dies while the contents are under way: the error is clear, the board has the whole old project or the
/// whole new one, and the next sync makes it new.
fn cut_in_the_middle(workspace: &Workspace, board: &mut VirtualBoard, peer: &mut dyn Peer) {
    let before = workspace.files();
    workspace.write("main.py", b"print('third')\n");
    workspace.write("large.bin", &every_byte(20_000));
    let first = board.status().to_board;
    let mut sync = workspace.command();
    let sync = sync.args(["sync", "--json", "-d", &peer.address()]);
    let sync = sync.stdout(std::process::Stdio::piped()).spawn().unwrap();
    // Half of what has to pass, at most: 20 kB that do not compress.
    board
        .wait("contents under way", LIMIT, |status| {
            status.to_board > first + 10_000
        })
        .unwrap();
    peer.cut(board);
    let output = sync.wait_with_output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let told = text.lines().last().unwrap_or_default();
    assert_eq!(output.status.code(), Some(4), "{told}");
    assert!(told.contains("\"code\":\"wire.gone\""), "{told}");
    board.wait_quiet(LIMIT).unwrap();
    let now = project(board);
    assert!(now == before || now == workspace.files(), "{:?}", now.keys());
    peer.back(board);
    let again = workspace.sync(&peer.address(), &[]);
    assert_eq!(again.exit, 0, "{again:?}");
    assert_eq!(project(board), workspace.files());
    let still = workspace.sync(&peer.address(), &[]);
    assert_eq!((still.exit, still.count("unchanged")), (0, 3), "{still:?}");
}

/// Types an expression at the board's own terminal.
fn console(workspace: &Workspace, address: &str) {
    let mut command = workspace.command();
    command.args(["console", "-d", address]);
    let mut terminal = Terminal::start(command);
    terminal.until("Ctrl-] leaves");
    terminal.press("\r");
    terminal.until(">>> ");
    terminal.press("6*7\r");
    terminal.until("\r\n42\r\n>>> ");
    terminal.press("\x1d");
    assert_eq!(terminal.exit(), 0);
}

/// Every byte value, again and again, in an order that does not compress.
pub(crate) fn every_byte(length: usize) -> Vec<u8> {
    let step = |n: &u32| Some(n.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let numbers = std::iter::successors(Some(7), step).map(|n| (n >> 24) as u8);
    (0..=255).chain(numbers).take(length).collect()
}

/// What lies on the flash, without Boardside's own.
fn project(board: &VirtualBoard) -> BTreeMap<String, Vec<u8>> {
    let mut files = board.files().unwrap();
    files.retain(|path, _| !path.starts_with("/.boardside") && !path.ends_with('/'));
    files
}

/// The board's own line: a serial port, or raw TCP.
struct Direct(String);

impl Peer for Direct {
    fn address(&self) -> String {
        self.0.clone()
    }

    fn cut(&mut self, board: &mut VirtualBoard) {
        board.unplug().unwrap();
    }

    fn back(&mut self, board: &mut VirtualBoard) {
        board.replug().unwrap();
    }
}

#[test]
fn a_serial_port_does_all_steps() {
    let mut board = paced(HostSide::Pty { link: None });
    let mut peer = Direct(board.address().to_owned());
    matrix(&mut board, &mut peer);
}

#[test]
fn a_socket_does_all_steps() {
    let mut board = paced(HostSide::Tcp("127.0.0.1:0".parse().unwrap()));
    let mut peer = Direct(board.address().to_owned());
    matrix(&mut board, &mut peer);
}
