//! `Progress`: how a long operation says where it is.
//! Not a display: terminals, editors and tests each show it in their own way.

use std::future::Future;
use std::pin::Pin;

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

    /// Asks whoever watches. Drop the answer to ask no more.
    fn ask(&mut self, _question: Question) -> Answer {
        Box::pin(std::future::ready(None))
    }

    /// Somebody was asked for the password of this address, and it is the right one: they may want it to be kept.
    fn typed(&mut self, _address: String, _password: String) {}
}

/// What only somebody can say who watches a long operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    /// In words, for example `password for telnet://micro@192.168.4.1`.
    pub text: String,
    /// The answer must not be seen.
    pub secret: bool,
}

/// What somebody says; `None`: there is nobody, or nobody who wants to say it.
pub type Answer = Pin<Box<dyn Future<Output = Option<String>> + Send>>;

/// Tells nobody.
pub struct Silent;

impl Progress for Silent {
    fn report(&mut self, _stage: Stage) {}
}
