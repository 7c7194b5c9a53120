//! A package on its way to a board: may it be written, and does the board run it afterwards?
//! What is in between is a sync: `Goal::of_package`.

use std::time::Duration;

use tokio::time::Instant;

use crate::base::Progress;
use crate::base::Stage;
use crate::board::Board;
use crate::board::BoardError;
use crate::package::Head;
use crate::package::PackageError;
use crate::package::Version;
use crate::session::Connection;
use crate::sync::plan::Installed;
use crate::sync::plan::Manifest;

/// A board that is reset may take so long to be back: one on Wi-Fi has to find its network first.
const BACK: Duration = Duration::from_secs(30);

/// So often the board is asked what it has.
const QUESTIONS: u32 = 4;

/// Why a package is not on a board, or does not run there.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// It is not for this board.
    #[error(transparent)]
    Package(#[from] PackageError),
    /// It was written, and after the reset the board says something else.
    #[error("{version} was written and verified, but after the reset the board has {found}")]
    NotThere {
        /// What was written.
        version: Version,
        /// What the board says.
        found: String,
    },
    /// It was written, and the board did not come back.
    #[error("{version} was written and verified, but after the reset the board does not answer: {source}")]
    NotBack {
        /// What was written.
        version: Version,
        /// What it did instead.
        source: BoardError,
    },
    /// The board failed.
    #[error(transparent)]
    Board(#[from] BoardError),
}

/// The project on a board at its prompt, and the package that it came from; `None` where nothing was synced.
pub async fn installed(board: &mut Board) -> Result<Option<(String, Option<Installed>)>, BoardError> {
    let text = board.manifest().await?;
    let read = text.and_then(|text| Manifest::parse(&String::from_utf8_lossy(&text)).ok());
    Ok(read.map(|manifest| (manifest.project, manifest.installed)))
}

/// Whether the package is for this board, and not older than what is there unless that is wanted. Nothing is changed.
/// Gives the version that is there.
pub async fn check(board: &mut Board, head: &Head, downgrade: bool) -> Result<Option<Installed>, WriteError> {
    let facts = board.facts().await?;
    head.target.check(&facts.platform, &facts.version)?;
    let there = installed(board).await?;
    let there = there.and_then(|(name, installed)| installed.filter(|_| name == head.name));
    let Some(there) = there else { return Ok(None) };
    if let Ok(found) = there.version.parse::<Version>()
        && !downgrade
        && found.precedence(&head.version).is_gt()
    {
        let version = head.version.clone();
        return Err(PackageError::Older { version, found }.into());
    }
    Ok(Some(there))
}

/// After it was written and verified: resets the board, waits until it is back, asks what it has now, and lets its
/// program run.
pub async fn restart(
    connection: &mut Connection,
    head: &Head,
    progress: &mut dyn Progress,
) -> Result<Installed, WriteError> {
    let not_back = |source| WriteError::NotBack {
        version: head.version.clone(),
        source,
    };
    connection.power_up(progress).await.map_err(not_back)?;
    let found = asked(&mut connection.board).await.map_err(not_back)?;
    connection.board.soft_reset().await.map_err(not_back)?;
    let found = match found {
        Some((name, Some(installed))) if name == head.name && installed.version == head.version.as_str() => {
            return Ok(installed);
        }
        Some((name, Some(installed))) => format!("{name} {installed}"),
        Some((name, None)) => format!("{name} without a version"),
        None => "nothing".to_owned(),
    };
    Err(WriteError::NotThere {
        version: head.version.clone(),
        found,
    })
}

/// A Ctrl-C that caught the boot of a slow board can be late, and end the question instead.
async fn asked(board: &mut Board) -> Result<Option<(String, Option<Installed>)>, BoardError> {
    let mut left = QUESTIONS;
    loop {
        left -= 1;
        match installed(board).await {
            Err(error) if left > 0 && !error.is_gone() => board.resync().await?,
            other => return other,
        }
    }
}

impl Connection {
    /// As if the power had been cut, where the firmware can, else a soft reset; and back to its prompt.
    async fn power_up(&mut self, progress: &mut dyn Progress) -> Result<(), BoardError> {
        let doing = "restarting the board";
        progress.report(Stage::Connecting { doing });
        if self.board.hard_reset().await? {
            match self.catch(Instant::now() + BACK).await {
                // It was not caught while it booted, so it has booted.
                Err(error) if !error.is_gone() => {}
                caught => return caught,
            }
            return self.enter(self.force_boot, progress).await;
        }
        self.board.soft_reset().await?;
        self.enter(self.force_boot, progress).await
    }
}
