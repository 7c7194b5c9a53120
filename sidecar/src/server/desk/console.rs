//! The consoles of boards: what they said last, keys for them, and the files that their lines name.
//! What they say goes out as it comes in.

use std::collections::VecDeque;

use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::base::Utf8;
use crate::server::call::Call;
use crate::server::call::Reply;
use crate::server::desk::Desk;
use crate::server::desk::answers;
use crate::server::desk::jobs::Task;
use crate::server::refusal::Refusal;
use crate::session::live::JobId;
use crate::session::live::Order;
use crate::session::live::Work;
use crate::session::traceback;

/// What is kept of a console, in bytes of UTF-8.
const KEPT: usize = 64 * 1024;

/// A console so far.
#[derive(Debug, Default)]
pub(super) struct Console {
    pieces: VecDeque<String>,
    bytes: usize,
    utf8: Utf8,
    /// Counts pieces, so that the client knows what is in the history already.
    seq: u64,
}

impl Console {
    /// Takes bytes of the board; the text that they complete.
    pub(super) fn hear(&mut self, bytes: &[u8]) -> (String, u64) {
        let text = self.utf8.push(bytes);
        let seq = self.say(&text);
        (text, seq)
    }

    /// Takes a text of ours; its number.
    pub(super) fn say(&mut self, text: &str) -> u64 {
        self.seq += 1;
        self.bytes += text.len();
        match self.pieces.back_mut().filter(|piece| piece.len() < 1024) {
            Some(piece) => piece.push_str(text),
            None => self.pieces.push_back(text.to_owned()),
        }
        while self.bytes > KEPT
            && let Some(mut piece) = self.pieces.pop_front()
        {
            let mut cut = (self.bytes - KEPT).min(piece.len());
            while !piece.is_char_boundary(cut) {
                cut += 1;
            }
            self.bytes -= cut;
            if cut < piece.len() {
                self.pieces.push_front(piece.split_off(cut));
            }
        }
        self.seq
    }

    /// The last of it.
    fn history(&self) -> String {
        self.pieces.iter().map(String::as_str).collect()
    }
}

impl Desk {
    /// `boardside/console/attach`
    pub(super) fn attach(&mut self, name: &str, reply: Reply) {
        let address = match self.resolve(name) {
            Ok(address) => address,
            Err(refusal) => return answers::send(reply, Err(refusal)),
        };
        let board = self.board(&address);
        let answer = json!({"history": board.console.history(), "seq": board.console.seq});
        let open = board.live.is_some();
        // What waits is in the history.
        self.outbox.forget_console(&address);
        answers::send(reply, Ok(answer));
        if !open {
            // A job that nobody asked for and nobody is told of.
            let order = Order::Work {
                job: JobId::MAX,
                work: Work::Connect,
                cancel: CancellationToken::new(),
            };
            self.order(&address, order);
        }
    }

    /// `boardside/console/input`
    pub(super) fn input(&mut self, name: &str, text: &str) {
        if let Ok(address) = self.resolve(name)
            && self
                .boards
                .get(&address)
                .is_some_and(|board| board.live.is_some())
        {
            self.order(&address, Order::Keys(text.as_bytes().to_vec()));
        }
    }

    /// `boardside/console/locate`
    pub(super) fn locate(&mut self, board: String, text: String, reply: Reply) {
        let Ok(address) = self.resolve(&board) else {
            return answers::send(reply, Err(Refusal::board_unknown(&board)));
        };
        let links = traceback::links(&text);
        let folders = self.folders_of(&address);
        let mut call = Call::Locate { board, text, reply };
        if !links.is_empty() {
            for id in folders {
                match self.park_for_scan(id, call) {
                    None => return,
                    Some(back) => call = back,
                }
            }
        }
        let Call::Locate { reply, .. } = call else { return };
        let found = links.into_iter().filter_map(|link| {
            let (path, uri) = self.locate_file(&address, &link.file)?;
            Some(json!({
                "start": link.start, "end": link.end,
                "path": path, "uri": uri, "line": link.line.saturating_sub(1),
            }))
        });
        answers::send(reply, Ok(json!({"links": found.collect::<Vec<_>>()})));
    }

    /// The file of the workspace that a firmware means: its path on the board, and its URI.
    pub(super) fn locate_file(&self, address: &str, file: &str) -> Option<(String, String)> {
        let folders = self.folders_of(address);
        let places = traceback::places(file);
        let mut found = folders.iter().filter_map(|id| {
            let folder = self.folders.get(id)?;
            let scan = folder.scan.as_ref()?;
            let path = places.iter().find(|path| scan.hosts.contains_key(path))?;
            Some((path.to_string(), folder.uri_on_board(path)))
        });
        if let Some(found) = found.next() {
            return Some(found);
        }
        // `<stdin>` is the file that a job runs.
        let run = self.jobs.get(self.jobs.run_on(address)?)?;
        match &run.task {
            Task::Run { uri: Some(uri), .. } if file == "<stdin>" => Some((file.to_owned(), uri.clone())),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_64_kib_are_kept_and_no_character_is_cut() {
        let mut console = Console::default();
        for _ in 0..100_000 {
            console.hear("ü→".as_bytes());
        }
        let history = console.history();
        assert!((KEPT - 4..=KEPT).contains(&history.len()), "{}", history.len());
        assert!(history.ends_with("ü→ü→"));
        assert!(console.bytes == history.len() && console.seq == 100_000);
        console.say(&"x".repeat(3 * KEPT));
        assert_eq!(console.history(), "x".repeat(KEPT));
    }

    #[test]
    fn a_character_that_comes_in_two_pieces_is_one() {
        let mut console = Console::default();
        let (one, other) = "→".as_bytes().split_at(1);
        assert_eq!(console.hear(one).0, "");
        assert_eq!(console.hear(other).0, "→");
    }
}
