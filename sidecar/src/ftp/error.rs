//! What can go wrong with files by FTP. Words for people are made in `session::explain`.

use crate::board::BoardError;
use crate::wire::WireError;

/// A file operation that was not done.
#[derive(Debug, thiserror::Error)]
pub enum FtpError {
    /// The connection.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// What any board could say: no such file, no space, ...
    #[error(transparent)]
    Board(#[from] BoardError),
    /// The server does not want to.
    #[error("the board's FTP server does not {doing} {path}: {said}")]
    Refused {
        /// A verb.
        doing: &'static str,
        /// Of which file or folder.
        path: String,
        /// Its answer.
        said: String,
    },
    /// The server does not answer.
    #[error("the board's FTP server did not {doing} {path} within {seconds} s")]
    Silent {
        /// A verb.
        doing: &'static str,
        /// Of which file or folder.
        path: String,
        /// The limit.
        seconds: u64,
    },
}
