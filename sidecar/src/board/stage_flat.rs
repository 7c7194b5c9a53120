//! Staging on a board whose file system is flat (micro:bit): files are written in place, one after the other.
//! Not about boards with folders, which have a journal: that is `stage`.

use crate::base::BoardPath;
use crate::base::Fingerprint;
use crate::board::Board;
use crate::board::BoardError;
use crate::board::FLAT_QUIET;
use crate::board::Order;
use crate::board::device;
use crate::board::files::FLAT_MANIFEST;
use crate::board::shorthand::Shorthand;
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

#[derive(Clone, Copy)]
enum Code<'a> {
    /// Begins a file, or ends and verifies it.
    Text(&'a str),
    /// Writes this.
    Write(&'a [u8]),
    /// Writes what this stands for.
    Short(&'a [u8]),
}

/// A file on its way.
struct Draft<'a> {
    path: &'a BoardPath,
    begin: String,
    content: &'a [u8],
    short: Option<Vec<u8>>,
    end: String,
}

impl Call<'_> {
    fn program(&self) -> Vec<u8> {
        match self.code {
            Code::Text(text) => text.into(),
            Code::Write(some) => call("w", some),
            Code::Short(some) => call("x", some),
        }
    }

    /// Bytes of the literal in it.
    fn size(&self) -> usize {
        match self.code {
            Code::Text(_) => 0,
            Code::Write(some) | Code::Short(some) => some.len(),
        }
    }

    /// Bytes of content that the board has taken with it.
    fn taken(&self, shorthand: &Shorthand) -> usize {
        match self.code {
            Code::Text(_) => 0,
            Code::Write(some) => some.len(),
            Code::Short(some) => shorthand.expand(some).len(),
        }
    }

    /// The same with no more than `piece` bytes of content in a program.
    fn cut(self, piece: usize) -> Vec<Self> {
        let path = self.path;
        let codes: Vec<_> = match self.code {
            Code::Text(_) => vec![self.code],
            Code::Write(some) => some.chunks(piece).map(Code::Write).collect(),
            Code::Short(some) => some.chunks(piece).map(Code::Short).collect(),
        };
        codes.into_iter().map(|code| Self { code, path }).collect()
    }
}

impl Draft<'_> {
    fn calls(&self) -> [Call<'_>; 3] {
        let write = self
            .short
            .as_ref()
            .map_or(Code::Write(self.content), |short| Code::Short(short));
        [Code::Text(&self.begin), write, Code::Text(&self.end)].map(|code| Call {
            code,
            path: self.path,
        })
    }
}

fn call(name: &str, bytes: &[u8]) -> Vec<u8> {
    [name.as_bytes(), b"(", &shortest_bytes_literal(bytes), b")"].concat()
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
        let mut files = Vec::new();
        for order in orders {
            match order {
                Order::Remove(path) => removed.push(path.clone()),
                Order::Place(number, path) => files.push((&held[*number as usize], path)),
                Order::PlaceManifest(number) => files.push((&held[*number as usize], &manifest)),
                Order::MakeFolder(path) | Order::RemoveFolder(path) => {
                    return Err(BoardError::NoFolders { path: path.clone() });
                }
            }
        }
        self.remove_flat(&removed).await?;
        self.repl
            .exec(&device::program(&[device::NAMES]), FLAT_QUIET)
            .await?;
        for piece in [device::FLAT_SUM, device::FLAT_PASTE] {
            for piece in [device::FLAT_COLLECT, piece] {
                self.repl.exec(&device::program(&[piece]), FLAT_QUIET).await?;
            }
        }
        let contents = files.iter().map(|((content, _), _)| &content[..]);
        let shorthand = self.teach(Shorthand::of(contents)).await?;
        let mut drafts = Vec::new();
        for ((content, print), path) in files {
            let name = self.text(path.as_str()).await?;
            drafts.push(Draft {
                path,
                begin: format!("b({name})"),
                content,
                short: shorthand.shorten(content),
                end: format!("e({name},'{}')", self.sum.hex(print)),
            });
        }
        let calls = drafts.iter().flat_map(Draft::calls).collect();
        self.call_each(calls, &shorthand, done, moved).await?;
        self.repl
            .exec(&device::program(&[device::TIDY]), FLAT_QUIET)
            .await?;
        Ok(())
    }

    /// Gives the board its table of phrases; a board without the RAM for it gets its texts as they are.
    async fn teach(&mut self, shorthand: Shorthand) -> Result<Shorthand, BoardError> {
        let table = shorthand.table();
        if table.is_empty() {
            return Ok(shorthand);
        }
        match self
            .repl
            .exec_each(&[call("t", &table)], FLAT_QUIET, &mut || {})
            .await
        {
            Err(error) if is_memory(&error) => Ok(Shorthand::default()),
            other => Ok(other.map(|()| shorthand)?),
        }
    }

    async fn call_each(
        &mut self,
        mut calls: Vec<Call<'_>>,
        shorthand: &Shorthand,
        done: &mut u64,
        moved: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), BoardError> {
        let mut piece = PIECE;
        loop {
            calls = calls.into_iter().flat_map(|call| call.cut(piece)).collect();
            let programs: Vec<Vec<u8>> = calls.iter().map(Call::program).collect();
            let mut count = 0;
            let mut ran = || {
                let taken = calls[count].taken(shorthand) as u64;
                count += 1;
                *done += taken;
                if taken > 0 {
                    moved(*done);
                }
            };
            let ended = self.repl.exec_each(&programs, FLAT_QUIET, &mut ran).await;
            let Err(error) = ended else { return Ok(()) };
            let failed = &calls[count];
            if !is_memory(&error) || failed.size() <= LEAST {
                self.half_written = Some(failed.path.clone());
                return Err(BoardError::at(error, failed.path.as_str()));
            }
            // It did not come to its write. A user's program has left less RAM than most do.
            piece = failed.size() / 2;
            calls.drain(..count);
        }
    }
}

fn is_memory(error: &ReplError) -> bool {
    matches!(error, ReplError::Raised(raised) if raised.kind() == "MemoryError")
}
