//! The telnet protocol (RFC 854) between bytes of a line and bytes of a board: 0xff doubled, options negotiated,
//! sub-negotiations cut out. Works on any pieces.
//! Pure: opens nothing, waits for nothing; and knows nothing of logins and of RFC 2217's commands.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::mem;

/// Interpret As Command, and the commands that mean something here (RFC 854).
pub(crate) const IAC: u8 = 255;
const DONT: u8 = 254;
const DO: u8 = 253;
const WONT: u8 = 252;
const WILL: u8 = 251;
const SB: u8 = 250;
const SE: u8 = 240;

/// Options: RFC 856, 857, 858 and 2217.
const BINARY: u8 = 0;
const ECHO: u8 = 1;
const SUPPRESS_GO_AHEAD: u8 = 3;
pub(crate) const COM_PORT: u8 = 44;

/// A sub-negotiation that is longer is left out: those of RFC 2217 have some bytes, its signatures some words.
const LONGEST: usize = 256;

/// One option at one end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Is {
    #[default]
    Off,
    /// We asked for it, and there is no answer yet.
    Asked,
    On,
    /// The other end was told no, or said no.
    Refused,
}

/// Where in the stream the last byte was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum At {
    #[default]
    Data,
    /// Behind a carriage return, which is followed by something that is no data.
    Return,
    Command,
    /// Behind WILL, WONT, DO or DONT.
    Option(u8),
    Sub,
    SubCommand,
}

/// One end of a telnet connection.
#[derive(Debug)]
pub(crate) struct Codec {
    /// By option: what this end does.
    ours: [Is; 256],
    /// By option: what the other end does.
    theirs: [Is; 256],
    /// What this end does if it is asked to, and lets the other end do.
    welcome: &'static [u8],
    at: At,
    sub: Vec<u8>,
    subs: Vec<Vec<u8>>,
    replies: Vec<u8>,
}

impl Codec {
    /// The end of a client, with what it asks for ready to be sent. With `com_port` it wants to command the port, too.
    pub(crate) fn client(com_port: bool) -> Self {
        let mut codec = Self::silent(com_port);
        let ours: &[u8] = if com_port {
            &[BINARY, SUPPRESS_GO_AHEAD, COM_PORT]
        } else {
            &[BINARY, SUPPRESS_GO_AHEAD]
        };
        for option in ours {
            codec.ours[usize::from(*option)] = Is::Asked;
            codec.replies.extend([IAC, WILL, *option]);
        }
        for option in [BINARY, SUPPRESS_GO_AHEAD, ECHO] {
            codec.theirs[usize::from(option)] = Is::Asked;
            codec.replies.extend([IAC, DO, option]);
        }
        codec
    }

    /// An end that asks for nothing.
    fn silent(com_port: bool) -> Self {
        Self {
            ours: [Is::Off; 256],
            theirs: [Is::Off; 256],
            welcome: if com_port {
                &[BINARY, ECHO, SUPPRESS_GO_AHEAD, COM_PORT]
            } else {
                &[BINARY, ECHO, SUPPRESS_GO_AHEAD]
            },
            at: At::Data,
            sub: Vec::new(),
            subs: Vec::new(),
            replies: Vec::new(),
        }
    }

    /// Takes what came, and adds what of it is data.
    pub(crate) fn decode(&mut self, bytes: &[u8], data: &mut Vec<u8>) {
        for byte in bytes {
            self.take(*byte, data);
        }
    }

    fn take(&mut self, byte: u8, data: &mut Vec<u8>) {
        self.at = match (self.at, byte) {
            (At::Data | At::Return, IAC) => At::Command,
            // NUL fills up a carriage return that is not the half of a line end (RFC 854, page 12).
            (At::Return, 0) => At::Data,
            (At::Data | At::Return, byte) => {
                data.push(byte);
                if byte == b'\r' && self.theirs[usize::from(BINARY)] != Is::On {
                    At::Return
                } else {
                    At::Data
                }
            }
            (At::Command, IAC) => {
                data.push(IAC);
                At::Data
            }
            (At::Command, WILL | WONT | DO | DONT) => At::Option(byte),
            (At::Command | At::SubCommand, SB) => {
                self.sub.clear();
                At::Sub
            }
            (At::Option(command), option) => {
                self.negotiate(command, option);
                At::Data
            }
            (At::Sub, IAC) => At::SubCommand,
            (At::Sub, byte) | (At::SubCommand, byte @ IAC) => {
                if self.sub.len() <= LONGEST {
                    self.sub.push(byte);
                }
                At::Sub
            }
            (At::SubCommand, SE) => {
                let sub = mem::take(&mut self.sub);
                if sub.len() <= LONGEST && self.subs.len() <= LONGEST {
                    self.subs.push(sub);
                }
                At::Data
            }
            // Not ended, but over: another command came.
            (At::SubCommand, command @ (WILL | WONT | DO | DONT)) => At::Option(command),
            // Other commands (no operation, go ahead, are you there ...) mean nothing to a board.
            (At::Command | At::SubCommand, _) => At::Data,
        };
    }

    /// Answers only what changes something, so that two ends never answer each other for ever.
    fn negotiate(&mut self, command: u8, option: u8) {
        let (side, wants, yes, no) = match command {
            WILL | WONT => (&mut self.theirs, command == WILL, DO, DONT),
            _ => (&mut self.ours, command == DO, WILL, WONT),
        };
        let is = &mut side[usize::from(option)];
        let welcome = self.welcome.contains(&option);
        let (becomes, answer) = match (*is, wants) {
            // What the other end refused may be to its liking now.
            (Is::Off | Is::Refused, true) if welcome => (Is::On, Some(yes)),
            (Is::Off, true) => (Is::Refused, Some(no)),
            (Is::Asked, true) => (Is::On, None),
            (Is::Asked, false) => (Is::Refused, None),
            (Is::On, false) => (Is::Off, Some(no)),
            (same, _) => (same, None),
        };
        *is = becomes;
        self.replies
            .extend(answer.into_iter().flat_map(|answer| [IAC, answer, option]));
    }

    /// Adds these data as they go over the line.
    pub(crate) fn encode(&self, data: &[u8], line: &mut Vec<u8>) {
        let binary = self.ours[usize::from(BINARY)] == Is::On;
        for byte in data {
            line.push(*byte);
            match byte {
                &IAC => line.push(IAC),
                b'\r' if !binary => line.push(0),
                _ => {}
            }
        }
    }

    /// Adds a sub-negotiation of this option to what goes over the line.
    pub(crate) fn encode_sub(option: u8, content: &[u8], line: &mut Vec<u8>) {
        line.extend([IAC, SB, option]);
        for byte in content {
            line.push(*byte);
            if *byte == IAC {
                line.push(IAC);
            }
        }
        line.extend([IAC, SE]);
    }

    /// What is to be sent to the other end since the last time.
    pub(crate) fn replies(&mut self) -> Vec<u8> {
        mem::take(&mut self.replies)
    }

    /// The sub-negotiations that came since the last time, the option first.
    pub(crate) fn subs(&mut self) -> Vec<Vec<u8>> {
        mem::take(&mut self.subs)
    }

    /// All 256 values of a byte pass both ways: both ends have agreed on it (RFC 856).
    pub(crate) fn is_binary(&self) -> bool {
        let option = usize::from(BINARY);
        self.ours[option] == Is::On && self.theirs[option] == Is::On
    }

    /// The other end has an answer to everything that it was asked for.
    pub(crate) fn is_settled(&self) -> bool {
        !self.ours.contains(&Is::Asked) && !self.theirs.contains(&Is::Asked)
    }

    /// Does the other end let its port be commanded? `None`: it has not said. Some servers want it the other way round.
    pub(crate) fn com_port(&self) -> Option<bool> {
        let option = usize::from(COM_PORT);
        match (self.ours[option], self.theirs[option]) {
            (Is::On, _) | (_, Is::On) => Some(true),
            (Is::Asked, _) => None,
            _ => Some(false),
        }
    }
}

#[cfg(any(test, feature = "fuzzing"))]
#[path = "codec/fuzzing.rs"]
pub(crate) mod fuzzing;

#[cfg(test)]
#[path = "codec/tests.rs"]
mod tests;
