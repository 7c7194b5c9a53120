//! Projects that are too large, and folders that are full of what no board wants.
//! Files are sparse: they take no room here.

use std::fs;
use std::fs::File;
use std::io::BufRead as _;
use std::io::BufReader;
use std::process::Child;
use std::process::Stdio;

use boardside::virtual_board::Profile;
use rustix::process::Pid;
use rustix::process::Signal;
use serde_json::Value;

use crate::boards;
use crate::host_faults::on_board;
use crate::workspace::Workspace;

const MB: u64 = 1 << 20;

fn with_file(size: u64) -> Workspace {
    let workspace = Workspace::new(&[("main.py", b"print(1)\n")]);
    File::create(workspace.path().join("large.bin"))
        .unwrap()
        .set_len(size)
        .unwrap();
    workspace
}

fn start(workspace: &Workspace, args: &[&str]) -> (Child, impl Iterator<Item = Value> + use<>) {
    let mut command = workspace.command();
    let mut child = command
        .args(args)
        .arg("--json")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    (
        child,
        lines.map(|line| serde_json::from_str(&line.unwrap()).unwrap()),
    )
}

#[test]
fn a_file_of_a_gigabyte_is_refused_before_it_is_read() {
    let board = boards::start(&boards::fast());
    let workspace = with_file(1024 * MB);
    for args in [&["sync"][..], &["put", "large.bin"]] {
        let ran = workspace.boardside(&[args, &["-d", board.address()]].concat());
        assert_eq!((ran.exit, ran.code()), (5, "board.no_space"), "{ran:?}");
        let read = ran.events.iter().find(|event| event["bytes_total"].is_u64());
        assert_eq!(read, None, "{ran:?}");
    }
    assert!(on_board(&board).is_empty());
    workspace.remove("large.bin");
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
}

#[test]
fn reading_much_says_how_far_it_is_and_can_be_cancelled() {
    let board = boards::start(&Profile {
        flash: 64 * MB,
        ..boards::fast()
    });
    let workspace = with_file(48 * MB);
    let (mut child, events) = start(&workspace, &["sync", "-d", board.address()]);
    let mut asked = false;
    let mut last = Value::Null;
    for event in events {
        if event["event"] == "scanning" && event["bytes_total"] == 48 * MB + 9 && !asked {
            rustix::process::kill_process(Pid::from_child(&child), Signal::INT).unwrap();
            asked = true;
        }
        last = event;
    }
    assert!(asked, "{last}");
    assert_eq!(
        (child.wait().unwrap().code(), &last["code"]),
        (Some(130), &Value::from("cancelled"))
    );
    workspace.remove("large.bin");
    assert_eq!(
        workspace.sync(board.address(), &[]).exit,
        0,
        "the board is left usable"
    );
}

#[test]
fn memory_stays_flat_whatever_is_read() {
    let workspace = with_file(96 * MB);
    let (mut child, mut events) = start(&workspace, &["diff", "-d", "/dev/ttyNOTHERE"]);
    // All is read by then.
    events
        .find(|event| event["event"] == "connecting")
        .expect("it was read");
    // It waits for its last line to be read, or is a zombie: its peak cannot be asked for then.
    let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    if let Some(peak) = peak {
        let kb: u64 = peak.trim().trim_end_matches(" kB").parse().unwrap();
        assert!(kb < 64 * 1024, "{kb} kB");
    }
    drop(events);
    child.wait().unwrap();
}

#[test]
fn many_files_that_no_board_wants_cost_nothing() {
    let board = boards::start(&boards::fast());
    let workspace = Workspace::new(&[
        ("main.py", b"1"),
        (".boardsideignore", b"*.log\n"),
        ("node_modules/x/y.js", b"y"),
    ]);
    for at in 0..10_000 {
        File::create(workspace.path().join(format!("{at}.log"))).unwrap();
        File::create(workspace.path().join(format!("node_modules/x/{at}"))).unwrap();
    }
    let ran = workspace.sync(board.address(), &[]);
    assert_eq!((ran.exit, ran.count("added")), (0, 1), "{ran:?}");
    assert_eq!(on_board(&board), [("/main.py".to_owned(), b"1".to_vec())]);
}
