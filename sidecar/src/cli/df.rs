//! `boardside df`: how much flash is free.

use serde_json::json;

use crate::base::size_text as bytes;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::screen::Screen;
use crate::session::Exit;

pub(super) async fn run(global: &Global, screen: &mut Screen) -> Result<Exit, Failure> {
    let target = link::target_here(global);
    let flash = link::with_files(&target, screen, async |files, _| files.flash().await).await?;
    let (block, free, total) = flash.map_or((None, None, None), |(block, free, total)| {
        (Some(block), Some(free), Some(total))
    });
    let used = total.zip(free).map(|(total, free)| total.saturating_sub(free));
    screen.event(&json!({"event": "flash", "total": total, "used": used, "free": free, "block": block}));
    screen.say(&match flash {
        Some((block, free, total)) => format!(
            "{} free of {}, {} used; a file takes whole blocks of {}",
            bytes(free),
            bytes(total),
            bytes(total.saturating_sub(free)),
            bytes(block)
        ),
        None => "this firmware or connection cannot tell how much flash is free".to_owned(),
    });
    Ok(Exit::Done)
}
