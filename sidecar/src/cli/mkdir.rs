//! `boardside mkdir`: folders on the board.

use clap::Args;
use serde_json::json;

use crate::base::BoardPath;
use crate::board::BoardError;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::screen::Screen;
use crate::cli::spelling::named_path;
use crate::session::Exit;
use crate::session::FilesError;
use crate::sync::plan::is_own;

#[derive(Args, Clone, Debug)]
#[command(after_help = "A folder that is there already is no error.")]
pub(super) struct MkdirArgs {
    /// Folders on the board; those above them are made, too
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<String>,
}

pub(super) async fn run(global: &Global, args: MkdirArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let paths = args
        .paths
        .iter()
        .map(|path| named_path(path))
        .collect::<Result<Vec<_>, _>>()?;
    if let Some(path) = paths.iter().find(|path| is_own(path)) {
        let path = path.to_string();
        return Err(BoardError::Own { path }.into());
    }
    let target = link::target_here(global);
    link::with_files(&target, screen, async |files, _| {
        for path in &paths {
            files.make_folder(path).await?;
        }
        Ok::<(), FilesError>(())
    })
    .await?;
    let names: Vec<&str> = paths.iter().map(BoardPath::as_str).collect();
    screen.event(&json!({"event": "made", "paths": names}));
    Ok(Exit::Done)
}
