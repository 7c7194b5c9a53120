//! `changes`: what an event of the system means for a project.
//! Watches nothing; it only looks at what lies at the paths now.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use notify::Event;
use notify::EventKind;
use notify::event::AccessKind;
use notify::event::AccessMode;
use notify::event::CreateKind;
use notify::event::MetadataKind;
use notify::event::ModifyKind;
use notify::event::RemoveKind;
use notify::event::RenameMode;

use crate::sync::debounce::Change;
use crate::sync::debounce::Kind;

/// What an event means. Reading is no change, nor are owner and permissions.
pub(super) fn changes(event: &Event, relative: impl Fn(&Path) -> Option<PathBuf>) -> Vec<Change> {
    let paths: Vec<PathBuf> = event.paths.iter().filter_map(|path| relative(path)).collect();
    let is = |path: &Path| {
        let full = event.paths.iter().find(|full| full.ends_with(path));
        match full.and_then(|full| fs::symlink_metadata(full).ok()) {
            Some(there) if there.is_dir() => Kind::Folder,
            Some(_) => Kind::File,
            None => Kind::Unknown,
        }
    };
    let (come, gone): (&[PathBuf], &[PathBuf]) = match (&event.kind, &paths[..]) {
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
        // Two events came for the halves of it.
        (EventKind::Modify(ModifyKind::Name(RenameMode::Both)), _) => (&[], &[]),
        (EventKind::Modify(ModifyKind::Name(RenameMode::From)), paths) => (&[], paths),
        (EventKind::Modify(ModifyKind::Name(RenameMode::To)), paths) => (paths, &[]),
        // macOS does not tell which half it is.
        (EventKind::Modify(ModifyKind::Name(_)), paths) => {
            let half = |path: &PathBuf| match is(path) {
                Kind::Unknown => Change::Removed(path.clone(), Kind::Unknown),
                kind => Change::Closed(path.clone(), kind),
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
            let closed = matches!(event.kind, EventKind::Access(_));
            return files
                .map(|(path, kind)| {
                    if closed {
                        Change::Closed(path.clone(), kind)
                    } else {
                        Change::Written(path.clone(), kind)
                    }
                })
                .collect();
        }
        (EventKind::Access(_), _) => (&[], &[]),
        (EventKind::Any | EventKind::Other, _) => return vec![Change::Lost],
    };
    let gone = gone
        .iter()
        .map(|path| Change::Removed(path.clone(), Kind::Unknown));
    gone.chain(come.iter().map(|path| Change::Closed(path.clone(), is(path))))
        .collect()
}
