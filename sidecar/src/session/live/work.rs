//! The jobs of a live board, one at a time, each ending in exactly one `Told::Done`.
//! Programs that are no sync's business run in `program`.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use crate::base::BoardPath;
use crate::board::Board;
use crate::board::BoardError;
use crate::session::AfterDone;
use crate::session::Files;
use crate::session::Goal;
use crate::session::Pulling;
use crate::session::RELEASE_RUNS;
use crate::session::Reset;
use crate::session::doctor::Doctor;
use crate::session::live::Done;
use crate::session::live::State;
use crate::session::live::Told;
use crate::session::live::Trouble;
use crate::session::live::Work;
use crate::session::live::actor::Live;
use crate::session::live::actor::Place;
use crate::session::live::actor::Stopped;
use crate::session::live::actor::Task;
use crate::session::live::actor::here;
use crate::session::live::actor::race;
use crate::sync::Outcome;
use crate::sync::plan::Decision;
use crate::sync::scan::Scan;

/// Somebody who wants a board that is away waits so long for it.
const BACK: Duration = Duration::from_secs(10);

impl Live {
    /// Carries out the job that `Mail` has as its current one.
    pub(super) async fn carry_out(&mut self, work: Work, task: &Task) {
        let mut after = None;
        let done = if task.is_stopped() {
            Err(Trouble::cancelled())
        } else {
            self.work(work, task, &mut after).await
        };
        self.tell_facts();
        let lost = done.as_ref().is_err_and(Trouble::is_gone);
        if !lost && after.is_none() {
            self.settle();
        }
        self.mail.done(done);
        if lost {
            self.gone();
        }
        if let Some(file) = after {
            self.run_after(&file).await;
        }
    }

    async fn work(
        &mut self,
        work: Work,
        task: &Task,
        after: &mut Option<BoardPath>,
    ) -> Result<Done, Trouble> {
        if self.files_only.is_some() {
            return Box::pin(self.work_by_files(work, task)).await;
        }
        match work {
            Work::Connect => self.connect(task).await,
            Work::Disconnect => {
                self.shut();
                Ok(Done::Done)
            }
            Work::Sync {
                goal,
                scan,
                conflict,
                dry_run,
            } => {
                let goal = conflict.map_or(goal.clone(), |conflict| goal.with_conflict(conflict).into());
                if dry_run {
                    self.preview(&goal, &scan, task).await
                } else {
                    self.sync(&goal, scan, task, after).await
                }
            }
            Work::Write {
                goal,
                scan,
                head,
                downgrade,
            } => self.write(&goal, scan, &head, downgrade, task).await,
            Work::Compare { goal, scan } => self.compare(&goal, &scan, task).await,
            Work::Pull {
                goal,
                scan,
                overwrite,
            } => self.pull(&goal, &scan, overwrite, task).await,
            Work::Run { code } => self.run_code(&code, task).await,
            Work::Stop => {
                self.come_in(task).await?;
                self.ran = false;
                self.bring_to_prompt().await?;
                Ok(Done::Done)
            }
            Work::SoftReset => {
                self.come_in(task).await?;
                here(&mut self.place)?.board.count_as_running();
                self.restore().await?;
                self.touched = true;
                Ok(Done::Done)
            }
            Work::HardReset => self.hard_reset(task).await,
            Work::Doctor { fix } => self.doctor(fix, task).await,
        }
    }

    async fn connect(&mut self, task: &Task) -> Result<Done, Trouble> {
        // Whoever wants it can be asked what the way there needs; without that it may never come back.
        if matches!(self.place, Place::Away { .. }) && self.target.is_far() {
            self.shut();
        }
        if let Place::Away { back, error } = &mut self.place {
            let waited = tokio::time::timeout(BACK, back);
            let back = match race(&mut self.mail, task, waited).await {
                Ok(Ok(connection)) => connection,
                Ok(Err(_)) => return Err(error.clone().into()),
                Err(Stopped) => return Err(Trouble::cancelled()),
            };
            self.back(back).await;
        }
        self.open(task).await?;
        Ok(Done::Done)
    }

    async fn preview(&mut self, goal: &Goal, scan: &Scan, task: &Task) -> Result<Done, Trouble> {
        self.come_in(task).await?;
        let board = &mut here(&mut self.place)?.board;
        let mut reports = task.reports();
        let plan = async { Ok(goal.preview(board, scan, &mut reports).await?) };
        let plan = race(&mut self.mail, task, plan).await;
        let plan = self.leave(plan).await?;
        Ok(Done::Planned(Box::new(plan)))
    }

    async fn sync(
        &mut self,
        goal: &Goal,
        mut scan: Arc<Scan>,
        task: &Task,
        after: &mut Option<BoardPath>,
    ) -> Result<Done, Trouble> {
        let start = Instant::now();
        let before = self.traffic();
        self.come_in(task).await?;
        let board = &mut here(&mut self.place)?.board;
        if self.ran {
            board.count_as_running();
        }
        let mut reports = task.reports();
        let connection = here(&mut self.place)?;
        let synced = async { Ok(goal.sync(connection, &mut scan, &mut reports).await?) };
        let outcome = match race(&mut self.mail, task, synced).await {
            Ok(Ok(outcome)) => outcome,
            other => {
                let left = self.leave(other).await;
                self.forget_files();
                return left.map(|_: Outcome| Done::Done);
            }
        };
        if let Some(why) = here(&mut self.place)?.board.turbo().why_not() {
            self.note(format!("turbo was {why}"));
        }
        if let Some((facts, _)) = here(&mut self.place)?.board.last_facts()
            && facts.released
        {
            self.warn(RELEASE_RUNS);
        }
        // Who gave the order learns of these files by its end.
        if let Some(listing) = &mut self.mail.listing {
            listing.apply(&outcome.plan);
        }
        self.known = true;
        let board = &mut here(&mut self.place)?.board;
        match goal.after(board, &mut reports).await {
            Ok(AfterDone::AtPrompt) => {
                self.note_sync(&outcome, start);
                self.at_prompt();
            }
            Ok(AfterDone::Reset) => {
                self.note_sync(&outcome, start);
                self.restarted();
            }
            Ok(AfterDone::Running(file)) => {
                self.note_sync(&outcome, start);
                *after = Some(file);
            }
            Err(error) => return self.leave(Ok(Err(error.into()))).await,
        }
        let (now, then) = (self.traffic(), before);
        Ok(Done::Synced {
            outcome: Box::new(outcome),
            scan,
            traffic: (now.0 - then.0, now.1 - then.1, now.2 - then.2),
        })
    }

    pub(super) fn note_sync(&mut self, outcome: &Outcome, start: Instant) {
        let mut done = outcome.counts;
        done.unchanged = 0;
        if outcome.applied.is_some() {
            let seconds = start.elapsed().as_secs_f64();
            self.note(format!("synced: {done}, {seconds:.2} s"));
        }
    }

    /// Sent, received and changes of direction, since the board was opened.
    fn traffic(&self) -> (u64, u64, u64) {
        match &self.place {
            Place::Here(open) => {
                let traffic = &open.connection.traffic;
                (traffic.sent(), traffic.received(), traffic.round_trips())
            }
            Place::Shut(_) | Place::Away { .. } => (0, 0, 0),
        }
    }

    async fn compare(&mut self, goal: &Goal, scan: &Scan, task: &Task) -> Result<Done, Trouble> {
        self.come_in(task).await?;
        let board = &mut here(&mut self.place)?.board;
        let mut reports = task.reports();
        let sides = async {
            tidy(board).await?;
            Ok(goal.sides(board, scan, &mut reports).await?)
        };
        let sides = race(&mut self.mail, task, sides).await;
        let sides = self.leave(sides).await?;
        self.known = true;
        Ok(Done::Compared(sides))
    }

    async fn pull(
        &mut self,
        goal: &Arc<Goal>,
        scan: &Scan,
        overwrite: bool,
        task: &Task,
    ) -> Result<Done, Trouble> {
        self.come_in(task).await?;
        let connection = here(&mut self.place)?;
        let mut reports = task.reports();
        let pulled = async {
            tidy(&mut connection.board).await?;
            let mut files = Files::Board(connection);
            let pulling = Pulling::decide(goal, scan, &mut files, overwrite, &mut reports).await?;
            pulling.write(goal, scan, &mut files, &mut reports).await?;
            Ok(pulling)
        };
        let pulled = race(&mut self.mail, task, pulled).await;
        let pulled = self.leave(pulled).await?;
        Ok(done_pulling(&pulled))
    }

    async fn hard_reset(&mut self, task: &Task) -> Result<Done, Trouble> {
        self.open(task).await?;
        let Ok(entered) = self.enter(task).await else {
            return Err(Trouble::cancelled());
        };
        let connection = here(&mut self.place)?;
        match connection.hard_reset(entered).await {
            Ok(Reset::Machine | Reset::Lines) => {
                self.ran = true;
                self.touched = true;
                self.prompt.started();
                self.tell(Told::Started);
                Ok(Done::Done)
            }
            Err(error) => {
                let again = connection.board.was_running();
                if matches!(error, BoardError::NoReset) && again {
                    self.restarted();
                } else if matches!(error, BoardError::NoReset) {
                    self.at_prompt();
                }
                Err(error.into())
            }
        }
    }

    /// The doctor opens the board by itself, to see whether that works.
    async fn doctor(&mut self, fix: bool, task: &Task) -> Result<Done, Trouble> {
        if let Place::Away { error, .. } = &self.place {
            return Err(error.clone().into());
        }
        self.last_keys().await;
        let was_open = matches!(self.place, Place::Here(_));
        self.shut();
        self.tell_state(State::Busy);
        let mut doctor = Doctor::new(self.target.clone(), fix);
        let mut reports = task.reports();
        let mut checks = Vec::new();
        let looked = async {
            while let Some(some) = doctor.next(&mut reports).await {
                checks.extend(some);
            }
            Ok(())
        };
        let looked = race(&mut self.mail, task, looked).await;
        let found = doctor.into_board();
        match found {
            Some(connection) => {
                let was_running = connection.board.was_running();
                self.take(connection).await;
                self.ran |= was_running;
                self.leave(looked).await?;
            }
            None if looked.is_err() => return Err(Trouble::cancelled()),
            // A board that does not answer is still one whose console can be read.
            None if was_open => self.open(task).await.unwrap_or_default(),
            None => {}
        }
        if fix {
            self.forget_files();
        }
        Ok(Done::Checks(checks))
    }
}

/// What came of a pull.
pub(super) fn done_pulling(pulled: &Pulling) -> Done {
    Done::Pulled {
        added: pulled.count(|decision| *decision == Decision::Fetch),
        updated: pulled.count(|decision| *decision == Decision::Overwrite),
        unchanged: pulled.count(|decision| *decision == Decision::Same),
        only_project: pulled.count(|decision| *decision == Decision::NotOnBoard),
    }
}

/// What an earlier sync left unfinished is settled first.
pub(super) async fn tidy(board: &mut Board) -> Result<(), BoardError> {
    // One that cannot be finished shows where it stands in the way.
    Box::pin(board.settle()).await.map(drop)
}
