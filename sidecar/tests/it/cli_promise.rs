//! devices, completions and man, and the promise of `--json`: every line of every verb is JSON.

use serde_json::Value;

use crate::boards::fast;
use crate::boards::start;
use crate::desk::Desk;
use crate::desk::Run;

#[test]
fn boards_are_listed_without_being_disturbed_and_asked_only_if_wanted() {
    let board = start(&fast());
    let desk = Desk::at("");
    let devices = |args: &[&str]| {
        let mut command = desk.command(&[&["devices", "--json"], args].concat());
        let output = command.env("BOARDSIDE_PORTS", board.address()).output().unwrap();
        Run {
            code: output.status.code().unwrap(),
            out: output.stdout,
            err: String::new(),
        }
    };
    let before = board.status().to_board;
    let found = devices(&[]);
    let mine = |event: &Value| event["event"] == "device" && event["address"] == board.address();
    assert!(found.events().iter().any(mine));
    assert!(found.last()["count"].as_u64() >= Some(1));
    assert_eq!(
        board.status().to_board,
        before,
        "bytes were sent to a board that was only to be listed"
    );
    let asked = devices(&["--probe"]).events().into_iter().find(mine).unwrap();
    assert!(
        asked["firmware"]["version"].as_str().unwrap().starts_with("1."),
        "{asked}"
    );
}

#[test]
fn every_line_of_every_verb_is_json_also_when_there_is_no_board() {
    let desk = Desk::at("/nonexistent/port");
    desk.write("p/a.py", "a").write("a.py", "a");
    let with_board = [
        &["sync", "p"][..],
        &["pull", "p"],
        &["diff", "p"],
        &["diff", "p", "a.py"],
        &["ls"],
        &["cat", "a"],
        &["get", "a"],
        &["put", "a.py"],
        &["rm", "a"],
        &["mkdir", "a"],
        &["df"],
        &["run", "a.py"],
        &["exec", "1"],
        &["eval", "1"],
        &["reset"],
        &["reset", "--hard"],
    ];
    for args in with_board {
        let run = desk.run(&[args, &["--json"]].concat());
        let last = run.last();
        assert_eq!(
            (run.code, &last["code"]),
            (3, &"wire.not_found".into()),
            "{args:?}: {last}"
        );
        assert!(
            last["message"].is_string() && last["help"].is_string(),
            "{args:?}: {last}"
        );
    }
    for (args, exit) in [
        (&["devices"][..], 0),
        (&["completions", "bash"], 0),
        (&["man"], 0),
        (&["man", "--out", "pages"], 0),
        (&["nosuch"], 2),
        (&["cat"], 2),
        (&["rm", ":/", "../x"], 2),
        (&["completions", "tcsh"], 2),
        (&["sync", "nowhere"], 2),
    ] {
        let run = desk.run(&[args, &["--json"]].concat());
        assert_eq!((run.code, run.events().is_empty()), (exit, false), "{args:?}");
    }
}

#[test]
fn shells_and_man_learn_every_verb() {
    let desk = Desk::at("");
    let help = desk.run(&["--help"]).good();
    let verbs: Vec<&str> = help
        .split("Commands:")
        .nth(1)
        .unwrap()
        .split("Options:")
        .next()
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|verb| !verb.is_empty() && *verb != "help")
        .collect();
    assert!(verbs.contains(&"sync") && verbs.len() > 15, "{verbs:?}");
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = desk.run(&["completions", shell]).good();
        assert!(verbs.iter().all(|verb| script.contains(verb)), "{shell}");
    }
    desk.run(&["man", "--out", "pages"]).good();
    for verb in verbs {
        let page = desk.read(&format!("pages/boardside-{verb}.1"));
        assert!(page.contains(".SH SYNOPSIS"), "{verb}: {page}");
    }
    assert!(desk.read("pages/boardside.1").contains("Exit codes"));
}
