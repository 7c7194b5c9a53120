//! `Outbox`: everything that goes to the client except answers. Whoever posts never waits; tower-lsp fetches the next
//! message when stdout has taken the one before.
//! Decides nothing about what is worth telling.

mod queue;

use std::collections::HashMap;
use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::task::Context;
use std::task::Poll;
use std::task::Waker;
use std::time::Duration;

use futures::Sink;
use futures::Stream;
use serde_json::Value;
use tokio::sync::Notify;
use tower_lsp::Loopback;
use tower_lsp::jsonrpc::Id;
use tower_lsp::jsonrpc::Request;
use tower_lsp::jsonrpc::Response;

pub(super) use crate::server::outbox::queue::Key;
use crate::server::outbox::queue::Message;
use crate::server::outbox::queue::Queue;

/// What becomes of a request to the client: its result, or `None` if it refused or did not answer in time.
type Answer = Box<dyn FnOnce(Option<Value>) + Send>;

/// A handle; all are the same outbox.
#[derive(Clone, Default)]
pub(super) struct Outbox {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    /// Nothing can be sent any more.
    broken: Notify,
}

#[derive(Default)]
struct State {
    queue: Queue,
    /// LSP forbids most messages before the client said `initialized`.
    open: bool,
    waker: Option<Waker>,
    asked: HashMap<i64, Answer>,
    last: i64,
}

impl Outbox {
    /// The client is ready to be told.
    pub(super) fn open(&self) {
        self.change(|state| state.open = true);
    }

    /// A notification of which only the newest counts.
    pub(super) fn latest(&self, key: Key, method: &'static str, params: Value) {
        self.change(|state| state.queue.latest(key, method, params));
    }

    /// A notification that keeps its place. `about`: a board whose console it must not be mixed up with.
    pub(super) fn tell(&self, method: &'static str, params: Value, about: Option<&str>) {
        let message = Message {
            method,
            params,
            id: None,
        };
        self.change(|state| state.queue.push(message, about.map(str::to_owned)));
    }

    /// What a board said (`output`), or a line of ours in between (`note`).
    pub(super) fn console(&self, board: &str, kind: &'static str, text: &str, seq: u64) {
        self.change(|state| state.queue.console(board, kind, text, seq));
    }

    /// The client gets what waits of a board's console in another way.
    pub(super) fn forget_console(&self, board: &str) {
        self.change(|state| state.queue.forget_console(board));
    }

    /// A request. `answer` is called once: with the result, or with `None` after `limit` at the latest.
    pub(super) fn ask(
        &self,
        method: &'static str,
        params: Value,
        limit: Duration,
        answer: impl FnOnce(Option<Value>) + Send + 'static,
    ) {
        let id = self.change(|state| {
            state.last += 1;
            let id = state.last;
            state.asked.insert(id, Box::new(answer));
            let message = Message {
                method,
                params,
                id: Some(id),
            };
            state.queue.push(message, None);
            id
        });
        let outbox = self.clone();
        tokio::spawn(async move {
            tokio::time::sleep(limit).await;
            outbox.change(|state| state.queue.retract(id));
            outbox.answered(id, None);
        });
    }

    /// Waits until nothing can be sent any more: the client closed its side.
    pub(super) async fn broken(&self) {
        self.shared.broken.notified().await;
    }

    fn answered(&self, id: i64, result: Option<Value>) {
        let answer = self.state().asked.remove(&id);
        if let Some(answer) = answer {
            answer(result);
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        let mut state = self.state();
        let changed = change(&mut state);
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        changed
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here panics while it holds the lock; if it did, the queue is still a queue.
        self.shared.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Loopback for Outbox {
    type RequestStream = Outgoing;
    type ResponseSink = Incoming;

    fn split(self) -> (Outgoing, Incoming) {
        (Outgoing(self.clone()), Incoming(self))
    }
}

/// To the client.
pub(super) struct Outgoing(Outbox);

impl Stream for Outgoing {
    type Item = Request;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Request>> {
        let mut state = self.0.state();
        if state.open
            && let Some(message) = state.queue.pop()
        {
            let request = Request::build(message.method).params(message.params);
            let request = match message.id {
                Some(id) => request.id(id),
                None => request,
            };
            return Poll::Ready(Some(request.finish()));
        }
        state.waker = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        self.0.shared.broken.notify_one();
    }
}

/// The client's answers.
pub(super) struct Incoming(Outbox);

impl Sink<Response> for Incoming {
    type Error = Infallible;

    fn poll_ready(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn start_send(self: Pin<&mut Self>, response: Response) -> Result<(), Infallible> {
        if let (Id::Number(id), result) = response.into_parts() {
            self.0.answered(id, result.ok());
        }
        Ok(())
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt as _;
    use futures::StreamExt as _;
    use serde_json::json;
    use tokio::sync::mpsc;

    use super::*;
    use crate::server::protocol::names;

    #[tokio::test(start_paused = true)]
    async fn a_request_that_is_not_answered_ends_and_is_not_sent_any_more() {
        let outbox = Outbox::default();
        let (mut outgoing, mut incoming) = outbox.clone().split();
        let (tell, mut told) = mpsc::unbounded_channel();
        let ask = |n: u64| {
            let tell = tell.clone();
            let answer = move |result| tell.send((n, result)).unwrap();
            outbox.ask(
                names::CONFIGURATION,
                json!({"n": n}),
                Duration::from_secs(10 * n),
                answer,
            );
        };
        for n in 1..=3 {
            ask(n);
        }
        assert!(
            outgoing.next().now_or_never().is_none(),
            "nothing before `initialized`"
        );
        assert_eq!(told.recv().await, Some((1, None)));
        outbox.open();
        let sent = outgoing.next().await.unwrap();
        assert_eq!(sent.params(), Some(&json!({"n": 2})));
        let answer = Response::from_ok(sent.id().unwrap().clone(), json!("yes"));
        Pin::new(&mut incoming).start_send(answer.clone()).unwrap();
        assert_eq!(told.recv().await, Some((2, Some(json!("yes")))));
        // Answers twice, and to what nobody asked.
        Pin::new(&mut incoming).start_send(answer).unwrap();
        Pin::new(&mut incoming)
            .start_send(Response::from_ok(Id::Null, json!(1)))
            .unwrap();
        assert_eq!(told.recv().await, Some((3, None)));
        assert!(outgoing.next().now_or_never().is_none());
    }

    #[tokio::test]
    async fn whoever_waits_for_a_message_is_woken() {
        let outbox = Outbox::default();
        let (mut outgoing, _incoming) = outbox.clone().split();
        outbox.open();
        let waiting = tokio::spawn(async move { outgoing.next().await });
        tokio::task::yield_now().await;
        outbox.tell(names::LOG, json!({"message": "x"}), None);
        assert_eq!(waiting.await.unwrap().unwrap().method(), names::LOG);
    }
}
