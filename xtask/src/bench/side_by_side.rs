//! Runs the tools, each in turn on a board of its own, and looks at the board after each run.
//! Makes no tables.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use boardside::virtual_board::Status;
use boardside::virtual_board::VirtualBoard;

use super::Bench;
use super::case::Case;
use super::figures::Content;
use super::figures::Figures;
use super::figures::Sample;
use super::line::Line;
use super::options::Options;
use super::project;
use super::project::Files;
use super::raw_repl;
use super::tool::Tool;
use crate::run::finish;

/// What Boardside keeps on the board for itself.
const OWN_FOLDER: &str = "/.boardside/";
/// Where there are no folders.
const OWN_FILE: &str = "/boardside.manifest";
/// What was on the line when the tool ended has arrived.
const AFTERWARDS: Duration = Duration::from_millis(200);
/// No tool takes so long for one case.
const LIMIT: Duration = Duration::from_mins(10);

/// One comparison.
pub(super) struct Beside<'a> {
    bench: &'a Bench,
    options: &'a Options,
    folder: PathBuf,
    /// The home folder of whoever runs the tools: they find what they kept there since the first sync.
    home: PathBuf,
}

impl<'a> Beside<'a> {
    pub(super) fn new(bench: &'a Bench, options: &'a Options) -> Result<Self, String> {
        let beside = Self {
            bench,
            options,
            folder: bench.folder.join("project"),
            home: bench.folder.join("home"),
        };
        for tool in &options.tools {
            // A program that was never read from the disk is slower.
            let command = beside.command(*tool, Case::First, Line::Usb, "");
            finish(Command::new(command.get_program()).arg("--help"))?;
        }
        Ok(beside)
    }

    /// Replaces what `figures` has of all that is measured; answers what failed.
    pub(super) fn measure(&self, figures: &mut Figures) -> Vec<String> {
        figures.processors = thread::available_parallelism().map_or(1, |number| number.get() as u64);
        let options = self.options;
        figures.samples.retain(|(line, case, tool), _| {
            let measured =
                options.lines.contains(line) && options.cases.contains(case) && options.tools.contains(tool);
            !measured
        });
        let most = options.tools.iter().map(|tool| self.runs(*tool)).max();
        let mut failed = Vec::new();
        for run in 0..most.unwrap_or_default() {
            for line in &options.lines {
                // Each in turn, so that a busy minute of the machine meets all of them.
                for tool in &options.tools {
                    if run >= self.runs(*tool) || !tool.takes(*line) {
                        continue;
                    }
                    eprintln!("bench: run {}, {}: {}", run + 1, line.name(), tool.name());
                    let done = self.boards(*tool, *line, figures);
                    if let Err(error) = done {
                        let error = format!("{}, {}: {error}", tool.name(), line.name());
                        eprintln!("bench: FAILED: {error}");
                        failed.push(error);
                    }
                }
            }
        }
        failed
    }

    fn runs(&self, tool: Tool) -> usize {
        self.options.runs.unwrap_or(tool.runs())
    }

    /// All cases of one tool, on boards that are empty at first.
    fn boards(&self, tool: Tool, line: Line, figures: &mut Figures) -> Result<(), String> {
        let mut cases = self.options.cases.clone();
        cases.retain(|case| case.is_of(line));
        cases.sort();
        if line == Line::Microbit && !cases.is_empty() {
            let board = self.bench.board(line)?;
            let rate = raw_repl::carries(board.address())?;
            let best = figures.raw_repl.unwrap_or_default().max(rate); // a busy machine emulates slowly
            figures.raw_repl = Some(best);
        }
        if cases.first().is_some_and(|case| !case.begins()) {
            cases.insert(0, Case::First); // without it there is nothing to be changed
        }
        for cases in cases.chunk_by(|_, next| !next.begins()) {
            self.board(tool, line, cases, figures)?;
        }
        Ok(())
    }

    /// These cases of one tool on a board that is empty at first, for a user who never used a tool before.
    fn board(&self, tool: Tool, line: Line, cases: &[Case], figures: &mut Figures) -> Result<(), String> {
        let _ = fs::remove_dir_all(&self.home);
        fs::create_dir_all(&self.home).map_err(|error| format!("making {}: {error}", self.home.display()))?;
        let board = self.bench.board(line)?;
        let before = board.files().map_err(|error| error.to_string())?;
        let mut wanted = Files::new();
        for case in cases {
            let content = case.prepare(&self.bench.project, &self.folder, &mut wanted)?;
            let sample = self
                .sample(tool, *case, line, &board, &before, &wanted)
                .map_err(|error| format!("{}: {error}", case.name()))?;
            if !self.options.cases.contains(case) {
                continue;
            }
            let bytes: usize = content.values().map(Vec::len).sum();
            figures.content.entry(*case).or_insert_with(|| Content {
                files: content.len() as u64,
                bytes: bytes as u64,
                deflated: project::deflated(&content),
            });
            figures
                .samples
                .entry((line, *case, tool))
                .or_default()
                .push(sample);
        }
        Ok(())
    }

    fn sample(
        &self,
        tool: Tool,
        case: Case,
        line: Line,
        board: &VirtualBoard,
        before: &Files,
        wanted: &Files,
    ) -> Result<Sample, String> {
        let start = board.status();
        let time = measure(self.command(tool, case, line, board.address()))?;
        thread::sleep(AFTERWARDS);
        let end = board.status();
        let held = board.files().map_err(|error| error.to_string())?; // not by the tool
        same(&held, before, wanted)?;
        let passed = |count: fn(&Status) -> u64| count(&end) - count(&start);
        Ok(Sample {
            time,
            sent: passed(|status| status.to_board),
            received: passed(|status| status.to_host),
            round_trips: passed(|status| status.round_trips),
        })
    }

    fn command(&self, tool: Tool, case: Case, line: Line, address: &str) -> Command {
        let programs = &self.bench.programs;
        let boardside = &self.bench.boardside;
        let mut command = programs.command(tool, boardside, case, line, address, &self.folder);
        command.env("HOME", &self.home);
        for variable in ["XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"] {
            command.env_remove(variable);
        }
        command
    }
}

/// Runs a tool to its end; what it says goes to pipes, as to an editor.
fn measure(mut command: Command) -> Result<Duration, String> {
    let line = format!("{command:?}");
    let (done, ended) = mpsc::channel();
    thread::spawn(move || {
        let start = Instant::now();
        let said = finish(&mut command);
        let _ = done.send(said.map(|_| start.elapsed()));
    });
    let ended = ended.recv_timeout(LIMIT);
    ended.map_err(|_| format!("{line} did not end within {} s", LIMIT.as_secs()))?
}

/// The board holds the files of the project, what it held before, and nothing else but Boardside's own.
pub(super) fn same(held: &Files, before: &Files, wanted: &Files) -> Result<(), String> {
    let mut expected = before.clone();
    expected.extend(wanted.clone());
    let paths: BTreeSet<&String> = held.keys().chain(expected.keys()).collect();
    let wrong = paths.into_iter().find(|path| {
        let counts = !path.ends_with('/') && !path.starts_with(OWN_FOLDER) && *path != OWN_FILE; // folders have no content
        counts && held.get(*path) != expected.get(*path)
    });
    match wrong {
        None => Ok(()),
        Some(path) => Err(format!("{path} on the board is not what the project says")),
    }
}
