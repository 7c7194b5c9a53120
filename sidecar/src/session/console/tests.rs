//! The pump between two streams in memory, in paused time. Not with a board: that is the chapter `console`.

use tokio::io::DuplexStream;
use tokio::io::duplex;

use super::*;

/// A console's other ends.
struct Ends {
    keys: DuplexStream,
    screen: DuplexStream,
    board: DuplexStream,
}

/// A console and its board's wire, and the other ends of both. The board takes `room` bytes unread.
fn console(typist: Typist, room: usize) -> (Console<DuplexStream, DuplexStream>, DuplexStream, Ends) {
    let (keys, far_keys) = duplex(64 * 1024);
    let (screen, far_screen) = duplex(64 * 1024);
    let (wire, board) = duplex(room);
    let ends = Ends {
        keys: far_keys,
        screen: far_screen,
        board,
    };
    (Console::new(keys, screen, typist), wire, ends)
}

#[allow(clippy::unnecessary_wraps)] // what `pump` calls can fail
fn plain(bytes: &[u8]) -> io::Result<Vec<u8>> {
    Ok(bytes.to_vec())
}

async fn everything(mut from: DuplexStream) -> Vec<u8> {
    let mut all = Vec::new();
    from.read_to_end(&mut all).await.unwrap();
    all
}

#[tokio::test(start_paused = true)]
async fn a_person_sees_every_byte_and_every_key_but_one_is_the_boards() {
    let (mut console, wire, mut ends) = console(Typist::Person, 64);
    let said: Vec<u8> = (0..=255).collect();
    let person = async {
        ends.keys.write_all(b"\x01\x03\x04\x1a\x1b[A\r").await.unwrap();
        let mut seen = [0; 256];
        ends.screen.read_exact(&mut seen).await.unwrap();
        ends.keys.write_all(b"q\x1dx").await.unwrap();
        seen
    };
    let board = async {
        ends.board.write_all(&said).await.unwrap();
        everything(ends.board).await
    };
    let render = &mut plain;
    let (ended, seen, heard) = tokio::join!(console.pump(wire, render), person, board);
    assert_eq!(ended.unwrap(), Ended::Left);
    assert_eq!(seen, said[..]);
    assert_eq!(heard, b"\x01\x03\x04\x1a\x1b[A\rq");
}

#[tokio::test(start_paused = true)]
async fn a_person_can_leave_a_board_that_takes_nothing() {
    let (mut console, wire, mut ends) = console(Typist::Person, 16);
    ends.keys.write_all(&[b'x'; 5000]).await.unwrap();
    ends.keys.write_all(&[LEAVE_KEY]).await.unwrap();
    assert_eq!(console.pump(wire, &mut plain).await.unwrap(), Ended::Left);
}

#[tokio::test(start_paused = true)]
async fn a_script_presses_enter_and_waits_until_the_board_is_quiet() {
    let (mut console, wire, mut ends) = console(Typist::Script, 16);
    let script = async {
        ends.keys
            .write_all(b"one\ntwo\r\nthree\rfour\n\x1d")
            .await
            .unwrap();
        drop(ends.keys);
    };
    let board = async {
        let mut heard = [0; 20];
        ends.board.read_exact(&mut heard).await.unwrap();
        for answer in ["a", "b", "c"] {
            tokio::time::sleep(QUIET.saturating_sub(Duration::from_millis(1))).await;
            ends.board.write_all(answer.as_bytes()).await.unwrap();
        }
        (heard, ends.board)
    };
    let render = &mut plain;
    let (ended, (), (heard, _board)) = tokio::join!(console.pump(wire, render), script, board);
    assert_eq!(ended.unwrap(), Ended::Quiet);
    assert_eq!(&heard, b"one\rtwo\rthree\rfour\r\x1d");
    assert!(console.is_over());
    drop(console);
    assert_eq!(everything(ends.screen).await, b"abc");
}

#[tokio::test(start_paused = true)]
async fn without_a_script_it_listens_until_the_board_goes_away() {
    let (mut console, wire, ends) = console(Typist::Script, 16);
    drop(ends.keys);
    let mut board = ends.board;
    let day = async {
        tokio::time::sleep(Duration::from_secs(24 * 3600)).await;
        board.write_all(b"still here").await.unwrap();
        drop(board);
    };
    let render = &mut plain;
    let (ended, ()) = tokio::join!(console.pump(wire, render), day);
    assert_eq!(ended.unwrap(), Ended::Gone);
    assert!(!console.is_over());
    drop(console);
    assert_eq!(everything(ends.screen).await, b"still here");
}

#[tokio::test(start_paused = true)]
async fn without_a_board_only_the_key_that_leaves_counts() {
    let (mut console, wire, mut ends) = console(Typist::Person, 16);
    drop(ends.board);
    assert_eq!(console.pump(wire, &mut plain).await.unwrap(), Ended::Gone);
    ends.keys.write_all(b"print(1)\r\x03").await.unwrap();
    let waited = tokio::time::timeout(Duration::from_secs(60), console.wait_for_leave());
    assert!(waited.await.is_err(), "other keys do not leave");
    ends.keys.write_all(b"\x1d").await.unwrap();
    console.wait_for_leave().await;
}
