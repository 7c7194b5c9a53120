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

/// Whoever keeps boot.py in the project publishes it with the client's lines in it.
#[test]
fn the_lines_of_boot_py_may_be_part_of_a_release() {
    let stand = Stand::new(FileSystem::LittleFs);
    let release = |version, seq| {
        let mut release = Release::new(version, seq);
        let boot = [b"print('booted')\n", stand::BOOT, b"print('on')\n"].concat();
        release.files.insert("boot.py".to_owned(), boot);
        release
    };
    stand.settings("\"tries\":2,");
    stand.publish(&release("1", 1));
    let mut board = stand.start();
    board.boots(&["0"]);
    assert_eq!(board.update().0, "True");
    board.reset();
    board.boots(&["1"]);
    assert_eq!(
        board.says("ota.slot, ota.trial, ota.status()['left']"),
        "a True 1"
    );
    assert_eq!(board.says("ota.confirm()"), "True");
    stand.publish(&release("2", 2).doing("1/0"));
    assert_eq!(board.update().0, "True");
    board.reset();
    board.boots(&["1"]);
    assert_eq!(board.says("ota.slot, ota.status()['bad']"), "a ['2']");
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

#[test]
fn a_signature_by_a_key_of_4096_bits_is_verified() {
    let mut stand = Stand::new(FileSystem::LittleFs);
    let keys = keys::public(&["other", "big"]);
    stand.profile.files.insert("/ota.pub".to_owned(), keys);
    stand.publish(&Release {
        key: "big",
        ..Release::new("1", 1)
    });
    let mut board = stand.start();
    board.boots(&["0"]);
    assert_eq!(board.update().0, "True");
}

/// What firmware of the esp8266 lacks: CRC-32, `execfile`, and `pow` of three arguments.
#[test]
fn an_update_works_without_what_an_esp8266_lacks() {
    let mut stand = Stand::new(FileSystem::LittleFs);
    let files = &mut stand.profile.files;
    files.insert(
        "/binascii.py".to_owned(),
        b"from ubinascii import b2a_base64\n".to_vec(),
    );
    let main = String::from_utf8(files["/lib/ota/main.py"].clone()).unwrap();
    let main = main.replace("_run = execfile", "_run = no_execfile");
    assert!(main.contains("no_execfile"));
    files.insert("/lib/ota/main.py".to_owned(), main.into_bytes());
    let boot = [
        &b"import builtins\nbuiltins.pow = lambda x, y: x ** y\n"[..],
        &files["/boot.py"],
    ]
    .concat();
    files.insert("/boot.py".to_owned(), boot);
    stand.publish(&Release::new("1", 1));
    let signature = stand.server.root().join("sample/1_manifest.sig");
    fs::write(&signature, keys::sign("big", b"?")).unwrap();
    let mut board = stand.start();
    board.boots(&["0"]);
    assert_eq!(
        board.says("ota.state.crc32(b'123456789') == 0xcbf43926, ota.state.crc32.__name__"),
        "True crc32"
    );
    let no = "the manifest is not signed by a key of this board";
    assert_eq!(board.update().1, no);
    fs::write(
        &signature,
        keys::sign("other", &fs::read(signature.with_extension("json")).unwrap()),
    )
    .unwrap();
    assert_eq!(board.update().0, "True");
    board.reset();
    board.boots(&["1"]);
    assert_eq!(board.says("ota.confirm()"), "True");
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
