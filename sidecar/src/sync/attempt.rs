//! `sync`: scan is done, board is at its prompt: survey, plan, apply, and try again where the line was bad.
//! Opens nothing and resets nothing.

use crate::base::Fingerprint;
use crate::base::Progress;
use crate::base::Stage as At;
use crate::board::Board;
use crate::board::BoardError;
use crate::board::Facts;
use crate::board::Tier;
use crate::board::Tries;
use crate::sync::error::SyncError;
use crate::sync::guard::guard;
use crate::sync::known_contents::KnownContents;
use crate::sync::known_manifests::KnownManifests;
use crate::sync::plan::BoardState;
use crate::sync::plan::Counts;
use crate::sync::plan::Fit;
use crate::sync::plan::Installed;
use crate::sync::plan::Manifest;
use crate::sync::plan::Plan;
use crate::sync::plan::Policy;
use crate::sync::plan::Snapshot;
use crate::sync::plan::check_names;
use crate::sync::plan::plan;
use crate::sync::plan::spare;
use crate::sync::scan::Scan;
use crate::sync::survey::Settle;
use crate::sync::survey::Survey;
use crate::sync::survey::survey;
use crate::sync::suspect::examine;
use crate::sync::transaction::Applied;
use crate::sync::transaction::Before;
use crate::sync::transaction::apply;
use crate::sync::transaction::room;
use crate::sync::transaction::to_send;

/// What to make of the board.
pub struct Wish<'a> {
    /// The project as it was scanned.
    pub scan: &'a Scan,
    /// Its name, which the manifest keeps for people.
    pub name: &'a str,
    /// The version, if it is a package; else the one of the package on the board stays, as long as there is one.
    pub version: Option<&'a str>,
    /// What to do where the two trees do not decide.
    pub policy: Policy,
    /// Manifests that this machine knows.
    pub known: &'a KnownManifests,
    /// Contents that this machine knows.
    pub contents: &'a KnownContents,
}

impl Wish<'_> {
    /// What the board's manifest would say if it held all of the project and nothing else.
    pub fn manifest(&self) -> Manifest {
        let version = self.version.map(str::to_owned);
        Manifest {
            project: self.name.to_owned(),
            installed: version.map(|version| Installed {
                version,
                changed: false,
            }),
            files: self.scan.files.clone(),
        }
    }

    /// The board holds the project now, by this plan: remembers that.
    pub fn keep(&self, plan: &Plan) {
        self.known.keep(plan.manifest.render().as_bytes());
        self.contents.keep(plan, self.scan);
    }

    /// What the board's record is to say of packages, with these files.
    fn installed(&self, before: Option<&Manifest>, files: &Snapshot) -> Option<Installed> {
        if let Some(version) = self.version {
            return Some(Installed {
                version: version.to_owned(),
                changed: *files != self.scan.files,
            });
        }
        let before = before.filter(|before| before.project == self.name)?;
        let Installed { version, changed } = before.installed.clone()?;
        let changed = changed || *files != before.files;
        Some(Installed { version, changed })
    }
}

/// What a sync did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The plan that was applied.
    pub plan: Plan,
    /// Its counts.
    pub counts: Counts,
    /// How it was applied; `None` where there was nothing to do.
    pub applied: Option<Applied>,
}

/// A line that loses bytes gets so many tries; each begins with a fresh look at the board.
const TRIES: u32 = 5;
const DAMAGED: &str = "the line damaged something, trying again";

/// What a sync would do, and nothing else. Conflicts are in the plan.
pub async fn preview(
    board: &mut Board,
    wish: &Wish<'_>,
    progress: &mut dyn Progress,
) -> Result<Plan, SyncError> {
    look(board, wish, progress, Settle::Not)
        .await
        .map(|looked| looked.plan)
}

struct Looked {
    plan: Plan,
    /// The board's manifest already says what it would say.
    recorded: bool,
    before: Before,
}

async fn look(
    board: &mut Board,
    wish: &Wish<'_>,
    progress: &mut dyn Progress,
    settle: Settle,
) -> Result<Looked, SyncError> {
    progress.report(At::Comparing);
    if wish.known.is_empty() {
        board.expect_no_agent();
    }
    let Survey { state, is_exact } = survey(board, &wish.manifest(), wish.known, settle, wish.scan).await?;
    let before = Before::of(&state, is_exact);
    let (plan, recorded) = planned(wish, &state)?;
    Ok(Looked {
        plan,
        recorded,
        before,
    })
}

/// What a board holds, for a plan that is made elsewhere.
pub async fn state_of_board(
    board: &mut Board,
    project: &Manifest,
    known: &KnownManifests,
) -> Result<BoardState, SyncError> {
    if known.is_empty() {
        board.expect_no_agent();
    }
    let survey = survey(board, project, known, Settle::First, &Scan::default()).await?;
    Ok(survey.state)
}

/// The plan for a board that holds this, and whether its manifest already says what it would say.
pub fn planned(wish: &Wish<'_>, state: &BoardState) -> Result<(Plan, bool), SyncError> {
    let project = wish.manifest();
    if state.flat && wish.scan.made.contains_key(&guard()) {
        return Err(SyncError::Unguarded);
    }
    let problems = check_names(&project.files, state);
    if !problems.is_empty() {
        return Err(SyncError::Names(problems));
    }
    let mut plan = plan(&project.files, state, &wish.policy);
    spare(
        &mut plan,
        state.manifest.as_ref(),
        wish.name,
        wish.policy.on_conflict,
    );
    plan.manifest.project = project.project;
    plan.manifest.installed = wish.installed(state.manifest.as_ref(), &plan.manifest.files);
    let recorded = state.manifest.as_ref() == Some(&plan.manifest);
    Ok((plan, recorded))
}

/// Makes the board's tree equal to the project's. On an error the board holds the old project.
pub async fn sync(
    board: &mut Board,
    wish: &Wish<'_>,
    progress: &mut dyn Progress,
) -> Result<Outcome, SyncError> {
    let mut tries = Tries::new(TRIES);
    let mut again = false;
    let mut refreshed = false;
    let mut misread = None;
    loop {
        let mut moving = Moving {
            progress: &mut *progress,
            moved: false,
        };
        let failed = match attempt(board, wish, &mut moving, again).await {
            Ok(outcome) => {
                wish.contents.keep(&outcome.plan, wish.scan);
                return Ok(outcome);
            }
            Err(failed) => failed,
        };
        if failed.is_of_a_file() {
            clear_away(board).await;
            return Err(failed);
        }
        let (error, told) = from_board(failed)?;
        if error.is_gone() {
            return Err(told(error.into()));
        }
        if !refreshed && error.may_be_the_program(again) && !board.is_flat().await.unwrap_or(true) {
            refreshed = true;
            board.refresh().await?;
            continue;
        }
        if moving.moved {
            board.gain();
            tries.forgive();
        }
        let is_wrong = matches!(error, BoardError::Verify);
        if is_wrong && misread.is_none() && board.resync().await.is_ok() {
            misread = board.misread().await.ok();
        }
        // Frames of the stream are checked, so that it was not the line.
        let is_flash = is_wrong && again && board.last_facts().is_some_and(|(_, tier)| tier == Tier::Stream);
        let mut error = error;
        if error.is_line() && !is_flash {
            progress.report(At::Connecting { doing: DAMAGED });
            match board.mend(error, &mut tries).await {
                Ok(()) => {
                    again = true;
                    continue;
                }
                Err(last) => error = last,
            }
        }
        // A board that restarts every few seconds has no time for more.
        if matches!(error, BoardError::Restarts { .. }) || board.resync().await.is_err() {
            return Err(told(error.into()));
        }
        // What was only staged goes; what was committed is finished, and then there may be nothing left to do.
        match board.recover().await {
            Ok(true) if tries.one_more() => {
                again = true;
                continue;
            }
            Err(source) if source.is_storage() && board.facts().await.is_ok_and(|facts| facts.unfinished) => {
                return Err(SyncError::Unfinished { source });
            }
            _ => {}
        }
        let wanted = Fingerprint::of(wish.manifest().render().as_bytes());
        return Err(told(
            Box::pin(examine(board, error, misread, Some(&wanted))).await,
        ));
    }
}

/// How an error is told when more is known about it.
type Told = Box<dyn FnOnce(SyncError) -> SyncError + Send>;

/// The board's part of an error, and how the whole is put together again; other errors are final.
fn from_board(error: SyncError) -> Result<(BoardError, Told), SyncError> {
    match error {
        SyncError::Board(error) => Ok((error, Box::new(|error| error))),
        SyncError::Partly {
            done,
            of,
            lost,
            source,
        } => {
            let (error, _) = from_board(*source)?;
            let again = move |source| SyncError::Partly {
                done,
                of,
                lost,
                source: Box::new(source),
            };
            Ok((error, Box::new(again)))
        }
        other => Err(other),
    }
}

/// What was only staged goes; what was committed is finished.
async fn clear_away(board: &mut Board) {
    if board.resync().await.is_ok() {
        board.recover().await.unwrap_or_default();
    }
}

/// Sees whether the board takes content: then it is not in vain.
struct Moving<'a> {
    progress: &'a mut dyn Progress,
    moved: bool,
}

impl Progress for Moving<'_> {
    fn report(&mut self, stage: At) {
        self.moved |= matches!(stage, At::Sending { done: 1.., .. });
        self.progress.report(stage);
    }
}

async fn attempt(
    board: &mut Board,
    wish: &Wish<'_>,
    progress: &mut dyn Progress,
    again: bool,
) -> Result<Outcome, SyncError> {
    if again {
        board.recover().await?;
    }
    let Looked {
        plan,
        recorded,
        before,
    } = look(board, wish, progress, Settle::First).await?;
    if !plan.conflicts.is_empty() {
        return Err(SyncError::Conflicts(plan.conflicts));
    }
    let counts = plan.counts();
    if plan.steps.is_empty() && recorded {
        return Ok(Outcome {
            plan,
            counts,
            applied: None,
        });
    }
    let facts = board.facts().await?;
    let text = plan.manifest.render();
    let (fit, needed) = match facts.flash {
        Some((block, ..)) => room(&plan, &text, block)?,
        None => (Fit::Unknown, 0),
    };
    board.speed_up(to_send(&plan.steps)).await?;
    let applied = apply(board, &plan, &text, &before, fit, wish, progress).await;
    let applied = applied.map_err(|error| explained(error, needed, &facts))?;
    wish.known.keep(text.as_bytes());
    board.slow_down().await?;
    Ok(Outcome {
        plan,
        counts,
        applied: Some(applied),
    })
}

/// What is known here and not where it was met.
fn explained(error: SyncError, needed: u64, facts: &Facts) -> SyncError {
    match error {
        SyncError::Partly {
            done,
            of,
            lost,
            source,
        } => SyncError::Partly {
            done,
            of,
            lost,
            source: Box::new(explained(*source, needed, facts)),
        },
        // What it had just written is gone.
        SyncError::Board(BoardError::NotFound { .. }) => BoardError::Verify.into(),
        SyncError::Board(error) => error
            .while_writing(Some(needed).filter(|needed| *needed > 0), facts)
            .into(),
        other => other,
    }
}
