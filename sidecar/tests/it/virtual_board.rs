//! The unix board answers as real boards do: friendly, raw, raw-paste, paste, resets, interrupts, missing modules.
//! Only its line and its flash are elsewhere: `virtual_line.rs`, `virtual_flash.rs`.

use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;
use rstest::rstest;

use crate::boards::HELP;
use crate::boards::LIMIT;
use crate::boards::Port;
use crate::boards::fast;
use crate::boards::start;

const RAW: &str = "raw REPL; CTRL-B to exit\r\n>";
const PROMPT: &str = "\n>>> ";

fn booted(profile: &Profile) -> (VirtualBoard, Port) {
    let board = start(profile);
    let mut port = Port::open(&board);
    port.until(HELP);
    (board, port)
}

fn with_main(code: &str) -> Profile {
    let mut profile = fast();
    profile.files.insert("/main.py".to_owned(), code.into());
    profile
}

#[test]
fn a_board_boots_to_the_friendly_prompt_and_answers() {
    let board = start(&fast());
    let mut port = Port::open(&board);
    let banner = port.until(HELP);
    assert!(banner.starts_with("MicroPython "), "{banner}");
    assert_eq!(port.ask("1+1\r", PROMPT), "1+1\r\n2\n>>> ");
}

#[test]
fn raw_repl_runs_code_between_its_markers() {
    let (_board, mut port) = booted(&fast());
    assert_eq!(port.ask("\x01", ">"), format!("\r\n{RAW}"));
    assert_eq!(port.ask("print(6*7)\x04", "\x04>"), "OK42\n\x04\x04>");
    let raised = port.ask("1/0\x04", "\x04>");
    assert!(raised.starts_with("OK\x04Traceback") && raised.ends_with("divide by zero\n\x04>"));
    assert!(port.ask("\x02", PROMPT).ends_with(HELP));
}

#[test]
fn raw_paste_has_a_window_of_128_bytes_and_opens_it_as_code_is_read() {
    let (_board, mut port) = booted(&fast());
    port.ask("\x01", RAW);
    assert_eq!(port.ask("\x05A\x01", "\x01\u{80}\0\x01"), "R\x01\u{80}\0\x01");
    let code = format!("print(len('{}'))", ".".repeat(300));
    assert_eq!(port.ask(&code, "\x01\x01"), "\x01\x01");
    assert_eq!(port.ask("\x04", "\x04>"), "\x04300\n\x04\x04>");
}

#[test]
fn paste_mode_echoes_what_is_pasted() {
    let (_board, mut port) = booted(&fast());
    let entered = port.ask("\x05", "=== ");
    assert_eq!(
        entered,
        "\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== "
    );
    assert_eq!(
        port.ask("a=3\rprint(a)\x04", PROMPT),
        "a=3\r\n=== print(a)\r\n3\n>>> "
    );
}

#[rstest]
#[case::friendly("", "exec('while True: pass')\r", "KeyboardInterrupt: \n>>> ")]
#[case::sleeping("", "import time; time.sleep(1000)\r", "KeyboardInterrupt: \n>>> ")]
#[case::reading("", "import sys; sys.stdin.read(1)\r", "KeyboardInterrupt: \n>>> ")]
#[case::raw("\x01", "exec('while True: pass')\x04", "KeyboardInterrupt: \n\x04>")]
#[case::raw_paste(
    "\x01\x05A\x01",
    "exec('while True: pass')\n\x04",
    "KeyboardInterrupt: \n\x04>"
)]
fn ctrl_c_interrupts_running_code(#[case] enter: &str, #[case] code: &str, #[case] end: &str) {
    let (board, mut port) = booted(&fast());
    port.ask(format!("{enter}print('g'+'o'); {code}"), "go\n");
    port.press_until("\x03", end);
    assert_eq!((board.status().boots, board.status().crashes), (1, 0));
}

#[test]
fn bursts_of_ctrl_c_never_kill_a_board() {
    let (board, mut port) = booted(&fast());
    for round in 0..20 {
        port.send("\x03".repeat(round));
        port.ask(
            format!("\r\x03print('r'+'{round}')\r"),
            &format!("r{round}\n>>> "),
        );
        port.ask("print('g'+'o'); exec('while True: pass')\r", "go\n");
        port.send("\x03".repeat(20));
    }
    port.ask("\rprint('al'+'ive')\r", "alive\n>>> ");
    assert_eq!((board.status().boots, board.status().crashes), (1, 0));
}

#[test]
fn ctrl_c_that_the_program_has_switched_off_is_a_byte() {
    let (_board, mut port) = booted(&fast());
    let read =
        "import micropython, sys; micropython.kbd_intr(-1); print('ready'); print(sys.stdin.buffer.read(3))";
    port.ask("\x01", RAW);
    port.ask(format!("{read}\x04"), "ready\n");
    assert_eq!(port.ask("a\x03b", "\x04>"), "b'a\\x03b'\n\x04\x04>");
}

#[test]
fn a_friendly_soft_reset_runs_boot_and_main() {
    let mut profile = with_main("print('main')\n");
    profile
        .files
        .insert("/boot.py".to_owned(), b"print('boot')\n".to_vec());
    let board = start(&profile);
    let mut port = Port::open(&board);
    assert!(port.until(HELP).starts_with("boot\nmain\nMicroPython"));
    let reset = port.ask("gone = 1\r\x04", HELP);
    assert!(
        reset.contains(">>> \r\nMPY: soft reboot\r\nboot\nmain\nMicroPython"),
        "{reset}"
    );
    assert!(port.ask("gone\r", PROMPT).contains("NameError"));
}

#[test]
fn a_raw_soft_reset_runs_boot_but_not_main_and_stays_raw() {
    let mut profile = with_main("print('main')\n");
    profile
        .files
        .insert("/boot.py".to_owned(), b"print('boot')\n".to_vec());
    let (_board, mut port) = booted(&profile);
    port.ask("\x01", RAW);
    let reset = port.ask("\x04", RAW);
    assert_eq!(reset, format!("OK\r\nMPY: soft reboot\r\nboot\n{RAW}"));
    assert_eq!(port.ask("print(__name__)\x04", "\x04>"), "OK__main__\n\x04\x04>");
    let reset = port.ask("import machine\nmachine.soft_reset()\x04", RAW);
    assert_eq!(reset, format!("OK\x04\x04MPY: soft reboot\r\nboot\n{RAW}"));
}

#[test]
fn a_hard_reset_comes_back_at_the_friendly_prompt_without_a_word() {
    let (board, mut port) = booted(&with_main("print('main')\n"));
    port.ask("\x01", RAW);
    let reset = port.ask("import machine\nmachine.reset()\x04", HELP);
    assert!(reset.starts_with("OKmain\nMicroPython"), "{reset}");
    assert_eq!(board.status().boots, 2);
}

#[test]
fn a_failing_boot_skips_main_as_on_real_boards() {
    let mut profile = with_main("print('main')\n");
    profile
        .files
        .insert("/boot.py".to_owned(), b"def f():\n  1/0\nf()\n".to_vec());
    let board = start(&profile);
    let mut port = Port::open(&board);
    let text = port.until(HELP);
    assert!(
        text.starts_with(
            "Traceback (most recent call last):\n  File \"boot.py\", line 3, in <module>\n  File \"boot.py\", line 2, in f\n\
             ZeroDivisionError: divide by zero\nMicroPython"
        ),
        "{text}"
    );
}

#[test]
fn a_program_that_never_ends_is_stopped_and_leaves_the_prompt() {
    let board = start(&with_main("print('on')\nwhile True: pass\n"));
    let mut port = Port::open(&board);
    port.until("on\n");
    let text = port.ask("\x03", HELP);
    assert!(text.starts_with("Traceback"), "{text}");
    assert!(
        text.contains("File \"main.py\", line 2, in <module>\nKeyboardInterrupt: \nMicroPython"),
        "{text}"
    );
}

#[test]
fn the_prompt_sees_what_main_left_and_nothing_else() {
    let (_board, mut port) = booted(&with_main("x = 1\n"));
    let names = port.ask("sorted(globals())\r", PROMPT);
    assert!(
        names.ends_with("\n['__file__', '__name__', 'x']\n>>> "),
        "{names}"
    );
    let paths = port.ask("import sys; print(sys.path, sys.argv, __file__)\r", PROMPT);
    assert!(
        paths.ends_with("\n['', '.frozen', '/lib'] [] main.py\n>>> "),
        "{paths}"
    );
}

#[test]
fn a_heap_of_64k_leaves_most_of_it() {
    let mut profile = fast();
    profile.heap = 64 << 10;
    let (_board, mut port) = booted(&profile);
    let free = port.ask("import gc; gc.collect(); gc.mem_free() > 54_000\r", PROMPT);
    assert!(free.ends_with("\nTrue\n>>> "), "{free}");
}

#[rstest]
#[case("hashlib", "import hashlib", "ImportError: no module named 'hashlib'")]
#[case("hashlib", "import uhashlib", "ImportError: no module named 'uhashlib'")]
#[case(
    "binascii,deflate",
    "import deflate",
    "ImportError: no module named 'deflate'"
)]
#[case("machine", "import machine", "ImportError: no module named 'machine'")]
#[case("stdin.buffer", "import sys; sys.stdin.buffer", "AttributeError:")]
#[case("stdin.buffer", "import sys; sys.stdout.buffer", "AttributeError:")]
fn a_firmware_can_lack_a_module(#[case] without: &str, #[case] code: &str, #[case] error: &str) {
    let mut profile = fast();
    profile.without = without.split(',').map(str::to_owned).collect();
    let (_board, mut port) = booted(&profile);
    let answer = port.ask(format!("{code}\r"), PROMPT);
    assert!(answer.contains(error), "{answer}");
    // The rest of it is as it was.
    assert!(
        port.ask("import json, sys; sys.stdin.read\r", PROMPT)
            .contains("<bound_method")
    );
}

#[test]
fn a_firmware_can_lack_raw_paste() {
    let mut profile = fast();
    profile.without = vec!["raw-paste".to_owned()];
    let (_board, mut port) = booted(&profile);
    port.ask("\x01", RAW);
    assert_eq!(port.ask("\x05A\x01", ">"), RAW, "as MicroPython before 1.14");
    assert_eq!(port.ask("print(1)\x04", "\x04>"), "OK1\n\x04\x04>");
}

#[test]
fn a_board_has_a_name_of_its_own_that_stays() {
    let (mut board, mut port) = booted(&fast());
    let mut id = || port.ask("import machine; machine.unique_id()\r", PROMPT);
    let first = id();
    assert!(first.contains("\nb"), "{first}");
    board.power_cycle().unwrap();
    port.until(HELP);
    assert_eq!(port.ask("import machine; machine.unique_id()\r", PROMPT), first);
}

#[test]
fn a_firmware_that_crashes_is_started_again() {
    let (board, mut port) = booted(&fast());
    port.send("import uctypes; uctypes.bytes_at(0, 1)\r");
    board.wait("crash", LIMIT, |status| status.crashes == 1).unwrap();
    port.until(HELP);
}
