//! `Shorthand`: one byte for what the texts of a transaction say often, where the board has no `deflate`.
//! Pure; how it gets to the board and back to what it was is `device/flat_paste.py`.
//!
//! A 2017 micro:bit undoes it with `bytes.replace`, in C: a decoder in Python would be slower than the line.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::borrow::Cow;
use std::collections::HashMap;

/// So many are worth it: each is one more pass over every piece on a board with 16 MHz, and 50 bytes of its RAM.
const MOST: usize = 16;
/// Bytes of a phrase, and of text that is looked at for them.
const LONGEST: usize = 12;
const LOOKED_AT: usize = 16 * 1024;
/// Phrases that are looked at again after each choice, because the choice changed how often they occur.
const CANDIDATES: usize = 300;

/// What is said with one byte, in the order of choice: a phrase may hold the bytes of those before it.
#[derive(Debug, Default)]
pub(super) struct Shorthand {
    phrases: Vec<(u8, Vec<u8>)>,
    mark: u8,
}

impl Shorthand {
    /// Chooses what saves most in these contents. Those that are no UTF-8 are not looked at.
    pub(super) fn of<'a>(contents: impl Iterator<Item = &'a [u8]>) -> Self {
        let texts: Vec<&[u8]> = contents.filter(|content| is_text(content)).collect();
        let mut used = [false; 256];
        for byte in texts.concat() {
            used[usize::from(byte)] = true;
        }
        // UTF-8 leaves at least 13 of these.
        let mut free = (0x80..=0xff_u8).rev().filter(|byte| !used[usize::from(*byte)]);
        let mark = free.next().expect("0xff is in no UTF-8");
        let mut text = texts.join(&mark);
        text.truncate(LOOKED_AT);
        let mut live = candidates(&text, mark);
        let mut phrases = Vec::new();
        for code in free.take(MOST) {
            let Some(best) = best(&mut live, &text) else { break };
            let phrase = live.swap_remove(best).1;
            text = replace(&text, &phrase, code);
            for (_, other) in &mut live {
                *other = replace(other, &phrase, code);
            }
            live.retain(|(_, other)| other.len() > 1);
            phrases.push((code, phrase));
        }
        Self { phrases, mark }
    }

    /// The table for the board: a mark, and after each mark the byte and what it stands for, last chosen first.
    /// Empty where nothing is worth it.
    pub(super) fn table(&self) -> Vec<u8> {
        let entries = self.phrases.iter().rev();
        entries
            .flat_map(|(code, phrase)| [&[self.mark, *code][..], phrase].concat())
            .collect()
    }

    /// A text with its phrases as bytes; anything else as it is, and then `None`.
    pub(super) fn shorten(&self, content: &[u8]) -> Option<Vec<u8>> {
        if self.phrases.is_empty() || !is_text(content) {
            return None;
        }
        let phrases = self.phrases.iter();
        Some(phrases.fold(content.to_vec(), |text, (code, phrase)| {
            replace(&text, phrase, *code)
        }))
    }

    /// What was shortened, as it was.
    pub(super) fn expand<'a>(&self, short: &'a [u8]) -> Cow<'a, [u8]> {
        let mut text = Cow::Borrowed(short);
        for (code, phrase) in self.phrases.iter().rev() {
            if text.contains(code) {
                let parts: Vec<&[u8]> = text.split(|byte| byte == code).collect();
                text = Cow::Owned(parts.join(&phrase[..]));
            }
        }
        text
    }
}

fn is_text(content: &[u8]) -> bool {
    std::str::from_utf8(content).is_ok()
}

/// The phrases of a text that save most, each with an upper bound of what it saves.
fn candidates(text: &[u8], mark: u8) -> Vec<(usize, Vec<u8>)> {
    let mut counts: HashMap<&[u8], usize> = HashMap::new();
    for at in 0..text.len() {
        let rest = &text[at..text.len().min(at + LONGEST)];
        let whole = rest.iter().position(|byte| *byte == mark).unwrap_or(rest.len());
        for length in 2..=whole {
            *counts.entry(&rest[..length]).or_default() += 1;
        }
    }
    let mut found: Vec<(usize, &[u8])> = counts
        .into_iter()
        .filter(|(_, count)| *count > 1)
        .map(|(phrase, count)| (count * (phrase.len() - 1), phrase))
        .collect();
    found.sort_unstable_by(|a, b| b.cmp(a));
    found.truncate(CANDIDATES);
    found
        .into_iter()
        .map(|(bound, phrase)| (bound, phrase.to_vec()))
        .collect()
}

/// Which saves most, its place in the table paid. What a phrase saves only falls as others are chosen, so one
/// whose bound is below the best so far need not be counted anew.
fn best(live: &mut [(usize, Vec<u8>)], text: &[u8]) -> Option<usize> {
    let mut best = (0, None);
    for (at, (bound, phrase)) in live.iter_mut().enumerate() {
        if *bound > best.0 {
            let count = text.len() - replace(text, phrase, 0).len();
            *bound = count.saturating_sub(phrase.len() + 2);
            if *bound > best.0 {
                best = (*bound, Some(at));
            }
        }
    }
    best.1
}

fn replace(text: &[u8], phrase: &[u8], code: u8) -> Vec<u8> {
    let mut short = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        if *first == phrase[0] && rest.starts_with(phrase) {
            short.push(code);
            rest = &rest[phrase.len()..];
        } else {
            short.push(*first);
            rest = after;
        }
    }
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    const PYTHON: &[u8] = include_bytes!("../../device/agent.py");

    #[test]
    fn what_is_shortened_comes_back_as_it_was() {
        let umlauts = "grüße ".repeat(40).into_bytes();
        let binary: Vec<u8> = (0..=255).cycle().take(2000).collect();
        let contents = [PYTHON, b"", &umlauts, &binary];
        let shorthand = Shorthand::of(contents.into_iter());
        for content in contents {
            match shorthand.shorten(content) {
                Some(short) => assert_eq!(shorthand.expand(&short), content),
                None => assert_eq!(content, binary),
            }
        }
        assert!(shorthand.shorten(&umlauts).unwrap().len() < umlauts.len() / 2);
    }

    #[test]
    fn python_gets_a_quarter_shorter_and_its_table_is_paid() {
        let shorthand = Shorthand::of([PYTHON].into_iter());
        let short = shorthand.shorten(PYTHON).unwrap();
        assert!((short.len() + shorthand.table().len()) * 4 < PYTHON.len() * 3);
    }

    #[test]
    fn a_table_holds_no_byte_that_the_texts_have_but_its_phrases() {
        let shorthand = Shorthand::of([PYTHON].into_iter());
        let table = shorthand.table();
        let entries: Vec<&[u8]> = table[1..].split(|byte| *byte == table[0]).collect();
        assert_eq!(entries.len(), shorthand.phrases.len());
        for (entry, (code, phrase)) in entries.iter().zip(shorthand.phrases.iter().rev()) {
            assert_eq!((&entry[..1], &entry[1..]), (&[*code][..], &phrase[..]));
            assert!(!PYTHON.contains(code));
        }
    }

    #[test]
    fn nothing_worth_it_makes_no_table() {
        for content in [&b""[..], b"x = 1\n", b"\xff\xfe\xff\xfe\xff\xfe\xff\xfe\xff\xfe"] {
            let shorthand = Shorthand::of([content].into_iter());
            assert!(shorthand.table().is_empty(), "{content:?}");
            assert_eq!(shorthand.shorten(content), None);
        }
    }
}
