//! Commands become jobs, jobs become orders; and how jobs are cancelled.
//! What a job brings is told in `results`.

use std::sync::Arc;

use serde_json::Value;
use serde_json::json;
use tokio::time::Instant;

use crate::base::Stage;
use crate::server::call::Call;
use crate::server::call::Reply;
use crate::server::desk::Desk;
use crate::server::desk::Event;
use crate::server::desk::FolderId;
use crate::server::desk::answers;
use crate::server::desk::jobs::At;
use crate::server::desk::jobs::Task;
use crate::server::desk::jobs::Wanted;
use crate::server::protocol::asked::Arguments;
use crate::server::refusal::Refusal;
use crate::server::refusal::cancelled;
use crate::server::uri;
use crate::session::Explained;
use crate::session::Goal;
use crate::session::Look;
use crate::session::live::Done;
use crate::session::live::JobId;
use crate::session::live::Order;
use crate::session::live::Trouble;
use crate::session::live::Work;
use crate::sync::plan::OnConflict;
use crate::sync::scan::Scan;

impl Desk {
    /// `workspace/executeCommand`
    pub(super) fn command(
        &mut self,
        command: String,
        arguments: Box<Arguments>,
        token: Option<Value>,
        reply: Reply,
    ) {
        let folder = match self.folder_meant(&arguments) {
            Ok(folder) => folder,
            Err(refusal) => return answers::send(reply, Err(refusal)),
        };
        let call = Call::Command {
            command,
            arguments,
            token,
            reply,
        };
        let call = match folder {
            Some(id) => self.park(id, call),
            None => Some(call),
        };
        let Some(Call::Command {
            command,
            arguments,
            token,
            reply,
        }) = call
        else {
            return;
        };
        let wanted = self.wanted(&command, &arguments, folder);
        let answer = wanted.map(|wanted| self.add(wanted, token));
        let begun = answer.as_ref().ok().copied();
        answers::send(reply, answer.map(|(job, _)| json!({"job": job})));
        if let Some((job, true)) = begun {
            self.begin_job(job);
        }
    }

    /// The folder that a command is about: the one it names, that of its file, else the only one.
    fn folder_meant(&self, arguments: &Arguments) -> Result<Option<FolderId>, Refusal> {
        if let Some(uri) = &arguments.folder {
            let folder = self.folder_named(uri);
            return folder.map(Some).ok_or_else(|| Refusal::folder_unknown(uri));
        }
        if arguments.board.is_some() {
            return Ok(None);
        }
        if let Some((folder, _)) = arguments.uri.as_deref().and_then(|uri| self.folder_of(uri)) {
            return Ok(Some(folder));
        }
        let mut all = self.folders.keys();
        match (all.next(), all.next()) {
            (Some(only), None) => Ok(Some(*only)),
            _ => Err(Refusal::folder_unclear(self.folders.len())),
        }
    }

    fn wanted(
        &mut self,
        command: &str,
        arguments: &Arguments,
        folder: Option<FolderId>,
    ) -> Result<Wanted, Refusal> {
        let task = task(command, arguments)?;
        if (task.needs_scan() || task.is_of_releases()) && folder.is_none() {
            return Err(Refusal::folder_unclear(self.folders.len()));
        }
        if task == Task::Connect
            && let (Some(id), Some(name)) = (folder, &arguments.board)
        {
            let address = self.resolve(name)?;
            let kept = self.boards.get(&address).and_then(|board| board.found.id.clone());
            if let Some(folder) = self.folders.get(&id) {
                self.chosen
                    .keep(&folder.canonical, kept.as_deref().unwrap_or(&address));
            }
        }
        let board = match (&arguments.board, folder) {
            _ if task.is_of_releases() => String::new(),
            (Some(name), _) => self.resolve(name)?,
            (None, Some(id)) => self.board_of_folder(id).map_err(|error| Refusal::of(&error))?,
            (None, None) => return Err(Refusal::folder_unclear(self.folders.len())),
        };
        Ok(Wanted {
            task,
            folder,
            board,
            since: None,
            saved: Vec::new(),
        })
    }

    /// A job for this; `true`: a new one, that has to begin.
    pub(super) fn add(&mut self, wanted: Wanted, token: Option<Value>) -> (JobId, bool) {
        if let (Task::Sync { .. } | Task::Pull { .. }, Some(id), None) =
            (&wanted.task, wanted.folder, wanted.since)
            && let Some(folder) = self.folders.get_mut(&id)
        {
            // Somebody decides; what comes of it is seen at its end.
            folder.in_conflict = false;
        }
        let (job, new) = self.jobs.add(wanted);
        self.show(job, token);
        let begins = self.jobs.get(job).is_some_and(|job| job.at != At::Waiting);
        (job, new && begins)
    }

    /// The first step of a job.
    pub(super) fn begin_job(&mut self, id: JobId) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        job.at = At::Preparing;
        let (task, folder, board) = (job.task.clone(), job.folder, job.board.clone());
        // Who asks gets what is there; what happens by itself is about what changed.
        let look = if job.automatic() {
            Look::WhereChanged(job.saved.clone())
        } else {
            Look::Everywhere
        };
        if task.needs_scan() {
            self.report(id, &Stage::Scanning);
            let live = folder.and_then(|folder| self.folders.get(&folder)?.live.as_ref());
            match live {
                Some(live) => live.prepare(id, look),
                // It was closed meanwhile.
                None => self.done(id, &Err(cancelled().into())),
            }
            return;
        }
        match task {
            Task::Connect => self.work(id, Work::Connect),
            Task::Disconnect if self.boards.get(&board).is_none_or(|board| board.live.is_none()) => {
                self.done(id, &Ok(Done::Done));
            }
            Task::Disconnect => self.work(id, Work::Disconnect),
            Task::Stop => match self.jobs.run_on(&board) {
                Some(run) => {
                    if let Some(job) = self.jobs.get_mut(run) {
                        job.with_it.push(id);
                    }
                    self.cancel(run);
                }
                None => self.work(id, Work::Stop),
            },
            Task::SoftReset => self.work(id, Work::SoftReset),
            Task::HardReset => self.work(id, Work::HardReset),
            Task::Doctor { fix } => self.work(id, Work::Doctor { fix }),
            Task::Run { code: Some(code), .. } => self.work(id, Work::Run { code }),
            Task::Run { uri, .. } => self.read_code(id, uri.as_deref().unwrap_or_default()),
            Task::Write { uri, .. } => self.read_package(id, &uri),
            Task::Publish { .. } | Task::RollBack { .. } => self.work_on_release(id),
            Task::Sync { .. } | Task::Pull { .. } | Task::Diff => {}
        }
    }

    /// A file may lie on a slow disk, so it is read apart.
    fn read_code(&self, id: JobId, uri: &str) {
        let events = self.events.clone();
        let uri = uri.to_owned();
        tokio::task::spawn_blocking(move || {
            let path = uri::path_of(&uri).ok_or_else(|| format!("{uri} is no file"));
            let code = path.and_then(|path| {
                std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
            });
            events.send(Event::Code(id, code)).unwrap_or_default();
        });
    }

    /// What a job is to run was read.
    pub(super) fn code(&mut self, id: JobId, code: Result<String, String>) {
        match code {
            Ok(code) => self.work(id, Work::Run { code }),
            Err(why) => {
                let explained = Explained {
                    code: "host.io",
                    message: why,
                    help: "save the file, and check that it can be read".to_owned(),
                    exit: crate::session::Exit::Failed,
                };
                self.done(id, &Err(explained.into()));
            }
        }
    }

    /// The project was looked at for a job.
    pub(super) fn prepared(&mut self, id: JobId, prepared: Result<(Arc<Goal>, Arc<Scan>), Explained>) {
        let Some(job) = self.jobs.get(id) else { return };
        let (goal, scan) = match prepared {
            Ok(prepared) => prepared,
            Err(explained) => return self.done(id, &Err(explained.into())),
        };
        if self.is_idle_save(job, &scan) {
            return self.forget(id);
        }
        let Some(job) = self.jobs.get_mut(id) else { return };
        job.scan = Some(scan.clone());
        let work = match job.task {
            Task::Sync { conflict, dry_run } => Work::Sync {
                goal,
                scan,
                conflict,
                dry_run,
            },
            Task::Pull { overwrite } => Work::Pull {
                goal,
                scan,
                overwrite,
            },
            _ => Work::Compare { goal, scan },
        };
        self.work(id, work);
    }

    /// The board gets it.
    pub(super) fn work(&mut self, id: JobId, work: Work) {
        let Some(job) = self.jobs.get_mut(id) else { return };
        if job.cancel.is_cancelled() {
            return self.done(id, &Err(cancelled().into()));
        }
        job.at = At::Ordered;
        job.begun = Some(Instant::now());
        let (board, cancel) = (job.board.clone(), job.cancel.clone());
        let job = id;
        self.order(&board, Order::Work { job, work, cancel });
    }

    /// Ends a job early. One that the board has ends when the board says so.
    pub(super) fn cancel(&mut self, id: JobId) {
        let Some(job) = self.jobs.get(id) else { return };
        job.cancel.cancel();
        if job.at != At::Ordered {
            self.done(id, &Err(cancelled().into()));
        }
    }

    /// A job that turned out to be nothing: nobody asked for it, nobody is told.
    fn forget(&mut self, id: JobId) {
        if let Some(job) = self.jobs.remove(id) {
            self.end_progress(&job);
            self.next_sync(job.folder);
        }
    }

    /// The sync that waited for another one.
    pub(super) fn next_sync(&mut self, folder: Option<FolderId>) {
        if let Some(next) = folder.and_then(|folder| self.jobs.next_sync(folder)) {
            self.begin_job(next);
        }
    }

    /// A job is over.
    pub(super) fn done(&mut self, id: JobId, done: &Result<Done, Trouble>) {
        let Some(job) = self.jobs.remove(id) else { return };
        let with_it = job.with_it.clone();
        self.end_progress(&job);
        let folder = job.folder;
        let disconnected = job.task == Task::Disconnect && done.is_ok();
        let board = job.board.clone();
        self.tell_done(&job, done);
        if disconnected && self.jobs.works_on(&board).is_none() {
            self.close(&board);
        }
        for job in with_it {
            self.done(job, &Ok(Done::Done));
        }
        self.next_sync(folder);
    }
}

/// What a command wants.
fn task(command: &str, arguments: &Arguments) -> Result<Task, Refusal> {
    let conflict = arguments
        .conflict
        .as_deref()
        .map(str::parse::<OnConflict>)
        .transpose();
    let conflict = conflict.map_err(|error| Refusal::Params(format!("`conflict`: {error}")))?;
    Ok(match command {
        "boardside.sync" => Task::Sync {
            conflict,
            dry_run: arguments.dry_run.unwrap_or_default(),
        },
        "boardside.connect" => Task::Connect,
        "boardside.disconnect" => Task::Disconnect,
        "boardside.run" => {
            let (code, uri) = (arguments.code.clone(), arguments.uri.clone());
            if code.is_none() && uri.is_none() {
                return Err(Refusal::Params("`uri` or `code` is needed".to_owned()));
            }
            Task::Run { code, uri }
        }
        "boardside.stop" => Task::Stop,
        "boardside.softReset" => Task::SoftReset,
        "boardside.hardReset" => Task::HardReset,
        "boardside.pull" => Task::Pull {
            overwrite: arguments.overwrite.unwrap_or_default(),
        },
        "boardside.diff" => Task::Diff,
        "boardside.doctor" => Task::Doctor {
            fix: arguments.fix.unwrap_or_default(),
        },
        "boardside.write" => Task::Write {
            uri: (arguments.uri.clone()).ok_or_else(|| Refusal::missing("uri"))?,
            conflict,
            downgrade: arguments.downgrade.unwrap_or_default(),
        },
        "boardside.publish" => Task::Publish {
            version: (arguments.version.clone()).ok_or_else(|| Refusal::missing("version"))?,
        },
        "boardside.rollBack" => Task::RollBack {
            version: arguments.version.clone(),
        },
        _ => return Err(Refusal::Params(format!("there is no command `{command}`"))),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::protocol::names;

    #[test]
    fn every_command_is_a_task_of_its_own_name() {
        for command in names::COMMANDS {
            let arguments = Arguments {
                code: Some("1".to_owned()),
                uri: Some("file:///a".to_owned()),
                version: Some("1".to_owned()),
                ..Arguments::default()
            };
            let kind = task(command, &arguments).unwrap().kind();
            assert_eq!(format!("boardside.{kind}"), command);
        }
    }

    #[test]
    fn params_that_make_no_sense_are_refused() {
        let conflict = Arguments {
            conflict: Some("ask".to_owned()),
            ..Arguments::default()
        };
        for (command, arguments) in [
            ("boardside.sync", conflict),
            ("boardside.run", Arguments::default()),
            ("boardside.write", Arguments::default()),
            ("boardside.publish", Arguments::default()),
            ("boardside.explode", Arguments::default()),
        ] {
            assert!(
                matches!(task(command, &arguments), Err(Refusal::Params(_))),
                "{command}"
            );
        }
    }
}
