//! `Recorder`: a wire that counts what passes and, if wanted, writes it down.
//! Not a filter: every byte goes through unchanged, and a transcript that cannot be written stops alone.

use std::io;
use std::io::Write;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::task::Context;
use std::task::Poll;
use std::task::ready;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::time::Instant;

use crate::wire::Channel;
use crate::wire::LineStep;
use crate::wire::Lines;
use crate::wire::Wire;
use crate::wire::WireError;
use crate::wire::redactor::HEADER;
use crate::wire::redactor::Redactor;

/// What has passed over a wire. Clones show the same counters.
#[derive(Clone, Debug, Default)]
pub struct Traffic(Arc<Counters>);

#[derive(Debug, Default)]
struct Counters {
    sent: AtomicU64,
    received: AtomicU64,
    round_trips: AtomicU64,
    awaiting: AtomicBool,
}

impl Traffic {
    /// Bytes to the board.
    pub fn sent(&self) -> u64 {
        self.0.sent.load(Relaxed)
    }

    /// Bytes from the board.
    pub fn received(&self) -> u64 {
        self.0.received.load(Relaxed)
    }

    /// How often the first bytes came after some were sent.
    pub fn round_trips(&self) -> u64 {
        self.0.round_trips.load(Relaxed)
    }

    /// What passed on the board's line elsewhere counts, too.
    pub fn add(&self, sent: u64, received: u64, round_trips: u64) {
        self.0.sent.fetch_add(sent, Relaxed);
        self.0.received.fetch_add(received, Relaxed);
        self.0.round_trips.fetch_add(round_trips, Relaxed);
    }

    fn count_sent(&self, bytes: usize) {
        self.0.sent.fetch_add(bytes as u64, Relaxed);
        self.0.awaiting.store(true, Relaxed);
    }

    fn count_received(&self, bytes: usize) {
        self.0.received.fetch_add(bytes as u64, Relaxed);
        if self.0.awaiting.swap(false, Relaxed) {
            self.0.round_trips.fetch_add(1, Relaxed);
        }
    }
}

/// A wire that counts what passes and, if wanted, writes it down.
pub struct Recorder<W> {
    wire: W,
    traffic: Traffic,
    transcript: Option<Transcript>,
}

struct Transcript {
    to: Box<dyn Write + Send>,
    start: Instant,
    redactor: Redactor,
    fault: Option<io::Error>,
}

impl Transcript {
    fn line(&mut self, mark: char, text: impl std::fmt::Display) {
        if self.fault.is_none() {
            let milliseconds = self.start.elapsed().as_millis();
            self.fault = writeln!(self.to, "{milliseconds} {mark} {text}").err();
        }
    }
}

impl<W: Wire> Recorder<W> {
    /// Counts only.
    pub fn new(wire: W) -> Self {
        Self {
            wire,
            traffic: Traffic::default(),
            transcript: None,
        }
    }

    /// Counts and writes a transcript.
    ///
    /// A line is milliseconds since now, `>` (to the board), `<` (from it) or `=` (lines set), and the
    /// bytes as in a Rust byte string: `12 > raise\x03\r\n`.
    /// Each write is a small one, so give it a buffer.
    ///
    /// What looks like a secret is written as `*`, and so is each of `secrets`; its first lines say what is not masked.
    pub fn with_transcript(wire: W, mut to: Box<dyn Write + Send>, secrets: &[String]) -> Self {
        let fault = HEADER.iter().try_for_each(|line| writeln!(to, "{line}")).err();
        Self {
            transcript: Some(Transcript {
                to,
                start: Instant::now(),
                redactor: Redactor::new(secrets),
                fault,
            }),
            ..Self::new(wire)
        }
    }

    /// The counters, to be read from anywhere at any time.
    pub fn traffic(&self) -> Traffic {
        self.traffic.clone()
    }

    /// What ended the transcript early, for example a full disk.
    pub fn transcript_fault(&self) -> Option<&io::Error> {
        self.transcript.as_ref()?.fault.as_ref()
    }
}

impl<W: Wire> Wire for Recorder<W> {
    fn set_lines(&mut self, lines: Lines) -> Result<(), WireError> {
        if let Some(transcript) = &mut self.transcript {
            let (dtr, rts) = (u8::from(lines.dtr), u8::from(lines.rts));
            transcript.line('=', format_args!("dtr {dtr} rts {rts}"));
        }
        self.wire.set_lines(lines)
    }

    fn address(&self) -> &str {
        self.wire.address()
    }

    fn reset_steps(&self) -> &'static [LineStep] {
        self.wire.reset_steps()
    }

    fn baud(&self) -> Option<u32> {
        self.wire.baud()
    }

    fn is_binary(&self) -> bool {
        self.wire.is_binary()
    }

    fn set_baud(&mut self, baud: u32) -> Result<(), WireError> {
        self.wire.set_baud(baud)
    }

    fn use_channel(&mut self, channel: Channel) -> bool {
        self.wire.use_channel(channel)
    }

    fn ends_at_reset(&self) -> bool {
        self.wire.ends_at_reset()
    }

    fn watch_login(&mut self, on: bool) {
        self.wire.watch_login(on);
    }

    fn asks_login(&self) -> bool {
        self.wire.asks_login()
    }

    fn gone(&self) -> WireError {
        self.wire.gone()
    }
}

impl<W: Wire> AsyncRead for Recorder<W> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        ready!(Pin::new(&mut self.wire).poll_read(cx, buf))?;
        let bytes = &buf.filled()[before..];
        if !bytes.is_empty() {
            self.traffic.count_received(bytes.len());
            if let Some(transcript) = &mut self.transcript {
                let shown = transcript.redactor.received(bytes);
                transcript.line('<', shown.escape_ascii());
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<W: Wire> AsyncWrite for Recorder<W> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let taken = ready!(Pin::new(&mut self.wire).poll_write(cx, buf))?;
        if taken > 0 {
            self.traffic.count_sent(taken);
            if let Some(transcript) = &mut self.transcript {
                let shown = transcript.redactor.sent(&buf[..taken]);
                transcript.line('>', shown.escape_ascii());
            }
        }
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(cx)
    }
}
