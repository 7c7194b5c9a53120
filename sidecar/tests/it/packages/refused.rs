//! What is not written, each with its own code, and the board is as it was: byte by byte, and not even asked where
//! that can be told before.

use std::fs;

use super::Desk;
use super::Terminal;
use super::fast;
use super::on_flash;
use super::pack;
use super::project;
use super::start;
use super::write;
use super::written;

/// A desk with a signed package `p-2.0.bsp`, the key that signed it in the settings, and a board that is no board.
fn signed() -> (Desk, std::path::PathBuf) {
    let desk = project(
        "/dev/no-board-was-opened",
        &[("main.py", "print('hello')\n"), ("lib/x.py", "X = 1\n")],
    );
    assert_eq!(desk.run(&["keygen", "a.key"]).code, 0);
    let package = pack(&desk, "2.0", &["--sign", "a.key"]);
    desk.write("boardside.toml", "packages = { keys = ['a.pub'] }\n");
    (desk, package)
}

fn code(desk: &Desk, package: &std::path::Path, more: &[&str]) -> String {
    let last = write(desk, package, more).last();
    last["code"]
        .as_str()
        .unwrap_or_else(|| panic!("{last}"))
        .to_owned()
}

#[test]
fn what_was_tampered_with_is_refused_before_a_board_is_opened() {
    let (desk, package) = signed();
    // It would be written: only the board is missing.
    assert_eq!(code(&desk, &package, &[]), "wire.not_found");
    let whole = fs::read(&package).unwrap();
    let step = whole.len() / 23;
    for at in (0..whole.len()).step_by(step).chain([whole.len() - 1]) {
        let mut bytes = whole.clone();
        bytes[at] ^= 0x10;
        fs::write(&package, &bytes).unwrap();
        let code = code(&desk, &package, &[]);
        let known = [
            "package.damaged",
            "package.none",
            "package.truncated",
            "package.content",
            "package.words",
        ];
        assert!(known.contains(&code.as_str()), "byte {at}: {code}");
    }
    for length in (0..whole.len()).step_by(step) {
        fs::write(&package, &whole[..length]).unwrap();
        let code = code(&desk, &package, &[]);
        let expected = if length < 4 {
            "package.none"
        } else {
            "package.truncated"
        };
        assert_eq!(code, expected, "{length} bytes");
    }
    // Another package under its name: whole, and not what was signed.
    fs::write(&package, fs::read(pack(&desk, "2.0.1", &[])).unwrap()).unwrap();
    assert_eq!(code(&desk, &package, &[]), "package.signature");
}

#[test]
fn whose_signature_does_not_count_is_refused_before_a_board_is_opened() {
    let (desk, package) = signed();
    let signature = desk.path("dist/p-2.0.bsp.minisig");
    let text = fs::read_to_string(&signature).unwrap();
    fs::write(&signature, text.replace("p 2.0", "p 3.0")).unwrap();
    assert_eq!(code(&desk, &package, &[]), "package.signature");
    fs::write(&signature, &text[..text.len() / 2]).unwrap();
    assert_eq!(code(&desk, &package, &[]), "package.signature");
    fs::remove_file(&signature).unwrap();
    assert_eq!(code(&desk, &package, &[]), "package.unsigned");
    assert_eq!(desk.run(&["keygen", "b.key"]).code, 0);
    let other = pack(&desk, "2.0", &["--sign", "b.key"]);
    assert_eq!(code(&desk, &other, &[]), "package.unknown_key");
    assert_eq!(code(&desk, &other, &["--key", "b.pub"]), "wire.not_found");
    // Packed again without a signature: the old one is not left beside it.
    let again = pack(&desk, "2.0", &[]);
    assert_eq!(code(&desk, &again, &[]), "package.unsigned");
}

#[test]
fn a_package_for_another_board_or_an_older_one_changes_nothing_there() {
    let board = start(&fast());
    let desk = project(board.address(), &[("main.py", "print('old')\n")]);
    written(&write(&desk, &pack(&desk, "2.0", &[]), &[]));
    desk.write("p/main.py", "print('new')\n");
    let before = board.files().unwrap();
    let cases: [(&str, &[&str], &str, i32); 4] = [
        (
            "3.0",
            &["--platform", "rp2", "--platform", "esp32"],
            "package.target",
            1,
        ),
        ("3.1", &["--firmware", ">=99"], "package.target", 1),
        ("1.9", &[], "package.older", 7),
        ("2.0-rc.1", &[], "package.older", 7),
    ];
    for (version, target, code, exit) in cases {
        let package = pack(&desk, version, target);
        let run = write(&desk, &package, &[]);
        assert_eq!(
            (run.last()["code"].as_str(), run.code),
            (Some(code), exit),
            "{version}"
        );
        assert_eq!(board.files().unwrap(), before, "{version}");
    }
    let older = desk.path("dist/p-1.9.bsp");
    let done = written(&write(&desk, &older, &["--downgrade"]));
    assert_eq!(
        (&done["running"], &done["before"]),
        (&"1.9".into(), &"2.0".into())
    );
}

#[test]
fn at_a_terminal_an_older_version_is_asked_about() {
    let board = start(&fast());
    let desk = project(board.address(), &[("main.py", "print('old')\n")]);
    let older = pack(&desk, "1.9", &[]);
    desk.write("p/main.py", "print('new')\n");
    written(&write(&desk, &pack(&desk, "2.0", &[]), &[]));
    for (answer, exit, holds) in [("n\n", 7, "print('new')\n"), ("y\n", 0, "print('old')\n")] {
        let mut terminal = Terminal::start(desk.command(&["write", older.to_str().unwrap()]));
        terminal.until("the board has 2.0, which is newer. Write it? [y/N]");
        terminal.press(answer);
        assert_eq!(terminal.exit(), exit, "{answer}");
        assert_eq!(on_flash(&board)["/main.py"], holds, "{answer}");
    }
}

#[test]
fn a_program_that_ran_goes_on_when_a_package_is_refused() {
    let forever = "import time\nwhile True:\n    print('beat')\n    time.sleep(0.05)\n";
    let board = start(&fast());
    let desk = project(board.address(), &[("main.py", forever)]);
    written(&write(&desk, &pack(&desk, "2.0", &[]), &[]));
    let mut port = crate::boards::Port::open(&board);
    port.until("beat");
    drop(port);
    let wrong = pack(&desk, "3.0", &["--platform", "rp2"]);
    assert_eq!(code(&desk, &wrong, &[]), "package.target");
    crate::boards::Port::open(&board).until("beat");
}
