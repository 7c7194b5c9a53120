//! `boardside lsp`: what comes in, what goes out, and how it ends.
//! What the protocol's examples say is another chapter.

#[cfg(target_os = "linux")]
mod consoles;
mod ends;
mod faults;
mod lists;
mod order;
#[cfg(target_os = "linux")]
mod quiet;
#[cfg(target_os = "linux")]
mod syncs;
