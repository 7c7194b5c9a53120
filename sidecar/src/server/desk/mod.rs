//! The desk: the one task that holds folders, boards and jobs, and decides. Events come in, orders and messages go out.
//! It never waits for a board, a folder or the client.

mod answers;
mod asking;
mod board_told;
mod boards;
mod choice;
mod commands;
mod console;
mod diagnostics;
mod differences;
mod editor_settings;
mod files;
mod folder_settings;
mod folders;
mod hosts;
mod jobs;
mod packages;
mod ports;
mod progress;
mod publishing;
mod releases;
mod results;
mod saves;

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use tokio::sync::mpsc;

use crate::server::call::Call;
use crate::server::call::Start;
use crate::server::desk::boards::Board;
use crate::server::desk::files::Change;
use crate::server::desk::folders::Folder;
use crate::server::desk::jobs::Jobs;
use crate::server::outbox::Outbox;
use crate::server::protocol::names;
use crate::server::protocol::told;
use crate::session::Explained;
use crate::session::Found;
use crate::session::live::Chosen;
use crate::session::live::FolderTold;
use crate::session::live::JobId;
use crate::session::live::LiveFolder;
use crate::session::live::Order;
use crate::session::live::Told;
use crate::session::packages::Opened;
use crate::sync::plan::OnConflict;

/// Number of a folder; the same folder that is closed and opened again has another.
type FolderId = u64;

/// How long the boards may take to be left, all together.
const LEAVE_LIMIT: Duration = Duration::from_millis(4300);

/// Everything that can happen.
#[derive(Debug)]
enum Event {
    /// The client wants something.
    Call(Call),
    /// A board told something. Boards that were closed and opened again have another `turn`.
    Board { address: String, turn: u64, told: Told },
    /// A folder told something.
    Folder(FolderId, FolderTold),
    /// Other ports than before.
    Ports(Vec<Found>),
    /// Other machines, or other boards on them, than before.
    Hosts(hosts::Hosts),
    /// A folder is watched now.
    Opened(FolderId, LiveFolder),
    /// The client's settings for a folder; `None` if it did not tell.
    Configured(FolderId, Option<Value>),
    /// The client will show the progress of a job, or not.
    Token(JobId, bool),
    /// What somebody wants done about the conflicts of a folder.
    Settled(FolderId, Option<OnConflict>),
    /// Something for a board, from a task that had to look elsewhere first.
    Order { address: String, order: Order },
    /// A file of a board was written, removed or renamed by the editor.
    FileChanged { address: String, change: Change },
    /// The code that a job is to run.
    Code(JobId, Result<String, String>),
    /// The package that a job is to write.
    Package(JobId, Result<Box<Opened>, Explained>),
}

/// See the head of this file.
pub(super) struct Desk {
    outbox: Outbox,
    events: mpsc::UnboundedSender<Event>,
    start: Start,
    folders: BTreeMap<FolderId, Folder>,
    boards: BTreeMap<String, Board>,
    jobs: Jobs,
    chosen: Chosen,
    publishing: publishing::Publishing,
    /// Counts folders and openings of boards.
    count: u64,
    /// What the client was told of the boards.
    shown: Vec<told::Board>,
}

/// Works until `end` is over; then the boards are left and the ports free.
pub(super) async fn run(outbox: Outbox, mut calls: mpsc::Receiver<Call>, end: impl Future<Output = ()>) {
    let (events, mut inbox) = mpsc::unbounded_channel();
    let mut desk = Desk {
        outbox,
        events,
        start: Start::default(),
        folders: BTreeMap::new(),
        boards: BTreeMap::new(),
        jobs: Jobs::default(),
        chosen: Chosen::load(),
        publishing: publishing::Publishing::default(),
        count: 0,
        shown: Vec::new(),
    };
    // Which board a folder means depends on those that are there, so nothing is answered before the first look.
    desk.ports(ports::look().await);
    let watch = ports::watch(desk.events.clone());
    tokio::pin!(end, watch);
    loop {
        let event = tokio::select! {
            () = &mut end => break,
            Some(event) = inbox.recv() => event,
            Some(call) = calls.recv() => Event::Call(call),
            () = &mut watch => continue,
        };
        desk.handle(event);
    }
    // Who still waits for an answer gets one.
    drop(calls);
    desk.leave().await;
}

impl Desk {
    fn handle(&mut self, event: Event) {
        let quiet = matches!(
            event,
            Event::Board {
                told: Told::Heard(_) | Told::Progress(..),
                ..
            }
        );
        match event {
            Event::Call(call) => self.call(call),
            Event::Board { address, turn, told } => self.board_told(&address, turn, told),
            Event::Folder(folder, told) => self.folder_told(folder, told),
            Event::Opened(folder, live) => self.opened(folder, live),
            Event::Ports(found) => self.ports(found),
            Event::Hosts(hosts) => self.hosts(hosts),
            Event::Configured(folder, settings) => self.configured(folder, settings.as_ref()),
            Event::Token(job, granted) => self.token(job, granted),
            Event::Settled(folder, policy) => self.settled(folder, policy),
            Event::Order { address, order } => self.order(&address, order),
            Event::FileChanged { address, change } => self.file_changed(&address, &change),
            Event::Code(job, code) => self.code(job, code),
            Event::Package(job, read) => self.package_read(job, read),
        }
        if !quiet {
            self.show_boards();
        }
    }

    fn call(&mut self, call: Call) {
        match call {
            Call::Started(start) => self.started(*start),
            Call::Folders { added, removed } => self.change_folders(added, &removed),
            Call::Configuration(settings) => self.configuration(&settings),
            Call::Saved { uri, at } => self.saved(&uri, at),
            Call::Command {
                command,
                arguments,
                token,
                reply,
            } => self.command(command, arguments, token, reply),
            Call::CancelToken(token) => {
                self.publishing.cancel(&token);
                if let Some(job) = self.jobs.of_token(&token) {
                    self.cancel(job);
                }
            }
            Call::CancelJob(job) => self.cancel(job),
            Call::Boards(reply) => answers::send(reply, Ok(json!({"boards": self.list()}))),
            Call::Attach { board, reply } => self.attach(&board, reply),
            Call::Input { board, text } => self.input(&board, &text),
            Call::Locate { board, text, reply } => self.locate(board, text, reply),
            Call::Files { board, file, reply } => self.files(&board, file, reply),
            Call::Base { uri, ask, reply } => self.base(uri, ask, reply),
            Call::Settings { folder, reply } => self.settings_of(folder, reply),
            Call::Packages { .. } | Call::Pack { .. } => self.packages(call),
            Call::Releases { .. } => self.releases(call),
            Call::Lens { uri, reply } => self.lens(uri, reply),
        }
    }

    /// The client may be talked to from now on.
    fn started(&mut self, start: Start) {
        self.outbox.open();
        let folders = start.folders.clone();
        self.start = start;
        if self.start.questions {
            tokio::spawn(asking::listen(self.outbox.clone()));
        }
        tokio::spawn(hosts::watch(self.events.clone()));
        self.change_folders(folders, &[]);
        if !self.start.trusted {
            self.log("the workspace is not trusted: nothing is synced that nobody asked for");
        }
    }

    /// A line of the log.
    fn log(&self, line: &str) {
        let params = json!({"type": 3, "message": line});
        self.outbox.tell(names::LOG, params, None);
    }

    /// For the editor's log, and to be noticed there.
    fn log_warning(&self, line: &str) {
        let params = json!({"type": 2, "message": line});
        self.outbox.tell(names::LOG, params, None);
    }

    /// A number that nothing else has.
    fn number(&mut self) -> u64 {
        self.count += 1;
        self.count
    }

    async fn leave(self) {
        for job in self.jobs.all() {
            job.cancel.cancel();
        }
        let lives = self.boards.into_values().filter_map(|board| board.live);
        let finished = futures::future::join_all(lives.map(crate::session::live::LiveBoard::finish));
        // Whatever hangs: the process ends.
        drop(tokio::time::timeout(LEAVE_LIMIT, finished).await);
    }
}
