//! The editor's door: `boardside lsp`, JSON-RPC on stdin and stdout as protocol.md tells.
//! The only room that knows LSP. It touches no wire, and prints nothing.
//!
//! In: stdin, `framing` (only sound messages), tower-lsp, `gate` (their order), `backend` (a `Call` each), `desk`.
//! Out: `desk`, `outbox` (bounded, latest wins), tower-lsp, stdout; answers go back the way that the call came.

mod backend;
mod call;
mod desk;
mod framing;
mod gate;
mod greeting;
mod hosting;
mod limits;
mod outbox;
/// The words of protocol.md.
pub mod protocol;
mod refusal;
mod uri;

#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub use framing::fuzzing;

use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::Duration;

use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tower_lsp::Server;

use crate::host::ssh;
use crate::host::ssh::Asking;
use crate::server::gate::Gate;
use crate::server::hosting::Hosting;
use crate::server::outbox::Outbox;
use crate::session::served::Allowed;

/// Bytes of messages that may wait for tower-lsp, so that `exit` is seen behind them.
const PIPE: usize = 1 << 20;
/// Handlers that may wait for their answers at the same time.
const CALLS: usize = 256;
/// From the end of the input to the end of the process: boards are left, answers are written.
const END_LIMIT: Duration = Duration::from_millis(4700);

/// How a server ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// After `shutdown`, as LSP wants it.
    Asked,
    /// Without.
    Unasked,
}

/// `boardside lsp` on this process's stdin and stdout.
pub fn main(allowed: Allowed) -> ExitCode {
    ssh::ask_by(Asking::Nobody);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let Ok(runtime) = runtime else {
        return ExitCode::FAILURE;
    };
    let ended = runtime.block_on(serve(tokio::io::stdin(), tokio::io::stdout(), allowed));
    // A thread that still reads stdin must not keep the process.
    runtime.shutdown_background();
    match ended {
        Ended::Asked => ExitCode::SUCCESS,
        Ended::Unasked => ExitCode::FAILURE,
    }
}

/// Serves one client until it says `exit` or closes a side; then every port is free.
pub async fn serve<I, O>(input: I, output: O, allowed: Allowed) -> Ended
where
    I: AsyncRead + Send + Unpin + 'static,
    O: AsyncWrite + Send + 'static,
{
    let shut_down = Arc::new(AtomicBool::new(false));
    let outbox = Outbox::default();
    let end = CancellationToken::new();
    let limited = allowed.is_limited();
    let hosting = Arc::new(Hosting::new(allowed, outbox.clone()));
    let (calls, mailbox) = mpsc::channel(backend::MAILBOX);
    let (service, _) = backend::service(calls, shut_down.clone(), hosting.clone());
    let (pipe, messages) = tokio::io::duplex(PIPE);
    let server = Server::new(messages, output, outbox.clone()).concurrency_level(CALLS);
    let mut server = tokio::spawn(server.serve(Gate::new(service, limited)));
    let mut desk = tokio::spawn(desk::run(outbox.clone(), mailbox, end.clone().cancelled_owned()));
    tokio::select! {
        () = framing::pump(input, pipe) => {}
        () = outbox.broken() => {}
        _ = &mut server => {}
        _ = &mut desk => {}
    }
    end.cancel();
    let done = async {
        hosting.end().await;
        // Either may be done already.
        if !desk.is_finished() {
            (&mut desk).await.unwrap_or_default();
        }
        if !server.is_finished() {
            (&mut server).await.unwrap_or_default();
        }
    };
    tokio::time::timeout(END_LIMIT, done).await.unwrap_or_default();
    server.abort();
    if shut_down.load(Ordering::Relaxed) {
        Ended::Asked
    } else {
        Ended::Unasked
    }
}
