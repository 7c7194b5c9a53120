//! Where passwords come from: the keychain of a real Secret Service, the environment, somebody at a terminal; and where
//! they never go. Addresses that worked are offered again.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

use boardside::virtual_board::HostSide;
use boardside::virtual_board::Profile;
use boardside::virtual_board::Tools;
use boardside::virtual_board::VirtualBoard;

use super::Peer as _;
use super::network::Server;
use super::network::telnet_login;
use crate::boards;
use crate::boards::target;
use crate::desk::Desk;
use crate::running::Terminal;

/// A board behind a telnet server that wants micro and python, and a desk that says only who.
fn behind_a_login() -> (VirtualBoard, Server, Desk) {
    let board = boards::start(&Profile {
        host: HostSide::Tcp("127.0.0.1:0".parse().unwrap()),
        ..boards::fast()
    });
    let server = telnet_login("telnet://micro@", "pycom", board.address());
    let desk = Desk::at(&server.address());
    (board, server, desk)
}

/// No file below the folder has the password.
fn assert_nowhere(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_nowhere(&path);
        } else {
            let text = fs::read(&path).unwrap();
            assert!(
                !text.windows(6).any(|some| some == b"python"),
                "{}",
                path.display()
            );
        }
    }
}

#[test]
fn a_password_is_kept_in_a_real_keychain_when_the_user_says_so_and_forgotten_again() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| Tools::keychain(&target(), &mut |line| eprintln!("{line}")).unwrap());
    let (_board, _server, desk) = behind_a_login();
    let keys = tempfile::tempdir().unwrap();
    let script = "set -e
        echo secret | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
        echo python | \"$BOARDSIDE\" login \"$BOARDSIDE_DEVICE\"
        \"$BOARDSIDE\" eval 6*7
        \"$BOARDSIDE\" logout \"$BOARDSIDE_DEVICE\"
        \"$BOARDSIDE\" logout \"$BOARDSIDE_DEVICE\"
        \"$BOARDSIDE\" eval 6*7";
    let output = Command::new("dbus-run-session")
        .args(["--", "sh", "-c", script])
        .current_dir(desk.folder.path())
        .env("BOARDSIDE", env!("CARGO_BIN_EXE_boardside"))
        .env("BOARDSIDE_DEVICE", &desk.device)
        .env("XDG_CACHE_HOME", desk.path("cache"))
        .env("XDG_DATA_HOME", keys.path().join("data"))
        .env("XDG_RUNTIME_DIR", keys.path())
        .env("HOME", keys.path())
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    let address = &desk.device;
    let expected = format!(
        "the password for {address} is in the keychain\n42\nthe password for {address} is forgotten\n\
         no password was kept for {address}\n"
    );
    assert_eq!(out, expected, "{err}");
    assert!(err.contains("[wire.no_password]"), "{err}");
    assert_nowhere(desk.folder.path());
}

#[test]
fn a_password_is_asked_once_at_a_terminal_and_not_shown() {
    let (_board, _server, desk) = behind_a_login();
    let mut command = desk.command(&["console"]);
    command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
    let mut terminal = Terminal::start(command);
    terminal.until(&format!("password for {}: ", desk.device));
    terminal.press("pythX\x7fon\r");
    let seen = terminal.until("Ctrl-] leaves");
    assert!(!seen.contains("pyth"), "{seen}");
    terminal.press("\r6*7\r");
    terminal.until("42");
    terminal.press("\x1d");
    assert_eq!(terminal.exit(), 0);
    assert_nowhere(desk.folder.path());
}

#[test]
fn an_address_that_worked_is_offered_again_without_its_password() {
    let (_board, _server, desk) = behind_a_login();
    let address = desk.device.clone();
    let with_password = address.replacen("micro@", "micro:python@", 1);
    assert_eq!(desk.run(&["devices", "--addresses"]).good().trim(), "");
    desk.run(&["eval", "1", "-d", &with_password]).good();
    assert_eq!(desk.run(&["devices", "--addresses"]).good().trim(), address);
    let listed = desk.run(&["devices"]).good();
    assert!(
        listed.contains(&address) && !listed.contains("python"),
        "{listed}"
    );
    assert_nowhere(desk.folder.path());
    // As a shell does it.
    let script = desk.run(&["completions", "bash"]).good();
    desk.write("completions", script);
    let program = Path::new(env!("CARGO_BIN_EXE_boardside")).parent().unwrap();
    let output = Command::new("bash")
        .args([
            "-c",
            "source ./completions; COMP_WORDS=(boardside ls -d ''); COMP_CWORD=3
                _boardside boardside '' -d; printf '%s\n' \"${COMPREPLY[@]}\"",
        ])
        .current_dir(desk.folder.path())
        .env("XDG_CACHE_HOME", desk.path("cache"))
        .env("PATH", format!("{}:/usr/bin:/bin", program.display()))
        .output()
        .unwrap();
    let offered = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(offered.lines().any(|line| line == address), "{output:?}");
    for (shell, part) in [
        ("zsh", ":ADDRESS:_boardside_addresses"),
        ("fish", "-a '(boardside devices --addresses"),
    ] {
        let script = desk.run(&["completions", shell]).good();
        assert!(script.contains(part), "{shell}");
    }
    let logout = desk
        .command(&["logout", &address])
        .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
        .output();
    assert_eq!(logout.unwrap().status.code(), Some(1), "there is no keychain");
    assert_eq!(desk.run(&["devices", "--addresses"]).good().trim(), "");
}

#[test]
fn a_password_in_a_settings_file_is_refused_and_it_says_what_to_do() {
    let desk = Desk::at("");
    desk.write("boardside.toml", "device = \"telnet://micro:python@127.0.0.1\"\n");
    let mut command = desk.command(&["sync"]);
    let output = command.env_remove("BOARDSIDE_DEVICE").output().unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("write `telnet://micro@127.0.0.1`"), "{text}");
    assert!(
        text.contains("`boardside login telnet://micro@127.0.0.1`"),
        "{text}"
    );
    assert!(!text.contains("python"), "{text}");
}
