//! The one integration-test binary. Each module is a chapter; test names are sentences.
#![allow(clippy::unwrap_used)] // a test that cannot go on should say where

mod architecture;
mod board_model;
mod events;
mod plan_model;
mod plans;
mod settings;
mod watch;
