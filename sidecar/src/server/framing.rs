//! `framing`: what stands between stdin and tower-lsp and lets only sound messages through.
//! tower-lsp ends at the first message that it cannot read, waits for as many bytes as a header promises, and keeps
//! what has no header; here each gets an answer. Handles no message.

#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod message;
mod scanner;

use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt as _;
use tower_lsp::jsonrpc::Error;
use tower_lsp::jsonrpc::ErrorCode;
use tower_lsp::jsonrpc::Request;
use tower_lsp::jsonrpc::Response;

use crate::server::framing::message::Kind;
use crate::server::framing::message::judge;
use crate::server::framing::scanner::Piece;
use crate::server::framing::scanner::Scanner;

/// Why what came is not handled: a JSON-RPC code, words, and the id if there is one to answer to.
#[derive(Clone, Debug, PartialEq)]
struct Fault {
    code: i64,
    why: String,
    id: Value,
}

impl Fault {
    /// What came is no JSON, or not even a message.
    fn parse(why: impl Into<String>) -> Self {
        let why = why.into();
        let id = Value::Null;
        Self {
            code: -32700,
            why,
            id,
        }
    }

    /// It is JSON and no JSON-RPC.
    fn invalid(why: impl Into<String>, id: Value) -> Self {
        let why = why.into();
        Self {
            code: -32600,
            why,
            id,
        }
    }
}

/// Hands messages on until the client says `exit`, closes its side, or nobody takes them any more.
pub(super) async fn pump(mut input: impl AsyncRead + Unpin, mut output: impl AsyncWrite + Unpin) {
    let mut scanner = Scanner::default();
    let mut bytes = vec![0; 64 * 1024];
    loop {
        // A pipe that breaks has ended, too.
        let n = input.read(&mut bytes).await.unwrap_or(0);
        if n == 0 {
            return;
        }
        scanner.push(&bytes[..n]);
        while let Some(piece) = scanner.next() {
            let (body, exit) = match piece {
                Piece::Body(body) => match judge(&body) {
                    Ok(kind) => (body, kind == Kind::Exit),
                    Err(fault) => (marker(&fault), false),
                },
                Piece::Fault(fault) => (marker(&fault), false),
            };
            let head = format!("Content-Length: {}\r\n\r\n", body.len());
            let head = output.write_all(head.as_bytes()).await;
            if exit || head.is_err() || output.write_all(&body).await.is_err() {
                // tower-lsp gets no `exit`, it sees the end of its input: it stops the same, and answers what it has.
                return;
            }
        }
    }
}

/// A fault on its way to the gate: a request without a name, which no client can send.
fn marker(fault: &Fault) -> Vec<u8> {
    let params = json!({"code": fault.code, "why": fault.why});
    json!({"jsonrpc": "2.0", "method": "", "id": fault.id, "params": params})
        .to_string()
        .into_bytes()
}

/// The answer to a fault that `pump` found.
pub(super) fn refused(request: &Request) -> Option<Response> {
    if !request.method().is_empty() {
        return None;
    }
    let params = request.params()?;
    let error = Error {
        code: ErrorCode::from(params["code"].as_i64()?),
        message: params["why"].as_str()?.to_owned().into(),
        data: None,
    };
    Some(Response::from_error(request.id()?.clone(), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_passes_the_server_and_becomes_its_answer() {
        let fault = Fault::invalid("a batch", json!(7));
        let request: Request = serde_json::from_slice(&marker(&fault)).unwrap();
        let answer = serde_json::to_value(refused(&request).unwrap()).unwrap();
        assert_eq!(
            answer,
            json!({"jsonrpc": "2.0", "error": {"code": -32600, "message": "a batch"}, "id": 7})
        );
        assert_eq!(refused(&Request::build("shutdown").id(1).finish()), None);
    }
}
