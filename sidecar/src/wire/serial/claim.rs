//! `Claim`: a first handle on a device, which finds out whether it is free and keeps others out.
//! Reads and writes nothing, and touches nothing that another program has open.

use std::fs::File;
use std::fs::OpenOptions;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use rustix::fs::FlockOperation;
use rustix::fs::OFlags;
use rustix::termios::ControlModes;
use rustix::termios::OptionalActions;

use crate::wire::WireError;
use crate::wire::holder;
use crate::wire::serial::refusal;

/// A port that was just left stays locked a moment longer if its program is still ending, or has
/// started another one that is between fork and exec and so has its handles too.
const PATIENCE: Duration = Duration::from_millis(250);
const RETRY: Duration = Duration::from_millis(10);

/// Holds the device while serialport opens it too, so that opening is one step for the board:
/// closing and opening again between the two would move DTR and RTS.
pub(super) struct Claim {
    file: File,
}

impl Claim {
    /// Opens and locks. With `share`, other programs may have it open, but not locked.
    pub(super) fn new(path: &str, share: bool) -> Result<Self, WireError> {
        let start = Instant::now();
        loop {
            match Self::at_once(path, share) {
                Err(WireError::Busy { .. }) if start.elapsed() < PATIENCE => thread::sleep(RETRY),
                result => return result,
            }
        }
    }

    fn at_once(path: &str, share: bool) -> Result<Self, WireError> {
        // Before the open: `screen` and the like take no lock, and opening moves the lines of their board.
        if !share && let Some(holder) = holder::of(path) {
            return Err(WireError::Busy {
                address: path.to_owned(),
                holder: Some(holder),
            });
        }
        let no_waiting = OFlags::NOCTTY | OFlags::NONBLOCK;
        let flags = i32::try_from(no_waiting.bits()).expect("open flags fit into a C int");
        let opened = OpenOptions::new()
            .read(true)
            .write(true)
            .custom_flags(flags)
            .open(path);
        let not_a_port = || WireError::BadAddress {
            text: path.to_owned(),
            why: "it is not a serial port",
        };
        let file = match opened {
            Ok(file) if rustix::termios::isatty(&file) => file,
            Ok(_) => return Err(not_a_port()),
            Err(_) if Path::new(path).is_dir() => return Err(not_a_port()),
            Err(error) => return Err(refusal::by_system(path, error)),
        };
        // Whoever gets the exclusive lock has the port: mpremote and others on pyserial ask for it
        // too. Then it becomes a shared one, so that serialport, which takes a lock of its own on
        // its own handle, can have its share; asking for an exclusive one still fails.
        for lock in [
            FlockOperation::NonBlockingLockExclusive,
            FlockOperation::NonBlockingLockShared,
        ] {
            rustix::fs::flock(&file, lock).map_err(|error| refusal::by_system(path, error.into()))?;
        }
        Ok(Self { file })
    }

    /// Lets no other program open the port (TIOCEXCL; root still can) until the last handle closes.
    /// Best effort: the lock is there in any case.
    pub(super) fn keep_others_out(&self) {
        let _ = rustix::termios::ioctl_tiocexcl(&self.file);
    }

    /// Says whether the system drops DTR and RTS when the port closes, also when this program is killed.
    /// Best effort: a driver that does not know how leaves the lines as they are.
    pub(super) fn hang_up_at_close(&self, hang_up: bool) {
        let Ok(mut modes) = rustix::termios::tcgetattr(&self.file) else {
            return;
        };
        modes.control_modes.set(ControlModes::HUPCL, hang_up);
        let _ = rustix::termios::tcsetattr(&self.file, OptionalActions::Now, &modes);
    }
}
