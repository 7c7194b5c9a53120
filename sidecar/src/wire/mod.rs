//! A byte stream to one board, with control lines where it has them.
//! Has never heard of MicroPython: what the bytes mean is `repl`'s business.

mod address;
mod error;

pub use address::Address;
pub use error::Holder;
pub use error::WireError;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;

/// The two modem lines that reset many boards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lines {
    /// Data Terminal Ready is asserted.
    pub dtr: bool,
    /// Request To Send is asserted.
    pub rts: bool,
}

/// A byte stream to a board.
///
/// A read of no bytes, or an error, means that the board is gone.
pub trait Wire: AsyncRead + AsyncWrite + Send + Unpin {
    /// Sets DTR and RTS. Wires without control lines answer `WireError::NoLines`.
    fn set_lines(&mut self, lines: Lines) -> Result<(), WireError>;
}
