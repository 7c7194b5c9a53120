//! `boardside virtual-board`: a board without hardware, until Ctrl-C.
//! Arguments and words only; the board itself is started by `session`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::json;
use tokio::io::AsyncBufReadExt as _;
use tokio::io::BufReader;
use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

use crate::cli::failure::Failure;
use crate::cli::screen::Screen;
use crate::session::ConnectError;
use crate::session::Exit;
use crate::session::virtual_boards::Faults;
use crate::session::virtual_boards::FileSystem;
use crate::session::virtual_boards::HostSide;
use crate::session::virtual_boards::Kind;
use crate::session::virtual_boards::Profile;
use crate::session::virtual_boards::VirtualBoard;
use crate::session::virtual_boards::VirtualBoardError;
use crate::session::virtual_boards::parse_size;
use crate::session::virtual_boards::start_profile;

/// How often it is looked whether the board has failed.
const LOOK: Duration = Duration::from_millis(500);

/// Real MicroPython behind a serial port with a speed and faults, for trying things and for tests.
///
/// While it runs it takes orders, one a line: `cut` pulls the cable, `back` plugs it in again,
/// `files` shows what is on the flash (read from outside, with contents under --json),
/// an empty line turns the power off and on. Ctrl-C ends it.
#[derive(Clone, Debug, clap::Args)]
pub(super) struct Args {
    /// `unix` (recent, everything) or `microbit` (2017, 8.8 KiB of heap, emulated).
    #[arg(default_value = "unix", value_parser = str::parse::<Kind>)]
    kind: Kind,
    /// Where the serial port appears, for example /tmp/board.
    #[arg(long, value_name = "PATH", conflicts_with = "listen")]
    link: Option<PathBuf>,
    /// A TCP port instead of a serial port, one client at a time; port 0 takes a free one.
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<SocketAddr>,
    /// No speed: bytes arrive when they are sent. `--baud` sets one, 115200 otherwise.
    #[arg(long, conflicts_with = "baud")]
    unpaced: bool,
    /// Bytes of flash.
    #[arg(long, default_value = "2M", value_name = "SIZE")]
    flash: String,
    /// Bytes of heap; objects are twice as big as on a 32-bit board.
    #[arg(long, default_value = "2M", value_name = "SIZE")]
    heap: String,
    /// `littlefs` or `fat`.
    #[arg(long, default_value = "littlefs", value_parser = str::parse::<FileSystem>)]
    fs: FileSystem,
    /// A file that keeps the flash; made if it is not there.
    #[arg(long, value_name = "FILE")]
    image: Option<PathBuf>,
    /// What this firmware lacks: built-in modules, `stdin.buffer`, `raw-paste`, `UART` (which can change the speed).
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    without: Vec<String>,
    /// Above so many bits per second the board's UART damages what passes.
    #[arg(long, value_name = "N")]
    max_baud: Option<u32>,
    /// The port is the board's own USB: it goes away when the board resets, sleeps deeply or loses its power.
    #[arg(long, conflicts_with = "listen")]
    native_usb: bool,
    /// Mount the file system read-only.
    #[arg(long)]
    read_only: bool,
    /// What goes wrong, for example `seed=7,drop=2000,cut=5000:1s`.
    #[arg(long, default_value = "", value_name = "SPEC", value_parser = str::parse::<Faults>)]
    fault: Faults,
}

/// Runs a board until Ctrl-C (or SIGTERM), and does what is typed.
pub(super) async fn run(baud: Option<u32>, args: Args, screen: &mut Screen) -> Result<Exit, Failure> {
    let profile = profile(baud, args).map_err(|error| {
        let help = "boardside virtual-board --help shows what there is";
        Failure::usage(error.to_string(), help)
    })?;
    let mut board = start_profile(&profile, &mut |line| screen.warn(line))?;
    let kind = profile.kind.name();
    screen.event(&json!({"event": "virtual_board", "kind": kind, "address": board.address()}));
    screen.say(&format!("{kind} board at {}", board.address()));
    screen.say("Enter turns its power off and on, Ctrl-C ends it; cut, back and files do what --help says.");
    let listening = |error: io::Error| Failure::io("listening for signals", &error);
    let mut interrupt = signal(SignalKind::interrupt()).map_err(listening)?;
    let mut terminate = signal(SignalKind::terminate()).map_err(listening)?;
    let mut keys = BufReader::new(tokio::io::stdin()).lines();
    let mut typing = true;
    loop {
        tokio::select! {
            _ = interrupt.recv() => return Ok(Exit::Done),
            _ = terminate.recv() => return Ok(Exit::Done),
            line = keys.next_line(), if typing => match line {
                Ok(Some(order)) => obey(order.trim(), &mut board, screen).map_err(|error| stopped(&error))?,
                _ => typing = false, // no terminal
            },
            () = tokio::time::sleep(LOOK) => {
                if let Some(why) = board.status().failed {
                    return Err(stopped(&VirtualBoardError::Boot { output: why }));
                }
            }
        }
    }
}

/// Does one typed order; each is answered when it is done.
fn obey(order: &str, board: &mut VirtualBoard, screen: &mut Screen) -> Result<(), VirtualBoardError> {
    let said = match order {
        "" => {
            board.power_cycle()?;
            "power off, power on"
        }
        "cut" => {
            board.unplug()?;
            "the cable is pulled"
        }
        "back" => {
            board.replug()?;
            "the cable is back"
        }
        "files" => return board.files().map(|files| tell(&files, screen)),
        _ => {
            screen.warn(&format!("there is no order {order:?}: Enter, cut, back, files"));
            return Ok(());
        }
    };
    let order = if order.is_empty() { "power" } else { order };
    screen.event(&json!({"event": order}));
    screen.say(said);
    Ok(())
}

/// What is on the flash: names and sizes for people, contents for programs.
fn tell(files: &BTreeMap<String, Vec<u8>>, screen: &mut Screen) {
    let texts: BTreeMap<&String, Cow<'_, str>> = files
        .iter()
        .map(|(path, content)| (path, String::from_utf8_lossy(content)))
        .collect();
    screen.event(&json!({"event": "files", "files": texts}));
    for (path, content) in files {
        screen.say(&format!("{path} {} B", content.len()));
    }
}

fn stopped(error: &VirtualBoardError) -> Failure {
    let why = error.to_string();
    ConnectError::Virtual { why }.into()
}

fn profile(baud: Option<u32>, args: Args) -> Result<Profile, VirtualBoardError> {
    Ok(Profile {
        baud: (!args.unpaced).then_some(baud.unwrap_or(115_200)),
        flash: parse_size(&args.flash)?,
        heap: parse_size(&args.heap)?,
        file_system: args.fs,
        image: args.image,
        without: args.without,
        max_baud: args.max_baud,
        native_usb: args.native_usb,
        read_only: args.read_only,
        faults: args.fault,
        host: args
            .listen
            .map_or(HostSide::Pty { link: args.link }, HostSide::Tcp),
        ..Profile::new(args.kind)
    })
}
