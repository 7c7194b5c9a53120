//! Beyond the steps of every connection: packages, names and texts that are not ASCII, over lines that do and do not
//! take all bytes, and a board that has a client already.

use boardside::virtual_board::HostSide;
use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;
use rstest::rstest;

use super::Peer;
use super::network::telnet_login;
use crate::boards;
use crate::running::Terminal;
use crate::web_repl::Model;
use crate::workspace::Workspace;

fn board() -> VirtualBoard {
    boards::start(&Profile {
        host: HostSide::Tcp("127.0.0.1:0".parse().unwrap()),
        ..boards::fast()
    })
}

fn peer(kind: &'static str, board: &VirtualBoard) -> Box<dyn Peer> {
    match kind {
        "ws" => Box::new(Model::new(board, "none")),
        kind => Box::new(telnet_login("telnet://micro:python@", kind, board.address())),
    }
}

#[rstest]
#[case::a_clean_line("proper")]
#[case::one_that_drops_bytes("pycom")]
#[case::web_repl("ws")]
fn a_package_is_written_and_runs(#[case] kind: &'static str) {
    let board = board();
    let peer = peer(kind, &board);
    let every = super::every_byte(2_000);
    let workspace = Workspace::new(&[("main.py", b"print('packed')\n"), ("every.bin", &every)]);
    let packed = workspace.boardside(&["pack", "--version", "1.2.0", "-o", "dist"]);
    assert_eq!(packed.exit, 0, "{packed:?}");
    let package = packed.last()["package"].as_str().unwrap().to_owned();
    let ran = workspace.boardside(&["write", &package, "-d", &peer.address()]);
    assert_eq!(
        (ran.exit, &ran.last()["running"]),
        (0, &"1.2.0".into()),
        "{ran:?}"
    );
    let files = board.files().unwrap();
    assert!(files["/every.bin"] == every && files["/main.py"] == b"print('packed')\n");
}

#[rstest]
#[case::a_clean_line("proper")]
#[case::one_that_drops_bytes("pycom")]
#[case::web_repl("ws")]
fn names_and_texts_need_not_be_ascii(#[case] kind: &'static str) {
    let board = board();
    let peer = peer(kind, &board);
    let address = peer.address();
    let code = "print('ä→😀')\n";
    let workspace = Workspace::new(&[("ä.py", code.as_bytes()), ("lib/größe/→.txt", "😀".as_bytes())]);
    for count in ["added", "unchanged"] {
        let ran = workspace.sync(&address, &[]);
        assert_eq!((ran.exit, ran.count(count)), (0, 2), "{kind}: {ran:?}");
    }
    assert_eq!(board.files().unwrap()["/ä.py"], code.as_bytes());
    assert_eq!(board.files().unwrap()["/lib/größe/→.txt"], "😀".as_bytes());
    let listed = workspace.boardside(&["ls", "-r", "-d", &address]);
    assert!(
        format!("{listed:?}").contains("größe/→.txt"),
        "{kind}: {listed:?}"
    );
    for args in [&["run", "ä.py"][..], &["exec", code], &["cat", "ä.py"]] {
        let ran = workspace.boardside(&[args, &["-d", &address]].concat());
        assert_eq!(ran.exit, 0, "{kind} {args:?}: {ran:?}");
        let said = ran.events.iter().filter_map(|event| event["text"].as_str());
        assert!(
            said.collect::<String>().contains("ä→😀"),
            "{kind} {args:?}: {ran:?}"
        );
    }
    let mut command = workspace.command();
    command.args(["console", "-d", &address]);
    let mut terminal = Terminal::start(command);
    terminal.until("Ctrl-] leaves");
    terminal.press("\r");
    terminal.until(">>> ");
    // What is typed passes only where the line lets it; what the board says comes in any case.
    terminal.press("print('\\xe4\\u2192')\r");
    terminal.until("\r\nä→\r\n>>> ");
    terminal.press("\x1d");
    assert_eq!(terminal.exit(), 0);
}

#[test]
fn a_web_repl_that_has_a_client_is_busy() {
    let board = board();
    let model = Model::new(&board, "none");
    let workspace = Workspace::new(&[]);
    let mut command = workspace.command();
    command.args(["console", "-d", &model.address()]);
    let mut first = Terminal::start(command);
    first.until("Ctrl-] leaves");
    let ran = workspace.boardside(&["ls", "-d", &model.address()]);
    assert_eq!((ran.exit, ran.code()), (3, "wire.busy"), "{ran:?}");
    // The first one is still in.
    first.press("\r6*7\r");
    first.until("\r\n42\r\n>>> ");
    first.press("\x1d");
    assert_eq!(first.exit(), 0);
    let ran = workspace.boardside(&["eval", "6*7", "-d", &model.address()]);
    assert_eq!(ran.exit, 0, "{ran:?}");
}
