//! The one integration-test binary. Each module is a chapter; test names are sentences.
#![allow(clippy::unwrap_used)] // a test that cannot go on should say where
#![allow(clippy::print_stderr)] // shown when a test fails

mod architecture;
mod board_model;
#[cfg(unix)]
mod boards;
#[cfg(unix)]
mod cli_code;
#[cfg(unix)]
mod cli_files;
#[cfg(unix)]
mod cli_project;
#[cfg(unix)]
mod cli_promise;
#[cfg(unix)]
mod console;
#[cfg(unix)]
mod cuts;
#[cfg(unix)]
mod desk;
#[cfg(unix)]
mod doctor;
mod documents;
mod events;
#[cfg(unix)]
mod firmwares;
#[cfg(unix)]
mod microbit;
#[cfg(unix)]
mod mpremote;
mod plan_model;
mod plans;
#[cfg(unix)]
mod refusals;
#[cfg(unix)]
mod running;
mod settings;
#[cfg(unix)]
mod virtual_board;
#[cfg(unix)]
mod virtual_flash;
#[cfg(unix)]
mod virtual_line;
mod watch;
#[cfg(unix)]
mod watch_verb;
mod wire;
mod workspace;
