//! The content of an answer: a file in pieces, or a few bytes; and what came of it, told when it is done.
//! Holds one piece at a time, however large the file is.

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

use hyper::body::Body;
use hyper::body::Bytes;
use hyper::body::Frame;
use hyper::body::SizeHint;
use tokio::fs::File;
use tokio::io::AsyncRead as _;
use tokio::io::ReadBuf;

use crate::ota::serve::Served;
use crate::ota::serve::Tell;

/// In bytes.
const PIECE: usize = 16 << 10;

/// Tells once, when it is dropped, what came of a request.
pub(super) struct Report {
    pub(super) served: Served,
    tell: Tell,
    left: u64,
}

impl Report {
    pub(super) fn new(peer: SocketAddr, tell: Tell) -> Self {
        let served = Served {
            device: None,
            running: None,
            peer,
            path: String::new(),
            project: None,
            version: None,
            status: 0,
            bytes: 0,
            result: "refused",
        };
        Self {
            served,
            tell,
            left: 0,
        }
    }
}

impl Drop for Report {
    fn drop(&mut self) {
        if self.left > 0 {
            self.served.result = "cut";
        }
        (self.tell)(self.served.clone());
    }
}

/// Where the bytes come from.
enum Source {
    Bytes(Bytes),
    File(File),
}

/// The content of an answer.
pub(super) struct Content {
    source: Source,
    left: u64,
    report: Report,
}

impl Content {
    pub(super) fn bytes(bytes: Vec<u8>, report: Report) -> Self {
        let left = bytes.len() as u64;
        Self::new(Source::Bytes(bytes.into()), left, report)
    }

    /// The next `left` bytes of a file.
    pub(super) fn file(file: File, left: u64, report: Report) -> Self {
        Self::new(Source::File(file), left, report)
    }

    fn new(source: Source, left: u64, mut report: Report) -> Self {
        report.left = left;
        Self { source, left, report }
    }

    fn took(&mut self, count: usize) {
        self.left -= count as u64;
        self.report.left = self.left;
        self.report.served.bytes += count as u64;
    }
}

impl Body for Content {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        let this = self.get_mut();
        if this.left == 0 {
            return Poll::Ready(None);
        }
        let file = match &mut this.source {
            Source::Bytes(bytes) => {
                let bytes = std::mem::take(bytes);
                this.took(bytes.len());
                return Poll::Ready(Some(Ok(Frame::data(bytes))));
            }
            Source::File(file) => file,
        };
        let room = usize::try_from(this.left).unwrap_or(PIECE).min(PIECE);
        let mut piece = vec![0; room];
        let mut buffer = ReadBuf::new(&mut piece);
        std::task::ready!(Pin::new(file).poll_read(context, &mut buffer))?;
        let count = buffer.filled().len();
        if count == 0 {
            // Somebody made it shorter: the device must not take it for whole.
            return Poll::Ready(Some(Err(io::ErrorKind::UnexpectedEof.into())));
        }
        piece.truncate(count);
        this.took(count);
        Poll::Ready(Some(Ok(Frame::data(piece.into()))))
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
