//! The one integration-test binary. Each module is a chapter; test names are sentences.
#![allow(clippy::unwrap_used)] // a test that cannot go on should say where

mod architecture;
mod board_model;
mod plan_model;
mod plans;
mod settings;
mod wire;
#[cfg(unix)]
mod boards;
#[cfg(unix)]
mod microbit;
#[cfg(unix)]
mod virtual_board;
