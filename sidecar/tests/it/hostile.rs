//! Programs that do not want to be disturbed: each file of `fixtures/hostile/` is on a board, and a sync ends as its
//! second line says, within 15 seconds, or gets in by a reset where that is asked for.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::thread;

use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;
use rstest::rstest;

use crate::boards;
use crate::boards::Port;
use crate::running::Running;
use crate::workspace::Ran;
use crate::workspace::Workspace;

/// So many at once: most of the time they wait.
const AT_ONCE: usize = 2;

fn program(name: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hostile");
    fs::read_to_string(folder.join(name).with_extension("py")).unwrap()
}

/// A board that runs this program.
fn board(name: &str, profile: Profile) -> VirtualBoard {
    let place = if name.starts_with("boot_") {
        "/boot.py"
    } else {
        "/main.py"
    };
    boards::start(&Profile {
        files: BTreeMap::from([(place.to_owned(), program(name).into_bytes())]),
        ..profile
    })
}

fn workspace() -> Workspace {
    Workspace::new(&[("x.py", b"1"), ("lib/y.py", b"2")])
}

fn holds(board: &VirtualBoard, workspace: &Workspace) -> bool {
    let files = board.files().unwrap();
    workspace
        .files()
        .iter()
        .all(|(path, content)| files.get(path) == Some(content))
}

fn ends(ran: &Ran) -> &str {
    match ran.last()["event"].as_str() {
        Some("error") => ran.code(),
        other => other.unwrap_or("nothing"),
    }
}

/// One sync, and what must hold after it, whatever it was.
fn try_one(name: &str, expected: &str, profile: Profile, workspace: &Workspace) {
    let board = board(name, profile);
    let ran = workspace.sync(board.address(), &[]);
    let end = ends(&ran);
    eprintln!("{name}: {end}");
    assert!(expected.split(", ").any(|one| one == end), "{name}: {ran:?}");
    assert_eq!(ran.exit, if end == "synced" { 0 } else { 4 }, "{name}: {ran:?}");
    assert!(
        end != "synced" || holds(&board, workspace),
        "{name}: it is not there"
    );
    if end != "synced" {
        let help = ran.last()["help"].as_str().unwrap();
        assert!(help.contains("--force-boot"), "{name}: {help}");
    }
    drop(Port::open(&board)); // the port is free
}

/// Those that bite only while much is sent have a test of their own.
fn bites_late(name: &str) -> bool {
    name.contains("watchdog")
}

#[test]
fn every_hostile_program_lets_a_sync_through_or_is_named_as_the_cause() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/hostile");
    let names = fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        path.file_stem().unwrap().to_str().unwrap().to_owned()
    });
    let mut names: Vec<String> = names.filter(|name| !bites_late(name)).collect();
    names.sort();
    assert!(names.len() > 25, "{names:?}");
    for some in names.chunks(AT_ONCE) {
        thread::scope(|scope| {
            for name in some {
                scope.spawn(|| {
                    let text = program(name);
                    let expected = text.lines().nth(1).unwrap().strip_prefix("# Ends: ").unwrap();
                    try_one(name, expected, boards::fast(), &workspace());
                });
            }
        });
    }
}

/// A project that takes 115200 baud longer than the watchdog waits.
fn large() -> Workspace {
    let step = |byte: &u32| Some(byte.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let noise = std::iter::successors(Some(7_u32), step).map(|n| (n >> 24) as u8);
    Workspace::new(&[
        ("x.py", b"1"),
        ("big.bin", &noise.take(40_000).collect::<Vec<_>>()),
    ])
}

#[rstest]
#[case::by_its_name("watchdog")]
#[case::in_an_object("watchdog_in_an_object")]
fn a_watchdog_that_can_be_found_is_fed_while_the_program_is_stopped(#[case] name: &str) {
    let board = board(name, Profile::unix());
    let workspace = large();
    let ran = workspace.sync(board.address(), &[]);
    assert_eq!((ran.exit, board.status().resets), (0, 0), "{ran:?}");
    assert!(holds(&board, &workspace));
}

#[rstest]
#[case::of_main("watchdog_in_a_function")]
#[case::of_boot("boot_watchdog")]
fn a_watchdog_that_cannot_be_found_is_named_as_the_cause(#[case] name: &str) {
    try_one(name, "board.restarts", Profile::unix(), &large());
}

#[rstest]
#[case::of_main("watchdog_in_a_function")]
#[case::of_boot("boot_watchdog")]
fn with_force_boot_a_board_with_such_a_watchdog_is_caught_before_it_starts(#[case] name: &str) {
    let board = board(name, Profile::unix());
    let workspace = large();
    let ran = workspace.sync(board.address(), &["--force-boot"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(holds(&board, &workspace));
}

#[rstest]
#[case("ctrl_c_off")]
#[case("ctrl_c_off_silent")]
#[case("catches_all_nested")]
#[case("boot_catches_all")]
#[case("boot_ctrl_c_off")]
#[case("sleeps_deeply")]
#[case("resets_at_once")]
fn with_force_boot_the_reset_button_is_the_way_in(#[case] name: &str) {
    let mut board = board(name, boards::fast());
    let workspace = workspace();
    let mut command = workspace.command();
    command.args(["sync", "--force-boot", "-d", board.address()]);
    let mut run = Running::start(command);
    while let Some(event) = run.next() {
        // It may get in without.
        if event["doing"] == "press the board's reset button now" {
            board.power_cycle().unwrap();
        }
    }
    assert_eq!(run.exit(), 0, "{name}: {:?}", run.events);
    assert!(holds(&board, &workspace), "{name}");
}

#[test]
fn a_board_that_sleeps_or_is_bitten_boots_again() {
    for (main, port_stays) in [
        ("import machine\nmachine.deepsleep(200)\n", true),
        ("import machine\nmachine.deepsleep(200)\n", false),
        (
            "import machine\nmachine.WDT(timeout=200)\nwhile True:\n    pass\n",
            true,
        ),
    ] {
        let board = boards::start(&Profile {
            files: BTreeMap::from([("/main.py".to_owned(), main.into())]),
            native_usb: !port_stays,
            ..boards::fast()
        });
        board
            .wait("a third boot", boards::LIMIT, |status| status.boots > 2)
            .unwrap();
        assert_eq!(board.status().cuts == 0, port_stays, "{main}");
    }
}
