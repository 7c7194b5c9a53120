//! The speed of a board's UART: what the firmware made of it, and what becomes of bytes if the host has another.
//! The speed at which a program opens the port and begins to send stands for the board's own, whatever `--baud` says:
//! a board of `--baud 921600` is understood by programs that open it at 115200. From then on speeds must agree.

use crate::virtual_board::lane::Lane;
use crate::virtual_board::line::Line;

/// A UART that is too fast for its wires does not damage every byte.
const SOMETIMES: u32 = 16;

/// Do host and board understand each other?
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Match {
    Good,
    /// Faster than this board's wires.
    TooFast,
    /// Each has another speed.
    Never,
}

impl Match {
    /// What a byte is when it arrives.
    pub(super) fn pass(self, lane: &mut Lane, byte: u8) -> u8 {
        match self {
            Self::Good => byte,
            Self::TooFast => lane.garble(byte, SOMETIMES),
            Self::Never => lane.garble(byte, 1),
        }
    }
}

impl Line {
    /// As they are now: what has not arrived when a UART changes its speed arrives as something else.
    pub(super) fn speeds(&self) -> Match {
        let Some(board) = self.state.speed.or(self.state.opened_at) else {
            return Match::Good;
        };
        // A socket stands for an adapter that keeps its speed.
        let agree = self
            .host
            .baud()
            .map_or(self.state.speed.is_none(), |host| host == board);
        if !agree {
            Match::Never
        } else if self
            .profile
            .max_baud
            .is_some_and(|max| self.state.speed > Some(max))
        {
            Match::TooFast
        } else {
            Match::Good
        }
    }

    /// The firmware's UART has another speed from now on, over soft resets too, as on an ESP32: its `main.c` jumps
    /// to `soft_reset:` behind `uart_stdout_init()`. (An ESP8266 goes back to 115200: `mp_reset()` in its `main.c`.)
    pub(super) fn change_speed(&mut self, baud: u32) {
        if self.state.opened_at == Some(baud) {
            self.own_speed();
        } else {
            self.state.speed = Some(baud);
            self.set_speed(Some(baud));
        }
        if let Some(device) = &self.state.device {
            device.done();
        }
    }

    /// That of the profile: after a reset or power-on.
    pub(super) fn own_speed(&mut self) {
        self.state.speed = None;
        self.set_speed(self.profile.baud);
    }

    fn set_speed(&mut self, baud: Option<u32>) {
        let now = self.state.start.elapsed();
        self.state.to_board.set_baud(now, baud);
        self.state.to_host.set_baud(now, baud);
        self.shared.update(|status| status.baud = baud);
    }
}
