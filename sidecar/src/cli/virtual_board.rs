//! `boardside virtual-board`: a board without hardware, until Ctrl-C.
//! Arguments and words only; the board itself is started by `session`.

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
use crate::session::virtual_boards::VirtualBoardError;
use crate::session::virtual_boards::parse_size;
use crate::session::virtual_boards::start_profile;

/// How often it is looked whether the board has failed.
const LOOK: Duration = Duration::from_millis(500);

/// Real MicroPython behind a serial port with a speed and faults, for trying things and for tests.
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
    /// What this firmware lacks: built-in modules, `stdin.buffer`, `raw-paste`.
    #[arg(long, value_delimiter = ',', value_name = "NAME,…")]
    without: Vec<String>,
    /// Mount the file system read-only.
    #[arg(long)]
    read_only: bool,
    /// What goes wrong, for example `seed=7,drop=2000,cut=5000:1s`.
    #[arg(long, default_value = "", value_name = "SPEC", value_parser = str::parse::<Faults>)]
    fault: Faults,
}

/// Runs a board until Ctrl-C (or SIGTERM); Enter turns its power off and on.
pub(super) async fn run(baud: Option<u32>, args: Args, screen: &mut Screen) -> Result<Exit, Failure> {
    let profile = profile(baud, args).map_err(|error| {
        let help = "boardside virtual-board --help shows what there is";
        Failure::usage(error.to_string(), help)
    })?;
    let mut board = start_profile(&profile, &mut |line| screen.warn(line))?;
    let kind = profile.kind.name();
    screen.event(&json!({"event": "virtual_board", "kind": kind, "address": board.address()}));
    screen.say(&format!("{kind} board at {}", board.address()));
    screen.say("Enter turns its power off and on, Ctrl-C ends it.");
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
                Ok(Some(_)) => {
                    board.power_cycle().map_err(|error| stopped(&error))?;
                    screen.say("power off, power on");
                }
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
        read_only: args.read_only,
        faults: args.fault,
        host: args
            .listen
            .map_or(HostSide::Pty { link: args.link }, HostSide::Tcp),
        ..Profile::new(args.kind)
    })
}
