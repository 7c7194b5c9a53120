//! `Link`: a reliable stream of bytes to the agent: frames, acknowledgements, sending again.
//! Pure: no wire and no clock. `device/stream.py` is the other end and describes the frame.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::collections::VecDeque;

const START: u8 = 2;
const FIRST: u8 = 0x20;
const ESCAPE: u8 = 0x1b;
/// Longer than any frame: what the agent may still wait for after a byte was lost.
const FILLER: usize = 260;

/// Sends a stream of bytes in frames, never more at once than the board can hold unread.
#[derive(Debug)]
pub(super) struct Link {
    waiting: VecDeque<u8>,
    sent: VecDeque<Frame>,
    next: u8,
    /// How many of `sent` are on the wire since the last acknowledgement or rewind.
    on_wire: usize,
    largest: usize,
    room: usize,
    acked: u64,
    rewound: bool,
    resent: u64,
}

#[derive(Debug)]
struct Frame {
    number: u8,
    bytes: Vec<u8>,
    payload: usize,
}

impl Link {
    /// `room` is how many bytes the board can hold that it has not read.
    pub(super) fn new(room: usize) -> Self {
        Self {
            waiting: VecDeque::new(),
            sent: VecDeque::new(),
            next: FIRST,
            on_wire: 0,
            largest: (room / 2).clamp(32, 250),
            room,
            acked: 0,
            rewound: false,
            resent: 0,
        }
    }

    /// Adds bytes to the stream.
    pub(super) fn queue(&mut self, bytes: &[u8]) {
        self.waiting.extend(bytes);
    }

    /// Bytes of the stream that the agent has taken.
    pub(super) fn acked(&self) -> u64 {
        self.acked
    }

    /// Frames that had to be sent again.
    pub(super) fn resent(&self) -> u64 {
        self.resent
    }

    /// Nothing is on its way that the agent has not taken.
    pub(super) fn is_settled(&self) -> bool {
        self.sent.is_empty()
    }

    /// Is there less in hand than a whole frame?
    pub(super) fn is_hungry(&self) -> bool {
        self.waiting.len() < self.largest
    }

    /// The bytes that may go on the wire now. `last` lets a frame go that is not full.
    pub(super) fn next_frame(&mut self, last: bool) -> Option<Vec<u8>> {
        if self.on_wire < self.sent.len() {
            if self.on_wire > 0 && self.in_flight() + self.sent[self.on_wire].bytes.len() > self.room {
                return None;
            }
            self.on_wire += 1;
            self.resent += 1;
            return Some(self.sent[self.on_wire - 1].bytes.clone());
        }
        if self.waiting.is_empty() || (self.is_hungry() && !last) {
            return None;
        }
        if self.on_wire > 0 && self.in_flight() + self.largest > self.room {
            return None;
        }
        let (bytes, payload) = frame(self.next, self.waiting.make_contiguous(), self.largest);
        self.waiting.drain(..payload);
        self.sent.push_back(Frame {
            number: self.next,
            bytes: bytes.clone(),
            payload,
        });
        self.next = after(self.next);
        self.on_wire += 1;
        Some(bytes)
    }

    /// The agent has everything before the frame with this number.
    pub(super) fn acknowledge(&mut self, expected: u8) {
        if expected == self.next {
            self.forget(self.sent.len());
        } else if let Some(at) = self.sent.iter().position(|frame| frame.number == expected) {
            if at > 0 {
                self.forget(at);
            } else if !self.rewound {
                // It dropped the first one: from there on again, once for each time.
                self.on_wire = 0;
                self.rewound = true;
            }
        }
    }

    /// Nothing came for too long: bytes that end whatever the agent waits for, and a frame that it will
    /// refuse with the number that it wants.
    pub(super) fn prod(&mut self) -> Vec<u8> {
        self.rewound = false;
        let mut bytes = vec![0; FILLER];
        let stale = if self.sent.is_empty() {
            before(self.next)
        } else {
            before(self.sent[0].number)
        };
        bytes.extend(frame(stale, b"", self.largest).0);
        bytes
    }

    fn forget(&mut self, count: usize) {
        for frame in self.sent.drain(..count) {
            self.acked += frame.payload as u64;
        }
        self.on_wire = self.on_wire.saturating_sub(count);
        self.rewound = false;
    }

    fn in_flight(&self) -> usize {
        self.sent
            .iter()
            .take(self.on_wire)
            .map(|frame| frame.bytes.len())
            .sum()
    }
}

fn after(number: u8) -> u8 {
    FIRST + ((number - FIRST + 1) & 63)
}

fn before(number: u8) -> u8 {
    FIRST + ((number - FIRST + 63) & 63)
}

/// A frame of at most `largest` bytes, and how many bytes of `payload` it carries.
fn frame(number: u8, payload: &[u8], largest: usize) -> (Vec<u8>, usize) {
    let mut take = payload.len().min(largest - 7);
    loop {
        let mut sum = crc32fast::Hasher::new_with_initial(u32::from(number));
        sum.update(&payload[..take]);
        let sum = sum.finalize().to_le_bytes();
        let mut bytes = vec![START, number, 0];
        for byte in payload[..take].iter().chain(&sum) {
            match byte {
                3 => bytes.extend([ESCAPE, 1]),
                &ESCAPE => bytes.extend([ESCAPE, 2]),
                byte => bytes.push(*byte),
            }
        }
        let over = bytes.len().saturating_sub(largest);
        // Length 3 cannot be: the sum alone is 4 bytes. 0x03 would interrupt the agent.
        if over == 0 || take == 0 {
            bytes[2] = u8::try_from(bytes.len() - 3).expect("a frame is at most 255 bytes");
            return (bytes, take);
        }
        take -= over.div_ceil(2).min(take);
    }
}

#[cfg(test)]
#[path = "link/tests.rs"]
mod tests;
