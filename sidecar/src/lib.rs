//! Boardside keeps a MicroPython board in step with the project in your editor.
//!
//! This is the map, lowest room first; a room uses only rooms above it in this list
//! (the exact table is in ARCHITECTURE.md and a test holds it).
//! Not a library for others to build on: only the binary and the tests use it.

// For the model of a board that the fuzz targets share with the integration tests.
#[cfg(any(test, feature = "fuzzing"))]
extern crate self as boardside;

/// Words that everybody uses: paths on a board, what a file is, progress.
pub mod base;
/// What one board can do: probe, list, read, write, hash, run, reset.
pub mod board;
/// The terminal's door.
pub mod cli;
/// Files of a board by FTP.
pub mod ftp;
/// What `cargo fuzz` and the tests throw bytes at.
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
/// Boards on another machine: ssh, and JSON-RPC over it.
pub mod host;
/// Releases, for boards that update themselves.
pub mod ota;
/// A project at a version in one file.
pub mod package;
/// MicroPython's friendly, raw and raw-paste conversation on a wire.
pub mod repl;
/// The editor's door.
pub mod server;
/// One workspace: settings, which board, which wire, and words for every error.
pub mod session;
/// Making the board's tree equal to the project's.
pub mod sync;
/// Real MicroPython behind a line with a baud rate and faults.
#[cfg(target_os = "linux")]
pub mod virtual_board;
/// A byte stream to one board, with control lines where it has them. Has never heard of MicroPython.
pub mod wire;
