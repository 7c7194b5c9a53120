//! `boardside/files/…`: questions to a board, and their answers as JSON.
//! The board's own task does them, in their turn.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use serde_json::json;
use tokio::sync::oneshot;

use crate::base::BoardPath;
use crate::base::Fingerprint;
use crate::board::Listed;
use crate::server::call::FileCall;
use crate::server::call::Reply;
use crate::server::desk::Desk;
use crate::server::desk::Event;
use crate::server::desk::answers;
use crate::server::refusal::Refusal;
use crate::session::Explained;
use crate::session::live::Ask;
use crate::session::live::Order;

/// What was done to a file of a board.
#[derive(Debug)]
pub(super) enum Change {
    Wrote(BoardPath, Fingerprint),
    Removed(BoardPath),
    Renamed(BoardPath, BoardPath),
}

impl Desk {
    /// Asks the board, and answers when it has answered.
    pub(super) fn files(&mut self, name: &str, file: FileCall, reply: Reply) {
        let address = match self.resolve(name) {
            Ok(address) => address,
            Err(refusal) => return answers::send(reply, Err(refusal)),
        };
        let question = match file {
            FileCall::List { path, fresh } => {
                let answer = answer(reply, |listed: Vec<Listed>| json!({"entries": entries(&listed)}));
                Ask::List { path, fresh, answer }
            }
            FileCall::Read(path) => {
                let answer = answer(
                    reply,
                    |content: Vec<u8>| json!({"content": BASE64_STANDARD.encode(content)}),
                );
                Ask::Read { path, answer }
            }
            FileCall::Write(path, content) => {
                let changed = self.changes(&address);
                let (file, print) = (path.clone(), Fingerprint::of(&content));
                let answer = answer(reply, move |()| changed(Change::Wrote(file, print)));
                Ask::Write {
                    path,
                    content,
                    answer,
                }
            }
            FileCall::Remove(path) => {
                let changed = self.changes(&address);
                let file = path.clone();
                let answer = answer(reply, move |()| changed(Change::Removed(file)));
                Ask::Remove { path, answer }
            }
            FileCall::Rename { from, to } => {
                let changed = self.changes(&address);
                let renamed = Change::Renamed(from.clone(), to.clone());
                let answer = answer(reply, move |()| changed(renamed));
                Ask::Rename { from, to, answer }
            }
            FileCall::MakeFolder(path) => {
                let answer = answer(reply, |()| Value::Null);
                Ask::MakeFolder { path, answer }
            }
        };
        self.order(&address, Order::Ask(question));
    }

    /// A way to tell the desk what was done to a file; the client gets `null`.
    fn changes(&self, address: &str) -> impl FnOnce(Change) -> Value + Send + 'static {
        let (events, address) = (self.events.clone(), address.to_owned());
        move |change| {
            events
                .send(Event::FileChanged { address, change })
                .unwrap_or_default();
            Value::Null
        }
    }

    /// Something was done to a file of a board: what folders know of it is not as it was.
    pub(super) fn file_changed(&mut self, address: &str, change: &Change) {
        let mut ids = Vec::new();
        for (id, folder) in &mut self.folders {
            if let Some((_, known)) = folder.known.as_mut().filter(|(board, _)| board == address) {
                match change {
                    Change::Wrote(path, print) => known.wrote(path.clone(), *print),
                    Change::Removed(path) => known.removed(path),
                    Change::Renamed(from, to) => known.renamed(from, to),
                }
                ids.push(*id);
            }
        }
        for id in ids {
            self.tell_differences(id);
        }
    }

    /// A way to tell a board something later, from another task.
    pub(super) fn later(&self, address: &str) -> impl FnOnce(Order) + Send + 'static {
        let (events, address) = (self.events.clone(), address.to_owned());
        move |order| events.send(Event::Order { address, order }).unwrap_or_default()
    }
}

/// Where a board answers to; the client gets it as JSON. If the client loses interest, the board is told so.
fn answer<T: Send + 'static>(
    mut reply: Reply,
    show: impl FnOnce(T) -> Value + Send + 'static,
) -> oneshot::Sender<Result<T, Explained>> {
    let (answer, answered) = oneshot::channel();
    tokio::spawn(async move {
        tokio::select! {
            // Dropping `answered` is how the board hears of it.
            () = reply.closed() => {}
            answered = answered => {
                let answer = match answered {
                    Ok(Ok(value)) => Ok(show(value)),
                    Ok(Err(why)) => Err(Refusal::Failed(why)),
                    Err(_) => Err(Refusal::Ending),
                };
                answers::send(reply, answer);
            }
        }
    });
    answer
}

fn entries(listed: &[Listed]) -> Vec<Value> {
    let entry = |listed: &Listed| {
        let name = listed.path.rsplit('/').next().unwrap_or_default();
        let mut entry = json!({"path": listed.path, "name": name, "folder": listed.size.is_none()});
        if let Some(size) = listed.size {
            entry["size"] = size.into();
        }
        entry
    };
    listed.iter().map(entry).collect()
}
