//! `boardside doctor` for what storage does wrong: leftovers of every tool, a suspect flash, records that are damaged.
//! What a healthy board is told is in `doctor`.

use boardside::virtual_board::FileSystem;
use boardside::virtual_board::Profile;
use serde_json::Value;

use crate::boards;
use crate::storage::Flash;
use crate::storage::on_board;
use crate::workspace::Ran;
use crate::workspace::Workspace;

fn check<'a>(ran: &'a Ran, name: &str) -> &'a Value {
    let found = ran.events.iter().find(|event| event["name"] == name);
    found.unwrap_or_else(|| panic!("no {name} in {ran:?}"))
}

fn text<'a>(check: &'a Value, name: &str) -> &'a str {
    check[name].as_str().unwrap()
}

/// What interrupted copies of several tools leave, and what only looks like it.
const LEFT: [(&str, &[u8]); 10] = [
    ("/boot.py", b""),
    ("/main.py", b""),
    ("/lib/half.py", b""),
    ("/lib/__init__.py", b""),
    ("/main.py.viper.tmp", b"half of"),
    ("/lib/x.py.tmp", b"half of"),
    ("/wanted.txt", b""),
    ("/also wanted.txt", b""),
    ("/log.tmp", b"the user's own"),
    ("/data.log", b"the user's own"),
];

#[test]
fn empty_and_half_files_are_removed_with_fix_and_wanted_ones_stay() {
    let synced = Workspace::new(&[("wanted.txt", b"")]);
    let flash = Flash::with(&synced, boards::fast());
    let board = flash.start(&LEFT);
    // In the folder of the project that wants this one, and main.py too, which is not empty there.
    let project = Workspace::new(&[
        ("boardside.toml", b""),
        ("also wanted.txt", b""),
        ("extra.py", b"1"),
    ]);
    let before = board.files().unwrap();
    let ran = project.boardside(&["doctor", "-d", board.address()]);
    assert_eq!(board.files().unwrap(), before, "only looked at");
    assert_eq!(
        text(check(&ran, "files.boot"), "message"),
        "boot.py is empty, main.py is empty"
    );
    let ran = project.boardside(&["doctor", "--fix", "-d", board.address()]);
    let message = text(check(&ran, "files.empty"), "message");
    let gone = [
        "/boot.py",
        "/main.py",
        "/lib/half.py",
        "/main.py.viper.tmp",
        "/lib/x.py.tmp",
    ];
    assert!(message.starts_with("5 files removed: "), "{message}");
    let found = on_board(&board);
    for (path, _) in LEFT {
        let is_gone = gone.contains(&path);
        assert_eq!(found.contains_key(path), !is_gone, "{path}");
        assert_eq!(message.contains(path), is_gone, "{path} in {message}");
    }
    let again = project.boardside(&["doctor", "-d", board.address()]);
    assert_eq!((again.exit, again.count("notes")), (0, 0), "{again:?}");
}

#[test]
fn without_a_record_that_can_be_read_and_a_project_nothing_is_removed() {
    let flash = Flash::new(boards::fast());
    let board = flash.start(&[
        ("/wanted.txt", b""),
        ("/.boardside/manifest", b"boardside 1 x\ngarb"),
    ]);
    let ran = Workspace::new(&[]).boardside(&["doctor", "--fix", "-d", board.address()]);
    assert_eq!(check(&ran, "files.record")["state"], "note", "{ran:?}");
    assert!(
        text(check(&ran, "files.empty"), "help").starts_with("none was removed"),
        "{ran:?}"
    );
    assert!(on_board(&board).contains_key("/wanted.txt"));
}

#[test]
fn a_damaged_journal_is_told_and_cleared_away_with_fix() {
    let flash = Flash::new(boards::fast());
    let board = flash.start(&[
        ("/a.py", b"1"),
        ("/.boardside/0", b"2"),
        ("/.boardside/journal", b">0 /a.py\n=7\n"),
    ]);
    let ran = Workspace::new(&[]).boardside(&["doctor", "-d", board.address()]);
    let found = check(&ran, "transaction");
    assert_eq!(found["state"], "note", "{ran:?}");
    assert!(text(found, "message").contains("damaged"), "{found}");
    let ran = Workspace::new(&[]).boardside(&["doctor", "--fix", "-d", board.address()]);
    assert_eq!(check(&ran, "transaction")["state"], "ok", "{ran:?}");
    assert_eq!(on_board(&board)["/a.py"], b"1");
}

#[test]
fn a_flash_that_loses_writes_is_found_and_so_is_what_a_new_file_system_would_erase() {
    for file_system in [FileSystem::LittleFs, FileSystem::Fat] {
        let workspace = Workspace::new(&[("main.py", b"print(1)\n")]);
        let flash = Flash::with(
            &workspace,
            Profile {
                file_system,
                ..boards::fast()
            },
        );
        drop(flash.start(&[("/data.log", &[7; 5000])]));
        let flash = flash.fault("lose=0");
        let board = flash.start(&[]);
        let ran = workspace.boardside(&["doctor", "-d", board.address()]);
        // FatFs may find that its tables make no sense before the test file could be compared.
        assert!(
            ran.exit == 6 || (ran.exit == 5 && file_system == FileSystem::Fat),
            "{ran:?}"
        );
        let found = check(&ran, "flash.writes");
        eprintln!("{found}");
        assert_eq!(found["state"], "problem", "{found}");
        assert!(text(found, "help").contains("suspect"), "{found}");
        assert!(
            text(found, "help").contains("1 file (4.9 KiB) that no sync put there: /data.log"),
            "{found}"
        );
        let format = if file_system == FileSystem::Fat {
            "FAT: "
        } else {
            "littlefs: "
        };
        assert!(
            text(check(&ran, "flash.format"), "message").starts_with(format),
            "{ran:?}"
        );
    }
}

#[test]
fn a_board_without_a_file_system_says_so() {
    let flash = Flash::new(boards::fast());
    let board = flash.start(&[("/boot.py", b"import vfs\nvfs.umount('/')\n")]);
    let workspace = Workspace::new(&[("x.py", b"1")]);
    let ran = workspace.sync(board.address(), &[]);
    assert_eq!((ran.exit, ran.code()), (5, "board.no_file_system"), "{ran:?}");
    let ran = workspace.boardside(&["doctor", "-d", board.address()]);
    assert_eq!(ran.exit, 5, "{ran:?}");
    let found = check(&ran, "flash.writes");
    assert_eq!(
        text(found, "message"),
        "the board has no file system mounted",
        "{ran:?}"
    );
    assert!(text(found, "help").contains("mkfs"), "{found}");
}
