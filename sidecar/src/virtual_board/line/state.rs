//! What changes while a line runs, and what can be asked of it.
//! Only data: `line` does the work.

use std::collections::VecDeque;
use std::sync::mpsc::Sender;
use std::time::Duration;
use std::time::Instant;

use crate::virtual_board::Profile;
use crate::virtual_board::device::Device;
use crate::virtual_board::lane::Lane;

/// What `VirtualBoard` asks of the line.
#[derive(Debug)]
pub(crate) enum Command {
    PowerOff,
    PowerOn,
    Unplug,
    Replug,
    /// Has the board nothing more to do?
    IsQuiet(Sender<bool>),
    Stop,
}

/// What changes while a line runs.
#[allow(clippy::struct_excessive_bools)] // which have nothing to do with each other
pub(crate) struct State {
    pub(super) start: Instant,
    pub(super) to_board: Lane,
    pub(super) to_host: Lane,
    /// Arrived, but the board's socket is full.
    pub(super) at_board: VecDeque<u8>,
    /// Arrived, but no program has read it.
    pub(super) at_host: Vec<u8>,
    pub(super) device: Option<Device>,
    /// The board has come as far as boot.py; until then it hears nothing.
    pub(super) ready: bool,
    /// The board waits for a word that all has arrived that came while it started.
    pub(super) waits: bool,
    /// The flash write that cuts the power, until it has.
    pub(super) power: Option<u32>,
    /// Bytes that have reached the board, until the cut.
    pub(super) cut_after: Option<u64>,
    /// Bytes that have reached the host, until the cut.
    pub(super) cut_heard: Option<u64>,
    /// Who wants to know whether the board is quiet.
    pub(super) asked: Vec<Sender<bool>>,
    pub(super) replug_at: Option<Duration>,
    /// When the watchdog bites, if it is not fed.
    pub(super) bite_at: Option<Duration>,
    /// When a board in deep sleep wakes up.
    pub(super) wake_at: Option<Duration>,
    /// What the firmware gave its UART since the last reset, if that is another speed than the board's own.
    pub(super) speed: Option<u32>,
    /// What the host's port had when its program began to send: that stands for the board's own speed.
    pub(super) opened_at: Option<u32>,
    /// The last two bytes to the board, for `raw-paste`.
    pub(super) recent: [u8; 2],
    pub(super) said: String,
    /// A program on the host has the port open.
    pub(super) connected: bool,
    /// The host has been sent something, or has opened the port, since it sent anything.
    pub(super) heard: bool,
    /// The earliest moment for the next byte to an emulated chip.
    pub(super) not_before: Duration,
}

impl State {
    pub(crate) fn new(profile: &Profile) -> Self {
        let faults = &profile.faults;
        let lane = |damage, seed| Lane::new(profile.baud, faults.delay, damage, faults.stall, seed);
        Self {
            start: Instant::now(),
            to_board: lane(faults.to_board, faults.seed),
            to_host: lane(faults.to_host, !faults.seed),
            at_board: VecDeque::new(),
            at_host: Vec::new(),
            device: None,
            ready: false,
            waits: false,
            power: faults.power,
            cut_after: faults.cut.map(|cut| cut.after),
            cut_heard: faults.cut_heard.map(|cut| cut.after),
            asked: Vec::new(),
            replug_at: None,
            bite_at: None,
            wake_at: None,
            speed: None,
            opened_at: None,
            recent: [0; 2],
            said: String::new(),
            connected: false,
            heard: true,
            not_before: Duration::ZERO,
        }
    }
}
