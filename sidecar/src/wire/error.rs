//! What can go wrong with a wire. Words for people are made in `session::explain`.

use std::io;
use std::path::PathBuf;

/// A wire that cannot be opened or has broken.
#[derive(Debug, thiserror::Error)]
pub enum WireError {
    /// The address cannot be read.
    #[error("`{text}` is not an address: {why}")]
    BadAddress {
        /// As it was typed, without passwords.
        text: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// There is no such port, or nobody listens there.
    #[error("there is nothing at {address}")]
    NotFound {
        /// What was opened.
        address: String,
        /// What the system said.
        #[source]
        source: Option<io::Error>,
    },
    /// Another program has the port.
    #[error("{address} is held by another program")]
    Busy {
        /// What was opened.
        address: String,
        /// Who has it, where the system tells.
        holder: Option<Holder>,
    },
    /// This user may not open the port.
    #[error("no permission to open {path}")]
    Permission {
        /// The port.
        path: PathBuf,
        /// The group that may (Linux), for example `dialout`.
        group: Option<String>,
    },
    /// The wire was there and is gone: unplugged, reset or hung up.
    #[error("the connection to {address} broke")]
    Gone {
        /// What was open.
        address: String,
    },
    /// The machine that has the board does not let this account do that.
    #[error("{address}: {why}")]
    NotAllowed {
        /// What was open.
        address: String,
        /// Its words.
        why: String,
    },
    /// Nobody answered in time.
    #[error("{address} did not open within {seconds} s")]
    Timeout {
        /// What was opened.
        address: String,
        /// The limit.
        seconds: u64,
    },
    /// The other end wants to know who it is.
    #[error("{address} asks who logs in")]
    NoUser {
        /// What was opened.
        address: String,
    },
    /// The other end wants a password, and none is known.
    #[error("{address} asks for a password")]
    NoPassword {
        /// What was opened.
        address: String,
    },
    /// The other end does not take this user and password.
    #[error("{address} does not accept the login: {why}")]
    Login {
        /// What was opened.
        address: String,
        /// What it is about.
        why: &'static str,
    },
    /// The other end hung up before anybody was logged in.
    #[error("{address} closed the connection during the login")]
    LoginClosed {
        /// What was opened.
        address: String,
    },
    /// The other end does not let its port be commanded.
    #[error("{address} does not speak RFC 2217")]
    NoRfc2217 {
        /// What was opened.
        address: String,
    },
    /// Something answers there, but not what the address says.
    #[error("what answers at {address} is no {expected}")]
    Foreign {
        /// What was opened.
        address: String,
        /// What it should be.
        expected: &'static str,
    },
    /// This wire has no DTR and RTS.
    #[error("this connection has no reset lines")]
    NoLines,
    /// A replayed conversation went another way than the transcript.
    #[error("the transcript has something else than `{got}` in line {line}")]
    Diverged {
        /// Line of the transcript, from 1; 0 after its end.
        line: usize,
        /// What came, bytes escaped.
        got: String,
    },
    /// This is no transcript.
    #[error("line {line} is not one of a transcript")]
    BadTranscript {
        /// From 1.
        line: usize,
    },
    /// Anything else the system said.
    #[error("{address}: {source}")]
    Io {
        /// What was open.
        address: String,
        /// What the system said.
        source: io::Error,
    },
}

/// The program that holds a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Holder {
    /// Process number.
    pub pid: u32,
    /// Its command line, cut to 80 characters.
    pub command: String,
}
