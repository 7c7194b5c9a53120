//! The command line as it is typed. Names and exit codes are a promise.
//! What the words mean is each verb's business.

use std::path::PathBuf;

use clap::Args;
use clap::Parser;
use clap::Subcommand;
use clap::ValueEnum;

use crate::cli::cat;
use crate::cli::code;
use crate::cli::devices;
use crate::cli::diff;
use crate::cli::get;
use crate::cli::host;
use crate::cli::login;
use crate::cli::ls;
use crate::cli::manual;
use crate::cli::mkdir;
use crate::cli::ota;
use crate::cli::pack;
use crate::cli::packages;
use crate::cli::pull;
use crate::cli::put;
use crate::cli::reset;
use crate::cli::rm;
use crate::cli::write;

/// Keeps a MicroPython board in step with your project: fast, whole or not at all, and it says what is wrong.
#[derive(Debug, Parser)]
#[command(name = "boardside", version, max_term_width = 100, propagate_version = true)]
#[command(after_help = EXITS)]
pub(super) struct Cli {
    #[command(subcommand)]
    pub(super) verb: Verb,
    #[command(flatten)]
    pub(super) global: Global,
}

const EXITS: &str = "Exit codes: 0 done, 1 failed, 2 usage, 3 no such board or it cannot be opened, 4 the board does \
not answer, 5 the board's storage refused (full, read-only, corrupt), 6 verification failed, 7 conflict, 130 cancelled.";

#[derive(Args, Clone, Debug)]
pub(super) struct Global {
    /// The board: a port (/dev/ttyACM0, COM4), telnet://USER@host, rfc2217://host:port, socket://host:port,
    /// ssh://HOST/BOARD, id:SERIAL,
    /// virtual:unix.
    /// May be left out when one board is plugged in
    #[arg(
        short,
        long,
        global = true,
        value_name = "ADDRESS",
        env = "BOARDSIDE_DEVICE",
        hide_env_values = true
    )]
    pub(super) device: Option<String>,
    /// Bits per second on serial ports
    #[arg(long, global = true, value_name = "N")]
    pub(super) baud: Option<u32>,
    /// If the board cannot be stopped: reset it and catch it while it boots
    #[arg(long, global = true)]
    pub(super) force_boot: bool,
    /// Only JSON lines on stdout, for programs
    #[arg(long, global = true)]
    pub(super) json: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Verb {
    /// Make the board hold exactly this project; only what changed is sent
    Sync(SyncArgs),
    /// Sync now and after every change in the project, and show what the board says in between
    #[command(after_help = WATCH)]
    Watch(WatchArgs),
    /// Bring the board's files into the project; nothing here is lost
    Pull(pull::PullArgs),
    /// Which files differ between board and project, and how
    Diff(diff::DiffArgs),
    /// List the boards that are plugged in
    Devices(devices::DevicesArgs),
    /// Keep the password of a board in the system's keychain
    Login(login::LoginArgs),
    /// Forget the password of a board, and its address
    Logout(login::LogoutArgs),
    /// Machines whose boards are used here through ssh, and who may use the boards of this one
    Host(host::HostArgs),
    /// List what lies on the board
    Ls(ls::LsArgs),
    /// Print files of the board, byte for byte
    Cat(cat::CatArgs),
    /// Copy a file or folder from the board to this machine
    Get(get::GetArgs),
    /// Copy files or folders from this machine to the board
    Put(put::PutArgs),
    /// Remove files or folders from the board
    Rm(rm::RmArgs),
    /// Make folders on the board
    Mkdir(mkdir::MkdirArgs),
    /// How much flash is free on the board
    Df,
    /// Run a file of this machine on the board; nothing is stored there
    Run(code::RunArgs),
    /// Run a piece of Python on the board
    Exec(code::ExecArgs),
    /// Print the value of a Python expression on the board
    Eval(code::EvalArgs),
    /// The board's own terminal; comes and goes without stopping the program that runs
    #[command(after_help = CONSOLE)]
    Console(ConsoleArgs),
    /// Say what is wrong with a board and its port, and what to do
    #[command(after_help = DOCTOR)]
    Doctor(DoctorArgs),
    /// Restart the board
    Reset(reset::ResetArgs),
    /// Make a package of a project: one file, with a version, signed if you like
    Pack(pack::PackArgs),
    /// Write a package to the board, verify it, reset the board, and say which version it has
    Write(write::WriteArgs),
    /// List the packages of a folder, the newest first
    Packages(packages::PackagesArgs),
    /// Make a key that signs packages
    Keygen(pack::KeygenArgs),
    /// Publish to boards that update themselves over the air, roll back, try on a few first
    Ota(Box<ota::OtaArgs>),
    /// See it work without hardware: a virtual board, a sync, an edit, a sync, its console
    Demo,
    /// A board without hardware: real MicroPython behind a serial port with a speed and faults
    #[cfg(target_os = "linux")]
    VirtualBoard(Box<crate::cli::virtual_board::Args>),
    /// The language server that editors start: JSON-RPC on stdin and stdout, see protocol.md
    Lsp(LspArgs),
    /// Print a script that completes these verbs in a shell
    Completions(manual::CompletionsArgs),
    /// Print the manual page
    Man(manual::ManArgs),
}

#[derive(Args, Clone, Debug)]
pub(super) struct LspArgs {
    /// What editors say to every language server; there is no other way
    #[arg(long, hide = true)]
    stdio: bool,
    /// For a machine that uses this one's boards: only these, and nothing else of this machine. Addresses, ids or
    /// names, separated by commas
    #[arg(long, value_name = "BOARD,...", value_delimiter = ',')]
    pub(super) boards: Option<Vec<String>>,
    /// For a machine that uses this one's boards: it may look and change nothing
    #[arg(long)]
    pub(super) read_only: bool,
}

const DOCTOR: &str = "A program that runs is stopped and started again (soft reset). Exit code 0 when no problem was \
found, else that of the first problem.";

#[derive(Args, Clone, Debug)]
pub(super) struct DoctorArgs {
    /// Finish an unfinished sync, and remove empty files that an interrupted copy left behind.
    /// No other file is touched
    #[arg(long)]
    pub(super) fix: bool,
}

const CONSOLE: &str = "At a terminal every key goes to the board, Ctrl-C and Ctrl-D too; Ctrl-] leaves. \
History and completion are the board's. A board that is unplugged is waited for.\n\n\
From a pipe or file, line ends become Enter, and the console ends when the input has ended and the board has been \
quiet for 1 s: echo 'import os; os.listdir()' | boardside console. With an empty input (</dev/null) it only listens, \
until Ctrl-C. To run a program and get its exit code, `boardside run` and `boardside exec` are better.\n\n\
With --json: {\"event\":\"output\",\"text\":...}, {\"event\":\"connected\"}, {\"event\":\"disconnected\"}.";

const WATCH: &str = "A sync that fails is reported, and the next change tries again. A board that is unplugged is \
waited for, and synced when it is back. A program that ran at the beginning is started again after each sync \
(--after restore), also if it ended in between. Ctrl-C ends it with exit code 0, or 130 if it cut a sync short.";

#[derive(Args, Clone, Debug)]
pub(super) struct WatchArgs {
    /// The project's folder
    #[arg(default_value = ".")]
    pub(super) project: PathBuf,
    #[command(flatten)]
    pub(super) how: How,
}

#[derive(Args, Clone, Debug)]
pub(super) struct ConsoleArgs {
    /// Append everything that the board says to this file, byte for byte
    #[arg(long, value_name = "FILE")]
    pub(super) log: Option<PathBuf>,
}

#[derive(Args, Clone, Debug)]
pub(super) struct SyncArgs {
    /// The project's folder
    #[arg(default_value = ".")]
    pub(super) project: PathBuf,
    #[command(flatten)]
    pub(super) how: How,
    /// Say what would be done to every file, and why; change nothing
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// Options that `sync` and `watch` share. What is not given is taken from boardside.toml or pymakr.conf.
#[derive(Args, Clone, Debug)]
#[allow(clippy::struct_excessive_bools)] // flags, as they are typed
pub(super) struct How {
    /// Compare the board with the project once more at the end
    #[arg(long)]
    pub(super) verify: bool,
    /// Remove from the board what an earlier sync put there and the project no longer has (this is the default)
    #[arg(long, overrides_with = "no_delete")]
    pub(super) delete: bool,
    /// Remove nothing from the board
    #[arg(long)]
    pub(super) no_delete: bool,
    /// What to do with files that were changed on the board [default: stop]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(super) conflict: Option<ConflictArg>,
    /// Make the line faster while much is sent (ESP32, ESP8266 behind a USB bridge), and slow again afterwards
    #[arg(long)]
    pub(super) turbo: bool,
    /// Afterwards: none, reset (run main.py), run=FILE, restore (what was running) [default: restore]
    #[arg(long, value_name = "WHAT")]
    pub(super) after: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ConflictArg {
    /// Change nothing at all and say so
    Stop,
    /// The project wins
    Overwrite,
    /// The board wins for these files
    Keep,
}
