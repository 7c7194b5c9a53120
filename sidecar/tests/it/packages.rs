//! Packages from a project to a board that runs them, on real boards, and signed by and for the real minisign.
//! What a package's bytes are is tested beside `sidecar/src/package/archive.rs`.

mod refused;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use boardside::virtual_board::Cut;
use boardside::virtual_board::Faults;
use boardside::virtual_board::Profile;
use boardside::virtual_board::Tools;
use boardside::virtual_board::VirtualBoard;
use rstest::rstest;
use serde_json::Value;

use crate::boards;
use crate::boards::fast;
use crate::boards::start;
use crate::desk::Desk;
use crate::desk::Run;
use crate::desk::on_flash;
use crate::desk::tree;
use crate::running::Terminal;

/// A project `p`, whose packages go to `dist`.
fn project(address: &str, files: &[(&str, &str)]) -> Desk {
    let desk = Desk::at(address);
    for (path, text) in files {
        desk.write(&format!("p/{path}"), text);
    }
    desk
}

/// Makes a package of it; its place.
#[track_caller]
fn pack(desk: &Desk, version: &str, more: &[&str]) -> PathBuf {
    let run = desk.run(&[&["pack", "p", "--version", version, "-o", "dist", "--json"], more].concat());
    let packed = run.last();
    assert_eq!(packed["event"], "packed", "{packed}");
    desk.path(packed["package"].as_str().unwrap())
}

fn write(desk: &Desk, package: &Path, more: &[&str]) -> Run {
    desk.run(&[&["write", package.to_str().unwrap(), "--json"], more].concat())
}

#[track_caller]
fn written(run: &Run) -> Value {
    let last = run.last();
    assert_eq!(
        (run.code, &last["event"]),
        (0, &"written".into()),
        "{last} {}",
        run.err
    );
    last
}

fn check(board: &VirtualBoard, name: &str) -> String {
    let run = Desk::at(board.address()).run(&["doctor", "--json"]);
    let events = run.events();
    let check = events.iter().find(|event| event["name"] == name);
    check
        .map(|check| check["message"].to_string())
        .unwrap_or_default()
}

/// Its real program, installed by the first test that asks.
fn minisign(args: &[&str], folder: &Path) -> (bool, String) {
    let program = Tools::minisign(&boards::target(), &mut |line| eprintln!("{line}")).unwrap();
    let output = Command::new(program)
        .args(args)
        .current_dir(folder)
        .output()
        .unwrap();
    let text = [output.stdout, output.stderr].concat();
    (
        output.status.success(),
        String::from_utf8_lossy(&text).into_owned(),
    )
}

#[test]
fn a_package_holds_what_a_sync_would_put_there_and_is_the_same_bytes_wherever_it_is_made() {
    let files = [
        ("main.py", "print('hi')\n"),
        ("lib/x.py", "X = 1\n"),
        (".env", "SECRET=1\n"),
        ("server.key", "secret"),
        ("notes.md", "for people"),
        (".boardsideignore", "*.md\n"),
        ("old-1.0.bsp", "not into the next one"),
        ("boardside.toml", "name = 'blink'\n"),
    ];
    let one = project("virtual:unix", &files);
    let two = project("virtual:unix", &files[..1]);
    for (path, text) in files.iter().rev() {
        two.write(&format!("p/{path}"), text);
    }
    // Rights and times are this machine's.
    fs::set_permissions(two.path("p/main.py"), fs::Permissions::from_mode(0o755)).unwrap();
    let (one_path, two_path) = (pack(&one, "1.2.0", &[]), pack(&two, "1.2.0", &[]));
    assert!(one_path.ends_with("blink-1.2.0.bsp"));
    let bytes = fs::read(&one_path).unwrap();
    assert_eq!(bytes, fs::read(two_path).unwrap());
    assert_ne!(bytes, fs::read(pack(&one, "1.2.1", &[])).unwrap());
    let list = Command::new(boards::tools().python().get_program())
        .args(["-m", "zipfile", "-l", one_path.to_str().unwrap()])
        .output()
        .unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    let names: Vec<&str> = list
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next())
        .collect();
    assert_eq!(
        names,
        ["manifest.json", "files/lib/x.py", "files/main.py"],
        "{list}"
    );
}

#[rstest]
#[case::unix(fast())]
#[case::microbit(Profile::microbit())]
fn a_written_package_runs_and_the_board_knows_its_version(#[case] profile: Profile) {
    let board = start(&profile);
    let desk = project(
        board.address(),
        &[("main.py", "print('one')\n"), ("x.py", "X = 1\n")],
    );
    let one = pack(&desk, "1.2.0", &["--firmware", ">=1.9"]);
    let first = written(&write(&desk, &one, &[]));
    assert_eq!(
        (&first["running"], &first["before"]),
        (&"1.2.0".into(), &Value::Null)
    );
    desk.write("p/main.py", "print('two')\n");
    let two = pack(&desk, "1.10.0", &[]);
    let second = written(&write(&desk, &two, &[]));
    assert_eq!(
        (&second["running"], &second["before"]),
        (&"1.10.0".into(), &"1.2.0".into())
    );
    let mut files = on_flash(&board);
    files.remove("/boardside.manifest");
    assert_eq!(
        files,
        tree(&[("/main.py", "print('two')\n"), ("/x.py", "X = 1\n")])
    );
    assert!(
        check(&board, "files.record").contains("`p`, package 1.10.0"),
        "{}",
        check(&board, "files.record")
    );
    // The same again is fine, and says so.
    assert_eq!(written(&write(&desk, &two, &[]))["before"], "1.10.0");
}

#[test]
fn the_next_sync_sees_what_a_package_put_there_and_the_version_survives_it() {
    let board = start(&fast());
    let desk = project(
        board.address(),
        &[("main.py", "print('one')\n"), ("x.py", "X = 1\n")],
    );
    written(&write(&desk, &pack(&desk, "1.2.0", &[]), &[]));
    let sync = |trips: u64| {
        let run = desk.run(&["sync", "p", "--json"]);
        let last = run.last();
        assert_eq!((run.code, last["event"].as_str()), (0, Some("synced")), "{last}");
        assert!(last["round_trips"].as_u64().unwrap() <= trips, "{last}");
        (
            last["unchanged"].clone(),
            last["added"].clone(),
            last["updated"].clone(),
        )
    };
    let quick = desk.run(&["sync", "p", "--json"]).last()["round_trips"]
        .as_u64()
        .unwrap();
    assert_eq!(sync(quick), (2.into(), 0.into(), 0.into()));
    assert!(check(&board, "files.record").contains("package 1.2.0\""));
    desk.write("p/x.py", "X = 2\n");
    assert_eq!(sync(99), (1.into(), 0.into(), 1.into()));
    let record = check(&board, "files.record");
    assert!(record.contains("package 1.2.0, changed since"), "{record}");
    assert_eq!(sync(quick), (2.into(), 0.into(), 0.into()));
    // Another project has no version of this one.
    desk.write("p/boardside.toml", "name = 'other'\n");
    sync(99);
    let record = check(&board, "files.record");
    assert!(
        record.contains("`other`") && !record.contains("package"),
        "{record}"
    );
}

#[test]
fn minisign_and_boardside_believe_each_other() {
    let desk = project("virtual:unix", &[("main.py", "")]);
    // Ours, for theirs.
    assert_eq!(desk.run(&["keygen", "ours.key"]).code, 0);
    assert_eq!(
        fs::metadata(desk.path("ours.key")).unwrap().permissions().mode() & 0o777,
        0o600
    );
    assert_eq!(
        desk.run(&["keygen", "ours.key"]).code,
        1,
        "a key is never written over"
    );
    let package = pack(&desk, "1.0", &["--sign", "ours.key"]);
    let name = package.to_str().unwrap();
    let (good, text) = minisign(&["-Vm", name, "-p", "ours.pub"], desk.folder.path());
    assert!(good && text.contains("p 1.0"), "{text}");
    // Theirs, with their key and their program, for ours; the old kind of signature, too.
    let (good, text) = minisign(
        &["-G", "-W", "-p", "theirs.pub", "-s", "theirs.key"],
        desk.folder.path(),
    );
    assert!(good, "{text}");
    for kind in ["-H", "-l"] {
        let signed = minisign(&["-S", kind, "-s", "theirs.key", "-m", name], desk.folder.path());
        assert!(signed.0, "{}", signed.1);
        let list = desk.run(&["packages", "dist", "--key", "theirs.pub", "--json"]);
        assert_eq!(list.events()[0]["signature"], "trusted", "{kind}");
        let list = desk.run(&["packages", "dist", "--key", "ours.pub", "--json"]);
        assert_eq!(list.events()[0]["signature"], "unknown_key", "{kind}");
    }
    // Their key in our hand, and ours in theirs.
    let package = pack(&desk, "1.1", &["--sign", "theirs.key"]);
    let name = package.to_str().unwrap();
    assert!(minisign(&["-Vm", name, "-p", "theirs.pub"], desk.folder.path()).0);
    assert!(minisign(&["-S", "-s", "ours.key", "-m", name], desk.folder.path()).0);
    assert!(minisign(&["-Vm", name, "-p", "ours.pub"], desk.folder.path()).0);
    assert_eq!(
        desk.run(&["packages", "dist", "--key", "ours.pub", "--json"])
            .events()[0]["signature"],
        "trusted"
    );
}

#[test]
fn a_key_with_a_password_signs_for_who_knows_it() {
    let desk = project("virtual:unix", &[("main.py", "")]);
    let with = |args: &[&str], password: Option<&str>| {
        let mut command = desk.command(args);
        if let Some(password) = password {
            command.env("BOARDSIDE_KEY_PASSWORD", password);
        }
        command.output().unwrap().status.code()
    };
    assert_eq!(with(&["keygen", "a.key"], Some("correct horse")), Some(0));
    let sign = ["pack", "p", "--version", "1", "-o", "dist", "--sign", "a.key"];
    assert_eq!(with(&sign, Some("wrong horse")), Some(2));
    assert_eq!(with(&sign, None), Some(2));
    assert!(!desk.path("dist").exists(), "nothing is left of it");
    assert_eq!(with(&sign, Some("correct horse")), Some(0));
    let name = desk.path("dist/p-1.bsp");
    assert!(
        minisign(
            &["-Vm", name.to_str().unwrap(), "-p", "a.pub"],
            desk.folder.path()
        )
        .0
    );
}

#[test]
fn the_list_has_the_newest_first_and_only_what_fits_the_board() {
    let board = start(&fast());
    let desk = project(board.address(), &[("main.py", "")]);
    for (version, more) in [
        ("1.9.0", &[][..]),
        ("1.10.0", &["--platform", "unix"]),
        ("1.10.0-rc.1", &["--platform", "rp2"]),
        ("2.0", &["--firmware", ">=9"]),
    ] {
        pack(&desk, version, more);
    }
    desk.write("dist/broken.bsp", "PK\u{3}\u{4}");
    let versions = |args: &[&str]| {
        let run = desk.run(&[&["packages", "dist", "--json"], args].concat());
        let packages = run
            .events()
            .into_iter()
            .filter(|event| event["event"] == "package");
        packages
            .map(|package| package["version"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(versions(&[]), ["2.0", "1.10.0", "1.10.0-rc.1", "1.9.0"]);
    assert_eq!(versions(&["-d", board.address()]), ["1.10.0", "1.9.0"]);
    desk.write("boardside.toml", "packages = { folder = 'dist' }\n");
    let text = desk.run(&["packages"]);
    assert!(text.err.contains("broken.bsp: it is cut short"), "{}", text.err);
    let text = text.good();
    assert!(text.starts_with("p 2.0"), "{text}");
}

#[test]
fn a_cable_that_is_pulled_and_a_key_that_is_pressed_leave_the_old_version() {
    let noise: String = (0..3000_u32)
        .map(|n| n.wrapping_mul(2_654_435_761).to_string())
        .collect();
    let old = fast();
    for after in [2000, 6000, 12000] {
        let faults = Faults {
            cut: Some(Cut {
                after: after + 12_000,
                back: None,
            }),
            ..Faults::default()
        };
        let mut board = start(&Profile {
            faults,
            ..old.clone()
        });
        let desk = project(board.address(), &[("main.py", "print('old')\n")]);
        written(&write(&desk, &pack(&desk, "1.0", &[]), &[]));
        desk.write("p/main.py", "print('new')\n")
            .write("p/noise.py", &noise);
        let new = pack(&desk, "2.0", &[]);
        let run = write(&desk, &new, &[]);
        assert_eq!(run.last()["event"], "error", "cut after {after}: {}", run.last());
        assert_eq!(
            on_flash(&board),
            tree(&[("/main.py", "print('old')\n")]),
            "cut after {after}"
        );
        board.replug().unwrap();
        assert_eq!(written(&write(&desk, &new, &[]))["before"], "1.0");
    }
    let slow = Profile {
        baud: Some(115_200),
        ..old
    };
    let board = start(&slow);
    let desk = project(board.address(), &[("main.py", "print('old')\n")]);
    written(&write(&desk, &pack(&desk, "1.0", &[]), &[]));
    desk.write("p/main.py", "print('new')\n")
        .write("p/noise.py", &noise);
    let new = pack(&desk, "2.0", &[]);
    let code = desk.interrupt(&["write", new.to_str().unwrap(), "--json"], |line| {
        line.contains("sending")
    });
    assert_eq!(code, 130);
    assert_eq!(on_flash(&board), tree(&[("/main.py", "print('old')\n")]));
    assert!(check(&board, "files.record").contains("package 1.0"));
}
