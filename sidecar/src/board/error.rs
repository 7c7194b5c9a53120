//! What can go wrong with what a board does.
//! Words for people are made in `session::explain`.

use std::time::Duration;

use crate::base::BoardPath;
use crate::board::Facts;
use crate::repl::ReplError;
use crate::repl::Traceback;

/// A board that did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum BoardError {
    /// The storage is full.
    #[error("the board's storage is full{}", shortage(*.needed, *.free))]
    NoSpace {
        /// Bytes that would be needed, where that is known beforehand.
        needed: Option<u64>,
        /// Bytes that are free, where the board can tell.
        free: Option<u64>,
    },
    /// The storage takes no writes.
    #[error("{}", refusal(*.errno))]
    ReadOnly {
        /// `EROFS`, `EPERM` or `EACCES`.
        errno: i32,
    },
    /// Nothing is mounted where the project would lie.
    #[error("the board has no file system mounted")]
    NoFileSystem,
    /// The storage answered with this errno.
    #[error("the board's storage failed with errno {errno}{}", meaning(*.errno))]
    Storage {
        /// MicroPython's errno, as in `errno.errorcode`.
        errno: i32,
    },
    /// There is no such file or folder.
    #[error("there is no {path} on the board")]
    NotFound {
        /// What was asked for.
        path: String,
    },
    /// It is a folder.
    #[error("{path} is a folder")]
    IsFolder {
        /// What was asked for.
        path: String,
    },
    /// A folder is needed, and a file lies there.
    #[error("{path} is not a folder")]
    NotFolder {
        /// What was asked for.
        path: String,
    },
    /// A folder lies where a file is to go.
    #[error("{path} is a folder on the board, a file cannot take its place")]
    InTheWay {
        /// Where.
        path: String,
    },
    /// Something lies where a name is to go.
    #[error("there is already something at {path} on the board")]
    Taken {
        /// Where.
        path: String,
    },
    /// A folder cannot be moved into itself.
    #[error("{path} cannot be moved into itself")]
    IntoItself {
        /// The folder.
        path: String,
    },
    /// Boardside's own things are not for hands.
    #[error("{path} is Boardside's own")]
    Own {
        /// What was asked for.
        path: String,
    },
    /// The firmware has no `machine.reset()`, and no control line resets it.
    #[error(
        "this board cannot be reset from here: its firmware has no machine.reset(), and its port no line for it"
    )]
    NoReset,
    /// The firmware has no folders.
    #[error("this board cannot keep folders: {path}")]
    NoFolders {
        /// What was asked for.
        path: BoardPath,
    },
    /// The file system refuses this name.
    #[error("the board's file system cannot hold the name `{name}`")]
    Name {
        /// The part of the path.
        name: String,
    },
    /// The path lies on another drive: an SD card, a ROM.
    #[error("/{name} is another drive of the board, which a sync cannot reach")]
    OtherDrive {
        /// The folder where it is mounted.
        name: String,
    },
    /// What was read back is not what was written.
    #[error("what the board wrote is not what was sent")]
    Verify,
    /// The board ran out of RAM.
    #[error("the board ran out of memory")]
    NoMemory,
    /// It was reset while we worked with it, and nobody told it to.
    #[error("the board restarted by itself after {:.1} s, in the middle of a sync", after.as_secs_f32())]
    Restarts {
        /// Since it was stopped.
        after: Duration,
    },
    /// A program of ours raised what it never should.
    #[error("the board could not run what Boardside sent: {}", .0.last_line())]
    Raised(Traceback),
    /// An answer could not be understood.
    #[error("the board's answer could not be understood: {line}")]
    Answer {
        /// What it said.
        line: String,
    },
    /// The conversation failed.
    #[error(transparent)]
    Repl(ReplError),
}

fn shortage(needed: Option<u64>, free: Option<u64>) -> String {
    match (needed, free) {
        (Some(needed), Some(free)) if needed <= free => {
            format!(
                ": it took no more of the {needed} bytes that are needed, though it said that {free} are free"
            )
        }
        (Some(needed), Some(free)) => format!(": {needed} bytes are needed, {free} are free"),
        (None, Some(free)) => format!(": {free} bytes are free"),
        _ => String::new(),
    }
}

fn refusal(errno: i32) -> &'static str {
    match errno {
        EPERM => "the board's storage takes no writes: it answers EPERM, not permitted",
        EACCES => "the board's storage takes no writes: it answers EACCES, access denied",
        _ => "the board's storage is read-only",
    }
}

fn meaning(errno: i32) -> &'static str {
    match errno {
        EIO => " (EIO: the flash could not be written or read)",
        EILSEQ => " (the file system is damaged)",
        _ => "",
    }
}

/// `errno` of MicroPython's `py/mperrno.h`, which are Linux's.
const EPERM: i32 = 1;
const ENOENT: i32 = 2;
const EIO: i32 = 5;
const EACCES: i32 = 13;
const EEXIST: i32 = 17;
const ENODEV: i32 = 19;
const ENOTDIR: i32 = 20;
const EISDIR: i32 = 21;
const ENOSPC: i32 = 28;
const EROFS: i32 = 30;
/// What littlefs answers, too, where there is no room for the name of a new file (`lfs_file_rawopen`).
const ENAMETOOLONG: i32 = 36;
/// littlefs's `LFS_ERR_CORRUPT`.
const EILSEQ: i32 = 84;
/// Bytes that are no room for a folder, or two.
const FEW: u64 = 8192;
/// No name that gets here is longer than a file system takes, unless it is about this long.
const LONG_NAME: usize = 100;

impl BoardError {
    pub(super) fn from_errno(errno: i32, path: &str) -> Self {
        match errno {
            ENOSPC => Self::NoSpace {
                needed: None,
                free: None,
            },
            EPERM | EACCES | EROFS => Self::ReadOnly { errno },
            ENODEV => Self::NoFileSystem,
            ENAMETOOLONG => match path.split('/').find(|name| name.len() >= LONG_NAME) {
                Some(name) => Self::Name {
                    name: name.to_owned(),
                },
                None => Self::from_errno(ENOSPC, path),
            },
            ENOENT => Self::NotFound {
                path: path.to_owned(),
            },
            EEXIST | ENOTDIR => Self::NotFolder {
                path: path.to_owned(),
            },
            EISDIR => Self::IsFolder {
                path: path.to_owned(),
            },
            errno => Self::Storage { errno },
        }
    }

    /// A name of the board that is no text (`UnicodeError`): where a loss of power met FAT as a folder grew, it reads
    /// old content as a folder.
    pub(super) const NO_TEXT: Self = Self::Storage { errno: EILSEQ };

    /// What our programs say when they give up.
    pub(super) fn from_text(text: &str) -> Option<Self> {
        match text.split_once(' ') {
            None if text == "verify" => Some(Self::Verify),
            Some(("name", name)) => Some(Self::Name {
                name: name.to_owned(),
            }),
            Some(("drive", name)) => Some(Self::OtherDrive {
                name: name.to_owned(),
            }),
            _ => None,
        }
    }

    /// What a traceback of one of our programs means; `path` is what it worked on.
    pub(super) fn at(error: ReplError, path: &str) -> Self {
        let ReplError::Raised(traceback) = error else {
            return Self::Repl(error);
        };
        if let Some(errno) = traceback.errno() {
            return Self::from_errno(errno, path);
        }
        match traceback.kind() {
            // micro:bit firmware raises these words in place of an errno.
            "OSError" if traceback.text.ends_with("file not found") => Self::NotFound {
                path: path.to_owned(),
            },
            "MemoryError" => Self::NoMemory,
            "UnicodeError" => Self::NO_TEXT,
            "ValueError" => Self::from_text(traceback.text.rsplit(": ").next().unwrap_or_default())
                .unwrap_or(Self::Raised(traceback)),
            _ => Self::Raised(traceback),
        }
    }

    /// What Python said, where a program on the board raised.
    pub fn traceback(&self) -> Option<&str> {
        match self {
            Self::Raised(traceback) | Self::Repl(ReplError::Raised(traceback)) => Some(&traceback.text),
            _ => None,
        }
    }

    /// What an error of a board of these facts means while something is written; `needed` bytes were asked for, where
    /// that is known.
    #[must_use]
    pub fn while_writing(self, needed: Option<u64>, facts: &Facts) -> Self {
        let free = facts.flash.map(|(_, free, _)| free);
        match self {
            Self::NoSpace { free: None, .. } => Self::NoSpace { needed, free },
            // FatFs answers FR_DENIED where it has no cluster for a folder's entries.
            Self::ReadOnly { errno: EACCES } if !facts.littlefs && free.is_some_and(|free| free < FEW) => {
                Self::NoSpace { needed, free }
            }
            other => other,
        }
    }

    /// The storage failed, whatever was asked of it.
    pub fn is_storage(&self) -> bool {
        matches!(
            self,
            Self::NoSpace { .. }
                | Self::ReadOnly { .. }
                | Self::NoFileSystem
                | Self::Storage { .. }
                | Self::Verify
        )
    }

    /// The wire broke: nothing more can be said to this board.
    pub fn is_gone(&self) -> bool {
        matches!(self, Self::Repl(ReplError::Wire(_)))
    }

    /// What a user's program left behind may be the reason: the RAM is full, or, if it fails again, names mean
    /// something else.
    pub fn may_be_the_program(&self, again: bool) -> bool {
        matches!(self, Self::NoMemory) || (again && matches!(self, Self::Raised(_) | Self::Answer { .. }))
    }

    /// The conversation was lost, by noise on the line for example: trying again may help.
    pub fn is_line(&self) -> bool {
        matches!(
            self,
            Self::Repl(ReplError::Timeout { .. } | ReplError::Damaged)
                // Our programs are tested: one that raises what it should not was damaged on the way.
                | Self::Raised(_)
                | Self::Answer { .. }
                | Self::Verify
                | Self::Storage { errno: EILSEQ }
        )
    }
}

impl From<ReplError> for BoardError {
    fn from(error: ReplError) -> Self {
        Self::at(error, "")
    }
}
