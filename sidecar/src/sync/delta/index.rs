//! `Index`: where pieces of the old file are, and which of them is the best for what comes next in the new one.
//! Writes no records.

use std::ops::Range;

/// So many bytes are looked up. A shorter piece is found only close to where the last one ended.
const WORD: usize = 8;
/// So many places are in the table at most; it fits a processor's cache then. Of a larger file it is each second,
/// third, … byte: pieces grow towards both sides, so only those that are hardly worth a record are missed.
const TABLE: usize = 1 << 18;
/// Places looked at for one word: bounds the work on files that repeat themselves.
const PLACES: usize = 48;
/// And so many once that was not enough: the file says little that is not everywhere.
const FEW_PLACES: usize = 4;
/// Bytes compared for each byte of the new file, on average, before that; the first million is free.
const PATIENCE: u64 = 64;
/// A piece that saves this much is good enough to look no further. Bytes.
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

/// The old file with a chained hash table over the words at its places, which are numbered from 1; 0 is none.
pub(super) struct Index<'a> {
    old: &'a [u8],
    /// Bytes from one place to the next.
    step: usize,
    /// By hash: the last place with it.
    last: Vec<u32>,
    /// By place: the one before with the same hash.
    before: Vec<u32>,
    bits: u32,
    compared: u64,
}

impl<'a> Index<'a> {
    pub(super) fn of(old: &'a [u8]) -> Self {
        // Numbers of the records are 32 bits with a sign; no board has a file like that.
        let old = if i32::try_from(old.len()).is_ok() {
            old
        } else {
            &[]
        };
        let step = old.len() / TABLE + 1;
        let places = old.len() / step + 1;
        let bits = places.ilog2().max(8) + 1;
        let mut index = Self {
            old,
            step,
            last: vec![0; 1 << bits],
            before: vec![0; places + 1],
            bits,
            compared: 0,
        };
        let mut previous = None;
        for (number, place) in (1..).zip((0..old.len()).step_by(step)) {
            let word = word_at(old, place);
            // Of a run of one byte the beginning is enough: only there all of it follows.
            if word == previous {
                continue;
            }
            previous = word;
            if let Some(word) = word {
                let last = std::mem::replace(&mut index.last[hash(word, bits)], number);
                index.before[number as usize] = last;
            }
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
        let mut best = Best::default();
        // What goes on as before, with as many, fewer or other bytes in between.
        for near in (0..=NEAR).chain((open.len() > NEAR).then_some(open.len())) {
            self.weigh(new, &open, end, end + near, &mut best);
        }
        let word = word_at(new, open.end);
        let mut place = word.map_or(0, |word| self.last[hash(word, self.bits)]) as usize;
        let tired = self.compared > (1 << 20) + PATIENCE * open.end as u64;
        for _ in 0..if tired { FEW_PLACES } else { PLACES } {
            if place == 0 || best.is_plenty() {
                break;
            }
            self.weigh(new, &open, end, (place - 1) * self.step, &mut best);
            place = self.before[place] as usize;
        }
        best.found
    }

    /// Is what begins at `old` better than the best until now?
    fn weigh(&mut self, new: &[u8], open: &Range<usize>, end: usize, old: usize, best: &mut Best) {
        let Some(rest) = self.old.get(old..).filter(|_| !best.is_plenty()) else {
            return;
        };
        let after = same(rest, &new[open.end..]);
        self.compared += 1;
        if after == 0 {
            return;
        }
        let both = self.old[..old].iter().rev().zip(new[open.clone()].iter().rev());
        let ahead = both.take_while(|(a, b)| a == b).count();
        let len = ahead + after;
        self.compared += len as u64;
        let worth = len.saturating_sub(cost((old - ahead).abs_diff(end)));
        if worth > best.worth {
            let (old, new) = (old - ahead, open.end - ahead);
            best.found = Some(Found { old, new, len });
            best.worth = worth;
        }
    }
}

#[derive(Default)]
struct Best {
    found: Option<Found>,
    /// Bytes that it has above its cost.
    worth: usize,
}

impl Best {
    fn is_plenty(&self) -> bool {
        self.worth >= PLENTY
    }
}

/// How long a piece must be to be worth its record, by how far it is from the end of the last one. Bytes of text.
///
/// Measured on two releases of a library, two states of a document and of byte code, and edits of all kinds: text
/// deflates to a third, and short pieces from elsewhere make the records irregular, so the next ones cost more.
fn cost(skip: usize) -> usize {
    match skip {
        0 => 8,
        1..256 => 12,
        256..65536 => 28,
        _ => 32,
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

fn word_at(bytes: &[u8], place: usize) -> Option<u64> {
    let word = bytes.get(place..)?.first_chunk::<WORD>()?;
    Some(u64::from_le_bytes(*word))
}

fn hash(word: u64, bits: u32) -> usize {
    // Fibonacci hashing: the upper bits depend on all of the word.
    let mixed = word.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - bits);
    usize::try_from(mixed).expect("22 bits at most")
}
