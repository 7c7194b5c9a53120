//! Codes of packages, their keys and signatures.
//! What is left on a board is told in the chapter `packages`.

use std::fs;

use boardside::session::Explain as _;
use boardside::session::Explained;
use boardside::session::writing::WriteError;

use super::How::Real;
use super::How::Value;
use super::Scenario;
use super::Told;
use crate::boards;
use crate::boards::fast;
use crate::desk::Desk;

pub(super) const SCENARIOS: &[Scenario] = &[
    (
        "package.content",
        Real(|| packed(&[("A.py", ""), ("a.py", "")], "1")),
    ),
    ("package.damaged", Real(|| tampered(|bytes| bytes.push(0)))),
    (
        "package.key",
        Real(|| Told::by(&Desk::at(""), &["packages", "--key", "RWnone"])),
    ),
    (
        "package.newer",
        Value(newer, "a package of a format that there is not yet"),
    ),
    ("package.none", Real(|| tampered(Vec::clear))),
    (
        "package.not_running",
        Value(
            not_running,
            "a board whose flash forgets at a reset what was read back before",
        ),
    ),
    ("package.older", Real(|| on_board("1", &[]))),
    ("package.signature", Real(|| signed(Some("not a signature")))),
    ("package.target", Real(|| on_board("3", &["--platform", "rp2"]))),
    (
        "package.truncated",
        Real(|| tampered(|bytes| bytes.truncate(100))),
    ),
    ("package.unknown_key", Real(unknown_key)),
    ("package.unsigned", Real(|| signed(None))),
    ("package.words", Real(|| packed(&[("a.py", "")], "one"))),
];

fn project(files: &[(&str, &str)]) -> Desk {
    let desk = Desk::at("");
    for (path, text) in files {
        desk.write(&format!("p/{path}"), text);
    }
    desk
}

fn packed(files: &[(&str, &str)], version: &str) -> Told {
    Told::by(&project(files), &["pack", "p", "--version", version])
}

fn tampered(change: impl Fn(&mut Vec<u8>)) -> Told {
    let desk = project(&[("a.py", "")]);
    desk.run(&["pack", "p", "--version", "1"]).good();
    let path = desk.path("p-1.bsp");
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
    Told::by(&desk, &["write", "p-1.bsp"])
}

/// With a key that is trusted, and this signature.
fn signed(signature: Option<&str>) -> Told {
    let desk = project(&[("a.py", "")]);
    desk.run(&["keygen", "a.key"]).good();
    desk.run(&["pack", "p", "--version", "1"]).good();
    if let Some(text) = signature {
        desk.write("p-1.bsp.minisig", text);
    }
    Told::by(&desk, &["write", "p-1.bsp", "--key", "a.pub"])
}

fn unknown_key() -> Told {
    let desk = project(&[("a.py", "")]);
    desk.run(&["keygen", "a.key"]).good();
    desk.run(&["keygen", "b.key"]).good();
    desk.run(&["pack", "p", "--version", "1", "--sign", "a.key"])
        .good();
    Told::by(&desk, &["write", "p-1.bsp", "--key", "b.pub"])
}

/// A package of this version to a board that has version 2.
fn on_board(version: &str, more: &[&str]) -> Told {
    let board = boards::start(&fast());
    let mut desk = project(&[("a.py", "")]);
    board.address().clone_into(&mut desk.device);
    desk.run(&["pack", "p", "--version", "2"]).good();
    desk.run(&["write", "p-2.bsp"]).good();
    desk.run(&[&["pack", "p", "--version", version], more].concat())
        .good();
    Told::by(&desk, &["write", &format!("p-{version}.bsp")])
}

fn newer() -> Explained {
    boardside::package::PackageError::Newer { format: 2 }.explained()
}

fn not_running() -> Explained {
    let error = WriteError::NotThere {
        version: "1.2.0".parse().unwrap(),
        found: "blink 1.1.0".to_owned(),
    };
    error.explained()
}
