//! `Scanner`: bytes into message bodies, by their headers; keeps at most one message and what came with its end.
//! Pure, and knows no JSON.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use serde_json::Value;

use crate::server::framing::Fault;

/// A larger message is not read. A file of a board fits many times.
pub(super) const MAX_BODY: u64 = 64 * 1024 * 1024;
/// What headers may take together; there are two kinds, both short.
const MAX_HEAD: usize = 4096;
/// What every message begins with, and where reading goes on after damage.
const LENGTH: &[u8] = b"content-length";

/// What was found.
#[derive(Debug, PartialEq)]
pub(super) enum Piece {
    /// A whole body.
    Body(Vec<u8>),
    /// Something that is none.
    Fault(Fault),
}

/// Where in the stream it is.
#[derive(Debug)]
enum At {
    /// In the headers; the length, if they told it.
    Head(Option<u64>),
    /// In a body of so many bytes.
    Body(usize),
    /// In a body that is too large; so many bytes are still to come.
    Skipping(u64),
    /// After damage: until something looks like a header.
    Lost,
}

/// Bytes into bodies.
#[derive(Debug)]
pub(super) struct Scanner {
    at: At,
    bytes: Vec<u8>,
    /// So many of `bytes` are done with.
    start: usize,
    /// Length of the headers so far.
    head: usize,
}

impl Default for Scanner {
    fn default() -> Self {
        Self {
            at: At::Head(None),
            bytes: Vec::new(),
            start: 0,
            head: 0,
        }
    }
}

impl Scanner {
    /// Takes bytes; `next` gives what they complete.
    pub(super) fn push(&mut self, bytes: &[u8]) {
        self.bytes.drain(..self.start);
        self.start = 0;
        if self.bytes.is_empty() {
            // What one large message took is given back.
            self.bytes.shrink_to(1 << 17);
        }
        self.bytes.extend_from_slice(bytes);
    }

    /// The next piece; `None`: more bytes are needed.
    pub(super) fn next(&mut self) -> Option<Piece> {
        loop {
            let rest = &self.bytes[self.start..];
            match self.at {
                At::Head(length) => {
                    let Some(end) = rest.iter().position(|byte| *byte == b'\n') else {
                        if self.head + rest.len() > MAX_HEAD {
                            return Some(self.lost(rest.len(), "the headers are too long"));
                        }
                        return None;
                    };
                    let line = String::from_utf8_lossy(&rest[..end]).into_owned();
                    if let Some(piece) = self.header(line.trim(), end + 1, length) {
                        return Some(piece);
                    }
                }
                At::Body(length) => {
                    let body = rest.get(..length)?.to_vec();
                    self.take(length);
                    self.at = At::Head(None);
                    return Some(Piece::Body(body));
                }
                At::Skipping(left) => {
                    let skipped = usize::try_from(left).map_or(rest.len(), |left| left.min(rest.len()));
                    self.take(skipped);
                    let left = left - skipped as u64;
                    if left > 0 {
                        self.at = At::Skipping(left);
                        return None;
                    }
                    self.at = At::Head(None);
                }
                At::Lost => {
                    let same = |window: &[u8]| window.eq_ignore_ascii_case(LENGTH);
                    let Some(found) = rest.windows(LENGTH.len()).position(same) else {
                        // Its beginning may be here already.
                        self.take(rest.len().saturating_sub(LENGTH.len() - 1));
                        return None;
                    };
                    self.take(found);
                    self.at = At::Head(None);
                }
            }
        }
    }

    /// One line of the headers, of `size` bytes.
    fn header(&mut self, line: &str, size: usize, length: Option<u64>) -> Option<Piece> {
        if self.head + size > MAX_HEAD {
            return Some(self.lost(size, "the headers are too long"));
        }
        if line.is_empty() {
            let Some(length) = length else {
                return Some(self.lost(size, "a message has no Content-Length"));
            };
            self.take(size);
            self.head = 0;
            return self.begin(length);
        }
        let Some((name, value)) = line.split_once(':') else {
            return Some(self.lost(size, "a line before a message is no header"));
        };
        if !name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
        {
            return Some(self.lost(size, "a line before a message is no header"));
        }
        let stuck = name.len().saturating_sub(LENGTH.len());
        if stuck > 0 && name.as_bytes()[stuck..].eq_ignore_ascii_case(LENGTH) {
            return Some(self.lost(stuck, "there is something before a header"));
        }
        // The other one there is, Content-Type, can only say UTF-8.
        if name.as_bytes().eq_ignore_ascii_case(LENGTH) {
            let Ok(length) = value.trim().parse() else {
                return Some(self.lost(size, "the Content-Length is no number"));
            };
            self.at = At::Head(Some(length));
        }
        self.take(size);
        self.head += size;
        None
    }

    fn begin(&mut self, length: u64) -> Option<Piece> {
        if let Some(size) = usize::try_from(length).ok().filter(|_| length <= MAX_BODY) {
            self.at = At::Body(size);
            return None;
        }
        self.at = At::Skipping(length);
        let why = format!("a message of {length} bytes is not read: {MAX_BODY} are the most");
        Some(Piece::Fault(Fault::invalid(why, Value::Null)))
    }

    /// Leaves out the `size` bytes at fault, and all up to the next header.
    fn lost(&mut self, size: usize, why: &str) -> Piece {
        self.take(size);
        self.head = 0;
        self.at = At::Lost;
        Piece::Fault(Fault::parse(why))
    }

    fn take(&mut self, size: usize) {
        self.start += size;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bodies as text, faults by their code.
    fn scan(scanner: &mut Scanner, bytes: &[u8]) -> Vec<String> {
        scanner.push(bytes);
        let pieces = std::iter::from_fn(|| scanner.next());
        let text = |piece| match piece {
            Piece::Body(body) => String::from_utf8(body).unwrap(),
            Piece::Fault(fault) => fault.code.to_string(),
        };
        pieces.map(text).collect()
    }

    #[test]
    fn messages_are_found_whatever_is_around_them() {
        let cases: [(&str, &[&str]); 13] = [
            ("fooContent-Length: 2\r\n\r\n{}", &["-32700", "{}"]),
            ("Content-Length: 2\r\n\r\n{}", &["{}"]),
            ("content-length:2\n\n{}", &["{}"]),
            (
                "Content-Type: x; charset=utf-8\r\nContent-Length: 2\r\nX: y\r\n\r\n{}",
                &["{}"],
            ),
            (
                "Content-Length: 2\r\n\r\n{}Content-Length: 3\r\n\r\n[1]",
                &["{}", "[1]"],
            ),
            (
                "Content-Length: 0\r\n\r\nContent-Length: 2\r\n\r\n{}",
                &["", "{}"],
            ),
            ("hello\r\nContent-Length: 2\r\n\r\n{}", &["-32700", "{}"]),
            (
                "{\"a\":1}\n{\"b\":2}\nContent-Length: 2\r\n\r\n{}",
                &["-32700", "{}"],
            ),
            (
                "Content-Length: two\r\n\r\n{}Content-Length: 2\r\n\r\n{}",
                &["-32700", "{}"],
            ),
            ("Content-Length: -1\r\n\r\n", &["-32700"]),
            (
                "Content-Type: x\r\n\r\n{}Content-Length: 2\r\n\r\n{}",
                &["-32700", "{}"],
            ),
            ("\r\n\r\nContent-Length: 2\r\n\r\n{}", &["-32700", "{}"]),
            ("Content-Length: 99999999999999999999\r\n\r\n", &["-32700"]),
        ];
        for (stream, expected) in cases {
            assert_eq!(
                scan(&mut Scanner::default(), stream.as_bytes()),
                expected,
                "{stream:?}"
            );
            let mut scanner = Scanner::default();
            let bytewise: Vec<String> = stream
                .bytes()
                .flat_map(|byte| scan(&mut scanner, &[byte]))
                .collect();
            assert_eq!(bytewise, expected, "{stream:?}, byte by byte");
        }
    }

    #[test]
    fn a_message_that_is_too_large_is_skipped_and_takes_no_memory() {
        let mut scanner = Scanner::default();
        let large = MAX_BODY + 1;
        let head = format!("Content-Length: {large}\r\n\r\n");
        assert_eq!(scan(&mut scanner, head.as_bytes()), ["-32600"]);
        let chunk = vec![b' '; 1 << 16];
        for _ in 0..large / (1 << 16) {
            assert_eq!(scan(&mut scanner, &chunk), [""; 0]);
        }
        assert!(scanner.bytes.capacity() < 1 << 18, "{}", scanner.bytes.capacity());
        assert_eq!(scan(&mut scanner, b" Content-Length: 2\r\n\r\n{}"), ["{}"]);
    }

    #[test]
    fn what_never_has_a_header_takes_no_memory() {
        let mut scanner = Scanner::default();
        let chunk = vec![b'x'; 1 << 16];
        let faults: Vec<String> = (0..100).flat_map(|_| scan(&mut scanner, &chunk)).collect();
        assert_eq!(faults, ["-32700"], "one answer, not one for each piece");
        assert!(scanner.bytes.capacity() < 1 << 18);
        assert_eq!(scan(&mut scanner, b"\r\nContent-Length: 2\r\n\r\n{}"), ["{}"]);
    }
}
