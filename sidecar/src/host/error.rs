//! What can go wrong on the way to another machine. Words for people are made in `session::explain`.

use crate::host::words::Why;

/// Another machine that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// There is no OpenSSH here.
    #[error("`{program}` cannot be started: {why}")]
    NoSsh {
        /// What was to be started.
        program: String,
        /// What the system says.
        why: String,
    },
    /// Nobody answers there.
    #[error("{host} cannot be reached: {said}")]
    Unreachable {
        /// As it was named.
        host: String,
        /// What ssh says.
        said: String,
    },
    /// Its host key was never seen.
    #[error("the key of {host} is not known here")]
    KeyUnknown {
        /// As it was named.
        host: String,
    },
    /// Its host key is another than the one that is known.
    #[error("{host} has another key than the one that is known here")]
    KeyChanged {
        /// As it was named.
        host: String,
    },
    /// It lets this user not in.
    #[error("{host} lets you not in: {said}")]
    Denied {
        /// As it was named.
        host: String,
        /// What ssh says.
        said: String,
    },
    /// There is no Boardside on it.
    #[error("{host} has no boardside: {said}")]
    NoBoardside {
        /// As it was named.
        host: String,
        /// What came instead.
        said: String,
    },
    /// It speaks another version of the protocol.
    #[error("the boardside on {host} speaks version {theirs} of the protocol, this one version {ours}")]
    Version {
        /// As it was named.
        host: String,
        /// What it says.
        theirs: String,
        /// What this one speaks.
        ours: u64,
    },
    /// It did not answer in time.
    #[error("{host} did not answer within {seconds} s")]
    Timeout {
        /// As it was named.
        host: String,
        /// The limit.
        seconds: u64,
    },
    /// The connection ended.
    #[error("the connection to {host} broke{}", after_colon(.said))]
    Gone {
        /// As it was named.
        host: String,
        /// What ssh says; may be empty.
        said: String,
    },
    /// It answered that it will not.
    #[error("{host}: {}", .why.message)]
    Refused {
        /// As it was named.
        host: String,
        /// Its words.
        why: Why,
    },
}

impl HostError {
    /// Does it stay as it is until somebody does something about it?
    pub fn is_for_people(&self) -> bool {
        !matches!(
            self,
            Self::Unreachable { .. } | Self::Timeout { .. } | Self::Gone { .. } | Self::Refused { .. }
        )
    }
}

fn after_colon(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(": {text}")
    }
}
