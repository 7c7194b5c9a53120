//! What a telnet server asks before it lets anybody to the board: read from its words, as there is no protocol for it.
//! Knows no passwords: it says what is asked, and passes on what is answered.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::time::Instant;

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
        let end = Instant::now() + ENOUGH;
        loop {
            let asked = prompt(&self.inbox, said);
            let wait = match (asked, said) {
                (Some(_), _) => SETTLE,
                (None, Said::Hello { expects: false }) if self.codec.is_settled() => QUIET,
                (None, Said::Hello { expects: false }) => SLOW,
                (None, Said::User | Said::Password) if is_text(&self.inbox) => QUIET * 2,
                (None, _) => ANSWER,
            };
            let wait = wait.min(end.saturating_duration_since(Instant::now()));
            match tokio::time::timeout(wait, self.hear()).await {
                Ok(Ok(0) | Err(_)) => return Err(self.hung_up()),
                Ok(Ok(_)) if self.inbox.len() < MOST => {}
                // Nobody asks in so many words.
                Ok(Ok(_)) => return Ok(Asked::Nothing),
                Err(_) => return Ok(asked.unwrap_or(Asked::Nothing)),
            }
        }
    }

    /// Has the other end hung up meanwhile? Does not wait.
    pub async fn has_ended(&mut self) -> bool {
        loop {
            match tokio::time::timeout(Duration::ZERO, self.hear()).await {
                Ok(Ok(0) | Err(_)) => return true,
                Ok(Ok(_)) => {}
                Err(_) => return false,
            }
        }
    }

    /// Answers what was asked, and forgets what was said before.
    pub async fn answer(&mut self, text: &str) -> Result<(), WireError> {
        self.inbox.clear();
        // The end of a line of the network virtual terminal, whatever was agreed on (RFC 854, page 11).
        self.codec.encode(text.as_bytes(), &mut self.outbox);
        self.outbox.extend(b"\r\n");
        self.flush().await.map_err(|_| self.gone())
    }
}

fn is_text(inbox: &[u8]) -> bool {
    !inbox.trim_ascii().is_empty()
}

/// What the last words are, if they are a prompt or the end of a login.
fn prompt(inbox: &[u8], said: Said) -> Option<Asked> {
    let text = String::from_utf8_lossy(inbox).to_lowercase();
    let line = text.rsplit(['\r', '\n']).next().unwrap_or_default().trim();
    let asks = line.ends_with(':');
    let user = asks && (line.contains("login") || line.contains("user"));
    let password = asks && (line.contains("password") || line.contains("passcode"));
    let no = ["incorrect", "invalid", "denied", "refused"];
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
        ] {
            assert_eq!(prompt(text.as_bytes(), said), expected, "{text:?} after {said:?}");
        }
    }
}
