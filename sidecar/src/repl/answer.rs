//! Answers of our own programs on the board: `\x02`, a 16-bit sum in hex, text, `\x03`.
//! Pure. Finds them between whatever timers and threads of the user's program print.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

/// One piece of what came from the board.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    /// A line that our program said, its sum is right.
    Line(String),
    /// Bytes that our program did not say.
    Other(Vec<u8>),
}

/// Takes bytes as they come, gives answers when they are whole.
#[derive(Debug, Default)]
pub struct Answers {
    held: Vec<u8>,
}

/// No answer is longer: a path of 4 kB and its numbers.
const LONGEST: usize = 8192;

/// Hexadecimal digits behind the start.
const SUM: usize = 4;

impl Answers {
    /// Takes the next bytes.
    pub fn push(&mut self, bytes: &[u8]) {
        self.held.extend_from_slice(bytes);
    }

    /// The next whole answer, if there is one. An unfinished line is kept until it is whole.
    pub fn next_answer(&mut self) -> Option<Answer> {
        let Some(start) = self.held.iter().position(|b| *b == 2) else {
            return self.other(self.held.len());
        };
        if start > 0 {
            return self.other(start);
        }
        let rest = &self.held[1..];
        // Noise that looks like a start must not hold back what comes: while files are sent, no 0x03 ever ends it.
        if rest.iter().take(SUM).any(|b| !b.is_ascii_hexdigit()) {
            return self.other(1);
        }
        // A second start inside means that the first was noise, or its line was cut short.
        let restart = rest.iter().position(|b| *b == 2);
        let Some(end) = rest.iter().position(|b| *b == 3) else {
            let cut = restart
                .map(|at| at + 1)
                .or((self.held.len() > LONGEST).then_some(self.held.len()));
            return cut.and_then(|cut| self.other(cut));
        };
        if let Some(restart) = restart.filter(|at| *at < end) {
            return self.other(restart + 1);
        }
        let Some(text) = checked(&rest[..end]) else {
            return self.other(end + 2);
        };
        self.held.drain(..end + 2);
        Some(Answer::Line(text))
    }

    fn other(&mut self, length: usize) -> Option<Answer> {
        (length > 0).then(|| Answer::Other(self.held.drain(..length).collect()))
    }
}

fn checked(line: &[u8]) -> Option<String> {
    let (sum, text) = line.split_at_checked(SUM)?;
    let sum = u32::from_str_radix(std::str::from_utf8(sum).ok()?, 16).ok()?;
    let actual: u32 = text.iter().map(|b| u32::from(*b)).sum();
    (actual & 0xffff == sum).then(|| String::from_utf8_lossy(text).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(pieces: &[&[u8]]) -> Vec<Answer> {
        let mut answers = Answers::default();
        let mut found = Vec::new();
        for piece in pieces {
            answers.push(piece);
            found.extend(std::iter::from_fn(|| answers.next_answer()));
        }
        found
    }

    #[test]
    fn a_line_is_found_in_any_pieces_and_between_prints() {
        let whole = b"tick\r\n\x020126abc\x03\r\n";
        for cut in 0..whole.len() {
            let found = all(&[&whole[..cut], &whole[cut..]]);
            assert!(
                found.contains(&Answer::Line("abc".to_owned())),
                "cut at {cut}: {found:?}"
            );
        }
    }

    #[test]
    fn a_start_that_noise_made_holds_nothing_back() {
        let acknowledged = b"\x06\x22\xdd\x05";
        let found = all(&[b"\x02\x22\xdd", acknowledged]);
        let bytes: Vec<u8> = found
            .iter()
            .flat_map(|answer| match answer {
                Answer::Other(bytes) => bytes.clone(),
                Answer::Line(line) => panic!("{line}"),
            })
            .collect();
        assert!(bytes.ends_with(acknowledged), "{bytes:?}");
    }

    #[test]
    fn a_damaged_line_is_no_answer() {
        assert!(
            !all(&[b"\x020126abd\x03"])
                .iter()
                .any(|answer| matches!(answer, Answer::Line(_)))
        );
        let found = all(&[b"\x020126a", b"\x020126abc\x03"]);
        assert_eq!(found.last(), Some(&Answer::Line("abc".to_owned())));
    }
}
