//! `update`: a scan brought up to date where somebody told what changed, without a look at the rest.
//! When in doubt it does nothing: then everything has to be scanned. A wrong answer is worse than a slow one.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::Component;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::SystemTime;

use crate::base::BoardPath;
use crate::sync::ignore::Origin;
use crate::sync::ignore::Rules;
use crate::sync::scan::Scan;
use crate::sync::scan::ScanCache;
use crate::sync::scan::ScanError;
use crate::sync::scan::ScanWarning;
use crate::sync::scan::Work;
use crate::sync::scan::hash::Hashed;
use crate::sync::scan::hash::Trust;
use crate::sync::scan::hash::hash_all;
use crate::sync::scan::walk::on_board;

/// The project now, if nothing changed since `before` but files at these paths, relative to `root`. They are read again
/// whatever their times say. `None`: only `scan` can tell, because there are links, or a folder came or went.
///
/// One that was only written costs a look at it. For one that came or went its folder is listed, and what else came
/// or went there is found too: a name that changed in case only is there under both spellings on some systems.
pub fn update(
    root: &Path,
    rules: &Rules,
    cache: &mut ScanCache,
    before: &Arc<Scan>,
    paths: &BTreeSet<PathBuf>,
) -> Result<Option<Arc<Scan>>, ScanError> {
    // Other warnings are of links, pipes, and an empty project.
    let is_harmless = |warning| matches!(warning, &ScanWarning::Secrets { .. });
    if before.linked || !before.warnings.iter().all(is_harmless) {
        return Ok(None);
    }
    let Some(changes) = Changes::find(root, rules, before, paths) else {
        return Ok(None);
    };
    let jobs = changes.written.iter().chain(&changes.new);
    let Ok(true_root) = fs::canonicalize(root) else {
        return Ok(None);
    };
    let Hashed { files, gone, read } = hash_all(&true_root, jobs, cache, Trust::Nothing, SystemTime::now())?;
    if !gone.is_empty() {
        return Ok(None);
    }
    let mut work = changes.work;
    work.asked += changes.written.len() + changes.new.len();
    work.read = read;
    let same = changes.gone.is_empty()
        && files
            .iter()
            .all(|(path, print)| before.files.get(path) == Some(print));
    if same {
        return Ok(Some(before.clone()));
    }
    let mut scan = Scan::clone(before);
    scan.work = work;
    if !changes.new.is_empty() || !changes.gone.is_empty() {
        let hosts = Arc::make_mut(&mut scan.hosts);
        hosts.extend(changes.new);
        for path in &changes.gone {
            hosts.remove(path);
        }
    }
    let removed = changes.gone.iter().map(|path| scan.files.remove(path));
    let mut lost: u64 = removed.flatten().map(|print| print.size).sum();
    for (path, print) in files {
        scan.total_bytes += print.size;
        lost += scan.files.insert(path, print).map_or(0, |old| old.size);
    }
    scan.total_bytes -= lost;
    // An empty project has a warning.
    Ok((!scan.files.is_empty()).then(|| Arc::new(scan)))
}

/// What has to be done.
#[derive(Default)]
struct Changes {
    written: BTreeMap<BoardPath, PathBuf>,
    new: BTreeMap<BoardPath, PathBuf>,
    gone: BTreeSet<BoardPath>,
    work: Work,
}

impl Changes {
    /// `None`: it cannot be told from these paths alone.
    fn find(root: &Path, rules: &Rules, before: &Scan, paths: &BTreeSet<PathBuf>) -> Option<Self> {
        let mut changes = Self::default();
        let mut folders = BTreeSet::new();
        for relative in paths {
            let plain = |part| matches!(part, Component::Normal(_));
            if relative.as_os_str().is_empty() || !relative.components().all(plain) {
                return None;
            }
            let host = root.join(relative);
            changes.work.asked += 1;
            let there = match fs::symlink_metadata(&host) {
                Ok(there) => Some(there.file_type()),
                Err(error) if error.kind() == io::ErrorKind::NotFound => None,
                Err(_) => return None,
            };
            let why = |is_folder| rules.why_ignored_anywhere(relative, is_folder);
            // One more to tell of, or one less.
            if why(false).is_some_and(|why| why.origin == Origin::Secrets) {
                return None;
            }
            let ignored = |is_folder| why(is_folder).is_some();
            if there.map_or(ignored(true) && ignored(false), |there| ignored(there.is_dir())) {
                // A link could be to a folder, which other rules hold for.
                if there.is_some_and(|there| there.is_symlink() && !ignored(true)) {
                    return None;
                }
                // It may have been something else before, which was not ignored.
                let path = on_board(relative, &host).ok();
                if path.is_some_and(|path| is_known(before, &path)) {
                    return None;
                }
                continue;
            }
            let path = on_board(relative, &host).ok()?;
            let known = before.hosts.get(&path);
            // A file took the place of a folder, or a folder that of a file.
            if changes_kind(before, &path) {
                return None;
            }
            match there {
                Some(there) if !there.is_file() => return None,
                Some(_) if known == Some(&host) => {
                    changes.written.insert(path, host);
                }
                // The same name to a board, spelled otherwise.
                Some(_) if known.is_some() => return None,
                None if known.is_none() => {}
                _ => {
                    folders.insert(relative.parent().unwrap_or(Path::new("")));
                }
            }
        }
        for folder in folders {
            changes.list(root, rules, before, folder)?;
        }
        changes.written.retain(|path, _| !changes.gone.contains(path));
        Some(changes)
    }

    /// Compares the files of one folder with those that were there.
    fn list(&mut self, root: &Path, rules: &Rules, before: &Scan, folder: &Path) -> Option<()> {
        self.work.folders += 1;
        let mut there = BTreeMap::new();
        for entry in fs::read_dir(root.join(folder)).ok()? {
            let entry = entry.ok()?;
            let kind = entry.file_type().ok()?;
            let relative = folder.join(entry.file_name());
            let ignored = |is_folder| rules.why_ignored(&relative, is_folder).is_some();
            // Folders that came or went are told by themselves. A link could be to a folder.
            let out = ignored(false) && (ignored(true) || !kind.is_symlink());
            if kind.is_dir() || out {
                continue;
            }
            let host = root.join(&relative);
            let path = on_board(&relative, &host).ok()?;
            let known = before.hosts.get(&path);
            if !kind.is_file() || known.is_some_and(|known| *known != host) {
                return None;
            }
            if there.insert(path.clone(), host.clone()).is_some() {
                return None;
            }
            if known.is_none() && changes_kind(before, &path) {
                return None;
            }
            if known.is_none() {
                self.new.insert(path, host);
            }
        }
        let parent = on_board(folder, folder).ok();
        let neighbours: Vec<&BoardPath> = match &parent {
            Some(parent) => parent.inside(&before.hosts).map(|(path, _)| path).collect(),
            None => before.hosts.keys().collect(),
        };
        let folder = parent.as_ref().map_or("", BoardPath::as_str);
        let in_it = |path: &&BoardPath| path.folder() == folder && !there.contains_key(*path);
        self.gone.extend(neighbours.into_iter().filter(in_it).cloned());
        Some(())
    }
}

/// Would it be a file where a folder was, or lie in what was a file?
fn changes_kind(before: &Scan, path: &BoardPath) -> bool {
    let was_file = |folder: &BoardPath| before.hosts.contains_key(folder);
    path.inside(&before.hosts).next().is_some() || path.ancestors().iter().any(was_file)
}

fn is_known(before: &Scan, path: &BoardPath) -> bool {
    before.hosts.contains_key(path) || changes_kind(before, path)
}

#[cfg(test)]
mod tests;
