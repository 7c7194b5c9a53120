//! What the frames' CRC-32 and the final SHA-256 are for, each alone, with the real agent on a real MicroPython: a
//! wire that changes one byte of one frame, with or without making its CRC right again.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

use boardside::base::BoardPath;
use boardside::base::Silent;
use boardside::board::Board;
use boardside::board::BoardError;
use boardside::repl::Patience;
use boardside::repl::Repl;
use boardside::sync::Applied;
use boardside::sync::Content;
use boardside::sync::Delivery;
use boardside::sync::SyncError;
use boardside::sync::put;
use boardside::virtual_board::Profile;
use boardside::wire::Lines;
use boardside::wire::SerialSettings;
use boardside::wire::Wire;
use boardside::wire::WireError;
use boardside::wire::serial;
use rstest::rstest;
use tokio::io::AsyncRead;
use tokio::io::AsyncWrite;
use tokio::io::ReadBuf;

use crate::boards;

/// Which frame is bent, and how.
#[derive(Clone, Copy, Debug)]
struct Bend {
    /// So many frames pass as they are.
    skip: usize,
    /// Then so many are bent.
    times: usize,
    /// The CRC is that of what is sent now.
    crc_fits: bool,
}

/// A wire that bends frames: `device/agent.py` says what they are made of.
struct Bent<W> {
    wire: W,
    bend: Bend,
    frames: usize,
    frame: Option<Frame>,
    head: Vec<u8>,
    held: Option<u8>,
}

/// A frame whose head has passed.
struct Frame {
    stand_in: u8,
    left: usize,
    payload: usize,
    crc: crc32fast::Hasher,
    sum: Option<[u8; 4]>,
    is_bent: bool,
}

impl<W> Bent<W> {
    fn new(wire: W, bend: Bend) -> Self {
        Self {
            wire,
            bend,
            frames: 0,
            frame: None,
            head: Vec::new(),
            held: None,
        }
    }

    /// What goes out in place of this byte.
    fn pass(&mut self, byte: u8) -> u8 {
        let Some(frame) = &mut self.frame else {
            self.head.push(byte);
            let start = self.head.len().saturating_sub(5);
            self.head.drain(..start);
            if let [
                2,
                number @ 0x20..=0x5f,
                stand_in,
                high @ 0x80..=255,
                low @ 0x80..=255,
            ] = self.head[..]
            {
                let length = usize::from(high & 127) << 7 | usize::from(low & 127);
                let chosen = (self.bend.skip..self.bend.skip + self.bend.times).contains(&self.frames);
                self.frames += 1;
                self.frame = (length > 4).then(|| Frame {
                    stand_in,
                    left: length,
                    payload: length - 4,
                    crc: crc32fast::Hasher::new_with_initial(u32::from(number)),
                    sum: None,
                    is_bent: chosen,
                });
                self.head.clear();
            }
            return byte;
        };
        frame.left -= 1;
        let mut byte = byte;
        if frame.left >= 4 {
            // A bit in the middle that makes neither an interrupt nor the stand-in.
            let middle = frame.left - 4 <= frame.payload / 2;
            let other = byte ^ 0x10;
            if frame.is_bent
                && middle
                && ![byte, other]
                    .iter()
                    .any(|byte| [3, frame.stand_in].contains(byte))
            {
                byte = other;
                frame.is_bent = self.bend.crc_fits; // the sum too
                if self.bend.crc_fits {
                    frame.sum = Some([0; 4]);
                    frame.is_bent = false;
                }
            }
            frame.crc.update(&[if byte == frame.stand_in { 3 } else { byte }]);
        } else if let Some(sum) = &mut frame.sum {
            if frame.left == 3 {
                *sum = frame.crc.clone().finalize().to_le_bytes();
            }
            let plain = sum[3 - frame.left];
            byte = if plain == 3 { frame.stand_in } else { plain };
        }
        if frame.left == 0 {
            self.frame = None;
        }
        byte
    }
}

impl<W: Wire> AsyncWrite for Bent<W> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        // One at a time; one that the wire had no room for is the same when it comes again.
        let byte = match self.held.take() {
            Some(byte) => byte,
            None => self.pass(bytes[0]),
        };
        let written = Pin::new(&mut self.wire).poll_write(cx, &[byte]);
        if written.is_pending() {
            self.held = Some(byte);
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_shutdown(cx)
    }
}

impl<W: Wire> AsyncRead for Bent<W> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        to: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.wire).poll_read(cx, to)
    }
}

impl<W: Wire> Wire for Bent<W> {
    fn set_lines(&mut self, lines: Lines) -> Result<(), WireError> {
        self.wire.set_lines(lines)
    }
}

/// A file that replaces another over such a wire: what came of it, and what lies there then.
async fn replaced(profile: &Profile, bend: Bend) -> (Result<Option<Applied>, SyncError>, Vec<u8>) {
    let mut profile = profile.clone();
    profile.files = BTreeMap::from([("/a.bin".to_owned(), b"old".to_vec())]);
    let board = boards::start(&profile);
    let wire = serial::open(board.address(), SerialSettings::default())
        .await
        .unwrap();
    let wire = Bent::new(wire, bend);
    let mut one = Board::new(Repl::new(Box::new(wire), board.address()));
    one.enter(Patience::Normal, &mut |_| {}).await.unwrap();
    let path = BoardPath::new("/a.bin").unwrap();
    let delivery = Delivery {
        files: BTreeMap::from([(path, Content::Bytes(content()))]),
        ..Delivery::default()
    };
    let done = put(&mut one, &delivery, &mut Silent).await;
    drop(one);
    let lies = board.files().unwrap().remove("/a.bin").unwrap();
    (done, lies)
}

/// Six frames of it.
fn content() -> Vec<u8> {
    (0..1500_u32)
        .flat_map(|n| (n.wrapping_mul(2_654_435_761)).to_le_bytes())
        .collect()
}

fn plain() -> Profile {
    Profile {
        without: vec!["deflate".to_owned()],
        ..boards::fast()
    }
}

#[rstest]
#[tokio::test]
async fn a_frame_that_only_its_crc_betrays_is_sent_again(
    #[values(boards::fast(), plain())] profile: Profile,
    #[values(1, 2, 4)] skip: usize,
) {
    let bend = Bend {
        skip,
        times: 1,
        crc_fits: false,
    };
    let (done, lies) = replaced(&profile, bend).await;
    let applied = done.unwrap().unwrap();
    assert!(applied.resent > 0, "it was not noticed");
    assert!(lies == content());
}

#[rstest]
#[tokio::test]
async fn content_that_is_damaged_behind_the_crc_never_gets_its_name(
    #[values(boards::fast(), plain())] profile: Profile,
    #[values(0, 1, 2, 3, 4, 5, 6)] skip: usize,
) {
    let once = Bend {
        skip,
        times: 1,
        crc_fits: true,
    };
    let (done, lies) = replaced(&profile, once).await;
    assert!(
        lies == content() || (done.is_err() && lies == b"old"),
        "{done:?}: {} bytes",
        lies.len()
    );
}

#[tokio::test]
async fn content_that_is_damaged_each_time_is_refused_by_its_sha256() {
    let always = Bend {
        skip: 2,
        times: 1000,
        crc_fits: true,
    };
    let (done, lies) = replaced(&plain(), always).await;
    assert!(
        matches!(&done, Err(SyncError::Suspect(suspect)) if matches!(suspect.cause, BoardError::Verify)),
        "{done:?}"
    );
    assert_eq!(lies, b"old");
}
