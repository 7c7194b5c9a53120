//! A board kept open for an editor: one task owns it, takes orders and tells what happens.
//! Knows no JSON and no editor, and decides nothing about which board belongs to which folder.

mod actor;
mod ask;
mod board;
mod door;
mod listing;
mod mail;
mod order;
mod program;
mod prompt;
mod trouble;
mod work;

pub use board::LiveBoard;
pub use order::Ask;
pub use order::Done;
pub use order::JobId;
pub use order::Order;
pub use order::State;
pub use order::Told;
pub use order::Trouble;
pub use order::Work;
