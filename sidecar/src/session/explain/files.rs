//! Words for what an FTP server of a board refuses.
//! What any board could say is `board`'s, what any connection could, `wire`'s.

use crate::ftp::FtpError;
use crate::session::Exit;
use crate::session::Explain;
use crate::session::Explained;
use crate::session::FilesError;
use crate::session::explain::words;

impl Explain for FilesError {
    fn explained(&self) -> Explained {
        match self {
            Self::Board(error) => error.explained(),
            Self::Ftp(error) => error.explained(),
        }
    }
}

impl Explain for FtpError {
    fn explained(&self) -> Explained {
        match self {
            Self::Wire(error) => error.explained(),
            Self::Board(error) => error.explained(),
            Self::Refused { .. } => words(
                "ftp.refused",
                Exit::Storage,
                self,
                "look at what is there with `boardside ls`; check that this user may write, and try again",
            ),
            Self::Silent { .. } => words(
                "ftp.timeout",
                Exit::NoAnswer,
                self,
                "reset the board, which may be busy or out of memory, and try again; the old files are still there",
            ),
        }
    }
}
