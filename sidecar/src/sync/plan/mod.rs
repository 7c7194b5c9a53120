//! Decides what a sync will do: two trees and a policy in, a `Plan` with a reason for every file out.
//! Never touches a board, a disk or a clock.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod copies;
mod decide;
mod hindrance;
mod manifest;
mod names;
mod pull;
mod respell;
mod rows;
mod space;
mod step;
mod stranger;

pub use decide::plan;
pub use hindrance::is_own;
pub use manifest::Installed;
pub use manifest::Manifest;
pub use manifest::ManifestError;
pub use names::NameFault;
pub use names::NameProblem;
pub use names::check_names;
pub use pull::Decision;
pub use pull::Here;
pub use pull::Hindrance;
pub use pull::Pull;
pub use pull::Sides;
pub use pull::pull;
pub use rows::Counts;
pub use rows::Row;
pub use rows::Verb;
pub use rows::render;
pub use space::Fit;
pub use space::Space;
pub use step::Act;
pub use step::Clash;
pub use step::Conflict;
pub use step::Noted;
pub use step::Reason;
pub use step::Step;
pub use stranger::spare;

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::base::BoardPath;
use crate::base::Fingerprint;

/// Where Boardside keeps its own things on a board: never part of a project, whatever a manifest says.
pub const OWN_FOLDER: &str = "/.boardside";

/// What finishes a sync that lost its power, where the project wants that: boot.py imports it before anything else.
pub const GUARD: &str = "/boardside_guard.py";

/// A tree of one side at one moment: path to what the file is.
pub type Snapshot = BTreeMap<BoardPath, Fingerprint>;

/// What the board was found to hold, as far as this sync has to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardState {
    /// What the last sync put there; `None` on a board that never saw one, or whose manifest is unreadable.
    pub manifest: Option<Manifest>,
    /// Files of the manifest that are no longer what it says.
    pub drifted: BTreeMap<BoardPath, Drift>,
    /// What else lies at paths that the project wants, or at the folders above them: not in the
    /// manifest, so not ours. A folder where the project needs a folder may be named; it saves a step.
    pub foreign: BTreeMap<BoardPath, Foreign>,
    /// Free and total flash; `None` where the firmware cannot tell (micro:bit).
    pub flash: Option<Flash>,
    /// The file system has no folders (micro:bit).
    pub flat: bool,
    /// Which names its file system can hold.
    pub names: NameRules,
}

/// How a file of the manifest differs from what the last sync put there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drift {
    /// It is gone, or a folder lies there now (then `BoardState::foreign` has that folder).
    Missing,
    /// It has other content. `size` in bytes.
    Changed {
        /// Its size now.
        size: u64,
        /// It already has the content that the project wants.
        as_wanted: bool,
    },
}

/// Something at a path that the project wants and that Boardside did not put there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// A folder. Where the project has a file, it is named only if it holds something besides files of
    /// the manifest, or nothing at all: a folder of nothing but our files is ours, and can go.
    Folder,
    /// A file. `size` in bytes.
    File {
        /// Its size.
        size: u64,
        /// It already has the content that the project wants.
        as_wanted: bool,
    },
}

/// The board's file system, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flash {
    /// Smallest piece a file can take.
    pub block: u64,
    /// Free.
    pub free: u64,
    /// All of it.
    pub total: u64,
}

/// Which names a board's file system can hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum NameRules {
    /// littlefs: 255 bytes a part (`LFS_NAME_MAX`), any character.
    #[default]
    LittleFs,
    /// FAT with long names: 255 UTF-16 units a part, no `"*:<>?|`, upper and lower case are the same.
    Fat,
    /// micro:bit: one flat folder, 120 bytes a name (`MAX_FILENAME_LENGTH` in microbitfs.c).
    MicroBit,
}

/// What the user wants in the cases that the two trees do not decide.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// Remove from the board what the last sync put there and the project no longer has.
    pub delete: bool,
    /// What to do with files that the board has changed, or that are not ours.
    pub on_conflict: OnConflict,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            delete: true,
            on_conflict: OnConflict::Stop,
        }
    }
}

/// What to do when the board holds something that the sync would destroy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OnConflict {
    /// Touch nothing at all and say so.
    #[default]
    Stop,
    /// The project wins.
    Overwrite,
    /// The board wins for these files; the others are synced. The next sync says the same again.
    Keep,
}

impl FromStr for OnConflict {
    type Err = UnknownWord;

    fn from_str(word: &str) -> Result<Self, UnknownWord> {
        match word {
            "stop" => Ok(Self::Stop),
            "overwrite" => Ok(Self::Overwrite),
            "keep" => Ok(Self::Keep),
            _ => Err(UnknownWord {
                word: word.to_owned(),
            }),
        }
    }
}

/// A word that is none of the choices.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is none of stop, overwrite and keep")]
pub struct UnknownWord {
    /// As it was given.
    pub word: String,
}

/// What a sync will do. Nothing of it may be applied while there are `conflicts`.
///
/// `steps` are in the order of the commit: files are removed, folders are removed (innermost first),
/// folders are made (outermost first), then the staged files get their names, main.py and boot.py last.
/// In a project with a `GUARD`, that and boot.py come before everything else, and it is the last to be removed.
/// Contents are staged elsewhere before any of this, `Act::Copy` too: its source is intact until then.
/// In this order a path can turn from file to folder and back.
///
/// The commit can be repeated after a power cut if each act looks at what lies there first: `Remove`
/// only removes a file, `RemoveFolder` only an empty folder (littlefs: `os.remove` and `os.rmdir` are
/// one function and take both, so a repeated `rmdir` could take the new file), `MakeFolder` accepts
/// one that is there, and a rename whose staged file is gone has been done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What to do, in the order of the commit.
    pub steps: Vec<Step>,
    /// Project files that the board already has.
    pub unchanged: Vec<Noted>,
    /// Files that are left as they are on the board although the project has them otherwise or not at all.
    pub kept: Vec<Noted>,
    /// What stands against applying this plan.
    pub conflicts: Vec<Conflict>,
    /// What the board holds that is ours once the plan is applied. `project` is the name that the board
    /// had; the caller sets its own.
    pub manifest: Manifest,
    /// How much flash that takes.
    pub space: Space,
}
