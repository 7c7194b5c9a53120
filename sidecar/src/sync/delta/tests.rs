//! The delta coder on edits of all kinds, and what they cost.
//! Nothing of how a board applies it.

use proptest::prelude::*;

use super::*;

/// Numbers that look random and are the same each time (Knuth's MMIX generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % end
    }

    fn bytes(&mut self, count: usize) -> Vec<u8> {
        (0..count)
            .map(|_| u8::try_from(self.below(256)).unwrap())
            .collect()
    }
}

/// A program of about 60 kB that says little twice.
fn program() -> Vec<String> {
    let words =
        "self pin value sensor read buffer offset if not return for in range wait led write i2c scale";
    let words: Vec<&str> = words.split(' ').collect();
    let mut numbers = Numbers(4);
    let mut line = |_| {
        let indent = 4 * numbers.below(4);
        let mut line = " ".repeat(indent);
        for _ in 0..numbers.below(8) {
            let (word, number) = (words[numbers.below(words.len())], numbers.below(1000));
            line += &format!("{word}_{number} ");
        }
        line + "\n"
    };
    (0..1600).map(&mut line).collect()
}

fn changed(lines: &[String], change: impl FnOnce(&mut Vec<String>)) -> Vec<u8> {
    let mut lines = lines.to_vec();
    change(&mut lines);
    lines.concat().into_bytes()
}

/// What, old, new, most bytes of the records, most after deflate.
type Case<'a> = (&'a str, &'a [u8], Vec<u8>, usize, usize);

#[test]
fn each_kind_of_change_costs_little() {
    let lines = program();
    let old = lines.concat().into_bytes();
    assert!((50_000..70_000).contains(&old.len()), "{}", old.len());
    let lost = |text: &[u8]| text.iter().copied().filter(|byte| *byte != b'\r').collect();
    let crlf = String::from_utf8_lossy(&old).replace('\n', "\r\n").into_bytes();
    let image = Numbers(7).bytes(60_000);
    let mut patched = image.clone();
    patched[20_000..20_040].copy_from_slice(&[0xff; 40]);
    patched.splice(40_000..40_003, *b"longer");
    let mut turned = image.clone();
    turned.rotate_left(25_000);
    let edit = |at: usize| changed(&lines, |lines| lines[at].insert(0, '#'));
    let renamed = changed(&lines, |lines| {
        for line in lines.iter_mut().step_by(160) {
            *line = line.replacen('_', "__", 1);
        }
    });
    let shorter = changed(&lines, |lines| drop(lines.drain(200..900)));
    let longer = changed(&lines, |lines| lines[70] += "import machine\n");
    let up = changed(&lines, |lines| lines[100..1240].rotate_right(40));
    let down = changed(&lines, |lines| lines[100..1300].rotate_left(40));
    let twice = changed(&lines, |lines| lines.extend_from_within(100..140));
    let cases: [Case; 16] = [
        ("the same", &old, old.clone(), 8, 12),
        ("one line", &old, edit(800), 17, 19),
        ("the first line", &old, edit(0), 9, 12),
        ("the last line", &old, edit(1599), 17, 19),
        ("ten lines", &old, renamed, 70, 40),
        ("lines that are gone", &old, shorter, 16, 16),
        ("new lines", &old, longer, 33, 36),
        ("a function that moved up", &old, up, 33, 33),
        ("a function that moved down", &old, down, 33, 33),
        ("a function that is there twice", &old, twice, 16, 18),
        ("LF to CRLF", &old, crlf.clone(), 14_050, 4_200),
        ("CRLF to LF", &crlf, lost(&crlf), 12_600, 4_450),
        ("a patched image", &image, patched, 72, 40),
        ("an image that turned", &image, turned, 16, 20),
        ("from nothing", &[], b"print(1)\n".to_vec(), 17, 17),
        ("to nothing", &old, Vec::new(), 0, 2),
    ];
    for (what, old, new, most, most_deflated) in cases {
        let steps = delta(old, &new);
        assert!(apply(old, &steps).as_deref() == Some(&new[..]), "{what}");
        let (raw, small) = (steps.len(), deflated(&steps));
        assert!(
            raw <= most && small <= most_deflated,
            "{what}: {raw} bytes, {small} deflated"
        );
        let worth = !old.is_empty() && !new.is_empty();
        assert_eq!(
            is_worth(&steps, &new),
            worth,
            "{what}: {small} of {}",
            deflated(&new)
        );
    }
}

#[test]
fn other_line_ends_cost_far_less_than_half_of_the_file() {
    let old = program().concat();
    let new = old.replace('\n', "\r\n");
    let there = deflated(&delta(old.as_bytes(), new.as_bytes()));
    let back = deflated(&delta(new.as_bytes(), old.as_bytes()));
    let whole = deflated(new.as_bytes());
    assert!(there.max(back) * 4 < whole, "{there} and {back} of {whole}");
}

#[test]
fn files_that_have_nothing_in_common_are_sent_whole() {
    let (old, new) = (Numbers(1).bytes(9_000), Numbers(2).bytes(9_000));
    let steps = delta(&old, &new);
    assert_eq!(apply(&old, &steps).as_deref(), Some(&new[..]));
    assert_eq!(steps.len(), HEAD + new.len(), "one record, no copy");
    assert!(!is_worth(&steps, &new));
    assert!(!is_worth(&delta(b"print(1)\n", b"print(2)\n"), b"print(2)\n"));
}

#[test]
fn files_that_repeat_themselves_are_no_more_work_than_others() {
    let mut numbers = Numbers(3);
    let zeros = vec![0; 5 << 20];
    let cycle = |text: &[u8]| text.iter().copied().cycle().take(300_000).collect::<Vec<u8>>();
    let spoilt = |mut bytes: Vec<u8>, every: usize| {
        bytes.iter_mut().step_by(every).for_each(|byte| *byte = b'#');
        bytes
    };
    let mut bits = || {
        let bytes = numbers.bytes(60_000);
        bytes.into_iter().map(|byte| byte & 1).collect::<Vec<u8>>()
    };
    let few = vec![0; 300_000];
    let lines = cycle(b"led.toggle()\n");
    // What, old, new, most bytes compared for each of the new file.
    let cases = [
        ("zeros", zeros.clone(), [&zeros[..], &[0]].concat(), 2),
        ("more zeros", vec![0; 1000], few.clone(), 2),
        ("zeros with marks", few.clone(), spoilt(few, 5000), 2),
        ("pairs", cycle(b"ab"), cycle(b"ab")[1..].to_vec(), 2),
        ("lines", lines.clone(), spoilt(lines, 97), 50),
        ("noise of two values", bits(), bits(), 90),
    ];
    for (what, old, new, most) in cases {
        let (steps, compared) = coded(&old, &new);
        let each = compared / new.len() as u64;
        assert!(apply(&old, &steps) == Some(new), "{what}");
        assert!(each < most, "{what}: {each} for each");
    }
}

#[test]
fn in_a_large_file_pieces_are_found_as_well() {
    let old = Numbers(8).bytes(3 << 20);
    let mut new = old.clone();
    new.rotate_left(1_000_001);
    for at in (0..20).map(|i| 100_003 * i) {
        new.splice(at..at + 5, *b"other");
        new.insert(at + 300, b'!');
    }
    let steps = delta(&old, &new);
    assert!(apply(&old, &steps) == Some(new));
    let copies = 41 + (3 << 20) / 0xffff + 1;
    let most = copies * HEAD + 20 * 6;
    assert!(steps.len() <= most, "{} of {most} bytes", steps.len());
}

#[test]
fn what_is_no_delta_of_the_file_is_told_from_one() {
    let old = b"0123456789";
    let good = delta(old, b"345 012");
    assert_eq!(apply(old, &good).as_deref(), Some(&b"345 012"[..]));
    let cases: [&[u8]; 5] = [
        &[1],
        &[1, 0, 0, 0, 0, 0, 0, 0],
        &[0, 0, 11, 0, 0, 0, 0, 0],
        &[0, 0, 1, 0, 0xff, 0xff, 0xff, 0xff],
        &[0, 0, 1, 0, 0xff, 0xff, 0xff, 0x7f],
    ];
    for steps in cases {
        assert_eq!(apply(old, steps), None, "{steps:?}");
    }
}

#[test]
fn the_records_are_what_the_board_reads() {
    let old = b"import machine\n\nmachine.reset()\nprint('what is never reached')\n";
    let new = b"import machine\n\nprint('what is never reached')\nmachine.idle()\n";
    let steps = delta(old, new);
    let mut expected = vec![0, 0, 16, 0, 0, 0, 0, 0];
    expected.extend_from_slice(&[0, 0, 31, 0, 16, 0, 0, 0]);
    expected.extend_from_slice(&[15, 0, 0, 0, 0, 0, 0, 0]);
    expected.extend_from_slice(b"machine.idle()\n");
    assert_eq!(steps, expected);
}

#[test]
fn pieces_too_long_for_a_record_are_in_several() {
    let old = Numbers(5).bytes(200_000);
    let new = [Numbers(6).bytes(140_000), old.clone()].concat();
    let steps = delta(&old, &new);
    assert!(apply(&old, &steps) == Some(new));
    assert_eq!(steps.len(), 140_000 + 6 * HEAD);
}

/// What somebody does to a file.
#[derive(Clone, Debug)]
enum Edit {
    Insert(usize, Vec<u8>),
    Remove(usize, usize),
    Move(usize, usize, usize),
    Repeat(usize, usize),
    Newlines(bool),
}

fn edit() -> impl Strategy<Value = Edit> {
    let (at, len) = (0..4000_usize, 0..600_usize);
    prop_oneof![
        (at.clone(), proptest::collection::vec(any::<u8>(), 0..40))
            .prop_map(|(at, new)| Edit::Insert(at, new)),
        (at.clone(), len.clone()).prop_map(|(at, len)| Edit::Remove(at, len)),
        (at.clone(), len.clone(), at.clone()).prop_map(|(at, len, to)| Edit::Move(at, len, to)),
        (at, len).prop_map(|(at, len)| Edit::Repeat(at, len)),
        any::<bool>().prop_map(Edit::Newlines),
    ]
}

fn edited(mut file: Vec<u8>, edit: Edit) -> Vec<u8> {
    let all = file.len();
    match edit {
        Edit::Insert(at, new) => drop(file.splice(at.min(all)..at.min(all), new)),
        Edit::Remove(at, len) => drop(file.drain(at.min(all)..(at + len).min(all))),
        Edit::Move(at, len, to) => {
            let moved: Vec<u8> = file.drain(at.min(all)..(at + len).min(all)).collect();
            let to = to.min(file.len());
            file.splice(to..to, moved);
        }
        Edit::Repeat(at, len) => file.extend_from_within(at.min(all)..(at + len).min(all)),
        Edit::Newlines(true) => {
            return file
                .split(|byte| *byte == b'\n')
                .collect::<Vec<_>>()
                .join(&b"\r\n"[..]);
        }
        Edit::Newlines(false) => file.retain(|byte| *byte != b'\r'),
    }
    file
}

fn file() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..4000),
        proptest::collection::vec(0..3_u8, 0..4000),
        proptest::collection::vec("[ab]{0,9}\n", 0..400).prop_map(|lines| lines.concat().into_bytes()),
    ]
}

proptest! {
    #[test]
    fn a_delta_makes_the_edited_file(old in file(), edits in proptest::collection::vec(edit(), 0..6)) {
        let new = edits.into_iter().fold(old.clone(), edited);
        let steps = delta(&old, &new);
        prop_assert!(apply(&old, &steps).as_deref() == Some(&new[..]));
        prop_assert!(steps.len() <= new.len() + HEAD);
    }

    #[test]
    fn a_delta_makes_any_file_of_any_other(old in file(), new in file()) {
        let steps = delta(&old, &new);
        prop_assert!(apply(&old, &steps).as_deref() == Some(&new[..]));
        prop_assert!(steps.len() <= new.len() + HEAD);
    }

    #[test]
    fn no_bytes_make_apply_fall(old in file(), steps in proptest::collection::vec(any::<u8>(), 0..200)) {
        apply(&old, &steps);
    }
}
