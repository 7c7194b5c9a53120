//! The user's keys as the bytes that a VT terminal sends, and the terminal in raw mode.
//! Unix terminals send these bytes by themselves; Windows tells keys, and they are translated here.

use crossterm::event::KeyCode;
use crossterm::event::KeyEvent;
use crossterm::event::KeyEventKind;
use crossterm::event::KeyModifiers;
use tokio::io::AsyncRead;

use crate::cli::failure::Failure;

/// A terminal whose every key comes through, until this is dropped.
pub(super) struct RawTerminal(());

impl RawTerminal {
    pub(super) fn new() -> Result<Self, Failure> {
        #[cfg(windows)]
        // Asking is what switches escape sequences on.
        let _ = crossterm::ansi_support::supports_ansi();
        let raw = crossterm::terminal::enable_raw_mode();
        raw.map_err(|error| Failure::io("switching the terminal to raw mode", &error))?;
        Ok(Self(()))
    }
}

impl Drop for RawTerminal {
    fn drop(&mut self) {
        // If the terminal is gone, nobody sees what mode it is in.
        let _ = crossterm::terminal::disable_raw_mode();
    }
}

/// What is typed at a terminal in raw mode.
#[cfg(not(windows))]
pub(super) fn typed() -> impl AsyncRead + Unpin {
    tokio::io::stdin()
}

/// What is typed at a terminal in raw mode.
#[cfg(windows)]
pub(super) fn typed() -> impl AsyncRead + Unpin {
    use tokio::io::AsyncWriteExt as _;

    let (near, mut far) = tokio::io::duplex(1024);
    let runtime = tokio::runtime::Handle::current();
    // A thread of its own: reading a console cannot be ended from outside, and must not keep the process.
    std::thread::spawn(move || {
        while let Ok(event) = crossterm::event::read() {
            let bytes = match event {
                crossterm::event::Event::Key(key) => bytes_of(key),
                crossterm::event::Event::Paste(text) => text.into_bytes(),
                _ => continue,
            };
            if runtime.block_on(far.write_all(&bytes)).is_err() {
                return;
            }
        }
    });
    near
}

/// What a VT220 and its successors send for a key (xterm, ctlseqs.txt, "PC-Style Function Keys").
#[cfg_attr(not(windows), allow(dead_code))]
fn bytes_of(key: KeyEvent) -> Vec<u8> {
    if key.kind == KeyEventKind::Release {
        return Vec::new();
    }
    let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
    let alt = key.modifiers.contains(KeyModifiers::ALT);
    // AltGr is reported as Ctrl with Alt; what it makes is a character like any other.
    let control = ctrl && !alt;
    let alone = match key.code {
        KeyCode::Char(c) => character(c, control),
        KeyCode::Enter => b"\r".to_vec(),
        KeyCode::Tab => b"\t".to_vec(),
        KeyCode::BackTab => b"\x1b[Z".to_vec(),
        KeyCode::Backspace => b"\x7f".to_vec(),
        KeyCode::Esc => b"\x1b".to_vec(),
        KeyCode::Null => b"\0".to_vec(),
        KeyCode::Up => letter('A', key.modifiers),
        KeyCode::Down => letter('B', key.modifiers),
        KeyCode::Right => letter('C', key.modifiers),
        KeyCode::Left => letter('D', key.modifiers),
        KeyCode::End => letter('F', key.modifiers),
        KeyCode::Home => letter('H', key.modifiers),
        KeyCode::Insert => number(2, key.modifiers),
        KeyCode::Delete => number(3, key.modifiers),
        KeyCode::PageUp => number(5, key.modifiers),
        KeyCode::PageDown => number(6, key.modifiers),
        _ => Vec::new(),
    };
    if alt && !ctrl && matches!(key.code, KeyCode::Char(_) | KeyCode::Enter | KeyCode::Backspace) {
        return [b"\x1b", &alone[..]].concat();
    }
    alone
}

fn character(c: char, control: bool) -> Vec<u8> {
    let code = match c.to_ascii_lowercase() {
        c @ 'a'..='z' => c as u8 - b'a' + 1,
        '@' | ' ' | '2' => 0,
        '[' | '3' => 0x1b,
        '\\' | '4' => 0x1c,
        ']' | '5' => 0x1d,
        '^' | '6' => 0x1e,
        '_' | '7' | '/' => 0x1f,
        '?' | '8' => 0x7f,
        _ => return c.to_string().into_bytes(),
    };
    if control {
        vec![code]
    } else {
        c.to_string().into_bytes()
    }
}

fn modifier(modifiers: KeyModifiers) -> u8 {
    let bit = |modifier, value| if modifiers.contains(modifier) { value } else { 0 };
    1 + bit(KeyModifiers::SHIFT, 1) + bit(KeyModifiers::ALT, 2) + bit(KeyModifiers::CONTROL, 4)
}

fn letter(letter: char, modifiers: KeyModifiers) -> Vec<u8> {
    match modifier(modifiers) {
        1 => format!("\x1b[{letter}"),
        modifier => format!("\x1b[1;{modifier}{letter}"),
    }
    .into_bytes()
}

fn number(number: u8, modifiers: KeyModifiers) -> Vec<u8> {
    match modifier(modifiers) {
        1 => format!("\x1b[{number}~"),
        modifier => format!("\x1b[{number};{modifier}~"),
    }
    .into_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_the_bytes_that_a_terminal_sends() {
        let (none, ctrl, alt, shift) = (
            KeyModifiers::NONE,
            KeyModifiers::CONTROL,
            KeyModifiers::ALT,
            KeyModifiers::SHIFT,
        );
        for (code, modifiers, expected) in [
            (KeyCode::Char('a'), none, "a"),
            (KeyCode::Char('A'), shift, "A"),
            (KeyCode::Char('ü'), none, "ü"),
            (KeyCode::Char('c'), ctrl, "\x03"),
            (KeyCode::Char('C'), ctrl | shift, "\x03"),
            (KeyCode::Char(']'), ctrl, "\x1d"),
            (KeyCode::Char('5'), ctrl, "\x1d"),
            (KeyCode::Char('5'), none, "5"),
            // AltGr-8 on a German keyboard.
            (KeyCode::Char('['), ctrl | alt, "["),
            (KeyCode::Char('b'), alt, "\x1bb"),
            (KeyCode::Enter, none, "\r"),
            (KeyCode::Backspace, none, "\x7f"),
            (KeyCode::Tab, none, "\t"),
            (KeyCode::Up, none, "\x1b[A"),
            (KeyCode::Left, ctrl, "\x1b[1;5D"),
            (KeyCode::Delete, none, "\x1b[3~"),
            (KeyCode::Delete, shift, "\x1b[3;2~"),
            (KeyCode::F(1), none, ""),
        ] {
            let bytes = bytes_of(KeyEvent::new(code, modifiers));
            assert_eq!(bytes, expected.as_bytes(), "{code:?} {modifiers:?}");
        }
        let release = KeyEvent::new_with_kind(KeyCode::Char('a'), none, KeyEventKind::Release);
        assert_eq!(
            bytes_of(release),
            b"",
            "a key is one press, not a press and a release"
        );
    }
}
