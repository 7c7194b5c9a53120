//! The telnet codec: what passes, what is answered, what is cut out.
//! Real servers are met in `transports`.

use proptest::prelude::*;

use super::fuzzing::passed;
use super::*;

fn heard(codec: &mut Codec, bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
    let mut data = Vec::new();
    codec.decode(bytes, &mut data);
    (data, codec.replies())
}

#[test]
fn a_client_asks_once_and_answers_only_what_changes_something() {
    let mut codec = Codec::client(false);
    let asked = [
        [IAC, WILL, BINARY],
        [IAC, WILL, SUPPRESS_GO_AHEAD],
        [IAC, DO, BINARY],
        [IAC, DO, SUPPRESS_GO_AHEAD],
        [IAC, DO, ECHO],
    ];
    assert_eq!(codec.replies(), asked.concat());
    for (what, came, answer) in [
        ("an answer to what was asked", [DO, BINARY], None),
        ("the same again", [DO, BINARY], None),
        ("an answer to what was asked of it", [WILL, BINARY], None),
        ("a no", [WONT, ECHO], None),
        ("a change of its mind", [WILL, ECHO], Some([DO, ECHO])),
        ("its end", [WONT, ECHO], Some([DONT, ECHO])),
        (
            "an option that nobody here knows (LINEMODE)",
            [WILL, 34],
            Some([DONT, 34]),
        ),
        ("the same again", [WILL, 34], None),
        ("one that is never here", [DO, 24], Some([WONT, 24])),
        ("what was not on is off", [WONT, 34], None),
        (
            "a port that was not asked to be commanded",
            [DO, COM_PORT],
            Some([WONT, COM_PORT]),
        ),
    ] {
        let answer = answer.map_or(Vec::new(), |[word, option]| vec![IAC, word, option]);
        assert_eq!(
            heard(&mut codec, &[IAC, came[0], came[1]]),
            (Vec::new(), answer),
            "{what}"
        );
    }
    assert!(codec.is_binary());
    assert!(!codec.is_settled(), "nothing was said about going ahead");
}

#[test]
fn what_is_no_data_is_cut_out_wherever_it_is_split() {
    let line = b"a\xff\xffb\r\0c\r\nd\xff\xf1e\xff\xfa\x2c\x65\xff\xff\x01\xff\xf0f\xff\xfb\x22g\xff\xfa\x2c\xff\xfd\x22h";
    let expected = b"a\xffb\rc\r\ndefgh";
    for at in 0..line.len() {
        let mut codec = Codec::client(true);
        codec.replies();
        let mut data = Vec::new();
        codec.decode(&line[..at], &mut data);
        codec.decode(&line[at..], &mut data);
        assert_eq!(data, expected, "split at {at}");
        assert_eq!(codec.subs(), [[COM_PORT, 0x65, 0xff, 1]], "split at {at}");
        assert_eq!(codec.replies(), [IAC, DONT, 34, IAC, WONT, 34], "split at {at}");
    }
}

#[test]
fn a_sub_negotiation_without_an_end_takes_no_memory() {
    let mut codec = Codec::client(true);
    let mut data = Vec::new();
    codec.decode(&[IAC, SB, COM_PORT], &mut data);
    for _ in 0..1_000 {
        codec.decode(&[7; 1_000], &mut data);
    }
    assert!(codec.sub.capacity() <= 2 * LONGEST);
    codec.decode(&[IAC, SE, b'x'], &mut data);
    assert_eq!((data.as_slice(), codec.subs()), (&b"x"[..], Vec::new()));
}

#[test]
fn the_port_is_commanded_only_where_both_want_it() {
    for (answer, expected) in [(None, None), (Some(DO), Some(true)), (Some(DONT), Some(false))] {
        let mut codec = Codec::client(true);
        if let Some(answer) = answer {
            heard(&mut codec, &[IAC, answer, COM_PORT]);
        }
        assert_eq!(codec.com_port(), expected);
    }
}

#[test]
fn every_byte_value_passes_in_both_modes() {
    let all: Vec<u8> = (0..65_536_u32)
        .map(|n| (n * 167 + n / 256).to_le_bytes()[0])
        .collect();
    for binary in [true, false] {
        assert!(passed(&all, binary, 1_000) == all, "binary: {binary}");
    }
}

proptest! {
    #[test]
    fn what_goes_in_comes_out_in_any_pieces(
        data in prop::collection::vec(prop_oneof![Just(IAC), Just(b'\r'), Just(0), any::<u8>()], 0..200),
        binary: bool,
        piece in 1_usize..40,
    ) {
        prop_assert_eq!(passed(&data, binary, piece), data);
    }

    #[test]
    fn nothing_that_comes_breaks_it(
        bytes in prop::collection::vec(prop_oneof![Just(IAC), 240_u8..=254, Just(COM_PORT), Just(0), any::<u8>()], 0..300),
    ) {
        super::fuzzing::telnet(&bytes);
    }
}
