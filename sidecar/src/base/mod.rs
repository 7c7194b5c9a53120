//! Words that every room uses: paths on a board, what a file is, how a long operation reports.
//! Pure: no file, clock, channel or task.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

/// How long to wait before trying again.
pub mod backoff;
mod board_path;
#[cfg(any(test, feature = "fuzzing"))]
mod feed;
mod fingerprint;
mod progress;
mod redact;
mod size;
mod utf8;

pub use board_path::BoardPath;
pub use board_path::PathError;
#[cfg(any(test, feature = "fuzzing"))]
pub use feed::Feed;
pub use fingerprint::Digest;
pub use fingerprint::Fingerprint;
pub use fingerprint::Fingerprinter;
pub use progress::Answer;
pub use progress::Progress;
pub use progress::Question;
pub use progress::Silent;
pub use progress::Stage;
pub use redact::MASK;
pub use redact::redacted;
pub use redact::redacted_address;
pub use redact::visible;
pub use size::size_text;
pub use utf8::Utf8;
