//! `walk`: finds the project's files, with links followed only where that is safe.
//! Reads no file's content.

use std::collections::BTreeMap;
use std::fs;
use std::fs::FileType;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::base::BoardPath;
use crate::sync::ignore::Origin;
use crate::sync::ignore::Rules;
use crate::sync::scan::Ignored;
use crate::sync::scan::ScanError;
use crate::sync::scan::ScanWarning;

/// What the walk found.
#[derive(Default)]
pub(super) struct Found {
    /// The root without links.
    pub(super) root: PathBuf,
    pub(super) hosts: BTreeMap<BoardPath, PathBuf>,
    pub(super) warnings: Vec<ScanWarning>,
    pub(super) ignored: Vec<Ignored>,
    /// What looks like a secret, relative to the root.
    pub(super) secrets: Vec<PathBuf>,
    /// Something was reached through a link.
    pub(super) linked: bool,
    /// Folders that were listed.
    pub(super) folders: usize,
}

/// Finds every file below `root` that the rules let through.
pub(super) fn walk(root: &Path, rules: &Rules) -> Result<Found, ScanError> {
    let true_root = fs::canonicalize(root).and_then(|path| fs::read_dir(&path).map(|_| path));
    let true_root = true_root.map_err(|source| ScanError::Root {
        root: root.to_owned(),
        source,
    })?;
    let mut walk = Walk {
        root: root.to_owned(),
        rules,
        open: vec![true_root.clone()],
        found: Found {
            root: true_root,
            ..Found::default()
        },
    };
    walk.folder(Path::new(""))?;
    Ok(walk.found)
}

struct Walk<'a> {
    root: PathBuf,
    rules: &'a Rules,
    /// The folders that the walk is in, outermost first, without links: to notice loops. The first is the root.
    open: Vec<PathBuf>,
    found: Found,
}

enum Kind {
    File,
    /// With its path, links resolved.
    Folder(PathBuf),
}

impl Walk<'_> {
    fn folder(&mut self, relative: &Path) -> Result<(), ScanError> {
        let folder = self.root.join(relative);
        let unreadable = |source| ScanError::Unreadable {
            path: folder.clone(),
            source,
        };
        let entries = fs::read_dir(&folder).map_err(unreadable)?;
        self.found.folders += 1;
        // The listing knows what each is, so that nothing but links has to be asked about.
        let mut entries = entries
            .map(|entry| entry.and_then(|entry| Ok((entry.file_name(), entry.file_type()?))))
            .collect::<Result<Vec<_>, _>>()
            .map_err(unreadable)?;
        entries.sort_by(|one, other| one.0.cmp(&other.0));
        for (name, kind) in entries {
            self.entry(&relative.join(name), kind)?;
        }
        Ok(())
    }

    fn entry(&mut self, relative: &Path, seen: FileType) -> Result<(), ScanError> {
        let host = self.root.join(relative);
        let unreadable = |source| ScanError::Unreadable {
            path: host.clone(),
            source,
        };
        // Rules ask for the kind that a link has, so its target is asked first.
        let followed = if seen.is_symlink() {
            fs::metadata(&host).ok().map(|target| target.file_type())
        } else {
            Some(seen)
        };
        let is_folder = followed.as_ref().is_some_and(FileType::is_dir);
        if let Some(why) = self.rules.why_ignored(relative, is_folder) {
            if why.origin == Origin::Secrets {
                self.found.secrets.push(relative.to_owned());
            }
            if relative.parent() == Some(Path::new("")) {
                let slash = if is_folder { "/" } else { "" };
                self.found.ignored.push(Ignored {
                    name: format!("{}{slash}", relative.display()),
                    why,
                });
            }
            return Ok(());
        }
        let kind = match followed {
            None => Err(ScanWarning::Dangling { link: host.clone() }),
            Some(_) if seen.is_symlink() => self.link(&host, is_folder).map_err(unreadable)?,
            Some(target) if target.is_file() => Ok(Kind::File),
            Some(target) if target.is_dir() => {
                let inside = self
                    .open
                    .last()
                    .map(|open| open.join(relative.file_name().unwrap_or_default()));
                Ok(Kind::Folder(inside.unwrap_or_default()))
            }
            Some(_) => Err(ScanWarning::NotAFile { path: host.clone() }),
        };
        self.found.linked |= seen.is_symlink() && kind.is_ok();
        match kind {
            Ok(Kind::File) => self.file(relative, host),
            Ok(Kind::Folder(resolved)) => {
                self.open.push(resolved);
                let done = self.folder(relative);
                self.open.pop();
                done
            }
            Err(warning) => {
                self.found.warnings.push(warning);
                Ok(())
            }
        }
    }

    fn link(&self, link: &Path, is_folder: bool) -> io::Result<Result<Kind, ScanWarning>> {
        let target = fs::canonicalize(link)?;
        let link = link.to_owned();
        Ok(
            if !self.open.first().is_some_and(|root| target.starts_with(root)) {
                Err(ScanWarning::LeavesProject { link, target })
            } else if is_folder && self.open.iter().any(|open| open.starts_with(&target)) {
                Err(ScanWarning::Loop { link })
            } else if is_folder {
                Ok(Kind::Folder(target))
            } else if target.is_file() {
                Ok(Kind::File)
            } else {
                Err(ScanWarning::NotAFile { path: link })
            },
        )
    }

    fn file(&mut self, relative: &Path, host: PathBuf) -> Result<(), ScanError> {
        match on_board(relative, &host) {
            Err(error) => Err(error),
            Ok(path) => match self.found.hosts.insert(path, host.clone()) {
                Some(first) => Err(ScanError::Twins { first, second: host }),
                None => Ok(()),
            },
        }
    }
}

/// Where on the board a file of the project goes.
pub(super) fn on_board(relative: &Path, host: &Path) -> Result<BoardPath, ScanError> {
    let path = host.to_owned();
    let parts: Option<Vec<&str>> = relative.iter().map(|part| part.to_str()).collect();
    let Some(parts) = parts else {
        return Err(ScanError::NotUnicode { path });
    };
    BoardPath::new(&parts.join("/")).map_err(|source| ScanError::Name { path, source })
}
