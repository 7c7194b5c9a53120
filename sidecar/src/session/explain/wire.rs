//! Words for what goes wrong on the way to a board.
//! Not for what the board says once it is reached: `board`.

use crate::session::ConnectError;
use crate::session::Exit;
use crate::session::Explain;
use crate::session::Explained;
use crate::session::explain::host::NOT_ALLOWED;
use crate::session::explain::words;
use crate::session::keychain::KeychainError;
use crate::wire::WireError;

impl Explain for ConnectError {
    fn explained(&self) -> Explained {
        match self {
            Self::NoBoard => words(
                "connect.no_board",
                Exit::NoBoard,
                self,
                "plug a board in with a cable that carries data, or name one with -d: a port, socket://host:port; \
                 no board at hand: -d virtual:unix",
            ),
            Self::Many(found) => {
                let list: Vec<String> = found
                    .iter()
                    .map(|found| found.id.clone().unwrap_or_else(|| found.address.clone()))
                    .collect();
                let help = format!("name one with -d: {}", list.join(", "));
                words("connect.many_boards", Exit::Usage, self, help)
            }
            Self::NoSuchId { .. } => words(
                "connect.no_such_id",
                Exit::NoBoard,
                self,
                "`boardside devices` lists the boards and their ids",
            ),
            Self::Virtual { .. } => words(
                "connect.no_virtual_board",
                Exit::NoBoard,
                self,
                "`boardside virtual-board --help` says what a virtual board needs",
            ),
            Self::FilesOnly { .. } => words(
                "connect.files_only",
                Exit::Usage,
                self,
                "use sync, diff, pull, ls, cat, get, put, rm or mkdir; for the rest, reset included, name the board's REPL: a \
                 port, telnet://host or ws://host",
            ),
            Self::Ftp(error) => error.explained(),
            Self::Host(error) => error.explained(),
            Self::NotAllowed { .. } => words("ssh.not_allowed", Exit::NoBoard, self, NOT_ALLOWED),
            Self::Wire(error) => error.explained(),
            Self::Board(error) => error.explained(),
        }
    }
}

impl Explain for KeychainError {
    fn explained(&self) -> Explained {
        words(
            "keychain.unusable",
            Exit::Failed,
            self,
            "put the password into the environment variable BOARDSIDE_PASSWORD, or unlock the keychain and try again",
        )
    }
}

impl Explain for WireError {
    fn explained(&self) -> Explained {
        match self {
            Self::BadAddress { .. } => words(
                "wire.bad_address",
                Exit::Usage,
                self,
                "write a port (/dev/ttyACM0, COM4), socket://host:port, id:SERIAL or virtual:unix",
            ),
            Self::NotFound { address, .. } if address.contains("://") => words(
                "wire.not_found",
                Exit::NoBoard,
                self,
                "check the name and the port number, and that the board or serial server is on",
            ),
            Self::NotFound { .. } => words(
                "wire.not_found",
                Exit::NoBoard,
                self,
                "check the cable; `boardside devices` lists the boards that are there now",
            ),
            Self::Busy {
                holder: Some(holder), ..
            } => words(
                "wire.busy",
                Exit::NoBoard,
                format!("{self}: {} (process {})", holder.command, holder.pid),
                format!("close that program, or end it with: kill {}", holder.pid),
            ),
            Self::Busy { holder: None, .. } => words(
                "wire.busy",
                Exit::NoBoard,
                self,
                "close the program that has it open: a serial monitor, Thonny, another editor window",
            ),
            Self::Permission { path, group } => words(
                "wire.permission",
                Exit::NoBoard,
                self,
                permission(path, group.as_deref()),
            ),
            Self::Gone { address } => words(
                "wire.gone",
                Exit::NoAnswer,
                self,
                if address.contains("://") {
                    "check the network and that the board has power, and try again; what was on it is still there"
                } else {
                    "check the cable and plug the board in again; what was on it is still there"
                },
            ),
            Self::NotAllowed { .. } => words("ssh.not_allowed", Exit::NoBoard, self, NOT_ALLOWED),
            Self::Timeout { .. } => words(
                "wire.timeout",
                Exit::NoBoard,
                self,
                "check that the board or serial server is on and reachable",
            ),
            Self::NoUser { address }
            | Self::NoPassword { address }
            | Self::Login { address, .. }
            | Self::LoginClosed { address }
            | Self::NoRfc2217 { address } => let_in(self, address),
            Self::Foreign { .. } => words(
                "wire.foreign",
                Exit::NoBoard,
                self,
                "check the address and its port; on the board `import webrepl_setup` switches WebREPL on",
            ),
            Self::NoLines => words(
                "wire.no_lines",
                Exit::Failed,
                self,
                "press the reset button on the board",
            ),
            Self::Diverged { .. } | Self::BadTranscript { .. } => words(
                "wire.transcript",
                Exit::Failed,
                self,
                "record the transcript again",
            ),
            Self::Io { .. } => words(
                "wire.io",
                Exit::NoBoard,
                self,
                "unplug the board and plug it in again",
            ),
        }
    }
}

/// Words for a server that does not let anybody to the board.
fn let_in(error: &WireError, address: &str) -> Explained {
    match error {
        WireError::NoUser { .. } => words(
            "wire.no_user",
            Exit::NoBoard,
            error,
            format!(
                "write who it is: {}; Pycom's boards come with the user micro and the password python",
                with_user(address)
            ),
        ),
        WireError::NoPassword { .. } => words(
            "wire.no_password",
            Exit::NoBoard,
            error,
            format!(
                "put it into the system's keychain with `boardside login {address}`, or into the environment \
                     variable BOARDSIDE_PASSWORD"
            ),
        ),
        WireError::Login { .. } => words(
            "wire.login",
            Exit::NoBoard,
            error,
            format!(
                "check the user and the password (Pycom's boards come with micro and python); `boardside login \
                     {address}` keeps another one, `boardside logout {address}` forgets it"
            ),
        ),
        WireError::NoRfc2217 { .. } => words(
            "wire.no_rfc2217",
            Exit::NoBoard,
            error,
            format!(
                "use {} for a telnet server, socket://host:port for raw bytes, or let the serial server offer RFC \
                     2217 (ser2net: `telnet(rfc2217)`)",
                address.replacen("rfc2217", "telnet", 1)
            ),
        ),
        _ => words(
            "wire.login_closed",
            Exit::NoBoard,
            error,
            "check the user and the password, and close other connections: many boards let in one at a time",
        ),
    }
}

/// The address as it should have been typed.
fn with_user(address: &str) -> String {
    address.replacen("://", "://micro@", 1)
}

fn permission(path: &std::path::Path, group: Option<&str>) -> String {
    let path = path.display();
    match group {
        Some(group) => format!(
            "sudo usermod -aG {group} $USER, then log out and in again; for now: sudo setfacl -m u:$USER:rw {path}"
        ),
        None => format!("make {path} readable and writable for this user: sudo chmod a+rw {path}"),
    }
}
