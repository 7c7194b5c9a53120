//! `Call`: what the client wants, read and checked; requests with the way back.
//! Plain data: handlers make them, the desk does them.

use std::path::PathBuf;

use serde_json::Value;
use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::base::BoardPath;
use crate::server::protocol::asked::Arguments;
use crate::server::refusal::Refusal;

/// Where the result of a request goes. Who drops the other end is not interested any more.
pub(super) type Reply = oneshot::Sender<Result<Value, Refusal>>;

/// A folder of the workspace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// As the client spells it.
    pub(super) uri: String,
    /// Where it is.
    pub(super) path: PathBuf,
}

/// What `initialize` says.
#[allow(clippy::struct_excessive_bools)] // independent facts, as the client says them
#[derive(Clone, Debug, Default)]
pub(super) struct Start {
    /// The workspace.
    pub(super) folders: Vec<Place>,
    /// May something be done that nobody asked for?
    pub(super) trusted: bool,
    /// The section `boardside`, for clients that cannot be asked.
    pub(super) settings: Option<Value>,
    /// `workspace.configuration`
    pub(super) configuration: bool,
    /// `window.workDoneProgress`
    pub(super) progress: bool,
    /// `experimental.boardside.questions`
    pub(super) questions: bool,
    /// `experimental.boardside.jobs`
    pub(super) jobs: bool,
}

/// What the client wants.
#[derive(Debug)]
pub(super) enum Call {
    /// It may be talked to.
    Started(Box<Start>),
    /// Other folders than before.
    Folders { added: Vec<Place>, removed: Vec<String> },
    /// Settings were changed; the new ones, from clients that cannot be asked.
    Configuration(Value),
    /// A file was saved, and when that was said.
    Saved { uri: String, at: Instant },
    /// A command, with the token that its progress is to have.
    Command {
        command: String,
        arguments: Box<Arguments>,
        token: Option<Value>,
        reply: Reply,
    },
    /// End the job with this token.
    CancelToken(Value),
    /// End this job.
    CancelJob(u64),
    /// Which boards are there.
    Boards(Reply),
    /// The console of a board so far.
    Attach { board: String, reply: Reply },
    /// Keys.
    Input { board: String, text: String },
    /// Files that a line of the console names.
    Locate {
        board: String,
        text: String,
        reply: Reply,
    },
    /// Something with files on a board.
    Files {
        board: String,
        file: FileCall,
        reply: Reply,
    },
    /// The board's content of a file of the workspace.
    Base { uri: String, ask: bool, reply: Reply },
    /// The settings that hold.
    Settings { folder: String, reply: Reply },
    /// The packages of a folder; those for a board, if it is known what it is.
    Packages {
        folder: String,
        board: Option<String>,
        reply: Reply,
    },
    /// Make a package of a folder.
    Pack {
        folder: String,
        version: String,
        reply: Reply,
    },
    /// Releases of a folder; `target` and `name` in the place of its settings.
    Releases {
        folder: String,
        target: Option<String>,
        name: Option<String>,
        what: ReleaseCall,
        /// Of the client, for progress and cancel.
        token: Option<Value>,
        reply: Reply,
    },
    /// Where to run from.
    Lens { uri: String, reply: Reply },
}

/// What can be done with releases.
#[derive(Debug)]
pub(super) enum ReleaseCall {
    List,
    Publish {
        version: String,
        hold: bool,
        preview: bool,
    },
    /// `None`: to the version before.
    RollBack {
        version: Option<String>,
        preview: bool,
    },
}

/// What can be done with files on a board.
#[derive(Debug)]
pub(super) enum FileCall {
    /// `None` is the root.
    List {
        path: Option<BoardPath>,
        fresh: bool,
    },
    Read(BoardPath),
    Write(BoardPath, Vec<u8>),
    Remove(BoardPath),
    Rename {
        from: BoardPath,
        to: BoardPath,
    },
    MakeFolder(BoardPath),
}
