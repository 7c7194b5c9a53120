//! What a line tells the rest of the program about its board, and waiting for it to become true.

use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use crate::virtual_board::VirtualBoardError;

/// A board and its line at one moment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
#[allow(clippy::struct_excessive_bools)] // facts that are true or not, in any combination
pub struct Status {
    /// The board has power.
    pub powered: bool,
    /// It has come as far as boot.py (unix; a micro:bit counts from power-on).
    pub ready: bool,
    /// The host can see the port.
    pub plugged: bool,
    /// A program on the host has the port open.
    pub connected: bool,
    /// How often boot.py was reached: power-ons and soft resets (unix).
    pub boots: u64,
    /// How often its program or its watchdog reset it.
    pub resets: u64,
    /// Bits per second of the board's UART; `None` where the line has no speed.
    pub baud: Option<u32>,
    /// How often the firmware ended by itself and was started again.
    pub crashes: u64,
    /// How often the cable was pulled.
    pub cuts: u64,
    /// Bytes that arrived at the board, interrupts included.
    pub to_board: u64,
    /// Bytes that arrived at the host's end.
    pub to_host: u64,
    /// How often the host sent its first byte after a byte of the board had come to it, or after it had opened the
    /// port: with every tool the same count, whatever the tool says of itself.
    pub round_trips: u64,
    /// Writes and erases of the flash since power-on, those of mounting included; only with `Profile::count_flash`.
    pub flash_writes: u64,
    /// Bytes that reached a board without power or with a full receive buffer.
    pub lost: u64,
    /// Why the board does not run, if that is nobody's wish.
    pub failed: Option<String>,
    /// The virtual board is gone.
    pub ended: bool,
}

/// The status, shared between the line's thread and everybody else.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    status: Mutex<Status>,
    changed: Condvar,
}

impl Shared {
    pub(crate) fn get(&self) -> Status {
        self.status.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(crate) fn update(&self, change: impl FnOnce(&mut Status)) {
        change(&mut self.status.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.notify_all();
    }

    /// Waits until `wanted` is true of the board.
    pub(crate) fn wait(
        &self,
        waiting_for: &'static str,
        limit: Duration,
        wanted: impl Fn(&Status) -> bool,
    ) -> Result<(), VirtualBoardError> {
        let status = self.status.lock().unwrap_or_else(PoisonError::into_inner);
        let going_on = |status: &mut Status| !wanted(status) && status.failed.is_none() && !status.ended;
        let (status, _) = self
            .changed
            .wait_timeout_while(status, limit, going_on)
            .unwrap_or_else(PoisonError::into_inner);
        if wanted(&status) {
            return Ok(());
        }
        match &status.failed {
            Some(why) => Err(VirtualBoardError::Boot { output: why.clone() }),
            None if status.ended => Err(VirtualBoardError::Ended),
            None => Err(VirtualBoardError::Timeout {
                waiting_for,
                waited: limit,
            }),
        }
    }
}
