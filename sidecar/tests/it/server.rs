//! `boardside lsp`: what comes in, what goes out, and how it ends.
//! What a sync does to a board is tested elsewhere.

#[cfg(target_os = "linux")]
mod by_ftp;
#[cfg(target_os = "linux")]
mod consoles;
mod ends;
#[cfg(target_os = "linux")]
mod examples;
mod faults;
mod lists;
#[cfg(target_os = "linux")]
mod logins;
mod order;
#[cfg(target_os = "linux")]
mod packages;
#[cfg(target_os = "linux")]
mod quiet;
mod releases;
#[cfg(target_os = "linux")]
mod syncs;
