//! Where a login comes from: the address itself, the environment, the system's keychain, somebody who is asked. In this
//! order: what was said last and nearest counts, and what the other end refused does not.
//! Writes none anywhere; whoever asked may keep what was typed, once it turned out to be right.

use std::env;

use crate::base::Progress;
use crate::base::Question;
use crate::session::keychain;
use crate::wire::Address;
use crate::wire::Place;
use crate::wire::Secret;
use crate::wire::WireError;

/// For scripts and machines without a keychain.
pub const PASSWORD: &str = "BOARDSIDE_PASSWORD";

/// Somebody is asked twice at most: for the password, and once more if it was the wrong one.
const QUESTIONS: u32 = 2;

/// Where a password comes from, the nearest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Source {
    Address,
    Environment,
    Keychain,
    Somebody,
}

/// A login on its way: what was tried, and what is left to try.
pub(super) struct Login<'a> {
    kind: fn(Place) -> Address,
    place: Place,
    progress: &'a mut dyn Progress,
    /// Where the password that is tried comes from.
    source: Option<Source>,
    /// Nothing before this is left to try.
    next: Source,
    user_typed: bool,
    questions: u32,
    refused: Option<&'static str>,
    late: bool,
}

impl<'a> Login<'a> {
    /// `kind` makes an address of a place: `Address::Telnet`, for example.
    pub(super) fn new(kind: fn(Place) -> Address, place: Place, progress: &'a mut dyn Progress) -> Self {
        Self {
            kind,
            place,
            progress,
            source: None,
            next: Source::Address,
            user_typed: false,
            questions: 0,
            refused: None,
            late: false,
        }
    }

    /// Where to log in, with as much of the login as is known by now.
    pub(super) fn place(&self) -> &Place {
        &self.place
    }

    /// Somebody was asked while the other end waited, which takes time: it may have hung up.
    pub(super) fn is_late(&self) -> bool {
        self.late
    }

    /// It did not hang up.
    pub(super) fn in_time(&mut self) {
        self.late = false;
    }

    /// Who logs in. Ask when the other end does.
    pub(super) async fn user(&mut self) -> Option<String> {
        if let Some(user) = &self.place.user {
            return Some(user.clone());
        }
        let text = format!("{}user name for {}", self.reason(), self.address());
        let secret = false;
        let user = self.ask(Question { text, secret }).await?;
        self.place.user = Some(user.clone());
        self.user_typed = true;
        Some(user)
    }

    /// The password. Ask when the other end does: many boards have none. `None`: there is none, and nobody to ask.
    pub(super) async fn password(&mut self) -> Option<Secret> {
        match self.known().await {
            Some(known) => Some(known),
            None if self.questions < QUESTIONS => {
                self.questions += 1;
                let text = format!("{}password for {}", self.reason(), self.address());
                let secret = true;
                let typed = self.ask(Question { text, secret }).await?;
                Some(self.take(Source::Somebody, Secret::new(typed)))
            }
            None => None,
        }
    }

    /// The same, without asking anybody.
    pub(super) async fn known(&mut self) -> Option<Secret> {
        if let Some(password) = self.place.password.clone() {
            let source = self.source.unwrap_or(Source::Address);
            return Some(self.take(source, password));
        }
        let given = env::var(PASSWORD).ok().filter(|password| !password.is_empty());
        if let Some(password) = given
            && self.next <= Source::Environment
        {
            return Some(self.take(Source::Environment, Secret::new(password)));
        }
        if self.next <= Source::Keychain
            && let Some(kept) = keychain::find(self.address().to_string()).await
        {
            return Some(self.take(Source::Keychain, Secret::new(kept)));
        }
        None
    }

    /// An attempt ended like this: is there another password to try?
    pub(super) async fn again(&mut self, error: &WireError) -> bool {
        let why = match (error, self.source) {
            (WireError::Login { why, .. }, Some(_)) => why,
            // Somebody took so long to answer that nobody listened any more.
            (WireError::LoginClosed { .. }, _) if self.late => {
                self.late = false;
                return true;
            }
            (WireError::LoginClosed { .. }, Some(_)) => "it closed the connection after the password",
            _ => return false,
        };
        // What stands in the address is meant; somebody who typed it sees what is wrong with it.
        if self.source == Some(Source::Address) {
            return false;
        }
        self.refused = Some(why);
        self.next = match self.source {
            Some(Source::Environment) => Source::Keychain,
            _ => Source::Somebody,
        };
        self.source = None;
        self.place.password = None;
        if std::mem::take(&mut self.user_typed) && self.questions < QUESTIONS {
            self.place.user = None;
            if self.user().await.is_none() {
                return false;
            }
        }
        let found = self.password().await.is_some();
        // This was before the next attempt.
        self.late = false;
        found
    }

    /// It was accepted. The address with the login, so that nobody is asked again when the board comes back.
    pub(super) fn accepted(self) -> Address {
        let address = self.address();
        if let (Some(Source::Somebody), Some(password)) = (self.source, &self.place.password) {
            self.progress
                .typed(address.to_string(), password.reveal().to_owned());
        }
        address
    }

    fn address(&self) -> Address {
        (self.kind)(self.place.clone())
    }

    fn take(&mut self, source: Source, password: Secret) -> Secret {
        self.source = Some(source);
        self.place.password = Some(password.clone());
        password
    }

    async fn ask(&mut self, question: Question) -> Option<String> {
        self.late = true;
        let said = self.progress.ask(question).await;
        said.filter(|said| !said.is_empty())
    }

    /// Why somebody is asked once more.
    fn reason(&self) -> String {
        self.refused.map(|why| format!("{why}; ")).unwrap_or_default()
    }
}

#[cfg(test)]
#[path = "passwords/tests.rs"]
mod tests;
