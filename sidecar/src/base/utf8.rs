//! `Utf8`: bytes that come in pieces as text, without breaking characters where the pieces break.
//! What is no UTF-8 becomes U+FFFD; the raw bytes are elsewhere.

/// Text from pieces.
#[derive(Debug, Default)]
pub struct Utf8 {
    /// The beginning of a character whose end has not come.
    begun: Vec<u8>,
}

impl Utf8 {
    /// The text so far; at most three bytes wait for the next piece.
    pub fn push(&mut self, piece: &[u8]) -> String {
        self.begun.extend(piece);
        let complete = match std::str::from_utf8(&self.begun) {
            Err(error) => self.complete(error.valid_up_to()),
            Ok(_) => self.begun.len(),
        };
        let rest = self.begun.split_off(complete);
        let text = String::from_utf8_lossy(&self.begun).into_owned();
        self.begun = rest;
        text
    }

    /// Where the last characters begin that may still become one: nothing after it is wrong, only short.
    fn complete(&self, from: usize) -> usize {
        let mut at = from;
        while let Err(error) = std::str::from_utf8(&self.begun[at..]) {
            at += error.valid_up_to();
            match error.error_len() {
                Some(wrong) => at += wrong,
                None => return at,
            }
        }
        self.begun.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_in_two_pieces_is_one_character() {
        let text = "grün → 🐍!";
        for cut in 0..=text.len() {
            let mut utf8 = Utf8::default();
            let pieces = [
                utf8.push(&text.as_bytes()[..cut]),
                utf8.push(&text.as_bytes()[cut..]),
            ];
            assert_eq!(pieces.concat(), text, "cut at {cut}");
        }
    }

    #[test]
    fn what_is_no_text_is_marked_and_nothing_waits_for_it() {
        let mut utf8 = Utf8::default();
        assert_eq!(utf8.push(b"a\xffb\xe2\x82"), "a\u{fffd}b");
        assert_eq!(utf8.push(b"x"), "\u{fffd}x");
    }
}
