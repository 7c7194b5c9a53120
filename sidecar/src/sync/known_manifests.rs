//! `KnownManifests`: manifests that this machine wrote or read, by their SHA-256, so that a board
//! need not send its own when the digest is enough.
//! A cache: what is damaged or missing is fetched from the board instead.

use std::fs;
use std::path::PathBuf;

use crate::base::Digest;
use crate::sync::cache_folder;
use crate::sync::oldest::forget_oldest;

/// Manifests kept at most; the oldest go.
const KEPT: u64 = 64;

/// A folder of manifests, each named after its digest.
#[derive(Clone, Debug)]
pub struct KnownManifests {
    folder: Option<PathBuf>,
}

impl KnownManifests {
    /// Keeps them in this folder; `None` keeps nothing.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self { folder }
    }

    /// The manifest with this SHA-256 (hex), if its content still has it.
    pub(super) fn get(&self, digest: &str) -> Option<Vec<u8>> {
        let digest = Digest::parse(digest)?;
        let text = fs::read(self.folder.as_ref()?.join(digest.to_string())).ok()?;
        (Digest::of(&text) == digest).then_some(text)
    }

    /// Was nothing ever synced from here, as far as is remembered?
    pub(super) fn is_empty(&self) -> bool {
        let is_empty = |folder| fs::read_dir(folder).map_or(true, |mut entries| entries.next().is_none());
        self.folder.as_ref().is_some_and(is_empty)
    }

    /// Remembers a manifest. What cannot be written is not remembered.
    pub(super) fn keep(&self, text: &[u8]) {
        let Some(folder) = &self.folder else { return };
        let file = folder.join(Digest::of(text).to_string());
        if cache_folder::replace(&file, text).is_ok() {
            forget_oldest(folder, KEPT, |_| 1);
        }
    }
}
