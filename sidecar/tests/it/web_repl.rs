//! WebREPL: a model of it in MicroPython, with a real board behind it, and what goes wrong on the way.
//! Frames are the business of `wire::web_repl::frames`; the steps of every connection are `transports`.

use std::collections::BTreeMap;
use std::io::BufRead as _;
use std::io::BufReader;
use std::net::TcpListener;
use std::path::Path;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use boardside::board::beside::get_file;
use boardside::board::beside::put_file;
use boardside::repl::Patience;
use boardside::repl::Repl;
use boardside::virtual_board::Firmware;
use boardside::virtual_board::HostSide;
use boardside::virtual_board::VirtualBoard;
use boardside::wire::Address;
use boardside::wire::web_repl;
use rstest::rstest;

use crate::boards;
use crate::transports::Peer;
use crate::transports::every_byte;
use crate::transports::matrix;
use crate::transports::paced;
use crate::workspace::Workspace;

const PASSWORD: &str = "py thon:@";

/// The model, in front of a board on TCP.
pub(crate) struct Model {
    port: u16,
    board: String,
    fault: String,
    process: Child,
}

impl Model {
    pub(crate) fn new(board: &VirtualBoard, fault: &str) -> Self {
        let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let (_, board) = board.address().rsplit_once(':').unwrap();
        Self {
            port,
            board: board.to_owned(),
            fault: fault.to_owned(),
            process: start(port, board, fault),
        }
    }
}

fn start(port: u16, board: &str, fault: &str) -> Child {
    let Firmware::Unix { python, .. } = boards::unix() else {
        unreachable!("it is a unix board");
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/web_repl/model.py");
    let mut process = Command::new(python.with_file_name("micropython"))
        .arg(script)
        .args([&port.to_string(), board, PASSWORD, fault])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(process.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    assert_eq!(line, "listening\n");
    process
}

impl Drop for Model {
    fn drop(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Peer for Model {
    fn address(&self) -> String {
        format!("ws://:{PASSWORD}@127.0.0.1:{}", self.port)
    }

    fn cut(&mut self, _board: &mut VirtualBoard) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn back(&mut self, _board: &mut VirtualBoard) {
        self.process = start(self.port, &self.board, &self.fault);
    }
}

fn tcp() -> HostSide {
    HostSide::Tcp("127.0.0.1:0".parse().unwrap())
}

#[test]
fn web_repl_does_all_steps() {
    let mut board = paced(tcp());
    let mut model = Model::new(&board, "none");
    matrix(&mut board, &mut model);
}

/// A board without a speed limit.
fn fast() -> VirtualBoard {
    boards::start(&boardside::virtual_board::Profile {
        host: tcp(),
        ..boards::fast()
    })
}

#[rstest]
#[case::wrong("nope", "wire.login", "the password is wrong")]
#[case::too_long("0123456789", "wire.login", "9 characters")]
#[case::none("", "wire.no_password", "asks for a password")]
fn without_its_password_nobody_gets_in(#[case] password: &str, #[case] code: &str, #[case] text: &str) {
    let board = fast();
    let model = Model::new(&board, "none");
    let workspace = Workspace::new(&[]);
    let address = format!("ws://:{password}@127.0.0.1:{}", model.port);
    let ran = workspace.boardside(&["ls", "-d", &address]);
    assert_eq!((ran.exit, ran.code()), (3, code), "{ran:?}");
    assert!(ran.last()["message"].as_str().unwrap().contains(text), "{ran:?}");
    assert!(
        password.is_empty() || !format!("{ran:?}").contains(password),
        "{ran:?}"
    );
}

#[test]
fn the_password_may_stand_in_the_environment() {
    let board = fast();
    let model = Model::new(&board, "none");
    let workspace = Workspace::new(&[]);
    let mut command = workspace.command();
    let address = format!("ws://127.0.0.1:{}", model.port);
    command
        .args(["eval", "6*7", "-d", &address])
        .env("BOARDSIDE_PASSWORD", PASSWORD);
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stdout), "42\n");
}

#[rstest]
#[case::goodbye("bye=2000", 4, "wire.gone")]
#[case::no_web_socket("text", 3, "wire.foreign")]
fn what_the_board_ends_is_told(#[case] fault: &str, #[case] exit: i32, #[case] code: &str) {
    let board = fast();
    let model = Model::new(&board, fault);
    let workspace = Workspace::new(&[("main.py", b"print(1)\n")]);
    let ran = workspace.boardside(&["exec", "print('x' * 4000)", "-d", &model.address()]);
    assert_eq!((ran.exit, ran.code()), (exit, code), "{ran:?}");
}

/// Firmware whose stdin is no stream of bytes.
fn without_stdin() -> VirtualBoard {
    boards::start(&boardside::virtual_board::Profile {
        host: tcp(),
        without: vec!["stdin.buffer".to_owned()],
        ..boards::fast()
    })
}

#[test]
fn files_go_beside_the_repl_where_it_takes_no_bytes() {
    let mut board = without_stdin();
    let mut model = Model::new(&board, "none");
    let workspace = Workspace::new(&[
        ("main.py", b"print('first')\n"),
        ("empty.py", b""),
        ("lib/every.bin", &every_byte(5_000)),
    ]);
    let ran = workspace.sync(&model.address(), &["--verify"]);
    assert_eq!((ran.exit, ran.count("added")), (0, 3), "{ran:?}");
    assert_eq!(
        (ran.last()["tier"].as_str(), project(&board)),
        (Some("files"), workspace.files())
    );
    // The board closes the connection in the middle of a file: the old project is still there.
    let before = project(&board);
    model.cut(&mut board);
    model.fault = "close=2000".to_owned();
    model.back(&mut board);
    workspace.write("main.py", b"print('second')\n");
    workspace.write("lib/every.bin", &every_byte(6_000));
    let ran = workspace.sync(&model.address(), &[]);
    assert_eq!((ran.exit, ran.code()), (4, "wire.gone"), "{ran:?}");
    assert_eq!(project(&board), before);
    model.cut(&mut board);
    model.fault = "none".to_owned();
    model.back(&mut board);
    let ran = workspace.sync(&model.address(), &[]);
    assert_eq!((ran.exit, ran.count("updated")), (0, 2), "{ran:?}");
    assert_eq!(project(&board), workspace.files());
}

#[tokio::test]
async fn a_file_comes_back_as_it_went() {
    let mut profile = boards::fast();
    profile.host = tcp();
    profile.files.insert("/every.bin".to_owned(), every_byte(1_000));
    let board = boards::start(&profile);
    let model = Model::new(&board, "none");
    let Ok(Address::WebRepl(place)) = model.address().parse() else {
        panic!("{}", model.address());
    };
    let wire = web_repl::open(&place, boards::LIMIT).await.unwrap();
    let mut repl = Repl::new(Box::new(wire), "ws");
    repl.enter(Patience::Normal, &mut |_| {}).await.unwrap();
    assert_eq!(repl.exec("print(6*7)", boards::LIMIT).await.unwrap(), b"42\n");
    let got = get_file(&mut repl, "/every.bin", &mut |_| {}).await.unwrap();
    assert_eq!(got, Some(every_byte(1_000)));
    assert!(
        put_file(&mut repl, "/new.bin", &every_byte(700), &mut |_| {})
            .await
            .unwrap()
    );
    assert_eq!(
        get_file(&mut repl, "/new.bin", &mut |_| {}).await.unwrap(),
        Some(every_byte(700))
    );
    assert_eq!(repl.exec("print(6*7)", boards::LIMIT).await.unwrap(), b"42\n");
    assert!(
        !put_file(&mut repl, &"x".repeat(64), b"", &mut |_| {})
            .await
            .unwrap()
    );
}

/// What lies on the flash, without Boardside's own.
fn project(board: &VirtualBoard) -> BTreeMap<String, Vec<u8>> {
    let mut files = board.files().unwrap();
    files.retain(|path, _| !path.starts_with("/.boardside") && !path.ends_with('/'));
    files
}

#[test]
fn a_soft_reset_may_end_the_connection() {
    let board = fast();
    let model = Model::new(&board, "reset");
    let workspace = Workspace::new(&[("main.py", b"print(1)\n")]);
    let ran = workspace.sync(&model.address(), &["--after", "reset"]);
    assert_eq!((ran.exit, ran.count("added")), (0, 1), "{ran:?}");
}

#[test]
fn pings_are_answered_and_disturb_nothing() {
    let board = fast();
    let model = Model::new(&board, "ping");
    let workspace = Workspace::new(&[
        ("main.py", b"print(1)\n"),
        ("b.bin", &[3, 255, 0, 10, 13].repeat(900)),
    ]);
    let ran = workspace.sync(&model.address(), &["--verify"]);
    assert_eq!((ran.exit, ran.count("added")), (0, 2), "{ran:?}");
}
