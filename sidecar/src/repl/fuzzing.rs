//! Targets for the raw REPL: what programs say, what values look like in Python, and whole conversations.
//! The board's side is a model of MicroPython's `pyexec.c`; the real one is in the integration tests.

mod board;

use std::time::Duration;

use tokio::time::Instant;

use crate::base::Feed;
use crate::repl::Answer;
use crate::repl::Answers;
use crate::repl::Patience;
use crate::repl::Repl;
use crate::repl::ReplError;
use crate::repl::bytes_literal;
use crate::repl::fuzzing::board::ModelBoard;
use crate::repl::reply::Part;
use crate::repl::reply::Reply;
use crate::repl::shortest_bytes_literal;
use crate::repl::text_literal;

/// The longest that getting in may take, with the search for its speed, and asking thrice.
const LIMIT: Duration = Duration::from_mins(2);

/// Anything that a program prints: the same lines and the same end in whatever pieces, and no byte is lost.
pub fn answers(data: &[u8]) {
    let mut feed = Feed::new(data);
    let size = 1 + feed.below(40);
    let printed = feed.rest();
    let (lines, rest) = said(printed, printed.len().max(1));
    assert_eq!(said(printed, size).0, lines);
    assert!(rest.len() + lines.concat().len() <= 3 * printed.len());
    // What a program says between other things is heard, if nothing of those begins a line.
    let text = String::from_utf8_lossy(printed).replace(['\u{2}', '\u{3}'], "");
    let quiet: Vec<u8> = printed.iter().copied().filter(|byte| *byte != 2).collect();
    let sum: u32 = text.bytes().map(u32::from).sum();
    let line = format!("\u{2}{:04x}{text}\u{3}", sum & 0xffff);
    if text.len() < 4000 {
        let around = [&quiet[..], line.as_bytes(), &quiet].concat();
        assert_eq!(said(&around, size).0, [text]);
    }
    let (out, end) = replied(printed, size);
    let (whole, _) = replied(printed, printed.len().max(1));
    assert!(printed.starts_with(&out) && printed.starts_with(&whole) || end);
}

fn said(printed: &[u8], size: usize) -> (Vec<String>, Vec<u8>) {
    let mut answers = Answers::default();
    let (mut lines, mut rest) = (Vec::new(), Vec::new());
    for piece in printed.chunks(size) {
        answers.push(piece);
        while let Some(answer) = answers.next_answer() {
            match answer {
                Answer::Line(line) => lines.push(line),
                Answer::Other(bytes) => rest.extend(bytes),
            }
        }
    }
    (lines, rest)
}

/// The output, and whether an end was seen in it.
fn replied(printed: &[u8], size: usize) -> (Vec<u8>, bool) {
    let mut reply = Reply::default();
    let mut out = Vec::new();
    for piece in printed.chunks(size) {
        reply.push(piece);
        loop {
            match reply.part() {
                Part::Out(bytes) => out.extend(bytes),
                Part::End(_) => return (out, true),
                Part::More => break,
            }
        }
    }
    (out, false)
}

/// Any value: the literal is one, means the value, and has no key of the raw REPL in it.
pub fn literals(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let literals = [
        (bytes_literal(data).into_bytes(), data),
        (shortest_bytes_literal(data), data),
        ([b"b", text_literal(&text).as_bytes()].concat(), text.as_bytes()),
    ];
    for (literal, value) in literals {
        assert!(!literal.iter().any(|byte| matches!(byte, 0..=5 | b'\r' | b'\n')));
        assert_eq!(
            python(&literal).as_deref(),
            Some(value),
            "{}",
            literal.escape_ascii()
        );
    }
}

/// What MicroPython's lexer makes of a literal of bytes (`parse_string_literal` in `py/lexer.c`).
fn python(literal: &[u8]) -> Option<Vec<u8>> {
    let [b'b', quote, inner @ .., last] = literal else {
        return None;
    };
    assert!(quote == last && matches!(quote, b'\'' | b'"'));
    let (mut value, mut rest) = (Vec::new(), inner);
    while let Some((byte, after)) = rest.split_first() {
        rest = after;
        if byte == quote {
            return None; // the literal ends here, and more follows
        }
        if *byte != b'\\' {
            value.push(*byte);
            continue;
        }
        let (escape, after) = rest.split_first()?;
        rest = after;
        match escape {
            b'n' => value.push(b'\n'),
            b'r' => value.push(b'\r'),
            b't' => value.push(b'\t'),
            b'x' => {
                let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
                value.push(u8::from_str_radix(digits, 16).ok()?);
                rest = &rest[2..];
            }
            b'0'..=b'7' => {
                let mut number = u32::from(escape - b'0');
                for _ in 0..2 {
                    let Some(digit @ b'0'..=b'7') = rest.first() else {
                        break;
                    };
                    number = number * 8 + u32::from(digit - b'0');
                    rest = &rest[1..];
                }
                value.push(u8::try_from(number).ok()?);
            }
            other => value.push(*other),
        }
    }
    Some(value)
}

/// A board in any state behind a line that may damage what passes: it is entered, asked, and left, or the error
/// comes in time. Where nothing was damaged, what its program says is what is heard.
pub fn repl(data: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    runtime.expect("a runtime without IO").block_on(talk(data));
}

async fn talk(data: &[u8]) {
    let mut feed = Feed::new(data);
    let model = ModelBoard::new(&mut feed);
    let honest = model.is_honest();
    // An empty line is a sign of life, and nothing that is said.
    let mut lines = model.lines();
    lines.retain(|line| !line.is_empty());
    let mut repl = Repl::new(Box::new(model), "the board");
    let began = Instant::now();
    let entered = repl.enter(Patience::Normal, &mut |_| {}).await;
    assert!(began.elapsed() < LIMIT, "{:?} until {entered:?}", began.elapsed());
    if honest {
        assert!(entered.is_ok(), "{entered:?}");
    }
    for round in 0..3 {
        let began = Instant::now();
        // Two lengths, so that the window is used up in different places.
        let code = format!("say{}", "#".repeat(round * 300));
        let answer = repl.ask(&code, Duration::from_secs(20)).await;
        assert!(began.elapsed() < LIMIT, "{:?} until {answer:?}", began.elapsed());
        if honest {
            assert_eq!(answer.as_ref().ok(), Some(&lines), "{answer:?}");
        }
        if matches!(answer, Err(ReplError::Wire(_))) {
            return;
        }
        if answer.is_err() {
            let began = Instant::now();
            let again = repl.resync().await;
            assert!(began.elapsed() < LIMIT, "{:?} until {again:?}", began.elapsed());
        }
    }
    let left = repl.leave().await;
    assert!(!honest || left.is_ok(), "{left:?}");
}
