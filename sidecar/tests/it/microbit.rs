//! The micro:bit's own firmware answers behind the line, and the line is slow enough for it.
//! Not about what Boardside makes of such a board.

use boardside::virtual_board::Profile;

use crate::boards::Port;
use crate::boards::start;

/// Ctrl-B at any prompt: the banner again.
const PROMPT: &str = ">>> ";

#[test]
fn a_microbit_answers_keeps_files_and_runs_main_at_soft_reset() {
    let board = start(&Profile::microbit());
    let mut port = Port::open(&board);
    port.send("\r\x02");
    let banner = port.until("for more information.\r\n>>> ");
    assert!(banner.contains("micro:bit"), "{banner}");

    port.ask("\x01", "raw REPL; CTRL-B to exit\r\n>");
    let write = "f=open('main.py','w')\nf.write('print(6*7)\\n')\nf.close()\x04";
    assert_eq!(port.ask(write, "\x04>"), "OK\x04\x04>");
    port.ask("\x02", PROMPT);
    let reset = port.ask("\x04", "for more information.\r\n>>> ");
    assert!(reset.contains("\r\n42\r\n"), "{reset}");

    drop(port);
    let files = board.files().unwrap();
    assert_eq!(files.keys().collect::<Vec<_>>(), ["/main.py"]);
    assert_eq!(files["/main.py"], b"print(6*7)\n");
}
