//! run, exec, eval and reset against real boards.
//! Not the console: that is interactive.

use serde_json::Value;

use crate::boards::fast;
use crate::boards::start;
use crate::desk::Desk;
use crate::desk::with_files;

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
fn a_hard_reset_says_so_where_neither_firmware_nor_port_can() {
    let board = start(&boardside::virtual_board::Profile {
        without: vec!["machine".to_owned()],
        ..fast()
    });
    let desk = Desk::at(board.address());
    let refused = desk.run(&["reset", "--hard"]);
    assert_eq!(
        refused.failure(),
        (1, "board.no_reset".to_owned()),
        "{}",
        refused.err
    );
    assert_eq!(desk.run(&["eval", "1 + 1"]).good(), "2\n");
}
