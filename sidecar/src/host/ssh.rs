//! The `ssh` of this system: how it is called, and what its last words mean.
//! Keys, passwords, jump hosts and known_hosts are its business; nothing of them is read here.

use std::ffi::OsString;
use std::process::Stdio;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use tokio::process::Command;

use crate::host::HostError;
use crate::host::askpass;
use crate::wire::Remote;

/// The environment variable with the program and its first arguments, separated by blanks: `ssh -F file`.
pub const PROGRAM: &str = "BOARDSIDE_SSH";

/// What is started there where nothing else is said. A forced command of the account takes its place.
pub const THERE: &str = "boardside lsp";

/// Who answers what ssh asks.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Asking {
    /// Whoever sits at the terminal.
    #[default]
    Terminal,
    /// Nobody: ssh fails instead of asking.
    Nobody,
    /// A helper that ssh finds by this in its environment.
    Helper(Vec<(String, OsString)>),
}

/// Of the whole process, as the terminal and the environment are.
static ASKING: Mutex<Asking> = Mutex::new(Asking::Terminal);

/// From now on ssh asks there.
pub fn ask_by(asking: Asking) {
    *ASKING.lock().unwrap_or_else(PoisonError::into_inner) = asking;
}

/// How a machine is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// How the user calls it.
    pub name: String,
    /// `user@host`, `host` or a name of ssh_config(5).
    pub destination: String,
    /// Where its sshd listens, if not where ssh_config(5) says.
    pub port: Option<u16>,
    /// What is started there.
    pub command: String,
    /// Nobody is there to be asked for a password or a key.
    pub quiet: bool,
    /// How long until it answers.
    pub limit: Duration,
}

impl Way {
    /// To the machine of this address.
    pub fn to(remote: &Remote) -> Self {
        Self {
            name: remote.host.clone(),
            destination: remote.host.clone(),
            port: remote.port,
            command: THERE.to_owned(),
            quiet: false,
            limit: Duration::from_mins(2),
        }
    }

    /// The command line, and how it is called in messages.
    pub(super) fn command(&self) -> (Command, String) {
        let words = std::env::var(PROGRAM).unwrap_or_default();
        let mut words = words.split_whitespace();
        let program = words.next().unwrap_or("ssh").to_owned();
        let mut command = deaf_to_ctrl_c(&program);
        let asking = ASKING.lock().unwrap_or_else(PoisonError::into_inner).clone();
        // A helper that the user has is somebody.
        let nobody = asking == Asking::Nobody && std::env::var_os("SSH_ASKPASS").is_none();
        command.args(words).args(self.args(self.quiet || nobody));
        if let Asking::Helper(env) = asking {
            command.envs(askpass::numbered(env));
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        (command, program)
    }

    fn args(&self, quiet: bool) -> Vec<String> {
        // Without a terminal there; a line that is dead is noticed after 15 s.
        let mut args = vec!["-T".to_owned()];
        for option in [
            "ConnectTimeout=10",
            "ServerAliveInterval=5",
            "ServerAliveCountMax=3",
        ] {
            args.extend(["-o".to_owned(), option.to_owned()]);
        }
        if quiet {
            args.extend(["-o".to_owned(), "BatchMode=yes".to_owned()]);
        }
        if let Some(port) = self.port {
            args.extend(["-p".to_owned(), port.to_string()]);
        }
        // What comes after `--` is no option, whatever it looks like.
        args.extend(["--".to_owned(), self.destination.clone(), self.command.clone()]);
        args
    }

    /// What it means that ssh ended before Boardside answered there: `code` is its exit code, `said` its stderr.
    pub(super) fn why(&self, code: Option<i32>, said: &str) -> HostError {
        let host = self.name.clone();
        let last = last_line(said);
        let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
        if code != Some(255) {
            let said = if last.is_empty() {
                format!("`{}` ended there without a word", self.command)
            } else {
                last
            };
            return HostError::NoBoardside { host, said };
        }
        if says(&["REMOTE HOST IDENTIFICATION HAS CHANGED"]) {
            HostError::KeyChanged { host }
        } else if says(&["Host key verification failed", "host key is known for"]) {
            HostError::KeyUnknown { host }
        } else if says(&[
            "Permission denied",
            "Too many authentication failures",
            "No supported authentication",
        ]) {
            HostError::Denied { host, said: last }
        } else {
            let said = if last.is_empty() {
                "ssh says nothing".to_owned()
            } else {
                last
            };
            HostError::Unreachable { host, said }
        }
    }
}

/// Ctrl-C at a terminal is meant for what this program does with a board, and reaches all that runs there: an ssh that
/// ended by it would take the board's line along. What a process ignores, the program that it becomes ignores, too.
#[cfg(unix)]
fn deaf_to_ctrl_c(program: &str) -> Command {
    // Where there is no such program, the shell would be what cannot be started.
    if !is_program(program) {
        return Command::new(program);
    }
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' INT; exec \"$@\"", "sh", program]);
    command
}

#[cfg(unix)]
fn is_program(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let at = std::path::Path::new(program);
    (program.contains('/') && at.is_file())
        || std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// `CREATE_NEW_PROCESS_GROUP`, which turns Ctrl-C off ("Process Creation Flags").
#[cfg(windows)]
fn deaf_to_ctrl_c(program: &str) -> Command {
    const NEW_PROCESS_GROUP: u32 = 0x200;
    let mut command = Command::new(program);
    command.creation_flags(NEW_PROCESS_GROUP);
    command
}

/// The last line with a meaning: ssh tells causes before consequences, and ends with the consequence.
fn last_line(said: &str) -> String {
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let line = lines.next_back().unwrap_or_default();
    let line = line.trim_start_matches("ssh: ").trim_end_matches('.');
    line.chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn way() -> Way {
        Way::to(&Remote {
            host: "me@frank".to_owned(),
            port: Some(2222),
            board: "candy".to_owned(),
        })
    }

    #[test]
    fn a_destination_is_never_an_option() {
        let args = way().args(false);
        let dashes = args.iter().position(|arg| arg == "--").unwrap();
        assert_eq!(args[dashes + 1..], ["me@frank", "boardside lsp"]);
        assert!(args[..dashes].windows(2).any(|pair| pair == ["-p", "2222"]));
    }

    #[test]
    fn what_ssh_says_last_becomes_an_error_of_its_own() {
        let kind = |code, said: &str| {
            let error = format!("{:?}", way().why(Some(code), said));
            error.split([' ', '{']).next().unwrap().to_owned()
        };
        for (code, said, error) in [
            (255, "Host key verification failed.\r\n", "KeyUnknown"),
            (
                255,
                "No ED25519 host key is known for [frank]:2222 and you have requested strict checking.\r\n\
                 Host key verification failed.\r\n",
                "KeyUnknown",
            ),
            (
                255,
                "@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\nHost key verification failed.\r\n",
                "KeyChanged",
            ),
            (
                255,
                "me@frank: Permission denied (publickey,password).\r\n",
                "Denied",
            ),
            (
                255,
                "ssh: connect to host frank port 22: Connection refused\r\n",
                "Unreachable",
            ),
            (
                255,
                "ssh: Could not resolve hostname frank: Name or service not known\r\n",
                "Unreachable",
            ),
            (255, "", "Unreachable"),
            (127, "sh: 1: boardside: not found\n", "NoBoardside"),
            (
                1,
                "'boardside' is not recognized as an internal or external command\r\n",
                "NoBoardside",
            ),
        ] {
            assert_eq!(kind(code, said), error, "{said}");
        }
    }
}
