//! A line that is made faster for a sync: by the firmware's UART, and by the host's port.

use boardside::virtual_board::Profile;

use crate::boards;
use crate::boards::Port;

/// A board at 115200 baud whose firmware can change that.
fn profile() -> Profile {
    Profile::unix()
}

/// Runs a line at the friendly prompt.
const FASTER: &str = "import machine; machine.UART(0, baudrate=921600)\r";

#[test]
fn a_board_that_changes_its_speed_is_understood_only_by_a_host_that_has_the_same() {
    let board = boards::start(&profile());
    let mut port = Port::open(&board);
    port.set_baud(115_200);
    port.ask("\r", ">>> ");
    port.send(FASTER);
    board
        .wait("faster line", boards::LIMIT, |status| {
            status.baud == Some(921_600)
        })
        .unwrap();
    port.set_baud(921_600);
    port.ask("\rprint(6 * 7)\r", "42\n>>> ");
    // Hears nothing and says nothing that makes sense.
    port.set_baud(115_200);
    port.send("print(6 * 7)\r");
    port.set_baud(921_600);
    port.ask("\r\x03print('still ' + 'here')\r", "still here\n>>> ");
    // A soft reset keeps the speed, a hard one does not.
    port.ask("\x04", ">>> ");
    assert_eq!(board.status().baud, Some(921_600));
    port.send("import machine; machine.reset()\r");
    board
        .wait("reset", boards::LIMIT, |status| status.baud == Some(115_200))
        .unwrap();
    port.until(boards::HELP);
}

#[test]
fn a_uart_that_is_too_fast_for_its_wires_damages_what_passes() {
    let board = boards::start(&Profile {
        max_baud: Some(460_800),
        ..profile()
    });
    let mut port = Port::open(&board);
    port.ask("\r", ">>> ");
    for (baud, good) in [(460_800, true), (921_600, false)] {
        port.send(format!("import machine; machine.UART(0, baudrate={baud})\r"));
        board
            .wait("faster line", boards::LIMIT, |status| status.baud == Some(baud))
            .unwrap();
        port.set_baud(baud);
        port.send("\rprint('.' * 500)\r");
        let whole = ".".repeat(500);
        if good {
            port.until(&format!("{whole}\n>>> "));
        } else {
            assert!(!port.take(600).contains(&whole));
        }
    }
}

#[test]
fn firmware_without_a_uart_has_none() {
    for without in [true, false] {
        let profile = Profile {
            without: if without {
                vec!["UART".to_owned()]
            } else {
                Vec::new()
            },
            baud: without.then_some(115_200),
            ..profile()
        };
        let board = boards::start(&profile);
        let mut port = Port::open(&board);
        port.ask("\r", ">>> ");
        port.ask("import machine; print(hasattr(machine, 'UART'))\r", "False\n>>> ");
    }
}
