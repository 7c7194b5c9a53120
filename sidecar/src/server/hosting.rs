//! `Hosting`: the methods by which another machine uses the boards of this one.
//! Knows no folders and no settings; the desk knows nothing of it.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use serde_json::json;
use tower_lsp::jsonrpc::Error;
use tower_lsp::jsonrpc::Result;

use crate::host::words::Data;
use crate::host::words::OfWire;
use crate::host::words::Open;
use crate::host::words::SetLines;
use crate::host::words::Write;
use crate::server::refusal::Refusal;
use crate::session::ConnectError;
use crate::session::Explained;
use crate::session::served::Allowed;
use crate::session::served::Order;
use crate::session::served::Served;

/// Boards that one client may have open.
const WIRES: usize = 16;

/// What one client has open of this machine's boards.
pub(super) struct Hosting {
    allowed: Allowed,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: u64,
    wires: BTreeMap<u64, Served>,
}

impl Hosting {
    pub(super) fn new(allowed: Allowed) -> Self {
        Self {
            allowed,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wire(&self, number: u64) -> Result<Served> {
        let wire = self.state().wires.get(&number).cloned();
        wire.ok_or_else(|| Error::invalid_params(format!("there is no wire {number}")))
    }

    fn may_write(&self) -> Result<()> {
        if self.allowed.read_only {
            let what = "the board for more than to look at it".to_owned();
            return Err(Refusal::of(&ConnectError::NotAllowed { what }).into());
        }
        Ok(())
    }

    pub(super) async fn open(&self, asked: Open) -> Result<Value> {
        if self.state().wires.len() >= WIRES {
            return Err(Error::invalid_params(format!(
                "{WIRES} boards are open, close one"
            )));
        }
        let opened = Served::open(&asked.board, asked.baud, &self.allowed).await;
        let (served, mut opened) = opened.map_err(|error| Refusal::of(&error))?;
        let mut state = self.state();
        let Some(number) = state.last.checked_add(1) else {
            return Err(Refusal::Ending.into());
        };
        state.last = number;
        opened.wire = number;
        state.wires.insert(opened.wire, served);
        Ok(json!(opened))
    }

    pub(super) async fn read(&self, asked: OfWire) -> Result<Value> {
        let wire = self.wire(asked.wire)?;
        let bytes = done(wire.order(Order::Read).await)?;
        let data = BASE64_STANDARD.encode(bytes);
        Ok(json!(Data { data }))
    }

    pub(super) async fn write(&self, asked: Write) -> Result<Value> {
        self.may_write()?;
        let wire = self.wire(asked.wire)?;
        let data = BASE64_STANDARD.decode(asked.data);
        let data = data.map_err(|error| Error::invalid_params(format!("`data`: {error}")))?;
        if !data.is_empty() {
            done(wire.order(|reply| Order::Write(data, reply)).await)?;
        }
        Ok(json!({}))
    }

    pub(super) async fn lines(&self, asked: SetLines) -> Result<Value> {
        self.may_write()?;
        let wire = self.wire(asked.wire)?;
        done(wire.order(|reply| Order::Lines(asked, reply)).await)?;
        Ok(json!({}))
    }

    /// Closes all; who still waits gets no answer.
    pub(super) fn end(&self) {
        let mut state = self.state();
        for (_, wire) in std::mem::take(&mut state.wires) {
            wire.close();
        }
        state.last = u64::MAX;
    }

    /// Answers when the board is free again.
    pub(super) async fn close(&self, asked: OfWire) -> Result<Value> {
        let wire = self.state().wires.remove(&asked.wire);
        if let Some(wire) = wire {
            wire.close();
            wire.closed().await;
        }
        Ok(json!({}))
    }
}

/// A wire that was closed meanwhile has no answer.
fn done<T>(answer: Option<std::result::Result<T, Explained>>) -> Result<T> {
    let answer = answer.ok_or_else(|| Error::from(Refusal::Ending))?;
    answer.map_err(|why| Refusal::Failed(why).into())
}
