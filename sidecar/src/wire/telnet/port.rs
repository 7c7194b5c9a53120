//! Commands for a serial server's port, and its answers (RFC 2217, COM-PORT-OPTION 44): what is between the option's
//! number and the end of the sub-negotiation.
//! Pure: sends nothing, and waits for no answer.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::wire::Lines;

const SIGNATURE: u8 = 0;
const SET_BAUDRATE: u8 = 1;
const SET_DATASIZE: u8 = 2;
const SET_PARITY: u8 = 3;
const SET_STOPSIZE: u8 = 4;
const SET_CONTROL: u8 = 5;
const PURGE_DATA: u8 = 12;
/// Answers are commands plus this.
const ANSWER: u8 = 100;

/// Values of SET_CONTROL.
const NO_FLOW: u8 = 1;
const BREAK_ON: u8 = 5;
const DTR_ON: u8 = 8;
const RTS_ON: u8 = 11;

/// Both buffers.
pub(super) const PURGE: [u8; 2] = [PURGE_DATA, 3];

/// What is known of the port at the other end.
#[derive(Debug)]
pub(super) struct Port {
    baud: u32,
    signature: Option<String>,
}

impl Port {
    pub(super) fn new(baud: u32) -> Self {
        Self {
            baud,
            signature: None,
        }
    }

    /// The rate that was asked for last, or what the server made of it.
    pub(super) fn baud(&self) -> u32 {
        self.baud
    }

    pub(super) fn signature(&self) -> Option<&str> {
        self.signature.as_deref()
    }

    /// Who are you; this rate, 8 data bits, no parity, one stop bit, no flow control.
    pub(super) fn set_up(baud: u32) -> [Vec<u8>; 6] {
        [
            vec![SIGNATURE],
            rate(baud),
            vec![SET_DATASIZE, 8],
            vec![SET_PARITY, 1],
            vec![SET_STOPSIZE, 1],
            vec![SET_CONTROL, NO_FLOW],
        ]
    }

    pub(super) fn set_baud(&mut self, baud: u32) -> Vec<u8> {
        self.baud = baud;
        rate(baud)
    }

    /// An answer, or something that the server tells by itself. Those without a meaning here are left alone.
    pub(super) fn hear(&mut self, answer: &[u8]) {
        const SIGNED: u8 = SIGNATURE + ANSWER;
        if let [SIGNED, text @ ..] = answer
            && !text.is_empty()
        {
            let text = String::from_utf8_lossy(text).into_owned();
            self.signature = Some(text.chars().filter(|c| !c.is_control()).collect());
        }
    }
}

fn rate(baud: u32) -> Vec<u8> {
    let mut command = vec![SET_BAUDRATE];
    command.extend(baud.to_be_bytes());
    command
}

/// DTR and RTS, in an order that never passes through RTS without DTR.
pub(super) fn set_lines(lines: Lines) -> [[u8; 2]; 2] {
    // Off is one more than on.
    let dtr = [SET_CONTROL, DTR_ON + u8::from(!lines.dtr)];
    let rts = [SET_CONTROL, RTS_ON + u8::from(!lines.rts)];
    if lines.dtr { [dtr, rts] } else { [rts, dtr] }
}

pub(super) fn set_break(on: bool) -> [u8; 2] {
    [SET_CONTROL, BREAK_ON + u8::from(!on)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_those_of_the_rfc() {
        let mut port = Port::new(115_200);
        assert_eq!(
            Port::set_up(115_200),
            [&[0][..], &[1, 0, 1, 0xc2, 0], &[2, 8], &[3, 1], &[4, 1], &[5, 1]]
        );
        assert_eq!(port.set_baud(0x00ff_0000), [1, 0, 0xff, 0, 0]);
        assert_eq!(port.baud(), 0x00ff_0000);
        for (dtr, rts, expected) in [
            (true, true, [[5, 8], [5, 11]]),
            (true, false, [[5, 8], [5, 12]]),
            (false, true, [[5, 11], [5, 9]]),
            (false, false, [[5, 12], [5, 9]]),
        ] {
            assert_eq!(set_lines(Lines { dtr, rts }), expected);
        }
        assert_eq!([set_break(true), set_break(false)], [[5, 5], [5, 6]]);
    }

    #[test]
    fn a_signature_is_kept_and_what_makes_no_sense_is_not() {
        let mut port = Port::new(9_600);
        for answer in [&[][..], &[100], &[101, 0], &[106], &[255, 1]] {
            port.hear(answer);
            assert_eq!((port.signature(), port.baud()), (None, 9_600));
        }
        port.hear(b"\x64ser2net\x1b[2J\r");
        assert_eq!(port.signature(), Some("ser2net[2J"));
    }
}
