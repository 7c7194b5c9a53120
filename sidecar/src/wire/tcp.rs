//! `Tcp`: raw bytes to a board over TCP, as ser2net, QEMU and many adapters offer them.
//! Not telnet: 0xff is a byte like any other, and there are no control lines.

use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;
use tokio::net::TcpStream;

use crate::wire::Address;
use crate::wire::Lines;
use crate::wire::Wire;
use crate::wire::WireError;
use crate::wire::lease;
use crate::wire::lease::Lease;

/// A TCP connection as a wire.
#[derive(Debug)]
pub struct Tcp {
    stream: TcpStream,
    address: String,
    lease: Option<Lease>,
}

/// Connects within `limit`, name look-up included.
///
/// Errors: `Busy` if another program of this machine has it; `NotFound` for an unknown host, one that cannot be reached and a port where nobody
/// listens; `Timeout` for one that does not answer.
pub async fn open(host: &str, port: u16, limit: Duration) -> Result<Tcp, WireError> {
    let address = Address::Socket {
        host: host.to_owned(),
        port,
    };
    open_as(address.to_string(), host, port, limit).await
}

/// As `open`, for a wire that is called `address`.
pub async fn open_as(address: String, host: &str, port: u16, limit: Duration) -> Result<Tcp, WireError> {
    let (stream, lease) = dial(host, port, &address, limit).await?;
    Ok(Tcp {
        stream,
        address,
        lease,
    })
}

/// Connects within `limit`, name look-up included, and takes the lease; `address` is what the user calls the place.
pub(super) async fn dial(
    host: &str,
    port: u16,
    address: &str,
    limit: Duration,
) -> Result<(TcpStream, Option<Lease>), WireError> {
    // Rarely needed, and large.
    let connecting = Box::pin(connect(host, port, address));
    let (stream, lease) = match tokio::time::timeout(limit, connecting).await {
        Ok(connected) => connected?,
        Err(_) => {
            return Err(WireError::Timeout {
                address: address.to_owned(),
                seconds: limit.as_secs(),
            });
        }
    };
    // The REPL conversation is many small writes, each waiting for an answer: Nagle's algorithm
    // with delayed acknowledgements would cost 40 ms for each.
    match stream.set_nodelay(true) {
        Ok(()) => Ok((stream, lease)),
        Err(source) => Err(WireError::Io {
            address: address.to_owned(),
            source,
        }),
    }
}

/// Connects to the first of the host's places that answers. A place that another program of this machine talks to is
/// not even knocked at: some serial servers throw out whoever came first.
async fn connect(host: &str, port: u16, address: &str) -> Result<(TcpStream, Option<Lease>), WireError> {
    let failed = |error| refusal(address.to_owned(), error);
    let mut last = None;
    for place in tokio::net::lookup_host((host, port)).await.map_err(failed)? {
        let lease = lease::take(place, address).await?;
        match TcpStream::connect(place).await {
            Ok(stream) => return Ok((stream, lease)),
            Err(error) => last = Some(error),
        }
    }
    Err(failed(last.unwrap_or(io::ErrorKind::NotFound.into())))
}

/// Keeps other programs of this machine out until it is dropped.
#[derive(Debug)]
pub struct Held(#[allow(dead_code)] Option<Lease>); // for its drop

impl Tcp {
    /// The connection itself, for what is no byte stream.
    pub fn into_stream(self) -> (TcpStream, Held) {
        (self.stream, Held(self.lease))
    }
}

fn refusal(address: String, error: io::Error) -> WireError {
    use io::ErrorKind;
    match error.kind() {
        // The system's own limit (about 2 minutes on Linux) came before ours.
        ErrorKind::TimedOut => WireError::Timeout { address, seconds: 0 },
        // A failed name look-up has no error number, whatever its text is in this language.
        ErrorKind::ConnectionRefused
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::AddrNotAvailable => WireError::NotFound {
            address,
            source: Some(error),
        },
        _ if error.raw_os_error().is_none() => WireError::NotFound {
            address,
            source: Some(error),
        },
        _ => WireError::Io {
            address,
            source: error,
        },
    }
}

impl Wire for Tcp {
    fn set_lines(&mut self, _lines: Lines) -> Result<(), WireError> {
        Err(WireError::NoLines)
    }

    fn address(&self) -> &str {
        &self.address
    }
}

impl AsyncRead for Tcp {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Tcp {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
