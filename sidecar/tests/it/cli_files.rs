//! The verbs for files by hand, against real boards: ls, cat, get, put, rm, mkdir, df.
//! What the next sync makes of it is in `cli_project`.

use std::fs;

use boardside::virtual_board::FileSystem;
use boardside::virtual_board::Kind;
use boardside::virtual_board::Profile;

use crate::boards::start;
use crate::desk::Desk;
use crate::desk::on_flash;
use crate::desk::tree;
use crate::desk::with_files;

/// What the board's own program has, as the prompt knows it.
fn names(desk: &Desk) -> String {
    desk.run(&["eval", "sorted(globals())"]).good()
}

#[test]
fn files_go_to_every_kind_of_board_and_come_back_as_they_were() {
    // As fast as USB is, but not so fast that the unix port's own output overruns its terminal.
    let usb = || Profile {
        baud: Some(4_000_000),
        ..Profile::unix()
    };
    let without = |module: &str| Profile {
        without: vec![module.to_owned()],
        ..usb()
    };
    let fat = Profile {
        file_system: FileSystem::Fat,
        ..usb()
    };
    let small = Profile {
        heap: 64 << 10,
        ..usb()
    };
    let profiles = [
        usb(),
        fat,
        small,
        without("stdin.buffer"),
        without("hashlib"),
        without("raw-paste"),
    ];
    for profile in profiles {
        let board = start(&profile);
        let desk = Desk::at(board.address());
        let before = names(&desk);
        let binary: Vec<u8> = (0..5000_u32).flat_map(u32::to_be_bytes).collect();
        desk.write("src/a.py", "a = 1\n")
            .write("src/lib/ü b.py", "")
            .write("src/lib/data.bin", &binary);
        desk.run(&["put", "-r", "src/", "/"]).good();
        let cat = desk.run(&["cat", ":lib/data.bin"]);
        assert!(cat.out == binary, "{} {profile:?}", cat.err);
        desk.run(&["get", "-r", "/", "back"]).good();
        for name in ["a.py", "lib/ü b.py", "lib/data.bin"] {
            let [sent, came] = ["src", "back"].map(|folder| fs::read(desk.path(folder).join(name)).unwrap());
            assert_eq!(sent, came, "{name} of {profile:?}");
        }
        let paths: Vec<String> = desk
            .run(&["ls", "-r", "--json"])
            .events()
            .iter()
            .filter_map(|event| Some(event["path"].as_str()?.to_owned()))
            .collect();
        assert_eq!(
            paths,
            ["/a.py", "/lib", "/lib/data.bin", "/lib/ü b.py"],
            "{profile:?}"
        );
        assert_eq!(desk.run(&["ls", "a.py", "--json"]).last()["bytes"], 6);
        assert_eq!(names(&desk), before, "names of ours are left: {profile:?}");
    }
}

#[test]
fn names_on_the_board_are_read_as_cp_reads_them() {
    for (before, args, after) in [
        (&[][..], &["put", "a.py"][..], &[("/a.py", "A")][..]),
        (&[], &["put", "a.py", ":b.py"], &[("/b.py", "A")]),
        (&[], &["put", "a.py", "lib/"], &[("/lib/a.py", "A")]),
        (
            &[("/lib/x", "")],
            &["put", "a.py", "lib"],
            &[("/lib/a.py", "A"), ("/lib/x", "")],
        ),
        (
            &[("/a.py", "old")],
            &["put", "a.py", "c.py", "/"],
            &[("/a.py", "A"), ("/c.py", "C")],
        ),
        (&[], &["put", "-r", "d"], &[("/d/e/f", "F")]),
        (&[], &["put", "-r", "d", "new"], &[("/new/e/f", "F")]),
        (&[], &["put", "-r", "d/", "new"], &[("/new/e/f", "F")]),
        (
            &[("/d/x", "")],
            &["put", "-r", "d", "d"],
            &[("/d/d/e/f", "F"), ("/d/x", "")],
        ),
        (
            &[],
            &["put", "-r", "--all", "d"],
            &[("/d/.h", "H"), ("/d/e/f", "F")],
        ),
        (&[("/a", ""), ("/l/b", "")], &["rm", "-r", ":l", "a"], &[]),
        (&[("/a", ""), ("/l/b", "")], &["rm", "-r", "/"], &[]),
    ] {
        let board = start(&with_files(before));
        let desk = Desk::at(board.address());
        desk.write("a.py", "A")
            .write("c.py", "C")
            .write("d/e/f", "F")
            .write("d/.h", "H");
        desk.run(args).good();
        assert_eq!(on_flash(&board), tree(after), "{args:?} with {before:?}");
    }
}

#[test]
fn what_cannot_be_done_is_said_before_anything_changes() {
    let before = [("/a.py", "old"), ("/lib/x.py", "x"), ("/boot.py", "")];
    let board = start(&with_files(&before));
    let desk = Desk::at(board.address());
    desk.write("a.py", "A").write("b.py", "B").write("d/x", "");
    desk.write("big", vec![7; 3 << 20]);
    let known = names(&desk);
    for (args, exit, code) in [
        (&["put", "a.py", "b.py"][..], 2, "usage"),
        (&["put", "d"], 2, "usage"),
        (&["put", "a.py", "b.py", "new"], 2, "usage"),
        (&["put", "a.py", "../x"], 2, "usage"),
        (&["put", "a.py", "lib", "/"], 1, "host.io"),
        (&["put", "a.py", "a.py/b.py"], 1, "board.not_folder"),
        (&["put", "-r", "d", "a.py"], 2, "usage"),
        (&["put", "-r", "d", ":a.py"], 1, "board.not_folder"),
        (&["put", "b.py", "a.py", ".boardside/"], 1, "board.own"),
        (&["put", "b.py", ":.BOARDSIDE/manifest"], 1, "board.own"),
        (&["put", "a.py", "big", "/"], 5, "board.no_space"),
        (&["mkdir", "new", "a.py"], 1, "board.not_folder"),
        (&["mkdir", ".boardside/x"], 1, "board.own"),
        (&["rm", "a.py", "nosuch"], 1, "board.not_found"),
        (&["rm", "a.py", "lib"], 1, "board.is_folder"),
        (&["rm", "/"], 1, "board.is_folder"),
        (&["rm", "-r", "a.py", ".boardside/manifest"], 1, "board.own"),
        (&["rm", ".boardside"], 1, "board.own"),
        (&["cat", "lib"], 1, "board.is_folder"),
        (&["cat", "nosuch"], 1, "board.not_found"),
        (&["get", "lib"], 1, "board.is_folder"),
        (&["get", "nosuch", "b.py"], 1, "board.not_found"),
        (&["ls", "nosuch"], 1, "board.not_found"),
        (&["run", "nosuch.py"], 1, "host.io"),
        (&["exec", "print('\u{4}')"], 2, "usage"),
        (&["pull", "nosuch"], 2, "project.no_folder"),
    ] {
        let run = desk.run(args);
        assert_eq!(run.failure(), (exit, code.to_owned()), "{args:?}: {}", run.err);
    }
    assert_eq!(on_flash(&board), tree(&before));
    assert_eq!(desk.read("b.py"), "B");
    assert_eq!(
        names(&desk),
        known,
        "a program of ours that raised left its names"
    );
}

#[test]
fn a_put_that_is_interrupted_leaves_the_old_files_and_a_usable_board() {
    let board = start(&Profile {
        baud: Some(115_200),
        ..with_files(&[("/a", "old"), ("/main.py", "x = 1\n")])
    });
    let desk = Desk::at(board.address());
    let noise: String = (0..40_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 7).to_string())
        .collect();
    desk.write("a", noise).write("main.py", "x = 2\n");
    let is_sending = |line: &str| line.contains("\"sending\"") && !line.contains("\"bytes\":0,");
    let exit = desk.interrupt(&["--json", "put", "main.py", "a", "/"], is_sending);
    assert_eq!(exit, 130);
    assert_eq!(desk.run(&["eval", "1 + 1"]).good(), "2\n");
    let left = board.files().unwrap();
    let staged = left
        .keys()
        .filter(|path| path.starts_with("/.boardside/") && !path.ends_with('/'));
    assert_eq!(staged.count(), 0, "{:?}", left.keys());
    assert_eq!(on_flash(&board), tree(&[("/a", "old"), ("/main.py", "x = 1\n")]));
}

#[test]
fn more_than_fits_beside_the_old_files_goes_one_by_one_and_says_so() {
    let old = "o".repeat(90_000);
    let board = start(&Profile {
        flash: 256 << 10,
        ..with_files(&[("/a", &old), ("/b", &old)])
    });
    let desk = Desk::at(board.address());
    let new = "n".repeat(30_000);
    desk.write("a", &new).write("b", &new);
    let put = desk.run(&["put", "--json", "a", "b", "/"]);
    assert_eq!(
        (put.code, &put.last()["whole"]),
        (0, &false.into()),
        "{:?}",
        put.last()
    );
    assert_eq!(on_flash(&board), tree(&[("/a", &new), ("/b", &new)]));
}

#[test]
fn a_micro_bit_keeps_files_and_refuses_folders() {
    let board = start(&Profile::new(Kind::Microbit));
    let desk = Desk::at(board.address());
    desk.write("a.py", "a = 1\n").write("d/x", "");
    desk.run(&["put", "a.py"]).good();
    assert_eq!(desk.run(&["cat", "a.py"]).good(), "a = 1\n");
    assert_eq!(desk.run(&["ls", "--json"]).last()["bytes"], 6);
    for args in [&["mkdir", "x"][..], &["put", "a.py", "x/"], &["put", "-r", "d"]] {
        assert_eq!(
            desk.run(args).failure(),
            (1, "board.no_folders".to_owned()),
            "{args:?}"
        );
    }
    assert_eq!(desk.run(&["eval", "1 + 1"]).good(), "2\n");
    desk.run(&["rm", "a.py"]).good();
    assert_eq!(
        desk.run(&["cat", "a.py"]).failure(),
        (1, "board.not_found".to_owned())
    );
    assert!(desk.run(&["df"]).good().contains("cannot tell"));
}
