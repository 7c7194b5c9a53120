//! Every kind of firmware × every kind of change: what is on the board is read back without the code under
//! test and compared byte for byte.

use std::collections::BTreeMap;

use boardside::virtual_board::FileSystem;
use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;
use rstest::rstest;

use crate::boards;
use crate::workspace::Ran;
use crate::workspace::Workspace;

fn without(modules: &[&str]) -> Profile {
    Profile {
        without: modules.iter().map(ToString::to_string).collect(),
        ..boards::fast()
    }
}

/// What is on the board, without Boardside's own folder and without empty folders.
fn on_board(board: &VirtualBoard) -> BTreeMap<String, Vec<u8>> {
    let mut files = board.files().unwrap();
    files.retain(|path, _| !path.contains("boardside") && !path.ends_with('/'));
    files
}

/// One sync must succeed, and the board must hold the project afterwards.
fn sync(what: &str, workspace: &Workspace, board: &VirtualBoard) -> Ran {
    let ran = workspace.sync(board.address(), &["--verify"]);
    assert_eq!(ran.exit, 0, "{what}: {ran:?}");
    let (found, wanted) = (on_board(board), workspace.files());
    let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&found), names(&wanted), "{what}");
    assert!(found == wanted, "{what}: the content differs");
    ran
}

/// Bytes that no compression makes smaller and that hold every value.
fn noise(length: usize, seed: u64) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

fn lines(count: u32, line: impl Fn(u32) -> String) -> String {
    (0..count).map(line).collect::<Vec<_>>().join("\n")
}

#[rstest]
#[case::littlefs(boards::fast(), "stream")]
#[case::fat(Profile { file_system: FileSystem::Fat, ..boards::fast() }, "stream")]
#[case::small_heap(Profile { heap: 64 * 1024, ..boards::fast() }, "stream")]
#[case::without_hashlib(without(&["hashlib"]), "stream")]
#[case::without_hashlib_and_binascii(without(&["hashlib", "binascii"]), "paste")]
#[case::without_deflate(without(&["deflate"]), "stream")]
fn every_change_arrives_on(#[case] profile: Profile, #[case] tier: &str) {
    let board = boards::start(&profile);
    let long = lines(900, |n| format!("VALUE_{n} = {n} * {n}  # a line of code"));
    let workspace = Workspace::new(&[
        ("main.py", b"print('main runs')\n"),
        ("lib/a.py", long.as_bytes()),
        ("lib/deep/er/b.py", b"B = 1\n"),
        ("empty.txt", b""),
        ("all bytes.bin", &noise(5000, 7)),
        (
            "it's \u{fc}n\u{ef}c\u{f6}de \u{2713}.txt",
            "gr\u{fc}\u{df}e\n".as_bytes(),
        ),
    ]);
    let first = sync("first sync", &workspace, &board);
    assert_eq!(
        (first.count("added"), first.last()["tier"].as_str()),
        (6, Some(tier)),
        "{first:?}"
    );

    let none = sync("no change", &workspace, &board);
    assert_eq!(
        (
            none.count("unchanged"),
            none.count("added") + none.count("updated")
        ),
        (6, 0),
        "{none:?}"
    );

    workspace.write(
        "lib/a.py",
        long.replace("VALUE_500 = 500", "VALUE_500 = -1").as_bytes(),
    );
    let edit = sync("edit", &workspace, &board);
    assert_eq!(
        (edit.count("updated"), edit.count("unchanged")),
        (1, 5),
        "{edit:?}"
    );

    workspace.rename("lib/deep/er", "lib/moved here");
    let rename = sync("rename", &workspace, &board);
    assert_eq!(
        (rename.count("renamed"), rename.count("removed")),
        (1, 0),
        "{rename:?}"
    );

    workspace.remove("lib");
    let delete = sync("delete", &workspace, &board);
    assert_eq!(
        (delete.count("removed"), delete.count("unchanged")),
        (2, 4),
        "{delete:?}"
    );
    assert!(
        !board.files().unwrap().keys().any(|path| path.starts_with("/lib")),
        "an empty folder stayed"
    );

    workspace.write("big.bin", &noise(300_000, 3));
    workspace.write("empty.txt", b"no longer");
    workspace.write("all bytes.bin", b"");
    let big = sync("300 kB", &workspace, &board);
    assert_eq!((big.count("added"), big.count("updated")), (1, 2), "{big:?}");

    workspace.remove("empty.txt");
    workspace.write("empty.txt/now a folder.py", b"1");
    sync("a file becomes a folder", &workspace, &board);
    workspace.remove("empty.txt");
    workspace.write("empty.txt", b"a file again");
    sync("a folder becomes a file", &workspace, &board);
}

#[test]
fn every_change_arrives_on_a_microbit() {
    let board = boards::start(&Profile {
        baud: None,
        ..Profile::microbit()
    });
    let table = lines(60, |n| format!("T{n} = {n}"));
    let workspace = Workspace::new(&[
        ("main.py", b"print('main runs')\n"),
        ("table.py", table.as_bytes()),
        ("all bytes.bin", &noise(600, 7)),
        ("empty.txt", b""),
        ("it's \u{fc}n\u{ef}c\u{f6}de.txt", "gr\u{fc}\u{df}e\n".as_bytes()),
        (
            "long.py",
            &[b"# a comment\n".repeat(300), b"X = 1\n".to_vec()].concat(),
        ),
    ]);
    let first = sync("first sync", &workspace, &board);
    assert_eq!(
        (first.count("added"), first.last()["tier"].as_str()),
        (6, Some("raw")),
        "{first:?}"
    );
    let none = sync("no change", &workspace, &board);
    assert_eq!(none.count("unchanged"), 6, "{none:?}");
    workspace.write("table.py", table.replace("T5 = 5", "T5 = -5").as_bytes());
    let edit = sync("edit", &workspace, &board);
    assert_eq!(
        (edit.count("updated"), edit.count("unchanged")),
        (1, 5),
        "{edit:?}"
    );
    workspace.rename("long.py", "longer.py");
    sync("rename", &workspace, &board);
    workspace.remove("longer.py");
    let delete = sync("delete", &workspace, &board);
    assert_eq!(delete.count("removed"), 1, "{delete:?}");
    boards::Port::open(&board).ask(b"\x04", "main runs\r\n");
}

/// Text that shorthand makes shorter, text that is not ASCII, and bytes that it must leave alone.
fn for_a_microbit() -> Workspace {
    let steps = lines(60, |n| format!("    self.step({n}, 'it\\'s {n}')"));
    let table = lines(40, |n| format!("    self.table[{n}] = self.gr\u{fc}n({n})"));
    Workspace::new(&[
        ("main.py", format!("def main(self):\n{steps}\n").as_bytes()),
        ("table.py", format!("def fill(self):\n{table}\n").as_bytes()),
        ("image.bin", &noise(900, 11)),
    ])
}

#[test]
fn a_microbit_with_a_program_in_its_ram_is_synced() {
    let board = boards::start(&Profile {
        baud: None,
        ..Profile::microbit()
    });
    let mut port = boards::Port::open(&board);
    port.ask("\r", ">>> ");
    port.ask("taken = bytearray(1500)\r", ">>> ");
    drop(port);
    let first = sync("first sync", &for_a_microbit(), &board);
    assert_eq!(first.count("added"), 3, "{first:?}");
}

#[test]
fn a_microbit_on_a_line_that_loses_bytes_gets_every_file_whole() {
    let board = boards::start(&Profile {
        baud: None,
        faults: "seed=3,in.drop=5000".parse().unwrap(),
        ..Profile::microbit()
    });
    sync("first sync", &for_a_microbit(), &board);
}
