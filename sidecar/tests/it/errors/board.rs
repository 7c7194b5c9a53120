//! Codes of what a board refuses: its files, its storage, its RAM, and answers that make no sense.

use boardside::virtual_board::FileSystem;
use boardside::virtual_board::Kind;
use boardside::virtual_board::Profile;
use serde_json::json;

use super::How::Real;
use super::Scenario;
use super::Told;
use super::editor::asked;
use super::peer::Peer;
use crate::boards;
use crate::boards::fast;
use crate::desk::Desk;
use crate::desk::with_files;
use crate::refusals::TWO_DRIVES;

pub(super) const SCENARIOS: &[Scenario] = &[
    ("board.not_found", Real(|| at(&[], &["cat", "nosuch.py"]))),
    (
        "board.is_folder",
        Real(|| at(&[("/lib/x.py", "")], &["cat", "lib"])),
    ),
    (
        "board.not_folder",
        Real(|| at(&[("/a.py", "")], &["mkdir", "a.py"])),
    ),
    ("board.in_the_way", Real(in_the_way)),
    ("board.own", Real(|| at(&[], &["mkdir", ".boardside/x"]))),
    ("board.no_reset", Real(no_reset)),
    ("board.no_folders", Real(no_folders)),
    ("board.name", Real(name)),
    ("board.other_drive", Real(other_drive)),
    ("board.no_space", Real(no_space)),
    ("board.read_only", Real(read_only)),
    ("board.no_file_system", Real(no_file_system)),
    ("board.storage", Real(|| faulty("protect=EIO"))),
    ("board.verify", Real(|| faulty("lose=1"))),
    (
        "board.no_memory",
        Real(|| {
            ends_with(
                "\x04Traceback (most recent call last):\r\nMemoryError: memory allocation failed\r\n\x04>",
            )
        }),
    ),
    (
        "board.program",
        Real(|| ends_with("\x04Traceback (most recent call last):\r\nTypeError: can't convert\r\n\x04>")),
    ),
    ("board.answer", Real(|| ends_with("\x0200f4zz\x03\r\n\x04\x04>"))),
    ("python.raised", Real(|| at(&[], &["exec", "print(1 / 0)"]))),
    ("cancelled", Real(cancelled)),
];

fn at(files: &[(&str, &str)], args: &[&str]) -> Told {
    let board = boards::start(&with_files(files));
    let desk = Desk::at(board.address());
    desk.write("a.py", "a = 1\n");
    Told::by(&desk, args)
}

/// A file is written where a folder lies.
fn in_the_way() -> Told {
    let board = boards::start(&with_files(&[("/lib/x.py", "")]));
    let params = json!({"board": board.address(), "path": "/lib", "content": ""});
    asked("boardside/files/write", &params)
}

/// A board whose `machine` has no `reset`, on a port without lines.
fn no_reset() -> Told {
    let end = "\x04Traceback (most recent call last):\r\nAttributeError: no attribute 'reset'\r\n\x04>";
    Told::by(&Peer::repl(end).desk(), &["reset", "--hard"])
}

/// A board whose firmware is broken: whatever it is asked, it says this.
fn ends_with(end: &'static str) -> Told {
    Told::by(&Peer::repl(end).desk(), &["df"])
}

fn no_folders() -> Told {
    let board = boards::start(&Profile::new(Kind::Microbit));
    Told::by(&Desk::at(board.address()), &["mkdir", "lib"])
}

fn name() -> Told {
    let board = boards::start(&Profile {
        file_system: FileSystem::Fat,
        ..fast()
    });
    let desk = Desk::at(board.address());
    desk.write("a.py", "a = 1\n");
    Told::by(&desk, &["put", "a.py", ":what?.py"])
}

fn other_drive() -> Told {
    let board = boards::start(&with_files(&[("/boot.py", TWO_DRIVES)]));
    let desk = Desk::at(board.address());
    desk.write("project/sd/x.py", "x = 1\n");
    Told::by(&desk, &["sync", "project"])
}

fn no_space() -> Told {
    let board = boards::start(&fast());
    let desk = Desk::at(board.address());
    desk.write("project/big.bin", vec![7; 3 << 20]);
    Told::by(&desk, &["sync", "project"])
}

fn read_only() -> Told {
    let board = boards::start(&Profile {
        read_only: true,
        ..fast()
    });
    let desk = Desk::at(board.address());
    desk.write("project/a.py", "a = 1\n");
    Told::by(&desk, &["sync", "project"])
}

fn no_file_system() -> Told {
    let board = boards::start(&with_files(&[("/boot.py", "import vfs\nvfs.umount('/')\n")]));
    let desk = Desk::at(board.address());
    desk.write("project/a.py", "a = 1\n");
    Told::by(&desk, &["sync", "project"])
}

/// A sync to a board with this fault of its flash.
fn faulty(fault: &str) -> Told {
    let board = boards::start(&Profile {
        faults: fault.parse().unwrap(),
        ..fast()
    });
    let desk = Desk::at(board.address());
    desk.write("project/a.py", "a = 1\n".repeat(1000));
    Told::by(&desk, &["sync", "project"])
}

/// Ctrl-C in the middle of a transfer.
fn cancelled() -> Told {
    let board = boards::start(&Profile {
        baud: Some(115_200),
        ..fast()
    });
    let desk = Desk::at(board.address());
    let noise: String = (0..40_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 7).to_string())
        .collect();
    desk.write("project/noise", noise);
    let run = desk.interrupted(&["--json", "sync", "project"], |line| {
        line.contains("\"sending\"")
    });
    Told::of(&run.last(), Some(run.code))
}
