//! The one integration-test binary. Each module is a chapter; test names are sentences.
#![allow(clippy::unwrap_used)] // a test that cannot go on should say where
#![allow(clippy::print_stderr)] // shown when a test fails

mod architecture;
mod board_model;
#[cfg(target_os = "linux")]
mod boards;
mod boot_guard;
#[cfg(target_os = "linux")]
mod cli_code;
#[cfg(target_os = "linux")]
mod cli_files;
#[cfg(target_os = "linux")]
mod cli_project;
#[cfg(target_os = "linux")]
mod cli_promise;
#[cfg(target_os = "linux")]
mod console;
#[cfg(target_os = "linux")]
mod cuts;
#[cfg(target_os = "linux")]
mod desk;
#[cfg(target_os = "linux")]
mod doctor;
mod documents;
mod editor;
#[cfg(target_os = "linux")]
mod errors;
mod events;
#[cfg(target_os = "linux")]
mod firmwares;
#[cfg(target_os = "linux")]
mod frames;
#[cfg(target_os = "linux")]
mod ftp;
#[cfg(target_os = "linux")]
mod host_faults;
#[cfg(target_os = "linux")]
mod hostile;
#[cfg(target_os = "linux")]
mod killed;
#[cfg(target_os = "linux")]
mod live;
mod live_folder;
#[cfg(target_os = "linux")]
mod living;
#[cfg(target_os = "linux")]
mod microbit;
#[cfg(target_os = "linux")]
mod mpremote;
#[cfg(target_os = "linux")]
mod noise;
#[cfg(target_os = "linux")]
mod ota;
#[cfg(target_os = "linux")]
mod ota_client;
#[cfg(target_os = "linux")]
mod packages;
#[cfg(target_os = "linux")]
mod plan_model;
mod plans;
#[cfg(target_os = "linux")]
mod refusals;
#[cfg(target_os = "linux")]
mod remote;
#[cfg(target_os = "linux")]
mod running;
#[cfg(target_os = "linux")]
mod secrets;
mod server;
mod settings;
#[cfg(target_os = "linux")]
mod storage;
mod tracebacks;
#[cfg(target_os = "linux")]
mod transports;
#[cfg(target_os = "linux")]
mod turbo;
#[cfg(target_os = "linux")]
mod virtual_board;
#[cfg(target_os = "linux")]
mod virtual_flash;
#[cfg(target_os = "linux")]
mod virtual_line;
mod watch;
#[cfg(target_os = "linux")]
mod watch_verb;
#[cfg(target_os = "linux")]
mod web_repl;
mod wire;
mod workspace;
