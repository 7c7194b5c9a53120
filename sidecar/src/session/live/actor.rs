//! `Live`: the task that owns one board: what it waits for, and what it tells.
//! What orders do is in `work`, `program` and `ask`; how the board is opened and left in `door`.

use std::collections::BTreeSet;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::base::Answer;
use crate::base::Progress;
use crate::base::Question;
use crate::base::Stage;
use crate::board::Facts;
use crate::board::Tier;
use crate::repl::Typing;
use crate::session::Connection;
use crate::session::Explain as _;
use crate::session::Explained;
use crate::session::Home;
use crate::session::Target;
use crate::session::live::JobId;
use crate::session::live::Order;
use crate::session::live::State;
use crate::session::live::Told;
use crate::session::live::Trouble;
use crate::session::live::by_files::files_only;
use crate::session::live::mail::Mail;
use crate::session::live::mail::Next;
use crate::session::live::mail::Tell;
use crate::session::live::prompt::Prompt;
use crate::session::live::prompt::can_change_files;
use crate::wire::Secret;

/// Keys that were typed before a job get so long to be sent.
const LAST_KEYS: Duration = Duration::from_secs(1);

/// Where the board is.
pub(super) enum Place {
    /// Not open; the state says why.
    Shut(State),
    /// Open.
    Here(Box<Open>),
    /// Waited for.
    Away {
        /// Ends when it is back.
        back: Pin<Box<dyn Future<Output = Connection> + Send>>,
        /// For who wants it meanwhile.
        error: Explained,
    },
}

/// An open board.
pub(super) struct Open {
    pub(super) connection: Connection,
    pub(super) home: Home,
    pub(super) since: Instant,
}

/// What is being carried out: where it is told, and what ends it early.
pub(super) struct Task {
    job: Option<JobId>,
    pub(super) cancel: CancellationToken,
    end: CancellationToken,
    tell: Tell,
}

/// It was ended early.
pub(super) struct Stopped;

impl Task {
    pub(super) async fn stopped(&self) {
        tokio::select! {
            () = self.cancel.cancelled() => {}
            () = self.end.cancelled() => {}
        }
    }

    pub(super) fn is_stopped(&self) -> bool {
        self.cancel.is_cancelled() || self.end.is_cancelled()
    }

    pub(super) fn reports(&self) -> Reports {
        Reports {
            job: self.job,
            tell: Arc::clone(&self.tell),
        }
    }
}

/// Tells where a job is.
pub(super) struct Reports {
    job: Option<JobId>,
    tell: Tell,
}

impl Progress for Reports {
    fn report(&mut self, stage: Stage) {
        if let Some(job) = self.job {
            (self.tell)(Told::Progress(job, stage));
        }
    }

    fn ask(&mut self, question: Question) -> Answer {
        let (answer, answered) = oneshot::channel();
        (self.tell)(Told::Question(question, answer));
        Box::pin(async move { answered.await.ok() })
    }

    fn typed(&mut self, address: String, password: String) {
        (self.tell)(Told::Typed(address, Secret::new(password)));
    }
}

/// Until it is done or ended early. Orders that come meanwhile are taken in.
pub(super) async fn race<T>(
    mail: &mut Mail,
    task: &Task,
    work: impl Future<Output = T>,
) -> Result<T, Stopped> {
    tokio::select! {
        biased;
        () = task.stopped() => Err(Stopped),
        () = mail.mind() => Err(Stopped),
        done = work => Ok(done),
    }
}

enum Event {
    End,
    Next(Next),
    Heard(Vec<u8>),
    Gone,
    Back(Box<Connection>),
}

/// One board and its task.
pub(super) struct Live {
    pub(super) target: Target,
    pub(super) mail: Mail,
    pub(super) tell: Tell,
    end: CancellationToken,
    pub(super) place: Place,
    /// Keys on their way to the board.
    pub(super) typing: Typing,
    pub(super) keys: UnboundedSender<Vec<u8>>,
    pub(super) prompt: Prompt,
    /// The time for `prompt` runs from here.
    began: Instant,
    state: State,
    /// A program ran when we came, or was started by us, and nobody stopped it by hand: a sync starts it again.
    pub(super) ran: bool,
    /// Somebody was told what lies on the board.
    pub(super) known: bool,
    /// It may have changed since. Told when the board is at its prompt: who looks before would stop the program.
    pub(super) touched: bool,
    pub(super) told_facts: Option<(Facts, Tier)>,
    /// The place of an FTP server: there is no REPL. With the login, once it is known.
    pub(super) files_only: Option<crate::wire::Place>,
    /// What has been warned of, which is enough.
    pub(super) warned: BTreeSet<&'static str>,
}

impl Live {
    pub(super) fn new(
        target: Target,
        inbox: UnboundedReceiver<Order>,
        tell: Tell,
        end: CancellationToken,
    ) -> Self {
        let (keys, typed) = tokio::sync::mpsc::unbounded_channel();
        let files_only = files_only(&target);
        Self {
            target,
            mail: Mail::new(inbox, Arc::clone(&tell)),
            tell,
            end,
            place: Place::Shut(State::Free),
            typing: Typing::new(typed),
            keys,
            prompt: Prompt::default(),
            began: Instant::now(),
            state: State::Free,
            ran: false,
            known: false,
            touched: false,
            told_facts: None,
            files_only,
            warned: BTreeSet::new(),
        }
    }

    /// Until it is told to end. What is open then is closed by dropping it.
    pub(super) async fn run(mut self) {
        loop {
            self.settle();
            match self.idle().await {
                Event::End => return,
                Event::Next(Next::Work(job, work, cancel)) => {
                    let task = self.task(Some(job), cancel);
                    self.carry_out(work, &task).await;
                }
                Event::Next(Next::Ask(ask)) => {
                    let task = self.task(None, CancellationToken::new());
                    Box::pin(self.answer(ask, &task)).await;
                }
                Event::Next(Next::Keys(keys)) => self.typed(keys).await,
                Event::Heard(bytes) => self.heard(&bytes),
                Event::Gone => self.gone(),
                Event::Back(connection) => self.back(*connection).await,
            }
        }
    }

    async fn idle(&mut self) -> Event {
        let Self {
            mail,
            end,
            place,
            typing,
            ..
        } = self;
        let board = async {
            match place {
                Place::Shut(_) => std::future::pending().await,
                Place::Here(open) => match open.connection.board.converse(typing).await {
                    Ok(bytes) => Event::Heard(bytes),
                    Err(_) => Event::Gone,
                },
                Place::Away { back, .. } => Event::Back(Box::new(back.await)),
            }
        };
        tokio::select! {
            biased;
            () = end.cancelled() => Event::End,
            next = mail.next() => Event::Next(next),
            event = board => event,
        }
    }

    pub(super) fn task(&self, job: Option<JobId>, cancel: CancellationToken) -> Task {
        Task {
            job,
            cancel,
            end: self.end.clone(),
            tell: Arc::clone(&self.tell),
        }
    }

    pub(super) fn tell(&self, told: Told) {
        (self.tell)(told);
    }

    pub(super) fn tell_state(&mut self, state: State) {
        if state != self.state {
            self.state = state.clone();
            self.tell(Told::State(state));
        }
    }

    /// Tells how the board is while nothing works on it.
    pub(super) fn settle(&mut self) {
        let state = match &self.place {
            Place::Shut(state) => state.clone(),
            Place::Away { error, .. } => State::Away(error.clone()),
            Place::Here(_) if self.prompt.is_running() => State::Running,
            Place::Here(_) => State::Connected,
        };
        self.tell_state(state);
        if self.touched && self.prompt.is_there() {
            self.forget_files();
        }
    }

    /// Files on the board may be others now.
    pub(super) fn forget_files(&mut self) {
        self.touched = false;
        self.mail.listing = None;
        if std::mem::take(&mut self.known) {
            self.tell(Told::FilesChanged);
        }
    }

    /// What the board is, if it said something new.
    pub(super) fn tell_facts(&mut self) {
        let Place::Here(open) = &self.place else { return };
        let said = open.connection.board.last_facts();
        let new = said
            .map(|(facts, tier)| (facts.clone(), tier))
            .filter(|new| self.told_facts.as_ref() != Some(new));
        if let Some((facts, tier)) = new {
            self.told_facts = Some((facts.clone(), tier));
            self.tell(Told::Facts(Box::new(facts), tier));
        }
    }

    /// What the board said unasked.
    fn heard(&mut self, bytes: &[u8]) {
        if bytes.is_empty() {
            return;
        }
        if self.prompt.heard(bytes, self.began.elapsed()) {
            self.ran = true;
            self.touched = true;
            self.tell(Told::Started);
        }
        self.tell(Told::Heard(bytes.to_vec()));
    }

    /// Shows something that the board did not say in these bytes, but would have.
    pub(super) fn show(&self, text: &[u8]) {
        self.tell(Told::Heard(text.to_vec()));
    }

    pub(super) fn note(&mut self, text: String) {
        self.prompt.noted();
        self.tell(Told::Note(text));
    }

    async fn typed(&mut self, keys: Vec<u8>) {
        if let Some(trouble) = self.no_console() {
            if can_change_files(&keys) {
                self.note(trouble.explained.message);
            }
            return;
        }
        match &self.place {
            Place::Shut(_) => {
                let task = self.task(None, CancellationToken::new());
                if self.open(&task).await.is_err() {
                    return;
                }
            }
            Place::Away { .. } => return,
            Place::Here(_) => {}
        }
        if keys.contains(&3) {
            self.ran = false;
        }
        self.touched |= can_change_files(&keys);
        self.prompt.typed(&keys, self.began.elapsed());
        // The other end is ours.
        let _ = self.keys.send(keys);
    }

    /// Sends the keys that were typed before what comes now.
    pub(super) async fn last_keys(&mut self) {
        let until = tokio::time::Instant::now() + LAST_KEYS;
        while !self.typing.is_empty() {
            let Place::Here(open) = &mut self.place else {
                return;
            };
            let heard = open.connection.board.converse(&mut self.typing);
            match tokio::time::timeout_at(until, heard).await {
                Ok(Ok(bytes)) => self.heard(&bytes),
                // The job finds out that it is gone.
                Ok(Err(_)) | Err(_) => return,
            }
        }
    }
}

/// The open board, or the reason why there is none.
pub(super) fn here(place: &mut Place) -> Result<&mut Connection, Trouble> {
    match place {
        Place::Here(open) => Ok(&mut open.connection),
        Place::Away { error, .. } => Err(error.clone().into()),
        Place::Shut(_) => {
            let never = crate::session::ConnectError::NoBoard;
            Err(never.explained().into())
        }
    }
}
