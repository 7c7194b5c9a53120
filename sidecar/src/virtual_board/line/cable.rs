//! The cable between host and board: pulled out by hand or by a fault, plugged in again; and whether all that came over
//! it is done with. Moves no bytes.

use std::time::Duration;

use crate::virtual_board::Cut;
use crate::virtual_board::line::Line;

/// Counts a byte; true for the one that comes no more.
pub(super) fn is_cut(left: &mut Option<u64>) -> bool {
    match left {
        Some(0) => {
            *left = None;
            true
        }
        Some(left) => {
            *left -= 1;
            false
        }
        None => false,
    }
}

impl Line {
    /// The fault has come.
    pub(super) fn cut(&mut self, now: Duration, cut: Option<Cut>) {
        self.unplug();
        self.state.replug_at = cut.and_then(|cut| cut.back).map(|back| now + back);
    }

    pub(super) fn unplug(&mut self) {
        self.host.pull_out();
        self.state.to_board.clear();
        self.state.to_host.clear();
        self.state.at_host.clear();
        self.state.replug_at = None;
        self.shared.update(|status| {
            status.cuts += u64::from(status.plugged);
            status.plugged = false;
        });
    }

    pub(super) fn replug(&mut self) {
        self.state.replug_at = None;
        match self.host.plug_in() {
            Ok(()) => self.shared.update(|status| status.plugged = true),
            Err(error) => self.fail(error.to_string()),
        }
    }

    /// Answers who asked. Bytes to the board come from this thread alone, so what waits for them goes on waiting.
    pub(super) fn tell_quiet(&mut self) {
        if self.state.asked.is_empty() {
            return;
        }
        let arrived = self.state.to_board.len() == 0 && self.state.at_board.is_empty();
        let device = self.state.device.as_ref();
        let quiet = arrived && device.is_none_or(|device| self.state.ready && device.waits_for_input());
        for asker in self.state.asked.drain(..) {
            let _ = asker.send(quiet); // it may have given up
        }
    }
}
