//! `Gate`: a layer around every handler that keeps the order of the wire and outlives panics.
//! Reads no message and knows no method; refusals of `framing` become answers here, in their turn.

use std::future::Future;
use std::future::ready;
use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::task::Context;
use std::task::Poll;
use std::task::Waker;

use futures::FutureExt as _;
use tower::Service;
use tower_lsp::jsonrpc::Error;
use tower_lsp::jsonrpc::Id;
use tower_lsp::jsonrpc::Request;
use tower_lsp::jsonrpc::Response;

use crate::server::framing::refused;
use crate::server::limits;
use crate::server::protocol::names;

const PARAMLESS: [&str; 2] = [names::BOARDS, "shutdown"];

/// tower-lsp runs handlers side by side, so what two of them do after their first wait is in no order, and a panic in
/// one ends them all. `call` is called in the order of the wire: each handler runs here up to its first wait.
pub(super) struct Gate<S> {
    inner: S,
    limited: bool,
}

impl<S> Gate<S> {
    /// Around this service; `limited` lets pass only what `limits` names.
    pub(super) fn new(inner: S, limited: bool) -> Self {
        Self { inner, limited }
    }
}

type Answer<E> = Result<Option<Response>, E>;

impl<S> Service<Request> for Gate<S>
where
    S: Service<Request, Response = Option<Response>>,
    S::Future: Send + 'static,
    S::Error: Send + 'static,
{
    type Response = Option<Response>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Answer<S::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request) -> Self::Future {
        if let Some(answer) = refused(&request) {
            return Box::pin(ready(Ok(Some(answer))));
        }
        if self.limited && !limits::allows(&request) {
            return Box::pin(ready(Ok(limits::refused(&request))));
        }
        let request = without_params(request);
        let id = request.id().cloned();
        let handler = AssertUnwindSafe(self.inner.call(request)).catch_unwind();
        let mut handler: Self::Future = Box::pin(handler.map(|done| done.unwrap_or_else(|_| Ok(bug(id)))));
        // Without a waker of its own: whoever gets the future polls it again with one. And without tokio's budget: a
        // channel that says "later" to a task that did much already would let the next handler overtake this one.
        let mut first = tokio::task::unconstrained(handler.as_mut());
        match Pin::new(&mut first).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(answer) => Box::pin(ready(answer)),
            Poll::Pending => handler,
        }
    }
}

/// Methods that have no params get none, whatever a client's library writes there: `null`, `[null]`, `{}`.
fn without_params(request: Request) -> Request {
    if !PARAMLESS.contains(&request.method()) || request.params().is_none() {
        return request;
    }
    let (method, id, _) = request.into_parts();
    let bare = Request::build(method);
    match id {
        Some(id) => bare.id(id).finish(),
        None => bare.finish(),
    }
}

/// The answer of a handler that panicked, if anybody waits for one.
fn bug(id: Option<Id>) -> Option<Response> {
    id.map(|id| Response::from_error(id, Error::internal_error()))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    /// Panics at `boom`, sooner or later, and answers everything else.
    struct Shaky;

    impl Service<Request> for Shaky {
        type Response = Option<Response>;
        type Error = Infallible;
        type Future = Pin<Box<dyn Future<Output = Answer<Infallible>> + Send>>;

        fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
            Poll::Ready(Ok(()))
        }

        fn call(&mut self, request: Request) -> Self::Future {
            Box::pin(async move {
                let method = request.method().to_owned();
                if method == "late boom" {
                    tokio::task::yield_now().await;
                }
                assert!(!method.ends_with("boom"), "as the test wants");
                Ok(request
                    .id()
                    .cloned()
                    .map(|id| Response::from_ok(id, method.into())))
            })
        }
    }

    #[tokio::test]
    async fn a_panic_is_answered_and_the_next_call_works() {
        let mut gate = Gate::new(Shaky, false);
        for (method, code) in [
            ("boom", Some(-32603)),
            ("late boom", Some(-32603)),
            ("ping", None),
        ] {
            let answer = gate.call(Request::build(method).id(7).finish()).await;
            let answer = answer.unwrap().expect("a request is answered");
            assert_eq!(answer.error().map(|error| error.code.code()), code, "{method}");
            assert_eq!(answer.id(), &Id::Number(7));
        }
        let silent = gate.call(Request::build("boom").finish()).await;
        assert_eq!(silent, Ok(None));
    }
}
