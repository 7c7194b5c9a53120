//! `Program`: a program of ours on its way to the board, with a checksum that the board looks at before it
//! runs it: a program that a bad line changed could do anything.
//! What programs there are, `device` knows; getting text to the board is `repl`'s business.

use crate::base::Fingerprint;
use crate::board::Board;
use crate::board::BoardError;
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
        loop {
            let program = self.program(pieces, values).await?;
            let code = self.deliver(&program).await?;
            let asked = self.repl.hear(&code, QUIET, heard).await;
            if matches!(asked, Err(ReplError::Raised(_))) {
                self.forget().await;
            }
            match asked {
                Err(ReplError::Raised(raised)) if raised.kind() == "ImportError" => {
                    self.sum = self.sum.weaker().ok_or(BoardError::Raised(raised))?;
                }
                Err(ReplError::Raised(raised)) if raised.is_damage() && !self.bad_line => {
                    self.bad_line = true;
                }
                other => return Ok(other?),
            }
        }
    }

    /// Takes away the names that a program of ours left when it was cut short.
    pub(super) async fn forget(&mut self) {
        // The error that cut it short is the one to tell.
        let done = self.repl.exec(&device::program(&[device::FORGET]), SHORT).await;
        done.map(drop).unwrap_or_default();
    }

    /// A program that takes its names away at the end, with `values` as its variables.
    pub(super) async fn program(
        &mut self,
        pieces: &[Piece],
        values: &[(&str, String)],
    ) -> Result<String, BoardError> {
        let flat = self.kind().await? == Kind::Flat;
        let mut program = String::new();
        for (name, literal) in values {
            program.push_str(&[*name, "=", literal, "\n"].concat());
        }
        if !flat {
            program.push_str(&device::program(&[device::SAY, self.sum.piece()]));
        }
        program.push_str(&device::program(pieces));
        program.push_str(&device::program(&[device::TIDY]));
        Ok(program)
    }

    /// Gets a program to the board; what is returned starts it. Names that it leaves are in `N_` no more.
    pub(super) async fn deliver(&mut self, program: &str) -> Result<String, BoardError> {
        let names = device::program(&[device::NAMES]);
        if self.kind == Some(Kind::Flat) {
            // 9 kB of RAM cannot hold a program as text and compile it too. What it writes is read back.
            return Ok([&names, program].concat());
        }
        if !self.bad_line {
            let code = [
                "A_=",
                &text_literal(program),
                "\n",
                &self.check("A_", program),
                "exec(A_)\n",
            ]
            .concat();
            return Ok([names, code].concat());
        }
        self.certainly(&[&names, "A_=''\n"].concat()).await?;
        let characters: Vec<char> = program.chars().collect();
        let mut sent = 0;
        for piece in characters.chunks(PIECE) {
            let piece: String = piece.iter().collect();
            sent += piece.chars().count();
            // The length tells a piece that arrived, and whose answer was lost, from one that did not.
            let check = self.check("B_", &piece);
            let literal = text_literal(&piece);
            let before = sent - piece.chars().count();
            let code = format!("B_={literal}\n{check}if len(A_)=={before}:A_+=B_\nassert len(A_)=={sent}\n");
            self.certainly(&code).await?;
        }
        Ok([&self.check("A_", program), "exec(A_)\n"].concat())
    }

    /// Runs something short until it ran.
    async fn certainly(&mut self, code: &str) -> Result<(), BoardError> {
        let mut tries = 1;
        loop {
            match self.repl.exec(code, SHORT).await {
                Ok(_) => return Ok(()),
                Err(error @ ReplError::Wire(_)) => return Err(error.into()),
                Err(error) if tries == TRIES => return Err(error.into()),
                Err(ReplError::Raised(_)) => {}
                Err(_) => self.repl.resync().await?,
            }
            tries += 1;
        }
    }

    /// Code that raises `ValueError: damaged` where `name` is not this text, by what the firmware can compute.
    fn check(&self, name: &str, text: &str) -> String {
        let print = Fingerprint::of(text.as_bytes());
        match self.sum {
            Sum::Sha256 => {
                let start = bytes_literal(&print.sha256.0[..4]);
                format!(
                    "from hashlib import sha256 as H_\nif H_({name}).digest()[:4]!={start}:raise ValueError('damaged')\n"
                )
            }
            Sum::Crc32 => {
                let sum = print.crc32;
                format!(
                    "from binascii import crc32 as H_\nif H_({name})!={sum}:raise ValueError('damaged')\n"
                )
            }
            Sum::Adler32 => {
                let sum = rolling(text.as_bytes());
                format!(
                    "H_=0\nfor C_ in bytes({name},'utf-8'):H_=H_*31+C_&4194303\nif H_!={sum}:raise ValueError('damaged')\n"
                )
            }
        }
    }
}

/// A checksum in numbers that stay small integers on a 32-bit MicroPython (31 bits).
fn rolling(bytes: &[u8]) -> u32 {
    bytes
        .iter()
        .fold(0, |sum, byte| (sum * 31 + u32::from(*byte)) & 0x003f_ffff)
}
