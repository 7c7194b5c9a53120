//! pull and diff, and what a sync makes of changes by hand, against real boards.
//! What a sync decides in general is tested in `plans`.

use std::fs;

use crate::boards::fast;
use crate::boards::start;
use crate::desk::Desk;
use crate::desk::on_flash;
use crate::desk::tree;
use crate::desk::with_files;

#[test]
fn what_hands_did_to_the_board_the_next_sync_sees() {
    // What is done after a first sync of a.py and b.py, with the project as it is then.
    for (what, edits, args, exit, after) in [
        (
            "the project's new content, put by hand, is taken over",
            &[("p/a.py", "A2")][..],
            &["put", "p/a.py"][..],
            0,
            &[("/a.py", "A2"), ("/b.py", "B")][..],
        ),
        (
            "a file of the board's own stays",
            &[("c", "C")],
            &["put", "c"],
            0,
            &[("/a.py", "A"), ("/b.py", "B"), ("/c", "C")],
        ),
        (
            "a removed file comes back",
            &[],
            &["rm", "a.py"],
            0,
            &[("/a.py", "A"), ("/b.py", "B")],
        ),
        (
            "other content is a conflict, and stays",
            &[("x/a.py", "X")],
            &["put", "x/a.py"],
            7,
            &[("/a.py", "X"), ("/b.py", "B")],
        ),
        (
            "without a manifest everything is compared anew",
            &[],
            &["rm", "-r", ".boardside"],
            0,
            &[("/a.py", "A"), ("/b.py", "B")],
        ),
        (
            "an emptied board is filled again",
            &[],
            &["rm", "-r", "/"],
            0,
            &[("/a.py", "A"), ("/b.py", "B")],
        ),
    ] {
        let board = start(&fast());
        let desk = Desk::at(board.address());
        desk.write("p/a.py", "A").write("p/b.py", "B");
        desk.run(&["sync", "p"]).good();
        for (name, text) in edits {
            desk.write(name, text);
        }
        desk.run(args).good();
        assert_eq!(desk.run(&["sync", "p"]).code, exit, "{what}");
        assert_eq!(on_flash(&board), tree(after), "{what}");
    }
}

#[test]
fn a_board_that_holds_another_project_is_not_taken_from_it_unasked() {
    let board = start(&fast());
    let desk = Desk::at(board.address());
    desk.write("blink/main.py", "blink").write("blink/led.py", "led");
    desk.write("wave/main.py", "wave");
    desk.run(&["sync", "blink"]).good();
    for args in [&["sync", "wave"][..], &["sync", "wave", "--dry-run"]] {
        let refused = desk.run(args);
        assert_eq!(refused.code, 7);
        let why = "belongs to the project `blink`";
        assert!(format!("{refused:?}").contains(why), "{refused:?}");
    }
    let blink = &[("/main.py", "blink"), ("/led.py", "led")][..];
    assert_eq!(on_flash(&board), tree(blink));
    desk.run(&["sync", "wave", "--conflict", "keep"]).good();
    assert_eq!(on_flash(&board), tree(blink));
    desk.run(&["sync", "blink"]).good();
    desk.run(&["sync", "wave", "--conflict", "overwrite"]).good();
    assert_eq!(on_flash(&board), tree(&[("/main.py", "wave")]));
    fs::rename(desk.path("wave"), desk.path("ocean")).unwrap();
    desk.run(&["sync", "ocean"]).good();
}

#[test]
fn a_pull_brings_what_is_missing_and_loses_nothing() {
    let board = start(&with_files(&[
        ("/a.py", "A"),
        ("/lib/b.py", "B"),
        ("/log.txt", "L"),
        ("/.hidden", ""),
    ]));
    let desk = Desk::at(board.address());
    desk.write("p/boardside.toml", "source = 'src'\nignore = ['*.txt']\n")
        .write("p/src/mine.py", "M");
    desk.write("p/src/a.py", "other");
    let refused = desk.run(&["pull", "p"]);
    assert_eq!(
        refused.failure(),
        (7, "pull.conflict".to_owned()),
        "{}",
        refused.err
    );
    let lib = desk.path("p/src/lib");
    assert!(!lib.exists(), "something was written although a file was refused");

    let plan = desk.run(&["pull", "p", "--overwrite", "--dry-run", "--json"]);
    assert_eq!((&plan.last()["updated"], lib.exists()), (&1.into(), false));
    let pulled = desk.run(&["pull", "p", "--overwrite", "--json"]).last();
    assert_eq!(
        (&pulled["event"], &pulled["added"], &pulled["updated"]),
        (&"pulled".into(), &1.into(), &1.into())
    );
    let files = ["a.py", "lib/b.py", "mine.py"].map(|name| desk.read(&format!("p/src/{name}")));
    assert_eq!(files, ["A", "B", "M"]);
    assert!(!desk.path("p/src/log.txt").exists() && !desk.path("p/src/.hidden").exists());

    fs::remove_file(desk.path("p/src/mine.py")).unwrap();
    let adopted = desk.run(&["sync", "p", "--json"]).last();
    assert_eq!(
        (&adopted["unchanged"], &adopted["added"], &adopted["updated"]),
        (&2.into(), &0.into(), &0.into())
    );
    let nothing = desk.run(&["pull", "p", "--json"]).last();
    assert_eq!((&nothing["unchanged"], &nothing["added"]), (&2.into(), &0.into()));

    // A folder lies where a file must go: nothing makes room for it.
    fs::remove_file(desk.path("p/src/a.py")).unwrap();
    desk.write("p/src/a.py/keep", "");
    assert_eq!(
        desk.run(&["pull", "p", "--overwrite"]).failure(),
        (7, "pull.conflict".to_owned())
    );
}

#[test]
fn a_diff_says_what_differs_and_its_exit_code_whether_anything_does() {
    let board = start(&with_files(&[
        ("/a.py", "x\ny\n"),
        ("/only.py", ""),
        ("/z.bin", "ab\0c"),
    ]));
    let desk = Desk::at(board.address());
    desk.write("p/a.py", "x\nz\n")
        .write("p/new.py", "n")
        .write("p/z.bin", "ab\0d");
    let all = desk.run(&["diff", "p", "--json"]);
    let found: Vec<String> = all
        .events()
        .iter()
        .filter(|event| event["event"] == "difference")
        .map(|event| {
            format!(
                "{} {}",
                event["how"].as_str().unwrap(),
                event["path"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            "differs /a.py",
            "only_project /new.py",
            "only_board /only.py",
            "differs /z.bin"
        ]
    );
    assert_eq!(all.code, 1);
    let one = desk.run(&["diff", "p", "a.py"]);
    let text = String::from_utf8(one.out).unwrap();
    assert!(
        text.ends_with("@@ -1,2 +1,2 @@\n x\n-y\n+z\n") && one.code == 1,
        "{text}"
    );
    let binary = desk.run(&["diff", "p", "z.bin"]);
    assert!(String::from_utf8(binary.out).unwrap().contains("from byte 3 on"));
    for (file, exit) in [("new.py", 1), ("only.py", 1), ("nosuch", 1)] {
        assert_eq!(desk.run(&["diff", "p", file]).code, exit, "{file}");
    }
    desk.run(&["pull", "p", "--overwrite"]).good();
    fs::remove_file(desk.path("p/new.py")).unwrap();
    for args in [&["diff", "p"][..], &["diff", "p", "a.py"]] {
        assert!(desk.run(args).good().contains("no difference"));
    }
}
