//! What can go wrong with a virtual board itself. What its MicroPython says is not an error here.

use std::io;
use std::path::PathBuf;
use std::time::Duration;

/// A virtual board that cannot be installed, started or looked into.
#[derive(Debug, thiserror::Error)]
pub enum VirtualBoardError {
    /// A piece of `--fault`, `--flash` or `--heap` cannot be read.
    #[error("`{text}` is not understood: {why}")]
    BadSpec {
        /// As it was typed.
        text: String,
        /// What it should look like.
        why: &'static str,
    },
    /// This kind of board does not run on this machine.
    #[error("a virtual {kind} board does not run here: {why}")]
    Unsupported {
        /// `unix` or `microbit`.
        kind: &'static str,
        /// What is missing, and what to do.
        why: String,
    },
    /// A program of the set-up failed.
    #[error("`{command}` failed: {output}")]
    Install {
        /// The command line.
        command: String,
        /// The last lines that it printed.
        output: String,
    },
    /// MicroPython ended before it reached boot.py.
    #[error("the board did not boot: {output}")]
    Boot {
        /// What it said.
        output: String,
    },
    /// Something did not happen in time.
    #[error("no {waiting_for} within {waited:?}")]
    Timeout {
        /// What was waited for.
        waiting_for: &'static str,
        /// The limit.
        waited: Duration,
    },
    /// Another virtual board runs on this image.
    #[error("{image} is the flash of another running board")]
    ImageBusy {
        /// The flash image.
        image: PathBuf,
    },
    /// The image holds no file system.
    #[error("there is no file system in {image}")]
    NoFileSystem {
        /// The flash image.
        image: PathBuf,
    },
    /// The reader of the board's files answered nonsense.
    #[error("the board's files cannot be read: {output}")]
    Unreadable {
        /// What it said.
        output: String,
    },
    /// The board was stopped.
    #[error("the virtual board has ended")]
    Ended,
    /// Anything that the system said.
    #[error("{doing}: {source}")]
    Io {
        /// What was tried.
        doing: String,
        /// What the system said.
        source: io::Error,
    },
}

impl VirtualBoardError {
    /// Wraps what the system said with what was tried.
    pub(crate) fn io<E: Into<io::Error>>(doing: impl Into<String>) -> impl FnOnce(E) -> Self {
        let doing = doing.into();
        move |source| Self::Io {
            doing,
            source: source.into(),
        }
    }
}
