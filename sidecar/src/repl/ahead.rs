//! `exec_each`: short programs one after the other on the plain raw REPL, without a gap on the line between them.
//! One program, and firmware with raw-paste, is `conversation`'s business.

use std::time::Duration;

use tokio::time::Instant;

use crate::repl::Repl;
use crate::repl::ReplError;
use crate::repl::Traceback;
use crate::repl::conversation::RAW_BANNER;
use crate::repl::conversation::find;
use crate::repl::silence::Filled;
use crate::repl::silence::Silence;

/// So many bytes of the next program may lie unread while the board still works: a micro:bit keeps 63 for its
/// program (`UART_RX_BUF_SIZE` in its mphalport.cpp), and loses the rest without a word.
const AHEAD: usize = 60;

/// A board that takes this long to say that it has a program has not got it.
const START_LIMIT: Duration = Duration::from_secs(2);

/// Where the board cannot be asked: a file of 30 kB, all that a micro:bit can hold, is summed in a third of this.
const BLIND: Duration = Duration::from_secs(15);

impl Repl {
    /// Runs programs of ours that print nothing. `ran` is called after each that the board has done.
    ///
    /// Where there is only the plain raw REPL, the beginning of the next goes out while the board still works,
    /// but never its end: after an error the rest is not run. A line that has damaged something waits for each.
    pub async fn exec_each(
        &mut self,
        programs: &[Vec<u8>],
        quiet: Duration,
        ran: &mut (dyn FnMut() + Send),
    ) -> Result<(), ReplError> {
        if self.has_raw_paste() {
            for program in programs {
                self.exec_raw(program, quiet, &mut |_| false).await?;
                ran();
            }
            return Ok(());
        }
        let ahead = if self.careful { 0 } else { AHEAD };
        let mut there = 0;
        self.input.clear();
        for (at, program) in programs.iter().enumerate() {
            self.feed(&[&program[there..], b"\x04"].concat()).await?;
            let next = programs.get(at + 1).map_or(&[][..], Vec::as_slice);
            there = next.len().min(ahead);
            self.send(&next[..there]).await?;
            let error = self.silent_end(quiet, there == 0).await?;
            if !error.is_empty() {
                if there > 0 {
                    self.send(b"\x03").await?; // at the raw prompt it takes back what lies there, and says nothing
                }
                return Err(ReplError::Raised(Traceback::new(&error)));
            }
            ran();
        }
        Ok(())
    }

    /// Waits for the end of a program that prints nothing; gives its traceback. The board may be asked for its
    /// prompt only where nothing of the next program lies there.
    async fn silent_end(&mut self, quiet: Duration, may_ask: bool) -> Result<Vec<u8>, ReplError> {
        self.expect(b"OK", "OK of the raw REPL", START_LIMIT).await?;
        let mut silence = Silence::new("end of the program", quiet);
        let mut asked = 0;
        let deadline = Instant::now() + quiet.min(BLIND);
        loop {
            if let Some((error, length)) = silent_end(&self.input) {
                let error = error.to_vec();
                self.input.drain(..length);
                self.hear_banners(asked).await?;
                return Ok(error);
            }
            if !may_ask {
                self.fill(deadline, "end of the program", quiet.min(BLIND))
                    .await?;
            } else if asked > 0 && self.input.ends_with(RAW_BANNER) {
                return Err(ReplError::Damaged);
            } else if self.fill_or_ask(&mut silence, b"\x01").await? == Filled::Asked {
                asked += 1;
            }
        }
    }
}

/// 0x04, traceback, 0x04, `>`: the traceback, and how long all of it is.
fn silent_end(input: &[u8]) -> Option<(&[u8], usize)> {
    let error = find(input, b"\x04")? + 1;
    let length = find(&input[error..], b"\x04>")?;
    Some((&input[error..error + length], error + length + 2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_silent_program_is_known_when_all_of_it_is_there() {
        assert_eq!(silent_end(b"\x04\x04>"), Some((&b""[..], 3)));
        assert_eq!(
            silent_end(b"\x04Oops: 1\r\n\x04>"),
            Some((&b"Oops: 1\r\n"[..], 12))
        );
        for part in [&b""[..], b"\x04", b"\x04\x04", b"\x04Oops\x04"] {
            assert_eq!(silent_end(part), None, "{part:?}");
        }
    }
}
