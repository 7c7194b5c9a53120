//! `LiveFolder`: a project's folder, watched for an editor: one task owns it, scans it when told, and tells when it
//! or its settings change.
//! Knows no board, and syncs nothing.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::session::Changed;
use crate::session::Explain as _;
use crate::session::Explained;
use crate::session::Goal;
use crate::session::Look;
use crate::session::Options;
use crate::session::ProjectError;
use crate::session::Settings;
use crate::session::SettingsWarning;
use crate::session::Watched;
use crate::session::WatchedError;
use crate::session::watched::settings_only;
use crate::sync::scan::Scan;
use crate::sync::watch::Mode;
use crate::sync::watch::Watch;

/// What a live folder tells, in order.
#[derive(Debug)]
pub enum FolderTold {
    /// The settings that hold, or why there are none: at the start, and whenever they were changed.
    Settings(Result<Box<FolderSettings>, Explained>),
    /// A file that belongs on the board changed on the disk; when that was first seen.
    Changed(Instant),
    /// A scan that was asked for, by its ticket.
    Prepared(u64, Result<(Arc<Goal>, Arc<Scan>), Explained>),
}

/// The settings of a folder, and where they come from.
#[derive(Clone, Debug)]
pub struct FolderSettings {
    /// With every default filled in.
    pub settings: Settings,
    /// The folder that becomes the root of the board.
    pub root: PathBuf,
    /// The file that they were read from.
    pub file: Option<PathBuf>,
    /// What was taken from another tool's file: its key, and the setting that it became.
    pub imported: Vec<(String, String)>,
    /// What was odd, for people.
    pub warnings: Vec<String>,
}

enum Order {
    Configure(Box<Options>),
    Prepare(u64, Look),
}

/// A handle; dropping it ends the task.
#[derive(Debug)]
pub struct LiveFolder {
    orders: mpsc::UnboundedSender<Order>,
}

impl std::fmt::Debug for Order {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Configure(_) => "Configure",
            Self::Prepare(..) => "Prepare",
        })
    }
}

impl LiveFolder {
    /// Watches a folder. `options` is what the editor says; `tell` must return at once.
    pub fn spawn(
        folder: PathBuf,
        options: Options,
        tell: impl Fn(FolderTold) + Send + Sync + 'static,
    ) -> Self {
        let (orders, inbox) = mpsc::unbounded_channel();
        let task = Task {
            place: open(&folder, &options),
            folder,
            options,
            tell: Box::new(tell),
        };
        tokio::spawn(task.run(inbox));
        Self { orders }
    }

    /// What the editor says now.
    pub fn configure(&self, options: Options) {
        self.send(Order::Configure(Box::new(options)));
    }

    /// Scans; answered by `FolderTold::Prepared` with the same ticket.
    pub fn prepare(&self, ticket: u64, look: Look) {
        self.send(Order::Prepare(ticket, look));
    }

    fn send(&self, order: Order) {
        // Its task ends with this handle, not before.
        self.orders.send(order).unwrap_or_default();
    }
}

/// The project as it can be used now.
enum Place {
    Open(Box<Watched>),
    /// Not at all, until its settings change.
    Broken(Explained, Option<Box<Watch>>),
}

fn open(folder: &std::path::Path, options: &Options) -> Place {
    match Watched::open(folder, options) {
        Ok(watched) => Place::Open(Box::new(watched)),
        Err(error) => {
            let watch = Watch::open(folder, settings_only()).ok();
            Place::Broken(error.explained(), watch.map(Box::new))
        }
    }
}

struct Task {
    folder: PathBuf,
    options: Options,
    place: Place,
    tell: Box<dyn Fn(FolderTold) + Send + Sync>,
}

impl Task {
    async fn run(mut self, mut inbox: mpsc::UnboundedReceiver<Order>) {
        self.tell_settings();
        loop {
            let changed = async {
                match &mut self.place {
                    Place::Open(watched) => watched.changed().await,
                    Place::Broken(_, Some(watch)) => {
                        watch.next().await;
                        Changed::Settings
                    }
                    Place::Broken(_, None) => std::future::pending().await,
                }
            };
            tokio::select! {
                order = inbox.recv() => match order {
                    None => return,
                    Some(Order::Configure(options)) => {
                        if self.options != *options {
                            self.options = *options;
                            self.reopen();
                        }
                    }
                    Some(Order::Prepare(ticket, look)) => {
                        let prepared = self.prepare(look).await;
                        (self.tell)(FolderTold::Prepared(ticket, prepared));
                    }
                },
                changed = changed => match changed {
                    Changed::Files(began) => {
                        (self.tell)(FolderTold::Changed(began.unwrap_or_else(Instant::now)));
                    }
                    Changed::Settings => self.reopen(),
                },
            }
        }
    }

    fn reopen(&mut self) {
        self.place = open(&self.folder, &self.options);
        self.tell_settings();
        // Other files may belong on the board now.
        (self.tell)(FolderTold::Changed(Instant::now()));
    }

    async fn prepare(&mut self, look: Look) -> Result<(Arc<Goal>, Arc<Scan>), Explained> {
        if matches!(self.place, Place::Broken(..)) {
            // What stood against it may be gone: a folder that was made meanwhile, for example.
            self.place = open(&self.folder, &self.options);
            if matches!(self.place, Place::Open(_)) {
                self.tell_settings();
            }
        }
        match &mut self.place {
            Place::Broken(why, _) => Err(why.clone()),
            Place::Open(watched) => {
                let scan = watched.scan(look).await;
                let scan = scan.map_err(|error: ProjectError| WatchedError::from(error).explained())?;
                Ok((watched.project.goal.clone(), scan))
            }
        }
    }

    fn tell_settings(&self) {
        (self.tell)(FolderTold::Settings(match &self.place {
            Place::Broken(why, _) => Err(why.clone()),
            Place::Open(watched) => Ok(Box::new(settings(watched))),
        }));
    }
}

fn settings(watched: &Watched) -> FolderSettings {
    let project = &watched.project;
    let imported = project.warnings.iter().filter_map(|warning| match warning {
        SettingsWarning::Imported { key, setting, .. } => Some((key.clone(), setting.clone())),
        _ => None,
    });
    let odd = project.warnings.iter();
    let odd = odd.filter(|warning| !matches!(warning, SettingsWarning::Imported { .. }));
    let polled = match watched.mode() {
        Mode::Native => None,
        Mode::Polling(why) => Some(format!("the project is looked at once a second: {why}")),
    };
    FolderSettings {
        root: project.goal.root(),
        settings: project.goal.settings.clone(),
        file: project.settings_file.clone(),
        imported: imported.collect(),
        warnings: odd.map(ToString::to_string).chain(polled).collect(),
    }
}
