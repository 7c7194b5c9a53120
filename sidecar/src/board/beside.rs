//! Files beside the REPL, by WebREPL's own protocol (extmod/modwebrepl.c): a request of 82 bytes, answers of four.
//! No sums, no names that are put in place whole, no resuming: who calls this gives a temporary name, and looks at
//! what the board has.

use std::time::Duration;

use tokio::time::Instant;

use crate::board::BoardError;
use crate::board::QUIET;
use crate::repl::Repl;
use crate::repl::ReplError;
use crate::repl::bytes_literal;
use crate::repl::text_literal;
use crate::wire::Channel;

/// The longest name, in bytes; the field has 64, and the firmware wants a zero at its end.
const LONGEST: usize = 63;
const PUT: u8 = 1;
const GET: u8 = 2;
/// What webrepl_cli.py sends at once.
const PIECE: usize = 1024;
/// How long the board may take for an answer, and for each kilobyte: an ESP8266 waits 20 ms for each half.
const LIMIT: (Duration, Duration) = (Duration::from_secs(10), Duration::from_millis(250));

/// Is there a way for files beside the REPL?
pub(super) fn has_files(repl: &mut Repl) -> bool {
    let has = repl.wire_mut().use_channel(Channel::Files);
    repl.wire_mut().use_channel(Channel::Repl);
    has
}

/// Writes a file, in place. Call at the raw prompt, where the board reads. `false`: this name or size cannot be sent so,
/// or there is no such way; nothing was sent. A board that cannot open the file ends the connection, and one whose disk
/// is full says nothing.
pub async fn put_file(
    repl: &mut Repl,
    path: &str,
    content: &[u8],
    moved: &mut (dyn FnMut(u64) + Send),
) -> Result<bool, ReplError> {
    let Some(request) = request(PUT, path, content.len()) else {
        return Ok(false);
    };
    if !repl.wire_mut().use_channel(Channel::Files) {
        return Ok(false);
    }
    let mut beside = Beside::new(repl);
    let done = beside.put(&request, content, moved).await;
    beside.end();
    done.map(|()| true)
}

/// Stages a file beside the REPL and has the board sum it up; `device/stage.py` is there.
pub(super) async fn stage_beside(
    repl: &mut Repl,
    place: &str,
    content: &[u8],
    sum: &[u8],
    moved: &mut (dyn FnMut(u64) + Send),
) -> Result<(), BoardError> {
    if !put_file(repl, place, content, moved).await? {
        let (needed, free) = (None, None);
        return Err(BoardError::NoSpace { needed, free });
    }
    // What the flash did not take is not told.
    let (place, sum) = (text_literal(place), bytes_literal(sum));
    let check = format!("if check({place})!={sum}:raise ValueError('verify')");
    repl.exec(&check, QUIET).await?;
    Ok(())
}

/// Reads a file; it carries no sum, so that `Board::read` does not use it. `None`: this name cannot be sent so, or there is no such way. A board that has no such file ends the
/// connection.
pub async fn get_file(
    repl: &mut Repl,
    path: &str,
    moved: &mut (dyn FnMut(u64) + Send),
) -> Result<Option<Vec<u8>>, ReplError> {
    let Some(request) = request(GET, path, 0) else {
        return Ok(None);
    };
    if !repl.wire_mut().use_channel(Channel::Files) {
        return Ok(None);
    }
    let mut beside = Beside::new(repl);
    let got = beside.get(&request, moved).await;
    beside.end();
    got.map(Some)
}

/// The conversation about one file. What the REPL had said is kept meanwhile.
struct Beside<'r> {
    repl: &'r mut Repl,
    held: Vec<u8>,
    input: Vec<u8>,
}

impl<'r> Beside<'r> {
    fn new(repl: &'r mut Repl) -> Self {
        let (held, input) = (repl.take_input(), Vec::new());
        Self { repl, held, input }
    }

    fn end(self) {
        self.repl.wire_mut().use_channel(Channel::Repl);
        self.repl.take_input();
        self.repl.put_back(self.held);
    }

    async fn put(
        &mut self,
        request: &[u8],
        content: &[u8],
        moved: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), ReplError> {
        self.repl.send(request).await?;
        self.answer("answer to a file", LIMIT.0).await?;
        let mut done = 0;
        for piece in content.chunks(PIECE) {
            self.repl.send(piece).await?;
            done += piece.len() as u64;
            moved(done);
        }
        let kilobytes = u32::try_from(content.len() / 1024).unwrap_or(u32::MAX);
        self.answer("end of a file", LIMIT.0 + LIMIT.1.saturating_mul(kilobytes))
            .await
    }

    async fn get(
        &mut self,
        request: &[u8],
        moved: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Vec<u8>, ReplError> {
        self.repl.send(request).await?;
        self.answer("answer to a file", LIMIT.0).await?;
        let mut content = Vec::new();
        loop {
            self.repl.send(b"\0").await?;
            let size = self.bytes(2, "piece of a file", LIMIT.0).await?;
            let size = usize::from(u16::from_le_bytes([size[0], size[1]]));
            if size == 0 {
                break;
            }
            content.extend(self.bytes(size, "piece of a file", LIMIT.0).await?);
            moved(content.len() as u64);
        }
        self.answer("end of a file", LIMIT.0).await?;
        Ok(content)
    }

    /// `WB` and a code, which is 0 for all firmware so far.
    async fn answer(&mut self, waiting_for: &'static str, limit: Duration) -> Result<(), ReplError> {
        let answer = self.bytes(4, waiting_for, limit).await?;
        if answer == *b"WB\0\0" {
            Ok(())
        } else {
            Err(ReplError::Damaged)
        }
    }

    async fn bytes(
        &mut self,
        count: usize,
        waiting_for: &'static str,
        limit: Duration,
    ) -> Result<Vec<u8>, ReplError> {
        let deadline = Instant::now() + limit;
        while self.input.len() < count {
            self.repl.fill(deadline, waiting_for, limit).await?;
            self.input.extend(self.repl.take_input());
        }
        Ok(self.input.drain(..count).collect())
    }
}

/// `<2sBBQLH64s`: mark, what to do, flags, offset (which the firmware does not look at), size, length of the name, name.
fn request(what: u8, path: &str, size: usize) -> Option<Vec<u8>> {
    let name = path.as_bytes();
    if name.len() > LONGEST || name.contains(&0) {
        return None;
    }
    let size = u32::try_from(size).ok()?;
    let mut request = b"WA".to_vec();
    request.extend([what, 0]);
    request.extend(0_u64.to_le_bytes());
    request.extend(size.to_le_bytes());
    request.extend(u16::try_from(name.len()).ok()?.to_le_bytes());
    request.extend(name);
    request.resize(82, 0);
    Some(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_is_the_one_of_webrepl_cli() {
        // struct.pack("<2sBBQLH64s", b"WA", 1, 0, 0, 300, 8, b"/main.py")
        let put = request(PUT, "/main.py", 300).unwrap();
        assert_eq!(&put[..18], b"WA\x01\0\0\0\0\0\0\0\0\0\x2c\x01\0\0\x08\0");
        assert_eq!((&put[18..26], put.len()), (&b"/main.py"[..], 82));
        assert!(put[26..].iter().all(|byte| *byte == 0));
        assert!(request(GET, &"x".repeat(63), 0).is_some());
        assert_eq!(request(GET, &"x".repeat(64), 0), None);
    }
}
