//! The editor's door: `boardside lsp`, JSON-RPC on stdin and stdout as protocol.md tells.
//! The only room that knows LSP. It never touches a wire, and prints nothing.

mod framing;
mod gate;
mod outbox;
/// The words of protocol.md.
pub mod protocol;
