//! A byte stream to one board, with control lines where it has them.
//! Has never heard of MicroPython: what the bytes mean is `repl`'s business.

mod address;
/// What is known about the USB chips that boards sit behind.
pub mod chips;
mod error;
/// Which program has a port open.
pub mod holder;
mod lease;
/// Which ports are there.
pub mod ports;
mod recorder;
mod redactor;
mod replay;
/// A serial port or pseudo-terminal as a wire.
pub mod serial;
/// A TCP connection as a wire.
pub mod tcp;
/// A telnet connection as a wire.
pub mod telnet;
/// MicroPython's WebREPL as a wire.
pub mod web_repl;

pub use address::Address;
pub use address::Place;
pub use address::Remote;
pub use address::Secret;
pub use error::Holder;
pub use error::WireError;
pub use ports::Port;
pub use recorder::Recorder;
pub use recorder::Traffic;
pub use replay::Replay;
pub use serial::Serial;
pub use serial::SerialSettings;
pub use tcp::Tcp;
pub use telnet::Telnet;
pub use web_repl::WebRepl;

use std::time::Duration;

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

/// One step of a reset by lines: set them, then leave them so for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineStep {
    /// What to set.
    pub lines: Lines,
    /// How long to stay there.
    pub hold: Duration,
}

/// What bytes are for, on a wire that tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// The terminal. Wires have at least this.
    Repl,
    /// Files, by a protocol of their own.
    Files,
}

/// A byte stream to a board.
///
/// A read of no bytes, or an error, means that the board is gone: answer it with `gone()`.
/// `flush` hands bytes to the system; it does not wait until they have left.
pub trait Wire: AsyncRead + AsyncWrite + Send + Unpin {
    /// Sets DTR and RTS. Wires without control lines answer `WireError::NoLines`.
    fn set_lines(&mut self, lines: Lines) -> Result<(), WireError>;

    /// What was opened, as the user would type it.
    #[allow(clippy::unnecessary_literal_bound)] // only this default is a literal
    fn address(&self) -> &str {
        "the board"
    }

    /// What resets the board without its help; empty where nothing is known to.
    fn reset_steps(&self) -> &'static [LineStep] {
        &[]
    }

    /// Bits per second of a line on which they are real; `None` for TCP and for a board's own USB.
    fn baud(&self) -> Option<u32> {
        None
    }

    /// Changes the bit rate. What was written before must have left: bytes that are still on their way go out at the
    /// new rate. Wires without one answer `WireError::Io`.
    fn set_baud(&mut self, _baud: u32) -> Result<(), WireError> {
        Err(WireError::Io {
            address: self.address().to_owned(),
            source: std::io::ErrorKind::Unsupported.into(),
        })
    }

    /// All 256 values of a byte pass both ways. False for telnet to a server that does not agree on that: those of
    /// boards throw away what is above 127 (MicroPython's `ports/cc3200/telnet/telnet.c`, and Pycom's).
    fn is_binary(&self) -> bool {
        true
    }

    /// A wire with a second channel, for files: where the bytes that are written from now on go, and those that are
    /// read come from. Says whether it has one.
    fn use_channel(&mut self, channel: Channel) -> bool {
        channel == Channel::Repl
    }

    /// A soft reset of the board ends the connection, perhaps before the board says that it restarts.
    fn ends_at_reset(&self) -> bool {
        false
    }

    /// From now on it is watched whether the other end asks who logs in, in place of being a board: some servers take
    /// longer for that than anybody waits who opens one without a login. Then the wire ends, and `asks_login` says why.
    fn watch_login(&mut self, _on: bool) {}

    /// The other end was seen to ask who logs in.
    fn asks_login(&self) -> bool {
        false
    }

    /// The error for a wire that ended.
    fn gone(&self) -> WireError {
        WireError::Gone {
            address: self.address().to_owned(),
        }
    }
}

impl<W: Wire + ?Sized> Wire for Box<W> {
    fn set_lines(&mut self, lines: Lines) -> Result<(), WireError> {
        (**self).set_lines(lines)
    }

    fn address(&self) -> &str {
        (**self).address()
    }

    fn reset_steps(&self) -> &'static [LineStep] {
        (**self).reset_steps()
    }

    fn baud(&self) -> Option<u32> {
        (**self).baud()
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), WireError> {
        (**self).set_baud(baud)
    }

    fn is_binary(&self) -> bool {
        (**self).is_binary()
    }

    fn use_channel(&mut self, channel: Channel) -> bool {
        (**self).use_channel(channel)
    }

    fn ends_at_reset(&self) -> bool {
        (**self).ends_at_reset()
    }

    fn watch_login(&mut self, on: bool) {
        (**self).watch_login(on);
    }

    fn asks_login(&self) -> bool {
        (**self).asks_login()
    }

    fn gone(&self) -> WireError {
        (**self).gone()
    }
}
