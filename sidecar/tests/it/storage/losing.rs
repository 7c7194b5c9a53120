//! A flash that refuses writes, or loses them, or keeps something else: what is said of it, and what is still there.
//! Not about a flash that is full.

use boardside::virtual_board::FileSystem;
use boardside::virtual_board::Profile;
use rstest::rstest;

use crate::boards;
use crate::storage::Flash;
use crate::storage::change;
use crate::storage::noise;
use crate::storage::old;
use crate::storage::on_board;
use crate::storage::without;

const LITTLEFS: FileSystem = FileSystem::LittleFs;
const FAT: FileSystem = FileSystem::Fat;

#[rstest]
#[case::mounted_protected(LITTLEFS, "stream", "protect=EROFS", "board.read_only")]
#[case::access_denied(FAT, "stream", "protect=EACCES", "board.read_only")]
#[case::not_permitted(LITTLEFS, "paste", "protect=EPERM", "board.read_only")]
#[case::every_write_fails(LITTLEFS, "stream", "protect=EIO", "board.storage")]
#[case::every_write_fails_on_fat(FAT, "paste", "protect=EIO", "board.storage")]
#[case::one_write_fails(FAT, "stream", "eio=25", "board.storage")]
#[case::every_write_is_lost(LITTLEFS, "stream", "lose=0", "board.verify")]
#[case::every_write_is_lost_in_pieces(LITTLEFS, "paste", "lose=0", "board.verify")]
#[case::every_write_is_lost_on_fat(FAT, "stream", "lose=0", "board.verify")]
#[case::every_write_is_lost_on_fat_in_pieces(FAT, "paste", "lose=0", "board.verify")]
#[case::one_in_twenty_is_lost_on_fat(FAT, "stream", "lose=1/20", "board.verify")]
#[case::littlefs_finds_other_blocks(LITTLEFS, "stream", "lose=1/200", "none")]
#[case::littlefs_finds_a_wrong_bit(LITTLEFS, "stream", "flip=20", "none")]
fn a_flash_that_fails_is_named_and_the_old_project_stays(
    #[case] file_system: FileSystem,
    #[case] tier: &str,
    #[case] fault: &str,
    #[case] code: &str,
) {
    let workspace = old();
    let profile = Profile {
        file_system,
        without: without(tier),
        ..boards::fast()
    };
    let flash = Flash::with(&workspace, profile);
    drop(flash.start(&[("/data.log", &noise(3000, 1))]));
    let before = workspace.files();
    change(&workspace);
    let flash = flash.fault(fault);
    let board = flash.start(&[]);
    let ran = workspace.sync(board.address(), &[]);
    let mut found = on_board(&board);
    assert_eq!(found.remove("/data.log"), Some(noise(3000, 1)), "{ran:?}");
    assert_eq!(ran.code(), code, "{ran:?}");
    let of = |name: &str| ran.last()[name].as_str().unwrap_or_default().to_owned();
    let (message, help) = (of("message"), of("help"));
    eprintln!("{file_system:?} {tier} {fault}: {message}\n{help}");
    if code == "none" {
        assert_eq!(found, workspace.files());
        return;
    }
    assert_eq!(found, before, "{ran:?}");
    assert!(!help.is_empty());
    if fault == "protect=EIO" && file_system == FAT {
        // FatFs cannot even read once it has something that it cannot write: nobody can look.
        assert!(help.contains("`boardside doctor` tries it"), "{help}");
    } else if code != "board.read_only" {
        assert!(
            message.contains("the old project is still there, unchanged"),
            "{message}"
        );
        assert!(
            help.contains("1 file (2.9 KiB) that no sync put there: /data.log"),
            "{help}"
        );
        assert!(
            help.contains("mkfs") && help.contains("boardside get -r / backup"),
            "{help}"
        );
    }
    if (code, file_system, fault) == ("board.verify", FAT, "lose=0") {
        assert!(message.contains(" files sent came back wrong"), "{message}");
        assert!(message.contains("/added/file.bin"), "{message}");
    }
    // The way that the help names: everything is saved, and a flash that is well takes the project.
    drop(board);
    let flash = flash.fault("");
    let board = flash.start(&[]);
    let backup = tempfile::TempDir::new().unwrap();
    let at = backup.path().join("backup");
    let saved = workspace.boardside(&["get", "-d", board.address(), "-r", "/", at.to_str().unwrap()]);
    assert_eq!(saved.exit, 0, "{saved:?}");
    assert_eq!(std::fs::read(at.join("data.log")).unwrap(), noise(3000, 1));
    let again = workspace.sync(board.address(), &[]);
    assert_eq!(again.exit, 0, "{again:?}");
    let mut found = on_board(&board);
    found.remove("/data.log");
    assert_eq!(found, workspace.files());
}

#[rstest]
#[case::littlefs(LITTLEFS)]
#[case::fat(FAT)]
fn a_write_that_fails_at_any_moment_leaves_a_project_or_says_that_it_is_in_between(
    #[case] file_system: FileSystem,
) {
    let workspace = old();
    let profile = Profile {
        file_system,
        ..boards::fast()
    };
    let flash = Flash::with(&workspace, profile);
    let before = workspace.files();
    change(&workspace);
    let after = workspace.files();
    let mut seen = std::collections::BTreeMap::new();
    // littlefs writes in smaller pieces.
    let step = if file_system == FAT { 13 } else { 43 };
    for operation in (3..12 * step).step_by(step) {
        let flash = flash.copy().fault(&format!("eio={operation}"));
        let board = flash.start(&[]);
        let ran = workspace.sync(board.address(), &[]);
        let found = on_board(&board);
        let context = format!("write {operation}: {ran:?}");
        let message = ran.last()["message"].as_str().unwrap_or_default();
        let state = if found == after {
            "new"
        } else if found == before {
            "old"
        } else {
            "between"
        };
        if ran.exit == 0 {
            assert_eq!(state, "new", "{context}");
        } else {
            assert_eq!((ran.exit, ran.code()), (5, "board.storage"), "{context}");
            assert!(
                state != "between" || message.contains("only a part of it is in place"),
                "{context}"
            );
        }
        *seen.entry((ran.exit, state)).or_insert(0) += 1;
        drop(board);
        let flash = flash.fault("");
        let board = flash.start(&[]);
        let again = workspace.sync(board.address(), &[]);
        assert_eq!(again.exit, 0, "{again:?} after {context}");
        assert_eq!(on_board(&board), after, "{again:?} after {context}");
    }
    eprintln!("{file_system:?}: {seen:?}");
}

#[test]
fn a_flash_that_takes_nothing_more_in_a_commit_is_told_so_and_the_next_connection_finishes_it() {
    let workspace = old();
    let flash = Flash::with(&workspace, boards::fast());
    change(&workspace);
    let after = workspace.files();
    let mut counted = flash.copy();
    counted.profile.count_flash = true;
    let board = counted.start(&[]);
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
    let writes = board.status().flash_writes;
    drop(board);
    let mut between = 0;
    // The renames are among the last.
    for from in (writes - 40..writes).step_by(5) {
        let flash = flash.copy().fault(&format!("full={from}"));
        let board = flash.start(&[]);
        let ran = workspace.sync(board.address(), &[]);
        let context = format!("from write {from} of {writes}: {ran:?}");
        let message = ran.last()["message"].as_str().unwrap_or_default();
        let is_between = message.contains("only a part of it is in place");
        if is_between {
            between += 1;
            assert_eq!((ran.exit, ran.code()), (5, "board.no_space"), "{context}");
            let help = ran.last()["help"].as_str().unwrap();
            assert!(help.contains("every verb of boardside finishes it"), "{context}");
        }
        drop(board);
        let flash = flash.fault("");
        let board = flash.start(&[]);
        assert_eq!(workspace.boardside(&["df", "-d", board.address()]).exit, 0);
        if is_between {
            assert_eq!(on_board(&board), after, "{context}");
        }
        let again = workspace.sync(board.address(), &[]);
        assert_eq!(
            (again.exit, on_board(&board)),
            (0, after.clone()),
            "{again:?} after {context}"
        );
    }
    assert!(between > 0, "the renames of {writes} writes were not met");
}
