//! `Step`: one act on the board with the reason for it, and the notes on files that need none.
//! Not an order of acts: that is `decide`.

use std::fmt;

use crate::base::BoardPath;
use crate::base::Fingerprint;

/// One act and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is done.
    pub act: Act,
    /// Why, for people.
    pub reason: Reason,
}

/// What can be done to a board. Sizes are in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Remove a file that we put there.
    Remove {
        /// Which.
        path: BoardPath,
        /// Its size on the board.
        size: u64,
    },
    /// Remove a folder that held only files which are removed; one that is not empty stays.
    RemoveFolder(BoardPath),
    /// Make a folder; one that is there is good.
    MakeFolder(BoardPath),
    /// Send a file.
    Put {
        /// Where it goes.
        path: BoardPath,
        /// What it is.
        print: Fingerprint,
        /// A file lies there and is replaced.
        replaces: bool,
    },
    /// Copy a file of ours on the board: nothing is sent.
    Copy {
        /// The file as it lies on the board before the commit; it may be removed or replaced in it.
        from: BoardPath,
        /// Where it goes.
        to: BoardPath,
        /// What it is.
        print: Fingerprint,
        /// A file lies there and is replaced.
        replaces: bool,
    },
}

impl Act {
    /// The path that it makes, changes or removes.
    pub fn path(&self) -> &BoardPath {
        match self {
            Self::Remove { path, .. }
            | Self::RemoveFolder(path)
            | Self::MakeFolder(path)
            | Self::Put { path, .. }
            | Self::Copy { to: path, .. } => path,
        }
    }
}

/// A file that is not touched, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Noted {
    /// Which.
    pub path: BoardPath,
    /// Its size on the board, in bytes; 0 for a folder.
    pub size: u64,
    /// Why it is not touched.
    pub reason: Reason,
}

/// A file that cannot be synced without destroying something on the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conflict {
    /// Which.
    pub path: BoardPath,
    /// Size of what lies on the board, in bytes; 0 for a folder.
    pub size: u64,
    /// What stands against it.
    pub clash: Clash,
}

/// What stands against syncing a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clash {
    /// The board's file was edited since the last sync and the project wants other content.
    Edited,
    /// The board's file was edited since the last sync and the project does not have it any more.
    EditedAndGone,
    /// The board has a file there that Boardside did not put there.
    NotOurs,
    /// The board has a folder there with things that are not ours.
    Folder,
    /// The board has a file that is not ours where the project needs a folder.
    Under {
        /// That file.
        file: BoardPath,
    },
    /// It needs the place of an edited file, which is a conflict of its own.
    Behind {
        /// That file.
        file: BoardPath,
    },
    /// The last sync of this board was one of another project, and this file is part of it.
    OtherProject {
        /// Its name.
        name: String,
    },
}

impl Clash {
    /// Can `OnConflict::Overwrite` solve it? Folders and files in the way that are not ours stay: nothing
    /// from outside the manifest is ever removed.
    pub fn can_overwrite(&self) -> bool {
        matches!(
            self,
            Self::Edited
                | Self::EditedAndGone
                | Self::NotOurs
                | Self::Behind { .. }
                | Self::OtherProject { .. }
        )
    }
}

impl fmt::Display for Clash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Edited => f.write_str("edited on the board since the last sync"),
            Self::EditedAndGone => {
                f.write_str("edited on the board since the last sync, and not in the project any more")
            }
            Self::NotOurs => f.write_str("exists on the board, not put there by Boardside"),
            Self::Folder => {
                f.write_str("a folder on the board with things that are not ours; cannot be overwritten")
            }
            Self::Under { file } => write!(
                f,
                "needs a folder where the board has the file {file}, which is not ours; cannot be overwritten"
            ),
            Self::OtherProject { name } => {
                write!(f, "belongs to the project `{name}`, which this board holds")
            }
            Self::Behind { file } => write!(f, "needs the place of {file}, which was edited on the board"),
        }
    }
}

/// Why a file is sent, copied, removed, or left alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The board has nothing there.
    New,
    /// The project's file is not what the last sync put there.
    Changed,
    /// The last sync put it there and it is gone.
    Missing,
    /// An empty file lies there: what a failed transfer leaves.
    Leftover,
    /// A conflict that the user let the project win.
    Overwrites(Clash),
    /// The same content lies on the board.
    SameAs(BoardPath),
    /// The same content lies on the board at a path that goes.
    RenamedFrom(BoardPath),
    /// The content goes on at another path.
    RenamedTo(BoardPath),
    /// The project does not have it any more.
    Gone,
    /// The project needs its place for another file.
    MakesWay(BoardPath),
    /// A folder that is needed for a file.
    Holds(BoardPath),
    /// A folder that held only removed files.
    Emptied,
    /// Neither side changed it.
    Same,
    /// Not put there by us, but it is what the project wants.
    Adopted,
    /// Edited on the board into what the project wants.
    TakenOver,
    /// The project does not have it any more, and removing is switched off.
    NotRemoved,
    /// A conflict that the user let the board win.
    KeptBecause(Clash),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::New => f.write_str("new in the project"),
            Self::Changed => f.write_str("changed since the last sync"),
            Self::Missing => f.write_str("missing on the board"),
            Self::Leftover => f.write_str("empty on the board: left by a failed transfer"),
            Self::Overwrites(clash) => write!(f, "{clash}: overwritten as asked"),
            Self::SameAs(path) => write!(f, "same content as {path}: copied on the board"),
            Self::RenamedFrom(path) => write!(f, "renamed from {path}: copied on the board"),
            Self::RenamedTo(path) => write!(f, "renamed to {path}"),
            Self::Gone => f.write_str("not in the project any more"),
            Self::MakesWay(path) => write!(f, "makes way for {path}"),
            Self::Holds(path) => write!(f, "folder of {path}"),
            Self::Emptied => f.write_str("held only files that are removed"),
            Self::Same => f.write_str("same as at the last sync"),
            Self::Adopted => f.write_str("the board already has this content: taken over"),
            Self::TakenOver => f.write_str("edited on the board into the same content: taken over"),
            Self::NotRemoved => f.write_str("not in the project any more; removing is switched off"),
            Self::KeptBecause(clash) => write!(f, "{clash}: kept as asked"),
        }
    }
}
