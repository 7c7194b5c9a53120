//! `boardside pull`: the board's files into the project.
//! What becomes of each file is decided by `sync::plan::pull`; nothing is ever removed here.

use std::collections::BTreeMap;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::base::BoardPath;
use crate::base::size_text as bytes;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::get::Fetched;
use crate::cli::get::fetch;
use crate::cli::link;
use crate::cli::screen::Screen;
use crate::cli::sync::warn;
use crate::session::CASE_BLIND;
use crate::session::Connection;
use crate::session::Exit;
use crate::session::Options;
use crate::session::Project;
use crate::session::PullError;
use crate::session::here;
use crate::session::host_path;
use crate::session::land;
use crate::sync::plan::Decision;
use crate::sync::plan::Hindrance;
use crate::sync::plan::Pull;
use crate::sync::plan::Sides;
use crate::sync::plan::pull;
use crate::sync::scan::Scan;

#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Writes what is missing in the project. If a file of the project has other content than the board's, \
    nothing at all is written (exit code 7), unless --overwrite is given. Files of the project are never \
    removed, and what the ignore rules keep off the board is not fetched."
)]
pub(super) struct PullArgs {
    /// The project's folder
    #[arg(default_value = ".")]
    project: PathBuf,
    /// The board wins where contents differ; what the project had is lost
    #[arg(long)]
    overwrite: bool,
    /// Say what would become of every file; write nothing
    #[arg(long)]
    dry_run: bool,
}

/// What was found and decided, for one file.
struct Row {
    path: BoardPath,
    side: Sides,
    decision: Decision,
}

pub(super) async fn run(global: &Global, args: PullArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let mut project = Project::open(&args.project, &Options::default())?;
    warn(&project, screen);
    let scan = project.scan(screen)?;
    let target = link::target(
        global,
        Some((
            project.goal.settings.device.as_deref(),
            project.goal.settings.baud,
        )),
    );
    let rows = link::with_board(&target, screen, async |connection, screen| {
        let rows = decide(&project, &scan, connection, &args, screen).await?;
        if !args.dry_run {
            refuse(&rows)?;
            write(&project, &scan, connection, &rows, screen).await?;
        }
        Ok::<_, Failure>(rows)
    });
    let rows = rows.await?;
    for row in &rows {
        show(row, args.dry_run, screen);
    }
    let number = |wanted: fn(&Decision) -> bool| rows.iter().filter(|row| wanted(&row.decision)).count();
    let fetched = number(|decision| *decision == Decision::Fetch);
    let replaced = number(|decision| *decision == Decision::Overwrite);
    let same = number(|decision| *decision == Decision::Same);
    let only_here = number(|decision| *decision == Decision::NotOnBoard);
    let refused = number(|decision| matches!(decision, Decision::Refuse(_)));
    screen.event(&json!({
        "event": if args.dry_run { "planned" } else { "pulled" }, "added": fetched, "updated": replaced,
        "unchanged": same, "only_project": only_here, "conflicts": refused,
    }));
    let words = [
        (fetched, "added"),
        (replaced, "updated"),
        (same, "unchanged"),
        (only_here, "only in the project"),
        (refused, "in conflict"),
    ];
    let words: Vec<String> = words
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
    screen.say(&if words.is_empty() {
        "nothing to pull: the board has no file for this project".to_owned()
    } else {
        words.join(", ")
    });
    refuse(&rows)?;
    Ok(Exit::Done)
}

async fn decide(
    project: &Project,
    scan: &Scan,
    connection: &mut Connection,
    args: &PullArgs,
    screen: &mut Screen,
) -> Result<Vec<Row>, Failure> {
    let sides = project.goal.sides(&mut connection.board, scan, screen).await?;
    let root = project.goal.root();
    let occupied: BTreeMap<_, _> = sides
        .iter()
        .filter(|(_, side)| matches!(side, Sides::OnlyBoard { .. }))
        .map(|(path, _)| (path.clone(), here(&root, path)))
        .collect();
    let how = Pull {
        overwrite: args.overwrite,
        case_blind: CASE_BLIND,
    };
    let mut decided = pull(&sides, &occupied, how);
    Ok(sides
        .into_iter()
        .filter_map(|(path, side)| {
            let decision = decided.remove(&path)?;
            Some(Row { path, side, decision })
        })
        .collect())
}

fn refuse(rows: &[Row]) -> Result<(), PullError> {
    let refused: Vec<(BoardPath, Hindrance)> = rows
        .iter()
        .filter_map(|row| match row.decision {
            Decision::Refuse(why) => Some((row.path.clone(), why)),
            _ => None,
        })
        .collect();
    if refused.is_empty() {
        Ok(())
    } else {
        Err(PullError { refused })
    }
}

async fn write(
    project: &Project,
    scan: &Scan,
    connection: &mut Connection,
    rows: &[Row],
    screen: &mut Screen,
) -> Result<(), Failure> {
    let wanted = |row: &&Row| matches!(row.decision, Decision::Fetch | Decision::Overwrite);
    let mut fetched = Fetched {
        before: 0,
        total: rows.iter().filter(wanted).map(|row| on_board(row.side)).sum(),
    };
    let root = project.goal.root();
    for row in rows.iter().filter(wanted) {
        let place = match scan.hosts.get(&row.path) {
            Some(host) => host.clone(),
            None => host_path(&root, &row.path)?,
        };
        let content = fetch(&mut connection.board, &row.path, &mut fetched, screen).await?;
        land(&place, &content, row.decision == Decision::Overwrite)?;
    }
    Ok(())
}

fn on_board(side: Sides) -> u64 {
    match side {
        Sides::OnlyBoard { size } | Sides::Same { size } | Sides::Differ { board: size, .. } => size,
        Sides::OnlyProject { .. } => 0,
    }
}

fn show(row: &Row, planned: bool, screen: &mut Screen) {
    let (verb, colour, reason) = match row.decision {
        Decision::Fetch => ("add", "32", "only on the board".to_owned()),
        Decision::Overwrite => ("update", "36", "differs from the project's".to_owned()),
        Decision::Same => ("unchanged", "2", "the same on both sides".to_owned()),
        Decision::NotOnBoard => ("keep", "33", "only in the project".to_owned()),
        Decision::Refuse(why) => ("conflict", "1;31", why.to_string()),
    };
    let size = on_board(row.side);
    screen.event(
        &json!({"event": "plan", "verb": verb, "path": row.path.as_str(), "bytes": size, "reason": reason}),
    );
    if planned || !matches!(row.decision, Decision::Same | Decision::NotOnBoard) {
        let verb = screen.paint(colour, &format!("{verb:<9}"));
        let more = screen.paint("2", &format!("{}  {reason}", bytes(size)));
        screen.say(&format!("{verb} {}  {more}", row.path));
    }
}
