//! Boards on another machine: the system's OpenSSH carries the JSON-RPC of protocol.md to a `boardside lsp` there.
//! No cryptography and no accounts of our own, and it has never heard of MicroPython.

/// Questions of ssh.
pub mod askpass;
mod client;
mod error;
mod frames;
/// Bytes in JSON.
pub mod packed;
/// The `ssh` of this system: how it is called, and what it says when it fails.
pub mod ssh;
mod tunnel;
/// What the two machines say to each other.
pub mod words;

pub use client::Asked;
pub use client::Client;
pub use error::HostError;
pub use tunnel::Tunnel;
