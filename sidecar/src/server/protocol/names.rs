//! Every method, command, error code and setting of protocol.md by its name.
//! What they mean stands there.

use crate::host::words;

/// The version of protocol.md.
pub const VERSION: u64 = words::VERSION;

/// Who sends it, and whether there is an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Way {
    /// Client to server, answered.
    Request,
    /// Client to server, not answered.
    Notification,
    /// Server to client, not answered.
    Told,
    /// Server to client, answered.
    Asked,
}

/// `$/progress`
pub const PROGRESS: &str = "$/progress";
/// `boardside/base`
pub const BASE: &str = "boardside/base";
/// `boardside/boards`
pub const BOARDS: &str = "boardside/boards";
/// `boardside/boardsChanged`
pub const BOARDS_CHANGED: &str = "boardside/boardsChanged";
/// `boardside/cancel`
pub const CANCEL: &str = "boardside/cancel";
/// `boardside/console/attach`
pub const CONSOLE_ATTACH: &str = "boardside/console/attach";
/// `boardside/console/input`
pub const CONSOLE_INPUT: &str = "boardside/console/input";
/// `boardside/console/locate`
pub const CONSOLE_LOCATE: &str = "boardside/console/locate";
/// `boardside/console/output`
pub const CONSOLE_OUTPUT: &str = "boardside/console/output";
/// `boardside/differences`
pub const DIFFERENCES: &str = "boardside/differences";
/// `boardside/files/delete`
pub const FILES_DELETE: &str = "boardside/files/delete";
/// `boardside/files/list`
pub const FILES_LIST: &str = "boardside/files/list";
/// `boardside/files/makeFolder`
pub const FILES_MAKE_FOLDER: &str = "boardside/files/makeFolder";
/// `boardside/files/read`
pub const FILES_READ: &str = "boardside/files/read";
/// `boardside/files/rename`
pub const FILES_RENAME: &str = "boardside/files/rename";
/// `boardside/files/write`
pub const FILES_WRITE: &str = "boardside/files/write";
/// `boardside/jobDone`
pub const JOB_DONE: &str = "boardside/jobDone";
/// `boardside/question`
pub const QUESTION: &str = "boardside/question";
/// `boardside/pack`
pub const PACK: &str = "boardside/pack";
/// `boardside/packages`
pub const PACKAGES: &str = "boardside/packages";
/// `boardside/publish`
pub const PUBLISH: &str = "boardside/publish";
/// `boardside/releases`
pub const RELEASES: &str = "boardside/releases";
/// `boardside/rollback`
pub const ROLL_BACK: &str = "boardside/rollback";
/// `boardside/settings`
pub const SETTINGS_OF: &str = "boardside/settings";
/// `boardside/settingsChanged`
pub const SETTINGS_CHANGED: &str = "boardside/settingsChanged";
/// `textDocument/publishDiagnostics`
pub const DIAGNOSTICS: &str = "textDocument/publishDiagnostics";
/// `window/workDoneProgress/cancel`
pub const PROGRESS_CANCEL: &str = "window/workDoneProgress/cancel";
/// `window/logMessage`
pub const LOG: &str = "window/logMessage";
/// `window/showMessage`
pub const SHOW: &str = "window/showMessage";
/// `window/showMessageRequest`
pub const SHOW_REQUEST: &str = "window/showMessageRequest";
/// `window/workDoneProgress/create`
pub const PROGRESS_CREATE: &str = "window/workDoneProgress/create";
/// `workspace/configuration`
pub const CONFIGURATION: &str = "workspace/configuration";

/// Every method that has a section in protocol.md.
pub const METHODS: [(&str, Way); 48] = [
    (PROGRESS, Way::Told),
    (BASE, Way::Request),
    (BOARDS, Way::Request),
    (BOARDS_CHANGED, Way::Told),
    (CANCEL, Way::Notification),
    (CONSOLE_ATTACH, Way::Request),
    (CONSOLE_INPUT, Way::Notification),
    (CONSOLE_LOCATE, Way::Request),
    (CONSOLE_OUTPUT, Way::Told),
    (DIFFERENCES, Way::Told),
    (FILES_DELETE, Way::Request),
    (FILES_LIST, Way::Request),
    (FILES_MAKE_FOLDER, Way::Request),
    (FILES_READ, Way::Request),
    (FILES_RENAME, Way::Request),
    (FILES_WRITE, Way::Request),
    (words::ALIVE, Way::Notification),
    (words::BOARDS, Way::Request),
    (words::PROGRESS, Way::Told),
    (words::SURVEY, Way::Request),
    (words::SYNC, Way::Request),
    (words::CLOSE, Way::Request),
    (words::LINES, Way::Request),
    (words::OPEN, Way::Request),
    (words::READ, Way::Request),
    (words::WRITE, Way::Request),
    (JOB_DONE, Way::Told),
    (QUESTION, Way::Asked),
    (PACK, Way::Request),
    (PACKAGES, Way::Request),
    (PUBLISH, Way::Request),
    (RELEASES, Way::Request),
    (ROLL_BACK, Way::Request),
    (SETTINGS_OF, Way::Request),
    (SETTINGS_CHANGED, Way::Told),
    ("exit", Way::Notification),
    ("initialize", Way::Request),
    ("initialized", Way::Notification),
    ("shutdown", Way::Request),
    ("textDocument/codeLens", Way::Request),
    ("textDocument/didClose", Way::Notification),
    ("textDocument/didOpen", Way::Notification),
    ("textDocument/didSave", Way::Notification),
    (DIAGNOSTICS, Way::Told),
    (PROGRESS_CANCEL, Way::Notification),
    ("workspace/didChangeConfiguration", Way::Notification),
    ("workspace/didChangeWorkspaceFolders", Way::Notification),
    ("workspace/executeCommand", Way::Request),
];

/// What `workspace/executeCommand` can be given.
pub const COMMANDS: [&str; 11] = [
    "boardside.sync",
    "boardside.connect",
    "boardside.disconnect",
    "boardside.run",
    "boardside.stop",
    "boardside.softReset",
    "boardside.hardReset",
    "boardside.pull",
    "boardside.diff",
    "boardside.doctor",
    "boardside.write",
];

/// Codes of `error.data.code` that the command line has not.
pub const CODES: [&str; 4] = [
    "protocol.version",
    "folder.unclear",
    "folder.unknown",
    "board.unknown",
];

/// Settings of the section `boardside`.
pub const SETTINGS: [&str; 10] = [
    "device", "autoSync", "after", "conflict", "delete", "baud", "turbo", "source", "ignore", "types",
];
