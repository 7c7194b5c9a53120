//! `delta`: a new file said as pieces of the old one, with what is new between them.
//! Not a comparison for people: `similar` follows lines in their order, so it would send what was moved once more, and
//! what it says of a binary file, or of one whose line ends changed, is that everything is new.
//!
//! A delta is a row of records, all numbers little endian:
//!
//! | bytes | what |
//! |---|---|
//! | 2 | `insert`: so many new bytes follow this record |
//! | 2 | `copy`: after them come so many bytes of the old file |
//! | 4 | `skip`, signed: they begin this far after the end of the last copy (at first: after the old file's beginning) |
//! | `insert` | the new bytes |
//!
//! Nothing says where it ends: who applies it knows the size of the new file.
//! The records are made to be deflated: what repeats from line to line, as with other line ends, is the same bytes again.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod index;

use std::io::Write as _;

use flate2::Compression;
use flate2::write::DeflateEncoder;

use index::Index;

/// `insert`, `copy` and `skip`. Bytes.
const HEAD: usize = 8;

/// The records that make `new` out of `old`.
pub fn delta(old: &[u8], new: &[u8]) -> Vec<u8> {
    coded(old, new).0
}

/// The file that these records make out of `old`; `None` if they are no delta of it.
pub fn apply(old: &[u8], steps: &[u8]) -> Option<Vec<u8>> {
    let (mut new, mut rest, mut end) = (Vec::new(), steps, 0_usize);
    while !rest.is_empty() {
        let (head, after) = rest.split_first_chunk::<HEAD>()?;
        let [i0, i1, c0, c1, skip @ ..] = *head;
        let (insert, after) = after.split_at_checked(u16::from_le_bytes([i0, i1]).into())?;
        new.extend_from_slice(insert);
        let start = end.checked_add_signed(isize::try_from(i32::from_le_bytes(skip)).ok()?)?;
        end = start + usize::from(u16::from_le_bytes([c0, c1]));
        new.extend_from_slice(old.get(start..end)?);
        rest = after;
    }
    Some(new)
}

/// Is a delta clearly less to send than the file itself? Both count as they would be compressed alone.
///
/// An eighth and 16 bytes less, at least: the board has to read the old file, too, and the rest of the project may
/// have said already what is new in this one.
pub fn is_worth(steps: &[u8], new: &[u8]) -> bool {
    let whole = deflated(new);
    deflated(steps) + 16 < whole - whole / 8
}

/// Size after a fast deflate, in bytes.
fn deflated(bytes: &[u8]) -> usize {
    let mut encoder = DeflateEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("a vector takes everything");
    encoder.finish().expect("a vector takes everything").len()
}

/// The records, and how many bytes were compared to find them.
fn coded(old: &[u8], new: &[u8]) -> (Vec<u8>, u64) {
    let mut steps = Vec::new();
    let mut index = Index::of(old);
    // Up to `said` the new file is in the records; the last copy ended at `end` of the old one.
    let (mut at, mut said, mut end) = (0, 0, 0);
    while at < new.len() {
        let Some(found) = index.find(new, said..at, end) else {
            at += 1;
            continue;
        };
        push(&mut steps, &new[said..found.new], end, found.old, found.len);
        end = found.old + found.len;
        at = found.new + found.len;
        said = at;
    }
    if said < new.len() {
        push(&mut steps, &new[said..], end, end, 0);
    }
    (steps, index.compared())
}

/// One record, or several where a number is too large for it.
fn push(steps: &mut Vec<u8>, mut insert: &[u8], mut end: usize, start: usize, mut len: usize) {
    const MOST: usize = u16::MAX as usize;
    while insert.len() > MOST {
        let (now, later) = insert.split_at(MOST);
        record(steps, now, 0, 0);
        insert = later;
    }
    let mut start = start;
    loop {
        let now = len.min(MOST);
        let skip = start.cast_signed() - end.cast_signed();
        record(steps, insert, now, skip);
        (start, end, len) = (start + now, start + now, len - now);
        insert = &[];
        if len == 0 {
            return;
        }
    }
}

fn record(steps: &mut Vec<u8>, insert: &[u8], copy: usize, skip: isize) {
    let number = |size: usize| u16::try_from(size).expect("split before").to_le_bytes();
    steps.extend_from_slice(&number(insert.len()));
    steps.extend_from_slice(&number(copy));
    let skip = i32::try_from(skip).expect("the index knows no larger file");
    steps.extend_from_slice(&skip.to_le_bytes());
    steps.extend_from_slice(insert);
}

#[cfg(test)]
mod tests;
