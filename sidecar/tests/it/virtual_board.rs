//! The unix board answers as real boards do: friendly, raw, raw-paste, paste, resets, interrupts.
//! Only its line and its flash are elsewhere: `line.rs`, `flash.rs`.

use crate::boards::HELP;
use crate::boards::Port;
use crate::boards::fast;
use crate::boards::start;

const RAW: &str = "raw REPL; CTRL-B to exit\r\n>";

#[test]
fn a_board_boots_to_the_friendly_prompt_and_answers() {
    let board = start(&fast());
    let mut port = Port::open(&board);
    let banner = port.until(HELP);
    assert!(banner.starts_with("MicroPython "), "{banner}");
    assert_eq!(port.ask("1+1\r", ">>> "), "1+1\r\n2\n>>> ");
}

#[test]
fn raw_repl_runs_code_between_its_markers() {
    let board = start(&fast());
    let mut port = Port::open(&board);
    port.until(HELP);
    assert_eq!(port.ask("\x01", ">"), format!("\r\n{RAW}"));
    assert_eq!(port.ask("print(6*7)\x04", "\x04>"), "OK42\n\x04\x04>");
}
