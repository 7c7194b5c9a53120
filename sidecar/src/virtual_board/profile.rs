//! Which board, on which line: plain data, and how its pieces are typed.
//! Starts nothing: that is `VirtualBoard::spawn`.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use crate::virtual_board::Faults;
use crate::virtual_board::VirtualBoardError;

/// Which MicroPython.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The unix port: a recent MicroPython with everything, and a flash of its own.
    Unix,
    /// The micro:bit's firmware of 2017 on an emulated Cortex-M0: as little as a board can have.
    Microbit,
}

impl Kind {
    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::Unix => "unix",
            Self::Microbit => "microbit",
        }
    }
}

impl FromStr for Kind {
    type Err = VirtualBoardError;

    fn from_str(text: &str) -> Result<Self, VirtualBoardError> {
        match text {
            "unix" => Ok(Self::Unix),
            "microbit" => Ok(Self::Microbit),
            _ => Err(VirtualBoardError::BadSpec {
                text: text.to_owned(),
                why: "a virtual board is `unix` or `microbit`",
            }),
        }
    }
}

/// What the unix board formats its flash with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileSystem {
    /// littlefs v2 on blocks of 4096 bytes: survives power cuts.
    LittleFs,
    /// FAT on blocks of 512 bytes: does not.
    Fat,
}

impl FileSystem {
    /// As it is typed.
    pub fn name(self) -> &'static str {
        match self {
            Self::LittleFs => "littlefs",
            Self::Fat => "fat",
        }
    }
}

impl FromStr for FileSystem {
    type Err = VirtualBoardError;

    fn from_str(text: &str) -> Result<Self, VirtualBoardError> {
        match text {
            "littlefs" => Ok(Self::LittleFs),
            "fat" => Ok(Self::Fat),
            _ => Err(VirtualBoardError::BadSpec {
                text: text.to_owned(),
                why: "a file system is `littlefs` or `fat`",
            }),
        }
    }
}

/// Where programs on the host find the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HostSide {
    /// A pseudo-terminal, reached by a link that stays when the board is unplugged and plugged in again.
    /// `None` makes a link in a folder of the board's own.
    Pty {
        /// Where the link goes; it must not exist, or be a link.
        link: Option<PathBuf>,
    },
    /// A unix socket, one client at a time.
    Unix(PathBuf),
    /// TCP, one client at a time; port 0 takes a free one.
    Tcp(SocketAddr),
}

/// A board to be started.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Which MicroPython.
    pub kind: Kind,
    /// Bits per second on the line, each way; `None` is as fast as it goes.
    pub baud: Option<u32>,
    /// Bytes of flash (unix only), a multiple of 4096.
    pub flash: u64,
    /// Bytes of heap (unix only). Objects are twice as big as on a 32-bit board.
    pub heap: u64,
    /// Format of the flash (unix only).
    pub file_system: FileSystem,
    /// A flash image that outlives the board (unix only); made if it is not there. `None` is a fresh one.
    pub image: Option<PathBuf>,
    /// Built-in modules that this firmware lacks (unix only), and three parts of it: `stdin.buffer` (no binary
    /// stdin), `raw-paste`, and `UART`, by which firmware of a line with a speed can give it another one
    /// (`machine.UART(0, baudrate=N)`, see `line/speed.rs`). Not `gc`, `io`, `os`, `sys` and `vfs`, which booting needs,
    /// nor modules written in Python, such as `asyncio`.
    pub without: Vec<String>,
    /// Above so many bits per second this board's UART damages what passes.
    pub max_baud: Option<u32>,
    /// The port is the board's own USB: it goes away while the board has no power, sleeps deeply or resets.
    pub native_usb: bool,
    /// The file system is mounted read-only (unix only).
    pub read_only: bool,
    /// `Status::flash_writes` counts (unix only); without, nothing slows the flash down.
    pub count_flash: bool,
    /// What goes wrong on the line.
    pub faults: Faults,
    /// Where the host finds it.
    pub host: HostSide,
    /// Files that are on the flash before the first boot, by absolute path (unix only). A path that ends in `/`
    /// is an empty folder.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Profile {
    /// 115200 baud; unix: 2 MiB littlefs, 2 MiB heap.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            baud: Some(115_200),
            flash: 2 << 20,
            heap: 2 << 20,
            file_system: FileSystem::LittleFs,
            image: None,
            without: Vec::new(),
            max_baud: None,
            native_usb: false,
            read_only: false,
            count_flash: false,
            faults: Faults::default(),
            host: HostSide::Pty { link: None },
            files: BTreeMap::new(),
        }
    }

    /// `Profile::new(Kind::Unix)`.
    pub fn unix() -> Self {
        Self::new(Kind::Unix)
    }

    /// `Profile::new(Kind::Microbit)`.
    pub fn microbit() -> Self {
        Self::new(Kind::Microbit)
    }
}

/// Reads `65536`, `64K` or `1M` as bytes.
pub fn parse_size(text: &str) -> Result<u64, VirtualBoardError> {
    let (digits, shift) = match text.to_ascii_uppercase() {
        upper if upper.ends_with('K') => (&text[..text.len() - 1], 10),
        upper if upper.ends_with('M') => (&text[..text.len() - 1], 20),
        _ => (text, 0),
    };
    digits
        .parse::<u32>()
        .ok()
        .filter(|n| *n > 0)
        .map(|n| u64::from(n) << shift)
        .ok_or_else(|| VirtualBoardError::BadSpec {
            text: text.to_owned(),
            why: "a size is a number of bytes, or one with K or M",
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_people_write_them() {
        for (text, bytes) in [("512", 512), ("64K", 65_536), ("1m", 1 << 20)] {
            assert_eq!(parse_size(text).unwrap(), bytes);
        }
        for bad in ["", "K", "-1", "0", "1G", "1é"] {
            parse_size(bad).unwrap_err();
        }
    }
}
