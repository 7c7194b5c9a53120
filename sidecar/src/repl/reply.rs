//! The end of a program in the raw REPL: output `\x04` error `\x04>`.
//! Pure. Output may hold any byte, so an end is only believed where nothing speaks against it.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::repl::conversation::RAW_BANNER;

/// Splits what comes from a running program into output and the end.
#[derive(Debug, Default)]
pub(super) struct Reply {
    held: Vec<u8>,
    /// So often the board was asked for its prompt meanwhile.
    asked: usize,
    /// The end of what came, as much as a banner.
    tail: Vec<u8>,
    /// The program is one of ours, which print no end mark.
    is_ours: bool,
}

/// What can be said of the bytes so far.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// These bytes are output.
    Out(Vec<u8>),
    /// This looks like the end, with this traceback. Nothing came after it so far.
    End(Vec<u8>),
    /// More bytes are needed.
    More,
}

/// A traceback on a board is shorter than this.
const LONGEST_ERROR: usize = 8192;

impl Reply {
    /// Of a program that prints no 0x04. A timer of the user's program may print right behind its prompt, so what
    /// follows there does not speak against the end.
    pub(super) fn of_ours() -> Self {
        Self {
            is_ours: true,
            ..Self::default()
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
        self.tail.extend_from_slice(bytes);
        let past = self.tail.len().saturating_sub(RAW_BANNER.len());
        self.tail.drain(..past);
    }

    /// The board is asked for its prompt by Ctrl-A: it says its banner, now or after the end of the program.
    pub(super) fn ask(&mut self) {
        self.asked += 1;
    }

    /// So often.
    pub(super) fn was_asked(&self) -> usize {
        self.asked
    }

    /// The board is at its prompt, and its word that the program had ended was lost. Only after `part` said `More`.
    pub(super) fn is_lost(&self) -> bool {
        self.asked > 0 && self.tail == RAW_BANNER
    }

    /// What came behind the end.
    pub(super) fn rest(&mut self) -> Vec<u8> {
        let end = self
            .held
            .iter()
            .skip(1)
            .position(|b| *b == 4)
            .map_or(0, |at| at + 3);
        self.held.split_off(end.min(self.held.len()))
    }

    /// Looks at what is held. `End` is an opinion: call `refute` when the program turns out to go on.
    pub(super) fn part(&mut self) -> Part {
        let first = self.held.iter().position(|b| *b == 4).unwrap_or(self.held.len());
        if first > 0 {
            return Part::Out(self.held.drain(..first).collect());
        }
        let Some(error) = self.held.get(1..) else {
            return Part::More;
        };
        match error.iter().position(|b| *b == 4) {
            _ if !may_start_error(error) => self.refute(),
            None if error.len() > LONGEST_ERROR => self.refute(),
            None => Part::More,
            Some(end) => match &error[end + 1..] {
                [] => Part::More,
                [b'>'] => Part::End(error[..end].to_vec()),
                [b'>', ..] if self.is_ours => Part::End(error[..end].to_vec()),
                _ => self.refute(),
            },
        }
    }

    /// The 0x04 that was held was printed by the program.
    pub(super) fn refute(&mut self) -> Part {
        let next = self
            .held
            .iter()
            .skip(1)
            .position(|b| *b == 4)
            .map_or(self.held.len(), |at| at + 1);
        Part::Out(self.held.drain(..next).collect())
    }
}

/// After 0x04 comes another, or an exception's text: `Traceback (…` or `MemoryError: …`.
fn may_start_error(bytes: &[u8]) -> bool {
    bytes.first().is_none_or(|b| *b == 4 || b.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(bytes: &[u8], piece: usize) -> (Vec<u8>, Option<Vec<u8>>) {
        let mut reply = Reply::default();
        let (mut out, mut end) = (Vec::new(), None);
        for chunk in bytes.chunks(piece) {
            reply.push(chunk);
            loop {
                match reply.part() {
                    Part::Out(bytes) => {
                        out.extend(bytes);
                        end = None;
                    }
                    Part::End(error) => {
                        end = Some(error);
                        break;
                    }
                    Part::More => break,
                }
            }
        }
        (out, end)
    }

    #[test]
    fn output_and_traceback_are_split_whatever_the_pieces() {
        for piece in 1..20 {
            assert_eq!(run(b"hi\r\n\x04\x04>", piece), (b"hi\r\n".to_vec(), Some(vec![])));
            let raised = run(b"\x04Traceback: x\r\n\x04>", piece);
            assert_eq!(raised, (vec![], Some(b"Traceback: x\r\n".to_vec())));
        }
    }

    #[test]
    fn a_board_that_was_asked_for_its_prompt_says_so_after_the_end_or_in_its_place() {
        let whole = [&b"hi\x04\x04>"[..], RAW_BANNER, RAW_BANNER].concat();
        let lost = [&b"hi\x04>"[..], RAW_BANNER].concat();
        for piece in 1..40 {
            for (bytes, ends) in [(&whole, true), (&lost, false)] {
                let mut reply = Reply::of_ours();
                reply.ask();
                reply.ask();
                let mut out = Vec::new();
                let mut ended = None;
                for chunk in bytes.chunks(piece) {
                    reply.push(chunk);
                    while let Part::Out(bytes) = reply.part() {
                        out.extend(bytes);
                    }
                    if let (Part::End(error), None) = (reply.part(), &ended) {
                        ended = Some(error);
                        assert!(RAW_BANNER.repeat(2).starts_with(&reply.rest()));
                    }
                }
                assert_eq!(ended, ends.then(Vec::new), "pieces of {piece}");
                assert!(out.starts_with(b"hi") && (ends || reply.is_lost()));
            }
        }
    }

    #[test]
    fn a_timer_may_print_behind_the_prompt_of_a_program_of_ours() {
        for end in ["\x04\x04>", "\x04Traceback: x\r\n\x04>"] {
            let mut reply = Reply::of_ours();
            reply.push(format!("{end}tick\r\n").as_bytes());
            assert!(matches!(reply.part(), Part::End(_)), "{end:?}");
        }
    }

    #[test]
    fn a_program_may_print_the_end_mark_itself() {
        for piece in 1..20 {
            let (out, end) = run(b"a\x04b\x04\x04>c\x04\x04>", piece);
            assert_eq!(out, b"a\x04b\x04\x04>c", "pieces of {piece}");
            assert_eq!(end, Some(vec![]));
        }
    }
}
