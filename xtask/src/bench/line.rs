//! The lines between host and board that are measured. Only data: the virtual board paces them.

use std::time::Duration;

use boardside::virtual_board::Kind;
use boardside::virtual_board::Profile;

/// How fast, and to which board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Line {
    /// Bits per second, each way.
    Baud(u32),
    /// As with a board that has USB itself: no speed, but an answer takes its time.
    Usb,
    /// 115200 baud, and a heap that is about 32 KiB of a 32-bit board. Of Boardside only.
    SmallHeap,
    /// 115200 baud to a micro:bit, which has only a raw REPL. Of Boardside only.
    Microbit,
}

pub(super) const LINES: [Line; 6] = [
    Line::Baud(115_200),
    Line::Baud(460_800),
    Line::Baud(921_600),
    Line::Usb,
    Line::SmallHeap,
    Line::Microbit,
];

/// From the host's byte to the board's answer that it could hear at the soonest. Half of it is spent each way.
const TURN_ROUND: Duration = Duration::from_millis(1);
const SLOW: u32 = 115_200;
const SMALL_HEAP: u64 = 64 << 10;
/// 500 files are 500 blocks of littlefs, each 4 KiB.
const FLASH: u64 = 4 << 20;

impl Line {
    /// As it is typed and stored.
    pub(super) fn key(self) -> String {
        match self {
            Self::Baud(baud) => baud.to_string(),
            Self::Usb => "usb".to_owned(),
            Self::SmallHeap => "heap-64K".to_owned(),
            Self::Microbit => "microbit".to_owned(),
        }
    }

    pub(super) fn from_key(key: &str) -> Option<Self> {
        match key {
            "usb" => Some(Self::Usb),
            "heap-64K" => Some(Self::SmallHeap),
            "microbit" => Some(Self::Microbit),
            _ => key.parse().ok().map(Self::Baud),
        }
    }

    /// For people.
    pub(super) fn name(self) -> String {
        match self {
            Self::Baud(baud) => format!("{baud} baud"),
            Self::Usb => "no speed, 1 ms turn-round (USB)".to_owned(),
            Self::SmallHeap => "115200 baud, heap 64K".to_owned(),
            Self::Microbit => "115200 baud, micro:bit".to_owned(),
        }
    }

    /// Bits per second.
    pub(super) fn baud(self) -> Option<u32> {
        match self {
            Self::Baud(baud) => Some(baud),
            Self::Usb => None,
            Self::SmallHeap | Self::Microbit => Some(SLOW),
        }
    }

    /// The least time for so many compressed bytes; ten bits a byte: start, eight, stop.
    pub(super) fn limit(self, bytes: u64) -> Option<Duration> {
        if self == Self::Microbit {
            return None; // it cannot decompress
        }
        let baud = u64::from(self.baud()?);
        Some(Duration::from_micros(bytes * 10_000_000 / baud))
    }

    /// Which MicroPython is at its end.
    pub(super) fn kind(self) -> Kind {
        match self {
            Self::Microbit => Kind::Microbit,
            _ => Kind::Unix,
        }
    }

    pub(super) fn profile(self) -> Profile {
        let mut profile = Profile::new(self.kind());
        profile.baud = self.baud();
        profile.flash = FLASH;
        match self {
            Self::Baud(_) | Self::Microbit => {}
            Self::Usb => profile.faults.delay = TURN_ROUND / 2,
            Self::SmallHeap => profile.heap = SMALL_HEAP,
        }
        profile
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_byte_is_ten_bits_on_a_line_and_nothing_without_a_speed() {
        assert_eq!(Line::Baud(115_200).limit(11_520), Some(Duration::from_secs(1)));
        assert_eq!(Line::SmallHeap.limit(1_152), Some(Duration::from_millis(100)));
        assert_eq!(Line::Usb.limit(11_520), None);
        assert_eq!(Line::Microbit.limit(11_520), None);
    }

    #[test]
    fn a_line_is_read_as_it_is_stored() {
        for line in LINES.into_iter().chain([Line::Baud(9_600)]) {
            assert_eq!(Line::from_key(&line.key()), Some(line));
        }
        assert_eq!(Line::from_key("fast"), None);
    }
}
