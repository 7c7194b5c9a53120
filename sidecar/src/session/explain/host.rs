//! Words for what goes wrong on the way to another machine.
//! Not for what its boards say: they say it here.

use crate::host::HostError;
use crate::session::Exit;
use crate::session::Explain;
use crate::session::Explained;
use crate::session::distant::HostsError;
use crate::session::explain::words;

pub(super) const NOT_ALLOWED: &str = "ask whoever looks after that machine: `boardside host authorize` makes the line \
    of authorized_keys that says which boards a key may use";

/// What the other machine may say of a board that does not open.
const REFUSALS: [(&str, Exit); 11] = [
    ("connect.many_boards", Exit::Usage),
    ("connect.no_board", Exit::NoBoard),
    ("connect.no_such_id", Exit::NoBoard),
    ("connect.no_virtual_board", Exit::NoBoard),
    ("ssh.not_allowed", Exit::NoBoard),
    ("wire.bad_address", Exit::Usage),
    ("wire.busy", Exit::NoBoard),
    ("wire.io", Exit::NoBoard),
    ("wire.not_found", Exit::NoBoard),
    ("wire.permission", Exit::NoBoard),
    ("wire.timeout", Exit::NoBoard),
];

impl Explain for HostsError {
    fn explained(&self) -> Explained {
        match self {
            Self::Name { .. } | Self::Unknown { .. } => words(
                "ssh.host",
                Exit::Usage,
                self,
                "`boardside host list` shows those that have a name, `boardside host add NAME [user@]host` gives one",
            ),
            Self::NoPlace | Self::Io { .. } | Self::Unclear { .. } => words(
                "ssh.hosts_file",
                Exit::Failed,
                self,
                "mend or remove that file: it has the names of machines, as `boardside host add` writes it",
            ),
        }
    }
}

impl Explain for HostError {
    fn explained(&self) -> Explained {
        match self {
            Self::NoSsh { .. } => words(
                "ssh.no_ssh",
                Exit::NoBoard,
                self,
                "install OpenSSH's client, or name it in BOARDSIDE_SSH".to_owned(),
            ),
            Self::Unreachable { host, .. } => words(
                "ssh.unreachable",
                Exit::NoBoard,
                self,
                format!("check the name, that the machine is on and runs sshd: ssh {host}"),
            ),
            Self::KeyUnknown { host } => words(
                "ssh.key_unknown",
                Exit::NoBoard,
                self,
                format!("run `ssh {host}` once by hand, and say yes if the fingerprint is the right one"),
            ),
            Self::KeyChanged { host } => words(
                "ssh.key_changed",
                Exit::NoBoard,
                self,
                format!(
                    "it was installed anew, or somebody is in between: ask whoever looks after it before you remove the \
                     old key with ssh-keygen -R {}",
                    host.rsplit('@').next().unwrap_or_default()
                ),
            ),
            Self::Denied { host, .. } => words(
                "ssh.denied",
                Exit::NoBoard,
                self,
                format!(
                    "check user, key and password with `ssh {host}`; `boardside host authorize KEY` makes the line that \
                     lets a key in"
                ),
            ),
            Self::NoBoardside { host, .. } => words(
                "ssh.no_boardside",
                Exit::NoBoard,
                self,
                format!(
                    "install Boardside there, on the PATH of a login without a terminal; check it with `ssh {host} boardside --version`"
                ),
            ),
            Self::Version { .. } => words(
                "ssh.version",
                Exit::NoBoard,
                self,
                "update Boardside here or there, whichever is older".to_owned(),
            ),
            Self::Timeout { host, .. } => words(
                "ssh.timeout",
                Exit::NoBoard,
                self,
                format!("check that the machine is on and the network works: ssh {host}"),
            ),
            Self::Gone { .. } => words(
                "ssh.gone",
                Exit::NoAnswer,
                self,
                "run it again when the network works: the board has all of the old project or all of the new one",
            ),
            Self::Refused { why, .. } => {
                let help = if why.help.is_empty() {
                    "run `boardside host check` to see what that machine can".to_owned()
                } else {
                    format!("on that machine: {}", why.help)
                };
                match REFUSALS.iter().find(|(code, _)| *code == why.code) {
                    Some((code, exit)) => words(code, *exit, self, help),
                    None => words("ssh.failed", Exit::Failed, self, help),
                }
            }
        }
    }
}
