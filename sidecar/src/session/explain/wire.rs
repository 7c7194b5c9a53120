//! Words for what goes wrong on the way to a board.
//! Not for what the board says once it is reached: `board`.

use crate::session::ConnectError;
use crate::session::Exit;
use crate::session::Explain;
use crate::session::Explained;
use crate::session::explain::host::NOT_ALLOWED;
use crate::session::explain::words;
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
            Self::Host(error) => error.explained(),
            Self::NotAllowed { .. } => words("ssh.not_allowed", Exit::NoBoard, self, NOT_ALLOWED),
            Self::Wire(error) => error.explained(),
            Self::Board(error) => error.explained(),
        }
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
            Self::NotFound { address, .. } if address.starts_with("socket://") => words(
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
            Self::Gone { .. } => words(
                "wire.gone",
                Exit::NoAnswer,
                self,
                "check the cable and plug the board in again; what was on it is still there",
            ),
            Self::NotAllowed { .. } => words("ssh.not_allowed", Exit::NoBoard, self, NOT_ALLOWED),
            Self::Timeout { .. } => words(
                "wire.timeout",
                Exit::NoBoard,
                self,
                "check that the board or serial server is on and reachable",
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

fn permission(path: &std::path::Path, group: Option<&str>) -> String {
    let path = path.display();
    match group {
        Some(group) => format!(
            "sudo usermod -aG {group} $USER, then log out and in again; for now: sudo setfacl -m u:$USER:rw {path}"
        ),
        None => format!("make {path} readable and writable for this user: sudo chmod a+rw {path}"),
    }
}
