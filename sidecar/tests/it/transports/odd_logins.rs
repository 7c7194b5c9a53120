//! Telnet servers with habits: how they prompt, when, and what they do to who is wrong.
//! Where a password comes from is tested in `passwords` and in the chapter `server`.

use boardside::virtual_board::HostSide;
use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;

use super::Peer as _;
use super::network::Server;
use super::network::python;
use crate::boards;
use crate::desk::Desk;

fn board() -> VirtualBoard {
    boards::start(&Profile {
        host: HostSide::Tcp("127.0.0.1:0".parse().unwrap()),
        ..boards::fast()
    })
}

/// A server with a habit, over a board at a socket.
pub(crate) fn odd(kind: &'static str, board: &str) -> Server {
    let board = board.strip_prefix("socket://").unwrap().to_owned();
    Server::new("telnet://", move || python("odd_telnet.py", &[kind, &board]))
}

#[test]
fn every_habit_ends_at_the_board_or_with_its_reason() {
    let board = board();
    for (kind, login, code) in [
        ("late", "micro:python@", ""),
        ("late", "", "wire.no_user"),
        ("greets", "", "wire.no_user"),
        ("colours", "micro:python@", ""),
        ("colours", "", "wire.no_user"),
        ("echo", "micro:python@", ""),
        ("echo", "micro:wrong@", "wire.login"),
        ("banner", "micro:python@", ""),
        ("banner", "", "wire.no_user"),
        ("once", "micro:python@", ""),
        ("once", "micro:wrong@", "wire.login_closed"),
        ("three", "micro:wrong@", "wire.login"),
        ("quiet", "micro:python@", ""),
        ("password", ":python@", ""),
        ("password", "", "wire.no_password"),
        ("flood", "micro:python@", ""),
        ("flood", "", "wire.no_user"),
        ("slow", "micro:python@", ""),
        ("slow", "micro:wrong@", "wire.login"),
        ("none", "", ""),
        ("closes", "micro:python@", "wire.login_closed"),
        ("closes", "", "wire.login_closed"),
        ("resets", "micro:python@", "wire.login_closed"),
        ("hangs", "", "board.silent"),
    ] {
        let server = odd(kind, board.address());
        let address = server.address().replacen("//", &format!("//{login}"), 1);
        let desk = Desk::at(&address);
        let mut command = desk.command(&["eval", "6*7"]);
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
        let output = command.output().unwrap();
        let (out, err) = (
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr),
        );
        let told = err.split(['[', ']']).nth(1).unwrap_or_default();
        assert_eq!(told, code, "{kind} {login}: {err}");
        assert_eq!(out.trim() == "42", code.is_empty(), "{kind} {login}: {out}");
        assert!(!err.contains("wrong@") && !err.contains(":python"), "{err}");
    }
}
