//! `boardside packages`: what there is to write, newest first, and by whom it is signed.
//! Opens a board only to ask what it is, if one is named.

use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use serde_json::Value;
use serde_json::json;

use crate::base::size_text;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::screen::Screen;
use crate::package::PublicKey;
use crate::session::Exit;
use crate::session::Explain as _;
use crate::session::Options;
use crate::session::load;
use crate::session::packages;
use crate::session::packages::Opened;

#[derive(Args, Clone, Debug)]
#[command(
    after_help = "With -d only those for that board: it is asked for its platform and firmware; a program that runs is \
    stopped for that, and started again by a soft reset. BOARDSIDE_DEVICE does not count here."
)]
pub(super) struct PackagesArgs {
    /// The folder [default: `packages.folder` of the settings, else this one]
    folder: Option<PathBuf>,
    /// A public key that is trusted: RW..., or a .pub file [default: `packages.keys` of the settings]
    #[arg(long, value_name = "KEY")]
    key: Vec<String>,
}

/// What the settings of this folder say.
pub(super) fn settings() -> Result<Options, Failure> {
    let loaded = load(Path::new(".")).map_err(crate::session::ProjectError::from);
    loaded.map(|loaded| loaded.options).map_err(Failure::from)
}

/// The keys that count: those of the command line, and those of the settings.
pub(super) fn trusted(more: &[String], options: &Options) -> Result<Vec<PublicKey>, Failure> {
    let settings = options.packages.iter().flat_map(|packages| &packages.keys);
    let words: Vec<String> = more.iter().chain(settings).cloned().collect();
    Ok(packages::trusted(&words, Path::new("."))?)
}

pub(super) async fn run(global: &Global, args: PackagesArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let options = settings()?;
    let keys = trusted(&args.key, &options)?;
    let folder = args
        .folder
        .clone()
        .or_else(|| options.packages.as_ref()?.folder.clone());
    let folder = folder.unwrap_or_else(|| ".".into());
    let (mut found, bad) = packages::list(&folder, &keys)?;
    for error in bad {
        screen.warn(&error.explained().message);
    }
    // The variable names a board for verbs that need one.
    let named = std::env::args().any(|arg| arg.starts_with("-d") || arg.starts_with("--device"));
    if named {
        let target = link::target_here(global);
        let facts = link::with_board(&target, screen, async |connection, _| {
            connection.board.facts().await
        });
        let facts = facts.await?;
        found.retain(|opened| {
            opened
                .package
                .head
                .target
                .check(&facts.platform, &facts.version)
                .is_ok()
        });
    }
    for opened in &found {
        screen.event(&event(opened));
        screen.say(&text(opened, screen));
    }
    screen.event(&json!({"event": "packages", "count": found.len()}));
    if found.is_empty() {
        screen.say(&format!(
            "no package in {}: `boardside pack` makes them",
            folder.display()
        ));
    }
    Ok(Exit::Done)
}

fn event(opened: &Opened) -> Value {
    let head = &opened.package.head;
    json!({
        "event": "package", "path": opened.path.to_string_lossy(), "name": head.name,
        "version": head.version.as_str(), "bytes": opened.size, "files": opened.package.files.len(),
        "platforms": head.target.platforms,
        "firmware": head.target.firmware.as_ref().map(ToString::to_string),
        "signature": opened.signature(), "key": opened.key(),
    })
}

fn text(opened: &Opened, screen: &Screen) -> String {
    let head = &opened.package.head;
    let mut words = vec![
        screen.paint("1", &format!("{} {}", head.name, head.version)),
        size_text(opened.size),
    ];
    if !head.target.platforms.is_empty() {
        words.push(head.target.platforms.join(", "));
    }
    words.extend(
        head.target
            .firmware
            .as_ref()
            .map(|range| format!("MicroPython {range}")),
    );
    let colour = match opened.signature() {
        "trusted" => "32",
        "none" | "unchecked" => "33",
        _ => "1;31",
    };
    words.push(screen.paint(colour, &opened.signer()));
    words.push(screen.paint("2", &opened.path.display().to_string()));
    words.join("  ")
}
