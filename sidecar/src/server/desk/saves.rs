//! Syncs that nobody asked for: after a file was saved, or changed on the disk.
//! Never in workspaces that are not trusted, and not while somebody has to decide about conflicts.

use std::path::PathBuf;

use tokio::time::Instant;

use crate::server::desk::Desk;
use crate::server::desk::FolderId;
use crate::server::desk::editor_settings::AutoSync;
use crate::server::desk::jobs::Job;
use crate::server::desk::jobs::Task;
use crate::server::desk::jobs::Wanted;
use crate::sync::scan::Scan;

impl Desk {
    /// `textDocument/didSave`
    pub(super) fn saved(&mut self, uri: &str, at: Instant) {
        let Some((id, relative)) = self.folder_of(uri) else {
            return;
        };
        let Some(folder) = self.folders.get(&id) else {
            return;
        };
        if self.auto_sync(folder) != AutoSync::OnSave || folder.board_path(&relative).is_none() {
            return;
        }
        self.auto(id, at, vec![folder.canonical.join(relative)]);
    }

    /// A file that belongs on the board changed on the disk.
    pub(super) fn changed(&mut self, id: FolderId, at: Instant) {
        let Some(folder) = self.folders.get(&id) else {
            return;
        };
        if self.auto_sync(folder) == AutoSync::OnChange {
            self.auto(id, at, Vec::new());
        }
    }

    fn auto(&mut self, id: FolderId, at: Instant, saved: Vec<PathBuf>) {
        let Some(folder) = self.folders.get(&id) else {
            return;
        };
        if !folder.is_settled() {
            return;
        }
        if folder.in_conflict {
            return self.log(&format!(
                "{} is not synced: somebody has to say what becomes of files that were edited on the board",
                folder.name()
            ));
        }
        let board = match self.board_of_folder(id) {
            Ok(board) => board,
            Err(error) => return self.log(&format!("{} is not synced: {error}", folder.name())),
        };
        let wanted = Wanted {
            task: Task::Sync {
                conflict: None,
                dry_run: false,
            },
            folder: Some(id),
            board,
            since: Some(at),
            saved,
        };
        if let (job, true) = self.add(wanted, None) {
            self.begin_job(job);
        }
    }

    /// Was only saved what does not belong on the board?
    pub(super) fn is_idle_save(&self, job: &Job, scan: &Scan) -> bool {
        let Some(folder) = job.folder.and_then(|id| self.folders.get(&id)) else {
            return false;
        };
        let belongs = |file: &PathBuf| {
            let relative = file.strip_prefix(&folder.canonical).unwrap_or(file);
            let path = folder.board_path(relative);
            path.is_none_or(|path| scan.files.contains_key(&path))
        };
        job.automatic() && !job.saved.is_empty() && !job.saved.iter().any(belongs)
    }
}
