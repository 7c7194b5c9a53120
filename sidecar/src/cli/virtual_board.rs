//! `boardside virtual-board`: a board without hardware, until Ctrl-C.
//! Arguments and words only; the board itself is started by `session`.

use std::fmt::Display;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use tokio::signal::unix::SignalKind;
use tokio::signal::unix::signal;

use crate::session::virtual_boards;
use crate::session::virtual_boards::Faults;
use crate::session::virtual_boards::FileSystem;
use crate::session::virtual_boards::HostSide;
use crate::session::virtual_boards::Kind;
use crate::session::virtual_boards::Profile;
use crate::session::virtual_boards::parse_baud;
use crate::session::virtual_boards::parse_size;

/// How often a board that has failed is noticed.
const LOOK: Duration = Duration::from_millis(500);

/// Real MicroPython behind a serial port with a speed and faults, for trying things and for tests.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// `unix` (recent, everything) or `microbit` (2017, 8.8 KiB of heap, emulated).
    #[arg(default_value = "unix", value_parser = parse::<Kind>)]
    kind: Kind,
    /// Where the serial port appears, for example /tmp/board.
    #[arg(long, value_name = "PATH", conflicts_with = "listen")]
    link: Option<PathBuf>,
    /// A TCP port instead of a serial port, one client at a time; port 0 takes a free one.
    #[arg(long, value_name = "HOST:PORT")]
    listen: Option<SocketAddr>,
    /// Bits per second each way, or `none`.
    #[arg(long, default_value = "115200", value_name = "N")]
    baud: String,
    /// Bytes of flash.
    #[arg(long, default_value = "2M", value_name = "SIZE")]
    flash: String,
    /// Bytes of heap; objects are twice as big as on a 32-bit board.
    #[arg(long, default_value = "2M", value_name = "SIZE")]
    heap: String,
    /// `littlefs` or `fat`.
    #[arg(long, default_value = "littlefs", value_parser = parse::<FileSystem>)]
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
    #[arg(long, default_value = "", value_name = "SPEC", value_parser = parse::<Faults>)]
    fault: Faults,
}

/// Runs a board until Ctrl-C.
#[allow(clippy::print_stdout, clippy::print_stderr)]
pub fn run(args: Args) -> ExitCode {
    let profile = match profile(args) {
        Ok(profile) => profile,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::from(2);
        }
    };
    let mut board = match virtual_boards::start(&profile, &mut |line| eprintln!("{line}")) {
        Ok(board) => board,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    println!("{} board at {}", profile.kind.name(), board.address());
    println!("Enter turns its power off and on; Ctrl-C ends it.");
    let ended = end();
    let keys = keys();
    loop {
        if ended.try_recv().is_ok() {
            return ExitCode::SUCCESS; // dropping the board tidies up
        }
        if keys.recv_timeout(LOOK).is_ok() && board.power_cycle().is_ok() {
            println!("power off, power on");
        }
        if let Some(why) = board.status().failed {
            eprintln!("the board has stopped: {why}");
            return ExitCode::FAILURE;
        }
    }
}

fn profile(args: Args) -> Result<Profile, virtual_boards::VirtualBoardError> {
    Ok(Profile {
        baud: parse_baud(&args.baud)?,
        flash: parse_size(&args.flash)?,
        heap: parse_size(&args.heap)?,
        file_system: args.fs,
        image: args.image,
        without: args.without,
        read_only: args.read_only,
        faults: args.fault,
        host: args.listen.map_or(HostSide::Pty { link: args.link }, HostSide::Tcp),
        ..Profile::new(args.kind)
    })
}
