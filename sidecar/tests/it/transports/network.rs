//! The same steps through real peers: ser2net, pyserial's RFC 2217 server, and a telnet server with a login.
//! What is special to them: logins, rates, bytes that do not pass.

use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::net::TcpListener;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Instant;

use boardside::virtual_board::HostSide;
use boardside::virtual_board::Profile;
use boardside::virtual_board::Tools;
use boardside::virtual_board::VirtualBoard;
use boardside::wire::Address;
use boardside::wire::Place;
use rstest::rstest;
use tempfile::TempDir;

use super::Peer;
use super::every_byte;
use super::matrix;
use super::paced;
use crate::boards;
use crate::boards::LIMIT;
use crate::boards::target;
use crate::boards::tools;
use crate::desk::Desk;
use crate::workspace::Workspace;

/// A process between the program and the board.
pub(crate) struct Server {
    child: Child,
    port: u16,
    /// How the address begins.
    before: &'static str,
    start: Box<dyn Fn() -> (Child, u16)>,
}

impl Server {
    pub(crate) fn new(before: &'static str, start: impl Fn() -> (Child, u16) + 'static) -> Self {
        let (child, port) = start();
        Self {
            child,
            port,
            before,
            start: Box::new(start),
        }
    }

    pub(super) fn place(&self) -> Place {
        let address: Address = self.address().parse().unwrap();
        address.place().unwrap().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Peer for Server {
    fn address(&self) -> String {
        format!("{}127.0.0.1:{}", self.before, self.port)
    }

    fn cut(&mut self, _board: &mut VirtualBoard) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    fn back(&mut self, board: &mut VirtualBoard) {
        board
            .wait("end of the old connection", LIMIT, |status| !status.connected)
            .unwrap();
        (self.child, self.port) = (self.start)();
    }
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("tests/it/transports")
        .join(name)
}

/// A Python program that prints its port.
pub(crate) fn python(name: &str, args: &[&str]) -> (Child, u16) {
    let mut child = tools()
        .python()
        .arg("-B") // leaves nothing beside what it imports
        .arg(script(name))
        .args(args)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().unwrap())
        .read_line(&mut line)
        .unwrap();
    (child, line.trim().parse().unwrap())
}

/// pyserial's RFC 2217 server over a terminal.
pub(crate) fn pyserial(tty: &str) -> Server {
    let tty = tty.to_owned();
    Server::new("rfc2217://", move || python("rfc2217_server.py", &[&tty]))
}

/// A telnet server with a login, over a board at a socket.
pub(crate) fn telnet_login(before: &'static str, kind: &'static str, board: &str) -> Server {
    let board = board.strip_prefix("socket://").unwrap().to_owned();
    Server::new(before, move || python("telnet_server.py", &[kind, &board]))
}

/// Debian's ser2net over a terminal: `telnet` or `telnet(rfc2217)`.
pub(crate) fn ser2net(before: &'static str, accepter: &'static str, tty: &str) -> Server {
    static INSTALLED: OnceLock<PathBuf> = OnceLock::new();
    let program =
        INSTALLED.get_or_init(|| Tools::ser2net(&target(), &mut |line| eprintln!("{line}")).unwrap());
    let folder = TempDir::new().unwrap();
    let tty = tty.to_owned();
    Server::new(before, move || {
        let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let settings = folder.path().join("ser2net.yaml");
        let text = format!(
            "connection: &board\n  accepter: {accepter},tcp,127.0.0.1,{port}\n  \
             connector: serialdev(nouucplock=true),{tty},115200n81,local\n  options:\n    kickolduser: true\n"
        );
        fs::write(&settings, text).unwrap();
        let child = Command::new(program)
            .args(["-n", "-c"])
            .arg(&settings)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        wait_for_listener(port);
        (child, port)
    })
}

/// Without knocking: a serial server opens its port for whoever does.
fn wait_for_listener(port: u16) {
    let listens = format!(":{port:04X} 00000000:0000 0A");
    let start = Instant::now();
    while !fs::read_to_string("/proc/net/tcp").unwrap().contains(&listens) {
        assert!(start.elapsed() < LIMIT, "nobody listens at {port}");
        std::thread::yield_now();
    }
}

#[test]
fn telnet_by_ser2net_does_all_steps() {
    let mut board = paced(HostSide::Pty { link: None });
    let mut peer = ser2net("telnet://", "telnet", board.address());
    matrix(&mut board, &mut peer);
}

#[test]
fn rfc2217_by_ser2net_does_all_steps() {
    let mut board = paced(HostSide::Pty { link: None });
    let mut peer = ser2net("rfc2217://", "telnet(rfc2217)", board.address());
    matrix(&mut board, &mut peer);
}

#[test]
fn rfc2217_by_pyserial_does_all_steps() {
    let mut board = paced(HostSide::Pty { link: None });
    let mut peer = pyserial(board.address());
    matrix(&mut board, &mut peer);
}

#[rstest]
#[case::agreeing("proper")]
#[case::as_pycom_has_it("pycom")]
fn telnet_with_a_login_does_all_steps(#[case] kind: &'static str) {
    let mut board = paced(HostSide::Tcp("127.0.0.1:0".parse().unwrap()));
    let mut peer = telnet_login("telnet://micro:python@", kind, board.address());
    matrix(&mut board, &mut peer);
}

#[test]
fn a_line_that_is_not_clean_gets_text_only_and_a_clean_one_frames() {
    let board = boards::start(&Profile {
        host: HostSide::Tcp("127.0.0.1:0".parse().unwrap()),
        ..boards::fast()
    });
    for (kind, tier) in [("pycom", "paste"), ("proper", "stream")] {
        let peer = telnet_login("telnet://micro:python@", kind, board.address());
        let workspace = Workspace::new(&[("every.bin", &every_byte(3_000)), (kind, b"")]);
        let ran = workspace.sync(&peer.address(), &["--conflict", "overwrite"]);
        assert_eq!(
            (ran.exit, ran.last()["tier"].as_str()),
            (0, Some(tier)),
            "{ran:?}"
        );
        assert!(board.files().unwrap()["/every.bin"] == every_byte(3_000));
    }
}

#[test]
fn a_login_that_goes_wrong_says_how() {
    let board = boards::start(&Profile {
        host: HostSide::Tcp("127.0.0.1:0".parse().unwrap()),
        ..boards::fast()
    });
    for (kind, login, password, code) in [
        ("pycom", "micro:wrong@", None, "wire.login"),
        ("proper", "nobody:python@", None, "wire.login"),
        ("pycom", "micro@", None, "wire.no_password"),
        ("pycom", "", None, "wire.no_user"),
        ("deaf", "micro:python@", None, "wire.login_closed"),
        ("pycom", "micro@", Some("wrong"), "wire.login"),
        ("proper", "micro@", Some("python"), ""),
    ] {
        let peer = telnet_login("telnet://", kind, board.address());
        let address = peer.address().replacen("//", &format!("//{login}"), 1);
        let desk = Desk::at(&address);
        let mut command = desk.command(&["eval", "6*7"]);
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
        command.envs(password.map(|password| ("BOARDSIDE_PASSWORD", password)));
        let output = command.output().unwrap();
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        let told = err.split(['[', ']']).nth(1).unwrap_or_default();
        assert_eq!(told, code, "{kind} {login} {password:?}: {err}");
        assert_eq!(out.trim() == "42", code.is_empty(), "{kind} {login}: {out}");
        // The user's name is no secret.
        assert!(!err.contains("wrong") && !err.contains(":python"), "{err}");
    }
}

#[test]
fn a_faster_line_for_a_sync_through_rfc2217() {
    let workspace = Workspace::new(&[("large.bin", &every_byte(30_000))]);
    for name in ["ser2net", "pyserial"] {
        let board = paced(HostSide::Pty { link: None });
        let peer = match name {
            "ser2net" => ser2net("rfc2217://", "telnet(rfc2217)", board.address()),
            _ => pyserial(board.address()),
        };
        let ran = workspace.sync(&peer.address(), &["--turbo"]);
        assert_eq!((ran.exit, ran.count("baud")), (0, 921_600), "{name}: {ran:?}");
        assert_eq!(board.status().baud, Some(115_200), "{name}");
        assert!(
            board.files().unwrap()["/large.bin"] == every_byte(30_000),
            "{name}"
        );
    }
}
