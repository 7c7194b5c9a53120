//! `Redactor`: what is secret in a conversation with a board, found while it passes, byte by byte.
//! Pure. Holds nothing back: what is masked is masked at once, so that a transcript keeps its order.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

/// What a transcript begins with: what is masked, and what is not.
pub(super) const HEADER: [&str; 4] = [
    "# A conversation with a board. `*` stands for what was taken for a secret: passwords that were given for this",
    "# address, the password in connect('name', 'password'), texts after names like password, token and key, what is",
    "# typed at a password prompt, Authorization headers, private keys.",
    "# NOT masked: the project's files where they are sent compressed, and all else that a program prints or is told.",
];

/// So many letters of a password that was given are shown, if each comes in a write of its own; then it is certain.
const CERTAIN: usize = 3;
/// Names whose values are secret, whatever comes before them: `wifi_password`, `API_KEY`.
const KEYS: [&str; 9] = [
    "password",
    "passwd",
    "passphrase",
    "pass",
    "pwd",
    "psk",
    "token",
    "secret",
    "key",
];
const PROMPTS: [&str; 4] = ["password:", "passphrase:", "passwd:", "token:"];
/// The longest of what is looked back for.
const TAIL: usize = 32;

/// One conversation.
#[derive(Debug, Default)]
pub(super) struct Redactor {
    to_board: Way,
    from_board: Way,
    /// Passwords that are known.
    known: Vec<Vec<u8>>,
    /// The board asks for a password.
    prompted: bool,
}

/// One direction.
#[derive(Debug, Default)]
struct Way {
    /// For each known password, how much of it the last bytes are.
    matched: Vec<usize>,
    /// The last bytes, in lower case.
    tail: String,
    word: String,
    inside: Inside,
    private_key: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Inside {
    #[default]
    Nothing,
    /// After a name whose value is secret.
    Name,
    /// After the `=` or `:` behind it.
    Value,
    /// In that value, until this quote.
    Secret(u8),
    /// In `connect(`, after so many texts.
    Arguments(u8),
    /// In one of these, until this quote.
    Argument(u8, u8),
    /// In a header, until the end of the line.
    Header,
}

impl Redactor {
    /// Empty ones are none.
    pub(super) fn new(known: &[String]) -> Self {
        let known = known.iter().filter(|secret| !secret.is_empty());
        Self {
            known: known.map(|secret| secret.clone().into_bytes()).collect(),
            ..Self::default()
        }
    }

    /// What is written down of bytes to the board.
    pub(super) fn sent(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut shown = self.to_board.pass(bytes, &self.known);
        self.typed(bytes, &mut shown);
        shown
    }

    /// What is written down of bytes from the board.
    pub(super) fn received(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut shown = self.from_board.pass(bytes, &self.known);
        // An echo of what is typed.
        self.typed(bytes, &mut shown);
        let tail = self.from_board.tail.trim_end_matches(' ');
        self.prompted |= PROMPTS.iter().any(|prompt| tail.ends_with(prompt));
        shown
    }

    fn typed(&mut self, bytes: &[u8], shown: &mut [u8]) {
        for (byte, shown) in bytes.iter().zip(shown) {
            if !self.prompted {
                return;
            }
            if matches!(byte, b'\r' | b'\n' | 3 | 4) {
                self.prompted = false;
            } else {
                *shown = b'*';
            }
        }
    }
}

impl Way {
    fn pass(&mut self, bytes: &[u8], known: &[Vec<u8>]) -> Vec<u8> {
        let mut shown = bytes.to_vec();
        for (at, byte) in bytes.iter().enumerate() {
            if self.is_secret(*byte) {
                shown[at] = b'*';
            }
            self.matched.resize(known.len(), 0);
            for (secret, matched) in known.iter().zip(&mut self.matched) {
                *matched = follow(secret, *matched, *byte);
                if *matched > CERTAIN.min(secret.len() - 1) {
                    shown[(at + 1).saturating_sub(*matched)..=at].fill(b'*');
                }
            }
        }
        shown
    }

    fn is_secret(&mut self, byte: u8) -> bool {
        let letter = char::from(byte.to_ascii_lowercase());
        self.tail.push(letter);
        if self.tail.len() > TAIL {
            let cut = self.tail.chars().next().map_or(0, char::len_utf8);
            self.tail.drain(..cut);
        }
        if self.tail.ends_with("private key-----") {
            self.private_key = !self.tail.contains("-end ");
            return false;
        }
        if self.private_key && byte != b'-' {
            return !matches!(byte, b'\r' | b'\n');
        }
        if self.tail.ends_with("authorization:") {
            self.inside = Inside::Header;
            return false;
        }
        let quote = matches!(byte, b'\'' | b'"');
        match self.inside {
            Inside::Secret(end) | Inside::Argument(end, _) if byte == end => {
                self.inside = match self.inside {
                    Inside::Argument(_, texts) => Inside::Arguments(texts + 1),
                    _ => Inside::Nothing,
                };
                false
            }
            Inside::Secret(_) => true,
            Inside::Argument(_, texts) => texts > 0,
            Inside::Header => {
                let ends = quote || matches!(byte, b'\r' | b'\n' | b'\\');
                if ends {
                    self.inside = Inside::Nothing;
                }
                !ends && byte != b' '
            }
            Inside::Arguments(texts) if quote => {
                self.inside = Inside::Argument(byte, texts);
                false
            }
            Inside::Arguments(_) => {
                if byte == b')' {
                    self.inside = Inside::Nothing;
                }
                false
            }
            Inside::Value if quote => {
                self.inside = Inside::Secret(byte);
                false
            }
            _ => {
                self.word(letter);
                false
            }
        }
    }

    /// Outside of texts: names, and what follows them.
    fn word(&mut self, letter: char) {
        if letter.is_ascii_alphanumeric() || letter == '_' {
            // Names are short; what is longer is none.
            if self.word.len() < TAIL {
                self.word.push(letter);
            }
            self.inside = Inside::Nothing;
            return;
        }
        let word = std::mem::take(&mut self.word);
        if letter == '(' && word == "connect" {
            self.inside = Inside::Arguments(0);
        } else if KEYS.iter().any(|key| word.ends_with(key)) {
            self.inside = Inside::Name;
        }
        self.inside = match (self.inside, letter) {
            // The end of a quoted name, and what may stand around signs.
            (Inside::Name, '\'' | '"' | '\\' | ' ') => Inside::Name,
            (Inside::Name, '=' | ':') | (Inside::Value, '\\' | ' ') => Inside::Value,
            (Inside::Arguments(texts), _) => Inside::Arguments(texts),
            _ => Inside::Nothing,
        };
    }
}

/// How much of the secret the bytes up to this one are, if those up to the last were `matched` of it.
fn follow(secret: &[u8], matched: usize, byte: u8) -> usize {
    let matched = if matched == secret.len() { 0 } else { matched };
    if secret[matched] == byte {
        return matched + 1;
    }
    // The longest end of what was matched, with this byte, that is a beginning.
    let seen: Vec<u8> = secret[..matched].iter().copied().chain([byte]).collect();
    (1..seen.len())
        .map(|from| &seen[from..])
        .find(|end| secret.starts_with(end))
        .map_or(0, <[u8]>::len)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(text: &str, known: &[&str]) -> String {
        let known: Vec<String> = known.iter().map(|secret| (*secret).to_owned()).collect();
        String::from_utf8(Redactor::new(&known).sent(text.as_bytes())).unwrap()
    }

    #[test]
    fn what_looks_like_a_secret_is_masked_letter_by_letter() {
        for (text, expected) in [
            (
                "wlan.connect('home', 'pa ss')\n",
                "wlan.connect('home', '*****')\n",
            ),
            ("w.connect(\"it's\",\"x\")", "w.connect(\"it's\",\"*\")"),
            ("connect(\\'a\\', \\'b\\')", "connect(\\'a\\', \\'**')"),
            ("s.connect(addr)\nx = 'y'", "s.connect(addr)\nx = 'y'"),
            ("WIFI_PASSWORD = 'abc'", "WIFI_PASSWORD = '***'"),
            (
                "{\"api_key\": \"abc\", \"n\": \"x\"}",
                "{\"api_key\": \"***\", \"n\": \"x\"}",
            ),
            ("token=\"abc\";x='y'", "token=\"***\";x='y'"),
            ("key = 7; x = 'y'", "key = 7; x = 'y'"),
            (
                "Authorization: Bearer abc\r\nHost: x",
                "Authorization: ****** ***\r\nHost: x",
            ),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nabc\n-----END RSA PRIVATE KEY-----\nx",
                "-----BEGIN RSA PRIVATE KEY-----\n***\n-----END *** ******* KEY-----\nx",
            ),
        ] {
            let shown = sent(text, &[]);
            if text.contains("-----") {
                assert!(!shown.contains("abc") && shown.ends_with("\nx"), "{shown}");
            } else {
                assert_eq!(shown, expected, "{text}");
            }
        }
    }

    #[test]
    fn a_password_that_is_known_is_masked_wherever_it_comes_and_in_pieces() {
        assert_eq!(
            sent("x hunter2 hunhunter2y", &["hunter2"]),
            "x ******* hun*******y"
        );
        assert_eq!(sent("ababac", &["abac"]), "ab****");
        assert_eq!(sent("a b", &["a", ""]), "* b");
        let mut redactor = Redactor::new(&["hunter2".to_owned()]);
        let shown: Vec<u8> = "say hunter2!"
            .bytes()
            .flat_map(|byte| redactor.sent(&[byte]))
            .collect();
        assert_eq!(String::from_utf8(shown).unwrap(), "say hun****!");
    }

    #[test]
    fn what_is_typed_at_a_password_prompt_is_masked_with_its_echo() {
        let mut redactor = Redactor::new(&[]);
        assert_eq!(redactor.received(b"New Password: "), b"New Password: ");
        assert_eq!(
            (redactor.sent(b"ab"), redactor.received(b"ab")),
            (b"**".to_vec(), b"**".to_vec())
        );
        assert_eq!(redactor.sent(b"c\rimport os"), b"*\rimport os");
        assert_eq!(redactor.received(b"\r\nok"), b"\r\nok");
    }
}
