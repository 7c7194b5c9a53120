//! `Watch`: tells when files of the project changed, whoever changed them.
//! Scans nothing and decides nothing; what changed is for people, the next scan finds the truth.

use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use notify::Config;
use notify::ErrorKind;
use notify::Event;
use notify::EventKind;
use notify::PollWatcher;
use notify::RecommendedWatcher;
use notify::RecursiveMode;
use notify::Watcher;
use notify::WatcherKind;
use notify::event::AccessKind;
use notify::event::AccessMode;
use notify::event::CreateKind;
use notify::event::MetadataKind;
use notify::event::ModifyKind;
use notify::event::RemoveKind;
use notify::event::RenameMode;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::sync::debounce::Batch;
use crate::sync::debounce::Change;
use crate::sync::debounce::Debouncer;
use crate::sync::debounce::Kind;
use crate::sync::ignore::Rules;

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
}

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
        let debouncer = Debouncer::new(rules);
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
            if let Change::Created(path, Kind::Folder | Kind::Unknown) | Change::Written(path, Kind::Folder) =
                &change
            {
                self.watch_new(path);
            }
            // After the folder is watched, so that the batch is later than anything that was missed before.
            self.debouncer.push(self.start.elapsed(), change);
        }
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
                _ => self.debouncer.push(self.start.elapsed(), Change::Lost),
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
            self.debouncer.push(self.start.elapsed(), Change::Lost);
        }
    }

    fn poll_instead(&mut self, error: &notify::Error) -> notify::Result<()> {
        let watcher = poll_watcher(&self.send, POLL)?;
        self.watcher = Box::new(watcher);
        self.by_folder = true;
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

/// What an event means. Reading is no change, nor are owner and permissions.
fn changes(event: &Event, relative: impl Fn(&Path) -> Option<PathBuf>) -> Vec<Change> {
    let paths: Vec<PathBuf> = event.paths.iter().filter_map(|path| relative(path)).collect();
    let is = |path: &Path| {
        let full = event.paths.iter().find(|full| full.ends_with(path));
        match full.and_then(|full| fs::symlink_metadata(full).ok()) {
            Some(there) if there.is_dir() => Kind::Folder,
            Some(_) => Kind::File,
            None => Kind::Unknown,
        }
    };
    let (written, gone): (&[PathBuf], &[PathBuf]) = match (&event.kind, &paths[..]) {
        (EventKind::Create(kind), paths) => {
            let kind = |path: &Path| match kind {
                CreateKind::File => Kind::File,
                CreateKind::Folder => Kind::Folder,
                _ => is(path),
            };
            return paths
                .iter()
                .map(|path| Change::Created(path.clone(), kind(path)))
                .collect();
        }
        (EventKind::Remove(kind), paths) => {
            let kind = match kind {
                RemoveKind::File => Kind::File,
                RemoveKind::Folder => Kind::Folder,
                _ => Kind::Unknown,
            };
            return paths
                .iter()
                .map(|path| Change::Removed(path.clone(), kind))
                .collect();
        }
        // Two events come for the halves of it as well.
        (EventKind::Modify(ModifyKind::Name(RenameMode::Both)), [from, to]) => {
            (std::slice::from_ref(to), std::slice::from_ref(from))
        }
        (EventKind::Modify(ModifyKind::Name(RenameMode::From)), paths) => (&[], paths),
        (EventKind::Modify(ModifyKind::Name(RenameMode::To)), paths) => (paths, &[]),
        // macOS does not tell which half it is.
        (EventKind::Modify(ModifyKind::Name(_)), paths) => {
            let half = |path: &PathBuf| match is(path) {
                Kind::Unknown => Change::Removed(path.clone(), Kind::Unknown),
                kind => Change::Written(path.clone(), kind),
            };
            return paths.iter().map(half).collect();
        }
        (EventKind::Modify(ModifyKind::Metadata(kind)), _) if *kind != MetadataKind::WriteTime => (&[], &[]),
        (EventKind::Modify(_) | EventKind::Access(AccessKind::Close(AccessMode::Write)), paths) => {
            // A folder is written when something in it comes or goes; that something tells by itself.
            let files = paths
                .iter()
                .map(|path| (path, is(path)))
                .filter(|(_, kind)| *kind != Kind::Folder);
            return files
                .map(|(path, kind)| Change::Written(path.clone(), kind))
                .collect();
        }
        (EventKind::Access(_), _) => (&[], &[]),
        (EventKind::Any | EventKind::Other, _) => return vec![Change::Lost],
    };
    let gone = gone
        .iter()
        .map(|path| Change::Removed(path.clone(), Kind::Unknown));
    gone.chain(written.iter().map(|path| Change::Written(path.clone(), is(path))))
        .collect()
}
