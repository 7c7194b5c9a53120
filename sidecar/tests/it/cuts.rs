//! A cable pulled, power lost, in the middle of a sync: afterwards the board holds the
//! whole old project or the whole new one, and the next sync converges.
//! Points are sampled, so that everybody runs them; they cover every phase of the transaction.

use std::collections::BTreeMap;
use std::process::Stdio;

use boardside::virtual_board::Cut;
use boardside::virtual_board::Faults;
use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;
use tempfile::TempDir;

use crate::boards;
use crate::workspace::Workspace;

type Files = BTreeMap<String, Vec<u8>>;

/// The project before: something to keep, to replace, to rename and to remove.
fn old() -> Workspace {
    Workspace::new(&[
        ("main.py", b"print('old')\n"),
        ("keep.py", b"KEEP = 1\n"),
        ("replace.py", &b"# old line\n".repeat(400)),
        ("lib/renamed.py", &b"# this file moves\n".repeat(100)),
        ("gone/away.py", b"GONE = 1\n"),
    ])
}

/// The project after an add, a replace, a rename and a remove.
fn change(workspace: &Workspace) {
    workspace.write("main.py", b"print('new')\n");
    workspace.write("replace.py", &b"# new line\n".repeat(500));
    workspace.write(
        "added/file.bin",
        &(0..=255).cycle().take(3000).collect::<Vec<u8>>(),
    );
    workspace.rename("lib/renamed.py", "lib/has moved.py");
    workspace.remove("gone");
}

fn on_board(board: &VirtualBoard) -> Files {
    let mut files = board.files().unwrap();
    files.retain(|path, _| !path.starts_with("/.boardside") && !path.ends_with('/'));
    files
}

/// Which project is that, by name?
fn which(found: &Files, before: &Files, after: &Files) -> &'static str {
    if found == before {
        "old"
    } else if found == after {
        "new"
    } else {
        "mixed"
    }
}

#[test]
fn a_pulled_cable_leaves_the_old_project_or_the_new_one() {
    let mut seen = BTreeMap::new();
    for after in [
        0, 40, 900, 2100, 2600, 3500, 5000, 6500, 7500, 8000, 8500, 9000, 20_000,
    ] {
        let workspace = old();
        let image = TempDir::new().unwrap();
        let profile = Profile {
            image: Some(image.path().join("flash")),
            ..boards::fast()
        };
        let board = boards::start(&profile);
        assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
        drop(board);
        let before = workspace.files();
        change(&workspace);
        let faults = Faults {
            cut: Some(Cut { after, back: None }),
            ..Faults::default()
        };
        let mut board = boards::start(&Profile {
            faults,
            ..profile.clone()
        });
        let cut = workspace.sync(board.address(), &[]);
        assert!(
            cut.exit == 0 || (cut.exit, cut.code()) == (4, "wire.gone"),
            "cut after {after}: {cut:?}"
        );
        if cut.exit == 0 {
            drop(board);
            board = boards::start(&profile); // the cut would come later
        } else {
            board
                .wait("pulled cable", boards::LIMIT, |status| !status.plugged)
                .unwrap();
            board.replug().unwrap();
        }
        // Looking at it waits for a commit that the board goes on with by itself.
        let look = workspace.boardside(&["ls", "-d", board.address()]);
        assert_eq!(look.exit, 0, "cut after {after}: {look:?}");
        let state = which(&on_board(&board), &before, &workspace.files());
        assert_ne!(state, "mixed", "cut after {after}: {:?}", on_board(&board).keys());
        *seen.entry(state).or_insert(0) += 1;
        let again = workspace.sync(board.address(), &[]);
        assert_eq!(again.exit, 0, "cut after {after}: {again:?}");
        assert_eq!(
            which(&on_board(&board), &before, &workspace.files()),
            "new",
            "cut after {after}"
        );
    }
    assert!(
        seen.contains_key("old") && seen.contains_key("new"),
        "the points do not cover both ends: {seen:?}"
    );
}

#[test]
fn after_lost_power_the_next_connection_makes_it_whole() {
    let mut seen = BTreeMap::new();
    for operation in [0, 3, 9, 17, 25, 33, 41, 47, 53, 59, 66, 74, 85, 100, 130] {
        let workspace = old();
        let image = TempDir::new().unwrap();
        let profile = Profile {
            image: Some(image.path().join("flash")),
            ..boards::fast()
        };
        let board = boards::start(&profile);
        assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
        drop(board);
        let before = workspace.files();
        change(&workspace);
        let faults = Faults {
            power: Some(operation),
            ..Faults::default()
        };
        let board = boards::start(&Profile {
            faults,
            ..profile.clone()
        });
        let mut sync = workspace.command();
        let mut sync = sync
            .args(["sync", "--json", "-d", board.address()])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while board.status().powered && sync.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        // It would wait for the board for a while; that is not what is tried here.
        sync.kill().unwrap();
        sync.wait().unwrap();
        drop(board);
        let board = boards::start(&profile);
        let look = workspace.boardside(&["ls", "-d", board.address()]);
        assert_eq!(look.exit, 0, "power lost at {operation}: {look:?}");
        let state = which(&on_board(&board), &before, &workspace.files());
        assert_ne!(
            state,
            "mixed",
            "power lost at {operation}: {:?}",
            on_board(&board).keys()
        );
        *seen.entry(state).or_insert(0) += 1;
        let again = workspace.sync(board.address(), &[]);
        assert_eq!(again.exit, 0, "power lost at {operation}: {again:?}");
        assert_eq!(
            which(&on_board(&board), &before, &workspace.files()),
            "new",
            "power lost at {operation}"
        );
    }
    assert!(
        seen.contains_key("old") && seen.contains_key("new"),
        "the points do not cover both ends: {seen:?}"
    );
}
