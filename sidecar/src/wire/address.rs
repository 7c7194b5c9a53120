//! `Address`: what a user types to name a board, and back.
//! Pure: nothing is opened here.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::fmt;
use std::str::FromStr;

use crate::base::redacted_address;
use crate::wire::WireError;

/// What a user types to name a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// A serial port or pseudo-terminal: `/dev/ttyACM0`, `COM4`, `/tmp/board`.
    Serial(String),
    /// Raw bytes over TCP: `socket://host:port`.
    Socket {
        /// Name or number.
        host: String,
        /// TCP port.
        port: u16,
    },
    /// A virtual board that lives as long as the command: `virtual:unix`, `virtual:microbit`.
    Virtual(String),
    /// The board with this USB serial number or `machine.unique_id()`: `id:e6614103e7174137`.
    Id(String),
}

impl FromStr for Address {
    type Err = WireError;

    fn from_str(text: &str) -> Result<Self, WireError> {
        let bad = |why| WireError::BadAddress {
            text: redacted_address(text).into_owned(),
            why,
        };
        if text.trim().is_empty() {
            return Err(bad("it is empty"));
        }
        if let Some(rest) = text.strip_prefix("socket://") {
            let (host, port) = rest
                .trim_end_matches('/')
                .rsplit_once(':')
                .ok_or_else(|| bad("it needs a port, as in socket://host:2323"))?;
            let port = port
                .parse()
                .map_err(|_| bad("the port is not a number up to 65535"))?;
            let host = host.trim_start_matches('[').trim_end_matches(']');
            if host.contains('@') {
                return Err(bad("raw TCP has no login"));
            }
            if host.is_empty() {
                return Err(bad("it needs a host, as in socket://host:2323"));
            }
            return Ok(Self::Socket {
                host: host.to_owned(),
                port,
            });
        }
        if let Some(kind) = text.strip_prefix("virtual:") {
            return Ok(Self::Virtual(kind.to_owned()));
        }
        if let Some(id) = text.strip_prefix("id:") {
            return Ok(Self::Id(id.to_owned()));
        }
        if text.contains("://") {
            return Err(bad(
                "this kind of connection is not known; use a serial port or socket://host:port",
            ));
        }
        if redacted_address(text) != text {
            return Err(bad(
                "this looks like a login, which no kind of connection has yet",
            ));
        }
        Ok(Self::Serial(text.to_owned()))
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial(path) => f.write_str(path),
            Self::Socket { host, port } if host.contains(':') => write!(f, "socket://[{host}]:{port}"),
            Self::Socket { host, port } => write!(f, "socket://{host}:{port}"),
            Self::Virtual(kind) => write!(f, "virtual:{kind}"),
            Self::Id(id) => write!(f, "id:{id}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_address_prints_as_it_was_typed() {
        for text in [
            "/dev/ttyACM0",
            "COM4",
            "socket://10.0.0.1:2323",
            "socket://[::1]:9",
            "virtual:unix",
            "id:e661",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (text, why) in [
            ("", "empty"),
            ("socket://host", "port"),
            ("socket://:1", "host"),
            ("gopher://x", "not known"),
            ("socket://me:s3cret@host:1", "no login"),
            ("me:s3cret@host", "login"),
            ("socket://s3cret", "port"),
            ("telnet://me:s3cret", "not known"),
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
            let has_login = text.contains('@');
            assert!(!has_login || !error.contains("s3cret"), "{text}: {error}");
        }
    }
}
