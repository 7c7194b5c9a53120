//! `Project`: a folder with its settings, and its scans.
//! Opens no wire and prints nothing; what it wants of a board is its `Goal`.

use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crate::base::Progress;
use crate::base::Stage;
use crate::session::Goal;
use crate::session::Options;
use crate::session::Settings;
use crate::session::SettingsError;
use crate::session::SettingsWarning;
use crate::session::load;
use crate::session::resolve;
use crate::sync::scan::RulesError;
use crate::sync::scan::Scan;
use crate::sync::scan::ScanCache;
use crate::sync::scan::ScanError;
use crate::sync::scan::load_rules;

/// From so many bytes on it takes a second and more to read a project.
const HEAVY: u64 = 32 << 20;
/// So often a scan says how far it is.
const TICK: Duration = Duration::from_millis(250);

/// A project that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ProjectError {
    /// There is no such folder.
    #[error("there is no folder {}", .0.display())]
    NoFolder(PathBuf),
    /// Its settings cannot be read.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Its ignore rules cannot be read.
    #[error(transparent)]
    Rules(#[from] RulesError),
    /// Its files cannot be read.
    #[error(transparent)]
    Scan(#[from] ScanError),
}

/// A folder with its settings.
pub struct Project {
    /// What it wants.
    pub goal: Arc<Goal>,
    /// The file that the settings come from.
    pub settings_file: Option<PathBuf>,
    /// What was odd in the settings.
    pub warnings: Vec<SettingsWarning>,
    cache: ScanCache,
    cache_file: Option<PathBuf>,
}

impl Project {
    /// Reads the settings and the ignore rules. `cli` is what the command line or the editor says.
    pub fn open(folder: &Path, cli: &Options) -> Result<Self, ProjectError> {
        let folder = folder
            .canonicalize()
            .map_err(|_| ProjectError::NoFolder(folder.to_owned()))?;
        let loaded = load(&folder)?;
        let (settings, more) = resolve(cli, &loaded.options, &Settings::defaults(&folder));
        let rules = load_rules(&folder, &settings.ignore, settings.types.as_deref())?;
        let cache_file = ScanCache::file_for(&folder);
        Ok(Self {
            cache: cache_file.as_deref().map(ScanCache::load).unwrap_or_default(),
            cache_file,
            settings_file: loaded.file,
            warnings: loaded.warnings.into_iter().chain(more).collect(),
            goal: Arc::new(Goal::of_project(folder, settings, rules)),
        })
    }

    /// Finds and hashes the files that belong on the board.
    pub fn scan(&mut self, progress: &mut dyn Progress) -> Result<Scan, ProjectError> {
        progress.report(Stage::Scanning);
        self.goal
            .scan(&mut self.cache, self.cache_file.as_deref(), u64::MAX)
    }

    /// As `scan`; `ScanError::Heavy` if there is so much that reading it takes a while, before anything is read.
    pub fn scan_light(&mut self, progress: &mut dyn Progress) -> Result<Scan, ProjectError> {
        progress.report(Stage::Scanning);
        self.goal.scan(&mut self.cache, self.cache_file.as_deref(), HEAVY)
    }

    /// As `scan`, and says meanwhile how far it is.
    pub async fn scan_heavy(&mut self, progress: &mut dyn Progress) -> Result<Scan, ProjectError> {
        let so_far = self.cache.read_so_far();
        let mut ticks = tokio::time::interval(TICK);
        let mut scan = std::pin::pin!(self.scan_apart(None));
        loop {
            tokio::select! {
                scan = &mut scan => return Ok(Arc::unwrap_or_clone(scan?.0)),
                _ = ticks.tick() => {
                    let (done, total) = so_far.get();
                    progress.report(Stage::Hashing { done: done.min(total), total });
                }
            }
        }
    }

    /// `scan` on a thread of its own, for callers that others wait for. Where `before` is a scan and the paths that
    /// changed since (relative to the root), only those are looked at if that is enough; says whether it was all.
    pub(super) async fn scan_apart(
        &mut self,
        before: Option<(Arc<Scan>, BTreeSet<PathBuf>)>,
    ) -> Result<(Arc<Scan>, bool), ProjectError> {
        let mut cache = std::mem::take(&mut self.cache);
        let (goal, file) = (self.goal.clone(), self.cache_file.clone());
        let scan = tokio::task::spawn_blocking(move || {
            let updated = before.map(|(before, paths)| goal.update(&mut cache, &before, &paths));
            let scan = if let Some(Ok(Some(scan))) = updated {
                Ok((scan, false))
            } else {
                // What went wrong is told of the whole, if it still does.
                let scan = goal.scan(&mut cache, file.as_deref(), u64::MAX);
                scan.map(|scan| (Arc::new(scan), true))
            };
            (cache, scan)
        });
        let (cache, scan) = scan.await.expect("a scan does not panic");
        self.cache = cache;
        scan
    }
}
