//! Raw-paste window arithmetic (MicroPython `docs/reference/repl.rst`, "Raw-paste mode").
//! Pure: bytes and numbers in, numbers out.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

/// How much of a paste may be sent now.
#[derive(Debug)]
pub(super) struct Window {
    size: usize,
    left: usize,
}

/// What a byte from the board means while code is pasted.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Signal {
    /// One more window may be sent.
    Credit,
    /// The board wants no more (a syntax error, a memory error): answer 0x04.
    Stop,
    /// Not part of the protocol.
    Noise,
}

impl Window {
    /// `size` is what the board said: half of its receive buffer.
    pub(super) fn new(size: usize) -> Self {
        Self { size, left: size }
    }

    /// How many of `wanted` bytes may go now; counts them as sent.
    pub(super) fn take(&mut self, wanted: usize) -> usize {
        let now = wanted.min(self.left);
        self.left -= now;
        now
    }

    /// Nothing may be sent before the next credit.
    pub(super) fn is_shut(&self) -> bool {
        self.left == 0
    }

    /// Takes one byte from the board.
    pub(super) fn signal(&mut self, byte: u8) -> Signal {
        match byte {
            1 => {
                self.left += self.size;
                Signal::Credit
            }
            4 => Signal::Stop,
            _ => Signal::Noise,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn never_more_is_sent_than_the_board_has_room_for() {
        let mut window = Window::new(128);
        assert_eq!(window.take(1000), 128);
        assert!(window.is_shut());
        assert_eq!(window.signal(1), Signal::Credit);
        assert_eq!(window.signal(1), Signal::Credit);
        assert_eq!(window.take(1000), 256);
        assert_eq!(window.signal(4), Signal::Stop);
        assert_eq!(window.signal(b'x'), Signal::Noise);
    }
}
