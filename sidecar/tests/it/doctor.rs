//! `boardside doctor` with boards in all states of health.
//! What a finding says is tested in `session::doctor`; here that it is found, and what `--fix` does.

use boardside::base::Fingerprint;
use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;
use serde_json::Value;

use crate::boards::Port;
use crate::boards::fast;
use crate::boards::start;
use crate::running::Running;
use crate::workspace::Ran;
use crate::workspace::Workspace;

fn with_files(files: &[(&str, &[u8])]) -> VirtualBoard {
    start(&Profile {
        files: files
            .iter()
            .map(|(path, content)| ((*path).to_owned(), content.to_vec()))
            .collect(),
        ..fast()
    })
}

fn doctor(board: &VirtualBoard, more: &[&str]) -> Ran {
    Workspace::new(&[]).boardside(&[&["doctor", "-d", board.address()], more].concat())
}

fn check<'a>(ran: &'a Ran, name: &str) -> &'a Value {
    let found = ran.events.iter().find(|event| event["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {ran:?}"))
}

/// Names of the checks that are in this state.
fn in_state<'a>(ran: &'a Ran, state: &str) -> Vec<&'a str> {
    let checks = ran.events.iter().filter(|event| event["state"] == state);
    checks.map(|check| check["name"].as_str().unwrap()).collect()
}

#[test]
fn a_healthy_board_has_no_problems_and_its_program_runs_again_afterwards() {
    let board = with_files(&[(
        "/main.py",
        b"import time\nwhile True:\n    print('tick')\n    time.sleep_ms(20)\n",
    )]);
    let ran = doctor(&board, &[]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert_eq!((ran.count("problems"), ran.count("notes")), (0, 0), "{ran:?}");
    let names = [
        "port",
        "port.permission",
        "port.holder",
        "board.answers",
        "program",
        "firmware",
        "sync.tier",
        "ram.free",
        "transaction",
        "flash.format",
        "flash.free",
        "flash.writes",
        "files.record",
        "files.synced",
        "files.boot",
        "files.empty",
    ];
    assert_eq!(in_state(&ran, "ok"), names);
    Port::open(&board).until("tick\ntick\n");
}

#[test]
fn empty_files_that_nobody_wanted_are_listed_and_removed_only_when_asked() {
    let files: [(&str, &[u8]); 4] = [
        ("/half.mpy", b""),
        ("/lib/__init__.py", b""),
        ("/lib/log.txt", b""),
        ("/full.txt", b"x"),
    ];
    let board = with_files(&files);
    let workspace = Workspace::new(&[("wanted.txt", b"")]);
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
    let before = board.files().unwrap();
    let ran = doctor(&board, &[]);
    assert_eq!((ran.exit, in_state(&ran, "note")), (0, vec!["files.empty"]));
    let message = check(&ran, "files.empty")["message"].as_str().unwrap().to_owned();
    assert!(
        message.contains("/half.mpy") && message.contains("/lib/log.txt"),
        "{message}"
    );
    assert_eq!(board.files().unwrap(), before);
    let ran = doctor(&board, &["--fix"]);
    assert_eq!(in_state(&ran, "ok").len(), 16, "{ran:?}");
    let mut expected = before;
    expected.remove("/half.mpy");
    expected.remove("/lib/log.txt");
    assert_eq!(board.files().unwrap(), expected);
}

#[test]
fn an_unfinished_transaction_is_a_problem_until_it_is_finished() {
    let orders = ">0 /put.py\n-/old.py\n";
    let journal = format!("{orders}={}\n", Fingerprint::of(orders.as_bytes()).adler32);
    let old = Fingerprint::of(b"old");
    let manifest = format!(
        "boardside 1 blink\n{} {:08x} {:08x} 3 /old.py\n",
        old.sha256, old.crc32, old.adler32
    );
    let board = with_files(&[
        ("/old.py", b"old"),
        ("/.boardside/0", b"put"),
        ("/.boardside/journal", journal.as_bytes()),
        ("/.boardside/manifest", manifest.as_bytes()),
    ]);
    let ran = doctor(&board, &[]);
    assert_eq!((ran.exit, in_state(&ran, "problem")), (5, vec!["transaction"]));
    assert!(board.files().unwrap().contains_key("/old.py"), "only looked at");
    let ran = doctor(&board, &["--fix"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let files = board.files().unwrap();
    assert_eq!(files["/put.py"], b"put");
    assert!(!files.contains_key("/old.py"), "{files:?}");
    assert_eq!(
        check(&doctor(&board, &[]), "transaction")["message"],
        "none is unfinished"
    );
}

#[test]
fn what_a_sync_had_only_staged_is_cleared_away_when_asked() {
    let board = with_files(&[("/.boardside/0", b"staged"), ("/.boardside/1", b"")]);
    let ran = doctor(&board, &[]);
    assert_eq!((ran.exit, in_state(&ran, "note")), (0, vec!["transaction"]));
    assert_eq!(doctor(&board, &["--fix"]).count("notes"), 0);
    let files = board.files().unwrap();
    assert!(
        !files
            .keys()
            .any(|path| path.starts_with("/.boardside/") && path.len() > 12),
        "{files:?}"
    );
}

#[test]
fn storage_that_takes_no_writes_is_a_problem() {
    let board = start(&Profile {
        read_only: true,
        ..fast()
    });
    let ran = doctor(&board, &[]);
    assert_eq!(
        (ran.exit, in_state(&ran, "problem")),
        (5, vec!["flash.writes"]),
        "{ran:?}"
    );
    assert_eq!(
        check(&ran, "flash.writes")["message"],
        "the board's storage is read-only"
    );
}

#[test]
fn a_program_that_hardly_stops_is_noted_and_one_that_never_does_is_a_problem() {
    // One level a Ctrl-C, also where one comes while another is handled.
    let catches = (0..6).fold("while True: pass\n".to_owned(), |inner, _| {
        let inner: String = inner.lines().flat_map(|line| [" ", line, "\n"]).collect();
        format!("try:\n{inner}except KeyboardInterrupt:\n pass\nwhile True: pass\n")
    });
    let board = with_files(&[("/main.py", catches.as_bytes())]);
    let ran = doctor(&board, &[]);
    assert_eq!(
        (ran.exit, in_state(&ran, "note")),
        (0, vec!["program"]),
        "{ran:?}"
    );
    // A Ctrl-C that comes while the last is being handled would end a program that only catches it.
    let board = with_files(&[(
        "/main.py",
        b"import micropython\nmicropython.kbd_intr(-1)\nwhile True:\n    pass\n",
    )]);
    let ran = doctor(&board, &[]);
    assert_eq!(ran.exit, 4, "{ran:?}");
    assert!(
        check(&ran, in_state(&ran, "problem")[0])["help"]
            .as_str()
            .unwrap()
            .contains("--force-boot"),
        "{ran:?}"
    );
}

#[test]
fn firmware_that_lacks_something_says_what_that_means() {
    let cases: [(&[&str], &str, &str, usize); 4] = [
        (&["hashlib"], "sync.tier", "compared by crc32", 0),
        (&["deflate"], "sync.tier", "not compressed", 0),
        (&["stdin.buffer"], "sync.tier", "no sys.stdin.buffer", 0),
        (&["raw-paste"], "firmware", "too old for raw-paste", 1),
    ];
    for (without, name, expected, notes) in cases {
        let board = start(&Profile {
            without: without.iter().map(|module| (*module).to_owned()).collect(),
            ..fast()
        });
        let ran = doctor(&board, &[]);
        let message = check(&ran, name)["message"].as_str().unwrap();
        assert!(message.contains(expected), "{without:?}: {message}");
        assert_eq!((ran.exit, in_state(&ran, "note").len()), (0, notes), "{ran:?}");
    }
}

#[test]
fn files_that_changed_since_the_last_sync_are_named() {
    let mut board = start(&fast());
    let workspace = Workspace::new(&[("a.py", b"a"), ("b.py", b"b")]);
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
    board.put_file("/a.py", b"other").unwrap();
    let ran = doctor(&board, &[]);
    assert_eq!(
        check(&ran, "files.synced")["message"],
        "since the last sync /a.py is changed",
        "{ran:?}"
    );
}

#[test]
fn a_port_that_is_missing_held_or_one_of_two_is_told_as_far_as_it_got() {
    let workspace = Workspace::new(&[]);
    let missing = workspace.boardside(&["doctor", "-d", "/dev/no-such-port"]);
    assert_eq!((missing.exit, in_state(&missing, "problem")), (3, vec!["port"]));
    let [one, two] = [start(&fast()), start(&fast())];
    let mut console = workspace.command();
    console.args(["console", "-d", one.address()]);
    let mut console = Running::start(console);
    console.until("connected");
    let held = doctor(&one, &[]);
    drop(console);
    assert_eq!(
        (held.exit, in_state(&held, "problem")),
        (3, vec!["port.holder"]),
        "{held:?}"
    );
    assert_eq!(in_state(&held, "ok"), ["port", "port.permission"]);
    let ports = std::env::join_paths([one.address(), two.address()]).unwrap();
    let output = workspace
        .command()
        .args(["doctor", "--json"])
        .env("BOARDSIDE_PORTS", ports)
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(
        text.contains(&format!("name one with -d: {}", one.address())) || text.contains(two.address()),
        "{text}"
    );
}
