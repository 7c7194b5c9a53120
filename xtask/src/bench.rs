//! `cargo xtask bench`: Boardside, mpremote and mpytool side by side, one after another, on the same virtual board.
//! With `--editor`: `boardside lsp` with an editor that saves. Measures whole processes from outside; knows nothing of
//! how any of them works.

mod editor;
mod project;
mod table;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

use boardside::virtual_board::Firmware;
use boardside::virtual_board::Kind;
use boardside::virtual_board::Profile;
use boardside::virtual_board::Tools;
use boardside::virtual_board::VirtualBoard;

use crate::run::cargo;
use crate::run::finish;
use crate::setup::venv;
use project::Files;
use project::Project;

const MPYTOOL: [&str; 2] = ["mpytool==2.6.0", "pyserial==3.5"];
/// What Boardside keeps on the board for itself.
const OWN_FOLDER: &str = "/.boardside/";

const TOOLS: [Tool; 3] = [Tool::Boardside, Tool::Mpremote, Tool::Mpytool];

/// Who copies.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tool {
    Boardside,
    Mpremote,
    Mpytool,
}

impl Tool {
    fn name(self) -> &'static str {
        match self {
            Self::Boardside => "Boardside",
            Self::Mpremote => "mpremote 1.29.0",
            Self::Mpytool => "mpytool 2.6.0",
        }
    }
}

/// What there is to copy; in this order on one board.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Case {
    First,
    Unchanged,
    OneLine,
}

const CASES: [Case; 3] = [Case::First, Case::Unchanged, Case::OneLine];

/// One process, from its start to its end.
struct Sample {
    time: Duration,
    /// Bytes to the board and from it, where the tool says so.
    bytes: Option<(u64, u64)>,
}

type Samples = BTreeMap<(Case, Tool), Vec<Sample>>;

/// How often, and how fast the line is.
struct Options {
    /// `None`: as often as is usual.
    runs: Option<usize>,
    baud: u32,
    editor: bool,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self {
            runs: None,
            baud: 115_200,
            editor: false,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--quick" => options.runs = Some(1),
                "--editor" => options.editor = true,
                "--baud" => {
                    let number = arguments.next().and_then(|text| text.parse().ok());
                    options.baud = number
                        .filter(|baud| *baud > 0)
                        .ok_or("--baud wants bits per second")?;
                }
                other => return Err(format!("bench does not know {other}")),
            }
        }
        Ok(options)
    }
}

/// Measures, prints the table and keeps it as `target/bench/bench.md`.
#[allow(clippy::print_stdout)] // the table is what the command is for
pub(crate) fn run(arguments: &[String], root: &Path) -> Result<(), String> {
    let options = Options::parse(arguments)?;
    let bench = Bench::set_up(root, &options)?;
    let (text, name) = if options.editor {
        (editor::measure(&bench, options.runs)?, "editor.md")
    } else {
        (side_by_side(&bench, options.runs.unwrap_or(3))?, "bench.md")
    };
    let file = bench.folder.join(name);
    fs::write(&file, &text).map_err(|error| format!("writing {}: {error}", file.display()))?;
    println!("{text}");
    Ok(())
}

/// The table of the three tools.
fn side_by_side(bench: &Bench, runs: usize) -> Result<String, String> {
    venv(&bench.mpytool, &MPYTOOL)?;
    let mpytool = bench.mpytool.join("bin/mpytool");
    let mut samples = Samples::new();
    for run in 0..runs {
        // Each in turn, so that a busy minute of the machine meets all of them.
        for tool in TOOLS {
            eprintln!("bench: {} of {}: {}", run + 1, runs, tool.name());
            bench
                .one_board(tool, &mpytool, &mut samples)
                .map_err(|error| format!("{}: {error}", tool.name()))?;
        }
    }
    Ok(table::markdown(&samples, &bench.project, bench.baud))
}

/// Everything that is there before the first measurement.
struct Bench {
    folder: PathBuf,
    boardside: PathBuf,
    /// Where it is installed when it is needed.
    mpytool: PathBuf,
    tools: Tools,
    firmware: Firmware,
    project: Project,
    baud: u32,
}

impl Bench {
    fn set_up(root: &Path, options: &Options) -> Result<Self, String> {
        let target = root.join("target");
        let folder = target.join("bench");
        let tell = &mut |line: &str| eprintln!("setup: {line}");
        let firmware = Firmware::install(Kind::Unix, &target, tell).map_err(|error| error.to_string())?;
        let tools = Tools::install(&target.join("tools"), tell).map_err(|error| error.to_string())?;
        let project = Project::fetch(&tools, &folder)?;
        eprintln!("setup: building Boardside (release)");
        finish(&mut cargo(&["build", "--release", "--quiet"]))?;
        Ok(Self {
            boardside: target.join("release/boardside"),
            folder,
            mpytool: target.join("tools/mpytool-2.6.0"),
            tools,
            firmware,
            project,
            baud: options.baud,
        })
    }

    /// All cases of one tool, on a board of its own that is empty at first.
    fn one_board(&self, tool: Tool, mpytool: &Path, samples: &mut Samples) -> Result<(), String> {
        let board = self.board(Some(self.baud))?;
        let before = board.files().map_err(|error| error.to_string())?;
        let folder = self.folder.join("project");
        let mut wanted = self.project.files.clone();
        project::write(&folder, &wanted)?;
        for case in CASES {
            if case == Case::OneLine {
                project::edit(&folder, &mut wanted)?;
            }
            let sample = measure(self.command(tool, mpytool, board.address(), &folder), tool)?;
            let held = board.files().map_err(|error| error.to_string())?; // read from outside
            same(&held, &before, &wanted)?;
            samples.entry((case, tool)).or_default().push(sample);
        }
        Ok(())
    }

    /// A fresh board, empty but for what booting needs; without `baud` its line is as fast as it goes.
    fn board(&self, baud: Option<u32>) -> Result<VirtualBoard, String> {
        let profile = Profile {
            baud,
            ..Profile::unix()
        };
        VirtualBoard::spawn(&profile, &self.firmware).map_err(|error| error.to_string())
    }

    /// The same words for every case, as a user types them.
    fn command(&self, tool: Tool, mpytool: &Path, address: &str, folder: &Path) -> Command {
        let baud = self.baud.to_string();
        match tool {
            Tool::Boardside => {
                let mut command = Command::new(&self.boardside);
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
                command
            }
            // The slash at the end: what is in the folder, not the folder.
            Tool::Mpytool => {
                let mut command = Command::new(mpytool);
                command.args(["-p", address, "-b", &baud, "cp"]);
                command.arg(folder.join("")).arg(":/");
                command
            }
        }
    }
}

/// Runs a tool to its end; what it says goes to pipes, as to an editor.
fn measure(mut command: Command, tool: Tool) -> Result<Sample, String> {
    let start = Instant::now();
    let said = finish(&mut command)?;
    let time = start.elapsed();
    let bytes = if tool == Tool::Boardside {
        Some(sent_and_received(&said).ok_or("its last line does not say what was sent")?)
    } else {
        None
    };
    Ok(Sample { time, bytes })
}

/// From the event `synced`, the last line of `sync --json`.
fn sent_and_received(said: &str) -> Option<(u64, u64)> {
    let synced: serde_json::Value = serde_json::from_str(said.lines().last()?).ok()?;
    Some((synced["bytes_sent"].as_u64()?, synced["bytes_received"].as_u64()?))
}

/// The board holds the files of the project, what it held before, and nothing else but Boardside's own.
fn same(held: &Files, before: &Files, wanted: &Files) -> Result<(), String> {
    let mut expected = before.clone();
    expected.extend(wanted.clone());
    let paths: BTreeSet<&String> = held.keys().chain(expected.keys()).collect();
    let wrong = paths.into_iter().find(|path| {
        let counts = !path.ends_with('/') && !path.starts_with(OWN_FOLDER); // folders have no content
        counts && held.get(*path) != expected.get(*path)
    });
    match wrong {
        None => Ok(()),
        Some(path) => Err(format!("{path} on the board is not what the project says")),
    }
}
