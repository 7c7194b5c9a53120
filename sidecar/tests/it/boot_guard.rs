//! `boot_guard = true`: after a loss of power among the renames a board never runs a part of each project.
//! Not what lies on the flash then: that is `cuts`.

use std::collections::BTreeMap;

use boardside::virtual_board::Faults;
use boardside::virtual_board::Profile;
use tempfile::TempDir;

use crate::boards;
use crate::workspace::Workspace;

/// A project that says of which versions it is made.
fn write(workspace: &Workspace, version: &str) {
    let module = format!("V = '{version}'\n");
    for name in ["a.py", "b.py", "c.py", "d.py"] {
        workspace.write(name, module.as_bytes());
    }
    workspace.write("boot.py", format!("BOOT = '{version}'\n").as_bytes());
    let main =
        format!("import a, b, c, d\nprint('ran', *sorted({{BOOT, a.V, b.V, c.V, d.V, '{version}'}}))\n");
    workspace.write("main.py", main.as_bytes());
}

/// What ran after the power failed at each operation of the flash that a sync takes.
fn runs() -> BTreeMap<u32, String> {
    let workspace = Workspace::new(&[("boardside.toml", b"boot_guard = true\n")]);
    write(&workspace, "old");
    workspace.write("gone.py", b"");
    let folder = TempDir::new().unwrap();
    let (base, image) = (folder.path().join("base"), folder.path().join("flash"));
    let profile = |image| Profile {
        image: Some(image),
        ..boards::fast()
    };
    let board = boards::start(&profile(base.clone()));
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
    drop(board);
    write(&workspace, "new");
    workspace.remove("gone.py");
    workspace.write("added.py", b"1");
    let mut ran = BTreeMap::new();
    for operation in 0.. {
        std::fs::copy(&base, &image).unwrap();
        let faults = Faults {
            power: Some(operation),
            ..Faults::default()
        };
        let board = boards::start(&Profile {
            faults,
            ..profile(image.clone())
        });
        if workspace.sync_while_powered(&board).success() {
            return ran;
        }
        drop(board);
        let board = boards::start(&profile(image.clone()));
        let said = boards::Port::open(&board).until(">>> ");
        let (_, versions) = said.rsplit_once("ran ").unwrap();
        ran.insert(operation, versions.lines().next().unwrap_or_default().to_owned());
    }
    ran
}

#[test]
fn a_board_with_a_guard_never_runs_a_part_of_each_project() {
    let ran = runs();
    let count = |versions: &str| ran.values().filter(|ran| *ran == versions).count();
    assert!(count("old") > 0 && count("new") > 0, "{ran:?}");
    assert_eq!(count("old") + count("new"), ran.len(), "{ran:?}");
}

#[test]
fn the_users_boot_py_comes_back_without_the_call() {
    let mut board = boards::start(&boards::fast());
    let workspace = Workspace::new(&[("boardside.toml", b"boot_guard = true\n")]);
    write(&workspace, "old");
    let synced = workspace.sync(board.address(), &[]);
    assert_eq!((synced.exit, synced.count("added")), (0, 7), "{synced:?}");
    assert_eq!(workspace.sync(board.address(), &[]).count("unchanged"), 7);
    for what in [&["diff"][..], &["diff", "boot.py"]] {
        let same = workspace.boardside(&[what, &["-d", board.address()]].concat());
        assert_eq!(same.exit, 0, "{same:?}");
    }
    board.power_off().unwrap();
    let edited = [&board.files().unwrap()["/boot.py"], &b"EDITED = 1\n"[..]].concat();
    board.put_file("/boot.py", &edited).unwrap();
    board.power_cycle().unwrap();
    let pulled = workspace.boardside(&["pull", "--overwrite", "-d", board.address()]);
    assert_eq!(pulled.exit, 0, "{pulled:?}");
    let files = workspace.files();
    assert_eq!(files["/boot.py"], b"BOOT = 'old'\nEDITED = 1\n");
    assert_eq!(files.len(), 6, "{:?}", files.keys());
}

#[test]
fn without_the_setting_the_guard_goes() {
    let board = boards::start(&boards::fast());
    let workspace = Workspace::new(&[("boardside.toml", b"boot_guard = true\n"), ("main.py", b"1")]);
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
    assert!(board.files().unwrap().contains_key("/boot.py"));
    workspace.remove("boardside.toml");
    assert_eq!(workspace.sync(board.address(), &[]).count("removed"), 2);
    let files = board.files().unwrap();
    let files: Vec<_> = files
        .keys()
        .filter(|path| !path.starts_with("/.boardside"))
        .collect();
    assert_eq!(files, ["/main.py"]);
}

#[test]
fn a_board_without_folders_has_nothing_to_guard() {
    let board = boards::start(&Profile {
        baud: None,
        ..Profile::microbit()
    });
    let workspace = Workspace::new(&[("boardside.toml", b"boot_guard = true\n"), ("main.py", b"1")]);
    let ran = workspace.sync(board.address(), &[]);
    assert_eq!((ran.exit, ran.code()), (2, "sync.no_guard"), "{ran:?}");
    assert!(board.files().unwrap().is_empty(), "something was written");
}
