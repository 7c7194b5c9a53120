//! `Telnet`: a board behind a telnet server (its own, or a serial server's) as a wire, and behind one that lets its
//! port be commanded (RFC 2217).
//! What goes over the line is the codec's business, who logs in that of `session`.

mod codec;
mod login;
mod port;

use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::ready;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::net::TcpStream;

use crate::wire::Address;
use crate::wire::LineStep;
use crate::wire::Lines;
use crate::wire::Place;
use crate::wire::Wire;
use crate::wire::WireError;
use crate::wire::lease::Lease;
use crate::wire::tcp;

use codec::COM_PORT;
use codec::Codec;
use login::Login;
use port::Port;

pub use login::Asked;
pub use login::Said;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use codec::fuzzing;

/// So much of what is written is on its way to the system at once.
const PIECE: usize = 4096;
/// An end that asks and asks and does not take the answers is not listened to any more.
const UNTAKEN: usize = 64 << 10;
/// A server that knows RFC 2217 says so at once; one over Wi-Fi or a modem somewhat later.
const AGREE: Duration = Duration::from_secs(4);
const SETTLE: Duration = Duration::from_millis(300);

/// A telnet connection as a wire.
#[derive(Debug)]
pub struct Telnet {
    stream: TcpStream,
    codec: Codec,
    address: String,
    /// Of RFC 2217.
    port: Option<Port>,
    /// Data that came and were not read yet.
    inbox: Vec<u8>,
    login: Login,
    /// What is to go over the line.
    outbox: Vec<u8>,
    _lease: Option<Lease>,
}

/// Connects within `limit` and begins to negotiate. Nobody is logged in: see `Telnet::asked`.
///
/// Errors: those of `tcp::open`.
pub async fn open(place: &Place, limit: Duration) -> Result<Telnet, WireError> {
    let address = Address::Telnet(place.clone()).to_string();
    start(place, address, None, limit).await
}

/// Connects within `limit` to a serial server that knows RFC 2217, and gives its port this bit rate, 8 data bits, no
/// parity, one stop bit and no flow control. Its control lines stay as they are: an edge would reset many boards.
///
/// Errors: those of `tcp::open`; `NoRfc2217` for a server that does not let its port be commanded; `Busy` and
/// `LoginClosed` for one that hangs up.
pub async fn open_rfc2217(place: &Place, baud: u32, limit: Duration) -> Result<Telnet, WireError> {
    let address = Address::Rfc2217(place.clone()).to_string();
    let mut telnet = start(place, address, Some(Port::new(baud)), limit).await?;
    let agreed = tokio::time::timeout(AGREE, telnet.hear_until(|codec| codec.com_port().is_some())).await;
    match agreed {
        Ok(Ok(true)) if telnet.codec.com_port() == Some(true) => {}
        Ok(Ok(false) | Err(_)) => return Err(telnet.hung_up()),
        _ => {
            return Err(WireError::NoRfc2217 {
                address: telnet.address,
            });
        }
    }
    // The rest of what was asked decides how data look; a server may leave some of it without an answer.
    let settled = telnet.hear_until(Codec::is_settled);
    let _ = tokio::time::timeout(SETTLE, settled).await;
    for command in Port::set_up(baud) {
        telnet.command(&command);
    }
    Ok(telnet)
}

async fn start(
    place: &Place,
    address: String,
    port: Option<Port>,
    limit: Duration,
) -> Result<Telnet, WireError> {
    let (stream, lease) = tcp::dial(&place.host, place.port, &address, limit).await?;
    let mut codec = Codec::client(port.is_some());
    Ok(Telnet {
        stream,
        outbox: codec.replies(),
        codec,
        address,
        port,
        inbox: Vec::new(),
        login: Login::default(),
        _lease: lease,
    })
}

impl Telnet {
    /// Listens until this is true; false if the other end hung up before.
    async fn hear_until(&mut self, wanted: impl Fn(&Codec) -> bool) -> io::Result<bool> {
        while !wanted(&self.codec) {
            if self.hear().await? == 0 {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Waits for more of the other end; how many bytes it was, 0 at the end. What was data is kept to be read.
    async fn hear(&mut self) -> io::Result<usize> {
        std::future::poll_fn(|cx| self.poll_hear(cx)).await
    }

    fn poll_hear(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<usize>> {
        let pushed = self.poll_push(cx)?;
        if pushed.is_pending() && self.outbox.len() > UNTAKEN {
            return Poll::Pending;
        }
        let mut bytes = [0; PIECE];
        let mut buf = ReadBuf::new(&mut bytes);
        ready!(Pin::new(&mut self.stream).poll_read(cx, &mut buf))?;
        self.codec.decode(buf.filled(), &mut self.inbox);
        self.outbox.extend(self.codec.replies());
        for sub in self.codec.subs() {
            if let (Some(port), [COM_PORT, answer @ ..]) = (&mut self.port, &sub[..]) {
                port.hear(answer);
            }
        }
        // Answers go out now, though nobody writes.
        let _ = self.poll_push(cx)?;
        Poll::Ready(Ok(buf.filled().len()))
    }

    /// The error for a server that hung up before there was anything to do. ser2net says `Port already in use` before.
    fn hung_up(&self) -> WireError {
        let address = self.address.clone();
        let text = String::from_utf8_lossy(&self.inbox).to_lowercase();
        if text.contains("in use") || text.contains("busy") {
            return WireError::Busy {
                address,
                holder: None,
            };
        }
        WireError::LoginClosed { address }
    }

    /// Hands to the system what is to go over the line.
    fn poll_push(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.outbox.is_empty() {
            let written = ready!(Pin::new(&mut self.stream).poll_write(cx, &self.outbox))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.outbox.drain(..written);
        }
        Poll::Ready(Ok(()))
    }

    /// Puts a command for the port on its way, behind what was written before. No acknowledgement is waited for: ser2net
    /// gives none for the control lines of a pseudo-terminal, and sredird gives none for some.
    fn command(&mut self, command: &[u8]) {
        Codec::encode_sub(COM_PORT, command, &mut self.outbox);
        self.push_now();
    }

    /// What the system does not take now goes out with the next read or write.
    fn push_now(&mut self) {
        while !self.outbox.is_empty() {
            match self.stream.try_write(&self.outbox) {
                Ok(written) if written > 0 => drop(self.outbox.drain(..written)),
                _ => return,
            }
        }
    }

    /// Throws away what the serial server has received from the board and not sent yet, and what it has not sent to the
    /// board. Errors: `NoLines` where the port cannot be commanded.
    pub fn purge(&mut self) -> Result<(), WireError> {
        self.port.as_ref().ok_or(WireError::NoLines)?;
        self.command(&port::PURGE);
        Ok(())
    }

    /// Begins or ends a break. Errors: `NoLines` where the port cannot be commanded.
    pub fn set_break(&mut self, on: bool) -> Result<(), WireError> {
        self.port.as_ref().ok_or(WireError::NoLines)?;
        self.command(&port::set_break(on));
        Ok(())
    }

    /// What the serial server calls itself, if it has said so.
    pub fn signature(&self) -> Option<&str> {
        self.port.as_ref()?.signature()
    }
}

impl Wire for Telnet {
    /// In an order that never passes through RTS without DTR, as `Serial` has it.
    fn set_lines(&mut self, lines: Lines) -> Result<(), WireError> {
        self.port.as_ref().ok_or(WireError::NoLines)?;
        for command in port::set_lines(lines) {
            self.command(&command);
        }
        Ok(())
    }

    fn address(&self) -> &str {
        &self.address
    }

    /// Nobody can tell which chip is behind a serial server; the ESP's reset does no harm on another board.
    fn reset_steps(&self) -> &'static [LineStep] {
        self.port.as_ref().map_or(&[], |_| crate::wire::chips::ESP)
    }

    fn baud(&self) -> Option<u32> {
        self.port.as_ref().map(Port::baud)
    }

    /// Not later than what is written next, as both go the same way in order.
    fn set_baud(&mut self, baud: u32) -> Result<(), WireError> {
        let Some(port) = &mut self.port else {
            return Err(WireError::Io {
                address: self.address.clone(),
                source: io::ErrorKind::Unsupported.into(),
            });
        };
        let command = port.set_baud(baud);
        self.command(&command);
        Ok(())
    }

    fn is_binary(&self) -> bool {
        self.codec.is_binary()
    }

    fn watch_login(&mut self, on: bool) {
        self.login.watch(on && self.port.is_none(), &self.inbox);
    }

    fn asks_login(&self) -> bool {
        self.login.is_asked()
    }
}

impl AsyncRead for Telnet {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        while self.inbox.is_empty() {
            if self.login.poll_asked(cx).is_ready() {
                return Poll::Ready(Ok(()));
            }
            if ready!(self.poll_hear(cx))? == 0 {
                self.login.end();
                return Poll::Ready(Ok(()));
            }
            let this = &mut *self;
            this.login.hear(&this.inbox);
        }
        let count = self.inbox.len().min(buf.remaining());
        buf.put_slice(&self.inbox[..count]);
        self.inbox.drain(..count);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Telnet {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_push(cx))?;
        let count = buf.len().min(PIECE);
        let this = &mut *self;
        this.codec.encode(&buf[..count], &mut this.outbox);
        // The rest goes out with the next read or write.
        let _ = self.poll_push(cx)?;
        Poll::Ready(Ok(count))
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.poll_push(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_push(cx))?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
