//! `Jobs`: what was asked for and is not done yet; at most one sync of a folder works and one waits.
//! Pure but for the type of a time that is handed in: gives no orders and tells nobody.
#![deny(clippy::disallowed_methods)]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::server::desk::FolderId;
use crate::server::desk::progress::Shown;
use crate::session::live::JobId;
use crate::sync::plan::OnConflict;
use crate::sync::scan::Scan;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Task {
    Sync {
        conflict: Option<OnConflict>,
        dry_run: bool,
    },
    Connect,
    Disconnect,
    /// The code, and the file that it comes from.
    Run {
        code: Option<String>,
        uri: Option<String>,
    },
    Stop,
    SoftReset,
    HardReset,
    Pull {
        overwrite: bool,
    },
    Diff,
    Doctor {
        fix: bool,
    },
    /// The package.
    Write {
        uri: String,
        conflict: Option<OnConflict>,
        downgrade: bool,
    },
    /// This version of the project.
    Publish {
        version: String,
    },
    /// To this version, which is published; without one to that before the current one.
    RollBack {
        version: Option<String>,
    },
}

impl Task {
    /// The command without `boardside.`.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Sync { .. } => "sync",
            Self::Connect => "connect",
            Self::Disconnect => "disconnect",
            Self::Run { .. } => "run",
            Self::Stop => "stop",
            Self::SoftReset => "softReset",
            Self::HardReset => "hardReset",
            Self::Pull { .. } => "pull",
            Self::Diff => "diff",
            Self::Doctor { .. } => "doctor",
            Self::Write { .. } => "write",
            Self::Publish { .. } => "publish",
            Self::RollBack { .. } => "rollBack",
        }
    }

    /// Is it about releases, and needs no board?
    pub(super) fn is_of_releases(&self) -> bool {
        matches!(self, Self::Publish { .. } | Self::RollBack { .. })
    }

    /// Does it need to know what the project has?
    pub(super) fn needs_scan(&self) -> bool {
        matches!(self, Self::Sync { .. } | Self::Pull { .. } | Self::Diff)
    }

    fn is_sync(&self) -> bool {
        matches!(self, Self::Sync { dry_run: false, .. })
    }
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// Another sync of its folder is not done.
    Waiting,
    /// The project is looked at, or a file is read.
    Preparing,
    /// The board has it, or whoever publishes.
    Ordered,
}

/// One job.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) id: JobId,
    pub(super) task: Task,
    pub(super) folder: Option<FolderId>,
    /// Its address; empty if it needs none.
    pub(super) board: String,
    /// Nobody asked for it; when what it comes from was seen.
    pub(super) since: Option<Instant>,
    /// Files whose saving it comes from: if none belongs on the board, there is nothing to do.
    pub(super) saved: Vec<PathBuf>,
    pub(super) at: At,
    pub(super) cancel: CancellationToken,
    pub(super) shown: Shown,
    /// The files of the project, once they were looked at.
    pub(super) scan: Option<Arc<Scan>>,
    /// When the board got it.
    pub(super) begun: Option<Instant>,
    /// The key that signed the package.
    pub(super) signed_by: Option<String>,
    /// What it brings, if that is not a board's to say.
    pub(super) result: Option<Value>,
    /// Jobs that end with it.
    pub(super) with_it: Vec<JobId>,
}

impl Job {
    /// Nobody asked for it.
    pub(super) fn automatic(&self) -> bool {
        self.since.is_some()
    }
}

/// All that are not done.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    last: JobId,
    jobs: BTreeMap<JobId, Job>,
}

/// What a new job is about.
#[derive(Debug)]
pub(super) struct Wanted {
    pub(super) task: Task,
    pub(super) folder: Option<FolderId>,
    pub(super) board: String,
    /// When what it comes from was seen; `None`: somebody asked.
    pub(super) since: Option<Instant>,
    pub(super) saved: Vec<PathBuf>,
}

impl Jobs {
    /// The job that does this, and whether it is new: a sync of a folder where one waits already is that one.
    pub(super) fn add(&mut self, wanted: Wanted) -> (JobId, bool) {
        if wanted.task.is_sync()
            && let Some(job) = self.jobs.values_mut().find(|job| waits(job, wanted.folder))
        {
            // What somebody asks for is more than what happens by itself, and the later word counts.
            if wanted.since.is_none() {
                job.since = None;
            }
            if job.automatic() {
                job.saved.extend(wanted.saved);
            } else {
                job.saved.clear();
            }
            if let (Task::Sync { conflict, .. }, Task::Sync { conflict: later, .. }) =
                (&mut job.task, wanted.task)
            {
                *conflict = later.or(*conflict);
            }
            return (job.id, false);
        }
        let of_folder = |job: &Job| job.task.is_sync() && job.folder == wanted.folder;
        let at = if wanted.task.is_sync() && self.jobs.values().any(of_folder) {
            At::Waiting
        } else {
            At::Preparing
        };
        self.last += 1;
        let job = Job {
            id: self.last,
            task: wanted.task,
            folder: wanted.folder,
            board: wanted.board,
            since: wanted.since,
            saved: wanted.saved,
            at,
            cancel: CancellationToken::new(),
            shown: Shown::default(),
            scan: None,
            begun: None,
            signed_by: None,
            result: None,
            with_it: Vec::new(),
        };
        self.jobs.insert(self.last, job);
        (self.last, true)
    }

    /// It is done.
    pub(super) fn remove(&mut self, id: JobId) -> Option<Job> {
        self.jobs.remove(&id)
    }

    /// A job that is not done.
    pub(super) fn get(&self, id: JobId) -> Option<&Job> {
        self.jobs.get(&id)
    }

    /// The same.
    pub(super) fn get_mut(&mut self, id: JobId) -> Option<&mut Job> {
        self.jobs.get_mut(&id)
    }

    /// All, oldest first.
    pub(super) fn all(&self) -> impl Iterator<Item = &Job> {
        self.jobs.values()
    }

    /// The sync of a folder that waits and can begin now.
    pub(super) fn next_sync(&self, folder: FolderId) -> Option<JobId> {
        let works = |job: &&Job| job.task.is_sync() && job.folder == Some(folder) && job.at != At::Waiting;
        if self.all().any(|job| works(&job)) {
            return None;
        }
        self.all().find(|job| waits(job, Some(folder))).map(|job| job.id)
    }

    /// The job that reports with this token.
    pub(super) fn of_token(&self, token: &Value) -> Option<JobId> {
        self.all()
            .find(|job| job.shown.token() == Some(token))
            .map(|job| job.id)
    }

    /// The program that a board runs for a job.
    pub(super) fn run_on(&self, board: &str) -> Option<JobId> {
        let runs = |job: &&Job| job.board == board && matches!(job.task, Task::Run { .. });
        self.all().find(runs).map(|job| job.id)
    }

    /// The job that a board works on.
    pub(super) fn works_on(&self, board: &str) -> Option<&Job> {
        self.all().find(|job| job.board == board && job.at == At::Ordered)
    }
}

fn waits(job: &Job, folder: Option<FolderId>) -> bool {
    job.task.is_sync() && job.folder == folder && job.at == At::Waiting
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sync(folder: FolderId, conflict: Option<OnConflict>) -> Wanted {
        let dry_run = false;
        Wanted {
            task: Task::Sync { conflict, dry_run },
            folder: Some(folder),
            board: "/dev/a".to_owned(),
            since: None,
            saved: Vec::new(),
        }
    }

    fn saved(folder: FolderId, file: &str) -> Wanted {
        Wanted {
            since: Some(Instant::now()),
            saved: vec![file.into()],
            ..sync(folder, None)
        }
    }

    #[test]
    fn of_all_syncs_of_a_folder_one_works_and_one_waits() {
        let mut jobs = Jobs::default();
        assert_eq!(jobs.add(sync(1, None)), (1, true));
        assert_eq!(jobs.get(1).unwrap().at, At::Preparing);
        assert_eq!(jobs.add(sync(1, None)), (2, true));
        for _ in 0..1000 {
            assert_eq!(jobs.add(saved(1, "/a.py")), (2, false));
        }
        assert_eq!(jobs.get(2).unwrap().at, At::Waiting);
        assert_eq!(jobs.add(sync(2, None)), (3, true));
        assert_eq!(
            jobs.get(3).unwrap().at,
            At::Preparing,
            "other folders do not wait"
        );
        assert_eq!(jobs.next_sync(1), None);
        jobs.remove(1);
        assert_eq!(jobs.next_sync(1), Some(2));
    }

    #[test]
    fn a_dry_run_never_becomes_a_sync() {
        let mut jobs = Jobs::default();
        let dry = |folder| {
            let task = Task::Sync {
                conflict: None,
                dry_run: true,
            };
            Wanted {
                task,
                ..sync(folder, None)
            }
        };
        let numbers = [sync(1, None), dry(1), sync(1, None), dry(1)].map(|wanted| jobs.add(wanted).0);
        assert_eq!(numbers, [1, 2, 3, 4]);
        assert_eq!(jobs.next_sync(1), None);
    }

    #[test]
    fn what_somebody_asks_for_is_more_than_what_a_save_does() {
        let mut jobs = Jobs::default();
        jobs.add(sync(1, None));
        let (waiting, _) = jobs.add(saved(1, "/a.py"));
        jobs.add(saved(1, "/b.py"));
        let job = jobs.get(waiting).unwrap();
        assert!(job.automatic());
        assert_eq!(job.saved, [PathBuf::from("/a.py"), "/b.py".into()]);
        jobs.add(sync(1, Some(OnConflict::Keep)));
        jobs.add(saved(1, "/c.py"));
        let job = jobs.get(waiting).unwrap();
        assert!(!job.automatic() && job.saved.is_empty());
        let task = Task::Sync {
            conflict: Some(OnConflict::Keep),
            dry_run: false,
        };
        assert_eq!(job.task, task);
    }
}
