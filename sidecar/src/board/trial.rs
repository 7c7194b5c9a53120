//! `Trial`: a test file is written, read back and compared, to tell a flash that is full from one that fails.
//! Leaves nothing behind.

use crate::board::Board;
use crate::board::BoardError;
use crate::board::Kind;
use crate::board::device;
use crate::board::files::FOLDER;
use crate::board::unclear;

/// Bytes that are compared at once.
const PIECE: u64 = 256;
/// More than one block, also of a file system with large ones.
const BLOCKS: u64 = 3;

/// What became of a test file.
#[derive(Debug)]
pub enum Trial {
    /// Everything was read back as it was written.
    Kept {
        /// Bytes.
        size: u64,
    },
    /// The board raised nothing, and gave back something else.
    Lost {
        /// Bytes of the pieces that were wrong.
        wrong: u64,
        /// Bytes.
        size: u64,
    },
    /// The board raised this.
    Refused(BoardError),
    /// The firmware is too small to ask.
    NotTried,
}

impl Board {
    /// Writes a file of a few kB in Boardside's folder, reads it back, compares it and removes it.
    pub async fn try_storage(&mut self) -> Result<Trial, BoardError> {
        if self.kind().await? == Kind::Flat {
            return Ok(Trial::NotTried);
        }
        self.facts = None;
        let facts = self.facts().await?;
        let (block, free, _) = facts.flash.unwrap_or((4096, 8192, 0));
        // Where little is free the file must not be what fills it.
        let size = (BLOCKS * block).clamp(4096, 16_384).min(free / 2);
        let pieces = (size / PIECE).max(1);
        let values = [("A", pieces.to_string())];
        let lines = self.ask(&[device::PLACE, device::WRITABLE], &values).await?;
        let said = lines.first().and_then(|line| line.strip_prefix("a "));
        let numbers = said.and_then(|said| {
            let (errno, wrong) = said.split_once(' ')?;
            Some((errno.parse::<i32>().ok()?, wrong.parse::<u64>().ok()?))
        });
        Ok(match numbers.ok_or_else(|| unclear(&lines))? {
            (0, 0) => Trial::Kept { size: pieces * PIECE },
            (0, wrong) => Trial::Lost {
                wrong: wrong * PIECE,
                size: pieces * PIECE,
            },
            // Our own file was there a moment ago.
            (2, _) => Trial::Lost {
                wrong: pieces * PIECE,
                size: pieces * PIECE,
            },
            (errno, _) => Trial::Refused(BoardError::from_errno(errno, FOLDER)),
        })
    }
}
