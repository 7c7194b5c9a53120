//! Publishing and going back as jobs, for editors that have commands and nothing else of ours.
//! What is done is `releases`'s, how it is shown `progress`'s.

use serde_json::Value;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::base::Progress;
use crate::base::Stage;
use crate::server::call::ReleaseCall;
use crate::server::desk::Desk;
use crate::server::desk::Event;
use crate::server::desk::jobs::At;
use crate::server::desk::jobs::Task;
use crate::server::desk::releases;
use crate::server::refusal::cancelled;
use crate::session::Explained;
use crate::session::live::Done;
use crate::session::live::JobId;

/// Tells the desk where a job is.
struct Reports {
    events: mpsc::UnboundedSender<Event>,
    job: JobId,
}

impl Progress for Reports {
    fn report(&mut self, stage: Stage) {
        let report = Event::Report(self.job, stage);
        self.events.send(report).unwrap_or_default();
    }
}

impl Desk {
    /// A job that is about releases begins.
    pub(super) fn work_on_release(&mut self, id: JobId) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        let (preview, hold) = (false, false);
        let what = match job.task.clone() {
            Task::Publish { version } => ReleaseCall::Publish {
                version,
                hold,
                preview,
            },
            Task::RollBack { version } => ReleaseCall::RollBack { version, preview },
            _ => return,
        };
        job.at = At::Ordered;
        job.begun = Some(Instant::now());
        let (cancel, folder) = (job.cancel.clone(), job.folder);
        let Some(home) = folder.and_then(|folder| self.home(folder)) else {
            // It was closed meanwhile.
            return self.done(id, &Err(cancelled().into()));
        };
        let events = self.events.clone();
        tokio::spawn(async move {
            let mut reports = Reports {
                events: events.clone(),
                job: id,
            };
            let done = releases::done_unless(cancel.cancelled(), home, what, &mut reports).await;
            events.send(Event::Released(id, done)).unwrap_or_default();
        });
    }

    /// A job that is about releases is over.
    pub(super) fn released(&mut self, id: JobId, done: Result<Value, Explained>) {
        let done = match done {
            Ok(result) => {
                if let Some(job) = self.jobs.get_mut(id) {
                    job.result = Some(result);
                }
                Ok(Done::Done)
            }
            Err(why) => Err(why.into()),
        };
        self.done(id, &done);
    }
}
