//! A live board that is reached by FTP: its files, and nothing else. Each job has a connection of its own, as many
//! boards let in one at a time and hang up on who says nothing.
//! What is done with files is `session`'s and `sync`'s business.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use crate::board::BoardError;
use crate::board::Lies;
use crate::ftp::Ftp;
use crate::session::After;
use crate::session::ConnectError;
use crate::session::Explain as _;
use crate::session::Fetched;
use crate::session::Files;
use crate::session::Goal;
use crate::session::NO_TRANSACTION;
use crate::session::Pulling;
use crate::session::REMOVES_FIRST;
use crate::session::Target;
use crate::session::files::open_ftp;
use crate::session::live::Ask;
use crate::session::live::Done;
use crate::session::live::State;
use crate::session::live::Told;
use crate::session::live::Trouble;
use crate::session::live::Work;
use crate::session::live::actor::Live;
use crate::session::live::actor::Place as At;
use crate::session::live::actor::Reports;
use crate::session::live::actor::Stopped;
use crate::session::live::actor::Task;
use crate::session::live::actor::race;
use crate::session::live::ask::Change;
use crate::session::live::ask::heed;
use crate::session::live::work::done_pulling;
use crate::sync::Content;
use crate::sync::Delivery;
use crate::sync::Trust;
use crate::sync::scan::Scan;
use crate::wire::Address;
use crate::wire::Place;

/// Where the FTP server of this board is, if that is the way to it.
pub(super) fn files_only(target: &Target) -> Option<Place> {
    match target.device.as_deref()?.parse() {
        Ok(Address::Ftp(place)) => Some(place),
        _ => None,
    }
}

impl Live {
    /// Why nothing can be typed at this board.
    pub(super) fn no_console(&self) -> Option<Trouble> {
        let place = self.files_only.clone()?;
        let address = Address::Ftp(place).to_string();
        Some(ConnectError::FilesOnly { address }.into())
    }

    pub(super) async fn work_by_files(&mut self, work: Work, task: &Task) -> Result<Done, Trouble> {
        match work {
            Work::Connect => {
                self.open_files(task).await?;
                if let Some(why) = self.no_console() {
                    self.note(format!("{} [{}]", why.explained.message, why.explained.code));
                }
                Ok(Done::Done)
            }
            Work::Disconnect => {
                self.shut();
                self.files_only = files_only(&self.target);
                Ok(Done::Done)
            }
            Work::Sync {
                goal,
                scan,
                conflict,
                dry_run,
            } => {
                let goal = conflict.map_or(goal.clone(), |conflict| goal.with_conflict(conflict).into());
                self.sync_by_files(&goal, scan, dry_run, task).await
            }
            Work::Compare { goal, scan } => {
                let mut files = self.open_files(task).await?;
                let mut reports = task.reports();
                let sides = race(&mut self.mail, task, files.sides(&goal, &scan, &mut reports));
                let sides = whole(sides.await)?;
                self.known = true;
                Ok(Done::Compared(sides))
            }
            Work::Pull {
                goal,
                scan,
                overwrite,
            } => {
                let mut files = self.open_files(task).await?;
                let mut reports = task.reports();
                let pulled = async {
                    let pulling = Pulling::decide(&goal, &scan, &mut files, overwrite, &mut reports).await?;
                    pulling.write(&goal, &scan, &mut files, &mut reports).await?;
                    Ok::<_, Trouble>(pulling)
                };
                let pulled = whole(race(&mut self.mail, task, pulled).await)?;
                Ok(done_pulling(&pulled))
            }
            Work::Write { .. }
            | Work::Run { .. }
            | Work::Stop
            | Work::SoftReset
            | Work::HardReset
            | Work::Doctor { .. } => Err(self.no_console().unwrap_or_else(Trouble::cancelled)),
        }
    }

    async fn sync_by_files(
        &mut self,
        goal: &Goal,
        mut scan: Arc<Scan>,
        dry_run: bool,
        task: &Task,
    ) -> Result<Done, Trouble> {
        let start = Instant::now();
        if matches!(goal.settings.after, After::Reset | After::Run(_)) {
            return Err(self.no_console().unwrap_or_else(Trouble::cancelled));
        }
        let mut ftp = self.open_ftp(task).await?;
        let mut reports = task.reports();
        if dry_run {
            let looked = goal.look_by_files(&mut ftp, &scan, Trust::Sizes, &mut reports);
            let looked = whole(race(&mut self.mail, task, looked).await)?;
            return Ok(Done::Planned(Box::new(looked.plan)));
        }
        let synced = goal.sync_by_files(&mut ftp, &mut scan, Trust::Sizes, &mut reports);
        let synced = race(&mut self.mail, task, synced).await;
        self.known = true;
        let outcome = match whole(synced) {
            Ok(outcome) => outcome,
            Err(trouble) => {
                self.forget_files();
                return Err(trouble);
            }
        };
        if outcome.applied.is_some() {
            self.warn(NO_TRANSACTION);
            if ftp.removes_first() {
                self.warn(REMOVES_FIRST);
            }
        }
        self.note_sync(&outcome, start);
        Ok(Done::Synced {
            outcome: Box::new(outcome),
            scan,
            traffic: ftp.traffic(),
        })
    }

    /// Once is enough.
    pub(super) fn warn(&mut self, text: &'static str) {
        if self.warned.insert(text) {
            self.tell(Told::Warning(text));
        }
    }

    async fn open_files(&mut self, task: &Task) -> Result<Files<'static>, Trouble> {
        Ok(Files::Ftp(Box::new(self.open_ftp(task).await?)))
    }

    async fn open_ftp(&mut self, task: &Task) -> Result<Ftp, Trouble> {
        let Some(place) = self.files_only.clone() else {
            return Err(Trouble::cancelled());
        };
        self.tell_state(State::Connecting);
        let mut reports: Reports = task.reports();
        let opened = race(&mut self.mail, task, open_ftp(place, &mut reports)).await;
        match opened {
            Ok(Ok((ftp, address))) => {
                // Nobody is asked again.
                self.files_only = address.place().cloned();
                self.place = At::Shut(State::Connected);
                self.tell_state(State::Busy);
                Ok(ftp)
            }
            Ok(Err(error)) => {
                let why = error.explained();
                self.place = At::Shut(State::Refused(why.clone()));
                Err(why.into())
            }
            Err(Stopped) => {
                self.place = At::Shut(State::Free);
                Err(Trouble::cancelled())
            }
        }
    }

    pub(super) async fn answer_by_files(&mut self, ask: Ask, task: &Task) {
        match ask {
            Ask::List { path, answer, .. } => {
                let listed = async {
                    let mut files = self.open_files(task).await?;
                    let listed = files.list_in(path.as_ref(), false);
                    let listed = whole(race(&mut self.mail, task, listed).await)?;
                    self.known = true;
                    Ok(listed)
                };
                heed(answer, task, Box::pin(listed)).await;
            }
            Ask::Read { path, answer } => {
                let content = async {
                    let mut files = self.open_files(task).await?;
                    let (mut fetched, mut reports) = (Fetched::default(), task.reports());
                    let content = files.fetch(&mut fetched, &path, &mut reports);
                    whole(race(&mut self.mail, task, content).await)
                };
                heed(answer, task, Box::pin(content)).await;
            }
            Ask::Write {
                path,
                content,
                answer,
            } => {
                let changed = self.change_by_files(Change::Write(path, content), task);
                heed(answer, task, Box::pin(changed)).await;
            }
            Ask::Remove { path, answer } => {
                let changed = self.change_by_files(Change::Remove(path), task);
                heed(answer, task, Box::pin(changed)).await;
            }
            Ask::Rename { from, to, answer } => {
                let changed = self.change_by_files(Change::Rename(from, to), task);
                heed(answer, task, Box::pin(changed)).await;
            }
            Ask::MakeFolder { path, answer } => {
                let changed = self.change_by_files(Change::MakeFolder(path), task);
                heed(answer, task, Box::pin(changed)).await;
            }
        }
    }

    async fn change_by_files(&mut self, change: Change, task: &Task) -> Result<(), Trouble> {
        change.allowed()?;
        let mut ftp = self.open_ftp(task).await?;
        let mut reports = task.reports();
        let changed = async {
            match change {
                Change::Write(path, content) => {
                    let delivery = Delivery {
                        files: BTreeMap::from([(path, Content::Bytes(content))]),
                        folders: BTreeSet::new(),
                    };
                    crate::sync::put_by_files(&mut ftp, &delivery, &mut reports).await?;
                }
                Change::Remove(path) => drop(ftp.remove(path.as_str(), true).await?),
                Change::Rename(from, to) => {
                    let lies = ftp.lies_at(&[from.clone(), to.clone()]).await?;
                    if lies[0] == Lies::Nothing {
                        let path = from.to_string();
                        return Err(BoardError::NotFound { path }.into());
                    }
                    if lies[1] != Lies::Nothing {
                        let path = to.to_string();
                        return Err(BoardError::InTheWay { path }.into());
                    }
                    ftp.replace(from.as_str(), to.as_str()).await?;
                }
                Change::MakeFolder(path) => ftp.make_folders(&path).await?,
            }
            Ok::<(), Trouble>(())
        };
        let changed = whole(race(&mut self.mail, task, Box::pin(changed)).await);
        self.known = true;
        self.forget_files();
        changed
    }
}

/// The first error counts, a cancel is one.
fn whole<T, E: Into<Trouble>>(done: Result<Result<T, E>, Stopped>) -> Result<T, Trouble> {
    match done {
        Ok(done) => done.map_err(Into::into),
        Err(Stopped) => Err(Trouble::cancelled()),
    }
}
