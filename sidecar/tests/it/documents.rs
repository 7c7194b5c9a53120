//! The documents say what the program does: verbs, exit codes, settings, error codes and files are those of the sources.
//! Knows nothing of how well they say it.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use boardside::session::Settings;
use boardside::sync::ignore::DEFAULTS;
use boardside::sync::ignore::SECRETS;

const DOCUMENTS: [&str; 5] = [
    "README.md",
    "ARCHITECTURE.md",
    "protocol.md",
    "CONTRIBUTING.md",
    "fixtures/README.md",
];

#[test]
fn the_verbs_are_those_of_the_help() {
    let help = help();
    let listed = between(&help, "Commands:\n", "\n\n");
    let verbs: BTreeSet<String> = listed
        .lines()
        // What is indented deeper is the rest of an explanation.
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next().map(str::to_owned))
        .filter(|verb| verb != "help")
        .collect();
    let mut told: BTreeSet<String> = table("verbs").into_iter().map(|row| row[0].clone()).collect();
    if cfg!(not(unix)) {
        for verb in ["demo", "virtual-board"] {
            told.remove(verb);
        }
    }
    assert_eq!(told, verbs);
}

#[test]
fn the_exit_codes_are_those_of_the_program() {
    let exits: BTreeSet<String> = exits().into_values().collect();
    let told: BTreeSet<String> = table("exits").into_iter().map(|row| row[0].clone()).collect();
    assert_eq!(told, exits);
    // clap breaks lines where it likes.
    let help = help().split_whitespace().collect::<Vec<_>>().join(" ");
    let helped: BTreeSet<String> = between(&help, "Exit codes: ", ".")
        .split(", ")
        .filter_map(|exit| exit.split_whitespace().next())
        .filter(|word| word.chars().all(|c| c.is_ascii_digit()))
        .map(str::to_owned)
        .collect();
    assert_eq!(helped, exits);
}

#[test]
fn the_settings_and_their_defaults_are_those_of_the_program() {
    let source = read("sidecar/src/session/options.rs");
    let fields: Vec<&str> = between(&source, "pub struct Options {\n", "\n}")
        .lines()
        .filter_map(|line| line.trim().strip_prefix("pub ")?.split(':').next())
        .collect();
    let table = table("settings");
    let told: Vec<&str> = table.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(told, fields);

    let settings = Settings::defaults(Path::new("/home/me/blink"));
    let conflict = format!("{:?}", settings.conflict).to_lowercase();
    let defaults = [
        ("after", settings.after.to_string()),
        ("delete", settings.delete.to_string()),
        ("baud", settings.baud.to_string()),
        ("conflict", conflict),
    ];
    for (key, default) in defaults {
        let row = table.iter().find(|row| row[0] == key);
        assert_eq!(row.map(|row| row[2].as_str()), Some(default.as_str()), "{key}");
    }
}

#[test]
fn the_built_in_ignore_rules_are_those_of_the_program() {
    for (mark, rules) in [("ignored", &DEFAULTS[..]), ("secrets", &SECRETS[..])] {
        let told: BTreeSet<String> = marked("README.md", mark)
            .lines()
            .filter(|line| !line.starts_with("```"))
            .flat_map(str::split_whitespace)
            .map(str::to_owned)
            .collect();
        assert_eq!(
            told,
            rules.iter().map(|rule| (*rule).to_owned()).collect(),
            "{mark}"
        );
    }
}

#[test]
fn every_error_code_is_told_with_its_exit_code() {
    let exits = exits();
    let mut said = BTreeMap::new();
    let folder = root().join("sidecar/src/session/explain");
    let explain = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    for path in explain.chain([root().join("sidecar/src/cli/failure.rs")]) {
        let text = fs::read_to_string(&path).unwrap();
        for (code, rest) in codes(&text) {
            let exit = rest.split("Exit::").nth(1).unwrap_or_default();
            let exit: String = exit.chars().take_while(char::is_ascii_alphabetic).collect();
            let number = exits
                .get(&exit)
                .unwrap_or_else(|| panic!("{}: {code} has no exit code", path.display()));
            let before = said.insert(code.to_owned(), number.clone());
            assert!(
                before.is_none_or(|before| before == *number),
                "{code} has two exit codes"
            );
        }
    }
    assert!(said.len() > 40, "only {} codes were found", said.len());
    // What has no exit code, only an editor meets.
    let told: BTreeMap<String, String> = rows(&marked("protocol.md", "codes"))
        .into_iter()
        .map(|row| (row[0].clone(), row[1].clone()))
        .filter(|(_, exit)| exit != "–")
        .collect();
    assert_eq!(told, said);
    assert!(read("README.md").contains("](protocol.md#errors)"));
}

#[test]
fn links_and_names_of_files_lead_somewhere() {
    let mut faults = Vec::new();
    for document in DOCUMENTS {
        let text = read(document);
        let folder = root().join(document).parent().unwrap().to_owned();
        let links = text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
            .filter(|link| !link.contains("://"))
            .map(|link| folder.join(link.split('#').next().unwrap_or_default()));
        let tops = ["sidecar/", "xtask/", "fixtures/", ".vscode/", ".ci/", ".cargo/"];
        let names = text
            .split('`')
            .skip(1)
            .step_by(2)
            .filter(|name| tops.iter().any(|top| name.starts_with(top)))
            .filter(|name| !name.contains(['*', '<', ' ', '…']))
            .map(|name| root().join(name));
        for path in links.chain(names) {
            if !path.exists() {
                faults.push(format!("{document}: there is no {}", path.display()));
            }
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Codes of a source and what follows each: `words("a.code", …` and `code: "a.code", …`.
fn codes(text: &str) -> Vec<(&str, &str)> {
    let mut found = Vec::new();
    for mark in ["words(", "code: "] {
        for rest in text.split(mark).skip(1) {
            if let Some((code, rest)) = rest
                .trim_start()
                .strip_prefix('"')
                .and_then(|r| r.split_once('"'))
            {
                found.push((code, rest));
            }
        }
    }
    found
}

/// Name and number of every exit code.
fn exits() -> BTreeMap<String, String> {
    let source = read("sidecar/src/session/explain.rs");
    let body = between(&source, "pub enum Exit {\n", "\n}");
    body.lines()
        .filter_map(|line| line.trim().trim_end_matches(',').split_once(" = "))
        .map(|(name, number)| (name.to_owned(), number.to_owned()))
        .collect()
}

fn help() -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_boardside"))
        .arg("--help")
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The cells of a marked table of the README, without its head and without code marks.
fn table(mark: &str) -> Vec<Vec<String>> {
    let rows = rows(&marked("README.md", mark));
    assert!(!rows.is_empty(), "the README has no table `{mark}`");
    rows
}

fn rows(text: &str) -> Vec<Vec<String>> {
    text.lines()
        .filter(|line| line.starts_with('|'))
        .skip(2)
        .map(|line| {
            let cells = line.trim_matches('|').split('|');
            cells
                .map(|cell| cell.trim().trim_matches('`').to_owned())
                .collect()
        })
        .collect()
}

fn marked(document: &str, mark: &str) -> String {
    let text = read(document);
    let rest = between(&text, &format!("<!-- {mark}:"), &format!("<!-- end of {mark}"));
    rest.split_once("-->").unwrap().1.to_owned()
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let (_, rest) = text
        .split_once(start)
        .unwrap_or_else(|| panic!("there is no `{start}`"));
    rest.split_once(end).map_or(rest, |(inside, _)| inside)
}

fn read(path: &str) -> String {
    // A Windows checkout may have other line ends.
    let text = fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
    text.replace("\r\n", "\n")
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
