//! `Address`: what a user types to name a board, and back.
//! Pure: nothing is opened here.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::fmt;
use std::str::FromStr;

use crate::base::MASK;
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
    /// A board's own telnet server: `telnet://[user[:password]@]host[:23]`.
    Telnet(Place),
    /// A serial server that knows RFC 2217: `rfc2217://host:port`.
    Rfc2217(Place),
    /// WebREPL: `ws://[:password@]host[:8266]`.
    WebRepl(Place),
    /// Files only, by FTP: `ftp://[user[:password]@]host[:21]`.
    Ftp(Place),
    /// A board of another machine: `ssh://[user@]host[:port]/BOARD`.
    Ssh(Remote),
    /// A virtual board that lives as long as the command: `virtual:unix`, `virtual:microbit`.
    Virtual(String),
    /// The board with this USB serial number or `machine.unique_id()`: `id:e6614103e7174137`.
    Id(String),
}

/// A place in the network, and how to log in there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Who logs in.
    pub user: Option<String>,
    /// As it was typed; never shown and never kept.
    pub password: Option<Secret>,
    /// Name or number.
    pub host: String,
    /// TCP port.
    pub port: u16,
}

/// A board that another machine has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remote {
    /// `user@host`, `host` or a name of ssh_config(5), as `ssh` takes it.
    pub host: String,
    /// Where its sshd listens, if not where ssh_config(5) says.
    pub port: Option<u16>,
    /// The board's address or name there; empty for the only one.
    pub board: String,
}

/// A password. Not shown by `Debug`, and has no `Display`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps this.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// For the one who asks for it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(MASK)
    }
}

/// Kinds of connections: what stands before `://`, the usual port (0: there is none), and an example.
const NETWORK: [(&str, u16, &str); 5] = [
    ("socket", 0, "socket://host:2323"),
    ("telnet", 23, "telnet://micro@192.168.4.1"),
    ("rfc2217", 0, "rfc2217://host:2217"),
    ("ws", 8266, "ws://192.168.4.1"),
    ("ftp", 21, "ftp://micro@192.168.4.1"),
];

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
        if let Some(rest) = text.strip_prefix("ssh://") {
            return remote(rest).map(Self::Ssh).map_err(bad);
        }
        if let Some((kind, rest)) = text.split_once("://") {
            let Some((_, usual, example)) = NETWORK.iter().find(|(known, ..)| *known == kind) else {
                return Err(bad(
                    "this kind of connection is not known; there are serial ports, ssh, telnet, rfc2217, ws, ftp and socket",
                ));
            };
            let place = place(rest, *usual, example).map_err(bad)?;
            if matches!(kind, "socket" | "rfc2217") && (place.user.is_some() || place.password.is_some()) {
                return Err(bad("this kind of connection has no login"));
            }
            return Ok(match kind {
                "telnet" => Self::Telnet(place),
                "rfc2217" => Self::Rfc2217(place),
                "ws" => Self::WebRepl(place),
                "ftp" => Self::Ftp(place),
                _ => Self::Socket {
                    host: place.host,
                    port: place.port,
                },
            });
        }
        if let Some(kind) = text.strip_prefix("virtual:") {
            return Ok(Self::Virtual(kind.to_owned()));
        }
        if let Some(id) = text.strip_prefix("id:") {
            return Ok(Self::Id(id.to_owned()));
        }
        if redacted_address(text) != text {
            return Err(bad(
                "this looks like a login without the kind of connection, as in telnet://user@host",
            ));
        }
        Ok(Self::Serial(text.to_owned()))
    }
}

/// `[user[:password]@]host[:port]`. A password may have `@` and `:` in it: the last `@` and the first `:` count.
fn place(text: &str, usual: u16, example: &'static str) -> Result<Place, &'static str> {
    let (login, place) = match text.rsplit_once('@') {
        Some((login, place)) => (Some(login), place),
        None => (None, text),
    };
    let (user, password) = match login.map(|login| login.split_once(':').unwrap_or((login, ""))) {
        Some((user, password)) => (Some(user), Some(password)),
        None => (None, None),
    };
    let (host, port) = host_and_port(place.trim_end_matches('/'))?;
    if host.is_empty() {
        return Err(match example {
            "socket://host:2323" => "it needs a host, as in socket://host:2323",
            _ => "it needs a host",
        });
    }
    // Also what is secret would be, as in ws://host/?password=x.
    if host.contains(['/', '?', '#', ' ']) {
        return Err("there may be nothing behind the host and its port");
    }
    let port = match port {
        Some(port) => port,
        None if usual > 0 => usual,
        None => return Err("it needs a port, as in socket://host:2323"),
    };
    let given = |text: Option<&str>| text.filter(|text| !text.is_empty()).map(str::to_owned);
    Ok(Place {
        user: given(user),
        password: given(password).map(Secret),
        host: host.to_owned(),
        port,
    })
}

/// `[user@]host[:port]/BOARD`.
fn remote(text: &str) -> Result<Remote, &'static str> {
    let (host, board) = text.split_once('/').unwrap_or((text, ""));
    let (user, place) = match host.rsplit_once('@') {
        Some((user, place)) => (Some(user), place),
        None => (None, host),
    };
    if user.is_some_and(|user| user.contains(':')) {
        return Err("ssh takes no password in an address; it asks for it");
    }
    let (name, port) = host_and_port(place)?;
    // What begins with a dash would be an option of ssh.
    if name.is_empty()
        || name.starts_with('-')
        || user.is_some_and(|user| user.is_empty() || user.starts_with('-'))
    {
        return Err("it needs a host, as in ssh://frank/candy");
    }
    Ok(Remote {
        host: user.map_or_else(|| name.to_owned(), |user| format!("{user}@{name}")),
        port,
        board: board.to_owned(),
    })
}

/// A host, perhaps an IPv6 number in brackets, and its port if one is given.
fn host_and_port(text: &str) -> Result<(&str, Option<u16>), &'static str> {
    let (host, port) = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => match text.rsplit_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (text, None),
        },
    };
    let port = port.map(|port| port.parse().map_err(|_| "the port is not a number up to 65535"));
    Ok((host, port.transpose()?))
}

impl Address {
    /// Where one logs in, for the kinds that may ask for a login.
    pub fn place(&self) -> Option<&Place> {
        match self {
            Self::Telnet(place) | Self::Rfc2217(place) | Self::WebRepl(place) | Self::Ftp(place) => {
                Some(place)
            }
            _ => None,
        }
    }

    /// The same with this password.
    #[must_use]
    pub fn with_password(mut self, password: Secret) -> Self {
        if let Self::Telnet(place) | Self::WebRepl(place) | Self::Ftp(place) = &mut self {
            place.password = Some(password);
        }
        self
    }

    /// Nothing of this machine is needed to get there, and it may be slow.
    pub fn is_network(&self) -> bool {
        !matches!(self, Self::Serial(_) | Self::Virtual(_) | Self::Id(_))
    }
}

impl fmt::Display for Address {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial(path) => f.write_str(path),
            Self::Socket { host, port } => write!(f, "socket://{}:{port}", Bracketed(host)),
            Self::Telnet(place) => place.fmt(f, "telnet"),
            Self::Rfc2217(place) => place.fmt(f, "rfc2217"),
            Self::WebRepl(place) => place.fmt(f, "ws"),
            Self::Ftp(place) => place.fmt(f, "ftp"),
            Self::Ssh(remote) => {
                write!(f, "ssh://{}", remote.host)?;
                if let Some(port) = remote.port {
                    write!(f, ":{port}")?;
                }
                write!(f, "/{}", remote.board)
            }
            Self::Virtual(kind) => write!(f, "virtual:{kind}"),
            Self::Id(id) => write!(f, "id:{id}"),
        }
    }
}

impl Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>, kind: &str) -> fmt::Result {
        write!(f, "{kind}://")?;
        if let Some(user) = &self.user {
            write!(f, "{user}@")?;
        }
        write!(f, "{}", Bracketed(&self.host))?;
        let usual = NETWORK
            .iter()
            .any(|(known, port, _)| *known == kind && *port == self.port);
        if usual {
            Ok(())
        } else {
            write!(f, ":{}", self.port)
        }
    }
}

struct Bracketed<'a>(&'a str);

impl fmt::Display for Bracketed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.contains(':') {
            write!(f, "[{}]", self.0)
        } else {
            f.write_str(self.0)
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
            "telnet://192.168.4.1",
            "telnet://micro@board:2323",
            "rfc2217://lab:2217",
            "ws://[fe80::1]",
            "ftp://micro@192.168.4.1",
            "ssh://frank/candy",
            "ssh://me@frank:2222//dev/ttyACM0",
            "virtual:unix",
            "id:e661",
        ] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn a_password_is_understood_and_never_shown() {
        for (text, shown, password) in [
            ("telnet://micro:python@h", "telnet://micro@h", "python"),
            ("ftp://micro:p@ss:w@h:2121", "ftp://micro@h:2121", "p@ss:w"),
            ("ws://:s3cret@h", "ws://h", "s3cret"),
        ] {
            let address: Address = text.parse().unwrap();
            let (Address::Telnet(place) | Address::Ftp(place) | Address::WebRepl(place)) = &address else {
                panic!("{address:?}");
            };
            assert_eq!(place.password.as_ref().unwrap().reveal(), password);
            assert_eq!(address.to_string(), shown);
            assert!(!format!("{address:?}").contains(password), "{address:?}");
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (text, why) in [
            ("", "empty"),
            ("socket://host", "port"),
            ("socket://:1", "host"),
            ("telnet://host:x", "port"),
            ("ws://", "host"),
            ("gopher://x", "not known"),
            ("ws://host/?password=s3cret", "nothing behind"),
            ("telnet://host name", "nothing behind"),
            ("socket://me:s3cret@host:1", "no login"),
            ("rfc2217://me:s3cret@host:1", "no login"),
            ("me:s3cret@host", "login"),
            ("socket://s3cret", "port"),
            ("ssh://me:s3cret@host/board", "no password"),
            ("ssh://-oProxyCommand=x/board", "host"),
            ("ssh:///board", "host"),
        ] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.contains(why), "{text}: {error}");
            let has_login = text.contains('@');
            assert!(!has_login || !error.contains("s3cret"), "{text}: {error}");
        }
    }
}
