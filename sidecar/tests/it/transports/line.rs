//! The wires by themselves, through the same peers: every byte value both ways, and what a port is told.
//! No board: an end that sends back what it is sent.

use std::fs;
use std::io::Write as _;

use boardside::wire::Lines;
use boardside::wire::Telnet;
use boardside::wire::Wire;
use boardside::wire::WireError;
use boardside::wire::telnet;
use boardside::wire::telnet::Asked;
use boardside::wire::telnet::Said;
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;

use super::every_byte;
use super::network::Server;
use super::network::pyserial;
use super::network::python;
use super::network::ser2net;
use crate::boards::LIMIT;

/// A terminal whose other end is in this process.
pub(crate) fn terminal() -> (fs::File, String) {
    let flags = rustix::pty::OpenptFlags::RDWR | rustix::pty::OpenptFlags::NOCTTY;
    let main = rustix::pty::openpt(flags | rustix::pty::OpenptFlags::CLOEXEC).unwrap();
    rustix::pty::grantpt(&main).unwrap();
    rustix::pty::unlockpt(&main).unwrap();
    let path = rustix::pty::ptsname(&main, Vec::new())
        .unwrap()
        .into_string()
        .unwrap();
    (fs::File::from(main), path)
}

/// 64 KiB there and back through an end that sends back what it is sent.
async fn assert_echoes(wire: Telnet, what: &str) {
    let all = every_byte(64 << 10);
    let (mut reader, mut writer) = tokio::io::split(wire);
    let sent = all.clone();
    let sending = tokio::spawn(async move {
        writer.write_all(&sent).await.unwrap();
        writer.flush().await.unwrap();
        writer
    });
    let mut got = vec![0; all.len()];
    let read = tokio::time::timeout(LIMIT, reader.read_exact(&mut got)).await;
    read.unwrap_or_else(|_| panic!("{what}: not all came back"))
        .unwrap();
    assert!(got == all, "{what}: other bytes came back");
    drop(sending.await.unwrap());
}

/// Sends back what it reads, until the terminal is closed.
fn echo(main: fs::File) -> std::thread::JoinHandle<()> {
    use std::io::Read as _;
    std::thread::spawn(move || {
        let (mut main, mut bytes) = (main, [0; 512]);
        while let Ok(count) = main.read(&mut bytes) {
            if count == 0 || main.write_all(&bytes[..count]).is_err() {
                return;
            }
        }
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_byte_value_passes_both_ways_through_every_peer() {
    for name in ["ser2net telnet", "ser2net rfc2217", "pyserial"] {
        let (main, tty) = terminal();
        // Held open and raw, so that the echo reads what the server writes, and nothing else.
        let held = fs::File::options().read(true).write(true).open(&tty).unwrap();
        let mut modes = rustix::termios::tcgetattr(&held).unwrap();
        modes.make_raw();
        rustix::termios::tcsetattr(&held, rustix::termios::OptionalActions::Now, &modes).unwrap();
        let echo = echo(main);
        let server = match name {
            "pyserial" => pyserial(&tty),
            "ser2net rfc2217" => ser2net("rfc2217://", "telnet(rfc2217)", &tty),
            _ => ser2net("telnet://", "telnet", &tty),
        };
        let place = server.place();
        let wire = if name == "ser2net telnet" {
            let mut wire = telnet::open(&place, LIMIT).await.unwrap();
            let asked = wire.asked(Said::Hello { expects: false }).await.unwrap();
            assert_eq!(asked, Asked::Nothing, "{name}");
            wire
        } else {
            telnet::open_rfc2217(&place, 115_200, LIMIT).await.unwrap()
        };
        assert!(wire.is_binary(), "{name}");
        assert_echoes(wire, name).await;
        drop((server, held));
        echo.join().unwrap();
    }
}

#[tokio::test]
async fn lines_rates_purge_and_break_are_what_the_port_is_told() {
    let folder = TempDir::new().unwrap();
    let paper = folder.path().join("paper");
    let told = paper.to_str().unwrap().to_owned();
    let server = Server::new("rfc2217://", move || python("rfc2217_server.py", &["-", &told]));
    let mut wire = telnet::open_rfc2217(&server.place(), 9_600, LIMIT).await.unwrap();
    assert_eq!(wire.baud(), Some(9_600));
    for step in wire.reset_steps() {
        wire.set_lines(step.lines).unwrap();
    }
    wire.set_baud(921_600).unwrap();
    assert_eq!(wire.baud(), Some(921_600));
    wire.purge().unwrap();
    wire.set_break(true).unwrap();
    wire.set_break(false).unwrap();
    // All of it is done before what comes behind it is sent back.
    wire.write_all(b"end").await.unwrap();
    let mut got = [0; 3];
    let read = tokio::time::timeout(LIMIT, wire.read_exact(&mut got)).await;
    read.expect("it answers").unwrap();
    assert_eq!(&got, b"end");
    let text = fs::read_to_string(&paper).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let expected = [
        "baudrate 9600",
        "bytesize 8",
        "parity N",
        "stopbits 1",
        "xonxoff False",
        "rtscts False",
        // Espressif's reset: RTS without DTR, neither, both; never RTS without DTR on the way to anything else.
        "rts True",
        "dtr False",
        "rts False",
        "dtr False",
        "dtr True",
        "rts True",
        "baudrate 921600",
        "reset_input_buffer",
        "reset_output_buffer",
        "break_condition True",
        "break_condition False",
    ];
    assert_eq!(lines, expected);
}

#[tokio::test]
async fn a_port_without_commands_is_told_from_one_with() {
    let (_main, tty) = terminal();
    let server = ser2net("telnet://", "telnet", &tty);
    let mut place = server.place();
    let error = telnet::open_rfc2217(&place, 9_600, LIMIT).await.unwrap_err();
    assert!(matches!(error, WireError::NoRfc2217 { .. }), "{error:?}");
    // As it should be asked for. It has no lines then.
    place.user = None;
    let mut wire = telnet::open(&place, LIMIT).await.unwrap();
    let lines = Lines { dtr: true, rts: true };
    assert!(matches!(wire.set_lines(lines), Err(WireError::NoLines)));
    assert!(matches!(wire.purge(), Err(WireError::NoLines)));
    assert!(wire.set_baud(9_600).is_err() && wire.baud().is_none());
}
