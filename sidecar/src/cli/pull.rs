//! `boardside pull`: the board's files into the project.
//! What is decided and written is `session`'s business.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use crate::base::size_text as bytes;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::screen::Screen;
use crate::cli::sync::warn;
use crate::session::Exit;
use crate::session::Options;
use crate::session::Project;
use crate::session::PullRow;
use crate::session::Pulling;
use crate::session::PullingError;
use crate::sync::plan::Decision;

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
    let pulling = link::with_files(&target, screen, async |files, screen| {
        let pulling = Pulling::decide(&project.goal, &scan, files, args.overwrite, screen).await?;
        if !args.dry_run {
            pulling.write(&project.goal, &scan, files, screen).await?;
        }
        Ok::<_, PullingError>(pulling)
    });
    let pulling = pulling.await?;
    for row in &pulling.rows {
        show(row, args.dry_run, screen);
    }
    let fetched = pulling.count(|decision| *decision == Decision::Fetch);
    let replaced = pulling.count(|decision| *decision == Decision::Overwrite);
    let same = pulling.count(|decision| *decision == Decision::Same);
    let only_here = pulling.count(|decision| *decision == Decision::NotOnBoard);
    let refused = pulling.count(|decision| matches!(decision, Decision::Refuse(_)));
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
    pulling.refused()?;
    Ok(Exit::Done)
}

fn show(row: &PullRow, planned: bool, screen: &mut Screen) {
    let (verb, colour, reason) = match row.decision {
        Decision::Fetch => ("add", "32", "only on the board".to_owned()),
        Decision::Overwrite => ("update", "36", "differs from the project's".to_owned()),
        Decision::Same => ("unchanged", "2", "the same on both sides".to_owned()),
        Decision::NotOnBoard => ("keep", "33", "only in the project".to_owned()),
        Decision::Refuse(why) => ("conflict", "1;31", why.to_string()),
    };
    let size = row.on_board();
    screen.event(
        &json!({"event": "plan", "verb": verb, "path": row.path.as_str(), "bytes": size, "reason": reason}),
    );
    if planned || !matches!(row.decision, Decision::Same | Decision::NotOnBoard) {
        let verb = screen.paint(colour, &format!("{verb:<9}"));
        let more = screen.paint("2", &format!("{}  {reason}", bytes(size)));
        screen.say(&format!("{verb} {}  {more}", row.path));
    }
}
