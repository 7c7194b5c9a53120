//! `Refusal`: why a request has no result, and the JSON-RPC error that says so.
//! Words of boards and projects are `session`'s; here are only those of the editor's side.

use serde_json::json;
use tower_lsp::jsonrpc::Error;
use tower_lsp::jsonrpc::ErrorCode;

use crate::base::redacted_address;
use crate::session::Exit;
use crate::session::Explain;
use crate::session::Explained;

/// LSP's `RequestFailed`: everything that is not the fault of the message.
const FAILED: i64 = -32803;

/// Why a request has no result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Its params make no sense.
    Params(String),
    /// It was understood and cannot be done.
    Failed(Explained),
    /// The server ends.
    Ending,
}

impl Refusal {
    /// A field that has to be there.
    pub(super) fn missing(field: &str) -> Self {
        Self::Params(format!("`{field}` is needed"))
    }

    /// Client and server speak different versions of the protocol.
    pub(super) fn version(theirs: &str, ours: u64) -> Self {
        Self::Failed(words(
            "protocol.version",
            format!("the editor speaks version {theirs} of the protocol, this Boardside version {ours}"),
            "update the extension or Boardside, whichever is older",
        ))
    }

    /// Nobody knows which folder is meant.
    pub(super) fn folder_unclear(folders: usize) -> Self {
        let message = match folders {
            0 => "there is no folder in the workspace".to_owned(),
            _ => format!("the workspace has {folders} folders and none was named"),
        };
        Self::Failed(words("folder.unclear", message, "name the folder, or open one"))
    }

    /// The folder is not in the workspace.
    pub(super) fn folder_unknown(uri: &str) -> Self {
        let message = format!("{uri} is no folder of the workspace");
        Self::Failed(words("folder.unknown", message, "open the folder in the editor"))
    }

    /// No board can have this address.
    pub(super) fn board_unknown(address: &str) -> Self {
        let message = format!("there is no board {}", redacted_address(address));
        Self::Failed(words(
            "board.unknown",
            message,
            "choose one of the boards that are listed",
        ))
    }

    /// In the way of an error from a room below.
    pub(super) fn of(error: &impl Explain) -> Self {
        Self::Failed(error.explained())
    }
}

fn words(code: &'static str, message: String, help: &str) -> Explained {
    Explained {
        code,
        message,
        help: help.to_owned(),
        exit: Exit::Failed,
    }
}

/// A job that somebody ended.
pub(super) fn cancelled() -> Explained {
    Explained {
        code: "cancelled",
        message: "cancelled".to_owned(),
        help: "run it again when you like".to_owned(),
        exit: Exit::Cancelled,
    }
}

impl From<Explained> for Refusal {
    fn from(explained: Explained) -> Self {
        Self::Failed(explained)
    }
}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Params(why) => Self::invalid_params(why),
            Refusal::Failed(why) => Self {
                code: ErrorCode::ServerError(FAILED),
                message: why.message.into(),
                data: Some(json!({"code": why.code, "help": why.help})),
            },
            Refusal::Ending => Self::request_cancelled(),
        }
    }
}
