//! `boardside rm`: files and folders of the board, for good.

use clap::Args;
use serde_json::json;

use crate::base::BoardPath;
use crate::board::BoardError;
use crate::board::Lies;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::screen::Screen;
use crate::cli::spelling::board_path;
use crate::session::Exit;
use crate::session::Files;
use crate::session::FilesError;
use crate::sync::plan::OWN_FOLDER;
use crate::sync::plan::is_own;

#[derive(Args, Clone, Debug)]
#[command(
    after_help = "What a sync put there comes back with the next sync, unless it has left the project. Boardside's own \
    folder /.boardside stays, also with `rm -r /`, unless it is named itself; so do other drives, such as \
    an SD card."
)]
pub(super) struct RmArgs {
    /// Files or folders on the board
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,
    /// Folders with everything in them
    #[arg(short, long)]
    recursive: bool,
}

pub(super) async fn run(global: &Global, args: RmArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let paths = args
        .paths
        .iter()
        .map(|path| board_path(path))
        .collect::<Result<Vec<_>, _>>()?;
    for path in paths.iter().flatten() {
        let whole = path.as_str() == OWN_FOLDER && args.recursive;
        if is_own(path) && !whole {
            let path = path.to_string();
            return Err(BoardError::Own { path }.into());
        }
    }
    if paths.contains(&None) && !args.recursive {
        let path = "/".to_owned();
        return Err(BoardError::IsFolder { path }.into());
    }
    let target = link::target_here(global);
    let removed = link::with_files(&target, screen, async |files, screen| {
        let mut removed = 0;
        for path in all(files, &paths, args.recursive).await? {
            for gone in files.remove(&path, args.recursive).await? {
                screen.event(&json!({"event": "gone", "path": gone}));
                removed += 1;
            }
        }
        Ok::<usize, FilesError>(removed)
    })
    .await?;
    screen.event(&json!({"event": "removed", "count": removed}));
    if args.recursive {
        screen.say(&format!("{removed} removed"));
    }
    Ok(Exit::Done)
}

/// What is to go; nothing is removed where one of the names is wrong. The root stands for what lies in it.
async fn all(
    board: &mut Files<'_>,
    paths: &[Option<BoardPath>],
    recursive: bool,
) -> Result<Vec<String>, FilesError> {
    let named: Vec<BoardPath> = paths.iter().flatten().cloned().collect();
    for (path, lies) in named.iter().zip(board.lies_at(&named).await?) {
        let path = path.to_string();
        match lies {
            Lies::Nothing => return Err(BoardError::NotFound { path }.into()),
            Lies::Folder if !recursive => return Err(BoardError::IsFolder { path }.into()),
            Lies::Folder | Lies::File { .. } => {}
        }
    }
    let mut all: Vec<String> = named.iter().map(ToString::to_string).collect();
    if paths.contains(&None) {
        let listed = board.list_in(None, false).await?;
        all.extend(listed.into_iter().filter(|one| !one.drive).map(|one| one.path));
    }
    Ok(all)
}
