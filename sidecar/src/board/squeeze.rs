//! `Squeeze`: the stream of one transaction, compressed as well as raw deflate can be, on a thread of its own while
//! the line is busy with what came before. Only for slow lines: a fast one would wait for it.
//! Knows no frames and no board.

use std::io;
use std::num::NonZeroU64;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::sync::mpsc;
use std::thread;

use flate2::Compression;
use flate2::write::DeflateEncoder as Fast;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::mpsc::unbounded_channel;
use zopfli::BlockType;
use zopfli::DeflateEncoder as Thorough;
use zopfli::Options;

/// Sizes of what is compressed at once, in bytes: the first is small so that the line need not wait for it, the
/// others are large because each has its own code tables.
const FIRST: usize = 16 << 10;
const LARGEST: usize = 96 << 10;
/// Each may be so much larger than the one before, whose bytes are under way meanwhile.
const GROWTH: usize = 4;
/// So much may wait for the thread.
const AHEAD: usize = 2 * LARGEST;

/// What came out: bytes of the stream, and how much content is in all that came out so far.
pub(super) struct Squeezed {
    pub(super) bytes: Vec<u8>,
    pub(super) content: u64,
}

/// The way to the thread and back.
pub(super) struct Squeeze {
    to_thread: Option<mpsc::Sender<Chunk>>,
    from_thread: UnboundedReceiver<(usize, Squeezed)>,
    hurry: Arc<AtomicBool>,
    pending: Vec<u8>,
    next: usize,
    content: u64,
    /// Bytes that the thread has and that did not come out.
    inside: usize,
    flowing: bool,
}

struct Chunk {
    bytes: Vec<u8>,
    content: u64,
}

impl Squeeze {
    pub(super) fn start() -> Self {
        let (to_thread, chunks) = mpsc::channel();
        let (out, from_thread) = unbounded_channel();
        let hurry = Arc::new(AtomicBool::new(false));
        let hurried = Arc::clone(&hurry);
        thread::spawn(move || work(&chunks, &out, &hurried));
        Self {
            to_thread: Some(to_thread),
            from_thread,
            hurry,
            pending: Vec::new(),
            next: FIRST,
            content: 0,
            inside: 0,
            flowing: false,
        }
    }

    /// Adds to the stream; `content` is how much content has been added in all.
    pub(super) fn push(&mut self, bytes: &[u8], content: u64) {
        self.pending.extend_from_slice(bytes);
        self.content = content;
        if self.pending.len() >= self.next {
            self.next = (GROWTH * self.next).min(LARGEST);
            self.give();
        }
    }

    /// Ends the stream.
    pub(super) fn close(&mut self) {
        self.give();
        self.to_thread = None;
    }

    fn give(&mut self) {
        let bytes = std::mem::take(&mut self.pending);
        self.inside += bytes.len();
        let content = self.content;
        if let Some(to_thread) = &self.to_thread {
            // It ends when this side is dropped, not before.
            to_thread.send(Chunk { bytes, content }).unwrap_or_default();
        }
    }

    /// Is so much waiting for the thread that no more should be added?
    pub(super) fn is_full(&self) -> bool {
        self.inside >= AHEAD
    }

    /// The line waits: from here on fast is better than small.
    pub(super) fn hurry(&self) {
        if self.flowing {
            self.hurry.store(true, Ordering::Relaxed);
        }
    }

    /// What comes out next; `None` at the end of the stream. Nothing is lost if the wait is dropped.
    pub(super) async fn next(&mut self) -> Option<Squeezed> {
        let (taken, squeezed) = self.from_thread.recv().await?;
        self.inside -= taken;
        self.flowing |= !squeezed.bytes.is_empty();
        Some(squeezed)
    }
}

enum Encoder {
    Thorough(Thorough<Vec<u8>>),
    Fast(Fast<Vec<u8>>),
}

/// `Thorough` compresses a chunk when the next comes, because only then it knows that it was not the last.
fn work(
    chunks: &mpsc::Receiver<Chunk>,
    out: &UnboundedSender<(usize, Squeezed)>,
    hurry: &AtomicBool,
) -> Option<()> {
    let options = Options {
        iteration_count: NonZeroU64::new(5)?,
        ..Options::default()
    };
    let mut encoder = Encoder::Thorough(Thorough::new(options, BlockType::Dynamic, Vec::new()));
    let (mut before, mut content) = (0, 0);
    while let Ok(chunk) = chunks.recv() {
        if hurry.load(Ordering::Relaxed)
            && let Encoder::Thorough(thorough) = encoder
        {
            // The agent goes on with a new stream where one ends.
            let bytes = thorough.finish().ok()?;
            out.send((before, Squeezed { bytes, content })).ok()?;
            before = 0;
            encoder = Encoder::Fast(Fast::new(Vec::new(), Compression::best()));
        }
        let (taken, inside) = match &mut encoder {
            Encoder::Thorough(thorough) => {
                io::Write::write_all(thorough, &chunk.bytes).ok()?;
                let done = (before, content);
                before = chunk.bytes.len();
                done
            }
            Encoder::Fast(fast) => {
                io::Write::write_all(fast, &chunk.bytes).ok()?;
                (chunk.bytes.len(), chunk.content)
            }
        };
        content = chunk.content;
        let bytes = std::mem::take(match &mut encoder {
            Encoder::Thorough(thorough) => thorough.get_mut(),
            Encoder::Fast(fast) => fast.get_mut(),
        });
        let squeezed = Squeezed {
            bytes,
            content: inside,
        };
        out.send((taken, squeezed)).ok()?;
    }
    let bytes = match encoder {
        Encoder::Thorough(thorough) => thorough.finish().ok()?,
        Encoder::Fast(fast) => fast.finish().ok()?,
    };
    out.send((before, Squeezed { bytes, content })).ok()
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use flate2::bufread::DeflateDecoder;

    use super::*;

    fn text() -> Vec<u8> {
        let line = |n: u32| format!("def f{n}(a):\n    return a * {}\n", n.wrapping_mul(2_654_435_761));
        (0..6000).flat_map(|n| line(n).into_bytes()).collect()
    }

    async fn through(text: &[u8], hurry: bool) -> Vec<u8> {
        let mut squeeze = Squeeze::start();
        let mut out = Vec::new();
        for (number, piece) in (1_u64..).zip(text.chunks(1000)) {
            squeeze.push(piece, number);
            while squeeze.is_full() {
                out.extend(squeeze.next().await.unwrap().bytes);
            }
            if hurry {
                squeeze.hurry();
            }
        }
        squeeze.close();
        let mut content = 0;
        while let Some(squeezed) = squeeze.next().await {
            out.extend(squeezed.bytes);
            content = squeezed.content;
        }
        assert_eq!(content, text.chunks(1000).count() as u64);
        assert_eq!(squeeze.inside, 0);
        out
    }

    /// All streams that lie one behind the other, as the agent reads them.
    fn inflated(mut bytes: &[u8]) -> Vec<u8> {
        let mut text = Vec::new();
        while !bytes.is_empty() {
            let mut decoder = DeflateDecoder::new(bytes);
            decoder.read_to_end(&mut text).unwrap();
            let used = usize::try_from(decoder.total_in()).unwrap();
            bytes = &bytes[used..];
        }
        text
    }

    #[tokio::test]
    async fn what_is_squeezed_is_less_and_comes_back() {
        let text = text();
        let squeezed = through(&text, false).await;
        assert!(inflated(&squeezed) == text);
        let mut fast = Fast::new(Vec::new(), Compression::best());
        io::Write::write_all(&mut fast, &text).unwrap();
        assert!(squeezed.len() < fast.finish().unwrap().len());
    }

    #[tokio::test]
    async fn in_a_hurry_it_goes_on_in_another_stream() {
        let text = text();
        assert!(inflated(&through(&text, true).await) == text);
        assert!(inflated(&through(b"", false).await).is_empty());
    }
}
