//! `Stage`: new content on its way to the board, in the tier that fits the firmware.
//! What is staged, and in which order, is `sync`'s business.

use crate::base::BoardPath;
use crate::base::Fingerprint;
use crate::board::Board;
use crate::board::BoardError;
use crate::board::Facts;
use crate::board::Kind;
use crate::board::Order;
use crate::board::QUIET;
use crate::board::beside::has_files;
use crate::board::beside::stage_beside;
use crate::board::device;
use crate::board::files::FOLDER;
use crate::board::journal::Layout;
use crate::board::journal::journal;
use crate::board::stage_flat::Held;
use crate::board::staging::Staging;
use crate::board::stream::Stream;
use crate::repl::bytes_literal;
use crate::repl::text_literal;

/// Free RAM, in bytes, from which on a board can give a window of 32 kB away and get another one.
const AMPLE: u64 = 100_000;

/// How content gets to the board.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Compressed frames to a program that runs on the board.
    Stream,
    /// Raw-paste of pieces of Python.
    Paste,
    /// The plain raw REPL.
    Raw,
    /// Files beside the REPL, by WebREPL's own protocol, or by FTP alone.
    Files,
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
            Self::Files => "files",
        }
    }
}

/// The manifest that a commit puts in place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its text.
    pub text: String,
    /// How a board with SHA-256 makes it out of its old one and of what is staged, so that no sum is sent twice:
    /// lines as they are, `=from size` for a part of the old one (bytes), and `!adler32 size path` for the line of the
    /// next staged file, in the order of staging.
    pub recipe: String,
}

/// New content on its way. Ends by `finish`; after an error the caller brings the board back to its prompt.
pub struct Stage<'b> {
    board: &'b mut Board,
    by: By,
    /// What the commit will do.
    orders: Vec<Order>,
    record: Option<Record>,
    next: u32,
    done: u64,
}

enum By {
    Stream {
        stream: Box<Stream>,
        /// The sums of the files that were staged, one after the other.
        sums: Vec<u8>,
    },
    /// Bytes of content in one program.
    Paste { piece: usize, tier: Tier },
    /// Flat: written under the real name at once, so content waits here until the commit.
    Flat(Held),
}

impl Board {
    /// How content would get to this board.
    pub async fn tier(&mut self) -> Result<Tier, BoardError> {
        let facts = self.facts().await?;
        let is_flat = self.kind().await? == Kind::Flat;
        let tier = Tier::of(&facts, is_flat, self.repl.has_raw_paste());
        // A stream is a quarter of the bytes, and all is checked at once; pieces of Python are three times as many.
        let beside = !is_flat && tier != Tier::Stream && has_files(&mut self.repl);
        Ok(if beside { Tier::Files } else { tier })
    }

    /// Gets ready for transactions: starts the agent of the best tier that the firmware has.
    pub async fn stage(&mut self) -> Result<Stage<'_>, BoardError> {
        let facts = self.facts().await?;
        let tier = self.tier().await?;
        let by = if self.kind().await? == Kind::Flat {
            By::Flat(Held::default())
        } else if tier == Tier::Stream {
            By::Stream {
                stream: Box::pin(self.streaming()).await?,
                sums: Vec::new(),
            }
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
            self.repl.exec(&code, QUIET).await?;
            // Source, parse tree and bytes object live at once: about eight bytes of RAM for one of content.
            let piece = usize::try_from(facts.free_ram / 24)
                .unwrap_or(usize::MAX)
                .clamp(64, 2048);
            By::Paste { piece, tier }
        };
        Ok(Stage {
            board: self,
            by,
            orders: Vec::new(),
            record: None,
            next: 0,
            done: 0,
        })
    }
}

impl Stage<'_> {
    /// How content gets to this board.
    pub fn tier(&self) -> Tier {
        match &self.by {
            By::Stream { .. } => Tier::Stream,
            By::Paste { tier, .. } => *tier,
            By::Flat(_) => Tier::Raw,
        }
    }

    /// After a commit that failed on a flat board: the file whose writing was cut short.
    pub fn half_written(&self) -> Option<&BoardPath> {
        self.board.half_written.as_ref()
    }

    /// Content bytes that the board has taken.
    pub fn done(&self) -> u64 {
        if let By::Stream { stream, .. } = &self.by {
            stream.done()
        } else {
            self.done
        }
    }

    /// Frames that had to be sent again because the line damaged them.
    pub fn resent(&self) -> u64 {
        if let By::Stream { stream, .. } = &self.by {
            stream.resent()
        } else {
            0
        }
    }

    /// Begins a transaction: what its commit will do, and how many bytes of content will come, about. The files that
    /// are staged from now on are numbered from 0.
    pub async fn begin(
        &mut self,
        orders: Vec<Order>,
        record: Option<Record>,
        content: u64,
    ) -> Result<(), BoardError> {
        self.next = 0;
        self.board.staging = Staging::of(&orders, None);
        if let By::Stream { stream, sums } = &mut self.by {
            // Paths and numbers all at once, in front of the contents: they compress best among themselves.
            sums.clear();
            let repl = &mut self.board.repl;
            let layout = Layout::of(&orders, record.is_some());
            self.board.staging = Staging::of(&orders, layout.names.as_deref());
            stream.text(repl, b"Tj", layout.journal.as_bytes()).await?;
            if let Some(names) = layout.names {
                stream.text(repl, b"Tn", names.as_bytes()).await?;
            }
            if let Some(record) = &record {
                let has_sums = self.board.sum.in_recipes();
                let recipe = if has_sums { &record.recipe } else { &record.text };
                stream.text(repl, b"Tr", recipe.as_bytes()).await?;
            }
            let free_ram = self.board.facts.as_ref().map_or(0, |facts| facts.free_ram);
            if free_ram > AMPLE {
                stream.squeeze(content);
            }
        }
        self.orders = orders;
        self.record = record;
        Ok(())
    }

    /// Stages a file; the board reads it back and verifies it.
    /// `moved` is told the content bytes that the board has taken so far.
    pub async fn put(
        &mut self,
        content: &[u8],
        print: &Fingerprint,
        moved: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), BoardError> {
        self.board.staging.sent(self.next, print);
        let (repl, sum) = (&mut self.board.repl, self.board.sum);
        match &mut self.by {
            By::Stream { stream, sums } => {
                let head = [&b"P"[..], &size(content)?].concat();
                stream.write(repl, &head, 0).await?;
                for piece in content.chunks(4096) {
                    stream.write(repl, piece, piece.len()).await?;
                    moved(stream.done());
                }
                sums.extend(sum.of(print));
            }
            By::Paste {
                tier: Tier::Files, ..
            } => {
                let root = self.board.facts.as_ref().map_or("", |facts| &facts.root);
                let (place, before) = (format!("{root}{FOLDER}{}", self.next), self.done);
                let mut sent = |done| moved(before + done);
                stage_beside(repl, &place, content, &sum.of(print), &mut sent).await?;
                self.done += content.len() as u64;
            }
            By::Paste { piece, .. } => {
                let name = self.next.to_string();
                repl.exec(&format!("b('{name}')"), QUIET).await?;
                for some in content.chunks(*piece) {
                    repl.exec(&["w(", &bytes_literal(some), ")"].concat(), QUIET)
                        .await?;
                    self.done += some.len() as u64;
                    moved(self.done);
                }
                let sum = bytes_literal(&sum.of(print));
                repl.exec(&format!("e('{name}',{sum})"), QUIET).await?;
            }
            By::Flat(held) => held.push((content.to_vec(), *print)),
        }
        self.next += 1;
        Ok(())
    }

    /// Stages a copy of a file that lies on the board.
    pub async fn copy(&mut self, from: &BoardPath, print: &Fingerprint) -> Result<(), BoardError> {
        self.board.staging.sent(self.next, print);
        let (repl, sum) = (&mut self.board.repl, self.board.sum);
        match &mut self.by {
            By::Stream { stream, sums } => {
                stream.write(repl, &taking(b"C", print, from)?, 0).await?;
                sums.extend(sum.of(print));
            }
            By::Paste { .. } => {
                let call = format!(
                    "t({},{},'{}',{})",
                    text_literal(from.as_str()),
                    print.size,
                    self.next,
                    bytes_literal(&sum.of(print))
                );
                repl.exec(&call, QUIET).await?;
            }
            By::Flat(held) => {
                let content = self.board.read(from.as_str()).await?;
                held.push((content, *print));
            }
        }
        self.next += 1;
        Ok(())
    }

    /// Can files be staged as what differs from a file of the board?
    pub fn can_patch(&self) -> bool {
        matches!(self.by, By::Stream { .. })
    }

    /// Stages a file made of `from`, which lies on the board, by `steps` (`device/agent.py` has their form).
    /// Only where `can_patch`.
    pub async fn patch(
        &mut self,
        from: &BoardPath,
        steps: &[u8],
        print: &Fingerprint,
        moved: &mut (dyn FnMut(u64) + Send),
    ) -> Result<(), BoardError> {
        let By::Stream { stream, sums } = &mut self.by else {
            let line = "a tier without patches".to_owned();
            return Err(BoardError::Answer { line });
        };
        self.board.staging.sent(self.next, print);
        let repl = &mut self.board.repl;
        stream.write(repl, &taking(b"D", print, from)?, 0).await?;
        stream
            .write(repl, steps, usize::try_from(print.size).unwrap_or(usize::MAX))
            .await?;
        moved(stream.done());
        sums.extend(self.board.sum.of(print));
        self.next += 1;
        Ok(())
    }

    /// Tells the board to commit, and waits until it has. From here on the board goes on by itself.
    pub async fn commit(&mut self, moved: &mut (dyn FnMut(u64) + Send)) -> Result<(), BoardError> {
        let orders = std::mem::take(&mut self.orders);
        let record = self.record.take();
        if let By::Stream { stream, sums } = &mut self.by {
            let repl = &mut self.board.repl;
            let sum = self.board.sum;
            let mut order = b"G".to_vec();
            order.extend(sum.of(&Fingerprint::of(sums)));
            if let Some(record) = &record {
                order.extend(sum.of(&Fingerprint::of(record.text.as_bytes())));
            }
            stream.write(repl, &order, 0).await?;
            stream.settle(repl).await?;
            moved(stream.done());
            return stream.committed(repl).await;
        }
        let manifest = record.is_some().then_some(self.next);
        if let Some(record) = &record {
            let text = record.text.as_bytes();
            self.put(text, &Fingerprint::of(text), moved).await?;
        }
        if let By::Flat(held) = &mut self.by {
            let held = std::mem::take(held);
            let orders: Vec<Order> = orders
                .into_iter()
                .chain(manifest.map(Order::PlaceManifest))
                .collect();
            return self.board.place_flat(&orders, &held, &mut self.done, moved).await;
        }
        let manifest = manifest.map(Order::PlaceManifest);
        let journal = journal(&orders.into_iter().chain(manifest).collect::<Vec<_>>());
        let number = self.next;
        self.put(journal.as_bytes(), &Fingerprint::of(journal.as_bytes()), moved)
            .await?;
        let run = format!("c('{number}')");
        self.board.repl.exec(&run, QUIET).await?;
        Ok(())
    }

    /// Ends the agent. The board is at the raw prompt, with no names of ours left.
    pub async fn finish(self) -> Result<(), BoardError> {
        match self.by {
            By::Stream { stream, .. } => {
                stream.finish(&mut self.board.repl).await?;
                self.board.marked = false;
            }
            By::Paste { .. } => {
                let tidy = device::program(&[device::TIDY]);
                self.board.repl.exec(&tidy, QUIET).await?;
            }
            By::Flat(_) => {}
        }
        self.board.facts = None;
        Ok(())
    }
}

/// The head of an order that makes a file of this size out of one of the board.
fn taking(order: &[u8], print: &Fingerprint, from: &BoardPath) -> Result<Vec<u8>, BoardError> {
    let path = from.as_str().as_bytes();
    let size = u32::try_from(print.size).map_err(|_| too_large())?;
    Ok([order, &size.to_le_bytes(), &self::size(path)?, path].concat())
}

fn size(content: &[u8]) -> Result<[u8; 4], BoardError> {
    let size = u32::try_from(content.len()).map_err(|_| too_large())?;
    Ok(size.to_le_bytes())
}

fn too_large() -> BoardError {
    BoardError::NoSpace {
        needed: None,
        free: None,
    }
}
