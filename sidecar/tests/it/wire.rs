//! Wires as they are: bytes over TCP, serial ports on pseudo-terminals, and the recorder around them.
//! Not about MicroPython: nothing here knows what the bytes mean.

#[cfg(target_os = "linux")]
mod holder;
#[cfg(unix)]
mod serial;

use std::io;
use std::io::Write;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use boardside::wire::Lines;
use boardside::wire::Recorder;
use boardside::wire::Replay;
use boardside::wire::Tcp;
use boardside::wire::Wire;
use boardside::wire::WireError;
use boardside::wire::tcp;
use tokio::io::AsyncReadExt;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;
use tokio::net::TcpStream;

const LIMIT: Duration = Duration::from_secs(10);

async fn connection() -> (Tcp, TcpStream) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let wire = tcp::open("127.0.0.1", port, LIMIT).await.unwrap();
    let (board, _) = listener.accept().await.unwrap();
    (wire, board)
}

/// Every byte value there and back, in an order with no runs.
fn every_byte() -> Vec<u8> {
    (0..=255_u8).map(|byte| byte.wrapping_mul(167)).collect()
}

/// Every byte value passes unchanged both ways.
async fn assert_transparent(
    wire: &mut (impl Wire + ?Sized),
    board: &mut (impl tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin),
) {
    let bytes = every_byte();
    let mut got = vec![0; bytes.len()];
    wire.write_all(&bytes).await.unwrap();
    wire.flush().await.unwrap();
    board.read_exact(&mut got).await.unwrap();
    assert_eq!(got, bytes, "to the board");
    got.fill(0);
    board.write_all(&bytes).await.unwrap();
    board.flush().await.unwrap();
    wire.read_exact(&mut got).await.unwrap();
    assert_eq!(got, bytes, "from the board");
}

#[tokio::test]
async fn tcp_passes_every_byte_unchanged_and_has_no_lines() {
    let (mut wire, mut board) = connection().await;
    assert_transparent(&mut wire, &mut board).await;
    assert!(wire.address().starts_with("socket://127.0.0.1:"));
    let lines = Lines { dtr: true, rts: true };
    assert!(matches!(wire.set_lines(lines), Err(WireError::NoLines)));
}

#[tokio::test]
async fn a_tcp_board_that_hangs_up_is_gone() {
    let (mut wire, board) = connection().await;
    drop(board);
    assert_eq!(wire.read(&mut [0; 8]).await.unwrap(), 0);
    assert!(matches!(wire.gone(), WireError::Gone { address } if address == wire.address()));
}

#[tokio::test]
async fn nobody_listening_and_unknown_hosts_are_not_found() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let free = listener.local_addr().unwrap().port();
    drop(listener);
    // `.invalid` never resolves (RFC 6761).
    for (host, port) in [("127.0.0.1", free), ("board.invalid", 2323)] {
        let error = tcp::open(host, port, LIMIT).await.unwrap_err();
        let expected = format!("socket://{host}:{port}");
        assert!(
            matches!(&error, WireError::NotFound { address, source: Some(_) } if *address == expected),
            "{host}: {error:?}"
        );
    }
}

/// Linux leaves connections unanswered when one more than the backlog waits to be accepted (listen(2)).
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_host_that_does_not_answer_is_a_timeout() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let port = listener.local_addr().unwrap().port();
    let mut waiting = Vec::new();
    for _ in 0..2 {
        waiting.push(tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap());
    }
    tokio::time::pause();
    let error = tcp::open("127.0.0.1", port, LIMIT).await.unwrap_err();
    assert!(
        matches!(error, WireError::Timeout { seconds: 10, .. }),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_recorder_counts_bytes_and_turns() {
    let (wire, mut board) = connection().await;
    let mut wire = Recorder::new(wire);
    let traffic = wire.traffic();
    for _ in 0..2 {
        wire.write_all(b"ab").await.unwrap();
        wire.write_all(b"c").await.unwrap();
        board.read_exact(&mut [0; 3]).await.unwrap();
        for answer in [b"1", b"2"] {
            board.write_all(answer).await.unwrap();
            wire.read_exact(&mut [0; 1]).await.unwrap();
        }
    }
    assert_eq!(
        (traffic.sent(), traffic.received(), traffic.round_trips()),
        (6, 4, 2)
    );
}

#[tokio::test]
async fn a_recorder_writes_down_what_passes_and_changes_nothing() {
    let (wire, mut board) = connection().await;
    let paper = Paper::default();
    let mut wire = Recorder::with_transcript(wire, Box::new(paper.clone()), &[]);
    let address = wire.address().to_owned();
    assert!(
        address.starts_with("socket://"),
        "it is still the wire's: {address}"
    );

    wire.write_all(b"\r\x03\x01").await.unwrap();
    board.read_exact(&mut [0; 3]).await.unwrap();
    board.write_all(b"raw REPL\r\n>\x00\xff").await.unwrap();
    wire.read_exact(&mut [0; 13]).await.unwrap();
    let lines = Lines {
        dtr: false,
        rts: true,
    };
    assert!(matches!(wire.set_lines(lines), Err(WireError::NoLines)));

    let text = paper.text();
    let events: Vec<&str> = text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let (time, event) = line.split_once(' ').unwrap();
            time.parse::<u64>().unwrap();
            event
        })
        .collect();
    assert_eq!(
        events,
        [r"> \r\x03\x01", r"< raw REPL\r\n>\x00\xff", "= dtr 0 rts 1"]
    );
    assert_transparent(&mut wire, &mut board).await;
}

#[tokio::test]
async fn a_transcript_has_no_password_and_says_what_it_may_have() {
    let (wire, mut board) = connection().await;
    let paper = Paper::default();
    let known = ["hunter2".to_owned()];
    let mut wire = Recorder::with_transcript(wire, Box::new(paper.clone()), &known);
    // In pieces, as raw-paste sends them, with answers in between.
    for piece in [
        "wlan.conn",
        "ect('home', 'swor",
        "dfish')\nlogin('hunt",
        "er2')\r",
    ] {
        wire.write_all(piece.as_bytes()).await.unwrap();
        board.read_exact(&mut vec![0; piece.len()]).await.unwrap();
        board.write_all(b"\x01").await.unwrap();
        wire.read_exact(&mut [0; 1]).await.unwrap();
    }
    let text = paper.text();
    let passed = text.lines().filter(|line| !line.starts_with('#'));
    let passed = passed.collect::<Vec<_>>().join("\n");
    for secret in ["swor", "dfish", "er2"] {
        assert!(!passed.contains(secret), "{passed}");
    }
    assert!(
        text.starts_with("# ") && text.contains("# NOT masked: "),
        "{text}"
    );
    assert!(Replay::new(&text).is_ok());
}

#[tokio::test]
async fn a_transcript_that_cannot_be_written_does_not_stop_the_wire() {
    let (wire, mut board) = connection().await;
    let mut wire = Recorder::with_transcript(wire, Box::new(FullDisk), &[]);
    assert_transparent(&mut wire, &mut board).await;
    let fault = wire.transcript_fault().map(io::Error::kind);
    assert_eq!(fault, Some(io::ErrorKind::StorageFull));
}

#[derive(Clone, Default)]
struct Paper(Arc<Mutex<Vec<u8>>>);

impl Paper {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Paper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(&mut *self.0.lock().unwrap(), bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct FullDisk;

impl Write for FullDisk {
    fn write(&mut self, _bytes: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
