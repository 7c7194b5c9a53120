//! The client that boards update themselves with (`sidecar/device/ota/`), on real MicroPython with a flash, against a
//! server that fails as it is told.
//! Not the publisher: releases are made here from the format's description, signed by OpenSSL.

mod keys;
mod old;
mod power;
mod published;
mod refused;
mod runs;
mod server;
mod stand;
mod trials;

use std::fs;
use std::path::Path;

use boardside::virtual_board::FileSystem;
use rstest::rstest;

use stand::Release;
use stand::Stand;

#[rstest]
fn a_release_is_fetched_tried_and_confirmed(
    #[values(FileSystem::LittleFs, FileSystem::Fat)] file_system: FileSystem,
    #[values("flat", "folder")] layout: &'static str,
) {
    let stand = Stand::with(file_system, None, &format!("\"layout\":\"{layout}\","));
    let with = |release: Release| Release { layout, ..release };
    stand.publish(&with(Release::new("1", 1)));
    let mut board = stand.start();
    board.boots(&["0"]);
    let (found, why) = board.update();
    assert_eq!((found.as_str(), &why[..8]), ("True", "staged 1"), "{why}");
    assert_eq!(board.update().1, "staged 1", "nothing is fetched twice");
    board.reset();
    board.boots(&["1"]);
    let (found, why) = board.update();
    assert_eq!(found, "False");
    assert_eq!(why, "this version is on trial: confirm() comes first");
    assert_eq!(board.says("ota.slot, ota.trial"), "a True");
    assert_eq!(board.says("ota.confirm(), ota.confirm()"), "True False");
    assert_eq!(board.update().1, "current 1");

    stand.publish(&with(Release::new("2", 2)));
    stand.server.requests();
    let (found, why) = board.update();
    assert_eq!(found, "True", "{why}");
    let requests = stand.server.requests();
    let asked_big = requests.iter().any(|line| line.contains("big.bin"));
    assert!(!asked_big, "it lies in the other slot: {requests:?}");
    board.reset();
    board.boots(&["2"]);
    assert_eq!(board.says("ota.slot, ota.confirm()"), "b True");
    let files = board.board.files().unwrap();
    let mut slot: Vec<_> = files
        .keys()
        .filter_map(|path| path.strip_prefix("/slots/b/"))
        .collect();
    slot.retain(|path| !path.is_empty() && !path.ends_with('/'));
    assert_eq!(slot, ["a.py", "big.bin", "lib/b.py", "lib/only_2.py", "main.py"]);

    // A rollback: the old tag, a further manifest; and forward again.
    let mut back = with(Release::new("1", 3));
    back.further = 1;
    stand.publish(&back);
    stand.server.requests();
    let (found, why) = board.update();
    assert_eq!((found.as_str(), why.as_str()), ("True", "staged 1, 0 bytes"));
    board.reset();
    board.boots(&["1"]);
    assert_eq!(board.says("ota.confirm()"), "True");
    let mut forward = with(Release::new("2", 4));
    forward.further = 1;
    stand.publish(&forward);
    assert_eq!(board.update().1, "staged 2, 0 bytes");
}

/// A pointer of the unix port has 8 bytes, a board's has 4: this heap is one of 32 KiB.
#[test]
fn an_update_works_with_32_kib_of_ram() {
    let mut stand = Stand::new(FileSystem::LittleFs);
    stand.profile.heap = 64 << 10;
    let mut release = Release::new("1", 1);
    for number in 0..50 {
        let path = format!("lib/module_{number}.py");
        release.files.insert(path, vec![b'#'; 300]);
    }
    release.files.insert("data.bin".to_owned(), vec![0; 100_000]);
    stand.publish(&release);
    let mut board = stand.start();
    board.boots(&["0"]);
    let (found, why) = board.update();
    assert_eq!(found, "True", "{why}");
    board.reset();
    board.boots(&["1"]);
    assert_eq!(board.says("ota.confirm()"), "True");
}

#[rstest]
#[case::of_4096_bits("big", "")]
// As on an esp8266.
#[case::without_pow("key", "import builtins; builtins.pow = lambda x, y: x ** y")]
fn signatures_are_verified(#[case] key: &'static str, #[case] first: &str) {
    let mut stand = Stand::new(FileSystem::LittleFs);
    stand
        .profile
        .files
        .insert("/ota.pub".to_owned(), keys::public(&["other", key]));
    stand.publish(&Release {
        key,
        ..Release::new("1", 1)
    });
    stand.server.fail("manifest.sig garbled=0");
    let mut board = stand.start();
    board.boots(&["0"]);
    board.port.ask(format!("{first}\r"), ">>> ");
    assert_eq!(
        board.update().1,
        "the manifest is not signed by a key of this board"
    );
    stand.server.fail("");
    assert_eq!(board.update().0, "True");
}

#[test]
fn mip_installs_all_of_it() {
    let mut stand = Stand::new(FileSystem::LittleFs);
    stand
        .profile
        .files
        .retain(|path, _| !path.starts_with("/lib/ota/"));
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("device/ota");
    let there = stand.server.root().join("ota");
    fs::create_dir(&there).unwrap();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, there.join(path.file_name().unwrap())).unwrap();
    }
    let mut board = stand.start();
    board.boots(&[]);
    let install = format!(
        "__import__('mip').install('http://127.0.0.1:{}/ota/package.json')",
        stand.server.port
    );
    board
        .port
        .ask(format!("import os; os.remove('main.py'); {install}\r"), "Done\n");
    let files = board.board.files().unwrap();
    for (path, content) in stand::client() {
        assert_eq!(files.get(&format!("/{path}")), Some(&content), "{path}");
    }
}
