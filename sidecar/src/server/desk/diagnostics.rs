//! Tracebacks that boards print, as diagnostics of the files of the workspace.
//! Finding them in what is printed is `session::traceback`'s business.

use serde_json::Value;
use serde_json::json;

use crate::server::desk::Desk;
use crate::server::outbox::Key;
use crate::server::protocol::names;
use crate::session::traceback::Traceback;

/// A program that fails in a loop fails in few ways.
const MAX_OF_FILE: usize = 20;

impl Desk {
    /// A traceback was printed: it is shown at its innermost line that is in the workspace.
    pub(super) fn show_traceback(&mut self, address: &str, traceback: &Traceback) {
        if traceback.is_stop() {
            return;
        }
        let located = traceback.frames.iter().rev().filter_map(|frame| {
            let (_, uri) = self.locate_file(address, &frame.file)?;
            Some((uri, frame))
        });
        let mut located = located.collect::<Vec<_>>().into_iter();
        let Some((uri, frame)) = located.next() else {
            return;
        };
        let related = located.map(|(uri, frame)| {
            let message = frame.name.clone().unwrap_or_default();
            json!({"location": {"uri": uri, "range": line(frame.line)}, "message": message})
        });
        let diagnostic = json!({
            "range": line(frame.line), "severity": 1, "source": "board", "message": traceback.error,
            "relatedInformation": related.collect::<Vec<_>>(),
        });
        let all = self.board(address).diagnostics.entry(uri.clone()).or_default();
        if all.contains(&diagnostic) {
            return;
        }
        if all.len() == MAX_OF_FILE {
            all.remove(0);
        }
        all.push(diagnostic);
        self.publish(&uri);
    }

    /// The program of a board begins anew, or ended without an error.
    pub(super) fn clear_diagnostics(&mut self, address: &str) {
        let board = self.board(address);
        let files = std::mem::take(&mut board.diagnostics);
        for uri in files.keys() {
            self.publish(uri);
        }
    }

    /// All that boards say about a file.
    fn publish(&self, uri: &str) {
        let boards = self.boards.values();
        let all: Vec<&Value> = boards
            .filter_map(|board| board.diagnostics.get(uri))
            .flatten()
            .collect();
        let key = Key::Diagnostics(uri.to_owned());
        let params = json!({"uri": uri, "diagnostics": all});
        self.outbox.latest(key, names::DIAGNOSTICS, params);
    }
}

/// A whole line, which firmware counts from 1. Editors take a character behind its end for its end (LSP, `Position`);
/// who jumps to the end of a range stays on the line.
fn line(number: u32) -> Value {
    let line = number.saturating_sub(1);
    json!({"start": {"line": line, "character": 0}, "end": {"line": line, "character": 1000}})
}
