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
    }
}
