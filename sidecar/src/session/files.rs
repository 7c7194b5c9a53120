//! `Files`: what can be done with the files of a board, whether it has its REPL or only an FTP server.
//! The verbs are `board`'s and `ftp`'s; here they are the same to those who do not care.

use std::collections::BTreeMap;

use crate::base::BoardPath;
use crate::base::Progress;
use crate::base::Stage;
use crate::board::BoardError;
use crate::board::Lies;
use crate::board::Listed;
use crate::ftp;
use crate::ftp::Ftp;
use crate::ftp::FtpError;
use crate::session::ConnectError;
use crate::session::Connection;
use crate::session::Fetched;
use crate::session::Goal;
use crate::session::Target;
use crate::session::opening;
use crate::session::passwords::Login;
use crate::sync::Applied;
use crate::sync::Delivery;
use crate::sync::SyncError;
use crate::sync::plan::Sides;
use crate::sync::scan::Scan;
use crate::wire::Address;
use crate::wire::Place;
use crate::wire::Secret;

/// The files of a board.
pub enum Files<'a> {
    /// At its prompt.
    Board(&'a mut Connection),
    /// By its FTP server, without a REPL.
    Ftp(Box<Ftp>),
}

/// A deed with files that failed.
#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    /// As any board says it.
    #[error(transparent)]
    Board(BoardError),
    /// The connection, or the server.
    #[error(transparent)]
    Ftp(FtpError),
}

impl From<BoardError> for FilesError {
    fn from(error: BoardError) -> Self {
        Self::Board(error)
    }
}

impl From<FtpError> for FilesError {
    fn from(error: FtpError) -> Self {
        match error {
            FtpError::Board(error) => Self::Board(error),
            other => Self::Ftp(other),
        }
    }
}

/// Opens the board's FTP server, if the user named one.
pub async fn by_ftp(target: &Target, progress: &mut dyn Progress) -> Result<Option<Ftp>, ConnectError> {
    let Some(device) = &target.device else {
        return Ok(None);
    };
    let Address::Ftp(place) = device.parse()? else {
        return Ok(None);
    };
    Ok(Some(open_ftp(place, progress).await?.0))
}

/// Opens the FTP server at this place. With its address, in which the login is.
pub(super) async fn open_ftp(
    place: Place,
    progress: &mut dyn Progress,
) -> Result<(Ftp, Address), ConnectError> {
    let doing = "opening";
    progress.report(Stage::Connecting { doing });
    let mut login = Login::new(Address::Ftp, place, progress);
    let ftp = Box::pin(ftp_login(&mut login)).await?;
    Ok((ftp, login.accepted()))
}

/// Connects and logs in, with one password after the other. Nobody is asked about a server for everybody.
async fn ftp_login(login: &mut Login<'_>) -> Result<Ftp, FtpError> {
    if login.place().user.is_some() {
        login.password().await;
    } else {
        login.known().await;
    }
    login.in_time();
    loop {
        let password = login.place().password.clone();
        let password = password.as_ref().map(Secret::reveal);
        match ftp::open(login.place(), password, opening::NETWORK_LIMIT).await {
            Err(FtpError::Wire(error)) if login.again(&error).await => {}
            done => return done,
        }
    }
}

impl Files<'_> {
    /// Everything in a folder, as `Board::list_in`.
    pub async fn list_in(&mut self, path: Option<&BoardPath>, deep: bool) -> Result<Vec<Listed>, FilesError> {
        match self {
            Self::Board(connection) => Ok(connection.board.list_in(path, deep).await?),
            Self::Ftp(ftp) => Ok(ftp.list_in(path, deep).await?),
        }
    }

    /// What is at these paths.
    pub async fn lies_at(&mut self, paths: &[BoardPath]) -> Result<Vec<Lies>, FilesError> {
        match self {
            Self::Board(connection) => Ok(connection.board.lies_at(paths).await?),
            Self::Ftp(ftp) => Ok(ftp.lies_at(paths).await?),
        }
    }

    /// A file's content, with progress.
    pub async fn fetch(
        &mut self,
        fetched: &mut Fetched,
        path: &BoardPath,
        progress: &mut dyn Progress,
    ) -> Result<Vec<u8>, FilesError> {
        let ftp = match self {
            Self::Board(connection) => {
                return Ok(fetched.fetch(&mut connection.board, path, progress).await?);
            }
            Self::Ftp(ftp) => ftp,
        };
        match ftp.lies_at(std::slice::from_ref(path)).await?[0] {
            Lies::File { size } if fetched.total == 0 => fetched.total = size,
            Lies::File { .. } | Lies::Nothing => {}
            Lies::Folder => {
                let path = path.to_string();
                return Err(BoardError::IsFolder { path }.into());
            }
        }
        let (before, total) = (fetched.before, fetched.total);
        let mut moved = |done: u64| {
            progress.report(Stage::Receiving {
                path: path.clone(),
                done: (before + done).min(total),
                total,
            });
        };
        let content = ftp.read(path.as_str(), &mut moved).await?;
        let content = content.ok_or_else(|| BoardError::NotFound {
            path: path.to_string(),
        })?;
        fetched.before += content.len() as u64;
        Ok(content)
    }

    /// Removes a file, or with `recursive` a folder with everything in it. Says what went.
    pub async fn remove(&mut self, path: &str, recursive: bool) -> Result<Vec<String>, FilesError> {
        match self {
            Self::Board(connection) => Ok(connection.board.remove(path, recursive).await?),
            Self::Ftp(ftp) => Ok(ftp.remove(path, recursive).await?),
        }
    }

    /// Makes a folder and those above it.
    pub async fn make_folder(&mut self, path: &BoardPath) -> Result<(), FilesError> {
        match self {
            Self::Board(connection) => Ok(connection.board.make_folder(path).await.map(drop)?),
            Self::Ftp(ftp) => Ok(ftp.make_folders(path).await?),
        }
    }

    /// Smallest piece of flash that a file takes, free and total flash, in bytes; FTP has no word for it.
    pub async fn flash(&mut self) -> Result<Option<(u64, u64, u64)>, FilesError> {
        match self {
            Self::Board(connection) => Ok(connection.board.facts().await?.flash),
            Self::Ftp(_) => Ok(None),
        }
    }

    /// Puts files on the board.
    pub async fn put(
        &mut self,
        delivery: &Delivery,
        progress: &mut dyn Progress,
    ) -> Result<Option<Applied>, SyncError> {
        match self {
            Self::Board(connection) => crate::sync::put(&mut connection.board, delivery, progress).await,
            Self::Ftp(ftp) => crate::sync::put_by_files(ftp, delivery, progress).await,
        }
    }

    /// Board and project file by file.
    pub async fn sides(
        &mut self,
        goal: &Goal,
        scan: &Scan,
        progress: &mut dyn Progress,
    ) -> Result<BTreeMap<BoardPath, Sides>, FilesError> {
        match self {
            Self::Board(connection) => {
                let sides = goal.sides(&mut connection.board, scan, progress);
                Ok(sides.await?)
            }
            Self::Ftp(ftp) => {
                progress.report(Stage::Comparing);
                let is_wanted = |path: &BoardPath| crate::sync::is_wanted(path, &goal.rules);
                Ok(crate::sync::sides_by_files(ftp, scan, &is_wanted).await?)
            }
        }
    }

    /// Bytes that went to the board so far.
    pub fn sent(&self) -> u64 {
        match self {
            Self::Board(connection) => connection.traffic.sent(),
            Self::Ftp(ftp) => ftp.traffic().0,
        }
    }
}
