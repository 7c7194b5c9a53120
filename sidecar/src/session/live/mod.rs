//! A board kept open and a folder watched for an editor: one task owns each, takes orders and tells what happens.
//! Knows no JSON and no editor, and decides nothing about which board belongs to which folder.

mod actor;
mod ask;
mod board;
mod by_files;
mod chosen;
mod door;
mod folder;
mod known;
mod listing;
mod mail;
mod order;
mod program;
mod prompt;
mod trouble;
mod work;
mod write;

pub use board::LiveBoard;
pub use chosen::Chosen;
pub use folder::FolderSettings;
pub use folder::FolderTold;
pub use folder::LiveFolder;
pub use known::Difference;
pub use known::Known;
pub use order::Ask;
pub use order::Done;
pub use order::JobId;
pub use order::Order;
pub use order::State;
pub use order::Told;
pub use order::Trouble;
pub use order::Work;
