//! A password, typed at a terminal without being shown there.
//! Keeps none; the question is the screen's.

use std::io::IsTerminal as _;

use crossterm::event::Event;
use crossterm::event::KeyCode;
use crossterm::event::KeyEventKind;
use crossterm::event::KeyModifiers;

use crate::cli::keys::RawTerminal;

/// Somebody is there to see a question and to answer it.
pub(super) fn somebody() -> bool {
    std::io::stdin().is_terminal() && std::io::stderr().is_terminal()
}

/// `None`: they left by Ctrl-C, Ctrl-D or Escape, or typed nothing.
pub(super) fn typed() -> Option<String> {
    let _raw = RawTerminal::new().ok()?;
    keys().filter(|text| !text.is_empty())
}

fn keys() -> Option<String> {
    let mut text = String::new();
    loop {
        match crossterm::event::read().ok()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                let ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
                match key.code {
                    KeyCode::Enter => return Some(text),
                    KeyCode::Char('c' | 'd') if ctrl => return None,
                    KeyCode::Char('j' | 'm') if ctrl => return Some(text),
                    KeyCode::Char('u') if ctrl => text.clear(),
                    KeyCode::Esc => return None,
                    KeyCode::Backspace => drop(text.pop()),
                    KeyCode::Char(c) => text.push(c),
                    _ => {}
                }
            }
            Event::Paste(pasted) => text.push_str(&pasted),
            _ => {}
        }
    }
}
