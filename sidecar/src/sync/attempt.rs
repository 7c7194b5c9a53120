//! `sync`: scan is done, board is at its prompt: survey, plan, apply, and try again where the line was bad.
//! Opens nothing and resets nothing.

use crate::base::Progress;
use crate::base::Stage as At;
use crate::board::Board;
use crate::board::BoardError;
use crate::sync::error::SyncError;
use crate::sync::known_contents::KnownContents;
use crate::sync::known_manifests::KnownManifests;
use crate::sync::plan::Counts;
use crate::sync::plan::Fit;
use crate::sync::plan::Manifest;
use crate::sync::plan::Plan;
use crate::sync::plan::Policy;
use crate::sync::plan::check_names;
use crate::sync::plan::plan;
use crate::sync::plan::spare;
use crate::sync::scan::Scan;
use crate::sync::survey::Settle;
use crate::sync::survey::Survey;
use crate::sync::survey::survey;
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
    /// What to do where the two trees do not decide.
    pub policy: Policy,
    /// Manifests that this machine knows.
    pub known: &'a KnownManifests,
    /// Contents that this machine knows.
    pub contents: &'a KnownContents,
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
const TRIES: usize = 5;

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
    let project = Manifest {
        project: wish.name.to_owned(),
        files: wish.scan.files.clone(),
    };
    progress.report(At::Comparing);
    if wish.known.is_empty() {
        board.expect_no_agent();
    }
    let Survey { state, is_exact } = survey(board, &project, wish.known, settle).await?;
    let problems = check_names(&project.files, &state);
    if !problems.is_empty() {
        return Err(SyncError::Names(problems));
    }
    let mut plan = plan(&project.files, &state, &wish.policy);
    spare(
        &mut plan,
        state.manifest.as_ref(),
        wish.name,
        wish.policy.on_conflict,
    );
    plan.manifest.project = project.project;
    let recorded = state.manifest.as_ref() == Some(&plan.manifest);
    let before = Before::of(&state, is_exact);
    Ok(Looked {
        plan,
        recorded,
        before,
    })
}

/// Makes the board's tree equal to the project's. On an error the board holds the old project.
pub async fn sync(
    board: &mut Board,
    wish: &Wish<'_>,
    progress: &mut dyn Progress,
) -> Result<Outcome, SyncError> {
    let mut tries = 1;
    let mut refreshed = false;
    loop {
        let error = match attempt(board, wish, progress, tries > 1).await {
            Ok(outcome) => {
                wish.contents.keep(&outcome.plan, wish.scan);
                return Ok(outcome);
            }
            Err(SyncError::Board(error)) => error,
            Err(other) => return Err(other),
        };
        if error.is_gone() {
            return Err(error.into());
        }
        if !refreshed && error.may_be_the_program(tries) && board.is_flat().await.is_ok_and(|flat| !flat) {
            refreshed = true;
            board.refresh().await?;
            continue;
        }
        if tries == TRIES || !error.is_line() {
            // What was only staged goes; what was committed is finished. The first error is the one to tell.
            if board.resync().await.is_ok() {
                board.recover().await.unwrap_or_default();
            }
            return Err(error.into());
        }
        tries += 1;
    }
}

async fn attempt(
    board: &mut Board,
    wish: &Wish<'_>,
    progress: &mut dyn Progress,
    again: bool,
) -> Result<Outcome, SyncError> {
    if again {
        board.resync().await?;
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
    let fit = match facts.flash {
        Some((block, ..)) => room(&plan, &text, block)?,
        None => Fit::Unknown,
    };
    board.speed_up(to_send(&plan.steps)).await?;
    let applied = apply(board, &plan, &text, &before, fit, wish, progress).await;
    let applied = applied.map_err(|error| with_free(error, facts.flash.map(|(_, free, _)| free)))?;
    wish.known.keep(text.as_bytes());
    board.slow_down().await?;
    Ok(Outcome {
        plan,
        counts,
        applied: Some(applied),
    })
}

fn with_free(error: SyncError, free: Option<u64>) -> SyncError {
    match error {
        SyncError::Board(BoardError::NoSpace { needed, free: None }) => {
            SyncError::Board(BoardError::NoSpace { needed, free })
        }
        other => other,
    }
}
