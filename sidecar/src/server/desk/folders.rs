//! Folders of the workspace: their settings, their files, and calls that wait until these are known.
//! Which board is theirs is decided in `boards`.

use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::Value;

use crate::base::BoardPath;
use crate::server::call::Call;
use crate::server::call::Place;
use crate::server::desk::Desk;
use crate::server::desk::Event;
use crate::server::desk::FolderId;
use crate::server::desk::choice::innermost;
use crate::server::desk::editor_settings;
use crate::server::desk::editor_settings::AutoSync;
use crate::server::desk::editor_settings::EditorSettings;
use crate::server::uri;
use crate::session::Explained;
use crate::session::Goal;
use crate::session::Look;
use crate::session::live::FolderSettings;
use crate::session::live::FolderTold;
use crate::session::live::Known;
use crate::session::live::LiveFolder;
use crate::sync::scan::Scan;

/// The ticket of a scan that no job asked for.
pub(super) const LOOK: u64 = 0;
/// Calls that wait for one folder; more are refused.
const MAX_PARKED: usize = 100;

/// A folder of the workspace.
pub(super) struct Folder {
    pub(super) place: Place,
    /// The same without links, as the scanner spells it.
    pub(super) canonical: PathBuf,
    /// There is one as soon as the editor's settings are known.
    pub(super) live: Option<LiveFolder>,
    opening: bool,
    pub(super) editor: EditorSettings,
    pub(super) settings: Option<Result<Box<FolderSettings>, Explained>>,
    pub(super) goal: Option<Arc<Goal>>,
    pub(super) scan: Option<Arc<Scan>>,
    /// What the last scan was warned of: once is enough.
    pub(super) warned: Vec<String>,
    /// What lies on which board.
    pub(super) known: Option<(String, Known)>,
    /// A scan for its own sake is under way.
    pub(super) looking: bool,
    /// Somebody has to say what becomes of conflicts.
    pub(super) in_conflict: bool,
    /// What the client was told last.
    pub(super) told_differences: Option<Value>,
    /// Calls that need the settings, or the scan.
    parked: Vec<Call>,
}

impl Folder {
    /// For people.
    pub(super) fn name(&self) -> String {
        let name = self.place.path.file_name();
        name.map_or_else(
            || self.place.uri.clone(),
            |name| name.to_string_lossy().into_owned(),
        )
    }

    /// Are its settings known, and can it be scanned?
    pub(super) fn is_settled(&self) -> bool {
        self.settings.is_some() && self.live.is_some()
    }

    /// The settings, if they can be used.
    pub(super) fn usable(&self) -> Option<&FolderSettings> {
        self.settings.as_ref()?.as_deref().ok()
    }

    /// The URI of a file of this machine, by the folder's own if it is in there.
    pub(super) fn uri_of(&self, host: &Path) -> String {
        match host.strip_prefix(&self.canonical) {
            Ok(relative) => uri::below(&self.place.uri, &uri::slashes(relative)),
            Err(_) => uri::uri_of(host),
        }
    }

    /// The URI that a file on the board has, or would have.
    pub(super) fn uri_on_board(&self, path: &BoardPath) -> String {
        let host = self.scan.as_ref().and_then(|scan| scan.hosts.get(path));
        match (host, self.usable()) {
            (Some(host), _) => self.uri_of(host),
            (None, Some(settings)) => uri::below(&self.uri_of(&settings.root), path.relative()),
            (None, None) => uri::below(&self.place.uri, path.relative()),
        }
    }

    /// Where on the board a file of this folder would lie.
    pub(super) fn board_path(&self, relative: &Path) -> Option<BoardPath> {
        let host = self.canonical.join(relative);
        let inside = host.strip_prefix(&self.usable()?.root).ok()?;
        BoardPath::new(&uri::slashes(inside)).ok()
    }
}

impl Desk {
    /// Opens and closes folders.
    pub(super) fn change_folders(&mut self, added: Vec<Place>, removed: &[String]) {
        for gone in removed {
            let Some(id) = self.folder_named(gone) else {
                continue;
            };
            self.folders.remove(&id);
            let jobs: Vec<_> = self
                .jobs
                .all()
                .filter(|job| job.folder == Some(id))
                .map(|job| job.id)
                .collect();
            for job in jobs {
                self.cancel(job);
            }
        }
        for place in added {
            if self.folder_named(&place.uri).is_some() {
                continue;
            }
            let id = self.number();
            let canonical = place.path.canonicalize().unwrap_or_else(|_| place.path.clone());
            let folder = Folder {
                place,
                canonical,
                live: None,
                opening: false,
                editor: EditorSettings::default(),
                settings: None,
                goal: None,
                scan: None,
                warned: Vec::new(),
                known: None,
                looking: false,
                in_conflict: false,
                told_differences: None,
                parked: Vec::new(),
            };
            self.folders.insert(id, folder);
            self.ask_settings(id);
        }
    }

    /// `workspace/didChangeConfiguration`: ask again, or take what it says.
    pub(super) fn configuration(&mut self, settings: &Value) {
        if !self.start.configuration && settings.is_object() {
            let section = settings.get("boardside").unwrap_or(settings);
            self.start.settings = Some(section.clone());
        }
        let all: Vec<_> = self.folders.keys().copied().collect();
        for id in all {
            self.ask_settings(id);
        }
    }

    /// What the editor says of a folder. No answer is no change.
    pub(super) fn configured(&mut self, id: FolderId, section: Option<&Value>) {
        let events = self.events.clone();
        let Some(folder) = self.folders.get_mut(&id) else {
            return;
        };
        if let Some(section) = section {
            let editor = editor_settings::read(section);
            let by_desk =
                (editor.auto_sync, &editor.warnings) != (folder.editor.auto_sync, &folder.editor.warnings);
            folder.editor = editor;
            if by_desk && folder.settings.is_some() {
                self.tell_settings(id);
            }
        }
        let Some(folder) = self.folders.get_mut(&id) else {
            return;
        };
        let options = folder.editor.options.clone();
        if let Some(live) = &folder.live {
            return live.configure(options);
        }
        if std::mem::replace(&mut folder.opening, true) {
            return;
        }
        let place = folder.canonical.clone();
        // To watch a large folder takes its time.
        tokio::task::spawn_blocking(move || {
            let teller = events.clone();
            let tell = move |told| teller.send(Event::Folder(id, told)).unwrap_or_default();
            let live = LiveFolder::spawn(place, options, tell);
            drop(events.send(Event::Opened(id, live)));
        });
    }

    /// A folder is watched from now on.
    pub(super) fn opened(&mut self, id: FolderId, live: LiveFolder) {
        if let Some(folder) = self.folders.get_mut(&id) {
            // The editor may have said something else meanwhile.
            live.configure(folder.editor.options.clone());
            folder.live = Some(live);
            self.unpark(id);
        }
    }

    /// What a folder told.
    pub(super) fn folder_told(&mut self, id: FolderId, told: FolderTold) {
        let Some(folder) = self.folders.get_mut(&id) else {
            return;
        };
        match told {
            FolderTold::Settings(settings) => {
                folder.settings = Some(settings);
                self.tell_settings(id);
                self.unpark(id);
                self.tell_differences(id);
            }
            FolderTold::Changed(at) => {
                let shown = folder.known.is_some() || folder.scan.is_some();
                self.changed(id, at);
                // After the sync's own scan, which leaves nothing to look at.
                if shown {
                    self.look(id);
                }
            }
            FolderTold::Prepared(ticket, prepared) => {
                let mut news = Vec::new();
                if let Ok((goal, scan)) = &prepared {
                    folder.goal = Some(goal.clone());
                    folder.scan = Some(scan.clone());
                    let before = std::mem::take(&mut folder.warned);
                    folder.warned = scan.warnings.iter().map(ToString::to_string).collect();
                    let new = |warning: &&String| !before.contains(warning);
                    news.extend(folder.warned.iter().filter(new).cloned());
                }
                if ticket == LOOK {
                    folder.looking = false;
                }
                for warning in news {
                    self.log_warning(&warning);
                }
                if ticket != LOOK {
                    self.prepared(ticket, prepared);
                }
                self.tell_differences(id);
                self.unpark(id);
            }
        }
    }

    /// Scans a folder, once.
    pub(super) fn look(&mut self, id: FolderId) {
        if let Some(folder) = self.folders.get_mut(&id)
            && let Some(live) = &folder.live
            && !folder.looking
        {
            folder.looking = true;
            live.prepare(LOOK, Look::WhereChanged(Vec::new()));
        }
    }

    /// The folder with this URI, however it is spelled.
    pub(super) fn folder_named(&self, uri: &str) -> Option<FolderId> {
        let path = uri::path_of(uri)?;
        let same = |folder: &&Folder| folder.place.uri == uri || folder.place.path == path;
        self.folders
            .iter()
            .find(|(_, folder)| same(folder))
            .map(|(id, _)| *id)
    }

    /// The folder that a file lies in, and where in it.
    pub(super) fn folder_of(&self, uri: &str) -> Option<(FolderId, PathBuf)> {
        let path = uri::path_of(uri)?;
        let given = self.folders.iter().map(|(id, folder)| (*id, &*folder.place.path));
        let real = self.folders.iter().map(|(id, folder)| (*id, &*folder.canonical));
        innermost(&path, given.chain(real))
    }

    /// Keeps a call until the folder is known better. Gives it back if it need not wait.
    pub(super) fn park(&mut self, id: FolderId, call: Call) -> Option<Call> {
        let folder = self.folders.get_mut(&id)?;
        if folder.is_settled() || folder.parked.len() >= MAX_PARKED {
            return Some(call);
        }
        folder.parked.push(call);
        None
    }

    /// Keeps a call until the folder was scanned. Gives it back if it was.
    pub(super) fn park_for_scan(&mut self, id: FolderId, call: Call) -> Option<Call> {
        let folder = self.folders.get_mut(&id)?;
        let hopeless = matches!(folder.settings, Some(Err(_)));
        if folder.scan.is_some() || hopeless || folder.parked.len() >= MAX_PARKED {
            return Some(call);
        }
        folder.parked.push(call);
        self.look(id);
        None
    }

    fn unpark(&mut self, id: FolderId) {
        let parked = self
            .folders
            .get_mut(&id)
            .map(|folder| std::mem::take(&mut folder.parked));
        parked.into_iter().flatten().for_each(|call| self.call(call));
    }

    /// When a folder is synced by itself. In workspaces that are not trusted: never.
    pub(super) fn auto_sync(&self, folder: &Folder) -> AutoSync {
        if self.start.trusted {
            folder.editor.auto_sync
        } else {
            AutoSync::Off
        }
    }
}
