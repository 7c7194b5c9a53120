//! The thread between a host and a board: moves every byte when it is due, and does what the faults say.
//! What becomes of each byte is decided in `lane`, which is pure; here is the clock and the system.

mod cable;
mod power;
mod speed;
mod state;

pub(crate) use state::Command;
pub(crate) use state::State;

use std::os::fd::AsFd;
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::Timespec;

use crate::virtual_board::Firmware;
use crate::virtual_board::Kind;
use crate::virtual_board::Profile;
use crate::virtual_board::VirtualBoardError;
use crate::virtual_board::device::Device;
use crate::virtual_board::device::Notice;
use crate::virtual_board::host::Host;
use crate::virtual_board::status::Shared;

/// What a serial port's driver holds on the host.
const HOST_BUFFER: usize = 4_096;
/// What a board holds in front of its line.
const BOARD_FIFO: usize = 256;
/// The least time between two bytes to the emulated chip: 115200 baud.
const EMULATED_BYTE: Duration = Duration::from_micros(87);
/// What a board takes that does not read, besides its socket's buffer, before its host has to wait. A Ctrl-C among it is
/// seen: a UART's interrupt looks at each byte.
const UNREAD: usize = 65_536;
/// Without a speed, how much may be on its way at once.
const UNPACED: usize = 16_384;

/// Everything between host and board.
pub(crate) struct Line {
    pub(crate) profile: Profile,
    pub(crate) firmware: Firmware,
    pub(crate) image: PathBuf,
    pub(crate) host: Host,
    pub(crate) commands: Receiver<Command>,
    /// Becomes readable when there is a command.
    pub(crate) wake: OwnedFd,
    pub(crate) shared: Arc<Shared>,
    pub(crate) state: State,
}

impl Line {
    /// Runs until it is stopped.
    pub(crate) fn run(mut self) {
        self.power_on();
        loop {
            while let Ok(command) = self.commands.try_recv() {
                match command {
                    Command::Stop => return,
                    Command::PowerOff => self.power_off(),
                    Command::PowerOn => self.power_on(),
                    Command::Unplug => self.unplug(),
                    Command::Replug => self.replug(),
                    Command::IsQuiet(asker) => self.state.asked.push(asker),
                }
            }
            let now = self.state.start.elapsed();
            if self.state.replug_at.is_some_and(|at| at <= now) {
                self.replug();
            }
            self.listen_to_board();
            self.time_out(now);
            self.attend_host();
            self.take_from_host(now);
            self.take_from_board(now);
            self.deliver_to_board(now);
            if std::mem::take(&mut self.state.waits)
                && let Some(device) = &self.state.device
            {
                device.done();
            }
            self.deliver_to_host(now);
            self.tell_quiet();
            self.sleep();
        }
    }

    fn limit(&self, paced: usize) -> usize {
        if self.profile.baud.is_some() {
            paced
        } else {
            UNPACED
        }
    }

    fn attend_host(&mut self) {
        let connected = self.host.attend();
        if connected != self.state.connected {
            self.state.connected = connected;
            self.state.heard = true;
            self.state.opened_at = self.state.opened_at.filter(|_| connected);
            self.shared.update(|status| status.connected = connected);
        }
    }

    fn take_from_host(&mut self, now: Duration) {
        let mut buffer = [0; 1024];
        while self.state.to_board.len() < self.limit(HOST_BUFFER) {
            let n = self.host.read(&mut buffer);
            if n == 0 {
                break;
            }
            self.state.opened_at = self.state.opened_at.or_else(|| self.host.baud());
            self.state.to_board.send(now, &buffer[..n]);
            if std::mem::take(&mut self.state.heard) {
                self.shared.update(|status| status.round_trips += 1);
            }
        }
    }

    fn take_from_board(&mut self, now: Duration) {
        let limit = self.limit(BOARD_FIFO);
        let Some(device) = &self.state.device else {
            return;
        };
        let mut buffer = [0; 256];
        while self.state.to_host.len() + self.state.at_host.len() < limit {
            match rustix::io::read(&device.uart, &mut buffer) {
                Ok(n) if n > 0 => self.state.to_host.send(now, &buffer[..n]),
                _ => break,
            }
        }
    }

    fn deliver_to_board(&mut self, now: Duration) {
        let speeds = self.speeds();
        while (self.push_to_board() || self.state.at_board.len() < UNREAD) && self.hears(now) {
            let Some(byte) = self.state.to_board.take(now) else {
                return;
            };
            let byte = speeds.pass(&mut self.state.to_board, byte);
            if cable::is_cut(&mut self.state.cut_after) {
                return self.cut(now, self.profile.faults.cut);
            }
            self.arrive(byte);
        }
    }

    /// False while a byte that has come must wait in front of the board.
    fn hears(&mut self, now: Duration) -> bool {
        let Some(device) = &self.state.device else {
            return true; // nobody hears it, but it does not wait
        };
        if self.profile.kind == Kind::Unix {
            return self.state.ready;
        }
        // The emulator takes bytes as fast as its processor reads them, whatever the baud rate. After a moment
        // without processor time it would take a burst that no line could send, and the firmware would lose it.
        let unread = device.unread();
        let state = &mut self.state;
        if state.to_board.next_due().is_none_or(|due| due > now) {
            return true;
        }
        if state.not_before > now {
            return false;
        }
        if unread > 0 {
            state.not_before = now + EMULATED_BYTE;
            return false;
        }
        // A thread wakes late now and then; what fits the chip's own FIFO may catch up.
        let catch_up = now.saturating_sub(EMULATED_BYTE * 4);
        state.not_before = (state.not_before + EMULATED_BYTE).max(catch_up);
        true
    }

    /// A byte has come out of the line at the board.
    fn arrive(&mut self, byte: u8) {
        let waiting = self.state.at_board.len();
        let Some(device) = &self.state.device else {
            self.shared.update(|status| status.lost += 1);
            return; // nobody is there to hear it
        };
        let full = |limit: usize| waiting + device.unread() >= limit;
        if byte == 3 {
            // Sent before it arrived, so it must be there before the interrupt, if there is room.
            self.push_to_board();
            // A reset that has begun turns the interrupt character off.
            self.listen_to_board();
            let interrupted = self.state.ready && self.state.device.as_ref().is_some_and(Device::interrupt);
            self.shared.update(|status| status.to_board += 1);
            if !interrupted {
                self.state.at_board.push_back(byte);
            }
            return;
        }
        if self.profile.faults.rx_buffer.is_some_and(full) {
            self.shared.update(|status| status.lost += 1);
            return;
        }
        let without_raw_paste = self.profile.without.iter().any(|part| part == "raw-paste");
        if without_raw_paste && byte == 1 && self.state.recent == [5, b'A'] {
            // Firmware before 1.14 takes these for a line and Ctrl-A for its end: the banner again.
            self.state.at_board.extend([3]);
        }
        self.state.recent = [self.state.recent[1], byte];
        self.state.at_board.push_back(byte);
        self.shared.update(|status| status.to_board += 1);
    }

    /// False while the board's socket is full: it reads slowly, and nothing says that bytes may be lost.
    fn push_to_board(&mut self) -> bool {
        let Some(device) = &self.state.device else {
            self.state.at_board.clear();
            return true;
        };
        while !self.state.at_board.is_empty() {
            let chunk: &[u8] = self.state.at_board.make_contiguous();
            match rustix::io::write(&device.uart, chunk) {
                Ok(n) => drop(self.state.at_board.drain(..n)),
                Err(rustix::io::Errno::AGAIN) => return false,
                Err(_) => self.state.at_board.clear(), // it is ending
            }
        }
        true
    }

    fn deliver_to_host(&mut self, now: Duration) {
        let before = self.state.at_host.len();
        let speeds = self.speeds();
        while let Some(byte) = self.state.to_host.take(now) {
            let byte = speeds.pass(&mut self.state.to_host, byte);
            if cable::is_cut(&mut self.state.cut_heard) {
                self.host.write(&self.state.at_host); // these came before
                return self.cut(now, self.profile.faults.cut_heard);
            }
            self.state.at_host.push(byte);
        }
        let arrived = self.state.at_host.len() - before;
        if arrived > 0 {
            self.shared.update(|status| status.to_host += arrived as u64);
        }
        if !self.state.at_host.is_empty() {
            let n = self.host.write(&self.state.at_host);
            self.state.heard |= n > 0;
            self.state.at_host.drain(..n);
        }
    }

    fn listen_to_board(&mut self) {
        let Some(device) = &mut self.state.device else {
            return;
        };
        for notice in device.notices() {
            match notice {
                Notice::Booting => {
                    self.state.ready = true;
                    self.state.waits = true;
                    self.shared.update(|status| {
                        status.boots += 1;
                        status.ready = true;
                    });
                }
                Notice::SoftReset if self.state.ready => {
                    self.state.ready = false;
                    self.shared.update(|status| status.ready = false);
                }
                Notice::HardReset => return self.reset(),
                Notice::Fed(ms) => {
                    let timeout = Duration::from_millis(u64::from(ms));
                    self.state.bite_at = Some(self.state.start.elapsed() + timeout);
                }
                Notice::Sleep(ms) => {
                    self.power_off();
                    let pause = Duration::from_millis(u64::from(ms));
                    self.state.wake_at = (ms > 0).then(|| self.state.start.elapsed() + pause);
                    return;
                }
                Notice::Speed(baud) => self.change_speed(baud),
                Notice::FlashWritten => self.shared.update(|status| status.flash_writes += 1),
                Notice::PowerLost => {
                    self.state.power = None;
                    return self.power_off();
                }
                Notice::Ended if self.state.ready => {
                    // A crash of the firmware: the watchdog resets it.
                    self.power_off();
                    self.shared.update(|status| status.crashes += 1);
                    return self.power_on();
                }
                // It never came as far as boot.py, and trying again would not help.
                Notice::SoftReset | Notice::Ended => {
                    let said = std::mem::take(&mut self.state.said);
                    self.power_off();
                    return self.fail(said);
                }
                Notice::Said(text) => self.state.said.push_str(&text),
            }
        }
    }

    fn fail(&self, why: String) {
        self.shared.update(|status| status.failed = Some(why));
    }

    /// Waits for a byte to be due, to come, or for a command.
    fn sleep(&self) {
        let state = &self.state;
        let host_room = state.to_board.len() < self.limit(HOST_BUFFER);
        let fifo_room = state.to_host.len() + state.at_host.len() < self.limit(BOARD_FIFO);
        let mut fds = vec![PollFd::new(&self.wake, PollFlags::IN)];
        for fd in self.host.wakers(host_room) {
            fds.push(PollFd::from_borrowed_fd(fd, PollFlags::IN));
        }
        if let Some(fd) = self.host.writer().filter(|_| !state.at_host.is_empty()) {
            fds.push(PollFd::from_borrowed_fd(fd, PollFlags::OUT));
        }
        if let Some(device) = &state.device {
            fds.push(PollFd::from_borrowed_fd(device.notices.as_fd(), PollFlags::IN));
            let mut uart = PollFlags::empty();
            uart.set(PollFlags::IN, fifo_room);
            uart.set(PollFlags::OUT, !state.at_board.is_empty());
            if !uart.is_empty() {
                fds.push(PollFd::from_borrowed_fd(device.uart.as_fd(), uart));
            }
        }
        let hears = state.ready || state.device.is_none();
        let to_board = state
            .to_board
            .next_due()
            .filter(|_| hears && state.at_board.is_empty());
        let next = [
            to_board,
            state.to_host.next_due(),
            state.replug_at,
            state.bite_at,
            state.wake_at,
        ];
        let timeout = next.into_iter().flatten().min().map(|due| {
            let left = due.saturating_sub(state.start.elapsed());
            Timespec::try_from(left).unwrap_or_default()
        });
        let _ = rustix::event::poll(&mut fds, timeout.as_ref()); // an interrupted wait is a short one
        let _ = rustix::io::read(&self.wake, &mut [0; 64]); // not blocking
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.shared.update(|status| status.ended = true);
    }
}

/// Puts the port where it belongs before anybody asks for its name.
pub(crate) fn plug_in(host: &mut Host, shared: &Shared) -> Result<(), VirtualBoardError> {
    host.plug_in()?;
    shared.update(|status| status.plugged = true);
    Ok(())
}
