//! `Tunnel`: the line of a board on another machine as a wire.
//! What is read was asked for beforehand, so that bytes come at the speed of the line and not one answer a round trip.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::ready;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;

use crate::host::Asked;
use crate::host::Client;
use crate::host::HostError;
use crate::host::ssh::Way;
use crate::host::words;
use crate::host::words::OfWire;
use crate::host::words::Open;
use crate::host::words::Opened;
use crate::host::words::SetLines;
use crate::host::words::Why;
use crate::host::words::Write;
use crate::wire::LineStep;
use crate::wire::Lines;
use crate::wire::Wire;
use crate::wire::WireError;
use crate::wire::chips;

/// Answers that may be under way.
const READS: usize = 32;
/// Bytes that may be under way to the board.
const WINDOW: usize = 64 << 10;
/// Bytes of one message to the board.
const PIECE: usize = 16 << 10;
/// A board there may take so long to open.
const LIMIT: Duration = Duration::from_secs(15);

/// The line of a board on another machine. It is closed when this is dropped.
pub struct Tunnel {
    client: Client,
    opened: Opened,
    address: String,
    reads: VecDeque<Asked>,
    writes: VecDeque<(usize, Asked)>,
    /// Bytes that came and were not read yet.
    came: VecDeque<u8>,
    /// Why it ended.
    ended: Option<HostError>,
}

impl Tunnel {
    /// Opens the line of a board there; `address` is how the user names it here.
    pub async fn open(way: Way, open: &Open, address: String) -> Result<Self, HostError> {
        let (client, opened) = Client::open(way, words::OPEN, open).await?;
        let opened: Opened = opened.within(LIMIT).await?;
        client.keep_alive();
        Ok(Self {
            client,
            opened,
            address,
            reads: VecDeque::new(),
            writes: VecDeque::new(),
            came: VecDeque::new(),
            ended: None,
        })
    }

    /// The conversation that this is part of.
    pub fn client(&self) -> &Client {
        &self.client
    }

    /// What was opened.
    pub fn opened(&self) -> &Opened {
        &self.opened
    }

    fn end(&mut self, error: HostError) -> io::Error {
        let text = error.to_string();
        self.ended.get_or_insert(error);
        io::Error::new(io::ErrorKind::BrokenPipe, text)
    }

    /// Until not more than `most` bytes are under way.
    fn poll_writes(&mut self, cx: &mut Context<'_>, most: usize) -> Poll<io::Result<()>> {
        loop {
            let under_way: usize = self.writes.iter().map(|(size, _)| size).sum();
            let Some((_, asked)) = self.writes.front_mut() else {
                return Poll::Ready(Ok(()));
            };
            match Pin::new(asked).poll(cx) {
                Poll::Ready(Ok(_)) => drop(self.writes.pop_front()),
                Poll::Ready(Err(error)) => return Poll::Ready(Err(self.end(error))),
                Poll::Pending if under_way <= most => return Poll::Ready(Ok(())),
                Poll::Pending => return Poll::Pending,
            }
        }
    }
}

/// The bytes of an answer; none when the board is gone.
fn bytes(answer: &Value) -> Vec<u8> {
    let data = answer["data"].as_str().unwrap_or_default();
    BASE64_STANDARD.decode(data).unwrap_or_default()
}

impl AsyncRead for Tunnel {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.came.is_empty() {
            if self.ended.is_some() {
                return Poll::Ready(Ok(()));
            }
            // Many at once, and then none for a while: what is asked again after each answer fills the line.
            let wanted = if self.reads.len() > READS / 2 { 0 } else { READS };
            while self.reads.len() < wanted {
                let asked = self.client.post(
                    words::READ,
                    &OfWire {
                        wire: self.opened.wire,
                    },
                );
                self.reads.push_back(asked);
            }
            let first = self.reads.front_mut().expect("there are some");
            let answer = ready!(Pin::new(first).poll(cx));
            self.reads.pop_front();
            match answer.map(|answer| bytes(&answer)) {
                Ok(some) if !some.is_empty() => self.came.extend(some),
                Ok(_) => {
                    let host = self.client.name().to_owned();
                    self.end(HostError::Gone {
                        host,
                        said: String::new(),
                    });
                }
                Err(error) => {
                    self.end(error);
                }
            }
        }
        let (some, _) = self.came.as_slices();
        let size = some.len().min(buf.remaining());
        buf.put_slice(&some[..size]);
        self.came.drain(..size);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Tunnel {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        if let Some(error) = self.ended.clone() {
            return Poll::Ready(Err(self.end(error)));
        }
        if self.opened.read_only {
            let host = self.client.name().to_owned();
            let why = Why {
                code: "ssh.not_allowed".to_owned(),
                message: words::READ_ONLY.to_owned(),
                help: String::new(),
            };
            return Poll::Ready(Err(self.end(HostError::Refused { host, why })));
        }
        ready!(self.poll_writes(cx, WINDOW))?;
        let size = buf.len().min(PIECE);
        let write = Write {
            wire: self.opened.wire,
            data: BASE64_STANDARD.encode(&buf[..size]),
        };
        let asked = self.client.post(words::WRITE, &write);
        self.writes.push_back((size, asked));
        Poll::Ready(Ok(size))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_writes(cx, 0)
    }
}

impl Wire for Tunnel {
    fn set_lines(&mut self, lines: Lines) -> Result<(), WireError> {
        let set = SetLines {
            wire: self.opened.wire,
            dtr: lines.dtr,
            rts: lines.rts,
        };
        let asked = self.client.post(words::LINES, &set);
        self.writes.push_back((0, asked));
        Ok(())
    }

    fn address(&self) -> &str {
        &self.address
    }

    fn reset_steps(&self) -> &'static [LineStep] {
        let chip = self.opened.usb.and_then(|(vid, pid)| chips::find(vid, pid));
        chip.map_or(&[], |chip| chip.reset)
    }

    fn gone(&self) -> WireError {
        let address = self.address.clone();
        match &self.ended {
            Some(HostError::Refused { why, .. }) if why.code == "ssh.not_allowed" => WireError::NotAllowed {
                address,
                why: why.message.clone(),
            },
            _ => WireError::Gone { address },
        }
    }
}

impl Drop for Tunnel {
    fn drop(&mut self) {
        let close = OfWire {
            wire: self.opened.wire,
        };
        let asked = self.client.post(words::CLOSE, &close);
        asked.forget();
    }
}
