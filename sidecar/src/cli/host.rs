//! `boardside host`: the machines whose boards are used here, and who may use the boards of this one.
//! Accounts and keys are ssh's: nothing is changed on either machine.

use std::fs;

use clap::Args;
use clap::Subcommand;
use serde_json::json;

use crate::cli::devices::show_there;
use crate::cli::failure::Failure;
use crate::cli::link::cancellable;
use crate::cli::screen::Screen;
use crate::session::Exit;
use crate::session::distant;
use crate::session::distant::KnownHost;
use crate::session::distant::KnownHosts;

#[derive(Args, Clone, Debug)]
#[command(
    after_help = "The system's ssh does the work: keys, passwords, jump hosts and known_hosts are as in ssh_config. A \
    board there is ssh://NAME/BOARD, for every verb. BOARDSIDE_SSH is the ssh to use, with its first arguments: \
    BOARDSIDE_SSH=\"ssh -F file\"."
)]
pub(super) struct HostArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Clone, Debug, Subcommand)]
enum What {
    /// Name a machine; its boards are in `boardside devices` from then on
    Add {
        /// What it is called here
        name: String,
        /// [user@]host[:port], or a name of ssh_config [default: NAME]
        #[arg(value_name = "SSH-DESTINATION")]
        destination: Option<String>,
        /// What is started there [default: boardside lsp]
        #[arg(long, value_name = "TEXT")]
        command: Option<String>,
    },
    /// List the machines that have a name
    List,
    /// Forget a machine
    Remove {
        /// What it is called here
        name: String,
    },
    /// Reach a machine, and ask each free board there its firmware; programs that run are started again
    Check {
        /// What it is called here
        name: String,
    },
    /// Print the line of authorized_keys by which a key may use the boards of this machine, and nothing else
    #[command(after_help = AUTHORIZE)]
    Authorize {
        /// A public key, or the file that it is in
        key: String,
        /// Only these boards: addresses, ids or names, separated by commas
        #[arg(long, value_name = "BOARD,...", value_delimiter = ',')]
        boards: Option<Vec<String>>,
        /// Only look: which boards are there, and what they print. Not their files: to read them, code is sent to a
        /// board and its program stopped
        #[arg(long)]
        read_only: bool,
    },
}

const AUTHORIZE: &str = "Append the line to ~/.ssh/authorized_keys of the account that is to be used:\n\
boardside host authorize id_ed25519.pub --boards candy >> ~/.ssh/authorized_keys";

pub(super) async fn run(args: HostArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    match args.what {
        What::Add {
            name,
            destination,
            command,
        } => {
            let mut known = KnownHosts::load()?;
            let destination = destination.unwrap_or_else(|| name.clone());
            known.add(&name, KnownHost { destination, command })?;
            known.save()?;
            show(&name, &known, screen);
            screen.say(&format!("boardside host check {name} says what is there"));
        }
        What::List => {
            let known = KnownHosts::load()?;
            for name in known.hosts.keys() {
                show(name, &known, screen);
            }
            if known.hosts.is_empty() {
                screen.say("no machine has a name yet: boardside host add NAME [user@]host");
            }
        }
        What::Remove { name } => {
            let mut known = KnownHosts::load()?;
            known.remove(&name)?;
            known.save()?;
            screen.event(&json!({"event": "removed", "host": name}));
        }
        What::Check { name } => check(&name, screen).await?,
        What::Authorize {
            key,
            boards,
            read_only,
        } => {
            let line = authorized(&key, boards.as_deref(), read_only)?;
            screen.event(&json!({"event": "authorized", "line": line}));
            screen.say(&line);
        }
    }
    Ok(Exit::Done)
}

fn show(name: &str, known: &KnownHosts, screen: &mut Screen) {
    let Ok(host) = known.get(name) else { return };
    screen.event(&json!({
        "event": "host", "host": name, "destination": host.destination, "command": host.command,
    }));
    let command = host.command.as_ref();
    let command = command.map(|command| format!("  {command}")).unwrap_or_default();
    screen.say(&format!(
        "{}  {}{command}",
        screen.paint("1", name),
        host.destination
    ));
}

async fn check(name: &str, screen: &mut Screen) -> Result<(), Failure> {
    let known = KnownHosts::load()?;
    // One that ssh knows needs no other name.
    let host = known.get(name).cloned();
    let way = match host {
        Ok(host) => host.way(name),
        Err(unknown) => {
            let destination = name.to_owned();
            let mut unnamed = KnownHosts::default();
            let added = unnamed.add(
                name,
                KnownHost {
                    destination,
                    command: None,
                },
            );
            added.map_err(|_| unknown)?;
            unnamed.get(name)?.way(name)
        }
    };
    let limit = way.limit;
    let boards = cancellable(distant::boards(name, way, true, limit)).await??;
    for board in &boards.boards {
        show_there(name, board, screen);
    }
    screen.event(&json!({"event": "checked", "host": name, "count": boards.boards.len(), "read_only": boards.read_only}));
    let only = if boards.read_only { ", to look only" } else { "" };
    let count = crate::cli::ls::count(boards.boards.len(), "board");
    screen.say(&format!("{name} answers: {count}{only}"));
    Ok(())
}

/// `restrict` forbids terminals and all forwarding, also what later versions of OpenSSH add; `command` is run whatever
/// the other side asks for (sshd(8), AUTHORIZED_KEYS FILE FORMAT).
fn authorized(key: &str, boards: Option<&[String]>, read_only: bool) -> Result<String, Failure> {
    let key = public_key(key)?;
    let boards = boards.map_or_else(|| "all".to_owned(), |boards| boards.join(","));
    // It passes the shell of the account and the quotes of authorized_keys.
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._:,+@-".contains(c);
    if boards.is_empty() || boards.starts_with('-') || !boards.chars().all(plain) {
        return Err(Failure::usage(
            format!("`{boards}` cannot be written into authorized_keys"),
            "name boards by letters, digits and / . _ : + @ -",
        ));
    }
    let only = if read_only { " --read-only" } else { "" };
    Ok(format!(
        "restrict,command=\"boardside lsp --boards {boards}{only}\" {key}"
    ))
}

/// The key in a file, or that was typed: its kind, the key, and who it belongs to.
fn public_key(key: &str) -> Result<String, Failure> {
    let is_key = |text: &str| {
        let mut words = text.split_whitespace();
        let kind = words.next().unwrap_or_default();
        let known = ["ssh-", "ecdsa-", "sk-"]
            .iter()
            .any(|begin| kind.starts_with(begin));
        known && words.next().is_some_and(|key| key.starts_with("AAAA")) && text.lines().count() == 1
    };
    let text = if is_key(key) {
        key.to_owned()
    } else {
        let read = fs::read_to_string(key);
        read.map_err(|error| Failure::io(&format!("reading {key}"), &error))?
    };
    let text = text.trim();
    if text.contains("PRIVATE KEY") {
        return Err(Failure::usage(
            format!("{key} is a private key, which belongs to nobody else"),
            "name the public one, which ends in .pub",
        ));
    }
    if !is_key(text) {
        return Err(Failure::usage(
            format!("{key} is no public key of ssh"),
            "name a file like id_ed25519.pub; ssh-keygen makes one",
        ));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ me@here";

    #[test]
    fn a_key_is_let_in_to_boards_and_nothing_else() {
        let boards = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        let candy = boards(&["candy", "/dev/ttyACM0"]);
        for (named, read_only, command) in [
            (None, false, "boardside lsp --boards all"),
            (Some(&candy), false, "boardside lsp --boards candy,/dev/ttyACM0"),
            (
                Some(&candy),
                true,
                "boardside lsp --boards candy,/dev/ttyACM0 --read-only",
            ),
        ] {
            let line = authorized(KEY, named.map(Vec::as_slice), read_only).unwrap();
            assert_eq!(line, format!("restrict,command=\"{command}\" {KEY}"));
        }
        for odd in ["a b", "a\"b", "$(x)", "*", "-x", ""] {
            assert!(authorized(KEY, Some(&boards(&[odd])), false).is_err(), "{odd}");
        }
        for odd in ["", "AAAA", "/no/such/file", "ssh-rsa", &format!("{KEY}\n{KEY}")] {
            assert!(authorized(odd, None, false).is_err(), "{odd}");
        }
    }
}
