//! `Console`: a terminal on one side, a board on the other, bytes in both directions as they come.
//! Understands neither: it only knows the key that leaves, and which line ends scripts have.

use std::cell::Cell;
use std::io;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt as _;
use tokio::time::Instant;

/// Ctrl-]: what telnet, miniterm and mpremote leave with; MicroPython's editor does not use it.
pub const LEAVE_KEY: u8 = 0x1d;
/// A script has its answer when the board has said nothing for so long.
const QUIET: Duration = Duration::from_secs(1);
/// Slices for the board and the pause after each: many boards buffer 64 to 256 bytes and cannot say "wait".
/// This is 115200 baud.
const SLICE: usize = 32;
const SLICE_PAUSE: Duration = Duration::from_micros(2_800);
/// So much of a script is read before the board has taken it.
const AHEAD: usize = 4096;
/// For the last keys before the one that leaves.
const LAST_KEYS: Duration = Duration::from_secs(1);

/// Who types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Typist {
    /// Somebody at a terminal in raw mode. Every byte is for the board, but Ctrl-].
    Person,
    /// A pipe or a file: line ends become Enter.
    Script,
}

/// Why no more bytes pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// The person left.
    Left,
    /// The script ended and the board has said all that it had to say.
    Quiet,
    /// The board went away.
    Gone,
}

/// A terminal that is connected to one board after the other.
pub struct Console<K, S> {
    keys: K,
    screen: S,
    typist: Typist,
    /// The end of the keys was seen.
    ended: bool,
    /// Something was typed. Without that (`</dev/null`) there is no answer to wait for, so it listens on.
    typed: bool,
    after_cr: bool,
}

impl<K: AsyncRead + Unpin, S: AsyncWrite + Unpin> Console<K, S> {
    /// Keys come from `keys`; what the board says goes to `screen`.
    pub fn new(keys: K, screen: S, typist: Typist) -> Self {
        Self {
            keys,
            screen,
            typist,
            ended: false,
            typed: false,
            after_cr: false,
        }
    }

    /// Is all said that a script had to say? Then nobody waits for a board to come back.
    pub fn is_over(&self) -> bool {
        self.ended && self.typed
    }

    /// Passes bytes until somebody or something ends it. Nothing is sent to the board but keys.
    ///
    /// `render` makes what is written to the screen of what the board says.
    /// An error is one of the screen or of `render`.
    pub async fn pump(
        &mut self,
        board: impl AsyncRead + AsyncWrite + Unpin,
        render: &mut (dyn FnMut(&[u8]) -> io::Result<Vec<u8>> + Send),
    ) -> io::Result<Ended> {
        let Self {
            keys,
            screen,
            typist,
            ended,
            typed,
            after_cr,
        } = self;
        let (from, to) = tokio::io::split(board);
        let last_heard = Cell::new(Instant::now());
        let typing = Typing {
            keys,
            typist: *typist,
            ended,
            typed,
            after_cr,
            waiting: Vec::new(),
            next: Instant::now(),
        };
        // Two lanes: a board that waits for its output to be read must not keep keys from being read.
        tokio::select! {
            ended = show(from, screen, render, &last_heard) => ended,
            ended = typing.run(to, &last_heard) => Ok(ended),
        }
    }

    /// While there is no board: ends when a person leaves. What a script says is kept for the board.
    pub async fn wait_for_leave(&mut self) {
        let mut buffer = [0; 256];
        loop {
            if self.typist == Typist::Script {
                std::future::pending::<()>().await;
            }
            match self.keys.read(&mut buffer).await {
                Ok(n) if n > 0 && !buffer[..n].contains(&LEAVE_KEY) => {}
                _ => return,
            }
        }
    }
}

async fn show(
    mut board: impl AsyncRead + Unpin,
    screen: &mut (impl AsyncWrite + Unpin),
    render: &mut (dyn FnMut(&[u8]) -> io::Result<Vec<u8>> + Send),
    last_heard: &Cell<Instant>,
) -> io::Result<Ended> {
    let mut buffer = vec![0; 4096];
    loop {
        match board.read(&mut buffer).await {
            Ok(0) | Err(_) => return Ok(Ended::Gone),
            Ok(n) => {
                last_heard.set(Instant::now());
                let text = render(&buffer[..n])?;
                screen.write_all(&text).await?;
                screen.flush().await?;
            }
        }
    }
}

struct Typing<'c, K> {
    keys: &'c mut K,
    typist: Typist,
    ended: &'c mut bool,
    typed: &'c mut bool,
    after_cr: &'c mut bool,
    /// Typed, and not yet taken by the board.
    waiting: Vec<u8>,
    next: Instant,
}

impl<K: AsyncRead + Unpin> Typing<'_, K> {
    async fn run(mut self, mut board: impl AsyncWrite + Unpin, last_heard: &Cell<Instant>) -> Ended {
        let mut buffer = [0; 1024];
        loop {
            // A person can always leave, also when the board takes nothing.
            let listen = !*self.ended && (self.typist == Typist::Person || self.waiting.len() < AHEAD);
            let slice = &self.waiting[..self.waiting.len().min(SLICE)];
            tokio::select! {
                read = self.keys.read(&mut buffer), if listen => match read {
                    Ok(n) if n > 0 => {
                        if self.take(&buffer[..n]) {
                            // If the board does not take them, nobody waits for that.
                            let last = tokio::time::timeout(LAST_KEYS, board.write_all(&self.waiting));
                            let _ = last.await;
                            return Ended::Left;
                        }
                    }
                    // The terminal window was closed.
                    _ if self.typist == Typist::Person => return Ended::Left,
                    _ => {
                        *self.ended = true;
                        last_heard.set(Instant::now());
                    }
                },
                sent = paced(&mut board, slice, self.next), if !slice.is_empty() => match sent {
                    Ok(n) if n > 0 => {
                        self.waiting.drain(..n);
                        self.next = Instant::now() + SLICE_PAUSE;
                        last_heard.set(Instant::now());
                    }
                    _ => return Ended::Gone,
                },
                () = quiet(last_heard), if *self.ended && *self.typed && slice.is_empty() => return Ended::Quiet,
                else => std::future::pending().await,
            }
        }
    }

    /// Does the person leave?
    fn take(&mut self, bytes: &[u8]) -> bool {
        *self.typed = true;
        if self.typist == Typist::Person {
            let leave = bytes.iter().position(|byte| *byte == LEAVE_KEY);
            self.waiting.extend(&bytes[..leave.unwrap_or(bytes.len())]);
            return leave.is_some();
        }
        for byte in bytes {
            match byte {
                b'\n' if *self.after_cr => {}
                b'\n' => self.waiting.push(b'\r'),
                byte => self.waiting.push(*byte),
            }
            *self.after_cr = *byte == b'\r';
        }
        false
    }
}

async fn paced(
    board: &mut (impl AsyncWrite + Unpin),
    slice: &[u8],
    not_before: Instant,
) -> io::Result<usize> {
    tokio::time::sleep_until(not_before).await;
    board.write(slice).await
}

async fn quiet(last_heard: &Cell<Instant>) {
    loop {
        let due = last_heard.get() + QUIET;
        tokio::time::sleep_until(due).await;
        if last_heard.get() + QUIET <= due {
            return;
        }
    }
}

#[cfg(test)]
#[path = "console/tests.rs"]
mod tests;
