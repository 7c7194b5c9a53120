//! What a telnet server asks before it lets anybody to the board: read from its words, as there is no protocol for it.
//! Decides no answers: it says what is asked, and passes on what is answered.

use std::future::Future as _;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::ready;
use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::time::Instant;
use tokio::time::Sleep;

use crate::wire::Secret;
use crate::wire::Telnet;
use crate::wire::Wire as _;
use crate::wire::WireError;

/// After a prompt Pycom's server throws away what came before it was ready for an answer
/// (`E_TELNET_STE_SUB_SND_PASSWORD_OPTIONS` in MicroPython's `ports/cc3200/telnet/telnet.c`).
const SETTLE: Duration = Duration::from_millis(150);
/// A server without a login says nothing, and neither does a board at its prompt.
const QUIET: Duration = Duration::from_millis(400);
/// What has not even answered telnet's questions may be slow.
const SLOW: Duration = Duration::from_millis(1_200);
/// One who is to log in waits to be asked, and then for the word on it: login(1) makes three seconds of a wrong one.
const ANSWER: Duration = Duration::from_secs(6);
/// A board that prints without pause asks nothing.
const ENOUGH: Duration = Duration::from_secs(10);
/// Prompts that end as those of a command line do.
const WORDS: [&str; 5] = ["login", "user", "username", "password", "login as"];
/// What is read of that.
const MOST: usize = 64 << 10;

/// What the other end wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Nothing (more): here is the board.
    Nothing,
    /// Who it is.
    User,
    /// The password.
    Password,
    /// Somebody else: it did not like the answers.
    Other,
}

/// How far a login has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Said {
    /// Just connected; `expects` is whether the address has a user or a password.
    Hello {
        /// A login is waited for.
        expects: bool,
    },
    /// The user was told.
    User,
    /// The password was told.
    Password,
}

impl Telnet {
    /// What is asked now. What the board says is kept to be read.
    ///
    /// Errors: `LoginClosed`, and `Busy` for a server that says so.
    pub async fn asked(&mut self, said: Said) -> Result<Asked, WireError> {
        let begin = Instant::now();
        let mut quiet = begin;
        loop {
            let text = self.login.without_echo(&self.inbox);
            let asked = prompt(&text, said);
            let wait = match (asked, said) {
                (Some(_), _) => SETTLE,
                (None, Said::Hello { expects: false }) if self.codec.is_settled() => QUIET,
                (None, Said::Hello { expects: false }) => SLOW,
                (None, Said::Password) if is_text(&text) => QUIET * 2,
                (None, _) => ANSWER,
            };
            let end = (quiet + wait).min(begin + ENOUGH);
            let before = (self.inbox.len(), self.codec.is_settled());
            match tokio::time::timeout_at(end, self.hear()).await {
                Ok(Ok(0) | Err(_)) => return Err(self.hung_up()),
                Ok(Ok(_)) if self.inbox.len() >= MOST || Instant::now() >= begin + ENOUGH => {
                    // Nobody asks in so many words.
                    return Ok(Asked::Nothing);
                }
                // Telnet's own words are none: some servers say them all the time.
                Ok(Ok(_)) if (self.inbox.len(), self.codec.is_settled()) == before => {}
                Ok(Ok(_)) => quiet = Instant::now(),
                Err(_) => return Ok(asked.unwrap_or(Asked::Nothing)),
            }
        }
    }

    /// Has the other end hung up meanwhile? Does not wait.
    pub async fn has_ended(&mut self) -> bool {
        loop {
            match tokio::time::timeout(Duration::ZERO, self.hear()).await {
                Ok(Ok(0) | Err(_)) => return true,
                Ok(Ok(_)) if self.inbox.len() < MOST => {}
                _ => return false,
            }
        }
    }

    /// Answers what was asked, and forgets what was said before.
    pub async fn answer(&mut self, text: &str) -> Result<(), WireError> {
        self.inbox.clear();
        self.login.said(text);
        // The end of a line of the network virtual terminal, whatever was agreed on (RFC 854, page 11).
        self.codec.encode(text.as_bytes(), &mut self.outbox);
        self.outbox.extend(b"\r\n");
        self.flush().await.map_err(|_| self.gone())
    }
}

/// What is known of the login of one connection.
#[derive(Debug, Default)]
pub(super) struct Login {
    /// The last answer: servers send it back, or stars for it.
    answer: Option<Secret>,
    /// What was heard while it was not sure that nobody asks; `None`: it is not watched.
    heard: Option<Vec<u8>>,
    /// The last words look like a prompt; so long nothing may come behind them.
    settles: Option<Pin<Box<Sleep>>>,
    /// There was one.
    seen: bool,
    asked: bool,
}

impl Login {
    fn said(&mut self, answer: &str) {
        self.answer = Some(Secret::new(answer));
    }

    /// Without the answer that comes back.
    fn without_echo(&self, inbox: &[u8]) -> Vec<u8> {
        let Some(answer) = &self.answer else {
            return inbox.to_vec();
        };
        let text = inbox.trim_ascii_start();
        match text.strip_prefix(answer.reveal().as_bytes()) {
            Some(rest) => rest.to_vec(),
            None => text.iter().copied().skip_while(|byte| *byte == b'*').collect(),
        }
    }

    /// Whoever logged in is not asked again.
    pub(super) fn watch(&mut self, on: bool, inbox: &[u8]) {
        self.heard = (on && self.answer.is_none()).then(Vec::new);
        self.settles = None;
        self.seen = false;
        self.hear(inbox);
    }

    pub(super) fn hear(&mut self, data: &[u8]) {
        let Some(heard) = &mut self.heard else { return };
        heard.extend(data);
        let is_board = |mark: &[u8]| heard.windows(mark.len()).any(|some| some == mark);
        if is_board(b">>> ") || is_board(b"raw REPL") || heard.len() > MOST {
            self.heard = None;
            self.settles = None;
            return;
        }
        let asked = prompt(heard, Said::Hello { expects: false });
        let asks = matches!(asked, Some(Asked::User | Asked::Password));
        self.seen |= asks;
        self.settles = asks.then(|| Box::pin(tokio::time::sleep(SETTLE)));
    }

    /// Ready once it is sure that a login is asked for.
    pub(super) fn poll_asked(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if !self.asked {
            let Some(settles) = &mut self.settles else {
                return Poll::Pending;
            };
            ready!(settles.as_mut().poll(cx));
            self.asked = true;
        }
        Poll::Ready(())
    }

    /// The other end hung up.
    pub(super) fn end(&mut self) {
        self.asked |= self.heard.is_some() && self.seen;
    }

    pub(super) fn is_asked(&self) -> bool {
        self.asked
    }
}

fn is_text(inbox: &[u8]) -> bool {
    !inbox.trim_ascii().is_empty()
}

/// As people see it: without the colours and positions of a terminal (ECMA-48), in small letters.
fn plain(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes).to_lowercase();
    let mut plain = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\x1b' => match chars.next() {
                Some('[') => drop(chars.find(|c| ('@'..='~').contains(c))),
                Some(']') => drop(chars.find(|c| matches!(c, '\x07' | '\\'))),
                Some('(' | ')') => drop(chars.next()),
                _ => {}
            },
            '\0' | '\x07' => {}
            c => plain.push(c),
        }
    }
    plain
}

/// What the last words are, if they are a prompt or the end of a login.
fn prompt(inbox: &[u8], said: Said) -> Option<Asked> {
    let text = plain(inbox);
    // A line end behind a prompt does not make it another one.
    let line = text.trim_end().rsplit(['\r', '\n']).next().unwrap_or_default();
    let line = line.trim();
    let has = |words: &[&str]| words.iter().any(|word| line.contains(word));
    let asks = line.ends_with([':', '?']) || WORDS.iter().any(|word| line.strip_suffix('>') == Some(word));
    let password = asks && has(&["password", "passcode", "passwd", "passphrase"]);
    let user = asks && !password && has(&["login", "user", "log in"]);
    let no = ["incorrect", "invalid", "denied", "refused", "failed", "wrong"];
    match said {
        _ if line.ends_with(">>>") => Some(Asked::Nothing),
        Said::User | Said::Password if text.contains("login succeeded") => Some(Asked::Nothing),
        Said::User if user => Some(Asked::Other),
        Said::Password if user || password => Some(Asked::Other),
        Said::User | Said::Password if !password && no.iter().any(|no| text.contains(no)) => {
            Some(Asked::Other)
        }
        _ if password => Some(Asked::Password),
        _ if user => Some(Asked::User),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_are_known_as_servers_write_them() {
        let hello = Said::Hello { expects: false };
        for (text, said, expected) in [
            ("", hello, None),
            (
                "MicroPython v1.20 on 2020-01-01; LoPy\r\nLogin as: ",
                hello,
                Some(Asked::User),
            ),
            (
                "\r\nDebian GNU/Linux 12\r\nhost login: ",
                hello,
                Some(Asked::User),
            ),
            ("Username:", hello, Some(Asked::User)),
            ("Password: ", hello, Some(Asked::Password)),
            ("Password: ", Said::User, Some(Asked::Password)),
            ("\r\nMicroPython\r\n>>> ", hello, Some(Asked::Nothing)),
            ("\r\nlogin: ok\r\ntick 1\r\n", hello, None),
            ("\r\n", Said::Password, None),
            (
                "\r\nLogin succeeded!\r\nType \"help()\"",
                Said::Password,
                Some(Asked::Nothing),
            ),
            (
                "\r\nInvalid credentials, try again.\r\nLogin as: ",
                Said::Password,
                Some(Asked::Other),
            ),
            ("\r\nLogin incorrect\r\n", Said::Password, Some(Asked::Other)),
            ("login: ", Said::User, Some(Asked::Other)),
            ("Password: ", Said::Password, Some(Asked::Other)),
            ("tick 7\r\n", Said::Password, None),
            ("\x1b[1;32mboard login:\x1b[0m ", hello, Some(Asked::User)),
            ("\x1b]0;board\x07USERNAME:\x1b[K", hello, Some(Asked::User)),
            ("User: ", hello, Some(Asked::User)),
            ("Please enter your PASSWORD:\r\n", hello, Some(Asked::Password)),
            ("\r\nuser> ", hello, Some(Asked::User)),
            ("password for user micro: ", Said::User, Some(Asked::Password)),
            ("if user> 3", hello, None),
            ("\r\nAccess denied\r\n", Said::Password, Some(Asked::Other)),
        ] {
            assert_eq!(prompt(text.as_bytes(), said), expected, "{text:?} after {said:?}");
        }
    }
}
