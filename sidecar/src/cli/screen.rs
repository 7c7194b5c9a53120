//! `Screen`: text and bars for people, JSON lines for machines.
//! Colour and bars only on a terminal; with `--json` nothing but JSON lines is on stdout.
#![allow(clippy::print_stdout, clippy::print_stderr)] // the one place that prints

use std::io::IsTerminal as _;
use std::io::Write as _;
use std::time::Duration;

use indicatif::ProgressBar;
use indicatif::ProgressStyle;
use serde_json::Value;
use serde_json::json;

use crate::base::Answer;
use crate::base::Progress;
use crate::base::Question;
use crate::base::Stage;
use crate::base::Utf8;
use crate::cli::secret;
use crate::session::Explain;
use crate::session::Explained;

/// Where a verb's words go.
pub(super) struct Screen {
    json: bool,
    colour: bool,
    bar: Option<ProgressBar>,
    last: Option<Value>,
    said: Utf8,
}

impl Screen {
    pub(super) fn new(json: bool) -> Self {
        let terminal =
            std::io::stderr().is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        let bar = (!json && terminal).then(|| {
            let bar = ProgressBar::new_spinner();
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self {
            json,
            colour: terminal && std::env::var_os("NO_COLOR").is_none(),
            bar,
            last: None,
            said: Utf8::default(),
        }
    }

    /// A result for people, on stdout.
    pub(super) fn say(&mut self, text: &str) {
        if !self.json {
            self.without_bar(|| out(&[text.as_bytes(), b"\n"].concat()));
        }
    }

    /// Something that people should know, on stderr; a JSON line for machines.
    pub(super) fn warn(&mut self, text: &str) {
        if self.json {
            self.event(&json!({"event": "warning", "message": text}));
        } else {
            let mark = self.paint("33", "warning:");
            self.without_bar(|| eprintln!("{mark} {text}"));
        }
    }

    /// A word in between to people at a terminal that may be in raw mode, in the middle of a line.
    pub(super) fn note(&mut self, text: &str) {
        if !self.json {
            eprint!("\r\n{}\r\n", self.paint("2", text));
        }
    }

    /// Something that went wrong and that this verb lives with.
    pub(super) fn trouble(&mut self, error: &impl Explain) {
        let error = error.explained();
        if self.json {
            self.event(
                &json!({"event": "trouble", "code": error.code, "message": error.message, "help": error.help}),
            );
        } else {
            self.note(&format!("{}: {}", error.message, error.help));
        }
    }

    /// One JSON line; nothing for people.
    pub(super) fn event(&mut self, event: &Value) {
        if self.json {
            out(format!("{event}\n").as_bytes());
        }
    }

    /// Bytes as they are, for people: what a program printed, what a file holds.
    pub(super) fn bytes(&mut self, bytes: &[u8]) {
        if !self.json {
            self.without_bar(|| out(bytes));
        }
    }

    /// What a program on the board printed.
    pub(super) fn output(&mut self, bytes: &[u8]) {
        if self.json {
            let text = self.said.push(bytes);
            self.event(&json!({"event": "output", "text": text}));
        }
        self.bytes(bytes);
    }

    /// The traceback of a user's program, on stderr; a JSON line for machines.
    pub(super) fn traceback(&mut self, text: &str) {
        if self.json {
            let help = "mend the line that the traceback names last";
            self.event(&json!({"event": "error", "code": "python.raised", "message": text, "help": help}));
        } else {
            self.without_bar(|| eprintln!("{text}"));
        }
    }

    /// The error that ends the verb.
    pub(super) fn failure(&mut self, error: &Explained) {
        self.finish();
        if self.json {
            self.event(
                &json!({"event": "error", "code": error.code, "message": error.message, "help": error.help}),
            );
            return;
        }
        let mark = self.paint("1;31", "error");
        let code = self.paint("2", &format!("[{}]", error.code));
        eprintln!(
            "{mark} {code} {}\n  {} {}",
            error.message,
            self.paint("1", "help:"),
            error.help
        );
    }

    /// What people at a terminal answer to a question; `None` where nobody can.
    pub(super) fn ask(&mut self, question: &str) -> Option<String> {
        if self.json || !std::io::stdin().is_terminal() || !std::io::stderr().is_terminal() {
            return None;
        }
        self.without_bar(|| Self::ask_line(question))
    }

    fn ask_line(question: &str) -> Option<String> {
        eprint!("{question}");
        let mut answer = String::new();
        std::io::stdin().read_line(&mut answer).ok()?;
        Some(answer.trim().to_owned())
    }

    /// What somebody types unseen.
    pub(super) fn ask_secret(&mut self, question: &str) -> Option<String> {
        self.finish();
        eprint!("{question}: ");
        let typed = secret::typed();
        eprintln!();
        typed
    }

    /// The same for what must not be seen.
    pub(super) fn ask_password(&mut self, question: &str) -> Option<String> {
        if self.json || !std::io::stdin().is_terminal() {
            return None;
        }
        self.without_bar(|| rpassword::prompt_password(question).ok())
    }

    /// Takes the bar away.
    pub(super) fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    /// For a terminal that understands it.
    pub(super) fn paint(&self, colour: &str, text: &str) -> String {
        if self.colour {
            format!("\x1b[{colour}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }

    fn without_bar<T>(&self, print: impl FnOnce() -> T) -> T {
        match &self.bar {
            Some(bar) => bar.suspend(print),
            None => print(),
        }
    }

    fn bar_at(&self, message: String, amount: Option<(u64, u64)>) {
        let Some(bar) = &self.bar else { return };
        let (done, total) = amount.unwrap_or((0, 0));
        let template = if amount.is_some() {
            "{bar:30.cyan/dim} {bytes:>10} of {total_bytes} {bytes_per_sec:>12}  {wide_msg}"
        } else {
            "{spinner} {wide_msg}"
        };
        bar.set_style(ProgressStyle::with_template(template).expect("the template is a constant"));
        bar.set_length(total);
        bar.set_position(done);
        bar.set_message(message);
    }
}

impl Progress for Screen {
    /// Blocks: there is nothing else to do for the command line until that is answered.
    fn ask(&mut self, question: Question) -> Answer {
        let said = if !secret::somebody() {
            None
        } else if question.secret {
            self.ask_secret(&question.text)
        } else {
            self.finish();
            Self::ask_line(&format!("{}: ", question.text))
        };
        Box::pin(std::future::ready(said))
    }

    fn report(&mut self, stage: Stage) {
        let event = match &stage {
            Stage::Scanning => json!({"event": "scanning"}),
            Stage::Hashing { done, total } => {
                json!({"event": "scanning", "bytes": done, "bytes_total": total})
            }
            Stage::Connecting { doing } => json!({"event": "connecting", "doing": doing}),
            Stage::Comparing => json!({"event": "comparing"}),
            Stage::Sending { path, done, total } => {
                json!({"event": "sending", "path": path.as_str(), "bytes": done, "bytes_total": total})
            }
            Stage::Receiving { path, done, total } => {
                json!({"event": "receiving", "path": path.as_str(), "bytes": done, "bytes_total": total})
            }
            Stage::Committing => json!({"event": "committing"}),
            Stage::Finishing => json!({"event": "finishing"}),
        };
        if self.last.as_ref() != Some(&event) {
            self.event(&event);
            self.last = Some(event);
        }
        match stage {
            Stage::Scanning => self.bar_at("scanning the project".to_owned(), None),
            Stage::Hashing { done, total } => {
                self.bar_at("reading the project".to_owned(), Some((done, total)));
            }
            Stage::Connecting { doing } => self.bar_at(doing.to_owned(), None),
            Stage::Comparing => self.bar_at("comparing".to_owned(), None),
            Stage::Sending { path, done, total } | Stage::Receiving { path, done, total } => {
                self.bar_at(path.to_string(), Some((done, total)));
            }
            Stage::Committing => self.bar_at("committing".to_owned(), None),
            Stage::Finishing => self.bar_at("finishing".to_owned(), None),
        }
    }
}

/// stdout may be a pipe whose reader left; that ends nothing here.
fn out(bytes: &[u8]) {
    let mut stdout = std::io::stdout().lock();
    stdout
        .write_all(bytes)
        .and_then(|()| stdout.flush())
        .unwrap_or_default();
}
