//! Making the board's tree equal to the project's: scan, survey, plan, apply, verify.
//! Knows no settings files and no screens.

/// Many changes in a short time become one batch.
pub mod debounce;
/// A new file said as pieces of the old one.
pub mod delta;
/// A board that finishes a sync by itself when it boots.
pub mod guard;
/// Which files of a project go to the board.
pub mod ignore;
/// Decides what a sync will do; never does it.
pub mod plan;
/// What the project has.
pub mod scan;
/// Tells when the project changed.
pub mod watch;

mod attempt;
mod by_files;
mod cache_folder;
mod error;
mod foreign;
mod host_file;
mod known_contents;
mod known_manifests;
mod oldest;
mod put;
mod put_by_files;
mod sides;
mod survey;
mod suspect;
mod transaction;

pub use attempt::Outcome;
pub use attempt::Wish;
pub use attempt::planned;
pub use attempt::preview;
pub use attempt::state_of_board;
pub use attempt::sync;
pub use by_files::Looked;
pub use by_files::Trust;
pub use by_files::look_by_files;
pub use by_files::sides_by_files;
pub use by_files::sync_by_files;
pub use cache_folder::replace as replace_cache;
pub use error::SyncError;
pub use host_file::read_text;
pub use known_contents::KnownContents;
pub use known_manifests::KnownManifests;
pub use put::Content;
pub use put::Delivery;
pub use put::put;
pub use put_by_files::put_by_files;
pub use sides::is_wanted;
pub use sides::sides;
pub use suspect::Suspect;
pub use suspect::others;
pub use transaction::Applied;
pub use transaction::content;
pub use transaction::contents_of;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub use transaction::orders;
