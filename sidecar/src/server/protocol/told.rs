//! What goes to the client, where it is more than one line of JSON.
//! Decides nothing.

use serde::Serialize;
use serde_json::Value;

use crate::session::Explained;

/// An error in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::server) struct Why {
    pub(in crate::server) code: String,
    pub(in crate::server) message: String,
    pub(in crate::server) help: String,
}

impl From<&Explained> for Why {
    fn from(explained: &Explained) -> Self {
        Self {
            code: explained.code.to_owned(),
            message: explained.message.clone(),
            help: explained.help.clone(),
        }
    }
}

/// A board of `boardside/boards`.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::server) struct Board {
    pub(in crate::server) address: String,
    pub(in crate::server) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::server) id: Option<String>,
    pub(in crate::server) state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::server) why: Option<Why>,
    /// The machine that has it, where that is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::server) host: Option<String>,
    /// What it last said there, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::server) firmware: Option<String>,
    pub(in crate::server) folders: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::server) job: Option<AtWork>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::server) facts: Option<BoardFacts>,
}

/// The job that works on a board.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::server) struct AtWork {
    pub(in crate::server) job: u64,
    pub(in crate::server) kind: &'static str,
}

/// What a board has told. Sizes in bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::server) struct BoardFacts {
    pub(in crate::server) firmware: String,
    pub(in crate::server) version: String,
    pub(in crate::server) id: String,
    pub(in crate::server) root: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::server) flash_total: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::server) flash_free: Option<u64>,
    pub(in crate::server) ram_free: u64,
    pub(in crate::server) tier: &'static str,
}

/// `boardside/jobDone`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(in crate::server) struct JobDone {
    pub(in crate::server) job: u64,
    pub(in crate::server) kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::server) folder: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(in crate::server) board: Option<String>,
    pub(in crate::server) automatic: bool,
    #[serde(flatten)]
    pub(in crate::server) end: End,
}

/// How a job ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::server) enum End {
    Result(Value),
    Error(Value),
}

/// A file that is not the same on both sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::server) struct Different {
    pub(in crate::server) path: String,
    pub(in crate::server) uri: String,
    pub(in crate::server) state: &'static str,
}

/// The settings that hold for a folder.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::server) struct FolderSettings {
    pub(in crate::server) device: Option<String>,
    pub(in crate::server) auto_sync: &'static str,
    pub(in crate::server) after: String,
    pub(in crate::server) conflict: &'static str,
    pub(in crate::server) delete: bool,
    pub(in crate::server) baud: u32,
    pub(in crate::server) turbo: bool,
    pub(in crate::server) root: String,
    pub(in crate::server) ignore: Vec<String>,
    pub(in crate::server) types: Option<Vec<String>>,
    pub(in crate::server) file: Option<String>,
    pub(in crate::server) imported: Vec<Imported>,
    pub(in crate::server) warnings: Vec<String>,
}

/// A setting that another tool's file gave.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(in crate::server) struct Imported {
    pub(in crate::server) key: String,
    pub(in crate::server) setting: String,
}
