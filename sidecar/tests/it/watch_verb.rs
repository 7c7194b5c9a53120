//! `boardside watch` with real folders and real boards: when it syncs, what it shows, what it lives through.
//! Batches of changes are tested in `events` and `watch`, syncs in their own chapters.

use std::collections::BTreeMap;
use std::fs;

use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;
use serde_json::Value;

use crate::boards::fast;
use crate::boards::start;
use crate::running::Running;
use crate::workspace::Workspace;

const TICKS: &[u8] =
    b"import time\nn = 0\nwhile True:\n    print('tick', n)\n    n += 1\n    time.sleep_ms(20)\n";

fn watch(workspace: &Workspace, board: &VirtualBoard, more: &[&str]) -> Running {
    let mut command = workspace.command();
    command.args(["watch", "-d", board.address()]).args(more);
    Running::start(command)
}

/// What a sync did: added, updated, removed.
fn counts(synced: &Value) -> [u64; 3] {
    ["added", "updated", "removed"].map(|name| synced[name].as_u64().unwrap())
}

fn project_on(board: &VirtualBoard) -> BTreeMap<String, Vec<u8>> {
    let mut files = board.files().unwrap();
    files.retain(|path, _| !path.starts_with("/.boardside") && !path.ends_with('/'));
    files
}

/// 40 kB that cannot be made smaller: seconds at 115200 baud, time enough for something to happen meanwhile.
fn noise() -> Vec<u8> {
    let mut state = 1_u64;
    let next = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    });
    next.take(40_000).collect()
}

#[test]
fn every_kind_of_change_is_one_sync() {
    let board = start(&fast());
    let workspace = Workspace::new(&[("main.py", b"x = 1\n"), ("lib/a.py", b"a = 1\n")]);
    let mut watch = watch(&workspace, &board, &[]);
    assert_eq!(counts(&watch.until("synced")), [2, 0, 0]);
    // As editors save: beside, then renamed.
    workspace.write(".main.py.tmp", b"x = 2\n");
    workspace.rename(".main.py.tmp", "main.py");
    assert_eq!(counts(&watch.until("synced")), [0, 1, 0]);
    for i in 0..20 {
        workspace.write(&format!("generated/f{i}.py"), b"pass\n");
    }
    assert_eq!(counts(&watch.until("synced")), [20, 0, 0]);
    workspace.remove("generated");
    assert_eq!(counts(&watch.until("synced")), [0, 0, 20]);
    watch.interrupt();
    assert_eq!(watch.exit(), 0);
    assert_eq!(watch.count("synced"), 4);
    assert_eq!(project_on(&board), workspace.files());
}

#[test]
fn changes_during_a_sync_are_one_more_sync() {
    let board = start(&Profile::unix());
    let workspace = Workspace::new(&[("a.py", b"a = 1\n"), ("noise.bin", &noise())]);
    let mut watch = watch(&workspace, &board, &[]);
    watch.until("sending");
    for text in ["a = 2\n", "a = 3\n"] {
        workspace.write("a.py", text.as_bytes());
        workspace.write("b.py", text.as_bytes());
    }
    watch.until("synced");
    watch.until("synced");
    watch.interrupt();
    assert_eq!(watch.exit(), 0);
    assert_eq!(watch.count("synced"), 2, "{:?}", watch.events);
    assert_eq!(project_on(&board), workspace.files());
}

#[test]
fn a_program_that_ran_runs_again_after_each_sync_and_is_seen_also_if_it_crashed() {
    let board = start(&Profile {
        files: [("/main.py".to_owned(), TICKS.to_vec())].into(),
        ..fast()
    });
    let workspace = Workspace::new(&[("main.py", TICKS)]);
    let mut watch = watch(&workspace, &board, &["--conflict", "overwrite"]);
    watch.until("synced");
    watch.until_output("tick 3");
    workspace.write("main.py", b"print('crash', 1 / 0)\n");
    watch.until("synced");
    watch.until_output("ZeroDivisionError");
    workspace.write("main.py", b"print('repaired')\n");
    watch.until("synced");
    watch.until_output("repaired");
    workspace.write("main.py", TICKS);
    watch.until("synced");
    watch.until_output("tick 3");
    watch.interrupt();
    assert_eq!(watch.exit(), 0);
    let mut console = workspace.command();
    console.args(["console", "-d", board.address()]);
    let mut console = Running::start(console);
    console.until_output("tick ");
}

#[test]
fn a_file_that_is_run_after_each_sync_starts_anew_and_ends_with_the_watch() {
    let board = start(&fast());
    let workspace = Workspace::new(&[("app.py", TICKS)]);
    let mut watch = watch(&workspace, &board, &["--after", "run=app.py"]);
    watch.until_output("tick 3");
    workspace.write("app.py", b"print('short')\n");
    watch.until_output("short");
    workspace.write("app.py", &[b"print('long')\n", TICKS].concat());
    watch.until_output("long");
    watch.until_output("tick 3");
    watch.interrupt();
    assert_eq!(watch.exit(), 0);
    // The prompt is free.
    let asked = workspace.boardside(&["doctor", "-d", board.address()]);
    assert_eq!(asked.exit, 0, "{asked:?}");
    assert!(
        asked
            .events
            .iter()
            .any(|event| event["message"] == "none was running"),
        "{asked:?}"
    );
}

#[test]
fn what_stops_a_sync_is_told_and_the_next_change_tries_again() {
    let board = start(&Profile {
        files: [("/data.txt".to_owned(), b"the board's own".to_vec())].into(),
        ..fast()
    });
    let workspace = Workspace::new(&[("main.py", b"x = 1\n"), ("data.txt", b"the project's")]);
    let mut watch = watch(&workspace, &board, &[]);
    assert_eq!(watch.until("error")["code"], "sync.conflict");
    workspace.write("boardside.toml", b"conflict = \"what\"\n");
    assert_eq!(watch.until("error")["code"], "settings.bad");
    workspace.write("main.py", b"x = 2\n");
    assert_eq!(
        watch.until("error")["code"],
        "settings.bad",
        "not by the settings of before"
    );
    workspace.write("boardside.toml", b"conflict = \"overwrite\"\n");
    assert_eq!(counts(&watch.until("synced")), [1, 1, 0]);
    workspace.write(".boardsideignore", b"data.txt\n");
    assert_eq!(counts(&watch.until("synced")), [0, 0, 1]);
    watch.interrupt();
    assert_eq!(watch.exit(), 0);
    assert_eq!(project_on(&board).len(), 1);
}

#[test]
fn a_board_that_was_unplugged_is_synced_when_it_is_back() {
    let mut board = start(&fast());
    let workspace = Workspace::new(&[("main.py", b"x = 1\n")]);
    let mut watch = watch(&workspace, &board, &[]);
    watch.until("synced");
    board.unplug().unwrap();
    watch.until("disconnected");
    workspace.write("main.py", b"x = 2\n");
    board.replug().unwrap();
    watch.until("connected");
    assert_eq!(counts(&watch.until("synced")), [0, 1, 0]);
    watch.interrupt();
    assert_eq!(watch.exit(), 0);
    assert_eq!(project_on(&board)["/main.py"], b"x = 2\n");
}

#[test]
fn a_board_that_is_unplugged_during_a_sync_gets_the_whole_project_when_it_is_back() {
    let mut board = start(&Profile::unix());
    let workspace = Workspace::new(&[("noise.bin", &noise())]);
    let mut watch = watch(&workspace, &board, &[]);
    watch.until("sending");
    board.unplug().unwrap();
    assert_eq!(watch.until("error")["code"], "wire.gone");
    watch.until("disconnected");
    board.replug().unwrap();
    assert_eq!(counts(&watch.until("synced")), [1, 0, 0]);
    watch.interrupt();
    assert_eq!(watch.exit(), 0);
    assert_eq!(project_on(&board), workspace.files());
}

#[test]
fn ctrl_c_in_a_sync_says_so_and_leaves_the_old_project() {
    let board = start(&Profile::unix());
    let workspace = Workspace::new(&[("noise.bin", &noise())]);
    let mut watch = watch(&workspace, &board, &[]);
    watch.until("sending");
    watch.interrupt();
    assert_eq!(watch.exit(), 130);
    assert_eq!(watch.events.last().unwrap()["code"], "cancelled");
    assert!(project_on(&board).is_empty());
}

#[test]
fn a_project_that_is_not_there_ends_it_at_once() {
    let board = start(&fast());
    let workspace = Workspace::new(&[]);
    let mut watch = watch(&workspace, &board, &["missing"]);
    assert_eq!(watch.until("error")["code"], "project.no_folder");
    assert_eq!(watch.exit(), 2);
    assert!(!fs::exists(workspace.path().join("missing")).unwrap());
}
