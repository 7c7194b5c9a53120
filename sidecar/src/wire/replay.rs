//! `Replay`: a wire that plays the board's side of a transcript which `Recorder` wrote.
//! Not a board: it knows one conversation, and the first byte that differs ends it. Times are not kept.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::Waker;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;

use crate::wire::Lines;
use crate::wire::Wire;
use crate::wire::WireError;

/// A wire that plays the board's side of a transcript. At the end it hangs up.
#[derive(Debug)]
pub struct Replay {
    events: VecDeque<Event>,
    reader: Option<Waker>,
}

#[derive(Debug)]
struct Event {
    /// Where it stands in the transcript, from 1.
    line: usize,
    what: What,
}

#[derive(Debug)]
enum What {
    /// Bytes to the board that have not been written yet.
    Sent(VecDeque<u8>),
    /// Bytes from the board that have not been read yet.
    Received(VecDeque<u8>),
    Lines(Lines),
}

impl Replay {
    /// Reads a transcript. Error: `BadTranscript` with the first line that is none.
    pub fn new(transcript: &str) -> Result<Self, WireError> {
        let lines = transcript.lines().enumerate();
        // What the recorder says about it.
        let lines = lines.filter(|(_, text)| !text.starts_with('#'));
        let events = lines.map(|(index, text)| {
            let line = index + 1;
            let what = event(text).ok_or(WireError::BadTranscript { line })?;
            Ok(Event { line, what })
        });
        Ok(Self {
            events: events.collect::<Result<_, WireError>>()?,
            reader: None,
        })
    }

    /// Has everything been said that is in the transcript?
    pub fn is_over(&self) -> bool {
        self.events.is_empty()
    }

    fn diverged(&self, got: &[u8]) -> io::Error {
        let line = self.events.front().map_or(0, |event| event.line);
        let got = got.escape_ascii().to_string();
        io::Error::new(io::ErrorKind::InvalidData, WireError::Diverged { line, got })
    }

    /// Drops the event in front if all of it has passed, and lets a waiting reader look again.
    fn advance(&mut self) {
        let over = self.events.front().is_none_or(|event| match &event.what {
            What::Sent(bytes) | What::Received(bytes) => bytes.is_empty(),
            What::Lines(_) => true,
        });
        if over {
            self.events.pop_front();
            if let Some(reader) = self.reader.take() {
                reader.wake();
            }
        }
    }
}

fn event(text: &str) -> Option<What> {
    let (milliseconds, event) = text.split_once(' ')?;
    milliseconds.parse::<u64>().ok()?;
    match event.split_once(' ')? {
        (">", bytes) => Some(What::Sent(unescape(bytes)?)),
        ("<", bytes) => Some(What::Received(unescape(bytes)?)),
        ("=", lines) => {
            let (dtr, rts) = lines.strip_prefix("dtr ")?.split_once(" rts ")?;
            let on = |digit| {
                ["0", "1"]
                    .iter()
                    .position(|d| *d == digit)
                    .map(|place| place == 1)
            };
            Some(What::Lines(Lines {
                dtr: on(dtr)?,
                rts: on(rts)?,
            }))
        }
        _ => None,
    }
}

/// The reverse of `<[u8]>::escape_ascii`.
fn unescape(text: &str) -> Option<VecDeque<u8>> {
    let mut bytes = text.bytes();
    let mut plain = VecDeque::new();
    while let Some(byte) = bytes.next() {
        if byte != b'\\' {
            plain.push_back(byte);
            continue;
        }
        plain.push_back(match bytes.next()? {
            b'r' => b'\r',
            b'n' => b'\n',
            b't' => b'\t',
            b'x' => {
                let digits = [bytes.next()?, bytes.next()?];
                u8::from_str_radix(std::str::from_utf8(&digits).ok()?, 16).ok()?
            }
            quoted @ (b'\\' | b'\'' | b'"') => quoted,
            _ => return None,
        });
    }
    Some(plain)
}

impl Wire for Replay {
    fn set_lines(&mut self, lines: Lines) -> Result<(), WireError> {
        match self.events.front() {
            Some(Event {
                what: What::Lines(expected),
                ..
            }) if *expected == lines => {
                self.advance();
                Ok(())
            }
            front => Err(WireError::Diverged {
                line: front.map_or(0, |event| event.line),
                got: format!("{lines:?}"),
            }),
        }
    }

    fn address(&self) -> &'static str {
        "the transcript"
    }
}

impl AsyncRead for Replay {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.events.front_mut().map(|event| &mut event.what) {
            None => Poll::Ready(Ok(())),
            Some(What::Received(bytes)) => {
                let count = bytes.len().min(buf.remaining());
                buf.put_slice(&bytes.drain(..count).collect::<Vec<u8>>());
                self.advance();
                Poll::Ready(Ok(()))
            }
            // The board says nothing before it is spoken to.
            Some(_) => {
                self.reader = Some(cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

impl AsyncWrite for Replay {
    fn poll_write(mut self: Pin<&mut Self>, _cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        let Some(What::Sent(expected)) = self.events.front_mut().map(|event| &mut event.what) else {
            return Poll::Ready(Err(self.diverged(buf)));
        };
        let count = expected.len().min(buf.len());
        if !expected.range(..count).eq(&buf[..count]) {
            return Poll::Ready(Err(self.diverged(buf)));
        }
        expected.drain(..count);
        self.advance();
        Poll::Ready(Ok(count))
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::io::AsyncWriteExt;

    use super::*;

    const TALK: &str = "0 > \\x03\\x01\n3 < raw\\r\\n>\n4 = dtr 1 rts 0\n5 > a\\\\b\n6 < OK\n";

    #[tokio::test]
    async fn a_conversation_that_keeps_to_the_transcript_is_answered_from_it() {
        let mut wire = Replay::new(TALK).unwrap();
        wire.write_all(b"\x03").await.unwrap();
        wire.write_all(b"\x01").await.unwrap();
        let mut heard = [0; 6];
        wire.read_exact(&mut heard).await.unwrap();
        assert_eq!(&heard, b"raw\r\n>");
        wire.set_lines(Lines {
            dtr: true,
            rts: false,
        })
        .unwrap();
        wire.write_all(b"a\\b").await.unwrap();
        let mut rest = Vec::new();
        wire.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"OK");
        assert!(wire.is_over());
    }

    #[tokio::test]
    async fn the_first_difference_ends_it_and_says_where() {
        let mut wire = Replay::new(TALK).unwrap();
        wire.write_all(b"\x03").await.unwrap();
        let error = wire.write_all(b"\x02").await.unwrap_err();
        assert_eq!(
            error.to_string(),
            r"the transcript has something else than `\x02` in line 1"
        );
        wire.write_all(b"\x01").await.unwrap();
        let early = wire.write_all(b"a").await.unwrap_err();
        assert!(early.to_string().ends_with("in line 2"), "{early}");
    }

    #[test]
    fn what_is_no_transcript_is_refused_with_its_line() {
        for bad in [r"x > a", r"1 ? a", r"1 > \q", r"1 > \x0", r"1 = dtr 2 rts 0", ""] {
            let error = Replay::new(&format!("0 > ok\n{bad}\n")).unwrap_err();
            assert!(
                matches!(error, WireError::BadTranscript { line: 2 }),
                "{bad}: {error}"
            );
        }
    }

    #[test]
    fn escaped_bytes_come_back() {
        let bytes: Vec<u8> = (0..=255).collect();
        assert_eq!(unescape(&bytes.escape_ascii().to_string()).unwrap(), bytes);
    }
}
