//! A line that is made faster for a sync: by the firmware's UART, and by the host's port.

use std::process::Stdio;

use boardside::virtual_board::Damage;
use boardside::virtual_board::Faults;
use boardside::virtual_board::HostSide;
use boardside::virtual_board::Profile;
use boardside::virtual_board::Status;
use boardside::virtual_board::VirtualBoard;
use rstest::rstest;

use crate::boards;
use crate::boards::Port;
use crate::workspace::Ran;
use crate::workspace::Workspace;

/// A board at 115200 baud whose firmware can change that.
fn profile() -> Profile {
    Profile::unix()
}

/// Runs a line at the friendly prompt.
const FASTER: &str = "import machine; machine.UART(0, baudrate=921600)\r";

#[test]
fn a_board_that_changes_its_speed_is_understood_only_by_a_host_that_has_the_same() {
    let board = boards::start(&profile());
    let mut port = Port::open(&board);
    port.set_baud(115_200);
    port.ask("\r", ">>> ");
    port.send(FASTER);
    board
        .wait("faster line", boards::LIMIT, |status| {
            status.baud == Some(921_600)
        })
        .unwrap();
    port.set_baud(921_600);
    port.ask("\rprint(6 * 7)\r", "42\n>>> ");
    // Hears nothing and says nothing that makes sense.
    port.set_baud(115_200);
    port.send("print(6 * 7)\r");
    port.set_baud(921_600);
    port.ask("\r\x03print('still ' + 'here')\r", "still here\n>>> ");
    // A soft reset keeps the speed, a hard one does not.
    port.ask("\x04", ">>> ");
    assert_eq!(board.status().baud, Some(921_600));
    port.send("import machine; machine.reset()\r");
    board
        .wait("reset", boards::LIMIT, |status| status.baud == Some(115_200))
        .unwrap();
    port.set_baud(115_200);
    port.ask("\r", ">>> ");
}

#[test]
fn a_uart_that_is_too_fast_for_its_wires_damages_what_passes() {
    let board = boards::start(&Profile {
        max_baud: Some(460_800),
        ..profile()
    });
    let mut port = Port::open(&board);
    port.ask("\r", ">>> ");
    for (baud, good) in [(460_800, true), (921_600, false)] {
        port.send(format!("import machine; machine.UART(0, baudrate={baud})\r"));
        board
            .wait("faster line", boards::LIMIT, |status| status.baud == Some(baud))
            .unwrap();
        port.set_baud(baud);
        port.send("\rprint('.' * 500)\r");
        let whole = ".".repeat(500);
        if good {
            port.until(&format!("{whole}\n>>> "));
        } else {
            assert!(!port.take(600).contains(&whole));
        }
    }
}

#[test]
fn firmware_without_a_uart_has_none() {
    for without in [true, false] {
        let profile = if without {
            lacking("UART")
        } else {
            boards::fast() // a line without a speed
        };
        let board = boards::start(&profile);
        let mut port = Port::open(&board);
        port.ask("\r", ">>> ");
        port.ask("import machine; print(hasattr(machine, 'UART'))\r", "False\n>>> ");
    }
}

/// Enough to be worth another speed, and for a second at 115200 baud.
fn workspace() -> Workspace {
    let noise = |seed: u32| -> Vec<u8> {
        let step = |byte: &u32| Some(byte.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        let numbers = std::iter::successors(Some(seed), step);
        numbers.map(|n| (n >> 24) as u8).take(20_000).collect()
    };
    Workspace::new(&[
        ("main.py", b"print('new')\n"),
        ("one.bin", &noise(1)),
        ("two.bin", &noise(2)),
    ])
}

/// The board holds the project, at its own speed.
fn assert_done(board: &VirtualBoard, workspace: &Workspace) {
    let mut files = board.files().unwrap();
    files.retain(|path, _| !path.starts_with("/.boardside"));
    assert!(files == workspace.files(), "{:?}", files.keys());
    assert_eq!(board.status().baud, Some(115_200));
}

fn warnings(ran: &Ran) -> String {
    let warnings = ran.events.iter().filter(|event| event["event"] == "warning");
    warnings.map(|event| event["message"].to_string()).collect()
}

/// Waits until content passes at the higher speed.
fn wait_fast(board: &VirtualBoard) {
    let fast = |status: &Status| status.baud == Some(921_600);
    board.wait("faster line", boards::LIMIT, fast).unwrap();
    let before = board.status().to_board;
    let sending = |status: &Status| status.to_board > before + 8_000;
    board.wait("content", boards::LIMIT, sending).unwrap();
}

fn lacking(part: &str) -> Profile {
    Profile {
        without: vec![part.to_owned()],
        ..profile()
    }
}

#[rstest]
#[case::everything(profile())]
#[case::a_small_heap(Profile { heap: 64 << 10, ..profile() })]
#[case::no_compression(lacking("deflate"))]
fn a_sync_with_turbo_is_fast_and_leaves_the_board_as_it_was(#[case] profile: Profile) {
    let workspace = workspace();
    let board = boards::start(&profile);
    let synced = workspace.sync(board.address(), &["--turbo", "--verify"]);
    assert_eq!((synced.exit, synced.count("baud")), (0, 921_600), "{synced:?}");
    assert_eq!(warnings(&synced), "");
    assert_done(&board, &workspace);
    // Nothing, or little to send: not worth it.
    for content in [b"print('new')\n", b"print('now')\n"] {
        workspace.write("main.py", content);
        let synced = workspace.sync(board.address(), &["--turbo"]);
        assert_eq!((synced.exit, synced.count("baud")), (0, 115_200), "{synced:?}");
    }
    assert_done(&board, &workspace);
}

#[test]
fn a_line_that_damages_what_passes_is_fast_and_comes_back() {
    let workspace = workspace();
    workspace.write("boardside.toml", b"turbo = true\n");
    let garble = Damage {
        garble: Some(4_000),
        ..Damage::default()
    };
    let board = boards::start(&Profile {
        faults: Faults {
            seed: 3,
            to_board: garble,
            to_host: garble,
            ..Faults::default()
        },
        ..profile()
    });
    let synced = workspace.sync(board.address(), &[]);
    assert_eq!(synced.exit, 0, "{synced:?}");
    assert!(synced.count("baud") > 115_200, "{synced:?}");
    assert_done(&board, &workspace);
}

#[test]
fn a_conflict_leaves_the_board_at_its_own_speed() {
    let workspace = workspace();
    let mut board = boards::start(&profile());
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
    board.put_file("/one.bin", b"mine").unwrap();
    workspace.write("two.bin", &b"seven\n".repeat(5_000));
    let refused = workspace.sync(board.address(), &["--turbo"]);
    assert_eq!(
        (refused.exit, refused.code()),
        (7, "sync.conflict"),
        "{refused:?}"
    );
    assert_eq!(board.status().baud, Some(115_200));
}

#[test]
fn a_cancelled_sync_leaves_the_board_at_its_own_speed() {
    let workspace = workspace();
    let board = boards::start(&profile());
    let mut sync = workspace.command();
    sync.args(["sync", "--turbo", "--json", "-d", board.address()]);
    let mut child = sync.stdout(Stdio::null()).spawn().unwrap();
    wait_fast(&board);
    let pid = rustix::process::Pid::from_child(&child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(board.status().baud, Some(115_200));
    assert_eq!(workspace.sync(board.address(), &["--turbo"]).exit, 0);
    assert_done(&board, &workspace);
}

#[test]
fn after_a_pulled_cable_the_next_sync_finds_the_board_and_sets_it_back() {
    let workspace = workspace();
    let mut board = boards::start(&profile());
    let mut sync = workspace.command();
    sync.args(["sync", "--turbo", "--json", "-d", board.address()]);
    let mut child = sync.stdout(Stdio::null()).spawn().unwrap();
    wait_fast(&board);
    board.unplug().unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(4));
    board.replug().unwrap();
    assert_eq!(board.status().baud, Some(921_600), "nobody has told it");
    let found = workspace.sync(board.address(), &[]);
    assert_eq!((found.exit, found.count("baud")), (0, 115_200), "{found:?}");
    assert!(warnings(&found).contains("left at 921600 baud"), "{found:?}");
    assert_done(&board, &workspace);
}

#[rstest]
#[case::everything(profile())]
#[case::no_hashes(lacking("hashlib"))]
fn after_a_killed_sync_the_next_one_finds_the_board_and_sets_it_back(#[case] profile: Profile) {
    let workspace = workspace();
    let board = boards::start(&profile);
    let mut sync = workspace.command();
    sync.args(["sync", "--turbo", "--json", "-d", board.address()]);
    let mut child = sync.stdout(Stdio::null()).spawn().unwrap();
    wait_fast(&board);
    child.kill().unwrap();
    child.wait().unwrap();
    let found = workspace.sync(board.address(), &["--turbo"]);
    assert_eq!((found.exit, found.count("baud")), (0, 921_600), "{found:?}");
    assert!(
        warnings(&found).contains("baud by a sync that was cut short"),
        "{found:?}"
    );
    assert_done(&board, &workspace);
}

#[rstest]
#[case::falls_back(460_800, 460_800, "")]
#[case::has_only_its_own(200_000, 115_200, "at every higher speed")]
fn a_uart_that_is_too_fast_for_its_wires_gets_the_fastest_that_works(
    #[case] max: u32,
    #[case] used: u64,
    #[case] warning: &str,
) {
    let workspace = workspace();
    let board = boards::start(&Profile {
        max_baud: Some(max),
        ..profile()
    });
    let synced = workspace.sync(board.address(), &["--turbo"]);
    assert_eq!((synced.exit, synced.count("baud")), (0, used), "{synced:?}");
    assert!(warnings(&synced).contains(warning), "{synced:?}");
    assert_eq!(warnings(&synced).is_empty(), warning.is_empty(), "{synced:?}");
    assert_done(&board, &workspace);
}

#[rstest]
#[case::old_firmware(lacking("UART"), "firmware cannot")]
#[case::no_binary_input(lacking("stdin.buffer"), "firmware cannot")]
#[case::network(
    Profile { host: HostSide::Tcp("127.0.0.1:0".parse().unwrap()), ..profile() },
    "no baud rate"
)]
fn a_board_without_it_says_why_and_is_synced(#[case] profile: Profile, #[case] why: &str) {
    let workspace = workspace();
    let board = boards::start(&profile);
    let synced = workspace.sync(board.address(), &["--turbo"]);
    assert_eq!(synced.exit, 0, "{synced:?}");
    assert!(warnings(&synced).contains(why), "{synced:?}");
    assert_done(&board, &workspace);
}
