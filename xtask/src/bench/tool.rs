//! Who copies, and how a user of each would say it. Measures nothing.

use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use boardside::virtual_board::Tools;

use super::case::Case;
use super::case::OLD_FOLDER;
use super::line::Line;
use crate::setup::venv;

const MPYTOOL: [&str; 2] = ["mpytool==2.6.0", "pyserial==3.5"];

/// Who copies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tool {
    Boardside,
    Mpytool,
    Mpremote,
}

pub(super) const TOOLS: [Tool; 3] = [Tool::Boardside, Tool::Mpytool, Tool::Mpremote];

impl Tool {
    /// As it is typed and stored.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::Boardside => "boardside",
            Self::Mpytool => "mpytool",
            Self::Mpremote => "mpremote",
        }
    }

    /// For people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Boardside => "Boardside",
            Self::Mpytool => "mpytool 2.6.0",
            Self::Mpremote => "mpremote 1.29.0",
        }
    }

    /// How often it runs, if nothing else is said: mpremote takes minutes for a round of all cases.
    pub(super) fn runs(self) -> usize {
        match self {
            Self::Boardside | Self::Mpytool => 3,
            Self::Mpremote => 1,
        }
    }

    /// Only Boardside is asked what a small board does to it.
    pub(super) fn takes(self, line: Line) -> bool {
        self == Self::Boardside || !matches!(line, Line::SmallHeap | Line::Microbit)
    }
}

/// The two peers, installed.
pub(super) struct Programs {
    pub(super) tools: Tools,
    mpytool: PathBuf,
}

impl Programs {
    /// Installs them below `home` unless they are there.
    pub(super) fn install(home: &Path) -> Result<Self, String> {
        let tell = &mut |line: &str| eprintln!("setup: {line}");
        let tools = Tools::install(home, tell).map_err(|error| error.to_string())?;
        let venv_home = home.join("mpytool-2.6.0");
        venv(&venv_home, &MPYTOOL)?;
        Ok(Self {
            tools,
            mpytool: venv_home.join("bin/mpytool"),
        })
    }

    /// The command that brings the board to what is in `folder`. A peer does not see that a folder was renamed:
    /// who uses it copies the new one and removes the old one.
    pub(super) fn command(
        &self,
        tool: Tool,
        boardside: &Path,
        case: Case,
        line: Line,
        address: &str,
        folder: &Path,
    ) -> Command {
        let baud = line.baud().unwrap_or(115_200).to_string(); // a port without a speed takes any
        let removed = format!(":{OLD_FOLDER}");
        match tool {
            Tool::Boardside => {
                let mut command = Command::new(boardside);
                command.args(["sync", "--json", "--baud", &baud, "-d", address]);
                command.arg(folder);
                command
            }
            // `resume`: without the soft reset that would come first. Its own speed is fixed, which a
            // pseudo-terminal does not mind. Without the dot it makes a folder `project` on the board.
            Tool::Mpremote => {
                let mut command = self.tools.mpremote();
                command.args(["connect", address, "resume", "fs", "cp", "-r"]);
                command.arg(folder.join(".")).arg(":/");
                if case == Case::Renamed {
                    command.args(["+", "fs", "rm", "-r", &removed]);
                }
                command
            }
            // The slash at the end: what is in the folder, not the folder.
            Tool::Mpytool => {
                let mut command = Command::new(&self.mpytool);
                command.args(["-p", address, "-b", &baud, "cp"]);
                command.arg(folder.join("")).arg(":/");
                if case == Case::Renamed {
                    command.args(["--", "rm", &removed]);
                }
                command
            }
        }
    }
}
