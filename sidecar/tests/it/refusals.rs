//! What must not be lost, and what must be said: conflicts, full and read-only flash, and every board that
//! does not let us in, each with its own code, and the port free afterwards.

use std::collections::BTreeMap;
use std::io::Read;
use std::io::Write;
use std::os::unix::fs::PermissionsExt as _;

use boardside::virtual_board::FileSystem;
use boardside::virtual_board::Profile;
use rstest::rstest;

use crate::boards;
use crate::transports::line::terminal;
use crate::workspace::Workspace;

fn with(files: &[(&str, &[u8])]) -> Profile {
    let files: BTreeMap<String, Vec<u8>> = files
        .iter()
        .map(|(path, data)| ((*path).to_owned(), data.to_vec()))
        .collect();
    Profile {
        files,
        ..boards::fast()
    }
}

#[test]
fn what_the_user_keeps_on_the_board_stays() {
    let board = boards::start(&with(&[("/data.log", b"mine"), ("/lib/own.py", b"OWN = 1")]));
    let workspace = Workspace::new(&[("main.py", b"1"), ("lib/x.py", b"2")]);
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
    workspace.remove("lib");
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
    let files = board.files().unwrap();
    assert_eq!(files["/data.log"], b"mine");
    assert_eq!(files["/lib/own.py"], b"OWN = 1");
    assert!(!files.contains_key("/lib/x.py"));
}

#[test]
fn a_file_of_the_project_that_is_already_on_the_board_is_a_conflict_unless_it_is_the_same() {
    let board = boards::start(&with(&[
        ("/main.py", b"theirs"),
        ("/same.py", b"same"),
        ("/left.py", b""),
    ]));
    let workspace = Workspace::new(&[("main.py", b"ours"), ("same.py", b"same"), ("left.py", b"full")]);
    let refused = workspace.sync(board.address(), &[]);
    assert_eq!(
        (refused.exit, refused.code()),
        (7, "sync.conflict"),
        "{refused:?}"
    );
    assert!(
        refused.last()["message"].as_str().unwrap().contains("/main.py"),
        "{refused:?}"
    );
    let before = board.files().unwrap();
    assert_eq!(
        (&before["/main.py"][..], &before["/left.py"][..]),
        (&b"theirs"[..], &b""[..]),
        "something was written"
    );

    let kept = workspace.sync(board.address(), &["--conflict", "keep"]);
    assert_eq!((kept.exit, kept.count("kept")), (0, 1), "{kept:?}");
    assert_eq!(board.files().unwrap()["/main.py"], b"theirs");
    assert_eq!(
        workspace.sync(board.address(), &[]).exit,
        7,
        "the next sync forgot the conflict"
    );

    assert_eq!(
        workspace.sync(board.address(), &["--conflict", "overwrite"]).exit,
        0
    );
    assert_eq!(board.files().unwrap()["/main.py"], b"ours");
    assert_eq!(board.files().unwrap()["/left.py"], b"full");
}

#[test]
fn a_file_edited_on_the_board_since_the_last_sync_is_a_conflict() {
    let mut board = boards::start(&boards::fast());
    let workspace = Workspace::new(&[("main.py", b"one"), ("other.py", b"x")]);
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
    board.power_off().unwrap();
    board.put_file("/main.py", b"edited here").unwrap();
    board.power_cycle().unwrap();
    workspace.write("main.py", b"two");
    let refused = workspace.sync(board.address(), &[]);
    assert_eq!(
        (refused.exit, refused.code()),
        (7, "sync.conflict"),
        "{refused:?}"
    );
    assert_eq!(board.files().unwrap()["/main.py"], b"edited here");
}

#[test]
fn a_dry_run_gives_a_reason_for_every_file_and_writes_nothing() {
    let board = boards::start(&with(&[("/main.py", b"same")]));
    let workspace = Workspace::new(&[("main.py", b"same"), ("new.py", b"n")]);
    let ran = workspace.sync(board.address(), &["--dry-run"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let plan: Vec<_> = ran
        .events
        .iter()
        .filter(|event| event["event"] == "plan")
        .collect();
    let of = |path: &str| {
        plan.iter()
            .find(|row| row["path"] == path)
            .unwrap_or_else(|| panic!("no {path}: {plan:?}"))
    };
    assert_eq!(
        (of("/new.py")["verb"].as_str(), of("/main.py")["verb"].as_str()),
        (Some("add"), Some("unchanged"))
    );
    assert!(plan.iter().all(|row| !row["reason"].as_str().unwrap().is_empty()));
    assert_eq!(board.files().unwrap().keys().collect::<Vec<_>>(), ["/main.py"]);
}

#[rstest]
#[case::littlefs(FileSystem::LittleFs)]
#[case::fat(FileSystem::Fat)]
fn a_project_that_does_not_fit_is_refused_before_the_first_byte(#[case] file_system: FileSystem) {
    let board = boards::start(&Profile {
        flash: 128 * 1024,
        file_system,
        ..with(&[("/keep.txt", b"k")])
    });
    let workspace = Workspace::new(&[("main.py", b"1"), ("big.bin", &vec![7; 200_000])]);
    let ran = workspace.sync(board.address(), &[]);
    assert_eq!((ran.exit, ran.code()), (5, "board.no_space"), "{ran:?}");
    let digits = ran.last()["message"]
        .as_str()
        .unwrap()
        .split(|c: char| !c.is_ascii_digit())
        .filter(|d| d.len() > 4);
    assert_eq!(digits.count(), 2, "needed and free bytes: {ran:?}");
    assert!(
        !ran.events.iter().any(|event| event["event"] == "sending"),
        "{ran:?}"
    );
    assert_eq!(board.files().unwrap().keys().collect::<Vec<_>>(), ["/keep.txt"]);
}

#[test]
fn a_project_that_fits_only_file_by_file_is_synced_so_and_says_it() {
    let board = boards::start(&Profile {
        flash: 176 * 1024,
        ..boards::fast()
    });
    let halves = |n: u8| [("a.bin", vec![n; 40_000]), ("b.bin", vec![n + 1; 40_000])];
    let workspace = Workspace::new(&[]);
    for round in [1, 3] {
        for (path, content) in halves(round) {
            workspace.write(path, &content);
        }
        let ran = workspace.sync(board.address(), &[]);
        assert_eq!(ran.exit, 0, "round {round}: {ran:?}");
        assert_eq!(ran.last()["whole"].as_bool(), Some(round == 1), "{ran:?}");
        assert_eq!(board.files().unwrap()["/b.bin"], halves(round)[1].1);
    }
}

#[test]
fn a_read_only_file_system_says_so() {
    let board = boards::start(&Profile {
        read_only: true,
        ..boards::fast()
    });
    let ran = Workspace::new(&[("main.py", b"1")]).sync(board.address(), &[]);
    assert_eq!((ran.exit, ran.code()), (5, "board.read_only"), "{ran:?}");
}

#[test]
fn a_name_the_board_cannot_hold_is_named() {
    let board = boards::start(&Profile {
        file_system: FileSystem::Fat,
        ..boards::fast()
    });
    let ran = Workspace::new(&[("main.py", b"1"), ("say \"hi\".py", b"2")]).sync(board.address(), &[]);
    assert_eq!((ran.exit, ran.code()), (1, "sync.names"), "{ran:?}");
    assert!(ran.last()["message"].as_str().unwrap().contains("say"), "{ran:?}");
    assert!(board.files().unwrap().is_empty());
}

/// Mounts a second drive at /sd, as a board with an SD card does.
pub(crate) const TWO_DRIVES: &str = "import vfs
class D:
    d = bytearray(65536)
    def readblocks(s, n, b, o=0):
        b[:] = s.d[n * 4096 + o:n * 4096 + o + len(b)]
    def writeblocks(s, n, b, o=0):
        s.d[n * 4096 + o:n * 4096 + o + len(b)] = b
    def ioctl(s, op, a):
        return {4: 16, 5: 4096}.get(op, 0)
d = D()
vfs.VfsLfs2.mkfs(d)
vfs.mount(vfs.VfsLfs2(d), '/sd')
";

#[test]
fn a_folder_that_is_another_drive_of_the_board_is_refused_before_the_commit() {
    let board = boards::start(&with(&[("/boot.py", TWO_DRIVES.as_bytes())]));
    let workspace = Workspace::new(&[("main.py", b"1"), ("sd/x.py", b"2")]);
    let ran = workspace.sync(board.address(), &[]);
    assert_eq!((ran.exit, ran.code()), (1, "board.other_drive"), "{ran:?}");
    workspace.remove("sd");
    let ran = workspace.sync(board.address(), &[]);
    assert_eq!((ran.exit, ran.count("added")), (0, 1), "{ran:?}");
}

#[test]
fn folders_on_a_microbit_are_refused_before_anything_is_written() {
    let board = boards::start(&Profile {
        baud: None,
        ..Profile::microbit()
    });
    let ran = Workspace::new(&[("main.py", b"1"), ("lib/x.py", b"2")]).sync(board.address(), &[]);
    assert_eq!((ran.exit, ran.code()), (1, "sync.names"), "{ran:?}");
    assert!(board.files().unwrap().is_empty(), "something was written");
}

#[rstest]
#[case::ends_on_interrupt("import time\nwhile True:\n    print('tick')\n    time.sleep(0.01)\n")]
#[case::prints_as_fast_as_it_can("while True:\n    print('x' * 70)\n")]
#[case::catches_exception(
    "import time\nwhile True:\n    try:\n        time.sleep(1)\n    except Exception:\n        pass\n"
)]
#[case::waits_for_input("while True:\n    input('name? ')\n")]
#[case::prints_what_the_raw_repl_says(
    "import time\nwhile True:\n    print('raw REPL; CTRL-B to exit\\r\\n>\\x04\\x04>OK', end='')\n    time.sleep(0.01)\n"
)]
fn a_program_that_runs_is_stopped_and_runs_again_afterwards(#[case] main: &str) {
    let board = boards::start(&with(&[("/main.py", main.as_bytes())]));
    let workspace = Workspace::new(&[("other.py", b"1")]);
    let ran = workspace.sync(board.address(), &[]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert_eq!(board.files().unwrap()["/other.py"], b"1");
    assert!(
        ran.events.iter().any(|event| event["event"] == "finishing"),
        "it was not started again: {ran:?}"
    );
}

#[test]
fn a_program_that_swallows_every_interrupt_is_named_as_the_cause() {
    let main = b"import sys\nwhile True:\n    try:\n        while True:\n            sys.stdin.buffer.read(1)\n    except KeyboardInterrupt:\n        print('no')\n    except BaseException:\n        pass\n";
    let mut stubborn = b"import micropython\nmicropython.kbd_intr(-1)\n".to_vec();
    stubborn.extend(b"import time\nwhile True:\n    print('still here')\n    time.sleep(0.05)\n");
    for (main, codes) in [
        (main.to_vec(), ["board.catches_interrupt", "none"]),
        (stubborn, ["board.keeps_printing", ""]),
    ] {
        let board = boards::start(&with(&[("/main.py", &main)]));
        let workspace = Workspace::new(&[("x.py", b"1")]);
        let ran = workspace.sync(board.address(), &[]);
        // A burst that hits the handler itself gets through, and that is as good.
        assert!(codes.contains(&ran.code()), "{ran:?}");
        assert!(ran.exit == 4 || ran.exit == 0, "{ran:?}");
        drop(boards::Port::open(&board)); // the port is free
    }
}

/// A terminal whose other end is a test.
fn pretend(answer: impl Fn(&[u8]) -> Vec<u8> + Send + 'static) -> (String, std::thread::JoinHandle<()>) {
    let (mut file, path) = terminal();
    let thread = std::thread::spawn(move || {
        let mut bytes = [0; 256];
        let mut opened = false;
        loop {
            match file.read(&mut bytes) {
                Ok(count) if count > 0 => {
                    opened = true;
                    file.write_all(&answer(&bytes[..count])).unwrap();
                }
                // EIO: nobody has the other end open, not yet or not any more.
                _ if opened => return,
                _ => std::thread::yield_now(),
            }
        }
    });
    (path, thread)
}

#[test]
fn a_silent_port_and_something_else_than_micropython_are_told_apart() {
    let workspace = Workspace::new(&[("main.py", b"1")]);
    let (path, end) = pretend(|_| Vec::new());
    let silent = workspace.sync(&path, &[]);
    assert_eq!((silent.exit, silent.code()), (4, "board.silent"), "{silent:?}");
    end.join().unwrap();
    let (path, end) = pretend(|_| b"\r\nlogin: ".to_vec());
    let other = workspace.sync(&path, &[]);
    assert_eq!(
        (other.exit, other.code()),
        (4, "board.not_micropython"),
        "{other:?}"
    );
    end.join().unwrap();
}

#[test]
fn no_board_a_wrong_port_and_a_held_port_each_say_so() {
    let workspace = Workspace::new(&[("main.py", b"1")]);
    let none = workspace.boardside(&["sync"]);
    assert_eq!((none.exit, none.code()), (3, "connect.no_board"), "{none:?}");
    let wrong = workspace.sync("/dev/ttyNOTHERE", &[]);
    assert_eq!((wrong.exit, wrong.code()), (3, "wire.not_found"), "{wrong:?}");
    let refused = workspace.sync("socket://127.0.0.1:1", &[]);
    assert_eq!(
        (refused.exit, refused.code()),
        (3, "wire.not_found"),
        "{refused:?}"
    );
    let board = boards::start(&boards::fast());
    let mut holder = std::process::Command::new("python3")
        .args(["-c", "import os,sys; f=os.open(sys.argv[1], os.O_RDWR|os.O_NOCTTY); print('held', flush=True); sys.stdin.read()"])
        .arg(board.address())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    holder.stdout.as_mut().unwrap().read_exact(&mut [0; 5]).unwrap();
    let busy = workspace.sync(board.address(), &[]);
    assert_eq!((busy.exit, busy.code()), (3, "wire.busy"), "{busy:?}");
    let message = busy.last()["message"].as_str().unwrap();
    assert!(
        message.contains(&holder.id().to_string()) && message.contains("python3"),
        "{message}"
    );
    drop(holder.stdin.take());
    holder.wait().unwrap();
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
}

#[test]
fn a_broken_settings_file_and_a_missing_folder_are_usage_errors() {
    let workspace = Workspace::new(&[("boardside.toml", b"sorce = 'x'\n"), ("main.py", b"1")]);
    let ran = workspace.boardside(&["sync", "-d", "/dev/ttyNOTHERE"]);
    assert_eq!((ran.exit, ran.code()), (2, "settings.bad"), "{ran:?}");
    let ran = workspace.boardside(&["sync", "not/here"]);
    assert_eq!((ran.exit, ran.code()), (2, "project.no_folder"), "{ran:?}");
    let ran = workspace.boardside(&["frobnicate"]);
    assert_eq!((ran.exit, ran.code()), (2, "usage"), "{ran:?}");
    let empty = Workspace::new(&[]);
    let board = boards::start(&boards::fast());
    let ran = empty.sync(board.address(), &[]);
    assert_eq!((ran.exit, ran.code()), (1, "project.empty"), "{ran:?}");
    std::fs::set_permissions(empty.path(), std::fs::Permissions::from_mode(0o700)).unwrap();
}
