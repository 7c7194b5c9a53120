//! The lists of protocol.md and those of the server are the same.
//! The examples are run in another chapter, the extension's lists are compared by its own tests.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use boardside::server::protocol::names;
use boardside::server::protocol::names::Way;

fn document() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    // A Windows checkout may have other line ends.
    fs::read_to_string(root.join("protocol.md"))
        .unwrap()
        .replace("\r\n", "\n")
}

/// The text below a heading, up to the next of its level.
fn chapter(name: &str) -> String {
    let text = document();
    let rest = text
        .split_once(&format!("\n## {name}\n"))
        .unwrap_or_else(|| panic!("no chapter {name}"))
        .1;
    rest.split("\n## ").next().unwrap().to_owned()
}

/// The first cells of the tables in a text, without code marks.
fn first_cells(text: &str) -> BTreeSet<String> {
    let cells = text
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    cells.map(str::to_owned).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn every_method_is_told_with_its_direction_and_no_other() {
    let mut told = BTreeMap::new();
    let text = document();
    for section in text.split("\n### ").skip(1) {
        let (title, body) = section.split_once('\n').unwrap();
        let line = body.lines().find_map(|line| line.strip_prefix("- Direction: "));
        for name in title.split(", ") {
            let way = match line {
                Some("client → server, request") => Way::Request,
                Some("server → client, notification") => Way::Told,
                Some("server → client, request") => Way::Asked,
                // `initialized, shutdown, exit`, and those that LSP has: their kind is LSP's.
                None if name == "shutdown" => Way::Request,
                Some("client → server, notification") | None => Way::Notification,
                Some(other) => panic!("{title}: {other}"),
            };
            told.insert(name.to_owned(), way);
        }
    }
    let ours: BTreeMap<String, Way> = names::METHODS
        .iter()
        .map(|(name, way)| ((*name).to_owned(), *way))
        .collect();
    assert_eq!(told, ours);
}

#[test]
fn commands_codes_and_settings_are_those_of_the_document() {
    let commands = chapter("Commands");
    let commands: BTreeSet<String> = first_cells(&commands)
        .into_iter()
        .filter(|name| name.starts_with("boardside."))
        .collect();
    assert_eq!(commands, set(&names::COMMANDS));
    assert!(set(&names::CODES).is_subset(&first_cells(&chapter("Errors"))));
    assert_eq!(first_cells(&chapter("Settings")), set(&names::SETTINGS));
    assert!(document().contains(&format!("Version: **{}**", names::VERSION)));
}

#[test]
fn every_code_of_the_server_itself_is_in_its_list() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("src/server/refusal.rs")).unwrap();
    let said = text
        .split("words(\n")
        .skip(1)
        .chain(text.split("words(\"").skip(1));
    let said: BTreeSet<String> = said
        .filter_map(|rest| rest.trim_start().trim_start_matches('"').split('"').next())
        .map(str::to_owned)
        .collect();
    assert_eq!(said, set(&names::CODES));
}
