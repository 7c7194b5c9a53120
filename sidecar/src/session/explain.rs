//! The one place where an error becomes words for people: a code, a message, a help, an exit code.
//! Codes and exit codes are a promise; texts are not.

mod board;
mod files;
mod host;
mod ota;
mod packages;
mod project;
mod storage;
mod wire;

pub(crate) use storage::anew;

use crate::base::redacted;
use crate::base::visible;

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

#[allow(clippy::needless_pass_by_value)] // an error by reference, or a text that was made for this
fn words(
    code: &'static str,
    exit: Exit,
    message: impl std::fmt::Display,
    help: impl Into<String>,
) -> Explained {
    let message = message.to_string();
    let message = redacted(&message);
    // A traceback has lines.
    let has_lines = matches!(code, "python.raised" | "board.program");
    let message = if has_lines { message } else { visible(&message) };
    Explained {
        code,
        message: message.into_owned(),
        help: redacted(&help.into()).into_owned(),
        exit,
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
