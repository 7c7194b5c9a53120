//! What comes from the board while the stream agent runs: acknowledgements, lines, its end, and prints of
//! timers and threads in between. Pure.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::repl::Answer;
use crate::repl::Answers;

const ROOM: u8 = 5;
const ACK: u8 = 6;
const END: u8 = 4;
/// What the REPL says when it is asked or the board has booted, and no agent ever.
const PROMPTS: [&[u8]; 2] = [b"CTRL-B to exit\r\n>", b"\r\n>>> "];

/// One thing that came.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The agent has read a piece of a frame.
    Room,
    /// The agent has read a frame, and has everything before the one with this number.
    Ack(u8),
    /// The agent said a line.
    Line(String),
    /// The agent ended with this traceback, empty if it ended well.
    Ended(Vec<u8>),
}

/// Takes bytes as they come, gives events when they are whole.
#[derive(Debug, Default)]
pub(super) struct Incoming {
    answers: Answers,
    other: Vec<u8>,
    /// The end of what came, shorter than a prompt.
    tail: Vec<u8>,
    at_prompt: bool,
}

impl Incoming {
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.answers.push(bytes);
        self.tail.extend_from_slice(bytes);
        self.at_prompt |= PROMPTS
            .iter()
            .any(|prompt| self.tail.windows(prompt.len()).any(|bytes| bytes == *prompt));
        let past = self.tail.len().saturating_sub(PROMPTS[0].len() - 1);
        self.tail.drain(..past);
    }

    /// The board is at its prompt, and the word that the agent had ended was lost.
    pub(super) fn is_at_prompt(&self) -> bool {
        self.at_prompt
    }

    pub(super) fn next_event(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.in_other() {
                return Some(event);
            }
            match self.answers.next_answer()? {
                Answer::Line(line) => return Some(Event::Line(line)),
                Answer::Other(bytes) => self.other.extend(bytes),
            }
        }
    }

    fn in_other(&mut self) -> Option<Event> {
        loop {
            let at = self.other.iter().position(|b| matches!(*b, ROOM | ACK | END));
            self.other.drain(..at.unwrap_or(self.other.len()));
            let first = *self.other.first()?;
            let event = if first == ROOM {
                Some((Event::Room, 1))
            } else if first == ACK {
                let [_, number, check, ..] = self.other[..] else {
                    return None;
                };
                is_answer(&[first, number, check]).then_some((Event::Ack(number), 3))
            } else if !matches!(*self.other.get(1)?, END | b'A'..=b'Z')
                || self.other.windows(3).any(is_answer)
            {
                // Noise: an end is followed by another, or by the name of an exception; and an agent that has ended
                // answers nothing any more.
                None
            } else {
                let end = self.other[1..].iter().position(|b| *b == END)? + 1;
                let prompt = self.other.get(end + 1)?;
                (*prompt == b'>').then(|| (Event::Ended(self.other[1..end].to_vec()), end + 2))
            };
            let Some((event, length)) = event else {
                self.other.remove(0);
                continue;
            };
            self.other.drain(..length);
            return Some(event);
        }
    }
}

/// The answer to a frame: the number that comes next, and what makes it 255.
fn is_answer(bytes: &[u8]) -> bool {
    matches!(*bytes, [ACK, number, check] if number == !check)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_noise_made_holds_no_answer_back() {
        for noise in [&b"\x04"[..], b"\x06\x20\x04E", b"\x04Traceback"] {
            let mut incoming = Incoming::default();
            incoming.push(noise);
            assert_eq!(incoming.next_event(), None, "{noise:?}");
            incoming.push(b"\x06\x21\xde");
            assert_eq!(incoming.next_event(), Some(Event::Ack(0x21)), "{noise:?}");
        }
    }

    #[test]
    fn events_are_found_in_any_pieces_and_between_prints() {
        let whole = b"x\x05\x06\x21\xdetick\x06?\r\n\x020126abc\x03\r\n\x04Traceback: no\r\n\x04>";
        let wanted = [
            Event::Room,
            Event::Ack(0x21),
            Event::Line("abc".to_owned()),
            Event::Ended(b"Traceback: no\r\n".to_vec()),
        ];
        for cut in 0..whole.len() {
            let mut incoming = Incoming::default();
            let mut found = Vec::new();
            for piece in [&whole[..cut], &whole[cut..]] {
                incoming.push(piece);
                found.extend(std::iter::from_fn(|| incoming.next_event()));
            }
            assert_eq!(found, wanted, "cut at {cut}");
        }
    }
}
