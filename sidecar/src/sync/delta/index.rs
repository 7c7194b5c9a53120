//! `Index`: where pieces of the old file are, and which of them is the best for what comes next in the new one.
//! Writes no records.

use std::ops::Range;

/// So many bytes are looked up. A shorter piece is found only close to where the last one ended.
const WORD: usize = 8;
/// Places looked at for one word: bounds the work on files that repeat themselves.
const PLACES: usize = 48;
/// A piece of this length is good enough to look no further. Bytes.
const PLENTY: usize = 4096;
/// Pieces that begin this soon after the last one are tried without being looked up: a byte or a few were left out,
/// as at each line that lost its carriage return.
const NEAR: usize = 3;

/// A piece of the old file that is in the new one, too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Found {
    /// Where it begins in the old file.
    pub(super) old: usize,
    /// And in the new one.
    pub(super) new: usize,
    /// Its length, in bytes.
    pub(super) len: usize,
}

/// The old file with a chained hash table over the words at all its places.
pub(super) struct Index<'a> {
    old: &'a [u8],
    /// By hash: the last place with it, plus one; 0 is none.
    last: Vec<u32>,
    /// By place: the one before with the same hash, plus one.
    before: Vec<u32>,
    bits: u32,
    compared: u64,
}

impl<'a> Index<'a> {
    pub(super) fn of(old: &'a [u8]) -> Self {
        // Numbers of the records are 32 bits with a sign; no board has a file like that.
        let old = if i32::try_from(old.len()).is_ok() { old } else { &[] };
        let bits = (old.len().max(2) - 1).ilog2().clamp(8, 20) + 1;
        let mut index = Self {
            old,
            last: vec![0; 1 << bits],
            before: vec![0; old.len()],
            bits,
            compared: 0,
        };
        let mut words = old.windows(WORD);
        let mut previous = None;
        for place in 0..u32::MAX {
            let Some(word) = words.next() else { break };
            let word = word_of(word);
            // Of a run of one byte the beginning is enough, and the only place that all of it follows.
            if word.is_some() && word == previous {
                continue;
            }
            previous = word;
            let slot = &mut index.last[hash(word, bits)];
            index.before[place as usize] = *slot;
            *slot = place + 1;
        }
        index
    }

    /// Bytes compared until now.
    pub(super) fn compared(&self) -> u64 {
        self.compared
    }

    /// The piece that saves most if it is taken now: at the end of `open`, what of `new` is in no record yet; it may
    /// begin before, in `open`. `end` is where the last piece ended in the old file. `None`: none is worth a record.
    pub(super) fn find(&mut self, new: &[u8], open: Range<usize>, end: usize) -> Option<Found> {
        let at = open.end;
        let mut best: Option<(isize, Found)> = None;
        // What goes on as before, perhaps with other bytes in between: as many as in the old file, fewer, or more.
        for near in (0..=NEAR).chain((open.len() > NEAR).then_some(open.len())) {
            self.weigh(new, &open, end, end + near, &mut best);
        }
        let word = word_of(new.get(at..at + WORD)?.as_ref());
        let mut place = self.last[hash(word, self.bits)];
        for _ in 0..PLACES {
            if place == 0 || best.is_some_and(|(_, found)| found.len >= PLENTY) {
                break;
            }
            self.weigh(new, &open, end, place as usize - 1, &mut best);
            place = self.before[place as usize - 1];
        }
        best.map(|(_, found)| found)
    }

    fn weigh(
        &mut self,
        new: &[u8],
        open: &Range<usize>,
        end: usize,
        old: usize,
        best: &mut Option<(isize, Found)>,
    ) {
        let Some(rest) = self.old.get(old..) else { return };
        let after = same(rest, &new[open.end..]);
        if after == 0 {
            return;
        }
        let both = self.old[..old].iter().rev().zip(new[open.clone()].iter().rev());
        let ahead = both.take_while(|(a, b)| a == b).count();
        let len = ahead + after;
        self.compared += len as u64 + 2;
        let worth = len.cast_signed() - cost((old - ahead).abs_diff(end));
        if worth > best.map_or(0, |(worth, _)| worth) {
            let found = Found {
                old: old - ahead,
                new: open.end - ahead,
                len,
            };
            *best = Some((worth, found));
        }
    }
}

/// How long a piece must be to be worth its record, by how far it is from the end of the last one. Bytes of text,
/// which deflates to a third; measured.
fn cost(skip: usize) -> isize {
    match skip {
        0 => 6,
        1..256 => 8,
        256..65536 => 20,
        _ => 24,
    }
}

/// How many bytes are the same from the beginning.
fn same(a: &[u8], b: &[u8]) -> usize {
    const STEP: usize = 32;
    let equal = a.chunks_exact(STEP).zip(b.chunks_exact(STEP));
    let whole = STEP * equal.take_while(|(a, b)| a == b).count();
    let rest = a[whole..].iter().zip(&b[whole..]);
    whole + rest.take_while(|(a, b)| a == b).count()
}

fn word_of(bytes: &[u8]) -> Option<u64> {
    bytes.first_chunk::<WORD>().map(|bytes| u64::from_le_bytes(*bytes))
}

fn hash(word: Option<u64>, bits: u32) -> usize {
    // Fibonacci hashing: the upper bits depend on all of the word.
    let mixed = word.unwrap_or_default().wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from(mixed >> (64 - bits)).expect("21 bits at most")
}
