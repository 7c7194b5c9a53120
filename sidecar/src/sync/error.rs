//! What can go wrong with a sync. Words for people are made in `session::explain`.

use std::io;
use std::path::PathBuf;

use crate::base::BoardPath;
use crate::board::BoardError;
use crate::ftp::FtpError;
use crate::sync::plan::Conflict;
use crate::sync::plan::ManifestError;
use crate::sync::plan::NameProblem;
use crate::sync::scan::ScanError;
use crate::sync::suspect::Suspect;

/// A sync that was not done. The board holds the old project, unless the variant says otherwise.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    /// The project cannot be read.
    #[error(transparent)]
    Scan(#[from] ScanError),
    /// The board holds what the sync would destroy.
    #[error("{} would be lost on the board", files(.0.len()))]
    Conflicts(Vec<Conflict>),
    /// The board cannot hold these names.
    #[error("the board cannot hold {}", problems(.0))]
    Names(Vec<NameProblem>),
    /// There is not enough flash, even one file at a time.
    #[error("the project needs {needed} bytes of flash, the board has {free} free")]
    NoSpace {
        /// Bytes needed at the worst moment, in whole blocks of the board.
        needed: u64,
        /// Bytes free.
        free: u64,
    },
    /// The manifest on the board was written by a newer Boardside.
    #[error(transparent)]
    Manifest(ManifestError),
    /// A file changed between the scan and sending it.
    #[error("{} changed while it was being sent", path.display())]
    Changed {
        /// Which.
        path: PathBuf,
    },
    /// A file could be scanned and then not be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Nothing in the project goes to the board, but the board holds files of it.
    #[error("{} has no file for the board, which would empty the board", root.display())]
    Empty {
        /// The project.
        root: PathBuf,
    },
    /// A path of the project cannot be found on the host although the plan sends it.
    #[error("{path} is not in the project")]
    NotInProject {
        /// Which.
        path: BoardPath,
    },
    /// A guard is wished for a board without folders, which has no journal that it could finish.
    #[error(
        "`boot_guard` is set, and this board has no folders: nothing is left there that could be finished"
    )]
    Unguarded,
    /// The board's storage failed, and was looked at.
    #[error(transparent)]
    Suspect(Box<Suspect>),
    /// It failed while files were replaced one at a time, for want of flash, or in place on a flat board.
    #[error("{source}; before that {done} of {of} changes had been made, one by one{}", taken(.lost.as_ref()))]
    Partly {
        /// Changes that are whole.
        done: usize,
        /// Changes that were to be made.
        of: usize,
        /// A file that was being written in place, on a flat board.
        lost: Option<BoardPath>,
        /// What failed.
        source: Box<Self>,
    },
    /// It failed while the board put in place what was staged and verified.
    #[error("{source}; the new project is on the board, and only a part of it is in place")]
    Unfinished {
        /// What failed.
        source: BoardError,
    },
    /// The board failed.
    #[error(transparent)]
    Board(#[from] BoardError),
    /// The board's FTP server failed.
    #[error(transparent)]
    Ftp(#[from] FtpError),
}

impl SyncError {
    /// A file of this machine was not what it was when it was scanned, while files were sent.
    pub(super) fn is_of_a_file(&self) -> bool {
        match self {
            Self::Changed { .. } | Self::Read { .. } | Self::NotInProject { .. } => true,
            Self::Partly { source, .. } => source.is_of_a_file(),
            _ => false,
        }
    }

    /// Another scan may find what can be sent.
    pub fn is_of_the_moment(&self) -> bool {
        // What took its place is no file.
        use io::ErrorKind::InvalidInput;
        use io::ErrorKind::IsADirectory;
        use io::ErrorKind::NotADirectory;
        use io::ErrorKind::NotFound;
        match self {
            Self::Changed { .. } => true,
            Self::Partly { source, .. } => source.is_of_the_moment(),
            Self::Read { source, .. } => matches!(
                source.kind(),
                NotFound | NotADirectory | IsADirectory | InvalidInput
            ),
            _ => false,
        }
    }
}

fn files(count: usize) -> String {
    if count == 1 {
        "1 file".to_owned()
    } else {
        format!("{count} files")
    }
}

fn taken(path: Option<&BoardPath>) -> String {
    path.map_or(String::new(), |path| {
        format!(", and {path} was taken away half written")
    })
}

fn problems(problems: &[NameProblem]) -> String {
    match problems {
        [one] => one.to_string(),
        [first, rest @ ..] => format!("{first} (and {} more)", files(rest.len())),
        [] => "a name".to_owned(),
    }
}
