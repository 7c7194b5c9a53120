//! `boardside ls`: what lies on the board.

use clap::Args;
use serde_json::json;

use crate::base::Progress as _;
use crate::base::Stage;
use crate::base::size_text as bytes;
use crate::base::visible;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::screen::Screen;
use crate::cli::spelling::board_path;
use crate::session::Exit;
use crate::session::FilesError;

#[derive(Args, Clone, Debug)]
#[command(after_help = "Folders end in /. Boardside's own folder /.boardside is shown only if it is named.")]
pub(super) struct LsArgs {
    /// A folder or file on the board; a colon in front is allowed, as in mpremote
    #[arg(default_value = "/", hide_default_value = true)]
    path: String,
    /// Everything below it, too
    #[arg(short, long)]
    recursive: bool,
}

pub(super) async fn run(global: &Global, args: LsArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let path = board_path(&args.path)?;
    let target = link::target_here(global);
    let listed = link::with_files(&target, screen, async |files, screen| {
        screen.report(Stage::Comparing);
        let listed = files.list_in(path.as_ref(), args.recursive).await?;
        Ok::<_, FilesError>(listed)
    });
    let mut listed = listed.await?;
    listed.sort_by(|a, b| a.path.cmp(&b.path));
    let (mut files, mut total) = (0, 0);
    for entry in &listed {
        let kind = if entry.size.is_some() { "file" } else { "folder" };
        screen.event(&json!({"event": "entry", "path": entry.path, "kind": kind, "bytes": entry.size}));
        let name = visible(entry.path.trim_start_matches('/'));
        match entry.size {
            Some(size) => {
                files += 1;
                total += size;
                screen.say(&format!("{size:>9}  {name}"));
            }
            None => screen.say(&format!("{:>9}  {name}/", "")),
        }
    }
    let folders = listed.len() - files;
    screen.event(&json!({"event": "listed", "files": files, "folders": folders, "bytes": total}));
    if listed.is_empty() {
        screen.say("nothing is there");
    } else {
        let count = format!("{} in {}", bytes(total), count(files, "file"));
        screen.say(&screen.paint("2", &format!("{:>9}  {count}", "")));
    }
    Ok(Exit::Done)
}

/// `1 file`, `2 files`.
pub(super) fn count(number: usize, what: &str) -> String {
    if number == 1 {
        format!("1 {what}")
    } else {
        format!("{number} {what}s")
    }
}
