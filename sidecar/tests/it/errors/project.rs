//! Codes of projects, settings, syncs and this machine's own files.

use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::process::Stdio;

use boardside::base::BoardPath;
use boardside::session::Explain as _;
use boardside::session::Explained;
use boardside::session::LandError;
use boardside::session::WatchedError;
use boardside::sync::SyncError;
use boardside::sync::watch::WatchError;
use boardside::virtual_board::FileSystem;
use boardside::virtual_board::Kind;
use boardside::virtual_board::Profile;

use super::How::Real;
use super::How::Value;
use super::Scenario;
use super::Told;
use crate::boards;
use crate::boards::fast;
use crate::desk::Desk;
use crate::desk::with_files;

pub(super) const SCENARIOS: &[Scenario] = &[
    ("usage", Real(|| Told::by(&Desk::at(""), &["frobnicate"]))),
    (
        "settings.bad",
        Real(|| synced(&[("boardside.toml", "sorce = 'x'\n"), ("a.py", "")])),
    ),
    (
        "settings.after",
        Real(|| Told::by(&Desk::at(""), &["sync", ".", "--after", "run=../x"])),
    ),
    (
        "project.no_folder",
        Real(|| Told::by(&Desk::at(""), &["sync", "not/here"])),
    ),
    (
        "project.rules",
        Real(|| synced(&[(".boardsideignore", "{a,b\n"), ("a.py", "")])),
    ),
    ("project.scan", Real(|| synced(&[("back\\slash.py", "")]))),
    ("project.empty", Real(|| synced(&[("boardside.toml", "")]))),
    ("project.changed", Real(restless)),
    (
        "project.read",
        Value(unreadable, "tests may run as root, who may read every file"),
    ),
    (
        "project.watch",
        Value(watch, "a folder that can be scanned can be watched"),
    ),
    ("sync.conflict", Real(conflict)),
    ("sync.names", Real(names)),
    ("sync.manifest_newer", Real(newer)),
    ("sync.no_guard", Real(no_guard)),
    ("pull.conflict", Real(pull)),
    ("host.io", Real(|| Told::by(&Desk::at(""), &["run", "nosuch.py"]))),
    (
        "host.exists",
        Value(exists, "a file that appears between the look and the writing"),
    ),
    (
        "host.name",
        Value(windows_name, "names that only Windows reads as something else"),
    ),
    (
        "host.verify",
        Value(host_verify, "a disk that loses what was written"),
    ),
];

/// A sync of a project of these files to an empty board.
fn synced(files: &[(&str, &str)]) -> Told {
    synced_to(&fast(), files)
}

fn synced_to(profile: &Profile, files: &[(&str, &str)]) -> Told {
    let board = boards::start(profile);
    let desk = project(board.address(), files);
    Told::by(&desk, &["sync", "project"])
}

fn project(address: &str, files: &[(&str, &str)]) -> Desk {
    let desk = Desk::at(address);
    fs::create_dir_all(desk.path("project")).unwrap();
    for (path, text) in files {
        desk.write(&format!("project/{path}"), text);
    }
    desk
}

fn names() -> Told {
    let fat = Profile {
        file_system: FileSystem::Fat,
        ..fast()
    };
    synced_to(&fat, &[("what?.py", "")])
}

/// A file that is written each time that the project is sent.
fn restless() -> Told {
    let board = boards::start(&Profile {
        baud: Some(115_200),
        ..fast()
    });
    let noise: String = (0..8000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 7).to_string())
        .collect();
    let desk = project(board.address(), &[("a.py", &noise), ("z.py", "")]);
    let mut command = desk.command(&["sync", "project", "--json"]);
    let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
    let mut last = serde_json::Value::Null;
    for (number, line) in BufReader::new(child.stdout.take().unwrap()).lines().enumerate() {
        last = serde_json::from_str(&line.unwrap()).unwrap();
        if last["event"] == "sending" {
            desk.write("project/z.py", format!("z = {number}\n"));
        }
    }
    Told::of(&last, child.wait().unwrap().code())
}

fn conflict() -> Told {
    synced_to(&with_files(&[("/main.py", "theirs")]), &[("main.py", "ours")])
}

fn newer() -> Told {
    let manifest = ("/.boardside/manifest", "boardside 2 blink\n");
    synced_to(&with_files(&[manifest]), &[("main.py", "ours")])
}

fn no_guard() -> Told {
    let microbit = Profile::new(Kind::Microbit);
    synced_to(
        &microbit,
        &[("main.py", ""), ("boardside.toml", "boot_guard = true\n")],
    )
}

fn pull() -> Told {
    let board = boards::start(&with_files(&[("/main.py", "theirs")]));
    let desk = project(board.address(), &[("main.py", "ours")]);
    Told::by(&desk, &["pull", "project"])
}

fn path(text: &str) -> BoardPath {
    BoardPath::new(text).unwrap()
}

fn unreadable() -> Explained {
    let error = SyncError::Read {
        path: "lib/x.py".into(),
        source: std::io::Error::from_raw_os_error(13),
    };
    error.explained()
}

fn watch() -> Explained {
    let error = WatchError::Root {
        root: "/home/me/blink".into(),
        source: std::io::Error::from_raw_os_error(2),
    };
    WatchedError::Watch(error).explained()
}

fn exists() -> Explained {
    LandError::Exists {
        path: "lib/x.py".into(),
    }
    .explained()
}

fn windows_name() -> Explained {
    let error = LandError::Name {
        path: path("/aux.py"),
        why: "a part of it is the name of a device",
    };
    error.explained()
}

fn host_verify() -> Explained {
    LandError::Verify {
        path: "lib/x.py".into(),
    }
    .explained()
}
