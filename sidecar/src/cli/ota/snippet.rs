//! `boardside ota snippet`: what goes into boot.py.

use clap::Args;
use serde_json::json;

use crate::cli::failure::Failure;
use crate::cli::ota::At;
use crate::cli::screen::Screen;
use crate::ota::Snippet;
use crate::ota::flat_fault;
use crate::session::Exit;
use crate::session::releases::Said;
use crate::session::releases::layout_of;
use crate::session::releases::name_of;
use crate::session::releases::url_of;

#[derive(Args, Clone, Debug)]
pub(super) struct SnippetArgs {
    /// What devices have as host [default: `ota.url` of the settings]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// flat or folder [default: `ota.layout` of the settings, else flat]
    #[arg(long, value_name = "LAYOUT")]
    layout: Option<String>,
    /// Devices log in; micropython-ota 1.2.0 and later
    #[arg(long)]
    login: bool,
    #[command(flatten)]
    at: At,
}

pub(super) fn run(args: &SnippetArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let place = args.at.place();
    let mut project = place.project(screen)?;
    let said = Said {
        url: args.url.clone(),
        layout: args.layout.clone(),
        ..place.said()
    };
    let goal = project.goal.clone();
    let settings = &goal.settings;
    let layout = layout_of(settings, &said)?;
    let files = project.scan(screen)?.files;
    screen.finish();
    let all: Vec<String> = files.keys().map(|path| path.relative().to_owned()).collect();
    let named = settings.ota.files.clone();
    let flat = named.unwrap_or_else(|| {
        all.iter()
            .filter(|path| flat_fault(path).is_none())
            .cloned()
            .collect()
    });
    let url = url_of(settings, &said)?;
    let snippet = Snippet {
        host: url.map_or_else(|| "http://HOST".to_owned(), |url| url.url),
        project: name_of(settings, &said)?.project().clone(),
        layout,
        left_out: all.iter().filter(|path| !flat.contains(path)).count(),
        files: flat,
        login: args.login,
    };
    let (old, safe) = (snippet.old(), snippet.safe());
    screen.event(&json!({"event": "snippet", "old": old, "safe": safe}));
    screen.bytes(format!("{old}\n\n{safe}").as_bytes());
    Ok(Exit::Done)
}
