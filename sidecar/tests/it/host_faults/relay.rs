//! `Relay`: a TCP line to a virtual board that stands still after so many bytes until it is let go, so that a test can
//! act at one point of a transfer and nowhere else.
//! Loses nothing and has no speed.

use std::io::Read as _;
use std::io::Write as _;
use std::net::Shutdown;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::thread;

use boardside::virtual_board::HostSide;
use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;

use crate::boards;

/// A line between programs of this machine and a board.
pub(crate) struct Relay {
    address: String,
    gate: Arc<Gate>,
    pub(crate) board: VirtualBoard,
}

#[derive(Default)]
struct Gate {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Bytes that may still pass to the board; `None`: any.
    left: Option<usize>,
    held: bool,
    clients: usize,
    /// Bytes that came from the board.
    answered: u64,
}

impl Relay {
    /// A board behind such a line.
    pub(crate) fn new(profile: Profile) -> Self {
        let local = "127.0.0.1:0";
        let board = boards::start(&Profile {
            host: HostSide::Tcp(local.parse().unwrap()),
            baud: None,
            ..profile
        });
        let listener = TcpListener::bind(local).unwrap();
        let relay = Self {
            address: format!("socket://{}", listener.local_addr().unwrap()),
            gate: Arc::default(),
            board,
        };
        let (gate, to) = (relay.gate.clone(), relay.board.address().replace("socket://", ""));
        thread::spawn(move || {
            for client in listener.incoming() {
                let (gate, to) = (gate.clone(), to.clone());
                thread::spawn(move || gate.serve(client.unwrap(), &to));
            }
        });
        relay
    }

    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// Programs that have connected so far.
    pub(crate) fn clients(&self) -> usize {
        self.gate.state.lock().unwrap().clients
    }

    /// The line is to stand still after so many bytes more to the board.
    pub(crate) fn hold_after(&self, bytes: usize) {
        self.gate.state.lock().unwrap().left = Some(bytes);
    }

    /// Waits until it stands still.
    pub(crate) fn wait_held(&self) {
        let state = self.gate.state.lock().unwrap();
        let (state, _) = self
            .gate
            .changed
            .wait_timeout_while(state, boards::LIMIT, |state| !state.held)
            .unwrap();
        assert!(state.held, "so much was not sent");
    }

    /// From now on everything passes.
    pub(crate) fn let_go(&self) {
        let mut state = self.gate.state.lock().unwrap();
        (state.left, state.held) = (None, false);
        self.gate.changed.notify_all();
    }

    /// Everything passes, and the board has answered to it.
    pub(crate) fn let_go_and_wait(&self) {
        let before = self.gate.state.lock().unwrap().answered;
        self.let_go();
        let state = self.gate.state.lock().unwrap();
        let silent = |state: &mut State| state.answered == before;
        let (state, _) = self
            .gate
            .changed
            .wait_timeout_while(state, boards::LIMIT, silent)
            .unwrap();
        assert!(state.answered > before, "the board says nothing");
    }
}

impl Gate {
    fn serve(self: Arc<Self>, mut client: TcpStream, to: &str) {
        self.state.lock().unwrap().clients += 1;
        let Ok(mut board) = TcpStream::connect(to) else {
            return;
        };
        let (mut from, mut back) = (board.try_clone().unwrap(), client.try_clone().unwrap());
        let gate = self.clone();
        thread::spawn(move || {
            let mut bytes = [0; 256];
            while let Ok(count @ 1..) = from.read(&mut bytes) {
                gate.state.lock().unwrap().answered += count as u64;
                gate.changed.notify_all();
                if back.write_all(&bytes[..count]).is_err() {
                    break;
                }
            }
            back.shutdown(Shutdown::Both).unwrap_or_default();
        });
        let mut bytes = [0; 256];
        while let Ok(count @ 1..) = client.read(&mut bytes) {
            self.pass(count);
            if board.write_all(&bytes[..count]).is_err() {
                break;
            }
        }
        board.shutdown(Shutdown::Both).unwrap_or_default();
    }

    fn pass(&self, count: usize) {
        let mut state = self.state.lock().unwrap();
        while let Some(left) = state.left {
            if left >= count {
                state.left = Some(left - count);
                return;
            }
            state.held = true;
            self.changed.notify_all();
            state = self.changed.wait(state).unwrap();
        }
    }
}
