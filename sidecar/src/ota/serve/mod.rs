//! `ota serve`: a web server for a bench or a LAN that tells devices their version as nginx with our configuration does.
//! Not for production, where nginx or an object store does this; writes nothing and prints nothing.

mod agent;
mod answer;
mod body;
mod login;
mod question;
mod range;
mod tls;

pub use login::Logins;
pub use tls::Tls;

use std::convert::Infallible;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use hyper_util::rt::TokioTimer;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::ota::OtaError;
use crate::ota::serve::answer::answer;
use crate::ota::serve::body::Report;

/// Devices at once; others wait until one is done. Each costs a task and a buffer.
const MOST: usize = 512;
/// For the TLS handshake, and for the head of a request: a device on a slow line has said it all by then.
const HEAD: Duration = Duration::from_secs(20);
/// For one connection: nobody keeps a place for good.
const CONNECTION: Duration = Duration::from_secs(600);
/// After an error of `accept`, which is most likely a lack of file handles.
const PAUSE: Duration = Duration::from_millis(100);
/// Of the head of a request, in bytes; hyper's least.
const BUFFER: usize = 8 << 10;

/// What is served, and to whom.
pub struct Serving {
    /// The folder of releases.
    pub root: PathBuf,
    /// Who may ask; `None`: everybody.
    pub logins: Option<Logins>,
    /// With TLS.
    pub tls: Option<Tls>,
}

/// One request that was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Served {
    /// Who asked: the user, what `host` ends with, or what the safe client says of itself.
    pub device: Option<String>,
    /// What it runs, if it is the safe client, which says so.
    pub running: Option<String>,
    /// Its address.
    pub peer: SocketAddr,
    /// As it was asked for.
    pub path: String,
    /// Of which project.
    pub project: Option<String>,
    /// The version that it was told, or of which it asked for a file.
    pub version: Option<String>,
    /// HTTP's number.
    pub status: u16,
    /// Bytes of content that were sent.
    pub bytes: u64,
    /// One word: `told`, `sent`, `cut`, `absent`, `denied`, `refused`.
    pub result: &'static str,
}

/// Takes what was served; must return at once.
pub type Tell = Arc<dyn Fn(Served) + Send + Sync>;

/// Listens at an address.
pub async fn listen(address: SocketAddr) -> Result<TcpListener, OtaError> {
    let wrong = |source| OtaError::Listen { address, source };
    TcpListener::bind(address).await.map_err(wrong)
}

/// Serves until it is dropped.
pub async fn serve(listener: TcpListener, serving: Serving, tell: Tell) -> Infallible {
    let (serving, places) = (Arc::new(serving), Arc::new(Semaphore::new(MOST)));
    loop {
        let place = places.clone().acquire_owned().await.expect("nobody closes it");
        let Ok((stream, peer)) = listener.accept().await else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let (serving, tell) = (serving.clone(), tell.clone());
        tokio::spawn(async move {
            // A device that leaves, or is too slow, is told of in what it asked for, if it did.
            let _ = timeout(CONNECTION, connection(stream, peer, serving, tell)).await;
            drop(place);
        });
    }
}

async fn connection(stream: TcpStream, peer: SocketAddr, serving: Arc<Serving>, tell: Tell) {
    // Small answers must not wait for the acknowledgement of the one before.
    stream.set_nodelay(true).unwrap_or_default();
    match &serving.tls {
        None => http(stream, peer, serving, tell).await,
        Some(tls) => {
            if let Ok(Ok(stream)) = timeout(HEAD, tls.accept(stream)).await {
                http(stream, peer, serving, tell).await;
            }
        }
    }
}

async fn http<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    peer: SocketAddr,
    serving: Arc<Serving>,
    tell: Tell,
) {
    let service = service_fn(|request: hyper::Request<Incoming>| {
        let (serving, tell) = (serving.clone(), tell.clone());
        async move {
            let report = Report::new(peer, tell);
            Ok::<_, Infallible>(answer(&request, &serving, report).await)
        }
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(BUFFER);
    // How it ended is in the reports.
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}

#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn asked_file(path: &str) -> Option<Vec<String>> {
    question::Question::parse(path).map(|question| question.path)
}

#[cfg(any(test, feature = "fuzzing"))]
pub(super) fn part_of(header: &str, size: u64) -> Option<(u64, u64)> {
    match range::Range::of(Some(header), size) {
        range::Range::Part(first, last) => Some((first, last)),
        _ => None,
    }
}
