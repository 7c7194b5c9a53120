//! `Program`: a program of ours on its way to the board, with a checksum that the board looks at before it
//! runs it: a program that a bad line changed could do anything.
//! What programs there are, `device` knows; getting text to the board is `repl`'s business.

use tokio::time::Instant;

use crate::base::Fingerprint;
use crate::board::Board;
use crate::board::BoardError;
use crate::board::FLAT_QUIET;
use crate::board::Kind;
use crate::board::QUIET;
use crate::board::SHORT;
use crate::board::Sum;
use crate::board::device;
use crate::board::device::Piece;
use crate::repl::ReplError;
use crate::repl::bytes_literal;
use crate::repl::text_literal;

/// Piece of a program, in characters, on a line that has damaged a whole one.
const PIECE: usize = 200;
/// So often a piece is sent until it arrives.
const TRIES: usize = 8;

impl Board {
    /// Runs pieces of `device/` with these values, with the strongest checksum that the firmware has.
    pub(super) async fn ask(
        &mut self,
        pieces: &[Piece],
        values: &[(&str, String)],
    ) -> Result<Vec<String>, BoardError> {
        let mut lines = Vec::new();
        self.ask_for(pieces, values, &mut |line| lines.push(line)).await?;
        Ok(lines)
    }

    /// `ask`, handing over each line as it comes.
    pub(super) async fn ask_for(
        &mut self,
        pieces: &[Piece],
        values: &[(&str, String)],
        heard: &mut (dyn FnMut(String) + Send),
    ) -> Result<(), BoardError> {
        if let Some(mut stream) = self.agent.take() {
            // It has these already.
            let there = |piece: &&Piece| ![device::PLACE, device::COMMIT, device::LIST].contains(piece);
            let pieces: Vec<Piece> = pieces.iter().filter(there).copied().collect();
            let program = assignments(values) + &device::program(&pieces);
            let asked = Box::pin(stream.run(&mut self.repl, &program, heard)).await;
            // What a program raised does not end the agent; what broke the conversation does.
            if !asked.as_ref().is_err_and(BoardError::is_line) {
                self.agent = Some(stream);
            }
            return asked;
        }
        let quiet = if self.kind().await? == Kind::Flat {
            FLAT_QUIET
        } else {
            QUIET
        };
        let mut tries = 1;
        loop {
            let mut asked = Ok(());
            for code in self.codes(pieces, values).await? {
                asked = self.repl.hear(&code, quiet, heard).await;
                if asked.is_err() {
                    break;
                }
            }
            if matches!(asked, Err(ReplError::Raised(_))) {
                self.forget().await;
            }
            match asked {
                Err(ReplError::Raised(raised)) if raised.kind() == "ImportError" => {
                    self.sum = self.sum.weaker().ok_or(BoardError::Raised(raised))?;
                }
                // What 9 kB of RAM have room for depends on where the collector finds it: with nothing of ours in
                // them it may be enough.
                Err(ReplError::Raised(raised))
                    if raised.kind() == "MemoryError" && self.kind == Some(Kind::Flat) && tries < 3 =>
                {
                    tries += 1;
                }
                Err(ReplError::Raised(raised)) if raised.is_damage() && !self.bad_line => {
                    self.bad_line = true;
                }
                other => return Ok(other?),
            }
        }
    }

    /// What is run one after the other: one program; or, where 9 kB of RAM cannot compile it in one piece, each
    /// piece by itself.
    async fn codes(
        &mut self,
        pieces: &[Piece],
        values: &[(&str, String)],
    ) -> Result<Vec<String>, BoardError> {
        if self.kind().await? == Kind::Folders {
            let program = self.program(pieces, values);
            return Ok(vec![self.deliver(&program).await?]);
        }
        let first = device::program(&[device::NAMES])
            + &assignments(values)
            + &device::program(&[device::FLAT_COLLECT]);
        let rest = pieces.iter().chain([&device::TIDY]);
        Ok(std::iter::once(first)
            .chain(rest.map(|piece| device::program(&[*piece])))
            .collect())
    }

    /// Takes away the names that a program of ours left when it was cut short. Were there any? `None`: who knows.
    pub(super) async fn forget(&mut self) -> Option<bool> {
        // The error that cut it short is the one to tell.
        let done = self.repl.exec(&device::program(&[device::FORGET]), SHORT).await;
        done.ok().map(|said| !said.is_empty())
    }

    /// A program that takes its names away at the end, with `values` as its variables.
    pub(super) fn program(&self, pieces: &[Piece], values: &[(&str, String)]) -> String {
        let mut program = assignments(values);
        program.push_str(&device::program(&[device::SAY, self.sum.piece()]));
        program.push_str(&device::program(pieces));
        program.push_str(&device::program(&[device::TIDY]));
        program
    }

    /// Gets a program to the board; what is returned starts it. Names that it leaves are in `N_` no more.
    pub(super) async fn deliver(&mut self, program: &str) -> Result<String, BoardError> {
        self.deliver_part(program, true).await
    }

    /// `deliver` for one of several programs that use each other: only the first notes the names that were there.
    pub(super) async fn deliver_part(&mut self, program: &str, first: bool) -> Result<String, BoardError> {
        let names = if first {
            device::program(&[device::NAMES])
        } else {
            String::new()
        };
        if self.kind == Some(Kind::Flat) {
            // 9 kB of RAM cannot hold a program as text and compile it too. What it writes is read back.
            return Ok([&names, program].concat());
        }
        let guard = device::program(&[self.guard()]);
        let run = [&format!("G_(A_,{})\n", self.mark(program)), "exec(A_)\n"].concat();
        if !self.bad_line {
            return Ok([&names, &guard, "A_=", &text_literal(program), "\n", &run].concat());
        }
        self.certainly(&[names, guard, device::program(&[device::PIECES])].concat())
            .await?;
        let characters: Vec<char> = program.chars().collect();
        for (number, piece) in characters.chunks(PIECE).enumerate() {
            let piece: String = piece.iter().collect();
            // Where it begins tells a piece that arrived, and whose answer was lost, from one that did not.
            let call = format!(
                "P_({},{},{})",
                text_literal(&piece),
                self.mark(&piece),
                number * PIECE
            );
            self.certainly(&call).await?;
        }
        Ok(run)
    }

    /// Runs something short until it ran.
    async fn certainly(&mut self, code: &str) -> Result<(), BoardError> {
        let mut tries = 1;
        loop {
            let began = Instant::now();
            let done = self.repl.exec(code, SHORT).await;
            if done.is_err() {
                self.lose(began);
            }
            match done {
                Ok(_) => return Ok(()),
                Err(error @ ReplError::Wire(_)) => return Err(error.into()),
                Err(error) if tries == TRIES || self.is_hopeless() => return Err(error.into()),
                Err(ReplError::Raised(_)) => {}
                Err(_) => self.repl.resync().await?,
            }
            tries += 1;
        }
    }

    /// What the board looks at a program with.
    fn guard(&self) -> Piece {
        match self.sum {
            Sum::Sha256 => device::GUARD_SHA256,
            Sum::Crc32 => device::GUARD_CRC32,
            Sum::Adler32 => device::GUARD_ROLLING,
        }
    }

    /// What the guard must find, as a Python literal.
    fn mark(&self, text: &str) -> String {
        let print = Fingerprint::of(text.as_bytes());
        match self.sum {
            Sum::Sha256 => bytes_literal(&print.sha256.0[..4]),
            Sum::Crc32 => print.crc32.to_string(),
            Sum::Adler32 => rolling(text.as_bytes()).to_string(),
        }
    }
}

fn assignments(values: &[(&str, String)]) -> String {
    let assign = |(name, literal): &(&str, String)| [*name, "=", literal, "\n"].concat();
    values.iter().map(assign).collect()
}

/// A checksum in numbers that stay small integers on a 32-bit MicroPython (31 bits).
fn rolling(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |sum, byte| (sum * 31 + u32::from(*byte)) & 0x003f_ffff)
}
