//! The unix board's flash fills up, tears and survives as a chip's does.
//! Read from outside by a MicroPython that is not the board.

use boardside::virtual_board::FileSystem;
use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoardError;
use rstest::rstest;

use crate::boards::HELP;
use crate::boards::LIMIT;
use crate::boards::Port;
use crate::boards::fast;
use crate::boards::start;

const DONE: &str = "\x04>";

fn raw(port: &mut Port) {
    port.ask("\x03\x01", "raw REPL; CTRL-B to exit\r\n>");
}

#[rstest]
#[case(FileSystem::LittleFs)]
#[case(FileSystem::Fat)]
fn files_survive_resets_and_power_cuts_and_are_seen_from_outside(#[case] file_system: FileSystem) {
    let mut profile = Profile {
        file_system,
        ..fast()
    };
    profile
        .files
        .insert("/lib/given.py".to_owned(), b"g = 1\n".to_vec());
    profile.files.insert("/empty/".to_owned(), Vec::new());
    let mut board = start(&profile);
    let mut port = Port::open(&board);
    port.until(HELP);
    raw(&mut port);
    let write = "import given\nwith open('data', 'wb') as f: f.write(bytes(range(256)) * 40)\x04";
    assert_eq!(port.ask(write, DONE), "OK\x04\x04>");
    let expected: Vec<u8> = (0..=255).cycle().take(10_240).collect();
    assert_eq!(board.files().unwrap()["/data"], expected, "while it runs");
    board.power_cycle().unwrap();
    port.until(HELP);
    raw(&mut port);
    assert_eq!(
        port.ask("print(len(open('data','rb').read()))\x04", DONE),
        "OK10240\n\x04\x04>"
    );
    board.put_file("/data", b"short").unwrap();
    board.power_off().unwrap();
    let files = board.files().unwrap();
    let names: Vec<_> = files.keys().collect();
    assert_eq!(names, ["/data", "/empty/", "/lib/", "/lib/given.py"]);
    assert_eq!(files["/data"], b"short");
}

#[test]
fn a_file_that_was_not_closed_survives_a_soft_reset_and_not_a_power_cut() {
    for (reset, content) in [
        ("\x04", &b"open"[..]),
        ("import machine\nmachine.reset()\x04", b""),
    ] {
        let board = start(&fast());
        let mut port = Port::open(&board);
        port.until(HELP);
        raw(&mut port);
        port.ask("f = open('a', 'w')\nf.write('open')\x04", DONE);
        port.send(reset);
        board
            .wait("reset", LIMIT, |status| status.boots == 2 && status.ready)
            .unwrap();
        let files = board.files().unwrap();
        assert_eq!(files.get("/a").map_or(&b""[..], Vec::as_slice), content);
    }
}

#[test]
fn a_full_flash_says_so() {
    let mut profile = fast();
    profile.flash = 64 << 10;
    let board = start(&profile);
    let mut port = Port::open(&board);
    port.until(HELP);
    raw(&mut port);
    let text = port.ask("open('big', 'wb').write(bytes(100_000))\x04", DONE);
    assert!(text.contains("OSError: 28"), "ENOSPC: {text}");
}

#[test]
fn a_read_only_board_refuses_to_write() {
    let mut profile = fast();
    profile.read_only = true;
    profile
        .files
        .insert("/main.py".to_owned(), b"print('still runs')\n".to_vec());
    let board = start(&profile);
    let mut port = Port::open(&board);
    assert!(port.until(HELP).starts_with("still runs\n"));
    raw(&mut port);
    let text = port.ask("open('new', 'w')\x04", DONE);
    assert!(text.contains("OSError: 30"), "EROFS: {text}");
}

#[rstest]
fn a_flash_with_a_fault_does_what_its_fault_says(
    #[values(FileSystem::LittleFs, FileSystem::Fat)] file_system: FileSystem,
    #[values("full=0", "full=6", "protect=EACCES", "eio=3", "lose=0", "flip=2")] fault: &str,
) {
    let mut profile = Profile {
        file_system,
        ..fast()
    };
    profile.files.insert("/kept".to_owned(), vec![b'k'; 3_000]);
    profile.faults = fault.parse().unwrap();
    let board = start(&profile);
    let mut port = Port::open(&board);
    port.until(HELP);
    raw(&mut port);
    let text = port.ask("with open('new', 'wb') as f: f.write(bytes(9000))\x04", DONE);
    let found = port.ask("print(open('new','rb').read() == bytes(9000))\x04", DONE);
    // littlefs reads back what it writes, takes other blocks, and runs out of them. Where it has no room for a new
    // file's name it says that the name is too long (lfs.c, lfs_file_rawopen).
    let raises = match (fault, file_system) {
        ("full=0" | "lose=0", FileSystem::LittleFs) => "OSError: 36",
        ("full=0" | "full=6", _) => "OSError: 28",
        ("protect=EACCES", _) => "[Errno 13]",
        ("eio=3", _) => "[Errno 5]",
        _ => "",
    };
    assert!(
        text.contains(raises) && text.contains("OSError") != raises.is_empty(),
        "{text}"
    );
    // FAT believes its flash, and littlefs does not.
    let is_right = fault == "flip=2" && file_system == FileSystem::LittleFs;
    assert_eq!(found.contains("True"), is_right, "{found}");
    assert_eq!(board.files().unwrap()["/kept"], vec![b'k'; 3_000]);
}

#[test]
fn a_power_cut_tears_a_write_and_littlefs_mounts_again() {
    // Every cut point of one write; the file before it is whole at each.
    for at in 0..12 {
        let mut profile = fast();
        profile.files.insert("/kept".to_owned(), vec![b'k'; 3_000]);
        profile.faults.power = Some(at);
        let mut board = start(&profile);
        let mut port = Port::open(&board);
        port.until(HELP);
        raw(&mut port);
        port.send("for i in range(20):\n with open('new', 'wb') as f: f.write(bytes(9000))\x04");
        board.wait("power cut", LIMIT, |status| !status.powered).unwrap();
        let torn = board.files().unwrap();
        board.power_cycle().unwrap();
        port.until(HELP);
        let after = board.files().unwrap();
        for files in [&torn, &after] {
            assert_eq!(files["/kept"], vec![b'k'; 3_000], "cut at {at}");
            let new = files.get("/new").map_or(0, Vec::len);
            assert!([0, 9_000].contains(&new), "cut at {at}: {new} bytes");
        }
        raw(&mut port);
        assert_eq!(
            port.ask("print(len(open('kept').read()))\x04", DONE),
            "OK3000\n\x04\x04>"
        );
    }
}

#[test]
fn ctrl_c_never_tears_what_the_flash_driver_does() {
    let board = start(&fast());
    let mut port = Port::open(&board);
    port.until(HELP);
    raw(&mut port);
    for round in 0..30 {
        let code = "while True:\n with open('a', 'wb') as f: f.write(bytes(3000))\n with open('b', 'wb') as f: f.write(bytes(500))\n";
        port.ask(format!("print('{round}go')\n{code}\x04"), "go\n");
        let text = port.ask("\x03", DONE);
        assert!(
            text.contains("KeyboardInterrupt") && !text.contains("OSError"),
            "{text}"
        );
    }
    let text = port.ask("import os\nprint(os.listdir())\x04", DONE);
    assert!(text.ends_with("]\n\x04\x04>"), "{text}");
    board.files().unwrap();
    assert_eq!(board.status().boots, 1);
}

#[test]
fn two_boards_never_share_a_flash() {
    let folder = tempfile::tempdir().unwrap();
    let mut profile = fast();
    profile.image = Some(folder.path().join("flash"));
    let first = start(&profile);
    let second = boardside::virtual_board::VirtualBoard::spawn(&profile, crate::boards::unix());
    assert!(
        matches!(second, Err(VirtualBoardError::ImageBusy { .. })),
        "{second:?}"
    );
    drop(first);
    start(&profile);
}

#[test]
fn a_file_that_a_collection_closes_is_closed_whatever_its_flash_has_to_do_for_that() {
    let board = start(&fast());
    let mut port = Port::open(&board);
    port.until(HELP);
    raw(&mut port);
    // Forgotten again and again: its folder is full at times, and another block is erased while the heap is locked.
    let program = "import gc, os
for i in range(400):
    f = open('x%d' % (i % 7), 'wb')
    f.write(b'?' * 50)
    f = 0
    gc.collect()
for name in os.listdir():
    os.remove(name)
print(os.listdir())\x04";
    assert_eq!(port.ask(program, DONE), "OK[]\n\x04\x04>");
}
