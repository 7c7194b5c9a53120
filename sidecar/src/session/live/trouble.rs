//! `Trouble`: what other rooms could not do, as a job tells it.
//! Words are `explain`'s.

use crate::board::BoardError;
use crate::ftp::FtpError;
use crate::session::ConnectError;
use crate::session::Exit;
use crate::session::Explain as _;
use crate::session::Explained;
use crate::session::FilesError;
use crate::session::PullingError;
use crate::session::live::Trouble;
use crate::sync::SyncError;
use crate::sync::plan::Hindrance;

/// Codes of a board at its prompt that said no, with nothing begun: there is nothing to clear away.
const REFUSALS: [&str; 9] = [
    "board.not_found",
    "board.is_folder",
    "board.not_folder",
    "board.in_the_way",
    "board.own",
    "board.no_folders",
    "board.no_reset",
    "package.older",
    "package.target",
];
/// Codes of a server that did not let anybody to the board.
const LOGIN: [&str; 4] = [
    "wire.no_user",
    "wire.no_password",
    "wire.login",
    "wire.login_closed",
];
/// The same for whole families of codes.
const REFUSING: [&str; 4] = ["sync.", "pull.", "project.", "host."];

impl Trouble {
    /// The user, or the end of the editor, cancelled it.
    pub(super) fn cancelled() -> Self {
        Explained {
            code: "cancelled",
            message: "cancelled".to_owned(),
            help: "run it again when you like".to_owned(),
            exit: Exit::Cancelled,
        }
        .into()
    }

    /// The wire broke.
    pub(super) fn is_gone(&self) -> bool {
        self.explained.code == "wire.gone"
    }

    /// Nobody is let in.
    pub(super) fn is_about_login(&self) -> bool {
        LOGIN.contains(&self.explained.code)
    }

    /// Is the board at its raw prompt, with nothing left over?
    pub(super) fn is_refusal(&self) -> bool {
        let code = self.explained.code;
        REFUSALS.contains(&code) || REFUSING.iter().any(|family| code.starts_with(family))
    }
}

impl From<BoardError> for Trouble {
    fn from(error: BoardError) -> Self {
        error.explained().into()
    }
}

impl From<FtpError> for Trouble {
    fn from(error: FtpError) -> Self {
        error.explained().into()
    }
}

impl From<FilesError> for Trouble {
    fn from(error: FilesError) -> Self {
        error.explained().into()
    }
}

impl From<ConnectError> for Trouble {
    fn from(error: ConnectError) -> Self {
        error.explained().into()
    }
}

impl From<SyncError> for Trouble {
    fn from(error: SyncError) -> Self {
        let explained = error.explained();
        let conflicts = match error {
            SyncError::Conflicts(conflicts) => conflicts
                .into_iter()
                .map(|one| (one.path, one.clash.to_string(), one.clash.can_overwrite()))
                .collect(),
            _ => Vec::new(),
        };
        Self { explained, conflicts }
    }
}

impl From<PullingError> for Trouble {
    fn from(error: PullingError) -> Self {
        let explained = error.explained();
        let conflicts = match error {
            PullingError::Refused(error) => error
                .refused
                .into_iter()
                .map(|(path, why)| (path, why.to_string(), why == Hindrance::Differs))
                .collect(),
            PullingError::Land(_) | PullingError::Files(_) => Vec::new(),
        };
        Self { explained, conflicts }
    }
}
