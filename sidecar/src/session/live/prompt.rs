//! `Prompt`: whether a board is at its prompt or runs a program, judged by what it says and what is typed.
//! Pure: asks nobody, and takes the time, since any moment, as an argument.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::time::Duration;

/// What is typed at a prompt is answered within this, or a program runs.
const ANSWER: Duration = Duration::from_millis(150);
/// The end of the output that is remembered: one byte less than `REBOOT`, so that it is found once.
const TAIL: usize = 10;
/// What a board says when it begins from its start.
const REBOOT: &[u8] = b"soft reboot";
const PROMPT: &[u8] = b">>> ";
/// A prompt; a statement goes on; a paste goes on.
const PROMPTS: [&[u8]; 3] = [PROMPT, b"\n... ", b"\n=== "];
/// Lines that were typed ahead are answered within this, or not at all: a program took them.
const AHEAD: Duration = Duration::from_secs(2);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    /// Freshly attached.
    #[default]
    Unknown,
    /// It waits for keys.
    Prompt,
    /// It was given a line at this time.
    Asked(Duration),
    /// A program runs.
    Program,
}

/// What a board's console tells of it.
#[derive(Debug, Default)]
pub(super) struct Prompt {
    at: At,
    /// The end of what was said.
    tail: Vec<u8>,
    /// Lines that were typed and not answered by a prompt yet, and when the last was typed.
    lines: usize,
    last: Duration,
    /// Keys without Enter were typed at the prompt.
    half_line: bool,
}

impl Prompt {
    /// The board said this; gives `true` if it says that it begins from its start.
    pub(super) fn heard(&mut self, bytes: &[u8], now: Duration) -> bool {
        let before = self.tail.len();
        self.tail.extend_from_slice(bytes);
        let count = |mark: &[u8]| {
            let from = (before + 1).saturating_sub(mark.len());
            let new = self.tail[from..].windows(mark.len());
            new.filter(|some| *some == mark).count()
        };
        let reboots = count(REBOOT) > 0;
        let answers: usize = PROMPTS.iter().map(|mark| count(mark)).sum();
        self.lines = self.lines.saturating_sub(answers);
        self.forget();
        self.at = match self.at {
            _ if PROMPTS.iter().any(|mark| self.tail.ends_with(mark)) => {
                if now.saturating_sub(self.last) >= AHEAD {
                    self.lines = 0;
                }
                if self.lines > 0 {
                    At::Asked(now)
                } else {
                    At::Prompt
                }
            }
            _ if reboots => At::Program,
            At::Asked(since) if now.saturating_sub(since) >= ANSWER => At::Program,
            other => other,
        };
        reboots
    }

    /// A program that is known to run printed this.
    pub(super) fn printed(&mut self, bytes: &[u8]) {
        self.tail.extend_from_slice(bytes);
        self.forget();
    }

    fn forget(&mut self) {
        let extra = self.tail.len().saturating_sub(TAIL);
        self.tail.drain(..extra);
    }

    /// Somebody typed this.
    pub(super) fn typed(&mut self, keys: &[u8], now: Duration) {
        if self.at == At::Program {
            return;
        }
        match keys.iter().rposition(|key| is_end_of_line(*key)) {
            Some(at) => {
                self.lines += keys.iter().filter(|key| is_end_of_line(**key)).count();
                self.last = now;
                self.half_line = at + 1 < keys.len();
                if self.at == At::Prompt {
                    self.at = At::Asked(now);
                }
            }
            None => self.half_line |= !keys.is_empty(),
        }
    }

    /// A program was started.
    pub(super) fn started(&mut self) {
        self.at = At::Program;
        self.lines = 0;
        self.half_line = false;
    }

    /// The board was brought to its prompt, and the console shows it.
    pub(super) fn brought(&mut self) {
        self.at = At::Prompt;
        self.lines = 0;
        self.half_line = false;
        self.tail.clear();
        self.tail.extend_from_slice(PROMPT);
    }

    /// Something else was shown, on lines of its own.
    pub(super) fn noted(&mut self) {
        self.tail.clear();
    }

    /// Is the last thing that the console shows a prompt with nothing after it?
    pub(super) fn is_shown(&self) -> bool {
        self.tail.ends_with(PROMPT) && !self.half_line
    }

    /// Did the console's last line end?
    pub(super) fn is_at_line_start(&self) -> bool {
        self.tail.ends_with(b"\n")
    }

    /// Does the board wait for keys, as far as can be told?
    pub(super) fn is_there(&self) -> bool {
        self.at == At::Prompt
    }

    /// Does a program run?
    pub(super) fn is_running(&self) -> bool {
        self.at == At::Program
    }

    /// Would Enter carry out what somebody only began to type?
    pub(super) fn has_half_line(&self) -> bool {
        self.at == At::Prompt && self.half_line
    }
}

/// Enter, Ctrl-C, Ctrl-D.
fn is_end_of_line(key: u8) -> bool {
    matches!(key, b'\r' | b'\n' | 3 | 4)
}

/// Can these keys change what lies on the board?
pub(super) fn can_change_files(keys: &[u8]) -> bool {
    keys.iter().any(|key| matches!(key, b'\r' | b'\n' | 4))
}

#[cfg(test)]
mod tests {
    use super::*;

    enum Do {
        Hear(&'static str),
        Type(&'static str),
        Wait,
        Start,
    }
    use Do::Hear;
    use Do::Start;
    use Do::Type;
    use Do::Wait;

    fn after(what: &[Do]) -> Prompt {
        let mut prompt = Prompt::default();
        let mut now = Duration::ZERO;
        for one in what {
            match one {
                Hear(text) => drop(prompt.heard(text.as_bytes(), now)),
                Type(text) => prompt.typed(text.as_bytes(), now),
                Wait => now += ANSWER,
                Start => prompt.started(),
            }
        }
        prompt
    }

    #[test]
    fn a_program_is_told_from_a_prompt() {
        for (case, what, running) in [
            ("freshly attached", &[Hear("tick 1\r\n")][..], false),
            ("a prompt", &[Hear("\r\n>>> ")], false),
            ("in two pieces", &[Start, Hear("\r\n>>"), Hear("> ")], false),
            ("reset", &[Hear(">>> "), Start, Hear("\r\nboot\r\n")], true),
            (
                "reset by hand",
                &[
                    Hear(">>> "),
                    Type("\u{4}"),
                    Hear("\r\nMPY: soft"),
                    Hear(" reboot\r\n"),
                ],
                true,
            ),
            (
                "back",
                &[Start, Hear("boot\r\n"), Hear("MicroPython\r\n>>> ")],
                false,
            ),
            ("the echo", &[Hear(">>> "), Type("1+1\r"), Hear("1+1\r\n")], false),
            (
                "an answer",
                &[
                    Hear(">>> "),
                    Type("1+1\r"),
                    Hear("1+1\r\n2\r\n"),
                    Wait,
                    Hear(">>> "),
                ],
                false,
            ),
            (
                "a loop",
                &[
                    Hear(">>> "),
                    Type("go()\r"),
                    Hear("go()\r\n"),
                    Wait,
                    Hear("x\r\n"),
                ],
                true,
            ),
            (
                "a block",
                &[
                    Hear(">>> "),
                    Type("if 1:\r"),
                    Hear("if 1:\r\n"),
                    Wait,
                    Hear("... "),
                ],
                false,
            ),
            (
                "a loop that was typed ahead",
                &[
                    Hear(">>> "),
                    Type("while 1: go()\r\r"),
                    Hear("while 1: go()\r\n... "),
                    Hear("\r\n"),
                    Wait,
                    Hear("x\r\n"),
                ],
                true,
            ),
            ("a timer prints", &[Hear(">>> "), Wait, Hear("tick\r\n")], false),
            (
                "Ctrl-C",
                &[Start, Type("\u{3}"), Hear("KeyboardInterrupt: \r\n>>> ")],
                false,
            ),
        ] {
            assert_eq!(after(what).is_running(), running, "{case}");
        }
    }

    #[test]
    fn a_line_that_was_begun_is_known() {
        for (case, what, half) in [
            ("nothing typed", &[Hear(">>> ")][..], false),
            ("begun", &[Hear(">>> "), Type("imp"), Hear("imp")], true),
            ("ended", &[Hear(">>> "), Type("imp"), Type("ort x\r")], false),
            (
                "ended and begun",
                &[Hear(">>> "), Type("x\ry"), Hear("x\r\n1\r\n>>> ")],
                true,
            ),
            (
                "given up",
                &[Hear(">>> "), Type("imp\u{3}"), Hear("\r\n>>> ")],
                false,
            ),
            ("for a program", &[Start, Type("name")], false),
        ] {
            assert_eq!(after(what).has_half_line(), half, "{case}");
        }
    }

    #[test]
    fn a_restart_is_noticed_once_in_whatever_pieces() {
        let text = b">>> \r\nMPY: soft reboot\r\nboot\r\n";
        for size in 1..text.len() {
            let mut prompt = Prompt::default();
            let times = text
                .chunks(size)
                .filter(|some| prompt.heard(some, ANSWER))
                .count();
            assert_eq!(times, 1, "pieces of {size}");
        }
    }
}
