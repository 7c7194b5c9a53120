//! Rust values as Python literals. Pure; the only place where values enter Python source.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::fmt::Write as _;

/// `b'…'`, plain ASCII.
pub fn bytes_literal(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 3);
    text.push_str("b'");
    for byte in bytes {
        push(&mut text, *byte);
    }
    text.push('\'');
    text
}

/// The same, as short as it gets: only what the raw REPL, the lexer or the literal itself would take for something
/// else is escaped. Not UTF-8; MicroPython's lexer takes any byte in a string (`parse_string_literal` in lexer.c).
pub fn shortest_bytes_literal(bytes: &[u8]) -> Vec<u8> {
    let apostrophes = bytes.split(|byte| *byte == b'\'').count();
    let quotes = bytes.split(|byte| *byte == b'"').count();
    let quote = if apostrophes > quotes { b'"' } else { b'\'' };
    let mut text = vec![b'b', quote];
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'\n' => text.extend(b"\\n"),
            b'\r' => text.extend(b"\\r"),
            // 0x01 to 0x05 are keys of the raw REPL. A digit after `\3` would belong to it.
            0..=5 if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => {
                text.extend([b'\\', b'0', b'0', b'0' + byte]);
            }
            0..=5 => text.extend([b'\\', b'0' + byte]),
            b'\\' => text.extend(b"\\\\"),
            byte if *byte == quote => text.extend([b'\\', quote]),
            byte => text.push(*byte),
        }
    }
    text.push(quote);
    text
}

/// `'…'`; non-ASCII characters stay as they are, in UTF-8.
pub fn text_literal(value: &str) -> String {
    let mut text = String::with_capacity(value.len() + 2);
    text.push('\'');
    for c in value.chars() {
        match u8::try_from(c) {
            Ok(byte) if byte.is_ascii() => push(&mut text, byte),
            _ => text.push(c),
        }
    }
    text.push('\'');
    text
}

/// The same program in ASCII, where its other characters all stand in literals of text, as in ours. `None`: it is ASCII.
pub(super) fn in_ascii(code: &[u8]) -> Option<Vec<u8>> {
    if code.is_ascii() {
        return None;
    }
    let mut text = String::new();
    for c in std::str::from_utf8(code).ok()?.chars() {
        match u32::from(c) {
            ..0x80 => text.push(c),
            code @ ..0x1_0000 => write!(text, "\\u{code:04x}").expect("writing to a String cannot fail"),
            code => write!(text, "\\U{code:08x}").expect("writing to a String cannot fail"),
        }
    }
    Some(text.into_bytes())
}

fn push(text: &mut String, byte: u8) {
    match byte {
        b'\'' => text.push_str("\\'"),
        b'\\' => text.push_str("\\\\"),
        b'\n' => text.push_str("\\n"),
        b'\r' => text.push_str("\\r"),
        b'\t' => text.push_str("\\t"),
        0x20..0x7f => text.push(byte.into()),
        _ => write!(text, "\\x{byte:02x}").expect("writing to a String cannot fail"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_in_ascii_says_the_same() {
        let plain = in_ascii("A='\u{e4}\u{2192}\u{1f600}'".as_bytes()).unwrap();
        assert_eq!(plain, b"A='\\u00e4\\u2192\\U0001f600'");
        assert_eq!(in_ascii(b"A=1"), None);
        assert_eq!(in_ascii(b"A=b'\xff'"), None);
    }

    #[test]
    fn quotes_backslashes_and_control_characters_are_escaped() {
        assert_eq!(
            bytes_literal(b"a'\\\n\r\t\x00\x03\xff"),
            r"b'a\'\\\n\r\t\x00\x03\xff'"
        );
        assert_eq!(text_literal("it's ü"), r"'it\'s ü'");
    }

    #[test]
    fn the_shortest_literal_escapes_only_what_it_must() {
        let cases: [(&[u8], &[u8]); 5] = [
            (b"it's", br#"b"it's""#),
            (br#"'"\"#, br#"b'\'"\\'"#),
            (b"a\tb\n\r", b"b'a\tb\\n\\r'"),
            (b"\x000\x03\x03x\x059", br"b'\0000\3\3x\0059'"),
            (b"\x7f\x80\xff", b"b'\x7f\x80\xff'"),
        ];
        for (bytes, literal) in cases {
            assert_eq!(shortest_bytes_literal(bytes), literal, "{bytes:?}");
        }
    }
}
