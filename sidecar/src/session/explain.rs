//! The one place where an error becomes words for people: a code, a message, a help, an exit code.
//! Codes and exit codes are a promise; texts are not.

use crate::board::BoardError;
use crate::repl::ReplError;
use crate::session::AfterError;
use crate::session::ConnectError;
use crate::session::ProjectError;
use crate::sync::SyncError;
use crate::wire::WireError;

/// What a process ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// Failed in a way that no other code names.
    Failed = 1,
    /// The command line or the settings cannot be understood.
    Usage = 2,
    /// No such board, or it cannot be opened.
    NoBoard = 3,
    /// The board does not answer.
    NoAnswer = 4,
    /// The board's storage refused.
    Storage = 5,
    /// What the board holds is not what was sent.
    Verify = 6,
    /// Something on the board would be lost.
    Conflict = 7,
    /// The user cancelled.
    Cancelled = 130,
}

/// An error for people and for machines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Explained {
    /// Stable name, for example `wire.busy`.
    pub code: &'static str,
    /// What happened. Lower case, no full stop.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// What the process ends with.
    pub exit: Exit,
}

/// Anything that `explain` has words for.
pub trait Explain {
    /// The words.
    fn explained(&self) -> Explained;
}

fn words(code: &'static str, exit: Exit, message: impl ToString, help: impl Into<String>) -> Explained {
    Explained {
        code,
        message: message.to_string(),
        help: help.into(),
        exit,
    }
}

impl Explain for ConnectError {
    fn explained(&self) -> Explained {
        match self {
            Self::NoBoard => words(
                "connect.no_board",
                Exit::NoBoard,
                self,
                "plug a board in with a cable that carries data, or name one with -d: a port, socket://host:port; \
                 no board at hand: -d virtual:unix",
            ),
            Self::Many(found) => {
                let list: Vec<String> = found
                    .iter()
                    .map(|found| found.id.clone().unwrap_or_else(|| found.address.clone()))
                    .collect();
                let help = format!("name one with -d: {}", list.join(", "));
                words("connect.many_boards", Exit::Usage, self, help)
            }
            Self::NoSuchId { .. } => words(
                "connect.no_such_id",
                Exit::NoBoard,
                self,
                "`boardside devices` lists the boards and their ids",
            ),
            Self::Virtual { .. } => words(
                "connect.no_virtual_board",
                Exit::NoBoard,
                self,
                "`boardside virtual-board --help` says what a virtual board needs",
            ),
            Self::Wire(error) => error.explained(),
            Self::Board(error) => error.explained(),
        }
    }
}

impl Explain for WireError {
    fn explained(&self) -> Explained {
        match self {
            Self::BadAddress { .. } => words(
                "wire.bad_address",
                Exit::Usage,
                self,
                "an address is a port (/dev/ttyACM0, COM4), socket://host:port, id:SERIAL or virtual:unix",
            ),
            Self::NotFound { address, .. } if address.starts_with("socket://") => words(
                "wire.not_found",
                Exit::NoBoard,
                self,
                "check the name and the port number, and that the board or serial server is on",
            ),
            Self::NotFound { .. } => words(
                "wire.not_found",
                Exit::NoBoard,
                self,
                "check the cable; `boardside devices` lists the boards that are there now",
            ),
            Self::Busy {
                holder: Some(holder), ..
            } => words(
                "wire.busy",
                Exit::NoBoard,
                format!("{self}: {} (process {})", holder.command, holder.pid),
                format!("close that program, or end it with: kill {}", holder.pid),
            ),
            Self::Busy { holder: None, .. } => words(
                "wire.busy",
                Exit::NoBoard,
                self,
                "close the program that has it open: a serial monitor, Thonny, another editor window",
            ),
            Self::Permission { path, group } => {
                words("wire.permission", Exit::NoBoard, self, permission(path, group))
            }
            Self::Gone { .. } => words(
                "wire.gone",
                Exit::NoAnswer,
                self,
                "check the cable and plug the board in again; what was on it is still there",
            ),
            Self::Timeout { .. } => words(
                "wire.timeout",
                Exit::NoBoard,
                self,
                "check that the board or serial server is on and reachable",
            ),
            Self::NoLines => words(
                "wire.no_lines",
                Exit::Failed,
                self,
                "press the reset button on the board",
            ),
            Self::Diverged { .. } | Self::BadTranscript { .. } => words(
                "wire.transcript",
                Exit::Failed,
                self,
                "record the transcript again",
            ),
            Self::Io { .. } => words(
                "wire.io",
                Exit::NoBoard,
                self,
                "unplug the board and plug it in again",
            ),
        }
    }
}

fn permission(path: &std::path::Path, group: &Option<String>) -> String {
    let path = path.display();
    match group {
        Some(group) => format!(
            "sudo usermod -aG {group} $USER, then log out and in again; for now: sudo setfacl -m u:$USER:rw {path}"
        ),
        None => format!("make {path} readable and writable for this user: sudo chmod a+rw {path}"),
    }
}

const SAFE_BOOT: &str = "run again with --force-boot and press the board's reset button when asked; \
     if that does not help, start the board without main.py (ESP32, Pico: flash MicroPython again after backing up; \
     pyboard: hold USR while resetting)";

impl Explain for ReplError {
    fn explained(&self) -> Explained {
        match self {
            Self::Timeout { .. } => words(
                "repl.timeout",
                Exit::NoAnswer,
                self,
                "press the board's reset button and try again",
            ),
            Self::Unexpected { .. } => words(
                "repl.unexpected",
                Exit::NoAnswer,
                self,
                "try again; press the board's reset button if it stays so",
            ),
            Self::Silent => words(
                "board.silent",
                Exit::NoAnswer,
                self,
                format!(
                    "check that this is the board's port and its speed (--baud); a program that catches Ctrl-C looks the same: {SAFE_BOOT}"
                ),
            ),
            Self::KeepsPrinting { .. } => words("board.keeps_printing", Exit::NoAnswer, self, SAFE_BOOT),
            Self::CatchesInterrupt { .. } => words(
                "board.catches_interrupt",
                Exit::NoAnswer,
                self,
                format!("let the program end on KeyboardInterrupt; to get in now: {SAFE_BOOT}"),
            ),
            Self::NotMicroPython { .. } => words(
                "board.not_micropython",
                Exit::NoAnswer,
                self,
                "check that this is the board's port and its speed (--baud), and that MicroPython is flashed on it",
            ),
            Self::Raised(_) => words("python.raised", Exit::Failed, self, "the traceback says where"),
            Self::Damaged => words(
                "repl.damaged",
                Exit::NoAnswer,
                self,
                "use a shorter or better cable, or a lower speed (--baud)",
            ),
            Self::Cancelled => words(
                "cancelled",
                Exit::Cancelled,
                self,
                "nothing was changed on the board; run it again when you like",
            ),
            Self::Wire(error) => error.explained(),
        }
    }
}

impl Explain for BoardError {
    fn explained(&self) -> Explained {
        match self {
            Self::NoSpace { .. } => words("board.no_space", Exit::Storage, self, NO_SPACE),
            Self::ReadOnly => words(
                "board.read_only",
                Exit::Storage,
                self,
                "some firmware gives the drive to the computer while USB is plugged in (CircuitPython: storage.remount); \
                 else the flash is write-protected",
            ),
            Self::Storage { .. } => words(
                "board.storage",
                Exit::Storage,
                self,
                "`boardside doctor` looks at the file system; a damaged one is made anew with os.mkfs, which erases it",
            ),
            Self::NotFound { .. } => words(
                "board.not_found",
                Exit::Failed,
                self,
                "`boardside ls` shows what is on the board",
            ),
            Self::IsFolder { .. } => words(
                "board.is_folder",
                Exit::Failed,
                self,
                "for a folder with all in it add -r",
            ),
            Self::NoFolders { .. } => words(
                "board.no_folders",
                Exit::Failed,
                self,
                "put all files of the project into one folder; nothing was written",
            ),
            Self::Verify => words(
                "board.verify",
                Exit::Verify,
                self,
                "the flash may be failing: try again, then make the file system anew (os.mkfs, which erases it)",
            ),
            Self::NoMemory => words(
                "board.no_memory",
                Exit::Failed,
                self,
                "soft-reset the board so that its RAM is free: boardside reset",
            ),
            Self::Raised(_) => words("python.raised", Exit::Failed, self, "the traceback says where"),
            Self::Answer { .. } => words(
                "board.answer",
                Exit::NoAnswer,
                self,
                "try again; report it if it stays so, with this text",
            ),
            Self::Repl(error) => error.explained(),
        }
    }
}

const NO_SPACE: &str = "remove files from the board (boardside ls, boardside rm) or leave some out of the project \
     (.boardsideignore); nothing was changed";

impl Explain for SyncError {
    fn explained(&self) -> Explained {
        match self {
            Self::Scan(_) => words(
                "project.scan",
                Exit::Failed,
                self,
                "nothing was changed on the board",
            ),
            Self::Conflicts(conflicts) => {
                let first: Vec<String> = conflicts
                    .iter()
                    .take(5)
                    .map(|conflict| format!("{}: {}", conflict.path, conflict.clash))
                    .collect();
                words(
                    "sync.conflict",
                    Exit::Conflict,
                    format!("{self}: {}", first.join("; ")),
                    "keep the board's with --conflict keep, replace it with --conflict overwrite, \
                     or fetch it first with `boardside pull`; nothing was changed",
                )
            }
            Self::Names(_) => words(
                "sync.names",
                Exit::Failed,
                self,
                "rename the file or leave it out (.boardsideignore); nothing was changed",
            ),
            Self::NoSpace { .. } => words("board.no_space", Exit::Storage, self, NO_SPACE),
            Self::Manifest(_) => words(
                "sync.manifest_newer",
                Exit::Failed,
                self,
                "use the newer Boardside, or remove /.boardside/manifest from the board and sync again",
            ),
            Self::Changed { .. } => words(
                "project.changed",
                Exit::Failed,
                self,
                "sync again when it is written",
            ),
            Self::Read { .. } | Self::NotInProject { .. } => words(
                "project.read",
                Exit::Failed,
                self,
                "nothing was changed on the board",
            ),
            Self::Empty { .. } => words(
                "project.empty",
                Exit::Failed,
                self,
                "check the folder and the ignore rules; nothing was changed",
            ),
            Self::Board(error) => error.explained(),
        }
    }
}

impl Explain for ProjectError {
    fn explained(&self) -> Explained {
        match self {
            Self::NoFolder(_) => words(
                "project.no_folder",
                Exit::Usage,
                self,
                "name the project's folder: boardside sync PROJECT; `source` in boardside.toml names the folder inside it",
            ),
            Self::Settings(_) => words(
                "settings.bad",
                Exit::Usage,
                chain(self),
                "nothing was changed on the board",
            ),
            Self::Rules(_) => words(
                "project.rules",
                Exit::Usage,
                chain(self),
                "nothing was changed on the board",
            ),
            Self::Scan(_) => words(
                "project.scan",
                Exit::Failed,
                chain(self),
                "nothing was changed on the board",
            ),
        }
    }
}

impl Explain for AfterError {
    fn explained(&self) -> Explained {
        words(
            "settings.after",
            Exit::Usage,
            chain(self),
            "--after none, reset, restore or run=FILE",
        )
    }
}

/// The message and those of its causes that say something more.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = error.source();
    }
    text
}
