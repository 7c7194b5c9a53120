//! `Facts`: what lies at each path, whose it is, and what stands in the way of a project file.
//! Decides nothing: policy is `decide`'s business.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::base::BoardPath;
use crate::base::Fingerprint;
use crate::sync::plan::BoardState;
use crate::sync::plan::Clash;
use crate::sync::plan::Drift;
use crate::sync::plan::Foreign;
use crate::sync::plan::OWN_FOLDER;
use crate::sync::plan::OnConflict;
use crate::sync::plan::Snapshot;

/// What lies at a path of the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lies {
    /// Nothing that we know of.
    Nothing,
    /// What the last sync put there, untouched.
    Ours(Fingerprint),
    /// Nothing, but the last sync put a file there.
    Vanished,
    /// Our file with other content.
    Edited { size: u64, as_wanted: bool },
    /// A file that is not ours.
    Foreign { size: u64, as_wanted: bool },
    /// A folder that is not ours.
    Folder,
}

impl Lies {
    /// Would anything be lost if this were removed or replaced? An empty file has nothing to lose.
    pub(super) fn loss(self) -> Option<Clash> {
        match self {
            Self::Nothing
            | Self::Ours(_)
            | Self::Vanished
            | Self::Edited { size: 0, .. }
            | Self::Foreign { size: 0, .. } => None,
            Self::Edited { .. } => Some(Clash::Edited),
            Self::Foreign { .. } => Some(Clash::NotOurs),
            Self::Folder => Some(Clash::Folder),
        }
    }

    /// Bytes of the file there; 0 where none is.
    pub(super) fn size(self) -> u64 {
        match self {
            Self::Ours(print) => print.size,
            Self::Edited { size, .. } | Self::Foreign { size, .. } => size,
            Self::Nothing | Self::Vanished | Self::Folder => 0,
        }
    }

    /// Is there a file?
    pub(super) fn is_file(self) -> bool {
        matches!(self, Self::Ours(_) | Self::Edited { .. } | Self::Foreign { .. })
    }
}

/// Both sides, ready to be asked.
pub(super) struct Facts<'a> {
    pub(super) project: &'a Snapshot,
    board: &'a BoardState,
    /// What the manifest says, without paths that no project can have.
    pub(super) ours: BTreeMap<&'a BoardPath, &'a Fingerprint>,
    /// Folders of the manifest's files.
    our_folders: BTreeSet<BoardPath>,
    /// Folders that hold something which is not ours, and folders that are named themselves.
    foreign_folders: BTreeSet<BoardPath>,
    /// Folders that the project needs.
    pub(super) needed: BTreeSet<BoardPath>,
}

impl<'a> Facts<'a> {
    pub(super) fn new(project: &'a Snapshot, board: &'a BoardState) -> Self {
        let lines = board.manifest.iter().flat_map(|manifest| &manifest.files);
        // A damaged or forged manifest must not make us remove our own journal.
        let ours: BTreeMap<_, _> = lines.filter(|(path, _)| !is_own(path)).collect();
        let our_folders = BoardPath::folders(ours.keys().copied());
        let mut foreign_folders = BoardPath::folders(board.foreign.keys());
        let folders = board
            .foreign
            .iter()
            .filter(|(_, foreign)| **foreign == Foreign::Folder);
        foreign_folders.extend(folders.map(|(path, _)| path.clone()));
        let needed = BoardPath::folders(project.keys());
        Self {
            project,
            board,
            ours,
            our_folders,
            foreign_folders,
            needed,
        }
    }

    pub(super) fn lies_at(&self, path: &BoardPath) -> Lies {
        let foreign = self.board.foreign.get(path);
        if foreign == Some(&Foreign::Folder) {
            return Lies::Folder;
        }
        if let Some(print) = self.ours.get(path) {
            return match self.board.drifted.get(path) {
                None => Lies::Ours(**print),
                Some(Drift::Missing) => Lies::Vanished,
                Some(&Drift::Changed { size, as_wanted }) => Lies::Edited { size, as_wanted },
            };
        }
        match foreign {
            Some(&Foreign::File { size, as_wanted }) => Lies::Foreign { size, as_wanted },
            _ => Lies::Nothing,
        }
    }

    /// The first file that stands where the project needs the folder of this file, and that the policy does not
    /// remove. The same for all files of a folder.
    pub(super) fn above(&self, path: &BoardPath, policy: OnConflict) -> Option<Clash> {
        for folder in path.ancestors() {
            match self.lies_at(&folder) {
                Lies::Foreign { .. } => return Some(Clash::Under { file: folder }),
                there => {
                    if there.is_file() && there.loss().is_some() && policy != OnConflict::Overwrite {
                        return Some(Clash::Behind { file: folder });
                    }
                }
            }
        }
        None
    }

    /// The first thing that stands at the place of the file itself, or below, and that the policy does not remove.
    pub(super) fn hindrance(&self, path: &BoardPath, there: Lies, policy: OnConflict) -> Option<Clash> {
        if there == Lies::Folder {
            return Some(Clash::Folder);
        }
        let below = self.below(path);
        let mut edited = below.iter().filter(|inner| self.lies_at(inner).loss().is_some());
        match edited.next() {
            Some(&inner) if policy != OnConflict::Overwrite => Some(Clash::Behind { file: inner.clone() }),
            _ => None,
        }
    }

    /// Files of ours where a project file needs its folders.
    pub(super) fn blocking(&self, path: &BoardPath) -> Vec<&'a BoardPath> {
        let above = path.ancestors();
        let ours = above.iter().filter_map(|folder| self.ours.get_key_value(folder));
        ours.map(|(path, _)| *path).collect()
    }

    /// Does the project need the place of this file, which it does not have itself, for another?
    pub(super) fn in_place_of_project(&self, path: &BoardPath) -> bool {
        self.needed.contains(path)
            || path
                .ancestors()
                .iter()
                .any(|folder| self.project.contains_key(folder))
    }

    /// Does the folder lie on the board before the sync?
    pub(super) fn has_folder(&self, folder: &BoardPath) -> bool {
        self.foreign_folders.contains(folder)
            || self.below(folder).iter().any(|path| self.lies_at(path).is_file())
    }

    /// Files of ours below a path, which seldom is a folder.
    pub(super) fn below(&self, path: &BoardPath) -> Vec<&'a BoardPath> {
        if !self.our_folders.contains(path) {
            return Vec::new();
        }
        path.inside(&self.ours).map(|(path, _)| *path).collect()
    }
}

/// Is it Boardside's own folder, or in it? FAT takes upper and lower case for the same.
pub fn is_own(path: &BoardPath) -> bool {
    let (head, rest) = path
        .as_str()
        .split_at_checked(OWN_FOLDER.len())
        .unwrap_or_default();
    head.eq_ignore_ascii_case(OWN_FOLDER) && (rest.is_empty() || rest.starts_with('/'))
}
