//! What must hold of the telnet codec whatever comes: for `cargo fuzz` and for the tests beside it.
//! Knows nothing of sockets.

use super::Codec;
use super::DO;
use super::IAC;
use super::LONGEST;
use super::WILL;

/// The first byte says what the ends agreed on and how long the pieces are; the rest is thrown at one end, and is then
/// sent from it to another one.
pub(crate) fn telnet(bytes: &[u8]) {
    let Some((how, bytes)) = bytes.split_first() else {
        return;
    };
    let (com_port, binary) = (how & 1 == 1, how & 2 == 2);
    let piece = usize::from(how >> 2) + 1;
    thrown(bytes, com_port, piece);
    for one in [1, piece, bytes.len().max(1)] {
        assert_eq!(passed(bytes, binary, one), bytes, "in pieces of {one}");
    }
}

/// Bounded, never louder than what came, and the same in any pieces.
fn thrown(bytes: &[u8], com_port: bool, piece: usize) {
    let whole = heard(bytes, com_port, bytes.len().max(1));
    assert_eq!(heard(bytes, com_port, piece), whole);
    let (data, subs, replies) = whole;
    assert!(data.len() <= bytes.len());
    assert!(subs.iter().all(|sub| sub.len() <= LONGEST) && subs.len() <= LONGEST + 1);
    // An option is three bytes long, and so is its answer.
    assert!(replies.len() <= bytes.len());
    // Each option, of both ends, is answered only when something changes; an end that echoes us brings that to rest.
    let mut codec = Codec::client(com_port);
    let mut echo = codec.replies();
    for _ in 0..4 {
        codec.decode(&echo, &mut Vec::new());
        echo = codec.replies();
    }
    assert!(echo.is_empty(), "{echo:?}");
}

fn heard(bytes: &[u8], com_port: bool, piece: usize) -> (Vec<u8>, Vec<Vec<u8>>, Vec<u8>) {
    let mut codec = Codec::client(com_port);
    codec.replies();
    let mut data = Vec::new();
    for piece in bytes.chunks(piece) {
        codec.decode(piece, &mut data);
    }
    (data, codec.subs(), codec.replies())
}

/// From one end to the other, after both agreed on binary or not.
pub(super) fn passed(data: &[u8], binary: bool, piece: usize) -> Vec<u8> {
    let mut ends = [Codec::silent(false), Codec::silent(false)];
    if binary {
        for end in &mut ends {
            end.decode(&[IAC, WILL, 0, IAC, DO, 0], &mut Vec::new());
            assert!(end.is_binary());
        }
    }
    let mut line = Vec::new();
    for piece in data.chunks(piece) {
        ends[0].encode(piece, &mut line);
    }
    let mut got = Vec::new();
    for piece in line.chunks(piece) {
        ends[1].decode(piece, &mut got);
    }
    got
}
