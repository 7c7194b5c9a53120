//! Serial wires on real pseudo-terminals: what passes, who may open, how it ends.
//! Modem lines cannot be tested here: pseudo-terminals have none.

use std::fs::File;
use std::io::Write as _;
use std::path::PathBuf;

use boardside::wire::Lines;
use boardside::wire::Serial;
use boardside::wire::SerialSettings;
use boardside::wire::Wire as _;
use boardside::wire::WireError;
use boardside::wire::serial;
use rustix::fs::Mode;
use rustix::fs::OFlags;
use rustix::pty::OpenptFlags;
use rustix::termios::OptionalActions;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;

use super::assert_transparent;

/// A pseudo-terminal, with the board's end in our hands.
pub(super) struct Pty {
    pub(super) board: tokio::fs::File,
    /// Keeps the terminal alive while nobody has it open, as virtual boards do.
    kept: File,
    pub(super) path: String,
}

impl Pty {
    pub(super) fn new() -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        #[cfg(target_os = "linux")]
        let flags = flags | OpenptFlags::CLOEXEC;
        let board = rustix::pty::openpt(flags).unwrap();
        rustix::pty::grantpt(&board).unwrap();
        rustix::pty::unlockpt(&board).unwrap();
        let path = rustix::pty::ptsname(&board, Vec::new())
            .unwrap()
            .into_string()
            .unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let kept = rustix::fs::open(path.as_str(), flags, Mode::empty()).unwrap();
        let mut modes = rustix::termios::tcgetattr(&kept).unwrap();
        modes.make_raw();
        rustix::termios::tcsetattr(&kept, OptionalActions::Now, &modes).unwrap();
        Self {
            board: tokio::fs::File::from_std(File::from(board)),
            kept: File::from(kept),
            path,
        }
    }

    pub(super) async fn open(&self) -> Result<Serial, WireError> {
        serial::open(&self.path, SerialSettings::default()).await
    }

    async fn send(&mut self, bytes: &[u8]) {
        self.board.write_all(bytes).await.unwrap();
        self.board.flush().await.unwrap();
    }
}

#[tokio::test]
async fn a_serial_port_passes_every_byte_unchanged() {
    let mut pty = Pty::new();
    let mut wire = pty.open().await.unwrap();
    assert_transparent(&mut wire, &mut pty.board).await;
    assert_eq!(wire.address(), pty.path);
}

#[tokio::test]
async fn a_port_whose_terminal_is_not_yet_raw_passes_every_byte_unchanged() {
    let mut pty = Pty::new();
    let mut modes = rustix::termios::tcgetattr(&pty.kept).unwrap();
    modes.output_modes |= rustix::termios::OutputModes::OPOST;
    modes.local_modes |= rustix::termios::LocalModes::ICANON | rustix::termios::LocalModes::ECHO;
    modes.input_modes |= rustix::termios::InputModes::ICRNL | rustix::termios::InputModes::IXON;
    rustix::termios::tcsetattr(&pty.kept, OptionalActions::Now, &modes).unwrap();
    let mut wire = pty.open().await.unwrap();
    assert_transparent(&mut wire, &mut pty.board).await;
}

#[tokio::test]
async fn what_the_board_said_before_is_there_unless_it_is_thrown_away() {
    for discard_input in [false, true] {
        let mut pty = Pty::new();
        pty.send(b"before ").await;
        let settings = SerialSettings {
            discard_input,
            ..SerialSettings::default()
        };
        let mut wire = serial::open(&pty.path, settings).await.unwrap();
        pty.send(b"after.").await;
        let mut heard = Vec::new();
        while !heard.ends_with(b".") {
            assert_ne!(wire.read_buf(&mut heard).await.unwrap(), 0);
        }
        let expected: &[u8] = if discard_input {
            b"after."
        } else {
            b"before after."
        };
        assert_eq!(heard, expected, "discard_input: {discard_input}");
    }
}

#[tokio::test]
async fn a_pseudo_terminal_has_no_lines() {
    let pty = Pty::new();
    let mut wire = pty.open().await.unwrap();
    let lines = Lines {
        dtr: true,
        rts: false,
    };
    assert!(matches!(wire.set_lines(lines), Err(WireError::NoLines)));
    assert_eq!(wire.reset_steps(), []);
}

/// macOS knows no rates on pseudo-terminals.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_baud_rate_is_as_set_and_can_change() {
    let pty = Pty::new();
    let mut wire = pty.open().await.unwrap();
    let rate = || rustix::termios::tcgetattr(&pty.kept).unwrap().output_speed();
    assert_eq!(rate(), 115_200);
    wire.set_baud(921_600).unwrap();
    assert_eq!(rate(), 921_600);
}

#[tokio::test]
async fn a_port_that_this_program_has_open_is_busy_until_it_is_closed() {
    let pty = Pty::new();
    let first = pty.open().await.unwrap();
    for share in [false, true] {
        let settings = SerialSettings {
            share,
            ..SerialSettings::default()
        };
        let error = serial::open(&pty.path, settings).await.unwrap_err();
        let WireError::Busy { address, holder } = error else {
            panic!("{error:?}");
        };
        assert_eq!(address, pty.path);
        if cfg!(target_os = "linux") {
            assert_eq!(holder.unwrap().pid, std::process::id());
        }
    }
    drop(first);
    pty.open().await.unwrap();
}

#[tokio::test]
async fn a_board_that_hangs_up_is_gone_for_reading_and_writing() {
    let pty = Pty::new();
    let mut wire = pty.open().await.unwrap();
    let path = pty.path.clone();
    drop(pty);
    let heard = wire.read(&mut [0; 8]).await;
    assert!(matches!(heard, Ok(0) | Err(_)), "{heard:?}");
    wire.write_all(b"x").await.unwrap_err();
    assert!(matches!(wire.gone(), WireError::Gone { address } if address == path));
}

#[tokio::test]
async fn a_read_that_waits_ends_when_the_board_hangs_up() {
    let pty = Pty::new();
    let mut wire = pty.open().await.unwrap();
    let waiting = tokio::spawn(async move { wire.read(&mut [0; 8]).await });
    tokio::task::yield_now().await;
    drop(pty);
    let heard = waiting.await.unwrap();
    assert!(matches!(heard, Ok(0) | Err(_)), "{heard:?}");
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_what_is_no_port_is_no_address() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("notes.txt");
    File::create(&file).unwrap().write_all(b"text").unwrap();
    let open = |path: PathBuf| async move {
        serial::open(path.to_str().unwrap(), SerialSettings::default())
            .await
            .unwrap_err()
    };
    let missing = open(folder.path().join("ttyACM9")).await;
    assert!(
        matches!(&missing, WireError::NotFound { address, source: Some(_) } if address.ends_with("ttyACM9")),
        "{missing:?}"
    );
    for path in [file.clone(), folder.path().to_owned()] {
        let error = open(path).await;
        assert!(
            matches!(
                error,
                WireError::BadAddress {
                    why: "it is not a serial port",
                    ..
                }
            ),
            "{error:?}"
        );
    }
    assert_eq!(std::fs::read(file).unwrap(), b"text");
}
