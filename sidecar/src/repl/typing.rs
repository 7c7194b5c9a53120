//! `Typing`: keys on their way to a program, no faster than a board takes them, while its output is read.
//! Knows no key: what they mean is for whoever typed them.

use std::time::Duration;

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt as _;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::repl::Repl;
use crate::repl::ReplError;

/// Slices and the pause after each: many boards buffer 64 to 256 bytes and cannot say "wait". This is 115200 baud.
const SLICE: usize = 32;
const SLICE_PAUSE: Duration = Duration::from_micros(2_800);

/// Keys that wait to be sent, and more that come.
#[derive(Debug)]
pub struct Typing {
    from: mpsc::UnboundedReceiver<Vec<u8>>,
    waiting: Vec<u8>,
    /// Before this nothing more is sent.
    next: Instant,
}

impl Typing {
    /// Keys come from `from`; its end is no error.
    pub fn new(from: mpsc::UnboundedReceiver<Vec<u8>>) -> Self {
        Self {
            from,
            waiting: Vec::new(),
            next: Instant::now(),
        }
    }

    /// Was everything sent that has come?
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty() && self.from.is_empty()
    }

    /// Forgets what was not sent.
    pub fn clear(&mut self) {
        self.waiting.clear();
        while self.from.try_recv().is_ok() {}
    }
}

impl Repl {
    /// Waits, without a limit, until the board says something or all keys are sent; sends keys meanwhile.
    /// Nothing is lost if the wait is dropped.
    pub(super) async fn fill_typing(&mut self, keys: &mut Typing) -> Result<(), ReplError> {
        self.input.reserve(super::conversation::READ_AT_ONCE);
        let Typing { from, waiting, next } = keys;
        // Two lanes: a board that waits for its output to be read must not keep keys from being sent.
        let (mut board, mut line) = tokio::io::split(&mut self.wire);
        loop {
            let slice = &waiting[..waiting.len().min(SLICE)];
            tokio::select! {
                read = board.read_buf(&mut self.input) => return match read {
                    Ok(n) if n > 0 => Ok(()),
                    _ => Err(self.broken()),
                },
                sent = paced(&mut line, slice, *next), if !slice.is_empty() => match sent {
                    Ok(n) if n > 0 => {
                        waiting.drain(..n);
                        *next = Instant::now() + SLICE_PAUSE;
                        if waiting.is_empty() {
                            return Ok(());
                        }
                    }
                    _ => return Err(self.broken()),
                },
                Some(more) = from.recv() => waiting.extend(more),
            }
        }
    }
}

async fn paced(
    line: &mut (impl AsyncWrite + Unpin),
    slice: &[u8],
    not_before: Instant,
) -> std::io::Result<usize> {
    tokio::time::sleep_until(not_before).await;
    line.write(slice).await
}
