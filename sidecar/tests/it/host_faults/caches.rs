//! Caches that are broken, cannot be written or lie: a sync is right all the same, only slower. Disks that are full.
//! What is in them, `sync` tests piece by piece.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use rstest::rstest;

use crate::boards;
use crate::host_faults::noise;
use crate::host_faults::on_board;
use crate::workspace::Workspace;

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

fn project() -> Workspace {
    let workspace = Workspace::new(&[("main.py", b"print(1)\n")]);
    workspace.write("a.py", &b"# a line of a file\n".repeat(200));
    workspace.write("lib/b.bin", &noise(2000, 3));
    workspace
}

#[derive(Clone, Copy, Debug)]
enum Spoilt {
    Half,
    Empty,
    OneBit,
    Longer,
    Folder,
    DeadLink,
}

fn spoil(path: &Path, how: Spoilt) {
    let mut bytes = fs::read(path).unwrap();
    let half = bytes.len() / 2;
    match how {
        Spoilt::Half => bytes.truncate(half),
        Spoilt::Empty => bytes.clear(),
        Spoilt::OneBit => bytes[half] ^= 4,
        Spoilt::Longer => bytes.extend(b"more"),
        Spoilt::Folder | Spoilt::DeadLink => fs::remove_file(path).unwrap(),
    }
    match how {
        Spoilt::Folder => fs::create_dir(path).unwrap(),
        Spoilt::DeadLink => std::os::unix::fs::symlink("nowhere", path).unwrap(),
        _ => fs::write(path, bytes).unwrap(),
    }
}

#[rstest]
fn every_file_of_the_caches_may_be_broken(
    #[values(
        Spoilt::Half,
        Spoilt::Empty,
        Spoilt::OneBit,
        Spoilt::Longer,
        Spoilt::Folder,
        Spoilt::DeadLink
    )]
    how: Spoilt,
) {
    let board = boards::start(&boards::fast());
    let workspace = project();
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
    let caches = files_below(workspace.cache());
    let kinds: BTreeMap<_, _> = caches.iter().map(|path| (path.parent(), path)).collect();
    assert!(kinds.len() >= 3, "scan, manifests, contents: {caches:?}");
    for path in &caches {
        spoil(path, how);
    }
    // A delta, an untouched file, and one whose size is the same.
    let mut text = fs::read(workspace.path().join("a.py")).unwrap();
    text[100] ^= 1;
    workspace.write("a.py", &text);
    workspace.write("lib/b.bin", &noise(2000, 4));
    for _ in 0..2 {
        let ran = workspace.sync(board.address(), &[]);
        assert_eq!(ran.exit, 0, "{ran:?}");
        assert!(on_board(&board).into_iter().eq(workspace.files()), "{ran:?}");
    }
}

#[test]
fn caches_are_for_this_user_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let board = boards::start(&boards::fast());
    let workspace = project();
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
    for path in files_below(workspace.cache()) {
        let of = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o077;
        assert_eq!(
            (of(&path), of(path.parent().unwrap())),
            (0, 0),
            "{}",
            path.display()
        );
    }
}

/// Every write to a file of this machine fails, as on a full disk (setrlimit(2): RLIMIT_FSIZE; EFBIG in place of ENOSPC).
fn on_a_full_disk(workspace: &Workspace, args: &[&str]) -> (i32, String, String) {
    let own = workspace.command();
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; ulimit -f 0; exec \"$@\"", "sh"]);
    command
        .arg(own.get_program())
        .args(args)
        .current_dir(workspace.path());
    for (name, value) in own.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command.stdin(std::process::Stdio::null()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (
        output.status.code().unwrap_or(-1),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn a_sync_needs_no_room_on_this_machines_disk() {
    let board = boards::start(&boards::fast());
    let workspace = project();
    for round in 0..2 {
        workspace.write("a.py", format!("ROUND = {round}\n").as_bytes());
        let (exit, _, stderr) = on_a_full_disk(&workspace, &["sync", "-d", board.address()]);
        assert_eq!(exit, 0, "{stderr}");
        assert!(on_board(&board).into_iter().eq(workspace.files()));
    }
    let left = files_below(workspace.cache());
    let left: Vec<_> = left
        .iter()
        .filter(|path| fs::metadata(path).unwrap().len() > 0 || path.extension().is_some_and(|e| e == "tmp"))
        .collect();
    assert!(left.is_empty(), "half written: {left:?}");
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
}

#[test]
fn what_comes_from_the_board_is_written_whole_or_not_at_all() {
    let board = boards::start(&boards::fast());
    let workspace = project();
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
    let before = workspace.files();
    let other = Workspace::new(&[("main.py", b"mine\n")]);
    let address = board.address();
    for args in [
        &["get", "-d", address, "a.py"][..],
        &["get", "-d", address, "main.py"],
        &["get", "-d", address, "-r", "lib", "x/"],
        &["pull", "-d", address, "--overwrite"],
    ] {
        let (exit, _, stderr) = on_a_full_disk(&other, args);
        assert_eq!(exit, 1, "{args:?}: {stderr}");
        assert!(stderr.contains("[host.io]"), "{args:?}: {stderr}");
        assert!(stderr.contains("cannot be written: "), "{args:?}: {stderr}");
        let left: Vec<_> = files_below(other.path());
        assert_eq!(left, [other.path().join("main.py")], "{args:?}");
        assert_eq!(fs::read(&left[0]).unwrap(), b"mine\n", "{args:?}");
    }
    assert!(on_board(&board).into_iter().eq(before));
}

#[test]
fn a_console_whose_log_cannot_be_written_says_so() {
    let board = boards::start(&boards::fast());
    let workspace = project();
    let mut console = workspace.command();
    console.args(["console", "-d", board.address(), "--log", "/dev/full"]);
    console.stdin(std::process::Stdio::piped());
    console
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped());
    let mut console = console.spawn().unwrap();
    std::io::Write::write_all(console.stdin.as_mut().unwrap(), b"print('x' * 50)\r").unwrap();
    let output = console.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("[host.io] writing the log /dev/full: "),
        "{stderr}"
    );
    assert_eq!(
        workspace.sync(board.address(), &[]).exit,
        0,
        "the board is left usable"
    );
}
