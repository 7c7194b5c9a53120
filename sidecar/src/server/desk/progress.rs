//! `$/progress` of jobs: a beginning, the newest report, an end; only with a token that the client knows.
//! What a job does is not known here.

use serde_json::Value;
use serde_json::json;

use crate::base::Stage;
use crate::server::desk::Desk;
use crate::server::desk::Event;
use crate::server::desk::asking::ASK_LIMIT;
use crate::server::desk::folders::Folder;
use crate::server::desk::jobs::Job;
use crate::server::desk::jobs::Task;
use crate::server::outbox::Key;
use crate::server::protocol::names;
use crate::session::live::JobId;

/// How a job is shown.
#[derive(Debug, Default)]
pub(super) struct Shown {
    token: Option<Value>,
    begun: bool,
    last: Option<(String, Option<u64>)>,
}

impl Shown {
    /// What it reports with.
    pub(super) fn token(&self) -> Option<&Value> {
        self.token.as_ref()
    }
}

impl Desk {
    /// A new job begins to be shown: with the client's token, else with one that the client is asked to take.
    pub(super) fn show(&mut self, id: JobId, token: Option<Value>) {
        let asked = token.is_none();
        if asked && !self.start.progress {
            return;
        }
        let token = token.unwrap_or_else(|| json!(format!("boardside-{id}")));
        if let Some(job) = self.jobs.get_mut(id) {
            if job.shown.token.is_some() {
                return; // It is shown already, with the token of whoever asked first.
            }
            job.shown.token = Some(token.clone());
        }
        if !asked {
            return self.begin(id);
        }
        let events = self.events.clone();
        let params = json!({"token": token});
        self.outbox
            .ask(names::PROGRESS_CREATE, params, ASK_LIMIT, move |granted| {
                events
                    .send(Event::Token(id, granted.is_some()))
                    .unwrap_or_default();
            });
    }

    /// The client's word about a token of ours.
    pub(super) fn token(&mut self, id: JobId, granted: bool) {
        if granted {
            self.begin(id);
        }
    }

    fn begin(&mut self, id: JobId) {
        let Some(title) = self.jobs.get(id).map(|job| self.title(job)) else {
            return;
        };
        let Some(job) = self.jobs.get_mut(id) else { return };
        job.shown.begun = true;
        let value = json!({"kind": "begin", "title": title, "cancellable": true});
        let params = json!({"token": job.shown.token, "value": value});
        self.outbox.tell(names::PROGRESS, params, Some(&job.board));
    }

    /// Where a job is.
    pub(super) fn report(&mut self, id: JobId, stage: &Stage) {
        let Some(job) = self.jobs.get_mut(id).filter(|job| job.shown.begun) else {
            return;
        };
        let now = words(stage);
        if job.shown.last.as_ref() == Some(&now) {
            return;
        }
        let mut value = json!({"kind": "report", "message": now.0});
        if let Some(percentage) = now.1 {
            value["percentage"] = percentage.into();
        }
        let token = job.shown.token.clone().unwrap_or_default();
        let params = json!({"token": token, "value": value});
        job.shown.last = Some(now);
        self.outbox.latest(Key::Report(token), names::PROGRESS, params);
    }

    /// A job is over.
    pub(super) fn end_progress(&self, job: &Job) {
        if job.shown.begun {
            let params = json!({"token": job.shown.token, "value": {"kind": "end"}});
            self.outbox.tell(names::PROGRESS, params, Some(&job.board));
        }
    }

    fn title(&self, job: &Job) -> String {
        let folder = job.folder.and_then(|id| self.folders.get(&id));
        let folder = folder.map_or_else(|| "the project".to_owned(), Folder::name);
        let board = self.name_of(&job.board);
        let doing = match &job.task {
            Task::Sync { dry_run: false, .. } => format!("syncing {folder}"),
            Task::Sync { .. } => format!("planning a sync of {folder}"),
            Task::Connect => format!("connecting {board}"),
            Task::Disconnect => format!("disconnecting {board}"),
            Task::Run { .. } => format!("running on {board}"),
            Task::Stop => format!("stopping {board}"),
            Task::SoftReset | Task::HardReset => format!("resetting {board}"),
            Task::Pull { .. } => format!("pulling into {folder}"),
            Task::Diff => format!("comparing {folder}"),
            Task::Doctor { .. } => format!("looking at {board}"),
            Task::Write { uri, .. } => {
                let name = uri.rsplit('/').next().unwrap_or_default();
                format!("writing {name} to {board}")
            }
        };
        format!("Boardside: {doing}")
    }
}

/// For people; a percentage while content is moved.
pub(super) fn words(stage: &Stage) -> (String, Option<u64>) {
    let percent = |done: &u64, total: &u64| Some((100 * done.min(total)).checked_div(*total).unwrap_or(100));
    match stage {
        Stage::Hashing { done, total } => ("reading the project".to_owned(), percent(done, total)),
        Stage::Scanning => ("looking at the project".to_owned(), None),
        Stage::Connecting { doing } => ((*doing).to_owned(), None),
        Stage::Comparing => ("comparing".to_owned(), None),
        Stage::Sending { path, done, total } | Stage::Receiving { path, done, total } => {
            (path.relative().to_owned(), percent(done, total))
        }
        Stage::Committing => ("putting it in place".to_owned(), None),
        Stage::Finishing => ("finishing".to_owned(), None),
    }
}
