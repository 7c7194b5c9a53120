//! What is known about the USB chips that boards sit behind: which lines they want, what resets them.
//! Pure data: no port is opened here, and a chip that is not listed works as a plain serial port.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::ops::RangeInclusive;
use std::time::Duration;

use crate::wire::LineStep;
use crate::wire::Lines;

/// How the board's REPL gets onto USB.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// A chip between USB and the board's UART. The baud rate is real, and its lines go to the
    /// board's reset circuit: they stay asserted at close, because an edge can be a reset.
    Bridge,
    /// The board's own USB. The baud rate means nothing, and DTR tells the firmware whether
    /// somebody listens: it is asserted at open, or the board does not send, and dropped at close,
    /// or the board waits half a second for each thing that its program prints
    /// (MicroPython's `MICROPY_HW_USB_CDC_TX_TIMEOUT`).
    Native,
}

/// One line of the table.
#[derive(Debug)]
pub struct Chip {
    /// USB vendor.
    pub vid: u16,
    /// USB products of that vendor.
    pub pids: RangeInclusive<u16>,
    /// What people call it.
    pub name: &'static str,
    /// How the REPL gets onto USB.
    pub link: Link,
    /// DTR and RTS while the port is open.
    pub lines: Lines,
    /// What resets a board that is wired in the usual way; empty where nothing does.
    pub reset: &'static [LineStep],
    /// For somebody whose board does not answer.
    pub hint: &'static str,
}

impl Chip {
    /// Does the board see the baud rate?
    pub fn baud_matters(&self) -> bool {
        self.link == Link::Bridge
    }
}

/// The line of the table for a USB device.
pub fn find(vid: u16, pid: u16) -> Option<&'static Chip> {
    CHIPS
        .iter()
        .find(|chip| chip.vid == vid && chip.pids.contains(&pid))
}

const BOTH: Lines = Lines { dtr: true, rts: true };
const NEITHER: Lines = Lines {
    dtr: false,
    rts: false,
};
const RESET: Lines = Lines {
    dtr: false,
    rts: true,
};
const ALL: RangeInclusive<u16> = 0..=u16::MAX;

/// Espressif's auto-reset circuit: RTS without DTR pulls EN low, DTR without RTS pulls GPIO0 low,
/// both or neither do nothing (ESP32-DevKitC schematic; esptool's `HardReset`). After EN rises,
/// GPIO0 must stay high until the boot ROM has read it, so there is a pause before DTR.
pub(super) const ESP: &[LineStep] = &[step(RESET, 100), step(NEITHER, 50), step(BOTH, 0)];
/// The USB-JTAG block imitates that circuit; esptool gives it 200 ms.
const ESP_USB_JTAG: &[LineStep] = &[step(RESET, 200), step(NEITHER, 200), step(BOTH, 0)];

const fn step(lines: Lines, milliseconds: u64) -> LineStep {
    LineStep {
        lines,
        hold: Duration::from_millis(milliseconds),
    }
}

const fn bridge(vid: u16, name: &'static str, reset: &'static [LineStep], hint: &'static str) -> Chip {
    Chip {
        vid,
        pids: ALL,
        name,
        link: Link::Bridge,
        lines: BOTH,
        reset,
        hint,
    }
}

const fn native(vid: u16, pids: RangeInclusive<u16>, name: &'static str, hint: &'static str) -> Chip {
    Chip {
        vid,
        pids,
        name,
        link: Link::Native,
        lines: BOTH,
        reset: &[],
        hint,
    }
}

/// The first line that fits counts, so products stand before their vendor's rest.
static CHIPS: &[Chip] = &[
    // Bridges. Nobody can tell from outside which board is behind one; with MicroPython it is
    // mostly an ESP8266 or ESP32, and on another board the ESP's reset does no harm.
    bridge(
        0x10c4,
        "Silicon Labs CP210x",
        ESP,
        "on Windows and macOS it needs Silicon Labs' VCP driver",
    ),
    bridge(
        0x1a86,
        "WCH CH340, CH341, CH343 or CH9102",
        ESP,
        "on Linux the brltty package may take CH340 ports; on Windows it needs WCH's driver",
    ),
    bridge(
        0x0403,
        "FTDI",
        ESP,
        "check that TX and RX are crossed and ground is connected",
    ),
    bridge(
        0x067b,
        "Prolific PL2303",
        &[],
        "recent Windows drivers refuse old and copied PL2303 chips",
    ),
    // DAPLink: the lines lead nowhere.
    Chip {
        pids: 0x0204..=0x0204,
        ..bridge(
            0x0d28,
            "micro:bit (DAPLink)",
            &[],
            "press the reset button on the back",
        )
    },
    bridge(0x04d8, "Pycom", &[], "press the reset button on the board"),
    // The board's own USB.
    native(
        0x2e8a,
        0x0005..=0x0005,
        "RP2040 or RP2350 with MicroPython",
        "if it shows up as a drive, it waits for firmware: press reset without BOOTSEL",
    ),
    native(
        0x2e8a,
        ALL,
        "RP2040 or RP2350",
        "this product number is not MicroPython's; the firmware may be another one",
    ),
    Chip {
        reset: ESP_USB_JTAG,
        ..native(
            0x303a,
            0x1001..=0x1001,
            "Espressif USB-JTAG",
            "if nothing answers, the firmware may have its REPL on the UART pins",
        )
    },
    native(
        0x303a,
        0x4001..=0x4001,
        "ESP32-S2 or S3 with MicroPython",
        "press the reset button; the port comes back under the same name",
    ),
    native(0x303a, ALL, "ESP32 with its own USB", "press the reset button"),
    native(0x2341, ALL, "Arduino", "press reset twice to get its bootloader"),
    native(0x239a, ALL, "Adafruit", "press reset twice to get its bootloader"),
    native(
        0xf055,
        0x9800..=0x980a,
        "pyboard",
        "hold USR and press RST for a safe boot",
    ),
    native(0x16c0, ALL, "Teensy", "press its button to get the bootloader"),
    native(0x2886, ALL, "Seeed", "press reset twice to get its bootloader"),
    native(0x1b4f, ALL, "SparkFun", "press the reset button"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn well_known_chips_are_found_by_their_numbers() {
        for (vid, pid, name, link) in [
            (0x10c4, 0xea60, "CP210x", Link::Bridge),
            (0x1a86, 0x55d4, "CH9102", Link::Bridge),
            (0x0403, 0x6001, "FTDI", Link::Bridge),
            (0x067b, 0x2303, "PL2303", Link::Bridge),
            (0x0d28, 0x0204, "micro:bit", Link::Bridge),
            (0x04d8, 0xef98, "Pycom", Link::Bridge),
            (0x2e8a, 0x0005, "with MicroPython", Link::Native),
            (0x2e8a, 0x000a, "RP2350", Link::Native),
            (0x303a, 0x1001, "USB-JTAG", Link::Native),
            (0x303a, 0x4001, "with MicroPython", Link::Native),
            (0x303a, 0x80d7, "its own USB", Link::Native),
            (0x2341, 0x056b, "Arduino", Link::Native),
            (0x239a, 0x80f2, "Adafruit", Link::Native),
            (0xf055, 0x9800, "pyboard", Link::Native),
            (0x16c0, 0x0483, "Teensy", Link::Native),
        ] {
            let chip = find(vid, pid).unwrap_or_else(|| panic!("{vid:04x}:{pid:04x}"));
            assert!(chip.name.contains(name), "{vid:04x}:{pid:04x} is {}", chip.name);
            assert_eq!(chip.link, link, "{name}");
        }
        assert!(find(0x0d28, 0x0205).is_none());
        assert!(find(0x1d6b, 0x0002).is_none(), "a root hub");
    }

    #[test]
    fn every_line_of_the_table_can_be_reached() {
        for chip in CHIPS {
            let found = [*chip.pids.start(), *chip.pids.end()].map(|pid| find(chip.vid, pid).unwrap().name);
            assert!(found.contains(&chip.name), "{} is hidden by {found:?}", chip.name);
        }
    }

    #[test]
    fn no_chip_is_opened_in_the_state_that_resets_and_each_reset_ends_as_opened() {
        for chip in CHIPS {
            assert_ne!(chip.lines, RESET, "{}", chip.name);
            assert!(
                chip.lines.dtr || chip.link == Link::Bridge,
                "{}: without DTR native USB does not send",
                chip.name
            );
            if let Some(last) = chip.reset.last() {
                assert_eq!(last.lines, chip.lines, "{}", chip.name);
            }
        }
    }
}
