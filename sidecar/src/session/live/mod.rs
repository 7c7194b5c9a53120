//! A board kept open for an editor: one task owns it, takes orders and tells what happens.
//! Knows no JSON and no editor, and decides nothing about which board belongs to which folder.

mod order;

pub use order::Ask;
pub use order::Done;
pub use order::JobId;
pub use order::Order;
pub use order::State;
pub use order::Told;
pub use order::Trouble;
pub use order::Work;
