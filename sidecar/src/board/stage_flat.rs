//! Staging on a board whose file system is flat (micro:bit): files are written in place, one after the other.
//! Not about boards with folders, which have a journal: that is `stage`.

use crate::base::BoardPath;
use crate::base::Fingerprint;
use crate::board::Board;
use crate::board::BoardError;
use crate::board::Order;
use crate::board::QUIET;
use crate::board::device;
use crate::board::files::FLAT_MANIFEST;
use crate::repl::ReplError;
use crate::repl::shortest_bytes_literal;

/// Content by number, and what it is: it waits on the host until the commit.
pub(super) type Held = Vec<(Vec<u8>, Fingerprint)>;

/// Bytes of content in one program. A line of source, its tokens and its bytes object live at once: on an empty
/// micro:bit a MemoryError comes at about 1000.
const PIECE: usize = 192;
/// A board without room for a program with so few has none for anything.
const LEAST: usize = 12;

/// One program of `device/flat_paste.py`, and what it is about.
struct Call<'a> {
    code: Code<'a>,
    path: &'a BoardPath,
}

enum Code<'a> {
    /// Begins or ends a file.
    Text(String),
    /// Writes this.
    Write(&'a [u8]),
}

impl<'a> Call<'a> {
    fn bytes(&self) -> Vec<u8> {
        match &self.code {
            Code::Text(text) => text.clone().into_bytes(),
            Code::Write(some) => [&b"w("[..], &shortest_bytes_literal(some), b")"].concat(),
        }
    }

    fn writes(&self) -> &'a [u8] {
        match self.code {
            Code::Text(_) => &[],
            Code::Write(some) => some,
        }
    }

    /// The same with no more than `piece` bytes of content in a program.
    fn cut(self, piece: usize) -> Vec<Self> {
        let path = self.path;
        match self.code {
            Code::Write(some) => {
                let pieces = some.chunks(piece).map(Code::Write);
                pieces.map(|code| Self { code, path }).collect()
            }
            Code::Text(_) => vec![self],
        }
    }
}

impl Board {
    /// A flat file system has no rename and no journal: files are written one after the other, each is
    /// read back, and the manifest comes last. `done` counts content bytes that the board has taken.
    pub(super) async fn place_flat(
        &mut self,
        orders: &[Order],
        held: &Held,
        done: &mut u64,
        moved: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), BoardError> {
        let manifest = BoardPath::new(FLAT_MANIFEST).expect("it is a path");
        let mut removed = Vec::new();
        let mut calls = Vec::new();
        for order in orders {
            let (number, path) = match order {
                Order::Remove(path) => {
                    removed.push(path.clone());
                    continue;
                }
                Order::Place(number, path) => (*number, path),
                Order::PlaceManifest(number) => (*number, &manifest),
                Order::MakeFolder(path) | Order::RemoveFolder(path) => {
                    return Err(BoardError::NoFolders { path: path.clone() });
                }
            };
            let (content, print) = &held[number as usize];
            let name = self.text(path.as_str()).await?;
            let end = format!("e({name},'{}')", self.sum.hex(print));
            let codes = [
                Code::Text(format!("b({name})")),
                Code::Write(content),
                Code::Text(end),
            ];
            calls.extend(codes.map(|code| Call { code, path }));
        }
        self.remove_flat(&removed).await?;
        let program = device::program(&[device::FLAT_PLACE, device::FLAT_PASTE]);
        let code = self.deliver(&program).await?;
        self.repl.exec(&code, QUIET).await?;
        self.call_each(calls, done, moved).await?;
        self.repl.exec(&device::program(&[device::TIDY]), QUIET).await?;
        Ok(())
    }

    async fn call_each(
        &mut self,
        mut calls: Vec<Call<'_>>,
        done: &mut u64,
        moved: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), BoardError> {
        let mut piece = PIECE;
        loop {
            calls = calls.into_iter().flat_map(|call| call.cut(piece)).collect();
            let programs: Vec<Vec<u8>> = calls.iter().map(Call::bytes).collect();
            let mut count = 0;
            let mut ran = || {
                let taken = calls[count].writes().len() as u64;
                count += 1;
                *done += taken;
                if taken > 0 {
                    moved(*done);
                }
            };
            let ended = self.repl.exec_each(&programs, QUIET, &mut ran).await;
            let Err(error) = ended else { return Ok(()) };
            let failed = &calls[count];
            let is_memory = matches!(&error, ReplError::Raised(raised) if raised.kind() == "MemoryError");
            if !is_memory || failed.writes().len() <= LEAST {
                return Err(BoardError::at(error, failed.path.as_str()));
            }
            // It was not compiled, so nothing of it was written. A user's program has left less RAM than most do.
            piece = failed.writes().len() / 2;
            calls.drain(..count);
        }
    }
}
