//! `Check`: one finding about a board, and what to do about it.
//! Finds nothing itself.

use crate::session::Exit;
use crate::session::Explain;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// As it should be.
    Ok,
    /// Works, and could be better.
    Note,
    /// Keeps a sync from working, or will.
    Problem,
}

impl State {
    /// The word in `--json` and on the screen.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Note => "note",
            Self::Problem => "problem",
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Stable name, for example `flash.free`.
    pub name: &'static str,
    /// How bad it is.
    pub state: State,
    /// What was found. No full stop.
    pub message: String,
    /// What to do about it; empty where there is nothing to do.
    pub help: String,
    /// What a process ends with if this is its first problem.
    pub exit: Exit,
}

impl Check {
    pub(super) fn ok(name: &'static str, message: impl Into<String>) -> Self {
        Self {
            name,
            state: State::Ok,
            message: message.into(),
            help: String::new(),
            exit: Exit::Done,
        }
    }

    pub(super) fn note(name: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Self {
            state: State::Note,
            help: help.into(),
            ..Self::ok(name, message)
        }
    }

    pub(super) fn problem(
        name: &'static str,
        exit: Exit,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        Self {
            state: State::Problem,
            exit,
            ..Self::note(name, message, help)
        }
    }

    /// A problem that another room met, in its words.
    pub(super) fn error(name: &'static str, error: &impl Explain) -> Self {
        let words = error.explained();
        Self::problem(name, words.exit, words.message, words.help)
    }
}
