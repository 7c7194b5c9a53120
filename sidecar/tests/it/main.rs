//! The one integration-test binary. Each module is a chapter; test names are sentences.
#![allow(clippy::unwrap_used)] // a test that cannot go on should say where

mod architecture;
mod board_model;
#[cfg(unix)]
mod boards;
#[cfg(unix)]
mod cli_files;
#[cfg(unix)]
mod cuts;
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
mod settings;
#[cfg(unix)]
mod virtual_board;
#[cfg(unix)]
mod virtual_flash;
#[cfg(unix)]
mod virtual_line;
mod watch;
mod wire;
mod workspace;
