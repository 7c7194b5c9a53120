//! `Progress`: how a long operation says where it is.
//! Not a display: terminals, editors and tests each show it in their own way.

use crate::base::BoardPath;

/// Where a long operation is. Bytes are of file content, not of the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Hashing the workspace.
    Scanning,
    /// Much of the workspace has to be read for that.
    Hashing {
        /// Bytes read so far, over all files.
        done: u64,
        /// Bytes of all files, also of those that need not be read again.
        total: u64,
    },
    /// Opening the wire and getting the board's attention; the text says what is being tried.
    Connecting {
        /// For people, for example `stopping the program`.
        doing: &'static str,
    },
    /// Asking the board what it holds.
    Comparing,
    /// Content is on its way; `done` of `total` bytes have been taken by the board.
    Sending {
        /// The file that is being sent.
        path: BoardPath,
        /// Bytes taken so far, over all files.
        done: u64,
        /// Bytes to send, over all files.
        total: u64,
    },
    /// Content comes from the board; `done` of `total` bytes are here.
    Receiving {
        /// The file that is being read.
        path: BoardPath,
        /// Bytes read so far, over all files.
        done: u64,
        /// Bytes to read, over all files.
        total: u64,
    },
    /// Everything is on the board and verified; it is putting it in place.
    Committing,
    /// Resetting or starting a program.
    Finishing,
}

/// Takes reports of where a long operation is.
pub trait Progress: Send {
    /// Called often; must return at once.
    fn report(&mut self, stage: Stage);

    /// A password, typed by somebody who is asked this question; `None` where there is nobody. May block.
    fn ask_secret(&mut self, _question: &str) -> Option<String> {
        None
    }
}

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn report(&mut self, _stage: Stage) {}
}
