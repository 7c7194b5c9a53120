//! `WebRepl`: MicroPython's REPL over a web socket, and beside it a channel for files.
//! Knows its handshake and log-in (extmod/modwebrepl.c); what is said over it afterwards is `repl`'s and `board`'s.

mod frames;

use std::hash::BuildHasher as _;
use std::hash::RandomState;
use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::ready;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt as _;
use tokio::io::ReadBuf;
use tungstenite::handshake::client::Response;
use tungstenite::handshake::client::generate_key;
use tungstenite::handshake::derive_accept_key;
use tungstenite::handshake::machine::TryParse;
use tungstenite::http::StatusCode;
use tungstenite::http::header::SEC_WEBSOCKET_ACCEPT;

use crate::wire::Address;
use crate::wire::Channel;
use crate::wire::Lines;
use crate::wire::Place;
use crate::wire::Tcp;
use crate::wire::Wire;
use crate::wire::WireError;
use crate::wire::tcp;
use crate::wire::web_repl::frames::Event;
use crate::wire::web_repl::frames::Frames;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use frames::fuzzing;

/// The longest password that WebREPL can have (`webrepl_passwd` in extmod/modwebrepl.c has ten bytes).
pub const LONGEST_PASSWORD: usize = 9;
/// The most that a frame carries: what webrepl_cli.py sends at once.
const LONGEST: usize = 1024;
/// An answer to the handshake that is longer is none.
const HEADERS: usize = 16 * 1024;
/// Ctrl-C.
const INTERRUPT: u8 = 3;

/// A web socket to a board's REPL.
#[derive(Debug)]
pub struct WebRepl {
    tcp: Tcp,
    address: String,
    frames: Frames,
    /// What came and was not read yet.
    repl: Vec<u8>,
    files: Vec<u8>,
    channel: Channel,
    /// Frames that the system has not taken yet.
    out: Vec<u8>,
    ended: bool,
}

/// Connects and logs in, each within `limit`.
///
/// Errors: as `tcp::open`; `NoPassword`; `Login` for a wrong one; `Busy` where the board has a client already;
/// `Foreign` for what is no WebREPL.
pub async fn open(place: &Place, limit: Duration) -> Result<WebRepl, WireError> {
    let address = Address::WebRepl(place.clone()).to_string();
    let login = |why| WireError::Login {
        address: address.clone(),
        why,
    };
    let Some(password) = &place.password else {
        return Err(WireError::NoPassword { address });
    };
    let password = password.reveal();
    if password.len() > LONGEST_PASSWORD {
        return Err(login("passwords of WebREPL have 9 characters at most"));
    }
    if password.contains(['\r', '\n']) {
        return Err(login("no password has a line end"));
    }
    let tcp = tcp::open_as(address.clone(), &place.host, place.port, limit).await?;
    let mut wire = WebRepl {
        tcp,
        address: address.clone(),
        frames: Frames::new(),
        repl: Vec::new(),
        files: Vec::new(),
        channel: Channel::Repl,
        out: Vec::new(),
        ended: false,
    };
    let opening = async {
        wire.shake_hands(place).await?;
        wire.log_in(password).await
    };
    match tokio::time::timeout(limit, Box::pin(opening)).await {
        Ok(done) => done.map(|()| wire),
        Err(_) => Err(WireError::Timeout {
            address,
            seconds: limit.as_secs(),
        }),
    }
}

impl WebRepl {
    /// HTTP's way to a web socket (RFC 6455, 4.1).
    async fn shake_hands(&mut self, place: &Place) -> Result<(), WireError> {
        let key = generate_key();
        let (host, port) = (&place.host, place.port);
        let host = if host.contains(':') {
            format!("[{host}]")
        } else {
            host.clone()
        };
        let request = format!(
            "GET / HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n"
        );
        let sent = self.tcp.write_all(request.as_bytes()).await;
        sent.map_err(|_| self.gone())?;
        let mut answer = Vec::new();
        loop {
            match self.tcp.read_buf(&mut answer).await {
                Ok(0) | Err(_) => return Err(self.foreign()),
                Ok(_) => {}
            }
            match Response::try_parse(&answer) {
                Ok(Some((read, response))) => {
                    let accepted = response.headers().get(SEC_WEBSOCKET_ACCEPT);
                    let accepted = accepted
                        .is_some_and(|is| is.as_bytes() == derive_accept_key(key.as_bytes()).as_bytes());
                    if response.status() != StatusCode::SWITCHING_PROTOCOLS || !accepted {
                        return Err(self.foreign());
                    }
                    return self.take(&answer[read..]).map_err(|_| self.foreign());
                }
                Ok(None) if answer.len() < HEADERS => {}
                _ => return Err(self.foreign()),
            }
        }
    }

    async fn log_in(&mut self, password: &str) -> Result<(), WireError> {
        if self.hear(&["Password: "]).await?.is_none() {
            // webrepl.py closes a second connection right after its handshake.
            return Err(WireError::Busy {
                address: self.address.clone(),
                holder: None,
            });
        }
        let sent = self.write_all(format!("{password}\r").as_bytes()).await;
        sent.map_err(|_| self.gone())?;
        match self.hear(&["WebREPL connected\r\n", "Access denied"]).await? {
            Some(0) => Ok(()),
            Some(_) => Err(WireError::Login {
                address: self.address.clone(),
                why: "the password is wrong",
            }),
            None => Err(self.gone()),
        }
    }

    /// Waits for one of these texts and drops everything up to it and it. Says which; `None`: the connection ended.
    async fn hear(&mut self, texts: &[&str]) -> Result<Option<usize>, WireError> {
        let mut heard = Vec::new();
        loop {
            for (number, text) in texts.iter().enumerate() {
                let at = heard.windows(text.len()).position(|some| some == text.as_bytes());
                if let Some(at) = at {
                    self.repl.splice(..0, heard.drain(at + text.len()..));
                    return Ok(Some(number));
                }
            }
            if heard.len() > HEADERS {
                return Err(self.foreign());
            }
            match self.read_buf(&mut heard).await {
                Ok(0) | Err(_) => return Ok(None),
                Ok(_) => {}
            }
        }
    }

    fn foreign(&self) -> WireError {
        WireError::Foreign {
            address: self.address.clone(),
            expected: "WebREPL",
        }
    }

    /// Takes bytes that came.
    fn take(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.frames.push(bytes);
        while let Some(event) = self
            .frames
            .next_event()
            .map_err(|_| io::Error::from(io::ErrorKind::InvalidData))?
        {
            match event {
                Event::Bytes(Channel::Repl, bytes) => self.repl.extend(bytes),
                Event::Bytes(Channel::Files, bytes) => self.files.extend(bytes),
                Event::Ping(bytes) => self.out.extend(frames::pong(bytes, mask())),
                Event::Close => self.ended = true,
            }
        }
        Ok(())
    }

    /// Hands frames to the system until it has all of them.
    fn poll_out(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.out.is_empty() {
            let taken = ready!(Pin::new(&mut self.tcp).poll_write(cx, &self.out))?;
            if taken == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.out.drain(..taken);
        }
        Poll::Ready(Ok(()))
    }
}

impl Wire for WebRepl {
    fn set_lines(&mut self, _lines: Lines) -> Result<(), WireError> {
        Err(WireError::NoLines)
    }

    fn address(&self) -> &str {
        &self.address
    }

    fn use_channel(&mut self, channel: Channel) -> bool {
        self.channel = channel;
        self.files.clear();
        true
    }

    fn ends_at_reset(&self) -> bool {
        true
    }
}

impl AsyncRead for WebRepl {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        loop {
            // Who waits for an answer waits for the question to leave, too.
            if let Poll::Ready(Err(error)) = this.poll_out(cx) {
                return Poll::Ready(Err(error));
            }
            let waiting = match this.channel {
                Channel::Repl => &mut this.repl,
                Channel::Files => &mut this.files,
            };
            if !waiting.is_empty() {
                let now = waiting.len().min(buf.remaining());
                buf.put_slice(&waiting[..now]);
                waiting.drain(..now);
                return Poll::Ready(Ok(()));
            }
            if this.ended {
                return Poll::Ready(Ok(()));
            }
            let mut space = [0; 4096];
            let mut came = ReadBuf::new(&mut space);
            ready!(Pin::new(&mut this.tcp).poll_read(cx, &mut came))?;
            if came.filled().is_empty() {
                this.ended = true;
            }
            this.take(came.filled())?;
        }
    }
}

impl AsyncWrite for WebRepl {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_out(cx))?;
        let mut some = &buf[..buf.len().min(LONGEST)];
        // `os.dupterm_notify` stops reading at Ctrl-C, and an ESP8266 goes on only when something more arrives: a
        // Ctrl-C is the last byte of its frame and of its packet.
        if self.channel == Channel::Repl
            && let Some(at) = some.iter().position(|byte| *byte == INTERRUPT)
        {
            some = &some[..=at];
        }
        let frame = frames::message(self.channel, some, mask());
        self.out.extend(frame);
        match self.poll_out(cx) {
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            _ => Poll::Ready(Ok(some.len())),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_out(cx))?;
        Pin::new(&mut self.tcp).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if !self.ended {
            self.ended = true;
            let goodbye = frames::close(mask());
            self.out.extend(goodbye);
        }
        ready!(self.poll_out(cx))?;
        Pin::new(&mut self.tcp).poll_shutdown(cx)
    }
}

/// Chance enough for what is to confuse proxies only.
fn mask() -> [u8; 4] {
    let chance = RandomState::new().hash_one(());
    std::array::from_fn(|at| chance.to_le_bytes()[at])
}
