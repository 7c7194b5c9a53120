//! `boardside cat`: files of the board on stdout, byte for byte.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use clap::Args;
use serde_json::json;

use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::screen::Screen;
use crate::cli::spelling::named_path;
use crate::session::Exit;
use crate::session::Fetched;

#[derive(Args, Clone, Debug)]
#[command(after_help = "With --json: base64, and as text where it is UTF-8.")]
pub(super) struct CatArgs {
    /// Files on the board
    #[arg(required = true, value_name = "FILE")]
    files: Vec<String>,
}

pub(super) async fn run(global: &Global, args: CatArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let paths = args
        .files
        .iter()
        .map(|file| named_path(file))
        .collect::<Result<Vec<_>, _>>()?;
    let target = link::target_here(global);
    link::with_files(&target, screen, async |files, screen| {
        for path in &paths {
            let mut fetched = Fetched::default();
            let content = files.fetch(&mut fetched, path, screen).await?;
            screen.event(&json!({
                "event": "content", "path": path.as_str(), "bytes": content.len(),
                "base64": STANDARD.encode(&content), "text": std::str::from_utf8(&content).ok(),
            }));
            screen.bytes(&content);
        }
        Ok::<(), Failure>(())
    })
    .await?;
    Ok(Exit::Done)
}
