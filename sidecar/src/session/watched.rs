//! `Watched`: a project whose files and settings are watched.
//! Syncs nothing: it tells when to, and has the project as it is then.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::session::Options;
use crate::session::Project;
use crate::session::ProjectError;
use crate::sync::ignore::IGNORE_FILE;
use crate::sync::ignore::Rules;
use crate::sync::scan::Scan;
use crate::sync::watch::Mode;
use crate::sync::watch::Told;
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

/// How much a scan has to look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Look {
    /// At everything: for somebody who asked.
    Everywhere,
    /// At what the system told, and at these files of this machine; at everything where that is not enough.
    WhereChanged(Vec<PathBuf>),
}

/// Some file systems (NFS) do not tell what others change in them, so now and then everything is looked at.
const TRUSTED: Duration = Duration::from_mins(5);

/// A project, watched until this is dropped.
pub struct Watched {
    /// The project by the settings that were read last.
    pub project: Project,
    folder: PathBuf,
    cli: Options,
    files: Watch,
    settings: Watch,
    /// The last scan, and when everything was looked at for it.
    kept: Option<(Arc<Scan>, Instant)>,
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
            kept: None,
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

    /// The project's files as they are now.
    pub async fn scan(&mut self, look: Look) -> Result<Arc<Scan>, ProjectError> {
        let Told { mut paths, all } = self.files.told();
        let mut kept = self.kept.take();
        kept.take_if(|(_, at)| all || at.elapsed() > TRUSTED);
        match look {
            Look::Everywhere => kept = None,
            Look::WhereChanged(saved) => {
                let root = self.project.goal.root();
                for file in saved {
                    match file.strip_prefix(&root) {
                        Ok(relative) => drop(paths.insert(relative.to_owned())),
                        // Outside, or spelled in a way that nobody thought of.
                        Err(_) => kept = None,
                    }
                }
            }
        }
        if let Some((scan, _)) = kept.as_ref().filter(|_| paths.is_empty()) {
            let scan = scan.clone();
            self.kept = kept;
            return Ok(scan);
        }
        let (before, since) = kept.unzip();
        let before = before.map(|before| (before, paths));
        let now = Instant::now();
        let (scan, whole) = self.project.scan_apart(before).await?;
        let since = since.filter(|_| !whole).unwrap_or(now);
        self.kept = Some((scan.clone(), since));
        Ok(scan)
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
        self.kept = None;
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
