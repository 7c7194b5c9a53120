//! One workspace: settings, which board, which wire, and words for every error.
//! The only room that names every wire; never prints.

mod connect;
mod explain;

pub use connect::Choice;
pub use connect::ConnectError;
pub use connect::Connection;
pub use connect::Found;
pub use connect::Target;
pub use connect::choose;
pub use connect::connect;
pub use connect::found;
pub use explain::Exit;
pub use explain::Explained;
pub use explain::explain;
