//! What `device/agent.py` does with frames, in Rust. For tests and `fuzzing`; written from the description there, not
//! from `link`.

use std::collections::VecDeque;

use crate::board::link::FIRST;
use crate::board::link::HEAD;
use crate::board::link::INTERRUPT;
use crate::board::link::START;
use crate::board::link::SUM;

/// Its largest frame, and after how many bytes it says that it has room.
pub(in crate::board) const LONGEST: usize = 300;
pub(in crate::board) const PIECE: usize = 50;

/// What `device/agent.py` does, byte by byte.
#[derive(Default)]
pub(in crate::board) struct Agent {
    /// What lies in the receive buffer.
    pub(in crate::board) unread: VecDeque<u8>,
    /// The frame that it reads now.
    frame: Vec<u8>,
    /// The stream, as far as it arrived.
    pub(in crate::board) taken: Vec<u8>,
    count: u8,
}

/// What it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::board) enum Answer {
    /// A piece of a frame was read.
    Room,
    /// A frame was read, and this number comes next.
    Expects(u8),
}

impl Agent {
    /// Reads all that came, gives the answers.
    pub(in crate::board) fn run(&mut self) -> Vec<Answer> {
        let mut answers = Vec::new();
        while let Some(byte) = self.unread.pop_front() {
            if self.frame.is_empty() && byte != START {
                continue;
            }
            self.frame.push(byte);
            if self.frame.len() < HEAD {
                continue;
            }
            let length = usize::from(self.frame[3] & 127) << 7 | usize::from(self.frame[4] & 127);
            let read = self.frame.len() - HEAD;
            if length > LONGEST {
                self.frame.clear();
            } else if read < length {
                if read > 0 && read.is_multiple_of(PIECE) {
                    answers.push(Answer::Room);
                }
            } else {
                let frame = std::mem::take(&mut self.frame);
                self.take(&frame);
                answers.push(Answer::Expects(FIRST + self.count));
            }
        }
        answers
    }

    fn take(&mut self, frame: &[u8]) {
        let undo = |byte: &u8| if *byte == frame[2] { INTERRUPT } else { *byte };
        let plain: Vec<u8> = frame[HEAD..].iter().map(undo).collect();
        let expected = FIRST + self.count;
        if frame[1] == expected && plain.len() > SUM {
            let (payload, sum) = plain.split_at(plain.len() - SUM);
            let mut crc = crc32fast::Hasher::new_with_initial(u32::from(expected));
            crc.update(payload);
            if crc.finalize().to_le_bytes() == sum {
                self.taken.extend(payload);
                self.count = (self.count + 1) & 63;
            }
        }
    }
}
