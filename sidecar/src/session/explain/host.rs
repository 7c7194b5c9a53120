//! Words for what goes wrong on the way to another machine.
//! Not for what its boards say: they say it here.

use crate::host::HostError;
use crate::session::Exit;
use crate::session::Explain;
use crate::session::Explained;
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

impl Explain for HostError {
    fn explained(&self) -> Explained {
        let told = |code, help: String| words(code, Exit::NoBoard, self, help);
        match self {
            Self::NoSsh { .. } => told(
                "ssh.no_ssh",
                "install OpenSSH's client, or name it in BOARDSIDE_SSH".to_owned(),
            ),
            Self::Unreachable { host, .. } => told(
                "ssh.unreachable",
                format!("check the name, that the machine is on and runs sshd: ssh {host}"),
            ),
            Self::KeyUnknown { host } => told(
                "ssh.key_unknown",
                format!("log in once by hand, and say yes if the fingerprint is the right one: ssh {host}"),
            ),
            Self::KeyChanged { host } => told(
                "ssh.key_changed",
                format!(
                    "it was installed anew, or somebody is in between: ask whoever looks after it before you remove the \
                     old key with ssh-keygen -R {}",
                    host.rsplit('@').next().unwrap_or_default()
                ),
            ),
            Self::Denied { host, .. } => told(
                "ssh.denied",
                format!(
                    "check user, key and password with `ssh {host}`; `boardside host authorize KEY` makes the line that \
                     lets a key in"
                ),
            ),
            Self::NoBoardside { .. } => told(
                "ssh.no_boardside",
                "install Boardside there so that `boardside` is on the PATH of a login without a terminal, and see that \
                 nothing else is printed there at a login"
                    .to_owned(),
            ),
            Self::Version { .. } => told(
                "ssh.version",
                "update Boardside here or there, whichever is older".to_owned(),
            ),
            Self::Timeout { host, .. } => told(
                "ssh.timeout",
                format!("check that the machine is on and the network works: ssh {host}"),
            ),
            Self::Gone { .. } => words(
                "ssh.gone",
                Exit::NoAnswer,
                self,
                "run it again when the network works: the board has all of the old project or all of the new one",
            ),
            Self::Refused { why, .. } => {
                let known = REFUSALS.iter().find(|(code, _)| *code == why.code);
                let (code, exit) = known.copied().unwrap_or(("ssh.failed", Exit::Failed));
                let help = if why.help.is_empty() {
                    "run `boardside host check` to see what that machine can".to_owned()
                } else {
                    format!("on that machine: {}", why.help)
                };
                words(code, exit, self, help)
            }
        }
    }
}
