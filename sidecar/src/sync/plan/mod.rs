//! Decides what a sync will do: two trees and a policy in, a `Plan` with a reason for every file out.
//! Never touches a board, a disk or a clock.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod manifest;

pub use manifest::Manifest;
pub use manifest::ManifestError;

use std::collections::BTreeMap;

use crate::base::BoardPath;
use crate::base::Fingerprint;

/// A tree of one side at one moment: path to what the file is.
pub type Snapshot = BTreeMap<BoardPath, Fingerprint>;

/// What the board was found to hold, as far as this sync has to know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardState {
    /// What the last sync put there; `None` on a board that never saw one, or whose manifest is unreadable.
    pub manifest: Option<Manifest>,
    /// Files of the manifest that are no longer what it says.
    pub drifted: BTreeMap<BoardPath, Drift>,
    /// What else lies at paths that the project wants: not in the manifest, so not ours.
    pub foreign: BTreeMap<BoardPath, Foreign>,
    /// Free and total flash; `None` where the firmware cannot tell (micro:bit).
    pub flash: Option<Flash>,
    /// The file system has no folders (micro:bit).
    pub flat: bool,
}

/// How a file of the manifest differs from what the last sync put there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Drift {
    /// It is gone.
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
    /// A folder where the project has a file.
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
