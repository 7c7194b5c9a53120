//! Every error code is made to happen, and read as a user would: what happened, what to do, in words.
//! What each scenario leaves behind on a board is the business of the other chapters.

mod board;
mod editor;
mod far;
mod line;
mod ota;
mod packages;
mod peer;
mod project;
mod values;

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use boardside::session::Explained;
use serde_json::Value;

use crate::desk::Desk;

/// What a user is told.
#[derive(Clone, Debug)]
pub(super) struct Told {
    pub(super) code: String,
    /// `None` where no process ended.
    pub(super) exit: Option<i32>,
    pub(super) message: String,
    pub(super) help: String,
}

/// How a code is made to happen.
#[derive(Clone, Copy)]
pub(super) enum How {
    /// By the program: a process, or the language server.
    Real(fn() -> Told),
    /// From the error value, because this cannot be made to happen here; and why not.
    Value(fn() -> Explained, &'static str),
}

pub(super) type Scenario = (&'static str, How);

impl Told {
    /// What a run of the program with `--json` ended with.
    #[track_caller]
    pub(super) fn by(desk: &Desk, args: &[&str]) -> Self {
        let run = desk.run(&[args, &["--json"]].concat());
        Self::of(&run.last(), Some(run.code))
    }

    /// The same where the system has no keychain, and the environment no password.
    #[track_caller]
    pub(super) fn by_without_keychain(desk: &Desk, args: &[&str]) -> Self {
        let mut command = desk.command(&[args, &["--json"]].concat());
        command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");
        let output = command.env_remove("BOARDSIDE_PASSWORD").output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let last = text.lines().last().expect("there is a line");
        Self::of(&serde_json::from_str(last).unwrap(), output.status.code())
    }

    /// `exit` is that of the process.
    pub(super) fn of(error: &Value, exit: Option<i32>) -> Self {
        let text = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        Self {
            code: text("code"),
            exit,
            message: text("message"),
            help: text("help"),
        }
    }

    fn explained(why: &Explained) -> Self {
        Self {
            code: why.code.to_owned(),
            exit: Some(i32::from(why.exit as u8)),
            message: why.message.clone(),
            help: why.help.clone(),
        }
    }
}

fn all() -> Vec<Scenario> {
    [
        line::SCENARIOS,
        far::SCENARIOS,
        packages::SCENARIOS,
        ota::SCENARIOS,
        board::SCENARIOS,
        project::SCENARIOS,
        editor::SCENARIOS,
    ]
    .concat()
}

/// Tries all of them, and says everything that is wrong.
fn try_each(scenarios: &[Scenario]) {
    let faults: Vec<String> = scenarios.iter().flat_map(try_one).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// The same at once, for those that mostly wait.
fn try_all(scenarios: &[Scenario]) {
    let faults: Vec<String> = std::thread::scope(|scope| {
        let running: Vec<_> = scenarios.iter().map(|one| scope.spawn(|| try_one(one))).collect();
        running.into_iter().flat_map(|one| one.join().unwrap()).collect()
    });
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// What is wrong with what it tells.
fn try_one((code, how): &Scenario) -> Vec<String> {
    let told = match how {
        How::Real(scenario) => scenario(),
        How::Value(make, why) => {
            eprint!("(not for real: {why}) ");
            Told::explained(&make())
        }
    };
    eprintln!("{code}: {}\n    {}", told.message, told.help);
    if told.code != *code {
        return vec![format!("{code}: it was another error: {told:?}")];
    }
    let mut faults = reads_badly(&told);
    let mut rows = rows();
    let Some(row) = rows.remove(*code) else {
        faults.push(format!("{code}: protocol.md does not tell it"));
        return faults;
    };
    if told.exit.is_some_and(|exit| row.exit != exit.to_string()) {
        faults.push(format!("{code}: another exit code than {}: {told:?}", row.exit));
    }
    if !row.help.split(" · ").any(|help| fits(help, &told.help)) {
        let (said, help) = (&row.help, &told.help);
        faults.push(format!(
            "{code}: the document says {said:?}, the program {help:?}"
        ));
    }
    faults
}

#[test]
fn what_can_happen_on_the_way_to_a_board() {
    try_all(line::SCENARIOS);
}

#[test]
fn what_can_happen_on_the_way_to_another_machine() {
    try_all(far::SCENARIOS);
}

#[test]
fn what_a_board_can_refuse() {
    try_each(board::SCENARIOS);
}

#[test]
fn what_can_be_wrong_with_a_project() {
    try_each(project::SCENARIOS);
}

#[test]
fn what_can_be_wrong_with_a_package() {
    try_each(packages::SCENARIOS);
}

#[test]
fn what_can_be_wrong_with_releases() {
    try_all(ota::SCENARIOS);
}

#[test]
fn what_an_editor_can_ask_wrongly() {
    try_each(editor::SCENARIOS);
}

#[test]
fn every_code_has_a_scenario_and_a_row_in_the_document() {
    let scenarios: BTreeSet<String> = all().iter().map(|(code, _)| (*code).to_owned()).collect();
    assert_eq!(scenarios.len(), all().len(), "a code has two scenarios");
    assert_eq!(
        scenarios,
        said(),
        "codes with a scenario, and codes of the sources"
    );
    let told: BTreeSet<String> = rows().into_keys().collect();
    assert_eq!(told, said(), "codes of protocol.md, and codes of the sources");
    let real = all()
        .iter()
        .filter(|(_, how)| matches!(how, How::Real(_)))
        .count();
    eprintln!(
        "{} codes, {real} of them made to happen for real",
        scenarios.len()
    );
}

#[test]
fn every_kind_of_error_reads_well() {
    let told = values::explained()
        .iter()
        .map(Told::explained)
        .collect::<Vec<_>>();
    let faults: Vec<String> = told.iter().flat_map(reads_badly).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Codes of the sources: `words("a.code", …`, `code: "a.code", …`.
fn said() -> BTreeSet<String> {
    let mut said = BTreeSet::new();
    let mut todo = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(path) = todo.pop() {
        if path.is_dir() {
            todo.extend(fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for mark in ["words(", "code: "] {
            let codes = text.split(mark).skip(1).filter_map(|rest| {
                let rest = rest.trim_start().strip_prefix('"')?;
                rest.split('"').next()
            });
            said.extend(codes.map(str::to_owned));
        }
    }
    said
}

struct Row {
    exit: String,
    help: String,
}

/// The table of protocol.md.
fn rows() -> BTreeMap<String, Row> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = fs::read_to_string(root.join("protocol.md")).unwrap();
    let (_, rest) = text.split_once("<!-- codes:").expect("protocol.md has the table");
    let (table, _) = rest.split_once("<!-- end of codes").unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    rows.map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [code, exit, cause, help] = cells[..] else {
            panic!("not four cells: {line}");
        };
        assert!(cause.len() > 8 && help.len() > 8, "{line}");
        let row = Row {
            exit: exit.to_owned(),
            help: help.to_owned(),
        };
        (code.trim_matches('`').to_owned(), row)
    })
    .collect()
}

/// `…` in the document stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    let mut rest = text;
    let mut parts = pattern.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(after) = rest.strip_prefix(first) else {
        return false;
    };
    rest = after;
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.is_empty() || pattern.ends_with('…')
}

/// What is wrong with how it reads.
fn reads_badly(told: &Told) -> Vec<String> {
    let Told {
        code, message, help, ..
    } = told;
    let mut faults = Vec::new();
    for (what, text) in [("message", message), ("help", help)] {
        let mut say = |why: &str| faults.push(format!("{code}: the {what} {why}: {text}"));
        let nothing = [
            "failed",
            "error",
            "an error",
            "unknown error",
            "it failed",
            "sync failed",
        ];
        let words = text.split_whitespace().count();
        if nothing.contains(&text.as_str()) || words < 2 && text != "cancelled" {
            say("says nothing");
        }
        // A traceback is Python's.
        if code == "python.raised" && what == "message" {
            continue;
        }
        let named = ["Boardside", "MicroPython", "CircuitPython"]
            .iter()
            .any(|name| text.starts_with(name));
        if text.starts_with(char::is_uppercase) && !named {
            say("begins like a sentence");
        }
        if text.ends_with(['.', ' ', '\n', ':', ';', ',']) {
            say("does not end as a line does");
        }
        let debug = [
            "Some(", "None)", "Os {", "Err(", "\\\"", "Custom {", "PathBuf", "{}", "  ",
        ];
        if debug.iter().any(|debug| text.contains(debug)) {
            say("is for programmers");
        }
    }
    let words = |c: char| !c.is_alphanumeric() && c != '-';
    // To look is something to do, too.
    let verb = help.contains("`boardside ") || help.contains("boardside --help");
    if !verb && !help.split(words).any(|word| DEEDS.contains(&word)) {
        faults.push(format!("{code}: the help names nothing to do: {help}"));
    }
    faults
}

/// What a help asks for.
const DEEDS: [&str; 40] = [
    "add",
    "check",
    "choose",
    "chmod",
    "close",
    "diff",
    "end",
    "fetch",
    "get",
    "give",
    "keep",
    "leave",
    "let",
    "look",
    "make",
    "mend",
    "move",
    "name",
    "open",
    "plug",
    "press",
    "put",
    "record",
    "remove",
    "rename",
    "reset",
    "rm",
    "run",
    "save",
    "soft-reset",
    "stop",
    "sync",
    "take",
    "try",
    "unplug",
    "update",
    "use",
    "usermod",
    "wait",
    "write",
];
