//! `boardside sync`: make the board hold exactly this project.
//! The plan and the transaction are `sync`'s business.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;

use crate::base::Progress as _;
use crate::base::Stage;
pub(super) use crate::base::size_text as bytes;
use crate::board::BoardError;
use crate::cli::args::ConflictArg;
use crate::cli::args::Global;
use crate::cli::args::How;
use crate::cli::args::SyncArgs;
use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::link::flat;
use crate::cli::ls::count;
use crate::cli::screen::Screen;
use crate::session::AfterDone;
use crate::session::Connection;
use crate::session::Exit;
use crate::session::Explain as _;
use crate::session::Goal;
use crate::session::Options;
use crate::session::Project;
use crate::session::ProjectError;
use crate::session::RELEASE_RUNS;
use crate::session::by_ftp;
use crate::sync::Outcome;
use crate::sync::SyncError;
use crate::sync::plan::OnConflict;
use crate::sync::plan::Plan;
use crate::sync::plan::Row;
use crate::sync::plan::Verb;
use crate::sync::plan::render;
use crate::sync::scan::Scan;
use crate::sync::scan::ScanError;

pub(super) async fn run(global: &Global, args: SyncArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let start = Instant::now();
    let mut project = Project::open(&args.project, &options(&args.how)?)?;
    warn(&project, screen);
    let settings = &project.goal.settings;
    let target = link::target(global, Some((settings.device.as_deref(), settings.baud)));
    if let Some(ftp) = link::cancellable(by_ftp(&target, screen)).await?? {
        let scan = project.scan(screen)?;
        for warning in &scan.warnings {
            screen.warn(&warning.to_string());
        }
        return crate::cli::by_ftp::sync(&project, ftp, scan, &args, start, screen).await;
    }
    let scanned = project.scan_light(screen);
    let (scan, connected) = match scanned {
        Err(ProjectError::Scan(ScanError::Heavy { bytes, .. })) => {
            let mut connection = link::enter(&target, screen).await?;
            let scan = scan_heavy(&mut project, bytes, &mut connection, screen).await;
            let board = &mut connection.board;
            let scan = if scan.is_ok() {
                scan
            } else {
                link::leave(board, scan).await
            };
            (scan?, Some(connection))
        }
        scanned => (scanned?, None),
    };
    let mut scan = Arc::new(scan);
    for warning in &scan.warnings {
        screen.warn(&warning.to_string());
    }
    let mut connection = match connected {
        Some(connection) => connection,
        None => link::enter(&target, screen).await?,
    };
    if args.dry_run {
        return dry_run(&project, &mut connection, &scan, screen).await;
    }
    let outcome = one_sync(&project.goal, &mut connection, &mut scan, args.how.verify, screen).await?;
    let after = project.goal.after(&mut connection.board, screen).await?;
    let spent = Spent::since(&connection, &Spent::default(), start);
    report(&outcome, &spent, &scan, screen);
    finish(after, connection, screen).await
}

/// Before so much is read it is certain that the board can hold it, whatever is on it now.
async fn scan_heavy(
    project: &mut Project,
    bytes: u64,
    connection: &mut Connection,
    screen: &mut Screen,
) -> Result<Scan, Failure> {
    if let Some((_, free, total)) = connection.board.facts().await?.flash
        && bytes > total
    {
        return Err(SyncError::NoSpace { needed: bytes, free }.into());
    }
    Ok(link::cancellable(project.scan_heavy(screen)).await??)
}

/// What the command line says of the settings.
pub(super) fn options(how: &How) -> Result<Options, Failure> {
    let after = how
        .after
        .as_deref()
        .map(str::parse)
        .transpose()
        .map_err(Failure::from)?;
    Ok(Options {
        after,
        delete: if how.no_delete {
            Some(false)
        } else {
            how.delete.then_some(true)
        },
        conflict: how.conflict.map(on_conflict),
        turbo: how.turbo.then_some(true),
        ..Options::default()
    })
}

pub(super) fn on_conflict(word: ConflictArg) -> OnConflict {
    match word {
        ConflictArg::Stop => OnConflict::Stop,
        ConflictArg::Overwrite => OnConflict::Overwrite,
        ConflictArg::Keep => OnConflict::Keep,
    }
}

pub(super) fn warn(project: &Project, screen: &mut Screen) {
    for warning in &project.warnings {
        screen.warn(&warning.to_string());
    }
}

async fn dry_run(
    project: &Project,
    connection: &mut Connection,
    scan: &Scan,
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    let plan = link::cancellable(project.goal.preview(&mut connection.board, scan, screen)).await;
    let plan = link::leave(&mut connection.board, flat(plan)).await?;
    planned(plan, scan, screen)
}

/// What a sync would do.
pub(super) fn planned(plan: Plan, scan: &Scan, screen: &mut Screen) -> Result<Exit, Failure> {
    screen.finish();
    let rows = render(&plan);
    for row in &rows {
        screen.event(&json!({"event": "plan", "verb": row.verb, "path": row.path, "bytes": row.size, "reason": row.reason}));
        screen.say(&row_text(row, screen));
    }
    for ignored in &scan.ignored {
        let reason = format!("not for the board: {}", ignored.why);
        screen.event(&json!({"event": "plan", "verb": "ignored", "path": ignored.name, "reason": reason}));
    }
    screen.say(&plan.counts().to_string());
    screen.event(&json!({"event": "planned", "conflicts": plan.conflicts.len()}));
    if plan.conflicts.is_empty() {
        return Ok(Exit::Done);
    }
    Err(SyncError::Conflicts(plan.conflicts).into())
}

/// So often a board that restarts by itself is caught while it boots: where its program had begun after all, it
/// restarts once more.
const ANEW: u32 = 3;

/// One sync of a board at its prompt. After an error or Ctrl-C the board is left usable, with the old project.
pub(super) async fn one_sync(
    goal: &Goal,
    connection: &mut Connection,
    scan: &mut Arc<Scan>,
    verify: bool,
    screen: &mut Screen,
) -> Result<Outcome, Failure> {
    let mut outcome = link::cancellable(goal.sync(connection, scan, screen)).await;
    let mut left = if connection.force_boot { ANEW } else { 0 };
    while left > 0 && matches!(outcome, Ok(Err(SyncError::Board(BoardError::Restarts { .. })))) {
        left -= 1;
        let again = async {
            connection.start_anew(screen).await?;
            goal.sync(connection, scan, screen).await
        };
        outcome = link::cancellable(again).await;
    }
    let cancelled = outcome.is_err();
    let outcome = match flat(outcome) {
        Ok(outcome) => outcome,
        Err(error) => {
            screen.report(Stage::Finishing);
            let board = &mut connection.board;
            if cancelled && board.resync().await.is_ok() {
                board.recover().await.unwrap_or_default();
            }
            return link::leave(board, Err(error)).await;
        }
    };
    if let Some(why) = connection.board.turbo().why_not() {
        screen.warn(&format!("--turbo was {why}"));
    }
    if let Some((facts, _)) = connection.board.last_facts()
        && facts.released
    {
        screen.warn(RELEASE_RUNS);
    }
    if verify && let Err(error) = verified(goal, connection, scan, screen).await {
        return link::leave(&mut connection.board, Err(error)).await;
    }
    Ok(outcome)
}

/// Looks at the board once more: there must be nothing left to do.
async fn verified(
    goal: &Goal,
    connection: &mut Connection,
    scan: &Scan,
    screen: &mut Screen,
) -> Result<(), Failure> {
    let plan = flat(Ok(goal.preview(&mut connection.board, scan, screen).await))?;
    unverified(&plan)
}

/// What is left to do after a sync, which should be nothing.
pub(super) fn unverified(plan: &Plan) -> Result<(), Failure> {
    let left: Vec<String> = plan
        .steps
        .iter()
        .map(|step| step.act.path().to_string())
        .collect();
    if left.is_empty() {
        return Ok(());
    }
    let mut words = crate::board::BoardError::Verify.explained();
    words.message = format!("{}: {}", words.message, left.join(", "));
    Err(Failure(words))
}

/// What a sync cost.
#[derive(Clone, Debug, Default)]
pub(super) struct Spent {
    sent: u64,
    received: u64,
    round_trips: u64,
    elapsed: Duration,
    baud: Option<u32>,
}

impl Spent {
    /// What passed since `before`; the connection's counters never go back.
    pub(super) fn since(connection: &Connection, before: &Self, start: Instant) -> Self {
        let traffic = &connection.traffic;
        Self {
            sent: traffic.sent() - before.sent,
            received: traffic.received() - before.received,
            round_trips: traffic.round_trips() - before.round_trips,
            elapsed: start.elapsed(),
            baud: connection.board.baud(),
        }
    }

    /// Of files alone: bytes of their contents, and commands.
    pub(super) fn of_files(sent: u64, received: u64, round_trips: u64, start: Instant) -> Self {
        Self {
            sent,
            received,
            round_trips,
            elapsed: start.elapsed(),
            baud: None,
        }
    }

    /// In seconds, for people.
    pub(super) fn seconds(&self) -> String {
        format!("{:.2} s", self.elapsed.as_secs_f64())
    }
}

/// More rows than fit a screen hide what they are to show; `--dry-run` lists all.
const ROWS: usize = 20;

/// The table at the end, and the last JSON line.
pub(super) fn report(outcome: &Outcome, spent: &Spent, scan: &Scan, screen: &mut Screen) {
    screen.finish();
    let counts = &outcome.counts;
    let mut rows = render(&outcome.plan);
    rows.retain(|row| row.verb != Verb::Unchanged);
    for row in rows.iter().take(ROWS) {
        screen.say(&row_text(row, screen));
    }
    if rows.len() > ROWS {
        screen.say(&format!("... and {} files more", rows.len() - ROWS));
    }
    one_by_one(outcome, screen);
    let seconds = spent.seconds();
    if outcome.applied.is_none() {
        screen.say(&format!(
            "nothing to do: the board has all of the project ({}), {seconds}",
            count(counts.unchanged, "file")
        ));
    } else {
        let size = bytes(scan.total_bytes);
        let moved = bytes(spent.sent);
        let tier = outcome.applied.map_or("", |applied| applied.tier.word());
        screen.say(&outcome.plan.counts().to_string());
        screen.say(&format!("{size} of project, {moved} sent ({tier}), {seconds}"));
    }
    synced(outcome, spent, scan, screen);
}

/// Was it less than a transaction?
pub(super) fn one_by_one(outcome: &Outcome, screen: &mut Screen) {
    if outcome.applied.is_some_and(|applied| !applied.whole) {
        screen.warn("not enough free flash for all at once: files were replaced one by one");
    }
}

/// The JSON line of a sync that is done.
pub(super) fn synced(outcome: &Outcome, spent: &Spent, scan: &Scan, screen: &mut Screen) {
    let counts = &outcome.counts;
    let resent = outcome.applied.map_or(0, |applied| applied.resent);
    let tier = outcome
        .applied
        .map_or(Value::Null, |applied| applied.tier.word().into());
    screen.event(&json!({
        "event": "synced",
        "added": counts.added, "updated": counts.updated, "removed": counts.removed,
        "renamed": counts.renamed, "unchanged": counts.unchanged, "kept": counts.kept,
        "bytes_project": scan.total_bytes, "bytes_sent": spent.sent, "bytes_received": spent.received,
        "round_trips": spent.round_trips, "frames_resent": resent,
        "tier": tier, "whole": outcome.applied.is_none_or(|applied| applied.whole), "baud": spent.baud,
        "elapsed_ms": u64::try_from(spent.elapsed.as_millis()).unwrap_or(u64::MAX),
    }));
}

/// `--after run=FILE`: its output until it ends or the user presses Ctrl-C.
pub(super) async fn finish(
    after: AfterDone,
    mut connection: Connection,
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    let AfterDone::Running(path) = after else {
        return Ok(Exit::Done);
    };
    let ended = {
        let mut sink = |bytes: &[u8]| screen.output(bytes);
        link::cancellable(connection.board.run_file(&path, None, &mut sink)).await
    };
    link::end_of_program(&mut connection.board, ended, screen).await
}

fn row_text(row: &Row, screen: &Screen) -> String {
    let colour = match row.verb {
        Verb::Add | Verb::Copy => "32",
        Verb::Update => "36",
        Verb::Remove => "31",
        Verb::Conflict => "1;31",
        Verb::Keep => "33",
        Verb::Unchanged => "2",
    };
    let verb = screen.paint(colour, &format!("{:<9}", row.verb));
    format!(
        "{verb} {}  {}  {}",
        row.path,
        screen.paint("2", &bytes(row.size)),
        screen.paint("2", &row.reason)
    )
}
