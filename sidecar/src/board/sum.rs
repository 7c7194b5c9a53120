//! `Sum`: the checksum that a board and the host agree on for one session.
//! Pure. The best that the firmware has; a sync never fails because one is missing.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::fmt::Write as _;

use crate::base::Fingerprint;
use crate::board::device;
use crate::board::device::Piece;

/// A checksum that a board can compute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sum {
    /// `hashlib.sha256`.
    Sha256,
    /// `binascii.crc32`, for firmware without hashlib.
    Crc32,
    /// Plain Python, for firmware without both.
    Adler32,
}

impl Sum {
    /// The next to try when the board does not have this one.
    pub(super) fn weaker(self) -> Option<Self> {
        match self {
            Self::Sha256 => Some(Self::Crc32),
            Self::Crc32 => Some(Self::Adler32),
            Self::Adler32 => None,
        }
    }

    pub(super) fn piece(self) -> Piece {
        match self {
            Self::Sha256 => device::SUM_SHA256,
            Self::Crc32 => device::SUM_CRC32,
            Self::Adler32 => device::SUM_ADLER32,
        }
    }

    /// Can a board with this sum make the lines of its manifest? They begin with SHA-256.
    pub(super) fn in_recipes(self) -> bool {
        self == Self::Sha256
    }

    /// The bytes of this sum of a file.
    pub fn of(self, print: &Fingerprint) -> Vec<u8> {
        match self {
            Self::Sha256 => print.sha256.0.to_vec(),
            Self::Crc32 => print.crc32.to_be_bytes().to_vec(),
            Self::Adler32 => print.adler32.to_be_bytes().to_vec(),
        }
    }

    /// The same in hex, as boards say it.
    pub fn hex(self, print: &Fingerprint) -> String {
        let mut hex = String::new();
        for byte in self.of(print) {
            write!(hex, "{byte:02x}").expect("writing to a String cannot fail");
        }
        hex
    }
}
