//! A board that lets nobody in is named in time; what `enter` finds is told apart.
//! No real board: those are in the integration tests.

use std::io;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;

use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt as _;
use tokio::io::DuplexStream;
use tokio::io::ReadBuf;

use super::*;
use crate::wire::Lines;
use crate::wire::Wire;
use crate::wire::WireError;

/// A line to something that is written below.
struct Line(DuplexStream);

impl Wire for Line {
    fn set_lines(&mut self, _: Lines) -> Result<(), WireError> {
        Err(WireError::NoLines)
    }
}

impl AsyncRead for Line {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// What a board that lets nobody in may do: say something again and again, read or not, answer what it is sent.
#[derive(Clone, Copy, Debug)]
struct Bad {
    says: &'static [u8],
    each: Duration,
    answers: &'static [u8],
    reads: bool,
}

async fn behave(bad: Bad, mut far: DuplexStream) {
    let mut came = [0; 256];
    loop {
        tokio::select! {
            count = far.read(&mut came), if bad.reads => {
                if !matches!(count, Ok(1..)) {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(2)).await; // or no time would pass
                let _ = far.write_all(bad.answers).await;
            }
            () = tokio::time::sleep(bad.each) => {
                let _ = far.write_all(bad.says).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_board_that_lets_nobody_in_is_named_within_15_seconds_whatever_it_does() {
    let says: [&[u8]; 6] = [
        b"",
        b"x",
        b"\r\n>>> ",
        b"raw REPL; CTRL-B to exit\r\n>?",
        b"KeyboardInterrupt: \r\n",
        b"MPY: soft reboot\r\n",
    ];
    let mut longest = Duration::ZERO;
    for says in says {
        for answers in [&b""[..], b"\r\n>>> ", b"\x03"] {
            for (each, reads) in [(20, true), (640, true), (100, false)] {
                let bad = Bad {
                    says,
                    each: Duration::from_millis(each),
                    answers,
                    reads,
                };
                let (near, far) = tokio::io::duplex(256);
                let board = tokio::spawn(behave(bad, far));
                let mut repl = Repl::new(Box::new(Line(near)), "the board");
                let began = Instant::now();
                let entered = repl.enter(Patience::Normal, &mut |_| {}).await;
                assert!(entered.is_err(), "{bad:?}");
                longest = longest.max(began.elapsed());
                assert!(
                    began.elapsed() < Duration::from_secs(15),
                    "{bad:?}: {:?}",
                    began.elapsed()
                );
                board.abort();
            }
        }
    }
    assert!(longest > NORMAL, "{longest:?}");
}

#[test]
fn an_idle_board_is_told_from_one_that_ran_a_program() {
    let idle = "\r\n>>> \r\n>>> \r\n>>> \r\n>>> \r\n";
    let banner = "hello\r\nMicroPython v1.29.0\r\nType \"help()\" for more information.\r\n>>> ";
    let cases = [
        (idle.to_owned(), false),
        (String::new(), false),
        ("raw REPL; CTRL-B to exit\r\n>".to_owned(), false),
        (format!("{banner}{idle}"), false),
        (
            "tick\r\ntick\r\nTraceback (most recent call last):\r\nKeyboardInterrupt: \r\n>>> \r\n>>> "
                .to_owned(),
            true,
        ),
        ("bye\r\n>>> \r\n>>> \r\n".to_owned(), true),
        ("tick".to_owned(), true),
    ];
    for (seen, running) in cases {
        assert_eq!(ran(seen.as_bytes()), running, "{seen:?}");
    }
}
