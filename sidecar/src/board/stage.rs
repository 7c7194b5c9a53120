//! `Stage`: new content on its way to the board, in the tier that fits the firmware.
//! What is staged, and in which order, is `sync`'s business.

use crate::base::BoardPath;
use crate::base::Fingerprint;
use crate::board::Board;
use crate::board::BoardError;
use crate::board::Facts;
use crate::board::Kind;
use crate::board::device;
use crate::board::stage_flat::Held;
use crate::board::stream::Stream;
use crate::repl::bytes_literal;

/// How content gets to the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Compressed frames to a program that runs on the board.
    Stream,
    /// Raw-paste of pieces of Python.
    Paste,
    /// The plain raw REPL.
    Raw,
}

impl Tier {
    pub(super) fn of(facts: &Facts, is_flat: bool, has_raw_paste: bool) -> Self {
        if is_flat || !has_raw_paste {
            Self::Raw
        } else if facts.binary_stdin && facts.crc32 && facts.iobase {
            Self::Stream
        } else {
            Self::Paste
        }
    }

    /// The word in `--json`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Paste => "paste",
            Self::Raw => "raw",
        }
    }
}

/// One line of the journal: what the board does at the commit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Order {
    /// Remove a file.
    Remove(BoardPath),
    /// Remove a folder if it is empty.
    RemoveFolder(BoardPath),
    /// Make a folder.
    MakeFolder(BoardPath),
    /// Give the staged file with this number its name.
    Place(u32, BoardPath),
    /// Put the staged manifest with this number in place.
    PlaceManifest(u32),
}

/// New content on its way. Ends by `finish`, or by `abort` after a failure.
pub struct Stage<'b> {
    board: &'b mut Board,
    by: By,
    next: u32,
    done: u64,
}

enum By {
    Stream(Box<Stream>),
    /// Bytes of content in one program.
    Paste {
        piece: usize,
        tier: Tier,
    },
    /// Flat: written under the real name at once, so content waits here until the commit.
    Flat(Held),
}

impl Board {
    /// How content would get to this board.
    pub async fn tier(&mut self) -> Result<Tier, BoardError> {
        let facts = self.facts().await?;
        let raw_paste = self.repl.raw_paste().await?;
        Ok(Tier::of(&facts, self.kind().await? == Kind::Flat, raw_paste))
    }

    /// Begins a transaction: starts the agent of the best tier that the firmware has.
    pub async fn stage(&mut self) -> Result<Stage<'_>, BoardError> {
        let facts = self.facts().await?;
        let tier = self.tier().await?;
        let by = if self.kind().await? == Kind::Flat {
            By::Flat(Held::default())
        } else if tier == Tier::Stream {
            let pieces = [device::PLACE, device::COMMIT, device::STAGE, device::STREAM];
            let program = self.program(&pieces, &[]);
            let program = self.deliver(&program).await?;
            By::Stream(Box::new(Stream::start(&mut self.repl, &program).await?))
        } else {
            let pieces = [
                device::SAY,
                self.sum.piece(),
                device::PLACE,
                device::COMMIT,
                device::STAGE,
                device::PASTE,
            ];
            let code = self.deliver(&device::program(&pieces)).await?;
            self.repl.exec(&code, super::QUIET).await?;
            // Source, parse tree and bytes object live at once: about eight bytes of RAM for one of content.
            let piece = usize::try_from(facts.free_ram / 24)
                .unwrap_or(usize::MAX)
                .clamp(64, 2048);
            By::Paste { piece, tier }
        };
        Ok(Stage {
            board: self,
            by,
            next: 0,
            done: 0,
        })
    }
}

impl Stage<'_> {
    /// How content gets to this board.
    pub fn tier(&self) -> Tier {
        match &self.by {
            By::Stream(_) => Tier::Stream,
            By::Paste { tier, .. } => *tier,
            By::Flat(_) => Tier::Raw,
        }
    }

    /// Content bytes that the board has taken.
    pub fn done(&self) -> u64 {
        if let By::Stream(stream) = &self.by {
            stream.done()
        } else {
            self.done
        }
    }

    /// Frames that had to be sent again because the line damaged them.
    pub fn resent(&self) -> u64 {
        if let By::Stream(stream) = &self.by {
            stream.resent()
        } else {
            0
        }
    }

    /// Stages a file; the board reads it back and verifies it. Gives its number in this transaction.
    /// `moved` is told the content bytes that the board has taken so far.
    pub async fn put(
        &mut self,
        content: &[u8],
        print: &Fingerprint,
        moved: &mut (dyn FnMut(u64) + Send),
    ) -> Result<u32, BoardError> {
        let (repl, sum) = (&mut self.board.repl, self.board.sum);
        match &mut self.by {
            By::Stream(stream) => {
                let size = u32::try_from(content.len()).map_err(|_| BoardError::NoSpace {
                    needed: None,
                    free: None,
                })?;
                let head = [&b"P"[..], &size.to_le_bytes(), &sum.of(print)].concat();
                stream.write(repl, &head, 0).await?;
                for piece in content.chunks(4096) {
                    stream.write(repl, piece, piece.len()).await?;
                    moved(stream.done());
                }
            }
            By::Paste { piece, .. } => {
                let name = self.next.to_string();
                repl.exec(&format!("b('{name}')"), super::QUIET).await?;
                for some in content.chunks(*piece) {
                    repl.exec(&["w(", &bytes_literal(some), ")"].concat(), super::QUIET)
                        .await?;
                    self.done += some.len() as u64;
                    moved(self.done);
                }
                let sum = bytes_literal(&sum.of(print));
                repl.exec(&format!("e('{name}',{sum})"), super::QUIET).await?;
            }
            By::Flat(held) => held.push((content.to_vec(), *print)),
        }
        self.next += 1;
        Ok(self.next - 1)
    }

    /// Stages a copy of a file that lies on the board. Gives its number in this transaction.
    pub async fn copy(&mut self, from: &BoardPath, print: &Fingerprint) -> Result<u32, BoardError> {
        let (repl, sum) = (&mut self.board.repl, self.board.sum);
        match &mut self.by {
            By::Stream(stream) => {
                let path = from.as_str().as_bytes();
                let size = u32::try_from(path.len()).map_err(|_| BoardError::NoMemory)?;
                let order = [&b"C"[..], &size.to_le_bytes(), &sum.of(print), path].concat();
                stream.write(repl, &order, 0).await?;
            }
            By::Paste { .. } => {
                let values = (
                    crate::repl::text_literal(from.as_str()),
                    bytes_literal(&sum.of(print)),
                );
                repl.exec(
                    &format!("t({},'{}',{})", values.0, self.next, values.1),
                    super::QUIET,
                )
                .await?;
            }
            By::Flat(held) => {
                let content = self.board.read(from.as_str()).await?;
                held.push((content, *print));
            }
        }
        self.next += 1;
        Ok(self.next - 1)
    }

    /// Tells the board to commit, and waits until it has. From here on the board goes on by itself.
    pub async fn commit(
        &mut self,
        orders: &[Order],
        moved: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), BoardError> {
        if let By::Flat(held) = &mut self.by {
            let held = std::mem::take(held);
            self.board
                .place_flat(orders, &held, &mut self.done, moved)
                .await?;
            self.next = 0;
            return Ok(());
        }
        let journal = journal(orders);
        let number = self
            .put(journal.as_bytes(), &Fingerprint::of(journal.as_bytes()), moved)
            .await?;
        let repl = &mut self.board.repl;
        match &mut self.by {
            By::Stream(stream) => {
                stream.write(repl, b"G", 0).await?;
                stream.settle(repl).await?;
                moved(stream.done());
                stream.committed(repl).await?;
            }
            _ => {
                repl.exec(&format!("go('{number}')"), super::QUIET).await?;
            }
        }
        self.next = 0;
        Ok(())
    }

    /// Ends the agent. The board is at the raw prompt, with no names of ours left.
    pub async fn finish(self) -> Result<(), BoardError> {
        match self.by {
            By::Stream(stream) => stream.finish(&mut self.board.repl).await?,
            By::Paste { .. } => {
                self.board
                    .repl
                    .exec(&device::program(&[device::TIDY]), super::QUIET)
                    .await?;
            }
            By::Flat(_) => {}
        }
        self.board.facts = None;
        Ok(())
    }
}

/// The journal's text; `device/commit.py` describes it.
fn journal(orders: &[Order]) -> String {
    let mut text = String::new();
    for order in orders {
        let line = match order {
            Order::Remove(path) => format!("-{path}\n"),
            Order::RemoveFolder(path) => format!("<{path}\n"),
            Order::MakeFolder(path) => format!("+{path}\n"),
            Order::Place(number, path) => format!(">{number} {path}\n"),
            Order::PlaceManifest(number) => format!(">{number} /.boardside/manifest\n"),
        };
        text.push_str(&line);
    }
    let sum = Fingerprint::of(text.as_bytes()).adler32;
    text + &format!("={sum}\n")
}
