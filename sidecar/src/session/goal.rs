//! `Goal`: what a project or a package wants of a board, and how a board that is at its prompt gets it.
//! Opens no wire and prints nothing; the folder with its settings and its cache is `Project`.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use crate::base::BoardPath;
use crate::base::Progress;
use crate::base::Stage;
use crate::board::Board;
use crate::board::BoardError;
use crate::package::Package;
use crate::session::After;
use crate::session::Connection;
use crate::session::ProjectError;
use crate::session::Settings;
use crate::session::SettingsError;
use crate::session::distant::sync::sync as there;
use crate::sync::KnownContents;
use crate::sync::KnownManifests;
use crate::sync::Outcome;
use crate::sync::SyncError;
use crate::sync::Wish;
use crate::sync::guard::guarded;
use crate::sync::ignore::Rules;
use crate::sync::plan::OnConflict;
use crate::sync::plan::Plan;
use crate::sync::plan::Policy;
use crate::sync::plan::Sides;
use crate::sync::scan::Scan;
use crate::sync::scan::ScanCache;
use crate::sync::scan::ScanError;
use crate::sync::scan::scan_up_to;
use crate::sync::scan::update;

/// A sync of files that change all the time gives up after so many scans.
pub(super) const SCANS: u32 = 4;

/// What is to be known about a sync of a board that updates itself and has done so.
pub const RELEASE_RUNS: &str = "the board runs a release that it fetched itself, from /slots, and not what was synced: \
     `boardside rm /slots/st_a /slots/st_b` lets that run from its next reset on, until it fetches one again";

/// What was done to the board after a sync.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AfterDone {
    /// It is at its prompt.
    AtPrompt,
    /// It was reset; main.py runs.
    Reset,
    /// It runs this file; its output is still to come.
    Running(BoardPath),
}

/// What a project wants of a board: its settings and rules. Cheap to share, and does not change.
#[derive(Clone, Debug)]
pub struct Goal {
    /// The project's folder.
    pub folder: PathBuf,
    /// What the user wants, from the command line, the settings file and the defaults.
    pub settings: Settings,
    /// Which files count.
    pub rules: Rules,
    /// The version, if it is a package.
    version: Option<String>,
    known: KnownManifests,
    pub(super) contents: KnownContents,
}

fn known_manifests() -> KnownManifests {
    KnownManifests::new(dirs::cache_dir().map(|dir| dir.join("boardside/manifests")))
}

impl Goal {
    /// What a folder with these settings and rules wants of a board.
    pub(super) fn of_project(folder: PathBuf, settings: Settings, rules: Rules) -> Self {
        Self {
            folder,
            settings,
            rules,
            version: None,
            known: known_manifests(),
            contents: KnownContents::open(),
        }
    }

    /// What a package wants of a board, and its files as a sync takes them. No folder of this machine has a part in it.
    pub fn of_package(package: Package, conflict: OnConflict, turbo: bool) -> (Self, Scan) {
        let folder = PathBuf::new();
        let settings = Settings {
            name: package.head.name,
            conflict,
            turbo,
            ..Settings::defaults(&folder)
        };
        let goal = Self {
            folder,
            settings,
            rules: Rules::none(),
            version: Some(package.head.version.to_string()),
            known: known_manifests(),
            contents: KnownContents::open(),
        };
        (goal, Scan::made_of(package.files, package.contents))
    }

    /// The same with another answer to what the board holds and a sync would destroy.
    #[must_use]
    pub fn with_conflict(&self, conflict: OnConflict) -> Self {
        let mut goal = self.clone();
        goal.settings.conflict = conflict;
        goal
    }

    /// The folder that becomes the root of the board.
    pub fn root(&self) -> PathBuf {
        self.folder.join(&self.settings.source)
    }

    /// The files that belong on the board; `most` as `scan_up_to` has it.
    pub(super) fn scan(
        &self,
        cache: &mut ScanCache,
        cache_file: Option<&Path>,
        most: u64,
    ) -> Result<Scan, ProjectError> {
        let root = self.root();
        if !root.is_dir() {
            return Err(ProjectError::NoFolder(root));
        }
        // Who opens somebody else's project syncs that, and not what its links lead to.
        if let Ok(target) = root.canonicalize()
            && !target.starts_with(&self.folder)
        {
            let source_folder = root;
            return Err(SettingsError::LeadsOut {
                source_folder,
                target,
            }
            .into());
        }
        let scan = self.look(cache, most)?;
        if let Some(file) = cache_file {
            // A cache that cannot be written costs time, nothing else.
            cache.save(file).unwrap_or_default();
        }
        Ok(scan)
    }

    /// With the guard, if that is wished.
    fn look(&self, cache: &mut ScanCache, most: u64) -> Result<Scan, ScanError> {
        let scan = scan_up_to(most, &self.root(), &self.rules, cache)?;
        if self.settings.boot_guard {
            return guarded(scan);
        }
        Ok(scan)
    }

    /// `scan`, where only these paths may have changed since `before`; `None`: that does not tell enough.
    pub(super) fn update(
        &self,
        cache: &mut ScanCache,
        before: &Arc<Scan>,
        paths: &BTreeSet<PathBuf>,
    ) -> Result<Option<Arc<Scan>>, ScanError> {
        let scan = update(&self.root(), &self.rules, cache, before, paths)?;
        if !self.settings.boot_guard {
            return Ok(scan);
        }
        let guarded = scan.map(|scan| guarded(Arc::unwrap_or_clone(scan)));
        Ok(guarded.transpose()?.map(Arc::new))
    }

    pub(super) fn wish<'a>(&'a self, scan: &'a Scan) -> Wish<'a> {
        let policy = Policy {
            delete: self.settings.delete,
            on_conflict: self.settings.conflict,
        };
        Wish {
            scan,
            name: &self.settings.name,
            version: self.version.as_deref(),
            policy,
            known: &self.known,
            contents: &self.contents,
        }
    }

    /// What a sync would do.
    pub async fn preview(
        &self,
        board: &mut Board,
        scan: &Scan,
        progress: &mut dyn Progress,
    ) -> Result<Plan, SyncError> {
        board.take_back().await?;
        crate::sync::preview(board, &self.wish(scan), progress).await
    }

    /// Makes the board hold this project. If files change while they are sent, `scan` is made anew, and it begins again
    /// with that: each file is sent as it was at one moment, and all of them or none.
    pub async fn sync(
        &self,
        connection: &mut Connection,
        scan: &mut Arc<Scan>,
        progress: &mut dyn Progress,
    ) -> Result<Outcome, SyncError> {
        connection.board.wish_turbo(self.settings.turbo);
        let mut scans = 1;
        loop {
            if scan.files.is_empty() {
                return Err(SyncError::Empty { root: self.root() });
            }
            match self.sync_once(connection, scan, progress).await {
                Err(error) if error.is_of_the_moment() && scans < SCANS => {
                    scans += 1;
                    progress.report(Stage::Scanning);
                    *scan = Arc::new(self.scan_again().await?);
                }
                other => return other,
            }
        }
    }

    async fn sync_once(
        &self,
        connection: &mut Connection,
        scan: &Scan,
        progress: &mut dyn Progress,
    ) -> Result<Outcome, SyncError> {
        let wish = self.wish(scan);
        if let Some(distant) = &connection.distant {
            connection.board.handed_over();
            if let Some(outcome) = Box::pin(there(distant, &wish, self.settings.turbo, progress)).await? {
                return Ok(outcome);
            }
            connection.board.take_back().await?;
        }
        crate::sync::sync(&mut connection.board, &wish, progress).await
    }

    /// A scan for a sync that has begun. Others may scan the same project at the same time.
    pub(super) async fn scan_again(&self) -> Result<Scan, ScanError> {
        let goal = self.clone();
        let scan = tokio::task::spawn_blocking(move || {
            let file = ScanCache::file_for(&goal.folder);
            let mut cache = file.as_deref().map(ScanCache::load).unwrap_or_default();
            goal.look(&mut cache, u64::MAX)
        });
        scan.await.expect("a scan does not panic")
    }

    /// Board and project file by file, whatever the last sync did.
    pub async fn sides(
        &self,
        board: &mut Board,
        scan: &Scan,
        progress: &mut dyn Progress,
    ) -> Result<BTreeMap<BoardPath, Sides>, BoardError> {
        board.take_back().await?;
        crate::sync::sides(board, scan, &self.rules, progress).await
    }

    /// What the settings want to happen after a sync. The board is left usable whatever it is.
    pub async fn after(
        &self,
        board: &mut Board,
        progress: &mut dyn Progress,
    ) -> Result<AfterDone, BoardError> {
        let reset = match &self.settings.after {
            After::Reset => true,
            After::Restore => board.was_running(),
            After::None | After::Run(_) => false,
        };
        if let After::Run(path) = &self.settings.after {
            return Ok(AfterDone::Running(path.clone()));
        }
        if !reset {
            board.leave().await?;
            return Ok(AfterDone::AtPrompt);
        }
        progress.report(Stage::Finishing);
        board.soft_reset().await?;
        Ok(AfterDone::Reset)
    }
}
