//! Answers to requests. Not what they say.

use serde_json::Value;

use crate::server::call::Reply;
use crate::server::refusal::Refusal;

/// Answers, if somebody still waits.
pub(super) fn send(reply: Reply, answer: Result<Value, Refusal>) {
    drop(reply.send(answer));
}
