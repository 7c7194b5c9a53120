//! `Repl`: sends code in raw mode and collects what it answers.
//! Getting into raw mode is `enter`; running a user's program is `run`.

use std::time::Duration;

use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::time::Instant;
use tokio::time::timeout_at;

use crate::repl::Answer;
use crate::repl::Answers;
use crate::repl::ReplError;
use crate::repl::Traceback;
use crate::repl::literal::in_ascii;
use crate::repl::paste::Signal;
use crate::repl::paste::Window;
use crate::repl::reply::Part;
use crate::repl::reply::Reply;
use crate::repl::silence::Filled;
use crate::repl::silence::Silence;
use crate::wire::Wire;
use crate::wire::WireError;

/// What the raw REPL says when it is entered.
pub(super) const RAW_BANNER: &[u8] = b"raw REPL; CTRL-B to exit\r\n>";
/// Asks for raw-paste mode. Firmware without it enters raw mode again and says so.
pub(super) const ASK_PASTE: &[u8] = b"\x05A\x01";
/// A board that takes this long to take a window of code is not taking it.
const PASTE_LIMIT: Duration = Duration::from_secs(2);
/// Slices for the plain raw REPL, which has no flow control, and the pause after each: those of mpremote. At
/// 115200 baud the line is the slower of the two, and a board at its raw prompt takes bytes as they come.
const SLICE: (usize, Duration) = (256, Duration::from_millis(10));
/// The same after damage: a micro:bit buffers 64 bytes, and 32 bytes take 2.8 ms.
const CAREFUL_SLICE: (usize, Duration) = (32, Duration::from_micros(3_300));

/// Fewer, larger reads: a board on USB sends faster than a system call for each 64 bytes.
pub(super) const READ_AT_ONCE: usize = 4096;

/// How code gets to the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Paste {
    /// Not asked yet.
    Unknown,
    /// Asked; the answer is the next that comes.
    Asked,
    /// Asked and granted: the next bytes are code.
    Open,
    /// Raw-paste with flow control works.
    Works,
    /// The firmware has only the plain raw REPL.
    Missing,
}

/// The conversation with one board. It is the only one that puts bytes on the wire.
pub struct Repl {
    pub(super) wire: Box<dyn Wire>,
    pub(super) input: Vec<u8>,
    pub(super) paste: Paste,
    /// The line has damaged something since the board was entered.
    pub(super) careful: bool,
    window: usize,
    address: String,
    /// The wire's speed when it was opened: the board's own.
    pub(super) home: Option<u32>,
}

impl Repl {
    /// Takes a wire whose board is in any state. `address` is for messages.
    pub fn new(wire: Box<dyn Wire>, address: &str) -> Self {
        Self {
            home: wire.baud(),
            wire,
            input: Vec::new(),
            paste: Paste::Unknown,
            careful: false,
            window: 128,
            address: address.to_owned(),
        }
    }

    /// Does the firmware have raw-paste mode? Call at the raw prompt.
    pub async fn raw_paste(&mut self) -> Result<bool, ReplError> {
        if self.paste == Paste::Unknown {
            self.input.clear();
            self.send(ASK_PASTE).await?;
            self.paste = Paste::Asked;
        }
        if self.paste == Paste::Asked {
            self.paste = self.read_paste_answer().await?;
        }
        Ok(self.paste != Paste::Missing)
    }

    /// `raw_paste` without asking, after something was run.
    pub fn has_raw_paste(&self) -> bool {
        self.paste != Paste::Missing
    }

    /// How many bytes the board can hold that it has not read yet: twice its raw-paste window.
    pub fn receive_buffer(&self) -> usize {
        2 * self.window
    }

    /// Gives the wire back.
    pub fn into_wire(self) -> Box<dyn Wire> {
        self.wire
    }

    /// The wire, for its control lines.
    pub fn wire_mut(&mut self) -> &mut dyn Wire {
        &mut *self.wire
    }

    /// Runs a program of ours and collects its output. `quiet` is how long it may say nothing.
    ///
    /// A traceback is an error here: `ReplError::Raised`.
    pub async fn exec(&mut self, code: &str, quiet: Duration) -> Result<Vec<u8>, ReplError> {
        let mut out = Vec::new();
        let mut take = |bytes| {
            out.extend(bytes);
            false
        };
        self.exec_raw(code.as_bytes(), quiet, &mut take).await?;
        Ok(out)
    }

    /// Runs a program of ours and collects the lines that it said.
    pub async fn ask(&mut self, code: &str, quiet: Duration) -> Result<Vec<String>, ReplError> {
        let mut lines = Vec::new();
        self.hear(code, quiet, &mut |line| lines.push(line)).await?;
        Ok(lines)
    }

    /// Runs a program of ours and hands over each line that it says as it comes.
    pub async fn hear(
        &mut self,
        code: &str,
        quiet: Duration,
        heard: &mut (dyn FnMut(String) + Send),
    ) -> Result<(), ReplError> {
        let mut answers = Answers::default();
        let mut take = |bytes: Vec<u8>| {
            answers.push(&bytes);
            let mut any = false;
            while let Some(answer) = answers.next_answer() {
                if let Answer::Line(line) = answer {
                    any = true;
                    // An empty one is a sign of life.
                    if !line.is_empty() {
                        heard(line);
                    }
                }
            }
            any
        };
        self.exec_raw(code.as_bytes(), quiet, &mut take).await
    }

    /// `out` says whether the bytes were our program's: what timers and threads print is no sign that it goes on.
    pub(super) async fn exec_raw(
        &mut self,
        code: &[u8],
        quiet: Duration,
        out: &mut (dyn FnMut(Vec<u8>) -> bool + Send),
    ) -> Result<(), ReplError> {
        self.start(code).await?;
        let mut reply = Reply::of_ours();
        let mut silence = Silence::new("end of the program", quiet);
        let error = 'end: loop {
            reply.push(&std::mem::take(&mut self.input));
            loop {
                match reply.part() {
                    Part::Out(bytes) => {
                        if out(bytes) {
                            silence.heard();
                        }
                    }
                    Part::End(error) => break 'end error,
                    Part::More if reply.is_lost() => return Err(ReplError::Damaged),
                    Part::More => break,
                }
            }
            if self.fill_or_ask(&mut silence, b"\x01").await? == Filled::Asked {
                reply.ask();
            }
        };
        if reply.was_asked() > 0 {
            self.put_back(reply.rest());
            self.hear_banners(reply.was_asked()).await?;
        }
        if error.is_empty() {
            Ok(())
        } else {
            Err(ReplError::Raised(Traceback::new(&error)))
        }
    }

    /// Sends a program and returns as soon as the board runs it.
    pub async fn start(&mut self, code: &[u8]) -> Result<(), ReplError> {
        // A line that drops bytes would take letters out of names.
        let plain = if self.is_binary() { None } else { in_ascii(code) };
        let code = plain.as_deref().unwrap_or(code);
        if self.paste == Paste::Works {
            self.paste = Paste::Unknown;
        }
        if self.raw_paste().await? {
            self.paste = Paste::Works;
            return self.paste_code(code).await;
        }
        self.input.clear();
        self.feed(&[code, b"\x04"].concat()).await?;
        self.expect(b"OK", "OK of the raw REPL", PASTE_LIMIT).await
    }

    /// Sends a program and returns once it has said `mark`, or as soon as it runs where the line loses that.
    pub async fn start_until(&mut self, code: &[u8], mark: &[u8], limit: Duration) -> Result<(), ReplError> {
        self.start(code).await?;
        match self.expect(mark, "sign that the program runs", limit).await {
            Err(ReplError::Timeout { .. }) => Ok(()),
            other => other,
        }
    }

    /// Sends bytes to a plain raw prompt no faster than it takes them.
    pub(super) async fn feed(&mut self, bytes: &[u8]) -> Result<(), ReplError> {
        let (slice, pause) = if self.careful { CAREFUL_SLICE } else { SLICE };
        for (number, some) in bytes.chunks(slice).enumerate() {
            if number > 0 {
                tokio::time::sleep(pause).await;
            }
            self.send(some).await?;
        }
        Ok(())
    }

    /// `R\x01` and a window: it works. `R\x00`: known, not there. A banner: not known.
    /// What a timer or a thread of the user's program prints in between is skipped.
    async fn read_paste_answer(&mut self) -> Result<Paste, ReplError> {
        let limit = PASTE_LIMIT;
        let deadline = Instant::now() + limit;
        loop {
            if let Some(at) = find(&self.input, b"R\x01").filter(|at| self.input.len() >= at + 4) {
                self.window =
                    usize::from(u16::from_le_bytes([self.input[at + 2], self.input[at + 3]])).max(1);
                self.input.drain(..at + 4);
                return Ok(Paste::Open);
            }
            for (mark, length) in [(&b"R\x00"[..], 2), (RAW_BANNER, RAW_BANNER.len())] {
                if let Some(at) = find(&self.input, mark) {
                    self.input.drain(..at + length);
                    return Ok(Paste::Missing);
                }
            }
            self.fill(deadline, "answer to raw-paste mode", limit).await?;
        }
    }

    async fn paste_code(&mut self, code: &[u8]) -> Result<(), ReplError> {
        let mut window = Window::new(self.window);
        let mut sent = 0;
        let mut stopped = false;
        while sent < code.len() && !stopped {
            let deadline = Instant::now() + PASTE_LIMIT;
            while window.is_shut() && self.input.is_empty() {
                self.fill(deadline, "room for more code", PASTE_LIMIT).await?;
            }
            for byte in std::mem::take(&mut self.input) {
                // Noise was printed by a timer or a thread.
                if window.signal(byte) == Signal::Stop {
                    stopped = true;
                }
            }
            let now = window.take(code.len() - sent);
            self.wire_send(&code[sent..sent + now]).await?;
            sent += now;
        }
        self.send(b"\x04").await?;
        if stopped {
            return Ok(()); // The traceback follows as output of the program.
        }
        let deadline = Instant::now() + PASTE_LIMIT;
        loop {
            while self.input.is_empty() {
                self.fill(deadline, "end of the code", PASTE_LIMIT).await?;
            }
            if self.input.remove(0) == 4 {
                return Ok(());
            }
        }
    }

    /// Puts bytes on the wire at once.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<(), ReplError> {
        self.wire_send(bytes).await
    }

    async fn wire_send(&mut self, bytes: &[u8]) -> Result<(), ReplError> {
        let limit = Duration::from_secs(10);
        let sent = timeout_at(Instant::now() + limit, self.wire.write_all(bytes)).await;
        let sent = sent.map_err(|_| ReplError::Timeout {
            waiting_for: "room on the line",
            waited: limit,
        })?;
        sent.map_err(|_| self.broken())
    }

    /// Takes what has come so far.
    pub fn take_input(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.input)
    }

    /// Puts bytes back that were read too far.
    pub fn put_back(&mut self, mut bytes: Vec<u8>) {
        bytes.append(&mut self.input);
        self.input = bytes;
    }

    /// Waits for at least one more byte.
    pub async fn fill(
        &mut self,
        deadline: Instant,
        waiting_for: &'static str,
        limit: Duration,
    ) -> Result<(), ReplError> {
        // A board that never stops printing always has bytes ready, so the timer alone would never fire.
        if Instant::now() >= deadline {
            return Err(ReplError::Timeout {
                waiting_for,
                waited: limit,
            });
        }
        self.input.reserve(READ_AT_ONCE);
        let read = timeout_at(deadline, self.wire.read_buf(&mut self.input)).await;
        match read.map_err(|_| ReplError::Timeout {
            waiting_for,
            waited: limit,
        })? {
            Ok(0) | Err(_) => Err(self.broken()),
            Ok(_) => Ok(()),
        }
    }

    /// Waits for these bytes, and drops everything up to them and them.
    pub(super) async fn expect(
        &mut self,
        bytes: &[u8],
        waiting_for: &'static str,
        limit: Duration,
    ) -> Result<(), ReplError> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(at) = find(&self.input, bytes) {
                self.input.drain(..at + bytes.len());
                return Ok(());
            }
            let keep = self.input.len().saturating_sub(64 * 1024);
            self.input.drain(..keep);
            self.fill(deadline, waiting_for, limit).await?;
        }
    }

    /// A pulled cable is EIO on a tty, ENXIO or EBADF on some drivers, a reset on sockets: gone, all of them.
    pub(super) fn broken(&self) -> ReplError {
        let address = self.address.clone();
        match self.wire.gone() {
            refused @ WireError::NotAllowed { .. } => refused.into(),
            _ => WireError::Gone { address }.into(),
        }
    }
}

/// Where `needle` begins in `haystack`.
pub(super) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}
