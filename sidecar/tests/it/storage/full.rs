//! A flash that is full, more or less: every amount of free space from none to enough.
//! Not about flash that refuses writes for another reason.

use boardside::virtual_board::FileSystem;
use rstest::rstest;

use crate::storage::Flash;
use crate::storage::change;
use crate::storage::leftovers;
use crate::storage::noise;
use crate::storage::old;
use crate::storage::on_board;
use crate::storage::small;
use crate::workspace::Ran;
use crate::workspace::Workspace;

/// One amount of free space, and what a sync made of it.
#[derive(Debug)]
struct Point {
    /// As the board says, in bytes.
    free: u64,
    end: End,
}

#[derive(Debug, PartialEq, Eq)]
enum End {
    Whole,
    OneByOne,
    /// Bytes that were said to be needed.
    Refused(u64),
}

/// Numbers in a message.
fn numbers(ran: &Ran) -> Vec<u64> {
    let message = ran.last()["message"].as_str().unwrap_or_default();
    message
        .split(|c: char| !c.is_ascii_digit())
        .filter_map(|digits| digits.parse().ok())
        .collect()
}

/// As much free space as the project needs twice.
const PLENTY: usize = 72 * 1024;

/// The same sync with everything from plenty of free space to none; `step` is the distance in blocks.
fn sweep(file_system: FileSystem, tier: &str, step: usize) -> Vec<Point> {
    // A block of littlefs holds pointers, too.
    let block = if file_system == FileSystem::Fat { 512 } else { 4064 };
    let workspace = old();
    let flash = Flash::with(&workspace, small(file_system, tier));
    let all = workspace
        .boardside(&["df", "-d", flash.start(&[]).address()])
        .count("free");
    let first = (usize::try_from(all).unwrap() - PLENTY) / block;
    let before = workspace.files();
    change(&workspace);
    let after = workspace.files();
    let mut points = Vec::new();
    for blocks in (first..200 * 1024 / block).step_by(step) {
        let data = noise(blocks * block, 9);
        let flash = flash.copy();
        let Some(board) = flash.try_start(&[("/data.log", &data)]) else {
            break; // not even the user's own file fits
        };
        let free = workspace.boardside(&["df", "-d", board.address()]).count("free");
        let ran = workspace.sync(board.address(), &[]);
        let mut found = on_board(&board);
        let context = format!("{free} bytes free: {ran:?}");
        assert_eq!(
            found.remove("/data.log").as_deref(),
            Some(&data[..]),
            "the user's own file: {context}"
        );
        assert!(leftovers(&board).is_empty(), "{:?}: {context}", leftovers(&board));
        let end = if ran.exit == 0 {
            assert_eq!(found, after, "{context}");
            if ran.last()["whole"] == true {
                End::Whole
            } else {
                End::OneByOne
            }
        } else {
            assert_eq!((ran.exit, ran.code()), (5, "board.no_space"), "{context}");
            assert_eq!(found, before, "{context}");
            let numbers = numbers(&ran);
            assert!(numbers.len() == 2 && numbers[1] == free, "{context}");
            End::Refused(numbers[0])
        };
        let removed = workspace.boardside(&["rm", "-d", board.address(), "/data.log"]);
        assert_eq!(removed.exit, 0, "{removed:?} after {context}");
        let again = workspace.sync(board.address(), &[]);
        assert_eq!(again.exit, 0, "{again:?} after {context}");
        assert_eq!(on_board(&board), after, "{again:?} after {context}");
        points.push(Point { free, end });
    }
    points
}

/// A board that has what was said to be needed takes the sync.
fn assert_true(points: &[Point]) {
    for point in points {
        if let End::Refused(needed) = point.end {
            assert!(needed > point.free, "{point:?}");
            let enough = points.iter().filter(|other| other.free >= needed);
            let refused: Vec<_> = enough
                .filter(|other| matches!(other.end, End::Refused(_)))
                .collect();
            assert!(refused.is_empty(), "{point:?}, and still {refused:?}");
        }
    }
    let count = |wanted: fn(&End) -> bool| points.iter().filter(|point| wanted(&point.end)).count();
    let whole = count(|end| *end == End::Whole);
    let one_by_one = count(|end| *end == End::OneByOne);
    let refused = points.len() - whole - one_by_one;
    eprintln!(
        "{} amounts of free space: {whole} whole, {one_by_one} one by one, {refused} refused",
        points.len()
    );
    assert!(whole > 0 && one_by_one > 0 && refused > 0, "{points:?}");
}

#[rstest]
#[case::littlefs(FileSystem::LittleFs, "stream", 3)]
#[case::fat(FileSystem::Fat, "stream", 15)]
#[case::littlefs_paste(FileSystem::LittleFs, "paste", 6)]
#[case::fat_paste(FileSystem::Fat, "paste", 45)]
fn a_sync_with_any_free_space_is_whole_or_one_by_one_or_refused(
    #[case] file_system: FileSystem,
    #[case] tier: &str,
    #[case] step: usize,
) {
    assert_true(&sweep(file_system, tier, step));
}

#[rstest]
#[ignore = "a few minutes: every block"]
fn a_sync_with_every_free_space_is_whole_or_one_by_one_or_refused(
    #[values(FileSystem::LittleFs, FileSystem::Fat)] file_system: FileSystem,
    #[values("stream", "paste")] tier: &str,
) {
    assert_true(&sweep(file_system, tier, 1));
}

/// boot.py of a board that says that 24 kB more are free than there are.
const TOO_KIND: &[u8] = b"import sys
import os as _o
class _O:
    def __getattr__(s, n):
        return getattr(_o, n)
    def statvfs(s, p):
        v = list(_o.statvfs(p))
        v[3] = min(v[2], v[3] + 24576 // v[0])
        return tuple(v)
sys.modules['os'] = _O()
";

#[rstest]
#[case::littlefs(FileSystem::LittleFs, "stream", 2)]
#[case::fat(FileSystem::Fat, "stream", 12)]
#[case::fat_paste(FileSystem::Fat, "paste", 30)]
fn a_board_that_has_less_room_than_it_says_keeps_the_old_project_or_gets_the_new_one(
    #[case] file_system: FileSystem,
    #[case] tier: &str,
    #[case] step: usize,
) {
    let block = if file_system == FileSystem::Fat { 512 } else { 4064 };
    let workspace = old();
    let flash = Flash::with(&workspace, small(file_system, tier));
    let all = workspace
        .boardside(&["df", "-d", flash.start(&[]).address()])
        .count("free");
    let before = workspace.files();
    change(&workspace);
    let after = workspace.files();
    let first = (usize::try_from(all).unwrap() - PLENTY / 2) / block;
    let (mut refused, mut one_by_one) = (0, 0);
    for blocks in (first..first + PLENTY / 2 / block).step_by(step) {
        let data = noise(blocks * block, 9);
        let flash = flash.copy();
        let Some(board) = flash.try_start(&[("/data.log", &data), ("/boot.py", TOO_KIND)]) else {
            break;
        };
        let ran = workspace.sync(board.address(), &[]);
        let mut found = on_board(&board);
        found.remove("/data.log");
        found.remove("/boot.py");
        let context = format!("{blocks} blocks taken: {ran:?}");
        let message = ran.last()["message"].as_str().unwrap_or_default();
        if message.contains("one by one") {
            // What was done stays, each file is the old or the new one, and it is told.
            for (path, content) in &found {
                let known = [before.get(path), after.get(path)];
                assert!(known.contains(&Some(content)), "{path}: {context}");
            }
            one_by_one += 1;
        } else if ran.exit != 0 {
            assert_eq!(found, before, "{context}");
        }
        if ran.exit == 0 {
            assert_eq!(found, after, "{context}");
        } else {
            assert_eq!((ran.exit, ran.code()), (5, "board.no_space"), "{context}");
            refused += 1;
        }
        assert!(leftovers(&board).is_empty(), "{:?}: {context}", leftovers(&board));
        let removed = workspace.boardside(&["rm", "-d", board.address(), "/data.log"]);
        assert_eq!(removed.exit, 0, "{removed:?} after {context}");
        let again = workspace.sync(board.address(), &[]);
        assert_eq!(again.exit, 0, "{again:?} after {context}");
    }
    eprintln!("{refused} refused, {one_by_one} of them one by one");
    assert!(refused > 0, "there was room everywhere");
}

#[rstest]
#[case::littlefs(FileSystem::LittleFs, 4064)]
#[case::fat(FileSystem::Fat, 512)]
fn a_put_and_a_mkdir_on_a_full_flash_change_nothing_and_say_what_is_free(
    #[case] file_system: FileSystem,
    #[case] block: usize,
) {
    let workspace = Workspace::new(&[("big.bin", &noise(30_000, 1))]);
    let flash = Flash::new(small(file_system, "stream"));
    drop(flash.start(&[("/keep.py", b"KEEP = 1\n")]));
    // As much as fits, to a block.
    let blocks = (0..200 * 1024 / block).rev().step_by(1 + 3000 / block);
    let mut fits = blocks.filter_map(|blocks| {
        let data = noise(blocks * block, 9);
        let flash = flash.copy();
        let board = flash.try_start(&[("/data.log", &data)])?;
        Some((flash, board))
    });
    let (_flash, board) = fits.next().unwrap();
    let before = board.files().unwrap();
    let free = workspace.boardside(&["df", "-d", board.address()]).count("free");
    let put = workspace.boardside(&["put", "-d", board.address(), "big.bin", "/in/a/folder/big.bin"]);
    assert_eq!((put.exit, put.code()), (5, "board.no_space"), "{put:?}");
    assert_eq!(numbers(&put)[1], free, "{put:?}");
    assert_eq!(board.files().unwrap(), before, "{put:?}");
    let mut made = Vec::new();
    let refused = loop {
        let path = format!("/folder{}", made.len());
        let ran = workspace.boardside(&["mkdir", "-d", board.address(), &path]);
        if ran.exit != 0 {
            break ran;
        }
        made.push(path);
        assert!(made.len() < 40, "a full flash takes folders for ever");
    };
    assert_eq!(
        (refused.exit, refused.code()),
        (5, "board.no_space"),
        "{refused:?}"
    );
    assert!(numbers(&refused)[0] < 8192, "{refused:?}");
    let mut found = board.files().unwrap();
    found.retain(|path, _| !path.starts_with("/folder"));
    assert_eq!(found, before);
}

#[test]
fn a_full_microbit_says_how_far_it_came_and_takes_what_fits() {
    let board = crate::boards::start(&boardside::virtual_board::Profile {
        baud: None,
        ..boardside::virtual_board::Profile::microbit()
    });
    let workspace = Workspace::new(&[("a.py", b"A = 1\n"), ("main.py", b"print(1)\n")]);
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
    workspace.write("b.bin", &b"# a line that is easy to squeeze\n".repeat(1100));
    workspace.write("a.py", b"A = 2\n");
    let ran = workspace.sync(board.address(), &[]);
    eprintln!("{}", ran.last());
    assert_eq!((ran.exit, ran.code()), (5, "board.no_space"), "{ran:?}");
    let of = |name: &str| ran.last()[name].as_str().unwrap().to_owned();
    assert!(of("message").contains("1 of 2 changes had been made"), "{ran:?}");
    assert!(
        of("message").contains("/b.bin was taken away half written"),
        "{ran:?}"
    );
    assert!(!of("help").contains("nothing was changed"), "{ran:?}");
    workspace.write("b.bin", b"small\n");
    let again = workspace.sync(board.address(), &[]);
    assert_eq!((again.exit, again.count("unchanged")), (0, 2), "{again:?}");
}
