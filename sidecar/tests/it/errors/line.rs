//! Codes of finding, opening and entering a board: `connect`, `wire`, `repl`, and boards that do not let anybody in.

use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpListener;
use std::net::TcpStream;
use std::process::Command;
use std::process::Stdio;

use boardside::session::Explain as _;
use boardside::session::Explained;
use boardside::wire::Replay;
use boardside::wire::WireError;

use super::How::Real;
use super::How::Value;
use super::Scenario;
use super::Told;
use super::peer::Peer;
use crate::boards;
use crate::desk::Desk;
use crate::desk::with_files;

pub(super) const SCENARIOS: &[Scenario] = &[
    ("connect.no_board", Real(|| with_ports(&[]))),
    ("connect.many_boards", Real(many_boards)),
    (
        "connect.no_such_id",
        Real(|| Told::by(&Desk::at("id:nosuch"), &["ls"])),
    ),
    (
        "connect.no_virtual_board",
        Real(|| Told::by(&Desk::at("virtual:toaster"), &["ls"])),
    ),
    (
        "wire.bad_address",
        Real(|| Told::by(&Desk::at("socket://board"), &["ls"])),
    ),
    (
        "wire.not_found",
        Real(|| Told::by(&Desk::at("/dev/ttyNOTHERE"), &["ls"])),
    ),
    (
        "connect.files_only",
        Real(|| Told::by(&Desk::at("ftp://micro@board"), &["exec", "1"])),
    ),
    ("ftp.refused", Real(ftp_refused)),
    (
        "ftp.timeout",
        Value(
            || {
                let error = boardside::ftp::FtpError::Silent {
                    doing: "write",
                    path: "/main.py".to_owned(),
                    seconds: 20,
                };
                error.explained()
            },
            "it takes 20 s",
        ),
    ),
    ("wire.busy", Real(busy)),
    (
        "wire.permission",
        Value(
            || {
                let error = WireError::Permission {
                    path: "/dev/ttyACM0".into(),
                    group: Some("dialout".to_owned()),
                };
                error.explained()
            },
            "tests may run as root, who may open everything",
        ),
    ),
    ("wire.foreign", Real(foreign)),
    ("wire.gone", Real(gone)),
    ("wire.login", Real(|| telnet("micro:wrong@", LOGIN))),
    ("wire.login_closed", Real(|| telnet("micro:python@", &LOGIN[..1]))),
    ("wire.no_user", Real(|| telnet("", LOGIN))),
    ("wire.no_password", Real(|| telnet("micro@", LOGIN))),
    ("wire.no_rfc2217", Real(no_rfc2217)),
    ("keychain.unusable", Real(no_keychain)),
    ("wire.timeout", Real(timeout)),
    (
        "wire.no_lines",
        Value(
            || WireError::NoLines.explained(),
            "no verb asks a connection without reset lines for them",
        ),
    ),
    ("wire.io", Value(driver, "a driver that fails")),
    (
        "wire.transcript",
        Value(
            || Replay::new("not one").expect_err("no transcript").explained(),
            "transcripts are for tests; no verb plays one",
        ),
    ),
    (
        "board.silent",
        Real(|| Told::by(&Peer::new(|_| Some(Vec::new())).desk(), &["ls"])),
    ),
    (
        "board.not_micropython",
        Real(|| Told::by(&Peer::new(|_| Some(b"\r\nlogin: ".to_vec())).desk(), &["ls"])),
    ),
    ("board.catches_interrupt", Real(catches)),
    ("board.keeps_printing", Real(keeps_printing)),
    (
        "board.restarts",
        Value(
            || {
                let after = std::time::Duration::from_secs(2);
                boardside::board::BoardError::Restarts { after }.explained()
            },
            "a watchdog takes seconds: `hostile` has it for real",
        ),
    ),
    (
        "board.not_caught",
        Real(|| Told::by(&Peer::new(|_| Some(Vec::new())).desk(), &["ls", "--force-boot"])),
    ),
    ("repl.timeout", Real(repl_timeout)),
    ("repl.damaged", Real(damaged)),
];

fn many_boards() -> Told {
    let boards = [boards::start(&boards::fast()), boards::start(&boards::fast())];
    with_ports(&[boards[0].address(), boards[1].address()])
}

/// With no other boards than these.
fn with_ports(ports: &[&str]) -> Told {
    let desk = Desk::at("");
    let mut command = desk.command(&["ls", "--json"]);
    command
        .env_remove("BOARDSIDE_DEVICE")
        .env("BOARDSIDE_PORTS", ports.join(":"));
    let output = command.output().unwrap();
    let last = String::from_utf8(output.stdout).unwrap();
    Told::of(&serde_json::from_str(last.trim()).unwrap(), output.status.code())
}

fn ftp_refused() -> Told {
    let server = crate::ftp::Server::new("readonly");
    Told::by(&Desk::at(&server.address()), &["mkdir", "lib"])
}

fn busy() -> Told {
    let board = boards::start(&boards::fast());
    let hold = "import os,sys; f=os.open(sys.argv[1], os.O_RDWR|os.O_NOCTTY); print('held', flush=True); sys.stdin.read()";
    let mut holder = Command::new("python3")
        .args(["-c", hold, board.address()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    holder.stdout.as_mut().unwrap().read_exact(&mut [0; 5]).unwrap();
    let told = Told::by(&Desk::at(board.address()), &["ls"]);
    drop(holder.stdin.take());
    holder.wait().unwrap();
    told
}

fn gone() -> Told {
    let peer = Peer::new(|_| None);
    Told::by(&peer.desk(), &["ls"])
}

/// What a server with a login says, one after the other, each after it was answered.
const LOGIN: &[&str] = &[
    "Login as: ",
    "Password: ",
    "Invalid credentials, try again.\r\nLogin as: ",
];

/// Says these things to one client, and hangs up.
fn telnet(login: &str, says: &'static [&str]) -> Told {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut client, _) = listener.accept().unwrap();
        for text in says {
            if client.write_all(text.as_bytes()).is_err() {
                return; // it had heard enough
            }
            let mut byte = [0];
            while byte[0] != b'\n' && client.read(&mut byte).is_ok_and(|count| count > 0) {}
        }
    });
    let desk = Desk::at(&format!("telnet://{login}{address}"));
    let told = Told::by_without_keychain(&desk, &["ls"]);
    server.join().unwrap();
    told
}

/// A web server.
fn foreign() -> Told {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        stream.write_all(b"HTTP/1.0 200 OK\r\n\r\n<html>\r\n").unwrap();
        stream.read(&mut [0; 1024]).unwrap_or_default();
    });
    let told = Told::by(&Desk::at(&format!("ws://:secret@{address}")), &["ls"]);
    server.join().unwrap();
    told
}

/// A listener that knows nothing of telnet.
fn no_rfc2217() -> Told {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || listener.accept().unwrap());
    let told = Told::by(&Desk::at(&format!("rfc2217://{address}")), &["ls"]);
    drop(server.join().unwrap());
    told
}

fn no_keychain() -> Told {
    let address = "telnet://micro:python@127.0.0.1";
    Told::by_without_keychain(&Desk::at(""), &["login", address])
}

/// A listener whose queue is full answers nobody.
fn timeout() -> Told {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    rustix::net::listen(&listener, 0).unwrap();
    let address = listener.local_addr().unwrap();
    let limit = std::time::Duration::from_millis(300);
    let mut queue = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, limit) {
        queue.push(stream);
    }
    Told::by(&Desk::at(&format!("socket://{address}")), &["ls"])
}

fn driver() -> Explained {
    let error = WireError::Io {
        address: "/dev/ttyUSB0".to_owned(),
        source: std::io::Error::from_raw_os_error(5),
    };
    error.explained()
}

fn catches() -> Told {
    let peer = Peer::new(|bytes| {
        let said: &[u8] = if bytes.contains(&3) { b"no\r\n" } else { b"" };
        Some(said.to_vec())
    });
    Told::by(&peer.desk(), &["ls"])
}

fn keeps_printing() -> Told {
    let main = "import micropython\nmicropython.kbd_intr(-1)\nimport time\nwhile True:\n    print('here')\n    time.sleep(0.02)\n";
    let board = boards::start(&with_files(&[("/main.py", main)]));
    Told::by(&Desk::at(board.address()), &["ls"])
}

/// It says that it knows raw-paste, and then no more.
fn repl_timeout() -> Told {
    let mut asked = false;
    let peer = Peer::new(move |bytes| {
        let knock = bytes.contains(&1) && !asked;
        asked |= knock;
        let said: &[u8] = if knock {
            b"raw REPL; CTRL-B to exit\r\n>R"
        } else {
            b""
        };
        Some(said.to_vec())
    });
    Told::by(&peer.desk(), &["ls"])
}

/// A file of five bytes whose bytes never came; else all answers are in order.
fn damaged() -> Told {
    let facts = "\x020756f hm 9000 0 0 0 / - esp8266 1.29.0\x03\r\n\x020296n board\x03\r\n";
    let file = "\x0200c0k 5\x03\r\n\x02013ae 5 00\x03\r\n";
    let said = format!("{facts}{file}\x04\x04>");
    Told::by(&Peer::repl(said.leak()).desk(), &["cat", "a.py"])
}
