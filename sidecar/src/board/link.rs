//! `Link`: a reliable stream of bytes to the agent: frames, room for them, acknowledgements, sending again.
//! Pure: no wire and no clock. `device/agent.py` is the other end and describes the frame.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

#[cfg(any(test, feature = "fuzzing"))]
pub(super) mod agent_model;

use std::collections::VecDeque;

const START: u8 = 2;
const INTERRUPT: u8 = 3;
const FIRST: u8 = 0x20;
/// Start, number, stand-in and length.
const HEAD: usize = 5;
/// CRC-32.
const SUM: usize = 4;
/// The agent's numbers count to 64; never more frames than half of that are under way.
const AT_ONCE: usize = 32;
/// The smallest frame on the worst line.
const SMALLEST: usize = 40;
/// After so many frames without a drop they may be longer again.
const GOOD: usize = 16;

/// Sends a stream of bytes in frames, never more at once than the board can hold unread.
#[derive(Debug)]
pub(super) struct Link {
    waiting: VecDeque<u8>,
    /// Frames that were made and are not acknowledged.
    sent: VecDeque<Frame>,
    next: u8,
    /// What goes on the wire next: byte `byte` of the frame `at` of `sent`.
    at: usize,
    byte: usize,
    /// The frame that the agent reads now, and how many pieces of it it has read.
    reading: usize,
    pieces: usize,
    piece: usize,
    room: usize,
    largest: usize,
    longest: usize,
    /// The first frame was dropped: the agent still has so many to drop before it is sent again.
    dropping: Option<usize>,
    /// So often the first frame was dropped, and so many frames arrived since the last drop.
    drops: u32,
    good: usize,
    asked: bool,
    acked: u64,
    resent: u64,
}

#[derive(Debug)]
struct Frame {
    number: u8,
    bytes: Vec<u8>,
    payload: Vec<u8>,
}

impl Link {
    /// `room` is how many bytes the board can hold that it has not read, `piece` after how many bytes of a frame
    /// the agent says that it has read them, `longest` the most that a frame may carry, its sum included.
    pub(super) fn new(room: usize, piece: usize, longest: usize) -> Self {
        Self {
            waiting: VecDeque::new(),
            sent: VecDeque::new(),
            next: FIRST,
            at: 0,
            byte: 0,
            reading: 0,
            pieces: 0,
            piece,
            room,
            largest: longest,
            longest,
            dropping: None,
            drops: 0,
            good: 0,
            asked: false,
            acked: 0,
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
        self.sent.is_empty() && self.waiting.is_empty()
    }

    /// Will the line soon have nothing to do?
    pub(super) fn is_idle(&self) -> bool {
        self.at == self.sent.len() && self.unread() < self.room / 2
    }

    /// Is there less in hand than a whole frame?
    pub(super) fn is_hungry(&self) -> bool {
        self.waiting.len() < self.largest
    }

    /// The bytes that may go on the wire now. `last` lets a frame go that is not full.
    pub(super) fn next_bytes(&mut self, last: bool) -> Option<Vec<u8>> {
        if self.asked || (self.dropping.is_some() && self.byte == 0) {
            return None;
        }
        if self.at == self.sent.len() {
            if self.waiting.is_empty() || (self.is_hungry() && !last) || self.sent.len() == AT_ONCE {
                return None;
            }
            let frame = frame(self.next, self.waiting.make_contiguous(), self.largest);
            self.waiting.drain(..frame.payload.len());
            self.sent.push_back(frame);
            self.next = after(self.next);
        }
        let left = &self.sent[self.at].bytes[self.byte..];
        let now = left.len().min(self.room.saturating_sub(self.unread()));
        if now == 0 {
            return None;
        }
        let bytes = left[..now].to_vec();
        self.byte += now;
        if self.byte == self.sent[self.at].bytes.len() {
            self.at += 1;
            self.byte = 0;
        }
        Some(bytes)
    }

    /// The agent has read a piece of a frame.
    pub(super) fn has_room(&mut self) {
        self.pieces += 1;
    }

    /// The agent has read a whole frame, and has everything before the frame with this number.
    pub(super) fn acknowledge(&mut self, expected: u8) {
        self.pieces = 0;
        self.reading += 1;
        let taken = if expected == self.next {
            self.sent.len()
        } else if let Some(at) = self.sent.iter().position(|frame| frame.number == expected) {
            at
        } else {
            return;
        };
        if self.asked {
            self.forget(taken);
            self.begin_again();
        } else if taken > 0 {
            self.forget(taken);
        } else if !self.sent.is_empty() {
            self.drop_first();
        }
    }

    /// Asks an agent that has read everything whether it still works: it answers when it reads on. Ctrl-A in front:
    /// where there is no agent any more, the board says that it is at its prompt.
    pub(super) fn question(&self) -> Vec<u8> {
        question(self.next)
    }

    /// Nothing came for too long: bytes that end whatever the agent waits for, and a frame that it will
    /// refuse with the number that it wants.
    pub(super) fn prod(&mut self) -> Vec<u8> {
        self.asked = true;
        let mut bytes = vec![0; self.longest];
        let wanted = self.sent.front().map_or(self.next, |frame| frame.number);
        bytes.extend(frame(before(wanted), b"", self.largest).bytes);
        bytes
    }

    /// Takes frames that the agent has off the list.
    fn forget(&mut self, count: usize) {
        for frame in self.sent.drain(..count) {
            self.acked += frame.payload.len() as u64;
        }
        if self.at < count {
            self.byte = 0; // The agent has more than we remember to have sent: noise.
        }
        self.at = self.at.saturating_sub(count);
        self.reading = self.reading.saturating_sub(count).min(self.at);
        if count > 0 {
            self.drops = 0;
            self.dropping = None;
            self.good += count;
        }
        if self.good >= GOOD {
            self.good = 0;
            self.largest = (2 * self.largest).min(self.longest);
        }
    }

    /// The agent dropped the first frame. It will drop those behind it too: they go to their end, and when it has
    /// answered all of them, the first is sent again.
    fn drop_first(&mut self) {
        let left = match self.dropping {
            Some(left) => left.saturating_sub(1),
            None => (self.at + usize::from(self.byte > 0)).saturating_sub(1),
        };
        self.dropping = Some(left);
        if left == 0 && self.byte == 0 {
            self.drops += 1;
            if self.drops == 1 {
                self.rewind();
            }
            // Dropped twice: the line is worse than the frame is long. Only silence, and then an answer, tells for
            // certain what the agent has, and frames with the same numbers may be made anew.
        }
    }

    fn rewind(&mut self) {
        self.resent += self.at as u64;
        self.at = 0;
        self.byte = 0;
        self.reading = 0;
        self.dropping = None;
    }

    /// After an answer to a prod nothing is under way any more.
    fn begin_again(&mut self) {
        self.asked = false;
        self.rewind();
        let Some(first) = self.sent.front() else { return };
        self.next = first.number;
        self.drops = 0;
        self.good = 0;
        self.largest = (self.largest / 4).max(SMALLEST);
        for frame in self.sent.drain(..).rev() {
            for byte in frame.payload.into_iter().rev() {
                self.waiting.push_front(byte);
            }
        }
    }

    /// Bytes on the wire that the agent has not read, as far as we know.
    fn unread(&self) -> usize {
        let frames = self.sent.range(self.reading.min(self.at)..self.at);
        let on_wire: usize = frames.map(|frame| frame.bytes.len()).sum::<usize>() + self.byte;
        let read = if self.pieces > 0 {
            HEAD + self.pieces * self.piece
        } else {
            0
        };
        on_wire.saturating_sub(read)
    }
}

/// `Link::question` of an agent that has read nothing yet.
pub(super) fn first_question() -> Vec<u8> {
    question(FIRST)
}

fn question(next: u8) -> Vec<u8> {
    let mut bytes = vec![1];
    bytes.extend(frame(before(next), b"", SMALLEST).bytes);
    bytes
}

fn after(number: u8) -> u8 {
    FIRST + ((number - FIRST + 1) & 63)
}

fn before(number: u8) -> u8 {
    FIRST + ((number - FIRST + 63) & 63)
}

/// A frame of at most `largest` bytes behind its head, with as much of `payload` as fits.
fn frame(number: u8, payload: &[u8], largest: usize) -> Frame {
    let mut take = payload.len().min(largest - SUM);
    loop {
        let payload = &payload[..take];
        let mut sum = crc32fast::Hasher::new_with_initial(u32::from(number));
        sum.update(payload);
        let sum = sum.finalize().to_le_bytes();
        let length = take + SUM;
        let Some(stand_in) = absent(payload, &sum) else {
            take -= take / 8;
            continue;
        };
        let mut bytes = Vec::with_capacity(HEAD + length);
        let seven_bits = |part: usize| 0x80 | u8::try_from(part & 0x7f).expect("seven bits");
        bytes.extend([
            START,
            number,
            stand_in,
            seven_bits(length >> 7),
            seven_bits(length),
        ]);
        let plain = payload.iter().chain(&sum);
        bytes.extend(plain.map(|byte| if *byte == INTERRUPT { stand_in } else { *byte }));
        return Frame {
            number,
            bytes,
            payload: payload.to_vec(),
        };
    }
}

/// A byte that occurs nowhere in the frame. There is one in any frame of less than 255 bytes, and in most of a
/// thousand.
fn absent(payload: &[u8], sum: &[u8]) -> Option<u8> {
    let mut there = [false; 256];
    there[usize::from(INTERRUPT)] = true;
    for byte in payload.iter().chain(sum) {
        there[usize::from(*byte)] = true;
    }
    (0..=u8::MAX).rev().find(|byte| !there[usize::from(*byte)])
}

#[cfg(test)]
#[path = "link/tests.rs"]
mod tests;
