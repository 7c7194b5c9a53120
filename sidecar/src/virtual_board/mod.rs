//! Real MicroPython behind a line with a baud rate and faults.
//! Shares no code with `repl` or `board`: a codec mistake must not cancel out.
//!
//! ```text
//! program on the host ── Host (pty, socket) ── Lane ── Line ── Lane ── Device (process with MicroPython)
//!                                              pure    thread  pure
//! ```
//!
//! The unix board is the unix port of MicroPython as a C library inside a small CPython (`python/launcher.py`),
//! which gives it what the port lacks: an interrupt character that arrives like a UART's interrupt, a soft reset that
//! keeps the REPL's mode, modules that are missing. `python/flash.py` gives it a flash and a boot sequence.
//! The micro:bit is its own firmware on an emulated chip; nothing is added.

mod device;
mod error;
mod faults;
mod firmware;
mod flash_fault;
mod host;
mod image;
mod lane;
mod line;
mod microbit;
mod profile;
mod status;

pub use error::VirtualBoardError;
pub use faults::Cut;
pub use faults::Damage;
pub use faults::Faults;
pub use faults::Stall;
pub use faults::Torn;
pub use firmware::Firmware;
pub use firmware::FtpServers;
pub use firmware::Tell;
pub use firmware::Tools;
pub use firmware::UpdateServers;
pub use flash_fault::FlashFault;
pub use flash_fault::FlashFlaw;
pub use profile::FileSystem;
pub use profile::HostSide;
pub use profile::Kind;
pub use profile::Profile;
pub use profile::parse_size;
pub use status::Status;

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::fs::File;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::path::PathBuf;
use std::process;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::sync::mpsc::Sender;
use std::thread;
use std::thread::JoinHandle;
use std::time::Duration;
use std::time::Instant;

use line::Command;
use line::Line;
use status::Shared;

/// A board without flash and with a cold disk cache starts in well under a second; a busy machine is slower.
const BOOT: Duration = Duration::from_secs(20);
/// Between two looks whether a board is quiet; nothing tells when a process begins to wait.
const LOOK: Duration = Duration::from_micros(300);
/// Folders of virtual boards in the system's temporary folder: this, the process, a number.
const FOLDER: &str = "boardside-board-";

/// A running board; dropping it ends its processes and removes what it put on the disk.
#[derive(Debug)]
pub struct VirtualBoard {
    profile: Profile,
    firmware: Firmware,
    folder: PathBuf,
    image: PathBuf,
    address: String,
    commands: Sender<Command>,
    wake: OwnedFd,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    /// Locked: one board a flash.
    _flash: Option<File>,
}

impl VirtualBoard {
    /// Starts a board and waits until it has come as far as boot.py.
    pub fn spawn(profile: &Profile, firmware: &Firmware) -> Result<Self, VirtualBoardError> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        if number == 0 {
            sweep();
        }
        let folder = env::temp_dir().join(format!("{FOLDER}{}-{number}", process::id()));
        let made = VirtualBoardError::io(format!("making {}", folder.display()));
        fs::create_dir_all(&folder).map_err(made)?;
        let started = Self::start(profile, firmware, &folder);
        if started.is_err() {
            let _ = fs::remove_dir_all(&folder);
        }
        let board = started?;
        board.wait_booted(0)?;
        Ok(board)
    }

    fn start(profile: &Profile, firmware: &Firmware, folder: &Path) -> Result<Self, VirtualBoardError> {
        let image = match &profile.image {
            Some(image) => std::path::absolute(image).map_err(VirtualBoardError::io("finding the image"))?,
            None => folder.join("flash"),
        };
        let mut profile = profile.clone();
        let mut flash = None;
        if profile.kind == Kind::Unix {
            let (size, file) = image::prepare(&image, profile.flash)?;
            profile.flash = size;
            flash = Some(file);
            if !profile.files.is_empty() {
                image::write(firmware, &image, &profile, &profile.files)?;
            }
        }
        let shared = Arc::new(Shared::default());
        let mut host = host::Host::new(profile.host.clone(), folder);
        line::plug_in(&mut host, &shared)?;
        let address = host.address().to_owned();
        let (commands, receiver) = mpsc::channel();
        let (wake, woken) = device::pair().map_err(VirtualBoardError::io("starting the line"))?;
        rustix::fs::fcntl_setfl(&woken, rustix::fs::OFlags::NONBLOCK)
            .map_err(VirtualBoardError::io("starting the line"))?;
        let line = Line {
            state: line::State::new(&profile),
            profile: profile.clone(),
            firmware: firmware.clone(),
            image: image.clone(),
            host,
            commands: receiver,
            wake: woken,
            shared: Arc::clone(&shared),
        };
        let thread = thread::Builder::new()
            .name("virtual board".to_owned())
            .spawn(move || line.run())
            .map_err(VirtualBoardError::io("starting the line"))?;
        Ok(Self {
            profile,
            firmware: firmware.clone(),
            folder: folder.to_owned(),
            image,
            address,
            commands,
            wake,
            shared,
            thread: Some(thread),
            _flash: flash,
        })
    }

    /// What a program on the host opens: the path of a serial port or unix socket, or `socket://host:port`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The board and its line right now.
    pub fn status(&self) -> Status {
        self.shared.get()
    }

    /// Waits until something is true of the board; `waiting_for` names it for the error.
    pub fn wait(
        &self,
        waiting_for: &'static str,
        limit: Duration,
        wanted: impl Fn(&Status) -> bool,
    ) -> Result<(), VirtualBoardError> {
        self.shared.wait(waiting_for, limit, wanted)
    }

    /// Takes the power away at once: nothing is flushed. The port stays, unless it is the board's own USB.
    pub fn power_off(&mut self) -> Result<(), VirtualBoardError> {
        self.ask(Command::PowerOff);
        self.wait("power-off", BOOT, |status| !status.powered)
    }

    /// Takes the power away, if there is any, and gives it back.
    pub fn power_cycle(&mut self) -> Result<(), VirtualBoardError> {
        self.power_off()?;
        let boots = self.status().boots;
        self.ask(Command::PowerOn);
        self.wait_booted(boots)
    }

    /// Pulls the cable: the port vanishes, the board keeps its power.
    pub fn unplug(&mut self) -> Result<(), VirtualBoardError> {
        self.ask(Command::Unplug);
        self.wait("unplugged port", BOOT, |status| !status.plugged)
    }

    /// Plugs the cable in again; the port has the same address.
    pub fn replug(&mut self) -> Result<(), VirtualBoardError> {
        self.ask(Command::Replug);
        self.wait("port", BOOT, |status| status.plugged)
    }

    /// Waits until the board has nothing more to do: all that it was sent has arrived and been read, and it reads from
    /// its UART again. A program that sleeps, or only prints, is never quiet. For unix boards; the micro:bit's
    /// emulator tells nothing.
    pub fn wait_quiet(&self, limit: Duration) -> Result<(), VirtualBoardError> {
        let start = Instant::now();
        while start.elapsed() < limit {
            let (answer, quiet) = mpsc::channel();
            self.ask(Command::IsQuiet(answer));
            if quiet.recv().map_err(|_| VirtualBoardError::Ended)? {
                return Ok(());
            }
            thread::sleep(LOOK);
        }
        Err(VirtualBoardError::Timeout {
            waiting_for: "quiet board",
            waited: limit,
        })
    }

    /// What is on the board, read without the code under test: path → content, folders end in `/` and are empty.
    ///
    /// The unix board's flash is read from outside by a MicroPython of its own, also while the board runs or has no
    /// power. The micro:bit is asked over its port, which must be free.
    pub fn files(&self) -> Result<BTreeMap<String, Vec<u8>>, VirtualBoardError> {
        match self.profile.kind {
            Kind::Unix => image::read(&self.firmware, &self.image, &self.profile, &self.folder),
            Kind::Microbit => microbit::files(&self.address),
        }
    }

    /// Puts a file on the flash of a unix board behind its back; it loses its power for that and boots again.
    pub fn put_file(&mut self, path: &str, bytes: &[u8]) -> Result<(), VirtualBoardError> {
        self.power_off()?;
        let boots = self.status().boots;
        let files = BTreeMap::from([(path.to_owned(), bytes.to_owned())]);
        image::write(&self.firmware, &self.image, &self.profile, &files)?;
        self.ask(Command::PowerOn);
        self.wait_booted(boots)
    }

    /// Until it has come as far as boot.py once more. What boot.py does may cost it its power at once, and a
    /// micro:bit says no more than that it has power.
    fn wait_booted(&self, before: u64) -> Result<(), VirtualBoardError> {
        self.wait("boot", BOOT, |status| status.ready || status.boots > before)
    }

    fn ask(&self, command: Command) {
        // A line that has ended shows in the status.
        let _ = self.commands.send(command);
        let _ = rustix::io::write(&self.wake, b".");
    }
}

impl Drop for VirtualBoard {
    fn drop(&mut self) {
        self.ask(Command::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Removes the folders of virtual boards that were killed.
fn sweep() {
    for entry in fs::read_dir(env::temp_dir()).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        let process = name.strip_prefix(FOLDER).and_then(|rest| rest.split('-').next());
        let process = process.and_then(|text| rustix::process::Pid::from_raw(text.parse().ok()?));
        // A process of another user answers with another error.
        let gone = |pid| rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH);
        if process.is_some_and(gone) {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}
