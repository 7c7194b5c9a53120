//! `Hosting`: the methods by which another machine uses the boards of this one.
//! Knows no folders and no settings; the desk knows nothing of it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::sync::Weak;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use serde_json::json;
use tokio::time::Instant;
use tower_lsp::jsonrpc::Error;
use tower_lsp::jsonrpc::Result;

use crate::base::Stage;
use crate::host::words;
use crate::host::words::Data;
use crate::host::words::OfWire;
use crate::host::words::Open;
use crate::host::words::Progress;
use crate::host::words::SetLines;
use crate::host::words::Survey;
use crate::host::words::Sync;
use crate::host::words::Which;
use crate::host::words::Write;
use crate::server::outbox::Key;
use crate::server::outbox::Outbox;
use crate::server::refusal::Refusal;
use crate::session::ConnectError;
use crate::session::Explained;
use crate::session::served::Allowed;
use crate::session::served::Order;
use crate::session::served::Served;
use crate::session::served::Tell;
use crate::session::served::boards;
use crate::session::served::project::Wanted;
use crate::session::served::project::manifest;

/// So often it is told where a sync is.
const TICK: Duration = Duration::from_millis(100);
/// Boards that one client may have open.
const WIRES: usize = 16;

/// What one client has open of this machine's boards.
pub(super) struct Hosting {
    allowed: Allowed,
    outbox: Outbox,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: u64,
    /// When the client said something, where a board is open.
    heard: Option<Instant>,
    wires: BTreeMap<u64, Served>,
}

impl Hosting {
    pub(super) fn new(allowed: Allowed, outbox: Outbox) -> Self {
        Self {
            allowed,
            outbox,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wire(&self, number: u64) -> Result<Served> {
        let mut state = self.state();
        state.heard = Some(Instant::now());
        let wire = state.wires.get(&number).cloned();
        wire.ok_or_else(|| Error::invalid_params(format!("there is no wire {number}")))
    }

    fn may_write(&self) -> Result<()> {
        if self.allowed.read_only {
            let what = "the board for more than to listen: also to read files or facts, code would be sent to it and its \
                        program stopped"
                .to_owned();
            return Err(Refusal::of(&ConnectError::NotAllowed { what }).into());
        }
        Ok(())
    }

    pub(super) fn heard(&self) {
        self.state().heard = Some(Instant::now());
    }

    /// Lets go of all boards when the client has said nothing for long: a network that is gone tells nobody.
    async fn watch(hosting: Weak<Self>) {
        loop {
            let Some(due) = hosting.upgrade().map(|hosting| hosting.state().heard) else {
                return;
            };
            let due = due.unwrap_or_else(Instant::now) + words::SILENCE;
            if due <= Instant::now() {
                break;
            }
            tokio::time::sleep_until(due).await;
        }
        if let Some(hosting) = hosting.upgrade() {
            hosting.end().await;
        }
    }

    pub(super) async fn open(self: &Arc<Self>, asked: Open) -> Result<Value> {
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
        if state.heard.replace(Instant::now()).is_none() {
            tokio::spawn(Self::watch(Arc::downgrade(self)));
        }
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

    pub(super) async fn survey(&self, asked: Survey) -> Result<Value> {
        self.may_write()?;
        let wire = self.wire(asked.wire)?;
        let manifest = manifest(&asked.project).map_err(|fault| Error::invalid_params(fault.to_string()))?;
        let surveyed = wire.order(|reply| Order::Survey(manifest, reply)).await;
        Ok(json!(done(surveyed)?))
    }

    pub(super) async fn sync(&self, asked: Sync) -> Result<Value> {
        self.may_write()?;
        let wire = self.wire(asked.wire)?;
        let number = asked.wire;
        let wanted = Wanted::read(&asked).map_err(|fault| Error::invalid_params(fault.to_string()))?;
        // Who uses boards from elsewhere does not say `initialized`.
        self.outbox.open();
        let outbox = self.outbox.clone();
        let mut last = None;
        let tell = Tell(Box::new(move |stage| {
            let now = Instant::now();
            let is_soon = last.is_some_and(|last| now < last + TICK);
            if let Some(told) = told(number, stage).filter(|told| told.path.is_none() || !is_soon) {
                last = Some(now);
                outbox.latest(Key::Report(json!(number)), words::PROGRESS, json!(told));
            }
        }));
        let synced = wire
            .order(|reply| Order::Sync(Box::new(wanted), tell, reply))
            .await;
        Ok(json!(done(synced)?))
    }

    pub(super) async fn lines(&self, asked: SetLines) -> Result<Value> {
        self.may_write()?;
        let wire = self.wire(asked.wire)?;
        done(wire.order(|reply| Order::Lines(asked, reply)).await)?;
        Ok(json!({}))
    }

    /// Closes all, and is done when they are; who still waits gets no answer.
    pub(super) async fn end(&self) {
        let wires = {
            let mut state = self.state();
            state.last = u64::MAX;
            std::mem::take(&mut state.wires)
        };
        for wire in wires.values() {
            wire.close();
        }
        for wire in wires.values() {
            wire.closed().await;
        }
    }

    pub(super) async fn boards(&self, asked: Which) -> Result<Value> {
        if asked.probe {
            self.may_write()?;
        }
        Ok(json!(boards(&self.allowed, asked.probe).await))
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

/// What is worth telling of where a sync is.
fn told(wire: u64, stage: Stage) -> Option<Progress> {
    let (path, done, total) = match stage {
        Stage::Sending { path, done, total } => (Some(path.to_string()), done, total),
        Stage::Committing => (None, 0, 0),
        _ => return None,
    };
    Some(Progress {
        wire,
        path,
        done,
        total,
    })
}

/// A wire that was closed meanwhile has no answer.
fn done<T>(answer: Option<std::result::Result<T, Explained>>) -> Result<T> {
    let answer = answer.ok_or_else(|| Error::from(Refusal::Ending))?;
    answer.map_err(|why| Refusal::Failed(why).into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_client_that_says_nothing_any_more_is_let_go_and_one_that_does_is_kept() {
        let hosting = Arc::new(Hosting::new(Allowed::default(), Outbox::default()));
        hosting.heard();
        let watching = tokio::spawn(Hosting::watch(Arc::downgrade(&hosting)));
        for _ in 0..20 {
            tokio::time::sleep(words::BEAT).await;
            hosting.heard();
        }
        assert_eq!(hosting.state().last, 0);
        let silent = Instant::now();
        watching.await.unwrap();
        assert_eq!(silent.elapsed(), words::SILENCE);
        assert_eq!(hosting.state().last, u64::MAX, "no board is opened any more");
    }
}
