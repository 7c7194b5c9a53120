//! `ModelBoard`: a wire with a model of MicroPython's REPL at its end (`shared/runtime/pyexec.c`), in any state, with
//! a program or a timer that prints, behind a line that may damage bytes. Its time is the caller's.

use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::ready;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::time::Sleep;

use crate::base::Feed;
use crate::repl::conversation::RAW_BANNER;
use crate::wire::Lines;
use crate::wire::Wire;
use crate::wire::WireError;

const BANNER: &[u8] =
    b"\r\nMicroPython v1.29.0 on 2026-11-21; model\r\nType \"help()\" for more information.\r\n>>> ";
/// Half of the receive buffer.
const WINDOW: usize = 64;
/// As long as ten bytes at 115200 baud.
const A_WRITE: Duration = Duration::from_millis(1);

#[derive(Debug, PartialEq, Eq)]
enum Mode {
    /// A program of the user's that stops after so many interrupts.
    Running(u8),
    Friendly,
    Paste,
    Raw(Vec<u8>),
    /// Code, and how much of the window is left.
    RawPaste(Vec<u8>, usize),
}

pub(super) struct ModelBoard {
    mode: Mode,
    has_raw_paste: bool,
    /// What a timer prints.
    timer: Vec<u8>,
    /// What the program says.
    says: Vec<String>,
    out: Vec<u8>,
    /// So many bytes come at once.
    piece: usize,
    /// Which byte, counted over both directions, and what happens to it.
    faults: Vec<(usize, u8)>,
    passed: usize,
    gone: bool,
    /// Nothing is sent in no time: who answers at once would be asked for ever.
    sending: Option<Pin<Box<Sleep>>>,
}

impl ModelBoard {
    pub(super) fn new(feed: &mut Feed) -> Self {
        let bits = feed.byte();
        let mode = match bits & 7 {
            0 | 1 => Mode::Friendly,
            2 => Mode::Raw(feed.piece().to_vec()),
            3 => Mode::Paste,
            4 => Mode::RawPaste(feed.piece().to_vec(), WINDOW),
            more => Mode::Running(more - 4),
        };
        let printable = |bytes: &[u8]| -> Vec<u8> {
            let shown = bytes
                .iter()
                .map(|byte| if byte % 12 == 0 { b'\n' } else { b' ' + byte % 95 });
            shown.collect()
        };
        let timer = if bits & 8 == 0 {
            Vec::new()
        } else {
            printable(feed.piece())
        };
        let says = (0..feed.byte() % 4).map(|_| {
            let text = String::from_utf8_lossy(feed.piece()).into_owned();
            text.replace(['\u{2}', '\u{3}', '\u{4}'], "")
        });
        let says = says.collect();
        let piece = 1 + feed.below(300);
        let count = if bits & 16 == 0 { 0 } else { feed.byte() % 16 };
        let mut at = 0;
        let faults = (0..count).map(|_| {
            at += feed.below(120);
            (at, feed.byte())
        });
        Self {
            faults: faults.collect(),
            mode,
            has_raw_paste: bits & 32 == 0,
            timer,
            says,
            out: feed.piece().to_vec(),
            piece,
            passed: 0,
            gone: false,
            sending: None,
        }
    }

    /// Does the line leave everything as it is, and did the board say nothing odd before?
    pub(super) fn is_honest(&self) -> bool {
        self.faults.is_empty()
            && !self.out.contains(&1)
            && !self.out.contains(&4)
            && !self.out.contains(&b'R')
    }

    /// What its program says.
    pub(super) fn lines(&self) -> Vec<String> {
        self.says.clone()
    }

    fn print(&mut self, bytes: &[u8]) {
        self.out.extend_from_slice(bytes);
    }

    /// Where MicroPython runs what is scheduled.
    fn tick(&mut self) {
        let timer = self.timer.clone();
        self.print(&timer);
    }

    fn take(&mut self, byte: u8) {
        match std::mem::replace(&mut self.mode, Mode::Friendly) {
            Mode::Running(left) => self.interrupt(byte, left),
            Mode::Friendly => self.friendly(byte),
            Mode::Paste => match byte {
                3 | 4 => self.print(b"\r\n>>> "),
                _ => self.mode = Mode::Paste,
            },
            Mode::Raw(code) => self.raw(byte, code),
            Mode::RawPaste(code, left) => self.raw_paste(byte, code, left),
        }
    }

    fn interrupt(&mut self, byte: u8, left: u8) {
        if byte != 3 {
            self.mode = Mode::Running(left);
        } else if left == 0 {
            self.print(b"Traceback (most recent call last):\r\nKeyboardInterrupt: ");
            self.print(BANNER);
        } else {
            self.print(b"caught\r\n");
            self.mode = Mode::Running(left - 1);
        }
    }

    fn friendly(&mut self, byte: u8) {
        match byte {
            1 => {
                self.print(RAW_BANNER);
                self.mode = Mode::Raw(Vec::new());
            }
            2 => self.print(BANNER),
            3 | b'\r' => {
                self.print(b"\r\n");
                self.tick();
                self.print(b">>> ");
            }
            4 => {
                self.print(b"\r\nMPY: soft reboot");
                self.print(BANNER);
            }
            5 => {
                self.print(b"\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ");
                self.mode = Mode::Paste;
            }
            _ => self.print(&[byte]),
        }
    }

    fn raw(&mut self, byte: u8, mut code: Vec<u8>) {
        match byte {
            1 if code == b"\x05A" && self.has_raw_paste => {
                self.print(&[b'R', 1, WINDOW.to_le_bytes()[0], 0, 1]);
                self.mode = Mode::RawPaste(Vec::new(), WINDOW);
                return;
            }
            1 => self.print(RAW_BANNER),
            2 => {
                self.print(BANNER);
                return;
            }
            3 => {}
            4 => {
                self.print(b"OK");
                self.run(&code);
            }
            _ => {
                code.push(byte);
                self.mode = Mode::Raw(code);
                return;
            }
        }
        self.mode = Mode::Raw(Vec::new());
    }

    fn raw_paste(&mut self, byte: u8, mut code: Vec<u8>, left: usize) {
        if matches!(byte, 3 | 4) {
            self.print(b"\x04");
            if byte == 4 {
                self.run(&code);
            } else {
                self.print(b"\x04\x04>");
            }
            self.mode = Mode::Raw(Vec::new());
            return;
        }
        code.push(byte);
        let left = if left == 1 {
            self.print(b"\x01");
            WINDOW
        } else {
            left - 1
        };
        self.mode = Mode::RawPaste(code, left);
    }

    fn run(&mut self, code: &[u8]) {
        if code.starts_with(b"say") {
            for text in self.says.clone() {
                self.tick();
                let sum: u32 = text.bytes().map(u32::from).sum();
                self.print(format!("\u{2}{:04x}{text}\u{3}\r\n", sum & 0xffff).as_bytes());
            }
            self.print(b"\x04\x04>");
        } else {
            self.print(b"\x04Traceback (most recent call last):\r\nSyntaxError: invalid syntax\r\n\x04>");
        }
        self.tick();
    }

    /// One byte over the line.
    fn over(&mut self, byte: u8) -> Vec<u8> {
        self.passed += 1;
        let fault = self.faults.iter().find(|(at, _)| *at == self.passed);
        match fault.map(|(_, what)| *what) {
            None => vec![byte],
            Some(what) => match what % 6 {
                0 => Vec::new(),
                1 => vec![byte, byte],
                2 => vec![byte ^ 1 << (what % 8)],
                3 => vec![byte, what],
                4 if what > 250 => {
                    self.gone = true;
                    Vec::new()
                }
                _ => vec![what],
            },
        }
    }
}

impl AsyncRead for ModelBoard {
    fn poll_read(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.gone {
            return Poll::Ready(Ok(()));
        }
        if self.out.is_empty() {
            // It only speaks when it is spoken to: the caller's limit ends the wait.
            return Poll::Pending;
        }
        let count = self.piece.min(self.out.len()).min(into.remaining());
        let bytes: Vec<u8> = self.out.drain(..count).collect();
        let bytes: Vec<u8> = bytes.into_iter().flat_map(|byte| self.over(byte)).collect();
        if bytes.is_empty() {
            return self.poll_read_again(into);
        }
        let fit = bytes.len().min(into.remaining());
        into.put_slice(&bytes[..fit]);
        Poll::Ready(Ok(()))
    }
}

impl ModelBoard {
    /// Everything of this piece was lost.
    fn poll_read_again(&mut self, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.gone {
            return Poll::Ready(Ok(()));
        }
        if self.out.is_empty() {
            return Poll::Pending;
        }
        into.put_slice(&[self.out.remove(0)]);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for ModelBoard {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let a_write = || Box::pin(tokio::time::sleep(A_WRITE));
        ready!(self.sending.get_or_insert_with(a_write).as_mut().poll(context));
        self.sending = None;
        for byte in bytes {
            for byte in self.over(*byte) {
                self.take(byte);
            }
        }
        Poll::Ready(if self.gone {
            Err(io::ErrorKind::BrokenPipe.into())
        } else {
            Ok(bytes.len())
        })
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

impl Wire for ModelBoard {
    fn set_lines(&mut self, _: Lines) -> Result<(), WireError> {
        Err(WireError::NoLines)
    }
}
