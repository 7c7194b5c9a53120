//! What can go wrong in a conversation with the REPL.
//! Words for people are made in `session::explain`.

use std::fmt;
use std::time::Duration;

use crate::wire::WireError;

/// A conversation with the raw REPL that did not go as agreed.
#[derive(Debug, thiserror::Error)]
pub enum ReplError {
    /// Nothing, or not the right thing, came in time.
    #[error("the board did not answer in time: no {waiting_for} within {:.1} s", waited.as_secs_f32())]
    Timeout {
        /// What was awaited, for people.
        waiting_for: &'static str,
        /// How long.
        waited: Duration,
    },
    /// Not one byte came, whatever was sent.
    #[error("the board does not answer")]
    Silent,
    /// A program runs, prints, and does not stop for Ctrl-C.
    #[error("the program on the board keeps printing and does not stop for Ctrl-C: {last}")]
    KeepsPrinting {
        /// The end of what it printed.
        last: Excerpt,
    },
    /// A program runs, answers Ctrl-C and goes on.
    #[error("the program on the board catches Ctrl-C and goes on: {last}")]
    CatchesInterrupt {
        /// The end of what it printed.
        last: Excerpt,
    },
    /// The board boots again and again.
    #[error("the board restarts again and again: {last}")]
    Restarts {
        /// The end of what it printed.
        last: Excerpt,
    },
    /// It was to be caught while it boots.
    #[error("no Ctrl-C got through while the board booted, or it was not reset: {last}")]
    NotCaught {
        /// The end of what it printed.
        last: Excerpt,
    },
    /// Something answers, and it is not MicroPython.
    #[error("what answers is not MicroPython: {got}")]
    NotMicroPython {
        /// What it said.
        got: Excerpt,
    },
    /// Python code raised.
    #[error("{0}")]
    Raised(Traceback),
    /// An answer was damaged on the way.
    #[error("the answer of the board was damaged on the way")]
    Damaged,
    /// The wire broke.
    #[error(transparent)]
    Wire(#[from] WireError),
}

impl ReplError {
    /// Something runs on the board and does not let us in; a reset may.
    pub fn is_locked(&self) -> bool {
        matches!(
            self,
            Self::Silent
                | Self::KeepsPrinting { .. }
                | Self::CatchesInterrupt { .. }
                | Self::Restarts { .. }
                | Self::NotCaught { .. }
                | Self::NotMicroPython { .. }
        )
    }
}

/// A few bytes of what a board said, fit to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt(String);

impl Excerpt {
    /// The last 60 bytes, control characters escaped.
    pub fn tail(bytes: &[u8]) -> Self {
        let from = bytes.len().saturating_sub(60);
        Self(bytes[from..].escape_ascii().to_string())
    }
}

impl fmt::Display for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            f.write_str("nothing")
        } else {
            write!(f, "`{}`", self.0)
        }
    }
}

/// What Python said when code raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traceback {
    /// The whole text, lines ended by `\n`.
    pub text: String,
}

impl Traceback {
    /// From the error part of a raw REPL's reply.
    pub fn new(bytes: &[u8]) -> Self {
        Self {
            text: String::from_utf8_lossy(bytes)
                .replace("\r\n", "\n")
                .trim_end()
                .to_owned(),
        }
    }

    /// The name of the exception, for example `OSError`.
    pub fn kind(&self) -> &str {
        let last = self.text.lines().last().unwrap_or_default();
        last.split(':').next().unwrap_or_default()
    }

    /// The line that says what happened.
    pub fn last_line(&self) -> &str {
        self.text.lines().last().unwrap_or_default()
    }

    /// A program of ours that raises this was changed on its way: by its own checksum, or so that Python noticed.
    pub fn is_damage(&self) -> bool {
        match self.kind() {
            "OSError" | "MemoryError" | "ImportError" => false,
            "ValueError" => self.text.ends_with(": damaged"),
            _ => true,
        }
    }

    /// The errno of an `OSError`. MicroPython prints `OSError: 28` or `OSError: [Errno 28] ENOSPC`.
    pub fn errno(&self) -> Option<i32> {
        let last = self.text.lines().last()?.strip_prefix("OSError:")?.trim_start();
        let digits = last.strip_prefix("[Errno ").unwrap_or(last);
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        digits[..end].parse().ok()
    }
}

impl fmt::Display for Traceback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_errno_is_read_from_both_ways_of_printing_it() {
        for (text, errno) in [
            (
                "Traceback (most recent call last):\r\n  File \"<stdin>\", line 1\r\nOSError: 28\r\n",
                Some(28),
            ),
            ("OSError: [Errno 2] ENOENT", Some(2)),
            ("OSError: [Errno 30] EROFS: x", Some(30)),
            ("OSError: file not found", None),
            ("ValueError: 28", None),
        ] {
            assert_eq!(Traceback::new(text.as_bytes()).errno(), errno, "{text}");
        }
        assert_eq!(
            Traceback::new(b"  File\r\nImportError: no module\r\n").kind(),
            "ImportError"
        );
    }
}
