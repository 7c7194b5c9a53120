//! `Watch`: tells when files of the project changed, whoever changed them.
//! Scans nothing and decides nothing; what changed is for people, the next scan finds the truth.

mod meaning;

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use notify::Config;
use notify::ErrorKind;
use notify::Event;
use notify::PollWatcher;
use notify::RecommendedWatcher;
use notify::RecursiveMode;
use notify::Watcher;
use notify::WatcherKind;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::sync::debounce::Batch;
use crate::sync::debounce::Change;
use crate::sync::debounce::Debouncer;
use crate::sync::debounce::Ends;
use crate::sync::debounce::Kind;
use crate::sync::ignore::Rules;
use crate::sync::watch::meaning::changes;

/// How often a polled project is looked at.
const POLL: Duration = Duration::from_secs(1);

/// Why a project cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// The folder is not there.
    #[error("the project folder {} cannot be watched", root.display())]
    Root {
        /// Which.
        root: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The system refuses, and so does looking again and again.
    #[error("the project folder {} cannot be watched", root.display())]
    Refused {
        /// Which.
        root: PathBuf,
        /// Why.
        #[source]
        source: notify::Error,
    },
}

/// How the project is watched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The system tells.
    Native,
    /// The project is looked at every second. Says why, for people.
    Polling(String),
}

/// A project that is being watched, until this is dropped.
pub struct Watch {
    root: PathBuf,
    watcher: Box<dyn Watcher + Send>,
    /// Each folder is watched by itself, so that ignored ones cost nothing: inotify has no others, and a limit.
    by_folder: bool,
    mode: Mode,
    send: mpsc::UnboundedSender<notify::Result<Event>>,
    events: mpsc::UnboundedReceiver<notify::Result<Event>>,
    debouncer: Debouncer,
    start: Instant,
    began: Option<Instant>,
    told: Told,
}

/// What was told since somebody asked, the other way round than a batch: nothing cancels out, nothing waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Files and folders that came, changed or went, relative to the root.
    pub paths: BTreeSet<PathBuf>,
    /// Anything may have changed besides.
    pub all: bool,
}

/// With more paths than this, looking at everything is no more work.
const MANY: usize = 200;

impl Watch {
    /// Watches the project below `root`. Where the system cannot (inotify's limits), it is polled.
    pub fn open(root: &Path, rules: Rules) -> Result<Self, WatchError> {
        let (send, events) = mpsc::unbounded_channel();
        match RecommendedWatcher::new(handler(&send), Config::default()) {
            Ok(watcher) => {
                // These two watch a whole tree as cheaply as one folder.
                let whole = [WatcherKind::Fsevent, WatcherKind::ReadDirectoryChangesWatcher];
                let by_folder = !whole.contains(&RecommendedWatcher::kind());
                let watcher = Box::new(watcher);
                Self::with(root, rules, watcher, by_folder, Mode::Native, (send, events))
            }
            Err(error) => Self::polling(root, rules, POLL, &error.to_string()),
        }
    }

    /// Watches by looking again and again: for network folders, whose changes no system tells. `why` is for people.
    pub fn polling(root: &Path, rules: Rules, every: Duration, why: &str) -> Result<Self, WatchError> {
        let (send, events) = mpsc::unbounded_channel();
        let watcher = poll_watcher(&send, every);
        let watcher = watcher.map_err(|source| WatchError::Refused {
            root: root.to_owned(),
            source,
        })?;
        Self::with(
            root,
            rules,
            Box::new(watcher),
            true,
            Mode::Polling(why.to_owned()),
            (send, events),
        )
    }

    fn with(
        root: &Path,
        rules: Rules,
        watcher: Box<dyn Watcher + Send>,
        by_folder: bool,
        mode: Mode,
        (send, events): (
            mpsc::UnboundedSender<notify::Result<Event>>,
            mpsc::UnboundedReceiver<notify::Result<Event>>,
        ),
    ) -> Result<Self, WatchError> {
        // macOS tells true paths (/private/tmp), so the root must be one.
        let true_root = fs::canonicalize(root);
        let true_root = true_root.map_err(|source| WatchError::Root {
            root: root.to_owned(),
            source,
        })?;
        let ends = if mode == Mode::Native && RecommendedWatcher::kind() == WatcherKind::Inotify {
            Ends::Told
        } else {
            Ends::Untold
        };
        let debouncer = Debouncer::new(rules, ends);
        let start = Instant::now();
        let mut watch = Self {
            root: true_root,
            watcher,
            by_folder,
            mode,
            send,
            events,
            debouncer,
            start,
            began: None,
            told: Told::default(),
        };
        watch.watch_all().map_err(|source| WatchError::Refused {
            root: root.to_owned(),
            source,
        })?;
        Ok(watch)
    }

    /// How the project is watched; it can turn from native to polling.
    pub fn mode(&self) -> &Mode {
        &self.mode
    }

    /// Waits for the next batch, without a limit: nothing changes until somebody changes it.
    ///
    /// Nothing is lost if the wait is dropped and begun again.
    pub async fn next(&mut self) -> Batch {
        loop {
            let due = self.debouncer.due().map(|due| self.start + due);
            tokio::select! {
                biased;
                event = self.events.recv() => {
                    // `self.send` keeps the channel open.
                    if let Some(event) = event {
                        self.take(event);
                    }
                }
                () = until(due) => {
                    self.began = self.debouncer.began().map(|began| self.start + began);
                    if let Some(batch) = self.debouncer.take(self.start.elapsed()) {
                        return batch;
                    }
                }
            }
        }
    }

    /// What was told since the last call, also what no batch was made of yet. A scan that comes after this call sees
    /// at least these changes.
    pub fn told(&mut self) -> Told {
        while let Ok(event) = self.events.try_recv() {
            self.take(event);
        }
        self.debouncer.seen();
        // Overflows are told by these two only; and what is looked at once a second may have changed since.
        let reliable = [WatcherKind::Inotify, WatcherKind::Fsevent].contains(&RecommendedWatcher::kind());
        self.told.all |= !reliable || self.mode != Mode::Native;
        std::mem::take(&mut self.told)
    }

    /// When the first change of the last batch was seen.
    pub fn began(&self) -> Option<Instant> {
        self.began
    }

    fn take(&mut self, event: notify::Result<Event>) {
        let changes = match event {
            Ok(event) if event.need_rescan() => {
                self.look_again();
                vec![Change::Lost]
            }
            Ok(event) => changes(&event, |path| self.relative(path)),
            Err(error) if matches!(error.kind, ErrorKind::MaxFilesWatch) => {
                self.fall_back(&error);
                vec![Change::Lost]
            }
            // A file that went while the system looked at it: the next scan sees that.
            Err(_) => vec![Change::Lost],
        };
        for change in changes {
            if let Change::Created(path, Kind::Folder | Kind::Unknown)
            | Change::Written(path, Kind::Folder)
            | Change::Closed(path, Kind::Folder) = &change
            {
                self.watch_new(path);
            }
            self.note(&change);
            // After the folder is watched, so that the batch is later than anything that was missed before.
            self.debouncer.push(self.start.elapsed(), &change);
        }
    }

    fn note(&mut self, change: &Change) {
        match change {
            Change::Created(path, kind)
            | Change::Written(path, kind)
            | Change::Closed(path, kind)
            | Change::Removed(path, kind) => {
                if self.debouncer.wanted(path, *kind) && !self.told.all {
                    self.told.paths.insert(path.clone());
                }
            }
            Change::Lost => self.told.all = true,
        }
        if self.told.paths.len() > MANY {
            self.told.all = true;
        }
        if self.told.all {
            self.told.paths.clear();
        }
    }

    fn lost(&mut self) {
        self.note(&Change::Lost);
        self.debouncer.push(self.start.elapsed(), &Change::Lost);
    }

    fn relative(&self, path: &Path) -> Option<PathBuf> {
        path.strip_prefix(&self.root).ok().map(Path::to_owned)
    }

    fn watch_all(&mut self) -> notify::Result<()> {
        let root = self.root.clone();
        let done = if self.by_folder {
            self.watch_folder(Path::new(""))
        } else {
            self.watcher.watch(&root, RecursiveMode::Recursive)
        };
        match done {
            Err(error) if self.mode == Mode::Native && matches!(error.kind, ErrorKind::MaxFilesWatch) => {
                self.poll_instead(&error)
            }
            done => done,
        }
    }

    fn watch_new(&mut self, relative: &Path) {
        if !self.by_folder || !self.root.join(relative).is_dir() {
            return;
        }
        if let Err(error) = self.watch_folder(relative) {
            match error.kind {
                ErrorKind::MaxFilesWatch => self.fall_back(&error),
                _ => self.lost(),
            }
        }
    }

    /// Watches a folder and the wanted folders in it. First the watch, then the look: nothing comes in between.
    fn watch_folder(&mut self, relative: &Path) -> notify::Result<()> {
        let folder = self.root.join(relative);
        self.watcher.watch(&folder, RecursiveMode::NonRecursive)?;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let inner = relative.join(entry.file_name());
            // Links are not entered: what they point at is watched where it lies.
            if entry.file_type()?.is_dir() && self.debouncer.wanted(&inner, Kind::Folder) {
                match self.watch_folder(&inner) {
                    Err(error) if matches!(error.kind, ErrorKind::MaxFilesWatch) => return Err(error),
                    // It went in the meantime; its folder has told.
                    _ => {}
                }
            }
        }
        Ok(())
    }

    /// After lost events there may be folders that nobody told about.
    fn look_again(&mut self) {
        if self.by_folder {
            self.watch_new(Path::new(""));
        }
    }

    fn fall_back(&mut self, error: &notify::Error) {
        if self.mode == Mode::Native && self.poll_instead(error).is_err() {
            // The old watcher goes on with what it has.
            self.lost();
        }
    }

    fn poll_instead(&mut self, error: &notify::Error) -> notify::Result<()> {
        let watcher = poll_watcher(&self.send, POLL)?;
        self.watcher = Box::new(watcher);
        self.by_folder = true;
        self.debouncer.ends_untold();
        self.mode = Mode::Polling(error.to_string());
        self.watch_folder(Path::new(""))
    }
}

async fn until(due: Option<Instant>) {
    match due {
        Some(due) => tokio::time::sleep_until(due).await,
        None => std::future::pending().await,
    }
}

fn handler(
    send: &mpsc::UnboundedSender<notify::Result<Event>>,
) -> impl Fn(notify::Result<Event>) + Send + 'static {
    let send = send.clone();
    move |event| {
        // Nobody listens any more: the watcher is about to be dropped.
        let _ = send.send(event);
    }
}

fn poll_watcher(
    send: &mpsc::UnboundedSender<notify::Result<Event>>,
    every: Duration,
) -> notify::Result<PollWatcher> {
    // Contents, because it compares times in whole seconds only.
    PollWatcher::new(
        handler(send),
        Config::default()
            .with_poll_interval(every)
            .with_compare_contents(true),
    )
}
