//! `boardside write`: a package onto a board, verified, running, and said which version.
//! Writes as a sync does: what is here is what comes before and after it.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use clap::Args;
use serde_json::json;

use crate::cli::args::ConflictArg;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::packages::settings;
use crate::cli::packages::trusted;
use crate::cli::screen::Screen;
use crate::cli::sync;
use crate::cli::sync::Spent;
use crate::package::Head;
use crate::package::PackageError;
use crate::package::Signed;
use crate::session::Connection;
use crate::session::Exit;
use crate::session::Goal;
use crate::session::packages;
use crate::session::writing;
use crate::session::writing::WriteError;
use crate::sync::plan::Installed;

#[derive(Args, Clone, Debug)]
#[command(
    after_help = "The package and its signature are checked before the board is opened; its platform, its firmware and \
    the version that is there before anything is written. Where keys are trusted (`packages.keys` in boardside.toml, \
    --key), only packages that one of them signed are written. As with a sync the board has the old project or the new \
    one, whenever the cable is pulled. At the end it is reset, and says what it has."
)]
pub(super) struct WriteArgs {
    /// A file that `boardside pack` made; PACKAGE.minisig beside it is its signature
    package: PathBuf,
    /// A public key that is trusted, beside those of the settings: RW..., or a .pub file
    #[arg(long, value_name = "KEY")]
    key: Vec<String>,
    /// Also if the board has a newer version
    #[arg(long)]
    downgrade: bool,
    /// What to do with files that were changed on the board [default: stop]
    #[arg(long, value_enum, value_name = "WHAT")]
    conflict: Option<ConflictArg>,
    /// Make the line faster while much is sent (ESP32, ESP8266 behind a USB bridge), and slow again afterwards
    #[arg(long)]
    turbo: bool,
}

pub(super) async fn run(global: &Global, args: WriteArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let start = Instant::now();
    let options = settings()?;
    let keys = trusted(&args.key, &options)?;
    let (package, signed) = packages::open(&args.package, &keys)?.trusted()?;
    if keys.is_empty() {
        screen.warn("nobody's signature was asked for: no key is in `packages.keys` of boardside.toml");
    }
    let head = package.head.clone();
    let conflict = args
        .conflict
        .map(sync::on_conflict)
        .or(options.conflict)
        .unwrap_or_default();
    let turbo = args.turbo || options.turbo.unwrap_or_default();
    let (goal, scan) = Goal::of_package(package, conflict, turbo);
    let mut scan = Arc::new(scan);
    let mut connection = link::enter(&link::target_here(global), screen).await?;
    let checked = may_write(&mut connection, &head, args.downgrade, screen).await;
    let before = match checked {
        Ok(before) => before,
        Err(error) => return refused(&mut connection, error).await,
    };
    let outcome = sync::one_sync(&goal, &mut connection, &mut scan, true, screen).await?;
    let spent = Spent::since(&connection, &Spent::default(), start);
    let restarted = link::cancellable(writing::restart(&mut connection, &head, screen)).await;
    let running = match link::flat(restarted) {
        Ok(running) => running,
        Err(error) => return refused(&mut connection, error).await,
    };
    screen.finish();
    sync::one_by_one(&outcome, screen);
    sync::synced(&outcome, &spent, &scan, screen);
    told(&head, before.as_ref(), &running, &signed, &spent, screen);
    Ok(Exit::Done)
}

/// Ends early; the board is left usable wherever it was.
async fn refused(connection: &mut Connection, error: Failure) -> Result<Exit, Failure> {
    let board = &mut connection.board;
    if error.0.exit == Exit::Cancelled {
        // Whether it can be brought back is seen when it is left.
        board.resync().await.unwrap_or_default();
    }
    link::leave(board, Err(error)).await
}

/// Is it for this board, and not older than what is there? People at a terminal may answer that.
async fn may_write(
    connection: &mut Connection,
    head: &Head,
    downgrade: bool,
    screen: &mut Screen,
) -> Result<Option<Installed>, Failure> {
    let board = &mut connection.board;
    let checked = link::cancellable(writing::check(board, head, downgrade)).await?;
    if let Err(WriteError::Package(error @ PackageError::Older { .. })) = &checked {
        let question = format!("{}: {error}. Write it? [y/N] ", head.name);
        if screen
            .ask(&question)
            .is_some_and(|answer| answer.eq_ignore_ascii_case("y"))
        {
            return Ok(writing::check(board, head, true).await?);
        }
    }
    Ok(checked?)
}

fn told(
    head: &Head,
    before: Option<&Installed>,
    running: &Installed,
    signed: &Signed,
    spent: &Spent,
    screen: &mut Screen,
) {
    let key = match signed {
        Signed::By { key, .. } => Some(key),
        Signed::No | Signed::Unchecked { .. } => None,
    };
    screen.event(&json!({
        "event": "written", "name": head.name, "version": head.version.as_str(),
        "before": before.map(|before| &before.version), "running": running.version, "signed_by": key,
    }));
    let from = before.map_or_else(String::new, |before| format!(" (before: {before})"));
    let by = key.map_or_else(String::new, |key| format!(", signed by {key}"));
    screen.say(&format!(
        "the board runs {} {running}{from}{by}; {}",
        head.name,
        spent.seconds()
    ));
}
