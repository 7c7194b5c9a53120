//! What is wrong with a board's flash, as plain data, and how it is typed: `lose=40`, `flip=1/9`, `protect=EROFS`.
//! Pure: `python/flash.py` applies it. Not a power cut, which is a fault of the whole board.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

/// Never again: an operation that is hit once.
const NEVER: u32 = 1 << 29;

/// What a write or erase does when it is hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlashFlaw {
    /// The flash says that it is full (ENOSPC), whatever the file system believes.
    Full,
    /// Nothing, and says nothing: what is read is what was there before.
    Lose,
    /// Stores one wrong bit. Erases are not hit.
    Flip,
    /// Raises `OSError` with this errno.
    Refuse(u8),
}

/// A flaw, and which operations it hits. Writes and erases are counted from 0 each time the board has mounted its
/// file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlashFault {
    /// What happens.
    pub flaw: FlashFlaw,
    /// The first operation that is hit.
    pub first: u32,
    /// Then every so many; 1 is all.
    pub every: u32,
}

impl FlashFault {
    /// What is typed as `name=value`.
    pub(super) fn parse(name: &str, value: &str) -> Option<Self> {
        let flaw = match name {
            "full" => FlashFlaw::Full,
            "lose" => FlashFlaw::Lose,
            "flip" => FlashFlaw::Flip,
            "eio" => FlashFlaw::Refuse(5),
            "protect" => return Some(Self::from(FlashFlaw::Refuse(errno(value)?), 0)),
            _ => return None,
        };
        if let Some(rate) = value.strip_prefix("1/") {
            let every: u32 = rate.parse().ok().filter(|n| *n > 0)?;
            return Some(Self {
                flaw,
                first: every - 1,
                every,
            });
        }
        let first = value.parse().ok()?;
        Some(match flaw {
            FlashFlaw::Full | FlashFlaw::Lose => Self::from(flaw, first),
            FlashFlaw::Flip | FlashFlaw::Refuse(_) => Self {
                flaw,
                first,
                every: NEVER,
            },
        })
    }

    fn from(flaw: FlashFlaw, first: u32) -> Self {
        Self {
            flaw,
            first,
            every: 1,
        }
    }

    /// What `flash.py` is told: the flaw's letter, or its errno, the first operation and the distance.
    pub(super) fn argument(fault: Option<Self>) -> String {
        let Some(Self { flaw, first, every }) = fault else {
            return String::new();
        };
        let flaw = match flaw {
            FlashFlaw::Full => "full".to_owned(),
            FlashFlaw::Lose => "lose".to_owned(),
            FlashFlaw::Flip => "flip".to_owned(),
            FlashFlaw::Refuse(errno) => errno.to_string(),
        };
        format!("{flaw} {first} {every}")
    }
}

/// With what firmware refuses writes: `py/mperrno.h`.
fn errno(text: &str) -> Option<u8> {
    match text {
        "EPERM" => Some(1),
        "EIO" => Some(5),
        "EACCES" => Some(13),
        "ENODEV" => Some(19),
        "EROFS" => Some(30),
        number => number.parse().ok().filter(|errno| *errno > 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flash_fault_hits_one_operation_or_all_from_it_or_one_in_so_many() {
        for (name, value, argument) in [
            ("full", "40", "full 40 1"),
            ("lose", "3", "lose 3 1"),
            ("lose", "1/9", "lose 8 9"),
            ("flip", "7", "flip 7 536870912"),
            ("eio", "1/2", "5 1 2"),
            ("protect", "EROFS", "30 0 1"),
            ("protect", "13", "13 0 1"),
        ] {
            let fault = FlashFault::parse(name, value);
            assert_eq!(FlashFault::argument(fault), argument, "{name}={value}");
        }
        for (name, bad) in [
            ("lose", "1/0"),
            ("lose", "2/9"),
            ("protect", "EVIL"),
            ("eio", ""),
            ("drop", "9"),
        ] {
            assert_eq!(FlashFault::parse(name, bad), None, "{name}={bad}");
        }
    }
}
