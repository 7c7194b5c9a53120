//! The command line against real boards: files by hand, code, pull, diff, reset; and the promise of `--json`.
//! What a sync decides is tested in `plans`; here only what hands do to it.

use std::collections::BTreeMap;
use std::fs;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Read;
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;

use boardside::virtual_board::FileSystem;
use boardside::virtual_board::Kind;
use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;
use rustix::process::Pid;
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::boards::fast;
use crate::boards::start;

/// What a run of the program gave.
struct Run {
    code: i32,
    out: Vec<u8>,
    err: String,
}

impl Run {
    #[track_caller]
    fn good(self) -> String {
        let out = String::from_utf8_lossy(&self.out).into_owned();
        assert_eq!(self.code, 0, "{out}{}", self.err);
        out
    }

    /// Exit code and the code of the error, as people see it.
    fn failure(&self) -> (i32, String) {
        let code = self.err.split(['[', ']']).nth(1).unwrap_or_default();
        (self.code, code.to_owned())
    }

    /// Every line, which must be JSON.
    #[track_caller]
    fn events(&self) -> Vec<Value> {
        let text = std::str::from_utf8(&self.out).unwrap();
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        text.lines().map(parse).collect()
    }

    #[track_caller]
    fn last(&self) -> Value {
        self.events().pop().expect("there is a line")
    }
}

/// A folder to work in, the program, and the board that it is to use.
struct Desk {
    folder: TempDir,
    device: String,
}

impl Desk {
    fn at(device: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("cache")).unwrap();
        let device = device.to_owned();
        Self { folder, device }
    }

    fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| format!("{name}: {error}"))
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_boardside"));
        command.args(args).current_dir(self.folder.path());
        command.env("BOARDSIDE_DEVICE", &self.device);
        command
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env_remove("BOARDSIDE_PORTS");
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, args: &[&str]) -> Run {
        let output = self.command(args).output().unwrap();
        Run {
            code: output.status.code().unwrap_or(-1),
            out: output.stdout,
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    fn run_with_stdin(&self, args: &[&str], input: &str) -> Run {
        let mut command = self.command(args);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        Run {
            code: output.status.code().unwrap_or(-1),
            out: output.stdout,
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Presses Ctrl-C when a line that `wanted` accepts has come, and gives the exit code.
    fn interrupt(&self, args: &[&str], wanted: impl Fn(&str) -> bool) -> i32 {
        let mut command = self.command(args);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| wanted(&line.unwrap())), "the line never came");
        rustix::process::kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        lines.for_each(drop);
        child.wait().unwrap().code().unwrap_or(-1)
    }
}

/// Files on the flash without Boardside's own and without folders, as text.
fn on_flash(board: &VirtualBoard) -> BTreeMap<String, String> {
    let files = board.files().unwrap().into_iter();
    files
        .filter(|(path, _)| !path.starts_with("/.boardside") && !path.ends_with('/'))
        .map(|(path, content)| (path, String::from_utf8_lossy(&content).into_owned()))
        .collect()
}

fn tree(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect()
}

fn with_files(files: &[(&str, &str)]) -> Profile {
    let files = files.iter();
    Profile {
        files: files
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
            .collect(),
        ..fast()
    }
}

#[test]
fn files_go_to_every_kind_of_board_and_come_back_as_they_were() {
    // As fast as USB is, but not so fast that the unix port's own output overruns its terminal.
    let usb = || Profile {
        baud: Some(4_000_000),
        ..Profile::unix()
    };
    let without = |module: &str| Profile {
        without: vec![module.to_owned()],
        ..usb()
    };
    let fat = Profile {
        file_system: FileSystem::Fat,
        ..usb()
    };
    let small = Profile {
        heap: 64 << 10,
        ..usb()
    };
    let profiles = [
        usb(),
        fat,
        small,
        without("stdin.buffer"),
        without("hashlib"),
        without("raw-paste"),
    ];
    for profile in profiles {
        let board = start(&profile);
        let desk = Desk::at(board.address());
        let binary: Vec<u8> = (0..5000_u32).flat_map(|n| n.to_be_bytes()).collect();
        desk.write("src/a.py", "a = 1\n")
            .write("src/lib/ü b.py", "")
            .write("src/lib/data.bin", &binary);
        desk.run(&["put", "-r", "src/", "/"]).good();
        let cat = desk.run(&["cat", ":lib/data.bin"]);
        assert!(cat.out == binary, "{} {profile:?}", cat.err);
        desk.run(&["get", "-r", "/", "back"]).good();
        for name in ["a.py", "lib/ü b.py", "lib/data.bin"] {
            let [sent, came] = ["src", "back"].map(|folder| fs::read(desk.path(folder).join(name)).unwrap());
            assert_eq!(sent, came, "{name} of {profile:?}");
        }
        let paths: Vec<String> = desk
            .run(&["ls", "-r", "--json"])
            .events()
            .iter()
            .filter_map(|event| Some(event["path"].as_str()?.to_owned()))
            .collect();
        assert_eq!(
            paths,
            ["/a.py", "/lib", "/lib/data.bin", "/lib/ü b.py"],
            "{profile:?}"
        );
        assert_eq!(desk.run(&["ls", "a.py", "--json"]).last()["bytes"], 6);
        // Nothing of ours is left in the board's names.
        let names = desk
            .run(&["eval", "sorted(n for n in globals() if n[0] != '_')"])
            .good();
        assert!(["[]\n", "['n']\n"].contains(&names.as_str()), "{names}");
    }
}

#[test]
fn names_on_the_board_are_read_as_cp_reads_them() {
    for (before, args, after) in [
        (&[][..], &["put", "a.py"][..], &[("/a.py", "A")][..]),
        (&[], &["put", "a.py", ":b.py"], &[("/b.py", "A")]),
        (&[], &["put", "a.py", "lib/"], &[("/lib/a.py", "A")]),
        (
            &[("/lib/x", "")],
            &["put", "a.py", "lib"],
            &[("/lib/a.py", "A"), ("/lib/x", "")],
        ),
        (
            &[("/a.py", "old")],
            &["put", "a.py", "c.py", "/"],
            &[("/a.py", "A"), ("/c.py", "C")],
        ),
        (&[], &["put", "-r", "d"], &[("/d/e/f", "F")]),
        (&[], &["put", "-r", "d", "new"], &[("/new/e/f", "F")]),
        (&[], &["put", "-r", "d/", "new"], &[("/new/e/f", "F")]),
        (
            &[("/d/x", "")],
            &["put", "-r", "d", "d"],
            &[("/d/d/e/f", "F"), ("/d/x", "")],
        ),
        (
            &[],
            &["put", "-r", "--all", "d"],
            &[("/d/.h", "H"), ("/d/e/f", "F")],
        ),
        (&[("/a", ""), ("/l/b", "")], &["rm", "-r", ":l", "a"], &[]),
        (&[("/a", ""), ("/l/b", "")], &["rm", "-r", "/"], &[]),
    ] {
        let board = start(&with_files(before));
        let desk = Desk::at(board.address());
        desk.write("a.py", "A")
            .write("c.py", "C")
            .write("d/e/f", "F")
            .write("d/.h", "H");
        desk.run(args).good();
        assert_eq!(on_flash(&board), tree(after), "{args:?} with {before:?}");
    }
}

#[test]
fn what_cannot_be_done_is_said_before_anything_changes() {
    let before = [("/a.py", "old"), ("/lib/x.py", "x"), ("/boot.py", "")];
    let board = start(&with_files(&before));
    let desk = Desk::at(board.address());
    desk.write("a.py", "A").write("b.py", "B").write("d/x", "");
    desk.write("big", vec![7; 3 << 20]);
    for (args, exit, code) in [
        (&["put", "a.py", "b.py"][..], 2, "usage"),
        (&["put", "d"], 2, "usage"),
        (&["put", "a.py", "b.py", "new"], 2, "usage"),
        (&["put", "a.py", "../x"], 2, "usage"),
        (&["put", "a.py", "lib", "/"], 1, "host.io"),
        (&["put", "a.py", "a.py/b.py"], 1, "board.not_folder"),
        (&["put", "-r", "d", "a.py"], 2, "usage"),
        (&["put", "-r", "d", ":a.py"], 1, "board.not_folder"),
        (&["put", "b.py", "a.py", ".boardside/"], 1, "board.own"),
        (&["put", "b.py", ":.BOARDSIDE/manifest"], 1, "board.own"),
        (&["put", "a.py", "big", "/"], 5, "board.no_space"),
        (&["mkdir", "new", "a.py"], 1, "board.not_folder"),
        (&["mkdir", ".boardside/x"], 1, "board.own"),
        (&["rm", "a.py", "nosuch"], 1, "board.not_found"),
        (&["rm", "a.py", "lib"], 1, "board.is_folder"),
        (&["rm", "/"], 1, "board.is_folder"),
        (&["rm", "-r", "a.py", ".boardside/manifest"], 1, "board.own"),
        (&["rm", ".boardside"], 1, "board.own"),
        (&["cat", "lib"], 1, "board.is_folder"),
        (&["cat", "nosuch"], 1, "board.not_found"),
        (&["get", "lib"], 1, "board.is_folder"),
        (&["get", "nosuch", "b.py"], 1, "board.not_found"),
        (&["ls", "nosuch"], 1, "board.not_found"),
        (&["run", "nosuch.py"], 1, "host.io"),
        (&["exec", "print('\u{4}')"], 2, "usage"),
        (&["pull", "nosuch"], 2, "project.no_folder"),
    ] {
        let run = desk.run(args);
        assert_eq!(run.failure(), (exit, code.to_owned()), "{args:?}: {}", run.err);
    }
    assert_eq!(on_flash(&board), tree(&before));
    assert_eq!(desk.read("b.py"), "B");
}

#[test]
fn a_put_that_is_interrupted_leaves_the_old_files_and_a_usable_board() {
    let board = start(&Profile {
        baud: Some(115_200),
        ..with_files(&[("/a", "old"), ("/main.py", "x = 1\n")])
    });
    let desk = Desk::at(board.address());
    let noise: String = (0..40_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 7).to_string())
        .collect();
    desk.write("a", noise).write("main.py", "x = 2\n");
    let is_sending = |line: &str| line.contains("\"sending\"") && !line.contains("\"bytes\":0,");
    let exit = desk.interrupt(&["--json", "put", "main.py", "a", "/"], is_sending);
    assert_eq!(exit, 130);
    assert_eq!(desk.run(&["eval", "1 + 1"]).good(), "2\n");
    let left = board.files().unwrap();
    let staged = left
        .keys()
        .filter(|path| path.starts_with("/.boardside/") && !path.ends_with('/'));
    assert_eq!(staged.count(), 0, "{:?}", left.keys());
    assert_eq!(on_flash(&board), tree(&[("/a", "old"), ("/main.py", "x = 1\n")]));
}

#[test]
fn more_than_fits_beside_the_old_files_goes_one_by_one_and_says_so() {
    let old = "o".repeat(90_000);
    let board = start(&Profile {
        flash: 256 << 10,
        ..with_files(&[("/a", &old), ("/b", &old)])
    });
    let desk = Desk::at(board.address());
    let new = "n".repeat(30_000);
    desk.write("a", &new).write("b", &new);
    let put = desk.run(&["put", "--json", "a", "b", "/"]);
    assert_eq!(
        (put.code, &put.last()["whole"]),
        (0, &false.into()),
        "{:?}",
        put.last()
    );
    assert_eq!(on_flash(&board), tree(&[("/a", &new), ("/b", &new)]));
}

#[test]
fn what_hands_did_to_the_board_the_next_sync_sees() {
    // What is done after a first sync of a.py and b.py, with the project as it is then.
    for (what, edits, args, exit, after) in [
        (
            "the project's new content, put by hand, is taken over",
            &[("p/a.py", "A2")][..],
            &["put", "p/a.py"][..],
            0,
            &[("/a.py", "A2"), ("/b.py", "B")][..],
        ),
        (
            "a file of the board's own stays",
            &[("c", "C")],
            &["put", "c"],
            0,
            &[("/a.py", "A"), ("/b.py", "B"), ("/c", "C")],
        ),
        (
            "a removed file comes back",
            &[],
            &["rm", "a.py"],
            0,
            &[("/a.py", "A"), ("/b.py", "B")],
        ),
        (
            "other content is a conflict, and stays",
            &[("x/a.py", "X")],
            &["put", "x/a.py"],
            7,
            &[("/a.py", "X"), ("/b.py", "B")],
        ),
        (
            "without a manifest everything is compared anew",
            &[],
            &["rm", "-r", ".boardside"],
            0,
            &[("/a.py", "A"), ("/b.py", "B")],
        ),
        (
            "an emptied board is filled again",
            &[],
            &["rm", "-r", "/"],
            0,
            &[("/a.py", "A"), ("/b.py", "B")],
        ),
    ] {
        let board = start(&fast());
        let desk = Desk::at(board.address());
        desk.write("p/a.py", "A").write("p/b.py", "B");
        desk.run(&["sync", "p"]).good();
        for (name, text) in edits {
            desk.write(name, text);
        }
        desk.run(args).good();
        assert_eq!(desk.run(&["sync", "p"]).code, exit, "{what}");
        assert_eq!(on_flash(&board), tree(after), "{what}");
    }
}

#[test]
fn a_pull_brings_what_is_missing_and_loses_nothing() {
    let board = start(&with_files(&[
        ("/a.py", "A"),
        ("/lib/b.py", "B"),
        ("/log.txt", "L"),
        ("/.hidden", ""),
    ]));
    let desk = Desk::at(board.address());
    desk.write("p/boardside.toml", "source = 'src'\nignore = ['*.txt']\n")
        .write("p/src/mine.py", "M");
    desk.write("p/src/a.py", "other");
    let refused = desk.run(&["pull", "p"]);
    assert_eq!(
        refused.failure(),
        (7, "pull.conflict".to_owned()),
        "{}",
        refused.err
    );
    let lib = desk.path("p/src/lib");
    assert!(!lib.exists(), "something was written although a file was refused");

    let plan = desk.run(&["pull", "p", "--overwrite", "--dry-run", "--json"]);
    assert_eq!((&plan.last()["updated"], lib.exists()), (&1.into(), false));
    let pulled = desk.run(&["pull", "p", "--overwrite", "--json"]).last();
    assert_eq!(
        (&pulled["event"], &pulled["added"], &pulled["updated"]),
        (&"pulled".into(), &1.into(), &1.into())
    );
    let files = ["a.py", "lib/b.py", "mine.py"].map(|name| desk.read(&format!("p/src/{name}")));
    assert_eq!(files, ["A", "B", "M"]);
    assert!(!desk.path("p/src/log.txt").exists() && !desk.path("p/src/.hidden").exists());

    fs::remove_file(desk.path("p/src/mine.py")).unwrap();
    let adopted = desk.run(&["sync", "p", "--json"]).last();
    assert_eq!(
        (&adopted["unchanged"], &adopted["added"], &adopted["updated"]),
        (&2.into(), &0.into(), &0.into())
    );
    let nothing = desk.run(&["pull", "p", "--json"]).last();
    assert_eq!((&nothing["unchanged"], &nothing["added"]), (&2.into(), &0.into()));

    // A folder lies where a file must go: nothing makes room for it.
    fs::remove_file(desk.path("p/src/a.py")).unwrap();
    desk.write("p/src/a.py/keep", "");
    assert_eq!(
        desk.run(&["pull", "p", "--overwrite"]).failure(),
        (7, "pull.conflict".to_owned())
    );
}

#[test]
fn a_diff_says_what_differs_and_its_exit_code_whether_anything_does() {
    let board = start(&with_files(&[
        ("/a.py", "x\ny\n"),
        ("/only.py", ""),
        ("/z.bin", "ab\0c"),
    ]));
    let desk = Desk::at(board.address());
    desk.write("p/a.py", "x\nz\n")
        .write("p/new.py", "n")
        .write("p/z.bin", "ab\0d");
    let all = desk.run(&["diff", "p", "--json"]);
    let found: Vec<String> = all
        .events()
        .iter()
        .filter(|event| event["event"] == "difference")
        .map(|event| {
            format!(
                "{} {}",
                event["how"].as_str().unwrap(),
                event["path"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            "differs /a.py",
            "only_project /new.py",
            "only_board /only.py",
            "differs /z.bin"
        ]
    );
    assert_eq!(all.code, 1);
    let one = desk.run(&["diff", "p", "a.py"]);
    let text = String::from_utf8(one.out).unwrap();
    assert!(
        text.ends_with("@@ -1,2 +1,2 @@\n x\n-y\n+z\n") && one.code == 1,
        "{text}"
    );
    let binary = desk.run(&["diff", "p", "z.bin"]);
    assert!(String::from_utf8(binary.out).unwrap().contains("from byte 3 on"));
    for (file, exit) in [("new.py", 1), ("only.py", 1), ("nosuch", 1)] {
        assert_eq!(desk.run(&["diff", "p", file]).code, exit, "{file}");
    }
    desk.run(&["pull", "p", "--overwrite"]).good();
    fs::remove_file(desk.path("p/new.py")).unwrap();
    for args in [&["diff", "p"][..], &["diff", "p", "a.py"]] {
        assert!(desk.run(args).good().contains("no difference"));
    }
}

#[test]
fn code_runs_and_its_output_comes_as_it_was_printed() {
    let board = start(&fast());
    let desk = Desk::at(board.address());
    let long: String = (0..3000)
        .map(|n| format!("x = {n}\n"))
        .chain(["print(x)\n".to_owned()])
        .collect();
    desk.write("long.py", &long)
        .write("bom.py", "\u{feff}print('ü')\n");
    let bytes = "import sys; sys.stdout.buffer.write(b'a\\x04b\\x04>c\\x00\\xff\\x04\\x04')";
    for (args, out) in [
        (&["run", "long.py"][..], &b"2999\n"[..]),
        (&["run", "bom.py"], "ü\n".as_bytes()),
        (&["exec", "print(-1)"], b"-1\n"),
        (&["exec", bytes], b"a\x04b\x04>c\x00\xff\x04\x04"),
        (&["eval", "-1"], b"-1\n"),
        (&["eval", "print('p') or 'a\\nb'"], b"p\n'a\\nb'\n"),
        (&["eval", "'\\x02' + '\\x03'"], b"'\\x02\\x03'\n"),
    ] {
        let run = desk.run(args);
        assert_eq!((run.code, &run.out[..]), (0, out), "{args:?}: {}", run.err);
    }
    assert_eq!(desk.run_with_stdin(&["run", "-"], &long).good(), "2999\n");
    assert_eq!(desk.run_with_stdin(&["eval", "-"], "x\n").good(), "2999\n");

    let value = desk.run(&["eval", "--json", "print('ü') or (1, 'b')"]);
    let ends: Vec<Value> = value
        .events()
        .into_iter()
        .filter(|event| event["event"] != "connecting")
        .collect();
    let expected = [
        r#"{"event":"output","text":"ü\n"}"#,
        r#"{"event":"value","repr":"(1, 'b')"}"#,
    ];
    assert_eq!(
        ends,
        expected.map(|line| serde_json::from_str::<Value>(line).unwrap())
    );
    let raw = desk.run(&["exec", "--json", bytes]);
    let text: String = raw
        .events()
        .iter()
        .filter_map(|event| event["text"].as_str().map(str::to_owned))
        .collect();
    assert_eq!(text, "a\u{4}b\u{4}>c\0\u{fffd}\u{4}\u{4}");
}

#[test]
fn what_a_program_raises_goes_to_stderr_and_the_exit_code() {
    let board = start(&fast());
    let desk = Desk::at(board.address());
    desk.write("bad.py", "print('before')\nraise KeyError(7)\n")
        .write("torn.py", "if x\n");
    for (args, last) in [
        (&["run", "bad.py"][..], "KeyError: 7"),
        (&["run", "torn.py"], "SyntaxError: invalid syntax"),
        (&["exec", "1/0"], "ZeroDivisionError: divide by zero"),
        (&["eval", "nosuch"], "NameError: name 'nosuch' isn't defined"),
        (
            &["eval", "print('p') or 1/0"],
            "ZeroDivisionError: divide by zero",
        ),
    ] {
        let run = desk.run(args);
        assert_eq!(
            (run.code, run.err.trim_end().lines().last()),
            (1, Some(last)),
            "{args:?}"
        );
        let json = desk.run(&[args, &["--json"]].concat());
        assert_eq!(
            (json.code, &json.last()["code"]),
            (1, &"python.raised".into()),
            "{args:?}"
        );
    }
    assert_eq!(desk.run(&["run", "bad.py"]).out, b"before\n");
}

#[test]
fn ctrl_c_stops_the_program_and_leaves_the_board_at_its_prompt() {
    let board = start(&fast());
    let desk = Desk::at(board.address());
    desk.write(
        "loop.py",
        "import time\nn = 0\nwhile True:\n    n += 1\n    print('tick', n)\n    time.sleep_ms(20)\n",
    );
    assert_eq!(
        desk.interrupt(&["run", "loop.py"], |line| line.starts_with("tick 3")),
        130
    );
    let boots = board.status().boots;
    let n: u32 = desk.run(&["eval", "n"]).good().trim().parse().unwrap();
    assert!(n >= 3);
    assert_eq!(board.status().boots, boots, "the board was reset");
}

#[test]
fn a_reset_runs_main_py_again_and_what_was_running_goes_on_after_a_look_at_files() {
    let main = "import time\nprint('main')\nwhile True:\n    time.sleep_ms(10)\n";
    let board = start(&with_files(&[("/main.py", main)]));
    let desk = Desk::at(board.address());
    let boots = board.status().boots;
    for (number, args) in [&["reset"][..], &["ls"], &["df"], &["reset", "--hard"]]
        .into_iter()
        .enumerate()
    {
        desk.run(args).good();
        let wanted = boots + number as u64 + 1;
        board
            .wait("boot", crate::boards::LIMIT, |status| status.boots == wanted)
            .unwrap();
    }
    let df = desk.run(&["df", "--json"]).last();
    assert_eq!((&df["total"], &df["block"]), (&(2 << 20).into(), &4096.into()));
}

#[test]
fn a_micro_bit_keeps_files_and_refuses_folders() {
    let board = start(&Profile::new(Kind::Microbit));
    let desk = Desk::at(board.address());
    desk.write("a.py", "a = 1\n").write("d/x", "");
    desk.run(&["put", "a.py"]).good();
    assert_eq!(desk.run(&["cat", "a.py"]).good(), "a = 1\n");
    assert_eq!(desk.run(&["ls", "--json"]).last()["bytes"], 6);
    for args in [&["mkdir", "x"][..], &["put", "a.py", "x/"], &["put", "-r", "d"]] {
        assert_eq!(
            desk.run(args).failure(),
            (1, "board.no_folders".to_owned()),
            "{args:?}"
        );
    }
    assert_eq!(desk.run(&["eval", "1 + 1"]).good(), "2\n");
    desk.run(&["rm", "a.py"]).good();
    assert_eq!(
        desk.run(&["cat", "a.py"]).failure(),
        (1, "board.not_found".to_owned())
    );
    assert!(desk.run(&["df"]).good().contains("cannot tell"));
}

#[test]
fn boards_are_listed_without_being_disturbed_and_asked_only_if_wanted() {
    let board = start(&fast());
    let desk = Desk::at("");
    let devices = |args: &[&str]| {
        let mut command = desk.command(&[&["devices", "--json"], args].concat());
        let output = command.env("BOARDSIDE_PORTS", board.address()).output().unwrap();
        Run {
            code: output.status.code().unwrap(),
            out: output.stdout,
            err: String::new(),
        }
    };
    let before = board.status().to_board;
    let found = devices(&[]);
    let mine = |event: &Value| event["event"] == "device" && event["address"] == board.address();
    assert!(found.events().iter().any(mine));
    assert!(found.last()["count"].as_u64() >= Some(1));
    assert_eq!(
        board.status().to_board,
        before,
        "bytes were sent to a board that was only to be listed"
    );
    let asked = devices(&["--probe"]).events().into_iter().find(mine).unwrap();
    assert!(
        asked["firmware"]["version"].as_str().unwrap().starts_with("1."),
        "{asked}"
    );
}

#[test]
fn every_line_of_every_verb_is_json_also_when_there_is_no_board() {
    let desk = Desk::at("/nonexistent/port");
    desk.write("p/a.py", "a").write("a.py", "a");
    let with_board = [
        &["sync", "p"][..],
        &["pull", "p"],
        &["diff", "p"],
        &["diff", "p", "a.py"],
        &["ls"],
        &["cat", "a"],
        &["get", "a"],
        &["put", "a.py"],
        &["rm", "a"],
        &["mkdir", "a"],
        &["df"],
        &["run", "a.py"],
        &["exec", "1"],
        &["eval", "1"],
        &["reset"],
        &["reset", "--hard"],
    ];
    for args in with_board {
        let run = desk.run(&[args, &["--json"]].concat());
        let last = run.last();
        assert_eq!(
            (run.code, &last["code"]),
            (3, &"wire.not_found".into()),
            "{args:?}: {last}"
        );
        assert!(
            last["message"].is_string() && last["help"].is_string(),
            "{args:?}: {last}"
        );
    }
    for (args, exit) in [
        (&["devices"][..], 0),
        (&["completions", "bash"], 0),
        (&["man"], 0),
        (&["man", "--out", "pages"], 0),
        (&["nosuch"], 2),
        (&["cat"], 2),
        (&["rm", ":/", "../x"], 2),
        (&["completions", "tcsh"], 2),
        (&["sync", "nowhere"], 2),
    ] {
        let run = desk.run(&[args, &["--json"]].concat());
        assert_eq!((run.code, run.events().is_empty()), (exit, false), "{args:?}");
    }
}

#[test]
fn shells_and_man_learn_every_verb() {
    let desk = Desk::at("");
    let help = desk.run(&["--help"]).good();
    let verbs: Vec<&str> = help
        .split("Commands:")
        .nth(1)
        .unwrap()
        .split("Options:")
        .next()
        .unwrap()
        .lines()
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next())
        .filter(|verb| !verb.is_empty() && *verb != "help")
        .collect();
    assert!(verbs.contains(&"sync") && verbs.len() > 15, "{verbs:?}");
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let script = desk.run(&["completions", shell]).good();
        assert!(verbs.iter().all(|verb| script.contains(verb)), "{shell}");
    }
    desk.run(&["man", "--out", "pages"]).good();
    for verb in verbs {
        let page = desk.read(&format!("pages/boardside-{verb}.1"));
        assert!(page.contains(".SH SYNOPSIS"), "{verb}: {page}");
    }
    let mut page = String::new();
    fs::File::open(Path::new(&desk.path("pages/boardside.1")))
        .unwrap()
        .read_to_string(&mut page)
        .unwrap();
    assert!(page.contains("Exit codes"));
}
