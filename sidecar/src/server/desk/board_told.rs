//! What boards tell, taken in: state, facts, console, jobs.
//! Decides nothing about jobs: that is in `commands` and `results`.

use serde_json::json;

use crate::server::desk::Desk;
use crate::server::desk::FolderId;
use crate::server::desk::jobs::Task;
use crate::server::protocol::names;
use crate::session::live::Done;
use crate::session::live::State;
use crate::session::live::Told;

impl Desk {
    /// A board told something; what an earlier opening of it still tells does not count.
    pub(super) fn board_told(&mut self, address: &str, turn: u64, told: Told) {
        if self.boards.get(address).is_none_or(|board| board.turn != turn) {
            return;
        }
        match told {
            Told::State(state) => self.state(address, &state),
            Told::Facts(facts, tier) => self.board(address).facts = Some((facts, tier)),
            Told::Heard(bytes) => {
                let board = self.board(address);
                let (text, seq) = board.console.hear(&bytes);
                let tracebacks = board.tracebacks.push(&bytes);
                if !text.is_empty() {
                    self.outbox.console(address, "output", &text, seq);
                }
                for traceback in tracebacks {
                    self.show_traceback(address, &traceback);
                }
            }
            Told::Note(note) => self.note(address, &note),
            Told::Warning(warning) => {
                self.log_warning(&format!("{}: {warning}", self.name_of(address)));
                self.note(address, warning);
                self.outbox
                    .tell(names::SHOW, json!({"type": 2, "message": warning}), None);
            }
            Told::Progress(job, stage) => self.report(job, &stage),
            Told::Question(question, answer) => self.ask_people(&question, answer),
            Told::Typed(address, password) => self.offer_to_keep(address, password),
            Told::Done(job, done) => {
                let ended = matches!(*done, Ok(Done::Ran(true)));
                let run = self
                    .jobs
                    .get(job)
                    .is_some_and(|job| matches!(job.task, Task::Run { .. }));
                if ended && run {
                    self.clear_diagnostics(address);
                }
                self.done(job, &done);
            }
            Told::Started => {
                self.board(address).tracebacks.reset();
                self.clear_diagnostics(address);
            }
            // What is known of its files may be out of date; only a sync or a comparison finds the truth.
            Told::FilesChanged => {}
        }
    }

    fn state(&mut self, address: &str, state: &State) {
        let board = self.board(address);
        let before = std::mem::replace(&mut board.state, state.clone());
        if before == *state {
            return;
        }
        let name = self.name_of(address);
        match state {
            State::Held(why) | State::Away(why) | State::Refused(why) => {
                self.log(&format!("{name}: {} [{}]", why.message, why.code));
            }
            State::Connected | State::Running if before == State::Connecting => {
                self.log(&format!("{name} is connected: {address}"));
                // Tracebacks name files of the workspace.
                let unseen = |id: &FolderId| self.folders.get(id).is_some_and(|folder| folder.scan.is_none());
                let folders: Vec<_> = self.folders_of(address).into_iter().filter(unseen).collect();
                for id in folders {
                    self.look(id);
                }
            }
            _ => {}
        }
    }

    /// A line of ours in the console of a board.
    fn note(&mut self, address: &str, note: &str) {
        let line = format!("{note}\r\n");
        let seq = self.board(address).console.say(&line);
        self.outbox.console(address, "note", &line, seq);
    }
}
