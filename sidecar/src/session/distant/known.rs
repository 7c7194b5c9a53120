//! The machines that the user named, in a small file of the user's settings.
//! No keys and no passwords: those are ssh's.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::PathBuf;

use serde::Deserialize;
use serde::Serialize;

use crate::host::ssh::THERE;
use crate::host::ssh::Way;
use crate::wire::Address;
use crate::wire::Remote;

/// The file cannot be used, or what was typed is no machine.
#[derive(Debug, thiserror::Error)]
pub enum HostsError {
    /// The system has no place for settings.
    #[error("this system says no folder for settings")]
    NoPlace,
    /// It cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// It cannot be understood.
    #[error("{}: {why}", path.display())]
    Unclear {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// That cannot be the name of a machine, or a destination of ssh.
    #[error("`{text}` is no {what}")]
    Name {
        /// As it was typed.
        text: String,
        /// What it was to be.
        what: &'static str,
    },
    /// No machine is called so.
    #[error("no machine is called {name}")]
    Unknown {
        /// As it was typed.
        name: String,
    },
}

/// A machine that the user named.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownHost {
    /// `[user@]host[:port]`, or a name of ssh_config(5).
    pub destination: String,
    /// What is started there instead of `boardside lsp`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
}

/// All of them, by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct KnownHosts {
    /// By what they are called here.
    #[serde(default)]
    pub hosts: BTreeMap<String, KnownHost>,
}

impl KnownHost {
    /// How it is reached. `name` is what it is called here.
    pub fn way(&self, name: &str) -> Way {
        let remote = remote(&self.destination).unwrap_or_else(|_| Remote {
            host: name.to_owned(),
            port: None,
            board: String::new(),
        });
        let command = self.command.clone().unwrap_or_else(|| THERE.to_owned());
        Way {
            name: name.to_owned(),
            command,
            ..Way::to(&remote)
        }
    }
}

/// What `ssh` can be given, perhaps with a port.
fn remote(destination: &str) -> Result<Remote, HostsError> {
    let unclear = || HostsError::Name {
        text: destination.to_owned(),
        what: "destination for ssh, as in me@frank:2222",
    };
    let rest = destination.strip_prefix("ssh://").unwrap_or(destination);
    let text = format!("ssh://{}/", rest.trim_end_matches('/'));
    match text.parse() {
        Ok(Address::Ssh(remote)) if remote.board.is_empty() => Ok(remote),
        _ => Err(unclear()),
    }
}

impl KnownHosts {
    /// Where they are kept.
    fn file() -> Result<PathBuf, HostsError> {
        let folder = dirs::config_dir().ok_or(HostsError::NoPlace)?;
        Ok(folder.join("boardside").join("hosts.toml"))
    }

    /// Those that were named; none if there is no file.
    pub fn load() -> Result<Self, HostsError> {
        let path = match Self::file() {
            Err(HostsError::NoPlace) => return Ok(Self::default()),
            path => path?,
        };
        match fs::read_to_string(&path) {
            Ok(text) => toml::from_str(&text).map_err(|error| HostsError::Unclear {
                path,
                why: error.message().to_owned(),
            }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self::default()),
            Err(source) => Err(HostsError::Io { path, source }),
        }
    }

    /// Names a machine, or gives a name to another one.
    pub fn add(&mut self, name: &str, host: KnownHost) -> Result<(), HostsError> {
        let named = remote(name).is_ok_and(|remote| remote.host == name && !name.contains('@'));
        if !named {
            return Err(HostsError::Name {
                text: name.to_owned(),
                what: "name for a machine: letters, digits, dots and dashes",
            });
        }
        remote(&host.destination)?;
        self.hosts.insert(name.to_owned(), host);
        Ok(())
    }

    /// The machine of this name.
    pub fn get(&self, name: &str) -> Result<&KnownHost, HostsError> {
        self.hosts.get(name).ok_or_else(|| HostsError::Unknown {
            name: name.to_owned(),
        })
    }

    /// Forgets a machine. Nothing changes there.
    pub fn remove(&mut self, name: &str) -> Result<(), HostsError> {
        self.get(name)?;
        self.hosts.remove(name);
        Ok(())
    }

    /// Keeps them.
    pub fn save(&self) -> Result<(), HostsError> {
        let path = Self::file()?;
        let text = toml::to_string(self).expect("names and texts are TOML");
        crate::sync::replace_cache(&path, text.as_bytes()).map_err(|source| HostsError::Io { path, source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_has_a_plain_name_and_a_destination_that_is_no_option() {
        let host = |destination: &str| KnownHost {
            destination: destination.to_owned(),
            command: None,
        };
        for (name, destination, good) in [
            ("frank", "frank", true),
            ("frank", "me@frank.lan:2222", true),
            ("lab-2", "ssh://me@[::1]:22", true),
            ("me@frank", "frank", false),
            ("frank:1", "frank", false),
            ("a/b", "frank", false),
            ("", "frank", false),
            ("frank", "-oProxyCommand=x", false),
            ("frank", "me:secret@frank", false),
            ("frank", "frank/candy", false),
        ] {
            let added = KnownHosts::default().add(name, host(destination));
            assert_eq!(added.is_ok(), good, "{name} {destination}: {added:?}");
        }
        let way = host("me@frank:2222").way("lab");
        assert_eq!(
            (way.name.as_str(), way.destination.as_str(), way.port),
            ("lab", "me@frank", Some(2222))
        );
    }
}
