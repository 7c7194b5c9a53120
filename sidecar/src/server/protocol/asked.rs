//! What comes from the client. What is not known is ignored; what is of the wrong kind is refused by the name of the
//! field. Says nothing about what is done.

use serde::Deserialize;
use serde_json::Value;

/// `initializationOptions`.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(in crate::server) struct Greeting {
    pub(in crate::server) protocol: Option<Value>,
    pub(in crate::server) trusted: Option<Value>,
    pub(in crate::server) settings: Option<Value>,
}

/// The one argument of every command.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::server) struct Arguments {
    pub(in crate::server) folder: Option<String>,
    pub(in crate::server) board: Option<String>,
    pub(in crate::server) uri: Option<String>,
    pub(in crate::server) code: Option<String>,
    pub(in crate::server) conflict: Option<String>,
    pub(in crate::server) dry_run: Option<bool>,
    pub(in crate::server) overwrite: Option<bool>,
    pub(in crate::server) fix: Option<bool>,
    pub(in crate::server) downgrade: Option<bool>,
}

/// `boardside/cancel`.
#[derive(Debug, Deserialize)]
pub(in crate::server) struct CancelJob {
    pub(in crate::server) job: u64,
}

/// `window/workDoneProgress/cancel`.
#[derive(Debug, Deserialize)]
pub(in crate::server) struct CancelToken {
    pub(in crate::server) token: Value,
}

/// `boardside/console/attach`.
#[derive(Debug, Deserialize)]
pub(in crate::server) struct Attach {
    pub(in crate::server) board: String,
}

/// `boardside/console/input` and `boardside/console/locate`.
#[derive(Debug, Deserialize)]
pub(in crate::server) struct BoardText {
    pub(in crate::server) board: String,
    pub(in crate::server) text: String,
}

/// `boardside/files/list`.
#[derive(Debug, Deserialize)]
pub(in crate::server) struct ListFolder {
    pub(in crate::server) board: String,
    pub(in crate::server) path: String,
    #[serde(default)]
    pub(in crate::server) fresh: bool,
}

/// `boardside/files/read`, `makeFolder` and `delete`.
#[derive(Debug, Deserialize)]
pub(in crate::server) struct OnePath {
    pub(in crate::server) board: String,
    pub(in crate::server) path: String,
}

/// `boardside/files/write`.
#[derive(Debug, Deserialize)]
pub(in crate::server) struct WriteFile {
    pub(in crate::server) board: String,
    pub(in crate::server) path: String,
    /// Base64.
    pub(in crate::server) content: String,
}

/// `boardside/files/rename`.
#[derive(Debug, Deserialize)]
pub(in crate::server) struct Rename {
    pub(in crate::server) board: String,
    pub(in crate::server) from: String,
    pub(in crate::server) to: String,
}

/// `boardside/base`.
#[derive(Debug, Deserialize)]
pub(in crate::server) struct BaseOf {
    pub(in crate::server) uri: String,
    #[serde(default)]
    pub(in crate::server) ask: bool,
}

/// `boardside/settings`.
#[derive(Debug, Deserialize)]
pub(in crate::server) struct SettingsOf {
    pub(in crate::server) folder: String,
}

/// `boardside/packages`.
#[derive(Debug, Deserialize)]
pub(in crate::server) struct PackagesOf {
    pub(in crate::server) folder: String,
    #[serde(default)]
    pub(in crate::server) board: Option<String>,
}

/// `boardside/pack`.
#[derive(Debug, Deserialize)]
pub(in crate::server) struct Pack {
    pub(in crate::server) folder: String,
    pub(in crate::server) version: String,
}

/// `boardside/releases`, and what its relatives have in common.
#[derive(Debug, Deserialize)]
pub(in crate::server) struct ReleasesOf {
    pub(in crate::server) folder: String,
    #[serde(default)]
    pub(in crate::server) target: Option<String>,
    #[serde(default)]
    pub(in crate::server) name: Option<String>,
    #[serde(default, rename = "workDoneToken")]
    pub(in crate::server) token: Option<Value>,
}

/// `boardside/publish`.
#[derive(Debug, Deserialize)]
pub(in crate::server) struct Publish {
    pub(in crate::server) version: String,
    #[serde(default)]
    pub(in crate::server) hold: bool,
    #[serde(default)]
    pub(in crate::server) preview: bool,
    #[serde(flatten)]
    pub(in crate::server) of: ReleasesOf,
}

/// `boardside/rollback`.
#[derive(Debug, Deserialize)]
pub(in crate::server) struct RollBack {
    #[serde(default)]
    pub(in crate::server) version: Option<String>,
    #[serde(default)]
    pub(in crate::server) preview: bool,
    #[serde(flatten)]
    pub(in crate::server) of: ReleasesOf,
}
