//! The house rules that the compiler cannot hold: rooms look down, files are short and say what they are.
//! Reads text, so it needs one `use crate::room::thing;` a line, and no macros that expand to paths.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

const MAX_LINES: usize = 400;
const VAGUE: [&str; 10] = [
    "util", "utils", "common", "helper", "helpers", "misc", "manager", "handler", "types", "core",
];

#[test]
fn rooms_use_only_the_rooms_below_them() {
    let rooms = rooms();
    let mut faults = Vec::new();
    for (path, text) in sources("sidecar/src", "rs") {
        let module = module_of(&path);
        let room = room_of(&rooms, &module);
        if room.is_none() && module != "lib" && module != "main" {
            faults.push(format!("{}: `{module}` is in no room", path.display()));
        }
        for (number, line) in text.lines().enumerate() {
            let place = format!("{}:{}", path.display(), number + 1);
            if line.contains("crate::{") || line.contains("super::super") {
                faults.push(format!(
                    "{place}: spell the path out, one `use crate::room::…` a line"
                ));
            }
            for used in uses(line) {
                match (&room, room_of(&rooms, &used)) {
                    (_, None) => faults.push(format!("{place}: `{used}` is in no room")),
                    (Some(room), Some(target)) if *room != target && !rooms[room].contains(&target) => {
                        faults.push(format!("{place}: `{room}` may not use `{target}`"));
                    }
                    _ => {}
                }
            }
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn every_file_is_short_says_what_it_is_and_has_a_name_that_means_something() {
    let mut faults = Vec::new();
    let rust = ["sidecar/src", "sidecar/tests", "xtask/src"].map(|folder| sources(folder, "rs"));
    for (path, text) in rust.into_iter().flatten().chain(sources("sidecar/device", "py")) {
        let lines = text.lines().count();
        if lines > MAX_LINES {
            faults.push(format!("{}: {lines} lines, {MAX_LINES} at most", path.display()));
        }
        let python = path.extension().is_some_and(|e| e == "py");
        if !text.starts_with(if python { "# " } else { "//! " }) {
            faults.push(format!("{}: does not open with what it is", path.display()));
        }
        let names = path.with_extension("");
        if names
            .iter()
            .any(|name| VAGUE.contains(&name.to_string_lossy().as_ref()))
        {
            faults.push(format!("{}: a vague name", path.display()));
        }
    }
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn only_the_command_line_prints() {
    let allowing: Vec<PathBuf> = sources("sidecar/src", "rs")
        .into_iter()
        .filter(|(path, text)| {
            text.contains("allow(clippy::print_std") && !path.starts_with("sidecar/src/cli")
        })
        .map(|(path, _)| path)
        .collect();
    assert!(
        allowing.is_empty(),
        "stdout belongs to JSON-RPC and the command line: {allowing:?}"
    );
}

fn rooms() -> BTreeMap<String, Vec<String>> {
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let table = text
        .split("<!-- rooms:")
        .nth(1)
        .and_then(|rest| rest.split("<!-- end of rooms").next());
    let lines = table
        .expect("ARCHITECTURE.md has a room table")
        .lines()
        .filter(|line| line.starts_with("| `"));
    lines
        .map(|line| {
            let mut words = line.split('`').skip(1).step_by(2).map(str::to_owned);
            (words.next().unwrap(), words.collect())
        })
        .collect()
}

fn room_of(rooms: &BTreeMap<String, Vec<String>>, module: &str) -> Option<String> {
    let inside = |room: &&String| module == room.as_str() || module.starts_with(&format!("{room}::"));
    rooms.keys().filter(inside).max_by_key(|room| room.len()).cloned()
}

fn uses(line: &str) -> Vec<String> {
    let code = line.split("//").next().unwrap_or("");
    code.split("crate::")
        .skip(1)
        .map(|rest| {
            let path: String = rest
                .chars()
                .take_while(|c| c.is_alphanumeric() || matches!(c, '_' | ':'))
                .collect();
            path.trim_end_matches(':').to_owned()
        })
        .collect()
}

fn module_of(path: &Path) -> String {
    let inside = path.strip_prefix("sidecar/src").unwrap().with_extension("");
    inside
        .iter()
        .map(|part| part.to_str().unwrap())
        .filter(|part| *part != "mod")
        .collect::<Vec<_>>()
        .join("::")
}

fn sources(folder: &str, extension: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut todo = vec![root().join(folder)];
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                let text = fs::read_to_string(&path).unwrap();
                found.push((path.strip_prefix(root()).unwrap().to_owned(), text));
            }
        }
    }
    found
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}
