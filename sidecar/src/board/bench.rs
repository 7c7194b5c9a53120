//! For `benches/` only: what it measures of this room, through a door that does not change with the room.
//! Not part of what the room offers.

use crate::board::link::Link;

/// Makes frames of at most `longest` of these bytes, and acknowledges each. Bytes that went on the wire.
pub fn through_frames(bytes: &[u8], longest: usize) -> usize {
    // Room for a whole frame: none comes in pieces.
    let mut link = Link::new(2 * longest, longest, longest);
    let mut wire = 0;
    for piece in bytes.chunks(4096) {
        link.queue(piece);
        while let Some(frame) = link.next_bytes(false) {
            wire += frame.len();
            // The number that follows the frame's own: they are the 64 from a space on.
            link.acknowledge(0x20 + ((frame[1] - 0x20 + 1) & 63));
        }
    }
    wire
}
