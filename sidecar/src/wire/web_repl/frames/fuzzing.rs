//! What must hold of WebREPL's frames whatever comes: for `cargo fuzz` and for the stored inputs.
//! Knows nothing of sockets.

use super::Event;
use super::Frames;
use super::NoFrame;
use super::message;
use super::pong;
use crate::wire::Channel;

/// What came out of frames: bytes of the REPL, bytes of files, pings, ends, and whether it ended with what is no frame.
type Heard = (Vec<u8>, Vec<u8>, Vec<Vec<u8>>, usize, bool);

/// The first five bytes say how long the pieces are, and what masks; the rest is thrown at the frames, and is then sent
/// through them.
pub(crate) fn web_repl(bytes: &[u8]) {
    let Some((how, bytes)) = bytes.split_first_chunk::<5>() else {
        return;
    };
    let [piece, mask @ ..] = *how;
    let piece = usize::from(piece) + 1;
    let whole = heard(bytes, bytes.len().max(1));
    for one in [1, piece] {
        assert_eq!(heard(bytes, one), whole, "in pieces of {one}");
    }
    let (repl, files, pings, _, _) = whole;
    // A frame has two bytes at least, and nothing is made of what is not there.
    assert!(repl.len() + files.len() + pings.iter().map(|ping| ping.len() + 2).sum::<usize>() <= bytes.len());
    assert!(pings.iter().all(|ping| ping.len() <= 125));

    let mut line = Vec::new();
    for (number, some) in bytes.chunks(piece).enumerate() {
        line.extend(message(Channel::Repl, some, mask));
        line.extend(pong(vec![0; number % 126], mask));
        line.extend(message(Channel::Files, some, mask));
    }
    let expected = (bytes.to_vec(), bytes.to_vec(), Vec::new(), 0, false);
    assert_eq!(heard(&line, piece), expected);
}

fn heard(bytes: &[u8], piece: usize) -> Heard {
    let mut frames = Frames::new();
    let (mut repl, mut files, mut pings, mut ends) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for some in bytes.chunks(piece) {
        frames.push(some);
        loop {
            match frames.next_event() {
                Ok(Some(Event::Bytes(Channel::Repl, bytes))) => repl.extend(bytes),
                Ok(Some(Event::Bytes(Channel::Files, bytes))) => files.extend(bytes),
                Ok(Some(Event::Ping(bytes))) => pings.push(bytes),
                Ok(Some(Event::Close)) => ends += 1,
                Ok(None) => break,
                // Nobody listens behind that.
                Err(NoFrame) => return (repl, files, pings, ends, true),
            }
        }
    }
    (repl, files, pings, ends, false)
}
