//! `cargo xtask bench --editor`: `boardside lsp` from a save to the verified board, with clients that behave badly, and
//! idle. Talks to it as editors do; knows nothing of its inside.

use std::fs;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use boardside::virtual_board::VirtualBoard;
use serde_json::Value;
use serde_json::json;

use super::Bench;
use super::line::Line;
use super::project;
use super::project::EDITED;
use super::project::Files;
use super::side_by_side::same;
use super::table::thousands;
use crate::editor_client::Client;
use crate::editor_client::uri;
use crate::process::usage;

const LINES: [Line; 3] = [Line::Baud(115_200), Line::Baud(921_600), Line::Usb];
/// From a save to the verified board, at most: milliseconds.
const GOALS: [(Line, u64); 2] = [(LINES[0], 250), (LINES[1], 80)];
/// The line of all that is not about saves.
const SLOW: Line = LINES[0];
/// A file of about 2 kB.
const SMALL: &str = "/tests/test_multidict.py";
/// Between two saves: what comes after a sync is over.
const PAUSE: Duration = Duration::from_millis(700);
const SAVES: usize = 5_000;
/// Their answers are several times what a pipe holds.
const QUESTIONS: usize = 2_000;
/// A client that does not read reads again after so long: a sync takes a third of it.
const DEAF: Duration = Duration::from_secs(18);
const IDLE: Duration = Duration::from_secs(30);

/// How an editor treats its server during a sync.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Manners {
    Good,
    Mute,
    Flood,
    Deaf,
}

const MANNERS: [(Manners, &str); 4] = [
    (Manners::Good, "answers and reads"),
    (Manners::Mute, "answers nothing that the server asks"),
    (Manners::Flood, "sends 5,000 `didSave` meanwhile"),
    (Manners::Deaf, "sends 2,000 questions meanwhile and reads nothing"),
];

/// One save: milliseconds as the log says them, and what `boardside/jobDone` says was on the line.
struct Saved {
    ms: u64,
    sent: u64,
    received: u64,
    trips: u64,
}

/// All of it, as Markdown; `runs` of each, or as often as is usual.
pub(super) fn measure(bench: &Bench, runs: Option<usize>) -> Result<String, String> {
    let mut text = saves(bench, runs.unwrap_or(5))?;
    text += &bad_clients(bench, runs.unwrap_or(3))?;
    text += &idle(bench)?;
    Ok(text)
}

fn saves(bench: &Bench, runs: usize) -> Result<String, String> {
    let mut rows = [SMALL, EDITED].map(|file| {
        let size = bench.project.files.get(file).map_or(0, Vec::len);
        format!("| one line of `{}` ({} B) |", &file[1..], thousands(size as u64))
    });
    let mut head = format!("| save → verified, {} files |", bench.project.files.len());
    let mut goals = "\n| a save | at most | is | |\n|---|---|---|---|\n".to_owned();
    for line in LINES {
        let name = line.name();
        eprintln!("bench: saves, {name}");
        head += &format!(" {name} |");
        let mut desk = Desk::open(bench, line, Manners::Good)?;
        desk.sync(Manners::Good)?;
        for (file, row) in [SMALL, EDITED].into_iter().zip(&mut rows) {
            let mut samples = (0..runs)
                .map(|run| desk.save(file, run))
                .collect::<Result<Vec<_>, _>>()?;
            samples.sort_by_key(|saved| saved.ms);
            *row += &format!(" {} |", median(&samples));
            for (_, most) in GOALS.into_iter().filter(|(of, _)| *of == line) {
                let is = samples[samples.len() / 2].ms;
                let met = if is <= most { "met" } else { "**missed**" };
                goals += &format!("| `{}`, {name} | {most} ms | {is} ms | {met} |\n", &file[1..]);
            }
            if line == LINES[LINES.len() - 1] {
                let Saved {
                    sent,
                    received,
                    trips,
                    ..
                } = samples[samples.len() / 2];
                *row += &format!(" {} / {} B, {trips} |\n", thousands(sent), thousands(received));
            }
        }
        desk.check()?;
    }
    head += " sent / received, round trips |\n|---|---|---|---|---|\n";
    Ok(head + &rows.concat() + &goals)
}

fn bad_clients(bench: &Bench, runs: usize) -> Result<String, String> {
    let mut samples = MANNERS.map(|_| Vec::new());
    for run in 0..runs {
        for ((manners, name), samples) in MANNERS.into_iter().zip(&mut samples) {
            eprintln!("bench: {} of {runs}: a client that {name}", run + 1);
            let mut desk = Desk::open(bench, SLOW, manners)?;
            samples.push(desk.sync(manners)?);
            desk.check()?;
        }
    }
    let mut text = "\n| first sync, 115200 baud, with a client that | time |\n|---|---|\n".to_owned();
    for ((_, name), samples) in MANNERS.into_iter().zip(&mut samples) {
        samples.sort_unstable();
        let seconds = |ms: u64| format!("{}.{:02}", ms / 1000, ms % 1000 / 10);
        text += &format!(
            "| {name} | {} s ({} to {}) |\n",
            seconds(samples[runs / 2]),
            seconds(samples[0]),
            seconds(samples[runs - 1])
        );
    }
    Ok(text)
}

fn idle(bench: &Bench) -> Result<String, String> {
    eprintln!("bench: idle");
    let mut desk = Desk::open(bench, SLOW, Manners::Good)?;
    thread::sleep(Duration::from_secs(2));
    let fresh = usage(desk.client.pid())?;
    desk.sync(Manners::Good)?;
    thread::sleep(Duration::from_secs(2)); // what comes after a sync
    let before = usage(desk.client.pid())?;
    thread::sleep(IDLE);
    let after = usage(desk.client.pid())?;
    let seconds = IDLE.as_secs();
    let wakes = (after.wakes - before.wakes) * 10 / seconds;
    let megabytes = |bytes: u64| format!("{}.{} MB", bytes / 1_000_000, bytes % 1_000_000 / 100_000);
    Ok(format!(
        "\n| idle | |\n|---|---|\n| memory, project open | {} |\n| memory, after the first sync | {} |\n| processor, {seconds} s with the board connected | {} ms |\n| wake-ups, all threads | {}.{} a second |\n",
        megabytes(fresh.memory),
        megabytes(before.memory),
        (after.ticks - before.ticks) * 10,
        wakes / 10,
        wakes % 10
    ))
}

/// An editor, its project and a fresh board.
struct Desk<'a> {
    client: Client,
    board: VirtualBoard,
    before: Files,
    folder: PathBuf,
    wanted: Files,
    bench: &'a Bench,
}

impl<'a> Desk<'a> {
    fn open(bench: &'a Bench, line: Line, manners: Manners) -> Result<Self, String> {
        let board = bench.board(line)?;
        let folder = bench.folder.join("project");
        let home = bench.folder.join("home");
        project::write(&folder, &bench.project.files)?;
        let _ = fs::remove_dir_all(&home); // what an earlier server remembers
        let settings = json!({"autoSync": "onSave", "baud": line.baud().unwrap_or(115_200)});
        let settings = (manners != Manners::Mute).then_some(settings);
        Ok(Self {
            client: Client::start(&bench.boardside, &home, &[board.address()], &[&folder], settings)?,
            before: board.files().map_err(|error| error.to_string())?,
            board,
            folder,
            wanted: bench.project.files.clone(),
            bench,
        })
    }

    /// The command, with the client behaving so during it; milliseconds as `boardside/jobDone` says them.
    fn sync(&mut self, manners: Manners) -> Result<u64, String> {
        let mut params = json!({"command": "boardside.sync", "arguments": [{}]});
        if manners != Manners::Mute {
            params["workDoneToken"] = "sync".into(); // else the server asks for one
        }
        self.client.ask("workspace/executeCommand", &params); // its answer is of no interest
        let moves = |params: &Value| !params["value"]["percentage"].is_null();
        match manners {
            Manners::Good | Manners::Mute => {}
            Manners::Flood => {
                self.client.told("$/progress", moves)?;
                let saved = json!({"textDocument": {"uri": self.uri(SMALL)}});
                for _ in 0..SAVES {
                    self.client.notify("textDocument/didSave", &saved);
                }
            }
            Manners::Deaf => {
                self.client.told("$/progress", moves)?;
                self.client.read(false);
                for _ in 0..QUESTIONS {
                    self.client.ask("boardside/boards", &Value::Null);
                }
                thread::sleep(DEAF);
                self.client.read(true);
            }
        }
        let done = self
            .client
            .told("boardside/jobDone", |params| params["automatic"] == false)?;
        let ms = done["result"]["elapsedMs"].as_u64();
        if manners == Manners::Flood {
            // Answered after all the saves were read; the sync that they asked for is told of, too.
            self.client.request("boardside/boards", &Value::Null)?;
            let automatic = |params: &Value| params["automatic"] == true;
            self.client.told("boardside/jobDone", automatic)?;
            let more = self.client.count("boardside/jobDone");
            eprintln!("bench: the saves became {} syncs", more + 1);
        }
        ms.ok_or_else(|| format!("the sync failed: {done}"))
    }

    /// Changes one line, saves, and waits until it is on the board.
    fn save(&mut self, file: &str, run: usize) -> Result<Saved, String> {
        thread::sleep(PAUSE);
        self.client.forget();
        let original = self.bench.project.files.get(file).ok_or("no such file")?;
        let text = String::from_utf8_lossy(original);
        let line = text
            .lines()
            .find(|line| line.starts_with("import ") || line.starts_with("class "));
        let line = line.ok_or_else(|| format!("{file} has no line to change"))?;
        let text = text.replacen(line, &format!("{line}  # changed {run}"), 1);
        project::put(&self.folder.join(&file[1..]), text.as_bytes())?;
        self.wanted.insert(file.to_owned(), text.into_bytes());
        let saved = json!({"textDocument": {"uri": self.uri(file)}});
        self.client.notify("textDocument/didSave", &saved);
        let said = |params: &Value| milliseconds(params).is_some();
        let log = self.client.told("window/logMessage", said)?;
        let done = self.client.told("boardside/jobDone", |_| true)?;
        let number = |field: &str| done["result"][field].as_u64().unwrap_or_default();
        Ok(Saved {
            ms: milliseconds(&log).unwrap_or_default(),
            sent: number("bytesSent"),
            received: number("bytesReceived"),
            trips: number("roundTrips"),
        })
    }

    fn uri(&self, file: &str) -> String {
        uri(&self.folder.join(&file[1..]))
    }

    /// The board, read from outside, holds what the project does.
    fn check(&self) -> Result<(), String> {
        let held = self.board.files().map_err(|error| error.to_string())?;
        same(&held, &self.before, &self.wanted)
    }
}

/// From `saved -> verified on the board in N ms: …`
fn milliseconds(log: &Value) -> Option<u64> {
    let (_, rest) = log["message"].as_str()?.split_once("verified on the board in ")?;
    rest.split_once(" ms")?.0.parse().ok()
}

/// Median (least to most) of what is sorted.
fn median(samples: &[Saved]) -> String {
    let last = samples.len() - 1;
    format!(
        "{} ms ({} to {})",
        thousands(samples[samples.len() / 2].ms),
        thousands(samples[0].ms),
        thousands(samples[last].ms)
    )
}
