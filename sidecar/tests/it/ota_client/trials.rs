//! Releases that do not work: they crash, hang, never confirm. The board goes back by itself and takes them no more.
//! Here nobody resets the board.

use boardside::virtual_board::FileSystem;
use rstest::rstest;

use super::stand::Release;
use super::stand::Stand;

#[rstest]
#[case::raises_at_import("raise RuntimeError('no such sensor')", "", true)]
#[case::does_not_compile("if", "", true)]
#[case::lacks_a_module("import missing", "", true)]
// The module of the version before does not stand in for it.
#[case::lacks_a_module_of_the_old_version("import lib.only_0", "", true)]
#[case::hangs("while True: pass", "\"wdt_ms\":300,", false)]
#[case::hangs_in_a_module(
    "import time\nwhile True: time.sleep(9)",
    "\"wdt_ms\":300,\"trial_s\":0,",
    false
)]
#[case::hangs_without_a_watchdog("while True: pass", "\"trial_s\":1,", false)]
#[case::never_confirms(
    "import time\nprint('well')\nwhile True: time.sleep_ms(9)",
    "\"trial_s\":1,",
    false
)]
#[case::starves_the_watchdog("import sys", "\"wdt_ms\":300,", false)]
fn a_release_that_does_not_work_is_left_and_not_taken_again(
    #[case] code: &str,
    #[case] settings: &str,
    #[case] crashes: bool,
) {
    // One file system for each: what both have to do is the same, and `power` has both.
    let file_system = if code.len().is_multiple_of(2) {
        FileSystem::Fat
    } else {
        FileSystem::LittleFs
    };
    let stand = Stand::new(file_system);
    stand.installed(&Release::new("1", 1));
    stand.settings(&format!("{settings}\"tries\":2,"));
    stand.publish(&Release::new("2", 2).doing(code));
    let mut board = stand.start();
    board.boots(&["1"]);
    assert_eq!(board.update().0, "True");
    board.reset();
    let resets = 3; // the one above, and one for each try
    board
        .board
        .wait("the old version", crate::boards::LIMIT, |status| {
            status.resets == resets
        })
        .unwrap();
    let said = board.port.until("ran 1 1 1\n");
    assert_eq!(said.contains("Traceback"), crashes, "{said}");
    board.port.until(">>> ");
    assert_eq!(
        board.says("ota.slot, ota.trial, ota.status()['bad']"),
        "a False ['2']"
    );
    let (found, why) = board.update();
    assert_eq!(
        (found.as_str(), why.as_str()),
        ("False", "refused: 2 did not confirm")
    );
    // Nor under another manifest. The mended release has a name of its own.
    let mut again = Release::new("2", 3).doing(code);
    again.further = 1;
    stand.publish(&again);
    assert_eq!(board.update().0, "False");
    stand.publish(&Release::new("2.1", 4));
    assert_eq!(board.update().0, "True");
}

#[test]
fn a_first_release_that_fails_gives_way_to_what_lies_at_the_root() {
    let stand = Stand::new(FileSystem::LittleFs);
    stand.publish(&Release::new("1", 1).doing("1/0"));
    let mut board = stand.start();
    board.boots(&["0"]);
    assert_eq!(board.update().0, "True");
    board.reset();
    board.boots(&["0"]);
    assert_eq!(board.says("ota.slot, ota.status()['bad']"), " ['1']");
}

#[test]
fn a_confirmed_release_that_fails_later_stays_at_its_prompt() {
    let stand = Stand::new(FileSystem::LittleFs);
    let release = Release::new("1", 1).doing("import ota\nota.confirm()\nprint('ran 1 1 1')\n1/0");
    stand.publish(&release);
    let mut board = stand.start();
    board.boots(&["0"]);
    assert_eq!(board.update().0, "True");
    board.reset();
    board.boots(&["1"]);
    assert_eq!(board.says("ota.slot, ota.trial"), "a False");
    assert_eq!(board.board.status().resets, 1);
}

#[test]
fn what_is_staged_gives_way_to_what_is_wanted_since() {
    let stand = Stand::new(FileSystem::LittleFs);
    stand.installed(&Release::new("1", 1));
    let mut board = stand.start();
    board.boots(&["1"]);
    stand.publish(&Release::new("2", 2));
    assert_eq!(board.update().0, "True");
    // Aborted before anything was reset.
    stand.want("1");
    assert_eq!(board.update().1, "current 1");
    board.reset();
    board.boots(&["1"]);
    let mut again = Release::new("2", 3);
    again.further = 1;
    stand.publish(&again);
    assert_eq!(board.update().1, "staged 2, 0 bytes");
    stand.publish(&Release::new("3", 4));
    assert_eq!(board.update().0, "True");
    board.reset();
    board.boots(&["3"]);
}
