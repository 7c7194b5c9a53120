//! Starting and ending the agent. It stays on the board's flash, so that the next time a few bytes wake it.
//! What it is told once it runs is `stream`'s and `stage`'s business.

use std::sync::LazyLock;

use flate2::Compress;
use flate2::Compression;
use flate2::FlushCompress;
use flate2::Status;

use crate::base::Digest;
use crate::board::Board;
use crate::board::BoardError;
use crate::board::Kind;
use crate::board::QUIET;
use crate::board::Sum;
use crate::board::device;
use crate::board::device::Piece;
use crate::board::stream::Stream;
use crate::repl::ReplError;
use crate::repl::shortest_bytes_literal;

/// What the agent is made of, behind its words and its sum.
const PIECES: [Piece; 7] = [
    device::PLACE,
    device::FACTS,
    device::COMPARE,
    device::LIST,
    device::COMMIT,
    device::STAGE,
    device::AGENT,
];
/// Characters that a small board compiles at once: source, parse tree and code of the whole would not fit its RAM.
const AT_ONCE: usize = 900;
/// Window of the packed agent in bits: what `device/load.py` unpacks with.
const WINDOW: u8 = 13;

/// The agent as it travels and lies on the board.
struct Packed {
    bytes: Vec<u8>,
    /// The start of its SHA-256, and the sizes of the pieces, as the arguments of `device/load.py`.
    proof: Vec<u8>,
}

fn text(sum: Sum) -> String {
    let head = [device::SAY, sum.piece()];
    device::program(&[&head[..], &PIECES].concat())
}

static PACKED: LazyLock<Packed> = LazyLock::new(|| {
    let text = text(Sum::Sha256);
    let parts = parts(&text);
    let mut bytes = Vec::with_capacity(text.len());
    let status = Compress::new_with_window_bits(Compression::best(), false, WINDOW).compress_vec(
        text.as_bytes(),
        &mut bytes,
        FlushCompress::Finish,
    );
    assert!(
        matches!(status, Ok(Status::StreamEnd)),
        "Python is never more when deflated"
    );
    let mut proof = shortest_bytes_literal(&Digest::of(&bytes).0[..8]);
    let sizes: Vec<String> = parts.iter().map(|part| part.len().to_string()).collect();
    proof.extend(format!(",({})", sizes.join(",")).bytes());
    Packed { bytes, proof }
});

impl Board {
    /// Starts the agent where the firmware can hold it and the line is good. What it says at its beginning: the
    /// facts, and the comparison if `compare`. `None`: programs have to do, piece by piece.
    pub(super) async fn wake(&mut self, compare: bool) -> Result<Option<Vec<String>>, BoardError> {
        self.hang_up().await?;
        let folders = self.kind().await? == Kind::Folders;
        let clean = !self.bad_line && self.repl.is_binary();
        if !folders || !self.repl.has_raw_paste() || !clean || self.no_agent || self.sum != Sum::Sha256 {
            return Ok(None);
        }
        let piece = self.piece();
        // Asking for it is in vain on a board that never had it.
        let ways: &[Load] = if std::mem::take(&mut self.is_new) {
            &[Load::Whole]
        } else {
            &[Load::Kept, Load::Sent]
        };
        for way in ways {
            let code = load(*way, piece, compare);
            match Stream::start(&mut self.repl, &code, piece).await {
                Ok(Some((stream, hello))) => {
                    self.agent = Some(Box::new(stream));
                    self.marked = true;
                    return Ok(Some(hello));
                }
                Ok(None) => {}
                Err(BoardError::Repl(ReplError::Raised(raised))) => {
                    self.forget().await; // the loader's own name
                    match raised.kind() {
                        // No hashlib, deflate, CRC-32, IOBase or binary stdin; or not enough RAM for it.
                        "ImportError" | "AttributeError" | "MemoryError" => self.no_agent = true,
                        "OSError" => return Err(BoardError::at(ReplError::Raised(raised), "/.boardside")),
                        _ => self.bad_line = true,
                    }
                    return Ok(None);
                }
                Err(error) => return Err(error),
            }
        }
        // It was sent, and its sum was wrong.
        self.forget().await;
        self.bad_line = true;
        Ok(None)
    }

    /// Nothing was ever synced from this machine: the agent does not lie on this board.
    pub fn expect_no_agent(&mut self) {
        self.is_new = true;
    }

    /// The agent, started in one way or the other.
    pub(super) async fn streaming(&mut self) -> Result<Box<Stream>, BoardError> {
        if self.agent.is_none() {
            Box::pin(self.wake(false)).await?;
        }
        if let Some(stream) = self.agent.take() {
            return Ok(stream);
        }
        let text = text(self.sum);
        let mut names = true;
        for part in parts(&text) {
            let program = self.deliver_part(part, names).await?;
            self.repl.exec(&program, QUIET).await?;
            names = false;
        }
        let piece = self.piece();
        let program = format!("run({piece},0)\n") + &device::program(&[device::TIDY]);
        let started = Stream::start(&mut self.repl, program.as_bytes(), piece).await?;
        let (stream, _) = started.ok_or(BoardError::Repl(ReplError::Damaged))?;
        Ok(Box::new(stream))
    }

    /// Ends the agent, if it runs: the board is at its raw prompt.
    pub(super) async fn hang_up(&mut self) -> Result<(), BoardError> {
        match self.agent.take() {
            Some(stream) => {
                Box::pin(stream.finish(&mut self.repl)).await?;
                self.marked = false;
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// After how many bytes the agent says that it has read them: often enough that the line never rests while that
    /// is under way.
    fn piece(&self) -> usize {
        self.repl.receive_buffer() / 4
    }
}

/// Whole statements of a program, as many as a small board compiles at once.
fn parts(program: &str) -> Vec<&str> {
    let mut cuts = vec![0];
    let (mut end, mut last) = (0, 0);
    for line in program.split_inclusive('\n') {
        let begins = !goes_on(line);
        if begins && end - last > 0 && statement(&program[end..]) + end - last > AT_ONCE {
            cuts.push(end);
            last = end;
        }
        end += line.len();
    }
    cuts.push(end);
    cuts.windows(2).map(|cut| &program[cut[0]..cut[1]]).collect()
}

/// Length of the statement that a program begins with.
fn statement(program: &str) -> usize {
    let mut lines = program.split_inclusive('\n');
    let first = lines.next().map_or(0, str::len);
    first
        + lines
            .take_while(|line| goes_on(line))
            .map(str::len)
            .sum::<usize>()
}

/// Does a line belong to the statement before it?
fn goes_on(line: &str) -> bool {
    line.starts_with(' ')
        || line.starts_with("except")
        || line.starts_with("finally")
        || line.starts_with("el")
}

/// How the agent is started.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Load {
    /// The one that lies on the board.
    Kept,
    /// After that was not there: the one that comes along.
    Sent,
    /// The one that comes along, at once.
    Whole,
}

fn load(way: Load, piece: usize, compare: bool) -> Vec<u8> {
    let mut code = Vec::new();
    if way != Load::Sent {
        code.extend(device::program(&[device::LOAD]).bytes());
    }
    code.extend(b"if(B_(");
    code.extend(&PACKED.proof);
    if way != Load::Kept {
        code.push(b',');
        code.extend(shortest_bytes_literal(&PACKED.bytes));
    }
    let end = format!(")or print)({piece},{})and not B_:del B_\n", u8::from(compare));
    code.extend(end.bytes());
    code
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_compiled_in_parts_of_whole_statements() {
        let text = text(Sum::Sha256);
        let parts = parts(&text);
        assert_eq!(parts.concat(), text);
        for part in &parts {
            assert!(!part.starts_with(' ') && (part.len() <= AT_ONCE || statement(part) == part.len()));
            assert!(
                ["else", "elif", "except", "finally"]
                    .iter()
                    .all(|word| !part.starts_with(word))
            );
        }
        assert!(parts.len() > 5);
    }
}
