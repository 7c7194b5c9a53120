//! One run of one verb over a bad line, looked at from all sides, and then a sync over a good one.
//! Which runs there are, `noise` says.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use boardside::virtual_board::Faults;
use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;
use serde_json::Value;
use tempfile::TempDir;

use super::Verb;
use crate::boards;
use crate::workspace::Workspace;

type Files = BTreeMap<String, Vec<u8>>;

/// Whoever works longer than this counts as hanging; giving up takes about 30 s.
const LIMIT: &str = "120";

/// What became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    Right,
    Refused(String),
    Wrong(String),
}

/// Before the edit; what every verb but the first sync finds on the board.
fn old() -> Files {
    let text = |line: &str, times| line.repeat(times).into_bytes();
    Files::from([
        ("/main.py".to_owned(), b"print('old')\n".to_vec()),
        (
            "/big.py".to_owned(),
            (0..700)
                .flat_map(|n| format!("VALUE_{n} = {}\n", n * 7919 % 1000).into_bytes())
                .collect(),
        ),
        ("/lib/moves.py".to_owned(), text("# this file moves\n", 60)),
        (
            "/lib/all bytes.bin".to_owned(),
            (0..=255).cycle().take(2000).collect(),
        ),
        ("/empty.txt".to_owned(), Vec::new()),
        ("/gone/away.py".to_owned(), b"GONE = 1\n".to_vec()),
    ])
}

/// A delta, a new file, a rename and a removal.
fn new() -> Files {
    let mut files = old();
    let big = String::from_utf8(files["/big.py"].clone()).unwrap();
    files.insert(
        "/big.py".to_owned(),
        big.replace("VALUE_350 = ", "CHANGED = 1 + ").into_bytes(),
    );
    files.insert("/added.bin".to_owned(), noise(3000));
    let moved = files.remove("/lib/moves.py").unwrap();
    files.insert("/lib/moved.py".to_owned(), moved);
    files.remove("/gone/away.py");
    files
}

/// Nothing compresses it.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

/// A flash with the old project on it, made once.
pub(super) struct Ground {
    folder: TempDir,
    cache: PathBuf,
}

impl Ground {
    pub(super) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let cache = folder.path().join("cache");
        let workspace = workspace(&old());
        let board = boards::start(&profile(&folder.path().join("flash"), Faults::default()));
        let ran = workspace.sync(board.address(), &[]);
        assert_eq!(ran.exit, 0, "{ran:?}");
        let from = workspace.cache();
        copy_folder(from, &cache);
        Self { folder, cache }
    }

    /// A fresh workspace that knows what a machine that has synced this knows.
    fn workspace(&self, files: &Files) -> Workspace {
        let workspace = workspace(files);
        copy_folder(&self.cache, workspace.cache());
        workspace
    }
}

fn copy_folder(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}

fn workspace(files: &Files) -> Workspace {
    let workspace = Workspace::new(&[]);
    for (path, content) in files {
        workspace.write(&path[1..], content);
    }
    workspace
}

fn profile(image: &Path, faults: Faults) -> Profile {
    Profile {
        image: Some(image.to_owned()),
        faults,
        ..boards::fast()
    }
}

fn on_board(board: &VirtualBoard) -> Files {
    let mut files = board.files().unwrap();
    files.retain(|path, _| !path.starts_with("/.boardside") && !path.ends_with('/'));
    files
}

/// One run of a verb over a bad line, looked at from all sides, and then a sync over a good one.
pub(super) fn run(ground: &Ground, verb: Verb, faults: Faults) -> (Outcome, Duration) {
    let folder = TempDir::new().unwrap();
    let image = folder.path().join("flash");
    if verb != Verb::First {
        fs::copy(ground.folder.path().join("flash"), &image).unwrap();
    }
    let wanted = if verb == Verb::Edit { new() } else { old() };
    let (before, after) = match verb {
        Verb::First => (Files::new(), wanted.clone()),
        Verb::Put => {
            let mut after = old();
            after.insert("/new/put.bin".to_owned(), noise(3000));
            (old(), after)
        }
        Verb::Edit => (old(), wanted.clone()),
        _ => (old(), old()),
    };
    let workspace = match verb {
        Verb::First => workspace(&wanted),
        _ => ground.workspace(&wanted),
    };
    let board = boards::start(&profile(&image, faults));
    let landing = folder.path().join("landing");
    fs::create_dir(&landing).unwrap();
    let sent = folder.path().join("put.bin");
    fs::write(&sent, noise(3000)).unwrap();
    let sent = sent.to_str().unwrap();
    let arguments: &[&str] = match verb {
        Verb::First | Verb::Edit => &["sync"],
        Verb::Put => &["put", sent, ":/new/"],
        Verb::Get => &["get", "-r", ":/", landing.to_str().unwrap()],
        Verb::Cat => &["cat", "/big.py", "/lib/all bytes.bin"],
        Verb::Pull => &["pull", landing.to_str().unwrap()],
        Verb::Ls => &["ls", "-r"],
    };
    let start = Instant::now();
    let (exit, events, stderr) = limited(&workspace, arguments, board.address());
    let took = start.elapsed();
    drop(board);
    let board = boards::start(&profile(&image, Faults::default()));
    let found = on_board(&board);
    let last = events.last().cloned().unwrap_or_default();
    let wrong = |what: &str| {
        (
            Outcome::Wrong(format!("{what}: exit {exit}, {last}, {stderr}")),
            took,
        )
    };
    if found != before && found != after {
        // Before anybody reconnects: what was told to commit has been carried out.
        return wrong(&format!("the board holds neither project: {:?}", found.keys()));
    }
    let landed = landed(&landing);
    match exit {
        0 => {
            let right = is_right(verb, found == after, &landed, &events);
            if !right {
                return wrong("exit 0 and not right");
            }
        }
        4 | 6 => {
            let said = |field: &str| last[field].as_str().is_some_and(|text| text.len() > 3);
            if !(said("code") && said("message") && said("help")) {
                return wrong("an error that does not say enough");
            }
        }
        124 => return wrong("it hangs"),
        _ => return wrong("another exit code"),
    }
    if let Some((path, _)) = landed
        .iter()
        .find(|(path, content)| old().get(*path) != Some(content))
    {
        return wrong(&format!("a wrong file here: {path}"));
    }
    let known = old();
    if contents(&events)
        .iter()
        .any(|content| !known.values().any(|known| known == content))
    {
        return wrong("wrong content was shown");
    }
    let again = workspace.sync(board.address(), &[]);
    let mut there = wanted;
    there.extend(
        found
            .get("/new/put.bin")
            .map(|content| ("/new/put.bin".to_owned(), content.clone())),
    );
    if again.exit != 0 || on_board(&board) != there {
        return wrong(&format!("the next sync does not converge: {again:?}"));
    }
    let outcome = match exit {
        0 => Outcome::Right,
        _ => Outcome::Refused(last["code"].as_str().unwrap_or_default().to_owned()),
    };
    (outcome, took)
}

/// After exit code 0.
fn is_right(verb: Verb, is_on_board: bool, landed: &Files, events: &[Value]) -> bool {
    let old = old();
    match verb {
        Verb::First | Verb::Edit | Verb::Put => is_on_board,
        Verb::Get | Verb::Pull => *landed == old,
        Verb::Cat => contents(events) == [old["/big.py"].clone(), old["/lib/all bytes.bin"].clone()],
        Verb::Ls => {
            let size = |(path, content): (&String, &Vec<u8>)| (path.clone(), content.len() as u64);
            listed(events) == old.iter().map(size).collect()
        }
    }
}

/// The program with a limit of time: exit code 124.
fn limited(workspace: &Workspace, arguments: &[&str], address: &str) -> (i32, Vec<Value>, String) {
    let plain = workspace.command();
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", LIMIT]).arg(plain.get_program());
    command.current_dir(workspace.path());
    for (name, value) in plain.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command
        .args(arguments)
        .args(["-d", address, "--json"])
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let events = stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    (
        output.status.code().unwrap_or(-1),
        events,
        String::from_utf8_lossy(&output.stderr).into_owned(),
    )
}

fn landed(folder: &Path) -> Files {
    let mut files = Files::new();
    let mut todo = vec![folder.to_owned()];
    while let Some(at) = todo.pop() {
        for entry in fs::read_dir(at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else {
                let name = path.strip_prefix(folder).unwrap().display();
                files.insert(format!("/{name}"), fs::read(&path).unwrap());
            }
        }
    }
    files
}

fn contents(events: &[Value]) -> Vec<Vec<u8>> {
    let shown = events.iter().filter(|event| event["event"] == "content");
    shown
        .map(|event| STANDARD.decode(event["base64"].as_str().unwrap()).unwrap())
        .collect()
}

fn listed(events: &[Value]) -> BTreeMap<String, u64> {
    let entries = events.iter().filter(|event| event["kind"] == "file");
    entries
        .map(|event| {
            (
                event["path"].as_str().unwrap().to_owned(),
                event["bytes"].as_u64().unwrap(),
            )
        })
        .collect()
}
