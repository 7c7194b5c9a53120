//! How the stream flows: compressed in one way or the other, in frames, as the board has room.
//! What is in it, `stream` knows.

use std::time::Duration;

use flate2::Compress;
use flate2::Compression;
use flate2::FlushCompress;
use tokio::time::Instant;

use crate::board::BoardError;
use crate::board::QUIET;
use crate::board::incoming::Event;
use crate::board::squeeze::Squeeze;
use crate::board::squeeze::Squeezed;
use crate::board::stream::Stream;
use crate::board::stream::ended;
use crate::board::stream::refused;
use crate::repl::Repl;
use crate::repl::ReplError;

/// No acknowledgement for so long: the agent is prodded. Erasing flash takes a board up to 400 ms a sector.
const ACK_LIMIT: Duration = Duration::from_millis(700);
/// So often in a row, then the line counts as dead.
const PRODS: u32 = 7;
/// Bytes of content from which on a thread for them pays.
const SQUEEZED: u64 = 16 << 10;
/// So much of it is compressed in no time. With the journal it is under way for 0.2 s, and zopfli needs a part of that.
const HEAD: u64 = 2 << 10;
/// Bytes per second up to which a line, and a board behind it, leave a thread the time to look for the smallest
/// stream: it makes about 100 kB per second, and 115200 baud are 11.5.
const SLOW: u64 = 25_000;

impl Stream {
    /// From here to `settle` the stream is made as small as can be, if that pays for so many bytes of content.
    pub(in crate::board) fn squeeze(&mut self, content: u64) {
        if content < SQUEEZED || self.pace > SLOW || self.window < 15 {
            return;
        }
        self.head = Some(self.content + HEAD);
    }

    /// The head of a transaction is compressed in no time; while it is under way, the thread makes its beginning.
    pub(super) fn end_head(&mut self) {
        if self.head.is_some_and(|end| self.content >= end) {
            self.head = None;
            self.compress(b"", FlushCompress::Finish);
            self.squeeze = Some(Squeeze::start());
        }
    }

    pub(super) fn compress(&mut self, bytes: &[u8], flush: FlushCompress) {
        let Some(deflate) = &mut self.deflate else {
            self.queued += bytes.len() as u64;
            self.link.queue(bytes);
            return;
        };
        let mut rest = bytes;
        let mut out = Vec::with_capacity(16 * 1024);
        loop {
            let before = deflate.total_in();
            out.clear();
            let status = deflate.compress_vec(rest, &mut out, flush);
            status.expect("deflate without a dictionary takes any input");
            let taken = usize::try_from(deflate.total_in() - before).expect("it was in memory");
            rest = &rest[taken..];
            self.queued += out.len() as u64;
            self.link.queue(&out);
            if rest.is_empty() && out.len() < out.capacity() {
                return;
            }
        }
    }

    /// Sends frames as the board has room. Until `all` is acknowledged, or else until less than a frame waits.
    pub(super) async fn pump(&mut self, repl: &mut Repl, all: bool) -> Result<(), BoardError> {
        let mut squeeze = self.squeeze.take();
        let mut quiet = 0;
        loop {
            let whole = all && squeeze.is_none();
            // While the thread works, a short frame is better than an idle line.
            while let Some(bytes) = self
                .link
                .next_bytes(whole || (squeeze.is_some() && self.link.is_idle()))
            {
                repl.send(&bytes).await?;
            }
            let has_enough = !all && !squeeze.as_ref().is_some_and(Squeeze::is_full) && self.link.is_hungry();
            if has_enough || (whole && self.link.is_settled()) {
                self.squeeze = squeeze;
                return Ok(());
            }
            let settled = self.link.is_settled();
            let limit = if settled { QUIET } else { ACK_LIMIT };
            let event = self.event(repl, Instant::now() + limit, "acknowledgement of the board");
            let event = match &mut squeeze {
                None => event.await,
                Some(inside) => {
                    if settled {
                        inside.hurry();
                    }
                    tokio::select! {
                        event = event => event,
                        squeezed = inside.next() => {
                            if let Some(squeezed) = squeezed {
                                self.squeezed(&squeezed);
                            } else {
                                // The agent begins anew where a stream ends.
                                squeeze = None;
                                self.deflate = deflate(self.window);
                            }
                            continue;
                        }
                    }
                }
            };
            match event {
                Ok(Event::Room) => {
                    quiet = 0;
                    self.link.has_room();
                }
                Ok(Event::Ack(_)) if self.questions > 0 => self.questions -= 1,
                Ok(Event::Ack(expected)) => {
                    quiet = 0;
                    self.link.acknowledge(expected);
                    let acked = self.link.acked();
                    while let Some((_, content)) = self.marks.pop_front_if(|(queued, _)| *queued <= acked) {
                        self.done = content;
                    }
                }
                Ok(Event::Line(line)) if line.starts_with("x ") => return Err(refused(&line)),
                Ok(Event::Line(line)) if line.is_empty() => quiet = 0,
                // The agent may answer before it has taken the last bytes, which only end the block.
                Ok(Event::Line(line)) => self.said.push_back(line),
                Ok(Event::Ended(error)) => return Err(ended(&error)),
                Err(BoardError::Repl(ReplError::Timeout { .. })) if quiet < PRODS && !settled => {
                    quiet += 1;
                    let prod = self.link.prod();
                    repl.send(&prod).await?;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn squeezed(&mut self, squeezed: &Squeezed) {
        self.queued += squeezed.bytes.len() as u64;
        self.link.queue(&squeezed.bytes);
        self.marks.push_back((self.queued, squeezed.content));
    }
}

/// RFC 1951; the board said how large a window, in bits, its RAM can hold. `None`: plain bytes.
pub(super) fn deflate(window: u8) -> Option<Compress> {
    (window > 8).then(|| Compress::new_with_window_bits(Compression::best(), false, window))
}
