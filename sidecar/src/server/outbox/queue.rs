//! `Queue`: what waits for the client to read it. Bounded: what is newer replaces or lengthens what is older.
//! Pure; sends nothing.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::collections::VecDeque;

use serde_json::Value;
use serde_json::json;

use crate::base::size_text;
use crate::server::protocol::names;

/// Console output of one board that may wait, in bytes of UTF-8.
const MAX_TEXT: usize = 256 * 1024;
/// A client that has not read so many messages, or bytes, loses the oldest.
const MAX_ITEMS: usize = 4096;
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// What replaces what: a newer message with the same key takes the place of the older one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::server) enum Key {
    /// All boards.
    Boards,
    /// Where the job with this token is.
    Report(Value),
    /// What is not on the board, of a folder.
    Differences(String),
    /// The settings of a folder.
    Settings(String),
    /// The diagnostics of a file.
    Diagnostics(String),
}

/// A message for the client.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::server) struct Message {
    /// The method.
    pub(in crate::server) method: &'static str,
    /// Its params.
    pub(in crate::server) params: Value,
    /// Number of a request; `None` for a notification.
    pub(in crate::server) id: Option<i64>,
}

#[derive(Debug)]
enum Item {
    Message {
        message: Message,
        key: Option<Key>,
        /// The board whose console must not overtake it.
        about: Option<String>,
        bytes: usize,
    },
    Console(Console),
}

#[derive(Debug)]
struct Console {
    board: String,
    kind: &'static str,
    text: String,
    /// Number of the last piece in it.
    seq: u64,
    /// Bytes in front of it that nobody will read.
    left_out: usize,
}

impl Item {
    fn bytes(&self) -> usize {
        match self {
            Self::Message { bytes, .. } => *bytes,
            Self::Console(console) => console.text.len(),
        }
    }
}

/// What waits.
#[derive(Debug, Default)]
pub(in crate::server) struct Queue {
    items: VecDeque<Item>,
    bytes: usize,
}

impl Queue {
    /// A message of which only the newest counts.
    pub(in crate::server) fn latest(&mut self, key: Key, method: &'static str, params: Value) {
        let size = size_of(&params);
        let same = self
            .items
            .iter_mut()
            .find(|item| matches!(item, Item::Message { key: Some(other), .. } if *other == key));
        if let Some(Item::Message { message, bytes, .. }) = same {
            self.bytes = self.bytes + size - *bytes;
            *bytes = size;
            message.params = params;
            return;
        }
        let message = Message {
            method,
            params,
            id: None,
        };
        self.add(message, Some(key), None);
    }

    /// A message that keeps its place, also among the console output of the board that it is about.
    pub(in crate::server) fn push(&mut self, message: Message, about: Option<String>) {
        self.add(message, None, about);
    }

    /// Console output (`output`) or a line of ours (`note`).
    pub(in crate::server) fn console(&mut self, board: &str, kind: &'static str, text: &str, seq: u64) {
        let before = self.items.iter_mut().rev().find(|item| match item {
            Item::Message { about, .. } => about.as_deref() == Some(board),
            Item::Console(console) => console.board == board,
        });
        match before {
            Some(Item::Console(console)) if console.kind == kind => {
                console.text.push_str(text);
                console.seq = seq;
            }
            _ => self.items.push_back(Item::Console(Console {
                board: board.to_owned(),
                kind,
                text: text.to_owned(),
                seq,
                left_out: 0,
            })),
        }
        self.bytes += text.len();
        self.shorten(board);
        self.shed();
    }

    /// Forgets console output of a board that the client gets in another way.
    pub(in crate::server) fn forget_console(&mut self, board: &str) {
        self.items
            .retain(|item| !matches!(item, Item::Console(console) if console.board == board));
        self.bytes = self.items.iter().map(Item::bytes).sum();
    }

    /// Takes back a request that was not sent yet.
    pub(in crate::server) fn retract(&mut self, id: i64) {
        self.items
            .retain(|item| !matches!(item, Item::Message { message, .. } if message.id == Some(id)));
        self.bytes = self.items.iter().map(Item::bytes).sum();
    }

    /// The next message.
    pub(in crate::server) fn pop(&mut self) -> Option<Message> {
        if let Some(Item::Console(console)) = self.items.front_mut()
            && console.left_out > 0
        {
            let left_out = size_text(std::mem::take(&mut console.left_out) as u64);
            let text = format!("{left_out} of output were left out: the editor did not read them in time");
            return Some(output(&console.board, "note", &text, console.seq));
        }
        let item = self.items.pop_front()?;
        self.bytes -= item.bytes();
        match item {
            Item::Message { message, .. } => Some(message),
            Item::Console(console) if console.text.is_empty() => self.pop(),
            Item::Console(Console {
                board,
                kind,
                text,
                seq,
                ..
            }) => Some(output(&board, kind, &text, seq)),
        }
    }

    fn add(&mut self, message: Message, key: Option<Key>, about: Option<String>) {
        let bytes = size_of(&message.params);
        self.bytes += bytes;
        self.items.push_back(Item::Message {
            message,
            key,
            about,
            bytes,
        });
        self.shed();
    }

    /// The oldest output of a board goes when there is too much of it.
    fn shorten(&mut self, board: &str) {
        if self.bytes <= MAX_TEXT {
            return;
        }
        let consoles = |items: &VecDeque<Item>| -> usize {
            let of_board = items.iter().filter_map(|item| match item {
                Item::Console(console) if console.board == board => Some(console.text.len()),
                _ => None,
            });
            of_board.sum()
        };
        let mut excess = consoles(&self.items).saturating_sub(MAX_TEXT);
        for item in &mut self.items {
            if let Item::Console(console) = item
                && console.board == board
                && excess > 0
            {
                let mut cut = excess.min(console.text.len());
                while !console.text.is_char_boundary(cut) {
                    cut += 1;
                }
                console.text.drain(..cut);
                console.left_out += cut;
                self.bytes -= cut;
                excess = excess.saturating_sub(cut);
            }
        }
    }

    fn shed(&mut self) {
        while self.items.len() > MAX_ITEMS || self.bytes > MAX_BYTES {
            let Some(item) = self.items.pop_front() else {
                return;
            };
            self.bytes -= item.bytes();
        }
    }
}

fn output(board: &str, kind: &str, text: &str, seq: u64) -> Message {
    Message {
        method: names::CONSOLE_OUTPUT,
        params: json!({"board": board, "kind": kind, "text": text, "seq": seq}),
        id: None,
    }
}

/// About what a value takes; texts count, and every value a little.
fn size_of(value: &Value) -> usize {
    64 + match value {
        Value::String(text) => text.len(),
        Value::Array(values) => values.iter().map(size_of).sum(),
        Value::Object(fields) => fields.iter().map(|(key, value)| key.len() + size_of(value)).sum(),
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn done(job: u64) -> Message {
        Message {
            method: names::JOB_DONE,
            params: json!({"job": job}),
            id: None,
        }
    }

    /// Everything that waits, in a few words.
    fn drain(queue: &mut Queue) -> Vec<String> {
        let messages = std::iter::from_fn(|| queue.pop());
        let words = |message: Message| match message.method {
            names::CONSOLE_OUTPUT => format!(
                "{} {} {}",
                message.params["board"].as_str().unwrap(),
                message.params["kind"].as_str().unwrap(),
                message.params["text"].as_str().unwrap(),
            ),
            _ => format!("{} {}", message.method, message.params),
        };
        messages.map(words).collect()
    }

    #[test]
    fn the_newest_wins_and_beginnings_and_ends_are_kept() {
        let mut queue = Queue::default();
        let progress = |kind: &str| Message {
            method: names::PROGRESS,
            params: json!(kind),
            id: None,
        };
        queue.push(progress("begin"), None);
        for n in 0..1000 {
            queue.latest(Key::Report(json!("a")), names::PROGRESS, json!(n));
            queue.latest(Key::Boards, names::BOARDS_CHANGED, json!(n));
        }
        queue.push(progress("end"), None);
        queue.push(done(1), None);
        assert_eq!(
            drain(&mut queue),
            [
                "$/progress \"begin\"",
                "$/progress 999",
                "boardside/boardsChanged 999",
                "$/progress \"end\"",
                "boardside/jobDone {\"job\":1}",
            ]
        );
        assert_eq!(queue.bytes, 0);
    }

    #[test]
    fn console_output_grows_and_never_passes_the_end_of_a_job() {
        let mut queue = Queue::default();
        queue.console("a", "output", "1", 1);
        queue.console("b", "output", "x", 1);
        queue.console("a", "output", "2", 2);
        queue.push(done(1), Some("a".to_owned()));
        queue.console("a", "output", "3", 3);
        queue.console("b", "output", "y", 2);
        queue.console("a", "note", "gone", 4);
        queue.console("a", "output", "4", 5);
        assert_eq!(
            drain(&mut queue),
            [
                "a output 12",
                "b output xy",
                "boardside/jobDone {\"job\":1}",
                "a output 3",
                "a note gone",
                "a output 4"
            ]
        );
    }

    #[test]
    fn output_that_nobody_reads_is_left_out_and_counted() {
        let mut queue = Queue::default();
        let piece = "ü".repeat(512);
        for n in 0..1024 {
            queue.console("a", "output", &piece, n);
        }
        let words = drain(&mut queue);
        assert_eq!(words.len(), 2);
        assert_eq!(
            words[0],
            "a note 768.0 KiB of output were left out: the editor did not read them in time"
        );
        assert_eq!(words[1].len(), "a output ".len() + MAX_TEXT);
    }

    #[test]
    fn a_client_that_never_reads_costs_a_bounded_amount_of_memory() {
        let mut queue = Queue::default();
        for n in 0..10_000 {
            queue.push(done(n), Some("a".to_owned()));
            queue.console("a", "output", "x", n);
        }
        assert_eq!(queue.items.len(), MAX_ITEMS);
        let large = "x".repeat(1 << 20);
        for n in 0..100 {
            queue.latest(Key::Diagnostics(n.to_string()), names::DIAGNOSTICS, json!(large));
        }
        assert!(queue.bytes <= MAX_BYTES);
    }

    #[test]
    fn what_the_client_gets_otherwise_is_forgotten() {
        let mut queue = Queue::default();
        queue.console("a", "output", "1", 1);
        queue.push(
            Message {
                id: Some(7),
                ..done(1)
            },
            None,
        );
        queue.console("b", "output", "2", 1);
        queue.forget_console("a");
        queue.retract(7);
        assert_eq!(drain(&mut queue), ["b output 2"]);
        assert_eq!(queue.bytes, 0);
    }
}
