//! `Watched`: a project whose files and settings are watched.
//! Syncs nothing: it tells when to, and has the project as it is then.

use std::path::Path;
use std::path::PathBuf;

use tokio::time::Instant;

use crate::session::Options;
use crate::session::Project;
use crate::session::ProjectError;
use crate::sync::ignore::IGNORE_FILE;
use crate::sync::ignore::Rules;
use crate::sync::watch::Mode;
use crate::sync::watch::Watch;
use crate::sync::watch::WatchError;

/// A project cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchedError {
    /// It cannot be used at all.
    #[error(transparent)]
    Project(#[from] ProjectError),
    /// The system refuses.
    #[error(transparent)]
    Watch(#[from] WatchError),
}

/// What changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Changed {
    /// Files that belong on the board; when the first change was seen.
    Files(Option<Instant>),
    /// What says how to sync.
    Settings,
}

/// A project, watched until this is dropped.
pub struct Watched {
    /// The project by the settings that were read last.
    pub project: Project,
    folder: PathBuf,
    cli: Options,
    files: Watch,
    settings: Watch,
    /// The settings were changed and not read again since.
    stale: bool,
}

impl Watched {
    /// Opens a project and begins to watch it. `cli` is what the command line says.
    pub fn open(folder: &Path, cli: &Options) -> Result<Self, WatchedError> {
        let project = Project::open(folder, cli)?;
        let files = Watch::open(&project.goal.root(), project.goal.rules.clone())?;
        let settings = Watch::open(&project.goal.folder, settings_only())?;
        Ok(Self {
            folder: project.goal.folder.clone(),
            project,
            cli: cli.clone(),
            files,
            settings,
            stale: false,
        })
    }

    /// How it is watched.
    pub fn mode(&self) -> &Mode {
        self.files.mode()
    }

    /// Waits, without a limit, until something changed that a sync would see.
    /// Nothing is lost if the wait is dropped and begun again.
    pub async fn changed(&mut self) -> Changed {
        tokio::select! {
            _ = self.files.next() => Changed::Files(self.files.began()),
            _ = self.settings.next() => {
                self.stale = true;
                Changed::Settings
            }
        }
    }

    /// Reads the settings again if they were changed; says whether it did. Settings that are wrong stay so until
    /// they are right: nothing is synced by those of before.
    pub fn refresh(&mut self) -> Result<bool, WatchedError> {
        if !self.stale {
            return Ok(false);
        }
        let project = Project::open(&self.folder, &self.cli)?;
        self.files = Watch::open(&project.goal.root(), project.goal.rules.clone())?;
        self.project = project;
        self.stale = false;
        Ok(true)
    }
}

/// Lets through the files of a project's folder that say how it is synced.
pub(super) fn settings_only() -> Rules {
    let patterns = [
        "*",
        "!/boardside.toml",
        "!/pymakr.conf",
        "!/.vscode",
        "!/.vscode/settings.json",
    ]
    .map(str::to_owned);
    let ignore_file = format!("!/{IGNORE_FILE}");
    Rules::new("", &[&patterns[..], &[ignore_file]].concat(), None).expect("the patterns are constants")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_says_how_to_sync_counts_as_settings() {
        let rules = settings_only();
        for (path, folder, counts) in [
            ("boardside.toml", false, true),
            ("pymakr.conf", false, true),
            (".boardsideignore", false, true),
            (".vscode", true, true),
            (".vscode/settings.json", false, true),
            (".vscode/launch.json", false, false),
            ("main.py", false, false),
            ("lib", true, false),
            ("lib/boardside.toml", false, false),
        ] {
            let ignored = rules.why_ignored_anywhere(Path::new(path), folder);
            assert_eq!(ignored.is_none(), counts, "{path}");
        }
    }
}
