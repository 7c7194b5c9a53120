//! The speed of the line, where it has one: what it is, and a board that was left at another one.
//! How a board gets another speed is `board`'s business.

use std::time::Duration;

use crate::repl::Repl;
use crate::repl::ReplError;
use crate::repl::enter::FIRST;

/// Bits per second that are worth a change and that USB bridges have, fastest first.
pub const RATES: [u32; 3] = [921_600, 460_800, 230_400];

/// So long a board has to answer at each of them, so often: it may still be busy with the noise of other speeds.
const ANSWER: Duration = Duration::from_millis(200);
const ASKED: usize = 3;
/// So many bytes of noise are not all letters.
const WORD: usize = 12;

impl Repl {
    /// Bits per second; `None` where the line has none.
    pub fn baud(&self) -> Option<u32> {
        self.wire.baud()
    }

    /// All 256 values of a byte get through to the board; else only text does.
    pub fn is_binary(&self) -> bool {
        self.wire.is_binary()
    }

    /// Those that the board has after a reset.
    pub fn home_baud(&self) -> Option<u32> {
        self.home
    }

    /// Is the line at another speed than when it was opened?
    pub fn is_away(&self) -> bool {
        self.baud() != self.home
    }

    /// Gives this end of the line another speed. What came before and was not read is noise.
    pub fn set_baud(&mut self, baud: u32) -> Result<(), ReplError> {
        self.input.clear();
        Ok(self.wire.set_baud(baud)?)
    }

    /// This end of the line at the speed at which it was opened.
    pub(super) fn go_home(&mut self) -> Result<(), ReplError> {
        match self.home {
            Some(home) if self.is_away() => self.set_baud(home),
            _ => Ok(()),
        }
    }

    /// Asks at all other speeds of `RATES` for a board that a sync left there, for example because the cable was
    /// pulled. Only if `seen` is nothing or noise: a program that prints text is at this speed, and what is sent at
    /// another one is noise to it. True if it answered: then the wire has its speed, and it is at its raw prompt.
    pub(super) async fn find_speed(&mut self, seen: &[u8]) -> Result<bool, ReplError> {
        let Some(here) = self.baud().filter(|_| is_noise(seen)) else {
            return Ok(false);
        };
        let others = self.home.into_iter().chain(RATES).filter(|rate| *rate != here);
        for rate in others.collect::<Vec<_>>() {
            // A chip may not have it.
            if self.set_baud(rate).is_err() {
                continue;
            }
            for _ in 0..ASKED {
                if self.knock(b"\r\x03\x03", ANSWER, &mut Vec::new()).await? {
                    self.quieten(FIRST).await?;
                    if self.knock(b"\r\x03", FIRST, &mut Vec::new()).await? {
                        return Ok(true);
                    }
                }
            }
        }
        self.set_baud(here)?;
        Ok(false)
    }
}

/// Not enough to be text, or what text at another speed looks like.
fn is_noise(seen: &[u8]) -> bool {
    let control = |byte: &u8| *byte < 0x20 && !b"\x01\x02\x03\x04\x06\x1b\t\r\n".contains(byte);
    let short = seen.len() < WORD && !seen.contains(&b'\n');
    short || seen.iter().any(control) || std::str::from_utf8(seen).is_err()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_noise() {
        for (seen, noise) in [
            (&b""[..], true),
            (b"\r\n>>> \r\nKeyboardInterrupt: \r\n", false),
            ("temperature: 21\u{b0}\r\n".as_bytes(), false),
            (b"\x1b[1mbold\x1b[0m\x04\x04>", false),
            (b"............", false),
            (b"x7", true),
            (b"\x00\xf8\x80", true),
            (b"abc\xff", true),
            (b"a\x00b", true),
        ] {
            assert_eq!(is_noise(seen), noise, "{}", seen.escape_ascii());
        }
    }
}
