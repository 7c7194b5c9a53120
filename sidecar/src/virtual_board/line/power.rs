//! A board gets and loses its power: by hand, by its own reset, by its watchdog, by its alarm after deep sleep. A
//! board whose port is its own USB takes the port along.

use std::time::Duration;

use crate::virtual_board::Firmware;
use crate::virtual_board::device::Device;
use crate::virtual_board::line::Line;

impl Line {
    pub(super) fn power_on(&mut self) {
        if self.state.device.is_some() {
            return;
        }
        self.state.wake_at = None;
        if self.profile.native_usb && !self.shared.get().plugged {
            self.replug();
        }
        self.state.said.clear();
        match Device::start(&self.profile, &self.firmware, &self.image, self.state.power) {
            Ok(device) => {
                self.state.device = Some(device);
                self.own_speed();
                self.state.ready = matches!(self.firmware, Firmware::Microbit { .. });
                let ready = self.state.ready;
                self.shared.update(|status| {
                    status.powered = true;
                    status.flash_writes = 0;
                    status.ready = ready;
                });
            }
            Err(error) => self.fail(error.to_string()),
        }
    }

    pub(super) fn power_off(&mut self) {
        self.take_from_board(self.state.start.elapsed()); // it has left the board already
        self.state.device = None; // ends the process
        self.state.bite_at = None;
        self.state.wake_at = None;
        self.state.ready = false;
        self.state.at_board.clear();
        self.shared.update(|status| {
            status.powered = false;
            status.ready = false;
        });
        if self.profile.native_usb {
            self.unplug();
        }
    }

    pub(super) fn reset(&mut self) {
        self.power_off();
        self.shared.update(|status| status.resets += 1);
        self.power_on();
    }

    /// What happens to a board without anybody's doing.
    pub(super) fn time_out(&mut self, now: Duration) {
        if self.state.bite_at.is_some_and(|at| at <= now) {
            self.reset();
        }
        if self.state.wake_at.is_some_and(|at| at <= now) {
            self.power_on();
        }
    }
}
