//! Files that change, vanish or become something else between the scan and the last byte.
//! Not what the watcher makes of it afterwards.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use boardside::virtual_board::Profile;
use rstest::rstest;
use serde_json::json;

use crate::boards;
use crate::editor::Hello;
use crate::editor::TestEditor;
use crate::host_faults::at_events;
use crate::host_faults::noise;
use crate::host_faults::on_board;
use crate::host_faults::relay::Relay;
use crate::workspace::Ran;
use crate::workspace::Workspace;

fn of_project(workspace: &Workspace) -> Vec<(String, Vec<u8>)> {
    workspace.files().into_iter().collect()
}

/// A board and a project whose files do not shrink. With so little RAM nothing is squeezed beforehand, so that no more
/// than a few kB are read ahead of the line.
fn bench() -> (Relay, Workspace) {
    let workspace = Workspace::new(&[("main.py", b"print(1)\n")]);
    workspace.write("a.bin", &noise(24_000, 1));
    workspace.write("b.bin", &noise(3000, 2));
    let small = Profile {
        heap: 64 << 10,
        ..boards::fast()
    };
    (Relay::new(small), workspace)
}

/// Syncs, and acts at every scan and each time when the line stands still in the middle of `/a.bin`.
fn sync_with(relay: &Relay, workspace: &Workspace, mut act: impl FnMut()) -> Ran {
    let mut begun = false;
    at_events(workspace, &["sync", "-d", relay.address()], |event| {
        if event["event"] == "comparing" {
            begun = false;
        }
        if event["event"] == "sending" && event["path"] == "/a.bin" && !std::mem::replace(&mut begun, true) {
            relay.hold_after(9_000);
            relay.wait_held();
            act();
            relay.let_go();
        }
    })
}

#[derive(Clone, Copy, Debug)]
enum Fate {
    Changes,
    Grows,
    Vanishes,
    Folder,
    Link,
    Pipe,
}

#[rstest]
#[case(Fate::Changes)]
#[case(Fate::Grows)]
#[case(Fate::Vanishes)]
#[case(Fate::Folder)]
#[case(Fate::Link)]
#[case(Fate::Pipe)]
fn a_file_that_is_another_by_the_time_it_is_sent_is_scanned_again(#[case] fate: Fate) {
    let (relay, workspace) = bench();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), "outside").unwrap();
    let place = workspace.path().join("b.bin");
    let mut done = false;
    let ran = sync_with(&relay, &workspace, || {
        if std::mem::replace(&mut done, true) {
            return;
        }
        fs::remove_file(&place).unwrap();
        match fate {
            Fate::Changes => fs::write(&place, noise(2500, 77)).unwrap(),
            Fate::Grows => fs::write(&place, noise(9000, 78)).unwrap(),
            Fate::Vanishes => {}
            Fate::Folder => {
                fs::create_dir(&place).unwrap();
                fs::write(place.join("x.py"), "X = 1\n").unwrap();
            }
            Fate::Link => symlink(outside.path().join("secret"), &place).unwrap(),
            Fate::Pipe => {
                let made = Command::new("mkfifo").arg(&place).status();
                assert!(made.unwrap().success());
            }
        }
    });
    assert_eq!((ran.exit, done), (0, true), "{ran:?}");
    let scans = ran.events.iter().filter(|event| event["event"] == "scanning");
    assert_eq!(scans.count(), 2, "{ran:?}");
    if matches!(fate, Fate::Link | Fate::Pipe) {
        fs::remove_file(&place).unwrap();
    }
    assert!(on_board(&relay.board) == of_project(&workspace), "{ran:?}");
}

#[test]
fn a_file_that_is_sent_already_is_synced_as_it_was_and_the_next_sync_takes_the_change() {
    let (relay, workspace) = bench();
    let before = of_project(&workspace);
    let mut ran = sync_with(&relay, &workspace, || {
        workspace.write("a.bin", &noise(24_000, 9));
    });
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert!(on_board(&relay.board) == before, "{ran:?}");
    ran = workspace.sync(relay.address(), &[]);
    assert_eq!((ran.exit, ran.count("updated")), (0, 1), "{ran:?}");
    assert!(on_board(&relay.board) == of_project(&workspace), "{ran:?}");
}

#[test]
fn a_file_that_never_holds_still_ends_with_its_name_and_the_old_project() {
    let (relay, workspace) = bench();
    assert_eq!(workspace.sync(relay.address(), &[]).exit, 0);
    let before = on_board(&relay.board);
    workspace.write("a.bin", &noise(24_000, 20));
    workspace.write("b.bin", &noise(3000, 20));
    let mut seed = 100;
    let ran = sync_with(&relay, &workspace, || {
        seed += 1;
        workspace.write("b.bin", &noise(3000, seed));
    });
    assert_eq!((ran.exit, ran.code()), (1, "project.changed"), "{ran:?}");
    assert!(
        ran.last()["message"].as_str().unwrap().contains("b.bin"),
        "{ran:?}"
    );
    assert!(on_board(&relay.board) == before, "{ran:?}");
    assert_eq!(workspace.sync(relay.address(), &[]).exit, 0);
    assert!(on_board(&relay.board) == of_project(&workspace));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_the_editor_too_a_file_that_changes_while_it_is_sent_is_scanned_again() {
    let (relay, workspace) = bench();
    let home = tempfile::tempdir().unwrap();
    let device = format!("device = '{}'\n", relay.address());
    workspace.write("boardside.toml", device.as_bytes());
    let mut editor = TestEditor::process(home.path(), &[]);
    editor.ignored = vec!["boardside/console/output", "boardside/jobDone"];
    editor.greet(&[workspace.path()], Hello::default()).await;
    editor.told("boardside/settingsChanged", |_| true).await;
    relay.hold_after(12_000);
    let job = editor.command("boardside.sync", json!({})).await;
    tokio::task::block_in_place(|| relay.wait_held());
    workspace.write("b.bin", &noise(2500, 77));
    relay.let_go();
    let done = editor.done(job).await;
    assert_eq!(done["result"]["added"], 3, "{done}");
    assert_eq!(done["result"]["bytesProject"], 24_000 + 2500 + 9, "{done}");
    editor.end().await;
    assert!(on_board(&relay.board) == of_project(&workspace), "{done}");
}
