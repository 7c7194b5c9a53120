//! Questions to the client: its settings for a folder, and what to do about conflicts. The answers come as events.
//! What they mean is decided elsewhere.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use tokio::sync::oneshot;

use crate::base::BoardPath;
use crate::base::Question;
use crate::host::askpass;
use crate::host::ssh;
use crate::host::ssh::Asking;
use crate::server::desk::Desk;
use crate::server::desk::Event;
use crate::server::desk::FolderId;
use crate::server::outbox::Outbox;
use crate::server::protocol::names;
use crate::session::Explain as _;
use crate::session::Secret;
use crate::session::keychain;
use crate::sync::plan::OnConflict;

/// What programs answer.
pub(super) const ASK_LIMIT: Duration = Duration::from_secs(10);
/// What people answer.
const PEOPLE_LIMIT: Duration = Duration::from_secs(600);

const OVERWRITE: &str = "Overwrite";
const KEEP: &str = "Keep the board's";

/// The button that keeps a password.
const REMEMBER: &str = "Remember in the System's Keychain";

/// Asks whoever sits before the editor; `None`: they do not want to say it.
pub(super) fn ask(outbox: &Outbox, prompt: &str, secret: bool) -> oneshot::Receiver<Option<String>> {
    let (answer, answered) = oneshot::channel();
    let params = json!({"prompt": prompt, "secret": secret});
    outbox.ask(names::QUESTION, params, PEOPLE_LIMIT, move |said| {
        let said = said.and_then(|said| said.as_str().map(str::to_owned));
        // Who asked may have been cancelled.
        answer.send(said).unwrap_or_default();
    });
    answered
}

/// What ssh asks goes to the editor from now on.
pub(super) async fn listen(outbox: Outbox) {
    // Whether a host key is the right one is no secret.
    let ask = move |prompt: String| ask(&outbox, &prompt, !prompt.contains("(yes/no"));
    if let Ok(env) = askpass::listen(Arc::new(ask)).await {
        ssh::ask_by(Asking::Helper(env));
    }
}

impl Desk {
    /// What has to be known before a board can be opened. Nobody answers where the client cannot ask.
    pub(super) fn ask_people(&self, question: &Question, answer: oneshot::Sender<String>) {
        if !self.start.questions {
            return;
        }
        let said = ask(&self.outbox, &question.text, question.secret);
        tokio::spawn(async move {
            if let Ok(Some(said)) = said.await {
                // Who asked may have been cancelled.
                answer.send(said).unwrap_or_default();
            }
        });
    }

    /// A password that was typed, and is the right one: keeps it if somebody presses the button, and in no other case.
    pub(super) fn offer_to_keep(&self, address: String, password: Secret) {
        if !self.start.questions {
            return;
        }
        let outbox = self.outbox.clone();
        tokio::spawn(async move {
            if !keychain::is_there().await {
                return;
            }
            let message = format!("Remember the password for {address}?");
            let params = json!({"type": 3, "message": message, "actions": [{"title": REMEMBER}]});
            let (answer, answered) = oneshot::channel();
            outbox.ask(names::SHOW_REQUEST, params, PEOPLE_LIMIT, move |said| {
                let yes = said.is_some_and(|said| said["title"] == REMEMBER);
                answer.send(yes).unwrap_or_default();
            });
            if answered.await != Ok(true) {
                return;
            }
            let kept = keychain::remember(address.clone(), password.reveal().to_owned()).await;
            let (method, kind, message) = match kept {
                Ok(()) => {
                    let message = format!("the password for {address} is in the keychain");
                    (names::LOG, 3, message)
                }
                Err(error) => {
                    let why = error.explained();
                    (names::SHOW, 2, format!("{}: {}", why.message, why.help))
                }
            };
            outbox.tell(method, json!({"type": kind, "message": message}), None);
        });
    }

    /// The settings of the editor for a folder, from wherever it has them.
    pub(super) fn ask_settings(&mut self, id: FolderId) {
        if !self.start.configuration {
            let settings = self.start.settings.clone();
            return self.configured(id, settings.as_ref());
        }
        let Some(folder) = self.folders.get(&id) else {
            return;
        };
        let params = json!({"items": [{"scopeUri": folder.place.uri, "section": "boardside"}]});
        let events = self.events.clone();
        let first = |answer: Value| answer.as_array().and_then(|items| items.first().cloned());
        self.outbox
            .ask(names::CONFIGURATION, params, ASK_LIMIT, move |answer| {
                let settings = answer.and_then(first);
                events.send(Event::Configured(id, settings)).unwrap_or_default();
            });
    }

    /// What is to become of files that a sync would destroy on the board.
    pub(super) fn ask_about_conflicts(&mut self, id: FolderId, conflicts: &[(BoardPath, String, bool)]) {
        let message = would_be_lost(conflicts);
        let actions = json!([{"title": OVERWRITE}, {"title": KEEP}]);
        let params = json!({"type": 2, "message": message, "actions": actions});
        let events = self.events.clone();
        self.outbox
            .ask(names::SHOW_REQUEST, params, PEOPLE_LIMIT, move |answer| {
                let title = answer.as_ref().and_then(|answer| answer["title"].as_str());
                let policy = match title {
                    Some(OVERWRITE) => Some(OnConflict::Overwrite),
                    Some(KEEP) => Some(OnConflict::Keep),
                    _ => None,
                };
                events.send(Event::Settled(id, policy)).unwrap_or_default();
            });
    }
}

/// The first files by name, with why.
fn would_be_lost(conflicts: &[(BoardPath, String, bool)]) -> String {
    const NAMED: usize = 3;
    let files = conflicts.iter().take(NAMED);
    let mut named: Vec<String> = files.map(|(path, why, _)| format!("{path} ({why})")).collect();
    if conflicts.len() > NAMED {
        named.push(format!("{} more", conflicts.len() - NAMED));
    }
    format!("On the board would be lost: {}", named.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_question_names_the_first_files_and_counts_the_rest() {
        let conflict = |name: &str| (BoardPath::new(name).unwrap(), "edited".to_owned(), true);
        let all = ["a", "b", "c", "d", "e"].map(conflict);
        assert_eq!(
            would_be_lost(&all[..1]),
            "On the board would be lost: /a (edited)"
        );
        assert_eq!(
            would_be_lost(&all),
            "On the board would be lost: /a (edited), /b (edited), /c (edited), 2 more"
        );
    }
}
