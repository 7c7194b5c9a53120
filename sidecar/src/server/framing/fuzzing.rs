//! The target for what comes from an editor: the same messages in whatever pieces, and each sound one readable.
//! Nothing of what the messages mean.

use serde_json::Value;
use serde_json::from_slice;
use tower_lsp::jsonrpc::Id;
use tower_lsp::jsonrpc::Request;
use tower_lsp::jsonrpc::Response;

use crate::base::Feed;
use crate::server::framing::marker;
use crate::server::framing::message::judge;
use crate::server::framing::refused;
use crate::server::framing::scanner::Piece;
use crate::server::framing::scanner::Scanner;

/// Any bytes on stdin, and a body of the same bytes.
pub fn framing(data: &[u8]) {
    let mut feed = Feed::new(data);
    let size = 1 + feed.below(60);
    let input = feed.rest();
    let whole = scanned(input, usize::MAX);
    assert_eq!(scanned(input, size), whole);
    let head = format!("Content-Length: {}\r\n\r\n", input.len());
    let framed = [head.as_bytes(), input].concat();
    assert_eq!(scanned(&framed, size), [Piece::Body(input.to_vec())]);
    for piece in whole {
        judged(&piece);
    }
    judged(&Piece::Body(input.to_vec()));
}

fn scanned(input: &[u8], size: usize) -> Vec<Piece> {
    let mut scanner = Scanner::default();
    let mut found = Vec::new();
    for piece in input.chunks(size) {
        scanner.push(piece);
        found.extend(std::iter::from_fn(|| scanner.next()));
    }
    found
}

/// What passes can be read by tower-lsp, what does not becomes an answer.
fn judged(piece: &Piece) {
    let fault = match piece {
        Piece::Body(body) => match judge(body) {
            Ok(_) => {
                let request = from_slice::<Request>(body).is_ok_and(|request| !request.method().is_empty());
                assert!(request || from_slice::<Response>(body).is_ok());
                return;
            }
            Err(fault) => fault,
        },
        Piece::Fault(fault) => fault.clone(),
    };
    assert!(!fault.why.is_empty());
    assert!(fault.id == Value::Null || serde_json::from_value::<Id>(fault.id.clone()).is_ok());
    let request: Request = from_slice(&marker(&fault)).expect("our own marker is a request");
    assert!(refused(&request).is_some(), "a fault has an answer");
}
