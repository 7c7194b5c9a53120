//! What a client may ask of a server whose account is limited: the boards for another machine, and nothing else.
//! A list of what is allowed, so that a method that is new is forbidden until somebody thought of it.

use tower_lsp::jsonrpc::Request;
use tower_lsp::jsonrpc::Response;

use crate::host::words;
use crate::server::refusal::Refusal;
use crate::session::ConnectError;

/// Which boards, and whether they may be written to, `hosting` decides for each of these.
const ALLOWED: [&str; 13] = [
    "$/cancelRequest",
    "exit",
    "initialize",
    "shutdown",
    words::ALIVE,
    words::BOARDS,
    words::CLOSE,
    words::LINES,
    words::OPEN,
    words::READ,
    words::SURVEY,
    words::SYNC,
    words::WRITE,
];

/// May a limited client send this?
pub(super) fn allows(request: &Request) -> bool {
    ALLOWED.contains(&request.method())
}

/// The answer to what it may not, where somebody waits for one.
pub(super) fn refused(request: &Request) -> Option<Response> {
    let what = request.method().to_owned();
    let refusal = Refusal::of(&ConnectError::NotAllowed { what });
    let id = request.id().cloned();
    id.map(|id| Response::from_error(id, refusal.into()))
}
