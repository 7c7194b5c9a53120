//! `$/progress` of a request that takes its time, and its cancel: releases on their way to where boards fetch them.
//! Not of jobs, which have a board: those are `progress`'s.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::base::Progress;
use crate::base::Stage;
use crate::server::desk::progress::words;
use crate::server::outbox::Key;
use crate::server::outbox::Outbox;
use crate::server::protocol::names;

/// Requests that are under way, by the tokens that the client gave them.
#[derive(Default)]
pub(super) struct Publishing(BTreeMap<String, CancellationToken>);

impl Publishing {
    /// One more; without a token nobody is told, and nobody can end it.
    pub(super) fn begin(&mut self, outbox: &Outbox, token: Option<Value>, title: &str) -> Shown {
        self.0.retain(|_, ended| !ended.is_cancelled());
        let cancel = CancellationToken::new();
        if let Some(token) = &token {
            self.0.insert(token.to_string(), cancel.clone());
            let value = json!({"kind": "begin", "title": format!("Boardside: {title}"), "cancellable": true});
            let params = json!({"token": token, "value": value});
            outbox.tell(names::PROGRESS, params, None);
        }
        Shown {
            outbox: outbox.clone(),
            token,
            cancel,
            last: None,
        }
    }

    /// The client does not want it any more. What stops it at any step leaves devices with what they had.
    pub(super) fn cancel(&self, token: &Value) {
        if let Some(cancel) = self.0.get(&token.to_string()) {
            cancel.cancel();
        }
    }
}

/// One that is under way; it ends when this is dropped.
pub(super) struct Shown {
    outbox: Outbox,
    token: Option<Value>,
    cancel: CancellationToken,
    last: Option<(String, Option<u64>)>,
}

impl Shown {
    /// Cancelled when the client says so.
    pub(super) fn cancelled(&self) -> CancellationToken {
        self.cancel.clone()
    }
}

impl Progress for Shown {
    fn report(&mut self, stage: Stage) {
        let now = words(&stage);
        let Some(token) = self.token.as_ref().filter(|_| self.last.as_ref() != Some(&now)) else {
            return;
        };
        let mut value = json!({"kind": "report", "message": now.0});
        if let Some(percentage) = now.1 {
            value["percentage"] = percentage.into();
        }
        let params = json!({"token": token, "value": value});
        self.outbox
            .latest(Key::Report(token.clone()), names::PROGRESS, params);
        self.last = Some(now);
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        // So that the next one forgets it.
        self.cancel.cancel();
        if let Some(token) = &self.token {
            let params = json!({"token": token, "value": {"kind": "end"}});
            self.outbox.tell(names::PROGRESS, params, None);
        }
    }
}
