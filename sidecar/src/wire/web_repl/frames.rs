//! Frames of a web socket (RFC 6455), as bytes: what the host sends, and what comes out of those that it gets.
//! Pure: no connection. Text is bytes like any other: MicroPython does not look whether it is UTF-8.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::io::Cursor;

use tungstenite::protocol::frame::Frame;
use tungstenite::protocol::frame::FrameHeader;
use tungstenite::protocol::frame::coding::Control;
use tungstenite::protocol::frame::coding::Data;
use tungstenite::protocol::frame::coding::OpCode;

use crate::wire::Channel;

/// The most that a frame for control may carry (RFC 6455, 5.5).
const CONTROL: u64 = 125;

/// What came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// Bytes of a channel: a part of a frame, or all of it.
    Bytes(Channel, Vec<u8>),
    /// To be answered by `pong` with the same bytes.
    Ping(Vec<u8>),
    /// The other side ends the connection.
    Close,
}

/// This is no frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NoFrame;

/// Takes frames apart, however they are cut.
#[derive(Debug)]
pub(super) struct Frames {
    input: Vec<u8>,
    frame: Option<Open>,
    /// A frame that goes on with the last one is of its channel.
    channel: Channel,
}

/// A frame whose header has been read.
#[derive(Debug)]
struct Open {
    opcode: OpCode,
    left: u64,
    mask: Option<[u8; 4]>,
}

impl Frames {
    pub(super) fn new() -> Self {
        Self {
            input: Vec::new(),
            frame: None,
            channel: Channel::Repl,
        }
    }

    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.input.extend_from_slice(bytes);
    }

    /// The next thing in what was pushed; `None`: more is needed.
    pub(super) fn next_event(&mut self) -> Result<Option<Event>, NoFrame> {
        loop {
            if self.frame.is_none() && !self.open()? {
                return Ok(None);
            }
            let Some(frame) = &mut self.frame else {
                return Ok(None);
            };
            let is_control = matches!(frame.opcode, OpCode::Control(_));
            let here = (self.input.len() as u64).min(frame.left);
            if (is_control && here < frame.left) || (here == 0 && frame.left > 0) {
                return Ok(None);
            }
            let mut bytes: Vec<u8> = self
                .input
                .drain(..usize::try_from(here).expect("it is in memory"))
                .collect();
            if let Some(mask) = &mut frame.mask {
                for byte in &mut bytes {
                    *byte ^= mask[0];
                    mask.rotate_left(1);
                }
            }
            frame.left -= here;
            let opcode = frame.opcode;
            if frame.left == 0 {
                self.frame = None;
            }
            match opcode {
                OpCode::Data(_) if bytes.is_empty() => {}
                OpCode::Data(_) => return Ok(Some(Event::Bytes(self.channel, bytes))),
                OpCode::Control(Control::Ping) => return Ok(Some(Event::Ping(bytes))),
                OpCode::Control(Control::Close) => return Ok(Some(Event::Close)),
                OpCode::Control(_) => {} // An answer to nothing.
            }
        }
    }

    /// Reads a header. `false`: more is needed.
    fn open(&mut self) -> Result<bool, NoFrame> {
        let mut cursor = Cursor::new(&self.input);
        let parsed = FrameHeader::parse(&mut cursor).map_err(|_| NoFrame)?;
        let Some((header, left)) = parsed else {
            return Ok(false);
        };
        let read = usize::try_from(cursor.position()).expect("it is in memory");
        match header.opcode {
            OpCode::Data(Data::Text) => self.channel = Channel::Repl,
            OpCode::Data(Data::Binary) => self.channel = Channel::Files,
            OpCode::Control(_) if left > CONTROL => return Err(NoFrame),
            OpCode::Data(_) | OpCode::Control(_) => {}
        }
        // Nothing was agreed on that would use these.
        if header.rsv1 || header.rsv2 || header.rsv3 {
            return Err(NoFrame);
        }
        self.input.drain(..read);
        self.frame = Some(Open {
            opcode: header.opcode,
            left,
            mask: header.mask,
        });
        Ok(true)
    }
}

/// A frame with these bytes.
pub(super) fn message(channel: Channel, bytes: &[u8], mask: [u8; 4]) -> Vec<u8> {
    let data = match channel {
        Channel::Repl => Data::Text,
        Channel::Files => Data::Binary,
    };
    text_of(Frame::message(bytes.to_vec(), OpCode::Data(data), true), mask)
}

/// The answer to a ping.
pub(super) fn pong(bytes: Vec<u8>, mask: [u8; 4]) -> Vec<u8> {
    text_of(Frame::pong(bytes), mask)
}

/// Ends the connection.
pub(super) fn close(mask: [u8; 4]) -> Vec<u8> {
    text_of(Frame::close(None), mask)
}

/// What a client sends is masked (RFC 6455, 5.3), so that no proxy takes it for something else.
fn text_of(mut frame: Frame, mask: [u8; 4]) -> Vec<u8> {
    frame.header_mut().mask = Some(mask);
    let mut out = Vec::new();
    frame.format(&mut out).expect("memory takes what is written");
    out
}

#[cfg(any(test, feature = "fuzzing"))]
#[path = "frames/fuzzing.rs"]
pub(crate) mod fuzzing;

#[cfg(test)]
mod tests {
    use super::*;

    const MASK: [u8; 4] = [7, 0x3f, 200, 0];

    #[test]
    fn every_byte_arrives_in_its_channel_however_the_frames_are_cut() {
        let all: Vec<u8> = (0..70_000_u32).map(|n| u8::try_from(n % 256).unwrap()).collect();
        let mut stream = Vec::new();
        for (number, piece) in [&all[..3], &all[3..130], &all[130..1300], &all[1300..]]
            .iter()
            .enumerate()
        {
            stream.extend(message(Channel::Repl, piece, MASK));
            stream.extend(pong(vec![9; number], MASK));
            stream.extend(message(Channel::Files, piece, MASK));
            stream.extend(message(Channel::Repl, b"", MASK));
        }
        for size in [1, 2, 3, 7, 4096, stream.len()] {
            let mut frames = Frames::new();
            let (mut repl, mut files) = (Vec::new(), Vec::new());
            for piece in stream.chunks(size) {
                frames.push(piece);
                while let Some(event) = frames.next_event().unwrap() {
                    match event {
                        Event::Bytes(Channel::Repl, bytes) => repl.extend(bytes),
                        Event::Bytes(Channel::Files, bytes) => files.extend(bytes),
                        other => panic!("{other:?}"),
                    }
                }
            }
            assert!(repl == all && files == all, "pieces of {size}");
        }
    }

    #[test]
    fn a_message_in_parts_stays_in_its_channel_and_a_ping_may_come_in_between() {
        let mut frames = Frames::new();
        frames.push(b"\x02\x02ab\x89\x01x\x80\x02cd\x81\x01e\x88\x00");
        let mut events = Vec::new();
        while let Some(event) = frames.next_event().unwrap() {
            events.push(event);
        }
        let bytes = |channel, text: &[u8]| Event::Bytes(channel, text.to_vec());
        assert_eq!(
            events,
            [
                bytes(Channel::Files, b"ab"),
                Event::Ping(b"x".to_vec()),
                bytes(Channel::Files, b"cd"),
                bytes(Channel::Repl, b"e"),
                Event::Close,
            ]
        );
    }

    #[test]
    fn what_is_no_frame_is_refused() {
        for bytes in [&b"\x83\x00"[..], b"\x8b\x00", b"\xc1\x00", b"\x89\x7e\x00\xff"] {
            let mut frames = Frames::new();
            frames.push(bytes);
            assert_eq!(frames.next_event(), Err(NoFrame), "{bytes:?}");
        }
    }
}
