//! Virtual boards for every chapter: firmware installed once, and a plain serial port to talk through.
//! No MicroPython client: chapters that test one bring it.

use std::fs::File;
use std::io::Read;
use std::io::Write;
use std::path::Path;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;
use std::time::Instant;

use boardside::virtual_board::Firmware;
use boardside::virtual_board::Kind;
use boardside::virtual_board::Profile;
use boardside::virtual_board::Tools;
use boardside::virtual_board::VirtualBoard;
use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::Timespec;
use rustix::fs::Mode;
use rustix::fs::OFlags;

/// Longer than anything takes here, also on a busy machine.
pub(crate) const LIMIT: Duration = Duration::from_secs(15);

/// What a board's firmware prints before `>>> `.
pub(crate) const HELP: &str = "Type \"help()\" for more information.\r\n>>> ";

/// Where firmware and tools are installed.
pub(crate) fn target() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    root.join("target")
}

/// The unix port, installed by the first test that asks.
pub(crate) fn unix() -> &'static Firmware {
    static UNIX: OnceLock<Firmware> = OnceLock::new();
    UNIX.get_or_init(|| Firmware::install(Kind::Unix, &target(), &mut |line| eprintln!("{line}")).unwrap())
}

/// The micro:bit, installed by the first test that asks.
pub(crate) fn microbit() -> &'static Firmware {
    static MICROBIT: OnceLock<Firmware> = OnceLock::new();
    MICROBIT.get_or_init(|| {
        Firmware::install(Kind::Microbit, &target(), &mut |line| eprintln!("{line}")).unwrap()
    })
}

/// mpremote and pyserial.
pub(crate) fn tools() -> &'static Tools {
    static TOOLS: OnceLock<Tools> = OnceLock::new();
    TOOLS.get_or_init(|| Tools::install(&target().join("tools"), &mut |line| eprintln!("{line}")).unwrap())
}

/// A unix board without a speed limit.
pub(crate) fn fast() -> Profile {
    Profile {
        baud: None,
        ..Profile::unix()
    }
}

/// Starts a board of this profile.
pub(crate) fn start(profile: &Profile) -> VirtualBoard {
    let firmware = match profile.kind {
        Kind::Unix => unix(),
        Kind::Microbit => microbit(),
    };
    VirtualBoard::spawn(profile, firmware).unwrap()
}

/// An open serial port.
pub(crate) struct Port(File);

impl Port {
    /// Opens a board's port.
    pub(crate) fn open(board: &VirtualBoard) -> Self {
        Self::at(Path::new(board.address()))
    }

    /// Opens the port of a board in another process.
    pub(crate) fn at(address: &Path) -> Self {
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let port = rustix::fs::open(address, flags, Mode::empty()).unwrap();
        Self(port.into())
    }

    /// Gives this end of the line another speed.
    pub(crate) fn set_baud(&mut self, baud: u32) {
        let mut modes = rustix::termios::tcgetattr(&self.0).unwrap();
        modes.set_speed(baud).unwrap();
        rustix::termios::tcsetattr(&self.0, rustix::termios::OptionalActions::Now, &modes).unwrap();
    }

    /// Sends bytes.
    pub(crate) fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.0.write_all(bytes.as_ref()).unwrap();
    }

    /// Everything up to and with `end`.
    pub(crate) fn until(&mut self, end: &str) -> String {
        let (text, found) = self.gather(end, LIMIT);
        assert!(found, "no {end:?} in {text:?}");
        text
    }

    /// Sends, and answers everything up to and with `end`.
    pub(crate) fn ask(&mut self, bytes: impl AsRef<[u8]>, end: &str) -> String {
        self.send(bytes);
        self.until(end)
    }

    /// As people press Ctrl-C: again if nothing came of it. The unix port loses one that comes after it looked for
    /// signals and before it waits for input.
    pub(crate) fn press_until(&mut self, key: &str, end: &str) -> String {
        let mut all = String::new();
        for _ in 0..10 {
            self.send(key);
            let (text, found) = self.gather(end, Duration::from_secs(2));
            all.push_str(&text);
            if found {
                return all;
            }
        }
        panic!("no {end:?} in {all:?}");
    }

    /// Did `end` come before the board lost its power?
    pub(crate) fn until_lost(&mut self, board: &VirtualBoard, end: &str) -> bool {
        let start = Instant::now();
        let mut all = String::new();
        loop {
            let powered = board.status().powered; // first, or its last words would be missed
            all.push_str(&self.gather("\n", Duration::from_millis(10)).0);
            if all.ends_with(end) {
                return true;
            }
            if !powered {
                return false;
            }
            assert!(start.elapsed() < LIMIT, "no {end:?} in {all:?}");
        }
    }

    /// The next `n` bytes.
    pub(crate) fn take(&mut self, n: usize) -> String {
        let mut bytes = vec![0; n];
        self.0.read_exact(&mut bytes).unwrap();
        bytes.into_iter().map(char::from).collect()
    }

    /// Whatever comes until the port hangs up.
    pub(crate) fn until_hang_up(&mut self) -> String {
        self.gather("\0never\0", LIMIT).0
    }

    fn gather(&mut self, end: &str, limit: Duration) -> (String, bool) {
        let start = Instant::now();
        let mut got = String::new(); // a character for each byte
        let mut byte = [0];
        while !got.ends_with(end) {
            let left = Timespec::try_from(limit.saturating_sub(start.elapsed())).unwrap();
            let ready = rustix::event::poll(&mut [PollFd::new(&self.0, PollFlags::IN)], Some(&left)).unwrap();
            if ready == 0 || self.0.read(&mut byte).unwrap_or(0) == 0 {
                return (got, false);
            }
            got.push(char::from(byte[0]));
        }
        (got, true)
    }
}
