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

/// The same in as few bytes as raw-paste can carry: all that is not special to Python's lexer or to the REPL stays
/// as it is (MicroPython's `py/lexer.c` takes any byte in a literal, but reads 0x00 as 0x01; `shared/runtime/pyexec.c`
/// reads 0x03 and 0x04).
pub fn dense_literal(bytes: &[u8]) -> Vec<u8> {
    let mut text = b"b'".to_vec();
    for (at, byte) in bytes.iter().enumerate() {
        let octal = bytes.get(at + 1).is_some_and(|next| (b'0'..b'8').contains(next));
        match byte {
            b'\'' | b'\\' => text.extend([b'\\', *byte]),
            b'\n' => text.extend(b"\\n"),
            b'\r' => text.extend(b"\\r"),
            // Digits behind it would belong to it.
            0 | 3 | 4 if octal => text.extend([b'\\', b'0', b'0', b'0' + byte]),
            0 | 3 | 4 => text.extend([b'\\', b'0' + byte]),
            byte => text.push(*byte),
        }
    }
    text.push(b'\'');
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
    fn quotes_backslashes_and_control_characters_are_escaped() {
        assert_eq!(
            bytes_literal(b"a'\\\n\r\t\x00\x03\xff"),
            r"b'a\'\\\n\r\t\x00\x03\xff'"
        );
        assert_eq!(text_literal("it's ü"), r"'it\'s ü'");
        assert_eq!(
            dense_literal(b"a'\\\n\r\t\x00\x03\x037\xff"),
            b"b'a\\'\\\\\\n\\r\t\\0\\3\\0037\xff'"
        );
    }
}
