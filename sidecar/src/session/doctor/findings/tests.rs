//! Findings from facts. Not with a board: that is the chapter `doctor`.

use super::*;
use crate::base::BoardPath;
use crate::base::Fingerprint;
use crate::board::Leftovers;
use crate::session::doctor::State;
use crate::session::doctor::flash;

fn facts() -> Facts {
    Facts {
        sha256: true,
        crc32: true,
        deflate: true,
        binary_stdin: true,
        iobase: true,
        folders: true,
        littlefs: true,
        fat: false,
        unfinished: false,
        released: false,
        free_ram: 100_000,
        flash: Some((4096, 1_048_576, 2_097_152)),
        root: String::new(),
        unique_id: String::new(),
        platform: "rp2".to_owned(),
        version: "1.26.0".to_owned(),
        name: "Raspberry Pi Pico with RP2040".to_owned(),
    }
}

fn listed(path: &str, size: u64) -> Listed {
    Listed {
        path: path.to_owned(),
        size: Some(size),
        drive: false,
    }
}

fn snapshot(files: &[(&str, &[u8])]) -> Snapshot {
    let entry = |(path, content): &(&str, &[u8])| (BoardPath::new(path).unwrap(), Fingerprint::of(content));
    files.iter().map(entry).collect()
}

#[test]
fn the_tier_says_which_module_is_missing() {
    let cases = [
        (facts(), Tier::Stream, "stream: compressed"),
        (
            Facts {
                deflate: false,
                ..facts()
            },
            Tier::Stream,
            "no deflate; files are compared by sha256",
        ),
        (
            Facts {
                sha256: false,
                ..facts()
            },
            Tier::Stream,
            "compared by crc32, because the firmware has no hashlib.sha256",
        ),
        (
            Facts {
                sha256: false,
                crc32: false,
                ..facts()
            },
            Tier::Paste,
            "because the firmware has no binascii.crc32; files are compared by Adler-32",
        ),
        (facts(), Tier::Raw, "no raw-paste"),
    ];
    for (facts, tier, expected) in cases {
        let message = sync_tier(&facts, tier).message;
        assert!(message.contains(expected), "{expected}\n{message}");
    }
    assert_eq!(firmware(&facts(), Tier::Raw)[0].state, State::Note);
    assert_eq!(firmware(&facts(), Tier::Paste)[0].state, State::Ok);
}

#[test]
fn little_flash_is_a_note_and_none_a_problem() {
    let with = |free| Facts {
        flash: Some((4096, free, 409_600)),
        ..facts()
    };
    for (free, state, exit) in [
        (40_960, State::Ok, Exit::Done),
        (36_864, State::Note, Exit::Done),
        (4096, State::Problem, Exit::Storage),
        (0, State::Problem, Exit::Storage),
    ] {
        let check = flash::free(&with(free));
        assert_eq!((check.state, check.exit), (state, exit), "{free}");
    }
}

#[test]
fn little_ram_is_a_note_but_not_where_it_cannot_be_more() {
    let with = |free_ram, folders| Facts {
        folders,
        free_ram,
        ..facts()
    };
    for (free, folders, state) in [
        (100_000, true, State::Ok),
        (9_000, true, State::Note),
        (9_000, false, State::Ok),
    ] {
        assert_eq!(ram(&with(free, folders)).state, state, "{free} {folders}");
    }
}

#[test]
fn a_program_that_hardly_stops_is_noted() {
    for (was_running, at_once, state) in [
        (false, true, State::Ok),
        (true, true, State::Ok),
        (true, false, State::Note),
    ] {
        assert_eq!(program(was_running, at_once).state, state);
    }
}

#[test]
fn empty_files_are_left_over_unless_they_are_packages_or_the_projects() {
    let on_board = [
        listed("/data.tmp", 0),
        listed("/lib/__init__.py", 0),
        listed("/own.txt", 0),
        listed("/main.py", 0),
        listed("/full.py", 9),
        listed("/lib/a.py.tmp", 9),
        listed("/log.tmp", 9),
        Listed {
            path: "/lib".to_owned(),
            size: None,
            drive: false,
        },
    ];
    let owned = snapshot(&[("/own.txt", b""), ("/main.py", b"print()")]);
    let of = |owned| Wanted {
        owned,
        project: BTreeSet::new(),
    };
    assert_eq!(
        unwanted(&on_board, &of(Some(&owned))),
        ["/data.tmp", "/lib/a.py.tmp"]
    );
    let all = ["/data.tmp", "/own.txt", "/main.py", "/lib/a.py.tmp"];
    assert_eq!(unwanted(&on_board, &of(None)), all);
    let project = ["/data.tmp".to_owned(), "/main.py".to_owned()].into();
    let in_folder = Wanted { owned: None, project };
    assert_eq!(unwanted(&on_board, &in_folder), ["/own.txt", "/lib/a.py.tmp"]);
    assert_eq!(empty(&[]).state, State::Ok);
    assert_eq!(empty(&all.map(str::to_owned)).state, State::Note);
}

#[test]
fn an_empty_main_py_is_noted_unless_the_project_has_it_so() {
    let of = |project: &[&str]| Wanted {
        owned: None,
        project: project.iter().map(|path| (*path).to_owned()).collect(),
    };
    let check = boot(&[listed("/main.py", 0), listed("/boot.py", 12)], &of(&[]));
    assert_eq!(check.state, State::Note);
    assert_eq!(check.message, "boot.py has 12 bytes, main.py is empty");
    assert_eq!(
        boot(&[listed("/main.py", 0)], &of(&["/main.py"])).state,
        State::Ok
    );
    assert_eq!(boot(&[], &of(&[])).message, "no boot.py, no main.py");
}

#[test]
fn a_record_that_is_damaged_is_a_note_and_a_newer_one_a_problem() {
    assert_eq!(record(None).state, State::Ok);
    let damaged = record(Some(&Manifest::parse("garbage")));
    assert_eq!(damaged.state, State::Note);
    assert!(
        damaged.message.contains("nothing is removed on its word"),
        "{}",
        damaged.message
    );
    let newer = record(Some(&Manifest::parse("boardside 2 x\n")));
    assert_eq!((newer.state, newer.exit), (State::Problem, Exit::Failed));
}

#[test]
fn what_changed_since_the_last_sync_is_named() {
    let owned = snapshot(&[("/a.py", b"a"), ("/b.py", b"b"), ("/c.py", b"c")]);
    let drifted = |path, found: Option<u64>| Drifted {
        path: BoardPath::new(path).unwrap(),
        found: found.map(|size| (size, String::new())),
    };
    let all = [
        drifted("/a.py", None),
        drifted("/b.py", Some(0)),
        drifted("/c.py", Some(7)),
    ];
    let check = synced(Some(&owned), &all);
    assert_eq!(
        check.message,
        "since the last sync /a.py is gone, /b.py is empty, /c.py is changed"
    );
    assert_eq!(check.state, State::Note);
    assert_eq!(
        synced(Some(&owned), &[]).message,
        "3 files of the last sync, all as they were"
    );
    assert_eq!(synced(None, &[]).state, State::Ok);
}

#[test]
fn an_unfinished_transaction_is_a_problem_and_staged_files_are_a_note() {
    let left = |journal, files: &[Listed]| {
        flash::transaction(&Leftovers {
            staged: files.to_vec(),
            journal,
        })
    };
    let staged = [listed("0", 1000), listed("1", 1000)];
    assert_eq!(left(Some(true), &staged).state, State::Problem);
    let check = left(Some(false), &staged);
    assert_eq!(check.state, State::Note);
    assert!(
        check.message.contains("nothing is done on its word"),
        "{}",
        check.message
    );
    let check = left(None, &staged);
    assert_eq!(check.state, State::Note);
    assert!(check.message.contains("2 files (2.0 KiB)"), "{}", check.message);
    assert_eq!(left(None, &[]).state, State::Ok);
}

#[test]
fn a_long_list_is_cut() {
    let list: Vec<String> = (0..7).map(|i| i.to_string()).collect();
    assert_eq!(some(&list), "0, 1, 2, 3, 4 and 2 more");
}
