//! The manifest and the journal on the board, damaged, forged, or somebody else's: nothing is removed or overwritten
//! on their word.
//! Whole journals are `cuts`' business.

use boardside::base::Fingerprint;

use crate::boards;
use crate::storage::Files;
use crate::storage::Flash;
use crate::storage::change;
use crate::storage::leftovers;
use crate::storage::noise;
use crate::storage::old;
use crate::storage::on_board;
use crate::workspace::Workspace;

/// What the user keeps on the board.
fn own() -> [(&'static str, Vec<u8>); 2] {
    [
        ("/data.log", noise(2000, 4)),
        ("/lib/own.py", b"OWN = 1\n".to_vec()),
    ]
}

/// The board with the old project, the user's files, and this one of Boardside's.
fn with(flash: &Flash, path: &str, content: &[u8]) -> (Flash, boardside::virtual_board::VirtualBoard) {
    let flash = flash.copy();
    let own = own();
    let mut files: Vec<(&str, &[u8])> = own.iter().map(|(path, data)| (*path, &data[..])).collect();
    files.push((path, content));
    let board = flash.start(&files);
    (flash, board)
}

/// Takes the user's files out of what was found; they must all be there.
fn take_own(found: &mut Files, context: &str) {
    for (path, data) in own() {
        assert_eq!(found.remove(path), Some(data), "{path}: {context}");
    }
}

fn damaged_manifests(text: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut all: Vec<(String, Vec<u8>)> = vec![
        ("empty".to_owned(), Vec::new()),
        ("garbage".to_owned(), noise(5000, 2)),
        ("zeros".to_owned(), vec![0; 3000]),
        ("erased".to_owned(), vec![0xff; 3000]),
        ("another version".to_owned(), b"boardside zwei x\n".to_vec()),
    ];
    for cut in [7, 30, text.len() / 3, text.len() / 2, text.len() - 1] {
        all.push((format!("cut at {cut}"), text[..cut].to_vec()));
    }
    let lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    all.push(("a line less".to_owned(), lines[..lines.len() - 1].concat()));
    let more = |path: &str| {
        let print = Fingerprint::of(b"x");
        let line = format!(
            "{} {:08x} {:08x} 1 {path}\n",
            print.sha256, print.crc32, print.adler32
        );
        [text, line.as_bytes()].concat()
    };
    for path in [
        "/../data.log",
        "data.log",
        "/.boardside/agent",
        "/a\u{3}b",
        "/data.log",
        "",
    ] {
        all.push((format!("and {path:?}"), more(path)));
    }
    for at in (11..text.len()).step_by(text.len() / 9) {
        let mut flipped = text.to_vec();
        flipped[at] ^= 1 << (at % 8);
        all.push((format!("a bit of byte {at} flipped"), flipped));
    }
    all
}

#[test]
fn a_damaged_manifest_makes_nobody_remove_or_overwrite_anything() {
    let workspace = old();
    let flash = Flash::with(&workspace, boards::fast());
    let text = flash.start(&[]).files().unwrap()["/.boardside/manifest"].clone();
    let before = workspace.files();
    let cases = damaged_manifests(&text);
    // The project is on the board: hashes say so, and the record is written again.
    for (what, manifest) in &cases {
        let (_flash, board) = with(&flash, "/.boardside/manifest", manifest);
        let ran = workspace.sync(board.address(), &[]);
        let asks = match ran.exit {
            1 => what.contains("flipped") && ran.code() == "sync.manifest_newer",
            // Somebody's file that is said to be ours, and is another one than it says.
            7 => what == "and \"/data.log\"" && ran.code() == "sync.conflict",
            _ => false,
        };
        assert!(ran.exit == 0 || asks, "{what}: {ran:?}");
        let mut files = board.files().unwrap();
        if ran.exit == 0 {
            assert_eq!(files.remove("/.boardside/manifest"), Some(text.clone()), "{what}");
        }
        let mut found = on_board(&board);
        take_own(&mut found, what);
        assert_eq!(found, before, "{what}");
    }
    change(&workspace);
    let after = workspace.files();
    let (mut synced, mut asked) = (0, 0);
    for (what, manifest) in &cases {
        let (_flash, board) = with(&flash, "/.boardside/manifest", manifest);
        let ran = workspace.sync(board.address(), &[]);
        let context = format!("{what}: {ran:?}");
        let mut found = on_board(&board);
        take_own(&mut found, &context);
        if ran.exit == 0 {
            // What is no longer known to be ours stays.
            found.retain(|path, _| after.contains_key(path) || !before.contains_key(path));
            assert_eq!(found, after, "{context}");
            synced += 1;
        } else {
            let codes = [(7, "sync.conflict"), (1, "sync.manifest_newer")];
            assert!(codes.contains(&(ran.exit, ran.code())), "{context}");
            assert_eq!(found, before, "{context}");
            asked += 1;
        }
        let doctor = workspace.boardside(&["doctor", "-d", board.address()]);
        assert!(
            doctor.events.iter().any(|event| event["name"] == "files.record"),
            "{doctor:?}"
        );
    }
    eprintln!(
        "{} damaged manifests: {synced} synced, {asked} asked before",
        cases.len()
    );
}

#[test]
fn a_manifest_of_a_newer_version_ends_the_sync_and_nothing_is_touched() {
    let workspace = old();
    let flash = Flash::with(&workspace, boards::fast());
    let before = workspace.files();
    change(&workspace);
    let (_flash, board) = with(&flash, "/.boardside/manifest", b"boardside 2 blink\nwhatever\n");
    let ran = workspace.sync(board.address(), &["--delete", "--conflict", "overwrite"]);
    assert_eq!((ran.exit, ran.code()), (1, "sync.manifest_newer"), "{ran:?}");
    let mut found = on_board(&board);
    take_own(&mut found, "newer");
    assert_eq!(found, before, "{ran:?}");
}

#[test]
fn a_board_that_holds_another_project_keeps_it_also_with_delete() {
    let theirs = Workspace::new(&[
        ("boardside.toml", b"name = 'theirs'\n"),
        ("led.py", b"1\n"),
        ("main.py", b"2\n"),
    ]);
    let flash = Flash::with(&theirs, boards::fast());
    let ours = Workspace::new(&[
        ("boardside.toml", b"name = 'ours'\n"),
        ("main.py", b"3\n"),
        ("new.py", b"4\n"),
    ]);
    let board = flash.start(&[]);
    let before = on_board(&board);
    let ran = ours.sync(board.address(), &["--delete"]);
    assert_eq!((ran.exit, ran.code()), (7, "sync.conflict"), "{ran:?}");
    assert!(
        ran.last()["message"].as_str().unwrap().contains("theirs"),
        "{ran:?}"
    );
    assert_eq!(on_board(&board), before);
}

/// A journal with the right sum.
fn summed(lines: &str) -> Vec<u8> {
    let sum = Fingerprint::of(lines.as_bytes()).adler32;
    format!("{lines}={sum}\n").into_bytes()
}

fn bad_journals() -> Vec<(String, Vec<u8>)> {
    let whole = summed("-/keep.py\n</lib\n+/new\n>0 /main.py\n>1 /new/x.py\n>m /.boardside/manifest\n");
    let mut all = vec![
        ("garbage".to_owned(), noise(2000, 8)),
        ("empty".to_owned(), Vec::new()),
    ];
    let ends = whole
        .iter()
        .enumerate()
        .filter(|(_, byte)| **byte == b'\n')
        .map(|(at, _)| at);
    for at in ends.clone() {
        all.push((
            format!("cut after the line that ends at {at}"),
            whole[..=at].to_vec(),
        ));
    }
    all.pop(); // the whole one
    all.push(("cut in a line".to_owned(), whole[..whole.len() / 2].to_vec()));
    for at in (0..whole.len()).step_by(whole.len() / 8) {
        let mut flipped = whole.clone();
        flipped[at] ^= 1 << (at % 7);
        all.push((format!("a bit of byte {at} flipped"), flipped));
    }
    for lines in [
        "-/data.log\n",
        "-/lib/own.py\n-/data.log\n",
        "-/../data.log\n",
        ">0 /../main.py\n",
        ">0 /lib/../main.py\n",
        ">../data.log /main.py\n",
        ">../../data.log /main.py\n",
        ">0 main.py\n",
        ">0\n",
        "what is this\n",
        ">0 /no/such/folder/x.py\n",
        ">0 /lib\n",
        "</\n",
    ] {
        all.push((format!("{lines:?}"), summed(lines)));
    }
    all
}

#[test]
fn a_journal_that_is_damaged_or_not_ours_changes_nothing_and_keeps_nobody_out() {
    let workspace = old();
    let flash = Flash::with(&workspace, boards::fast());
    drop(flash.start(&[("/.boardside/0", b"staged"), ("/.boardside/1", b"staged, too")]));
    let before = workspace.files();
    let journals = bad_journals();
    for (what, journal) in &journals {
        let (_flash, board) = with(&flash, "/.boardside/journal", journal);
        let ran = workspace.boardside(&["ls", "-d", board.address()]);
        assert_eq!(ran.exit, 0, "{what}: {ran:?}");
        let mut found = on_board(&board);
        take_own(&mut found, what);
        assert_eq!(found, before, "{what}");
        assert!(leftovers(&board).is_empty(), "{what}: {:?}", leftovers(&board));
    }
    eprintln!("{} journals", journals.len());
    // And the next sync is as ever.
    change(&workspace);
    let (_flash, board) = with(&flash, "/.boardside/journal", &journals[4].1);
    let ran = workspace.sync(board.address(), &[]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let mut found = on_board(&board);
    take_own(&mut found, "after");
    assert_eq!(found, workspace.files());
}
