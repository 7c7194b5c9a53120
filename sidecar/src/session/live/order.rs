//! What a live board can be told and what it tells: closed lists, and plain data.
//! Nothing happens here.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::base::BoardPath;
use crate::base::Question;
use crate::base::Stage;
use crate::board::Facts;
use crate::board::Listed;
use crate::board::Tier;
use crate::package::Head;
use crate::session::Explained;
use crate::session::Goal;
use crate::session::doctor::Check;
use crate::sync::Outcome;
use crate::sync::plan::OnConflict;
use crate::sync::plan::Plan;
use crate::sync::plan::Sides;
use crate::sync::scan::Scan;
use crate::wire::Secret;

/// Number of a job, counted from 1 by whoever gives the orders.
pub type JobId = u64;

/// What a live board can be told.
#[derive(Debug)]
pub enum Order {
    /// One after the other; `Told::Done` ends it, also when it was cancelled.
    Work {
        /// Its number.
        job: JobId,
        /// What to do.
        work: Work,
        /// Ends it early. The board is left usable, with the old project.
        cancel: CancellationToken,
    },
    /// A question about files; who drops the receiver is not interested any more.
    Ask(Ask),
    /// What somebody types. While a job other than `Run` works, it waits.
    Keys(Vec<u8>),
}

/// What can take long.
#[derive(Clone, Debug)]
pub enum Work {
    /// Opens the wire. Nothing is sent to the board.
    Connect,
    /// Frees the port.
    Disconnect,
    /// Makes the board hold the project, then what its settings want to come after.
    Sync {
        /// What the project wants.
        goal: Arc<Goal>,
        /// Its files.
        scan: Arc<Scan>,
        /// Instead of the one of the settings.
        conflict: Option<OnConflict>,
        /// Only say what would be done.
        dry_run: bool,
    },
    /// Writes a package, verifies it, resets the board and asks what it has.
    Write {
        /// What the package wants.
        goal: Arc<Goal>,
        /// Its files.
        scan: Arc<Scan>,
        /// What it says of itself.
        head: Box<Head>,
        /// Also if the board has a newer version.
        downgrade: bool,
    },
    /// Compares every file.
    Compare {
        /// What the project wants.
        goal: Arc<Goal>,
        /// Its files.
        scan: Arc<Scan>,
    },
    /// The board's files into the project.
    Pull {
        /// What the project wants.
        goal: Arc<Goal>,
        /// Its files.
        scan: Arc<Scan>,
        /// The board wins where contents differ.
        overwrite: bool,
    },
    /// Runs a program that is not on the board until it ends, raises, or any other order comes.
    Run {
        /// Python.
        code: String,
    },
    /// Stops the program.
    Stop,
    /// boot.py and main.py run again.
    SoftReset,
    /// As if the power had been cut; the port may go and come back.
    HardReset,
    /// Looks at the board step by step.
    Doctor {
        /// Finish what is unfinished, remove what is empty and unwanted.
        fix: bool,
    },
}

/// A question about files on the board. Connects, stops the program and starts it again where need be.
#[derive(Debug)]
pub enum Ask {
    /// What lies in a folder, `None` is the root, without what lies deeper. Not `fresh`: may come from memory.
    List {
        /// The folder.
        path: Option<BoardPath>,
        /// Ask the board in any case.
        fresh: bool,
        /// The answer.
        answer: oneshot::Sender<Result<Vec<Listed>, Explained>>,
    },
    /// The content of a file.
    Read {
        /// Which.
        path: BoardPath,
        /// The answer.
        answer: oneshot::Sender<Result<Vec<u8>, Explained>>,
    },
    /// Puts a file there, whole or not at all, with the folders above it.
    Write {
        /// Where.
        path: BoardPath,
        /// What.
        content: Vec<u8>,
        /// The answer.
        answer: oneshot::Sender<Result<(), Explained>>,
    },
    /// Removes a file, or a folder with all that is in it.
    Remove {
        /// Which.
        path: BoardPath,
        /// The answer.
        answer: oneshot::Sender<Result<(), Explained>>,
    },
    /// Gives a file or a folder another name; nothing is replaced.
    Rename {
        /// From here.
        from: BoardPath,
        /// To here.
        to: BoardPath,
        /// The answer.
        answer: oneshot::Sender<Result<(), Explained>>,
    },
    /// Makes a folder, and those above it.
    MakeFolder {
        /// Which.
        path: BoardPath,
        /// The answer.
        answer: oneshot::Sender<Result<(), Explained>>,
    },
}

/// What a live board tells, in order.
#[derive(Debug)]
pub enum Told {
    /// Its state, whenever it changes.
    State(State),
    /// What the board is, when it was asked.
    Facts(Box<Facts>, Tier),
    /// What the board said, and what its programs printed.
    Heard(Vec<u8>),
    /// Something that people should know.
    Warning(&'static str),
    /// A line for whoever looks at the console: the board is gone, is back, was synced.
    Note(String),
    /// Where a job is.
    Progress(JobId, Stage),
    /// Somebody has to say something before it goes on; what is dropped is not answered.
    Question(Question, oneshot::Sender<String>),
    /// The password of this address was typed, and is the right one: it may be kept if they say so.
    Typed(String, Secret),
    /// A job is over.
    Done(JobId, Box<Result<Done, Trouble>>),
    /// A program begins to run from its start: after a reset, a run, a restore.
    Started,
    /// Files on the board may have changed in other ways than by a sync.
    FilesChanged,
}

/// How a live board is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Not open.
    Free,
    /// Being opened, or brought to its prompt.
    Connecting,
    /// Open; nobody knows of a program that runs.
    Connected,
    /// A program runs.
    Running,
    /// A job works on it.
    Busy,
    /// Another program has the port.
    Held(Explained),
    /// It went away, and is waited for.
    Away(Explained),
    /// It cannot be opened.
    Refused(Explained),
}

/// What came of a job.
#[derive(Debug)]
pub enum Done {
    /// Nothing more to say: connected, disconnected, stopped, reset.
    Done,
    /// A sync.
    Synced {
        /// What was done.
        outcome: Box<Outcome>,
        /// The project as it was synced: later than what was asked for, if it changed meanwhile.
        scan: Arc<Scan>,
        /// Bytes on the wire to the board, from it, and changes of direction.
        traffic: (u64, u64, u64),
    },
    /// A sync that was only planned.
    Planned(Box<Plan>),
    /// Board and project, file by file.
    Compared(BTreeMap<BoardPath, Sides>),
    /// Files that were written into the project.
    Pulled {
        /// Files that the project did not have.
        added: usize,
        /// Files that were replaced.
        updated: usize,
        /// Files that were the same.
        unchanged: usize,
        /// Files that only the project has.
        only_project: usize,
    },
    /// A package is on the board, and the board says so after a reset.
    Written {
        /// The project.
        name: String,
        /// The version that it had before, if it was a package.
        before: Option<String>,
        /// The version that it has.
        running: String,
    },
    /// The program came to its end (`true`), or something else took the board.
    Ran(bool),
    /// What the doctor found.
    Checks(Vec<Check>),
}

/// What went wrong with a job.
#[derive(Clone, Debug)]
pub struct Trouble {
    /// In words.
    pub explained: Explained,
    /// Files that stand against a sync or a pull: path, why, and whether overwriting is possible.
    pub conflicts: Vec<(BoardPath, String, bool)>,
}

impl From<Explained> for Trouble {
    fn from(explained: Explained) -> Self {
        Self {
            explained,
            conflicts: Vec::new(),
        }
    }
}
