//! `Mail`: the orders that have come and wait for their turn, also while the board works.
//! Carries nothing out, but it answers what needs no board and ends what was cancelled.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::mpsc::UnboundedReceiver;
use tokio::sync::mpsc::UnboundedSender;
use tokio_util::sync::CancellationToken;
use tokio_util::sync::WaitForCancellationFutureOwned;

use crate::session::Explain as _;
use crate::session::live::Ask;
use crate::session::live::Done;
use crate::session::live::JobId;
use crate::session::live::Order;
use crate::session::live::Told;
use crate::session::live::Trouble;
use crate::session::live::Work;
use crate::session::live::listing::Listing;

/// So many bytes that are typed during a job are kept; who types more sees that nothing happens.
const KEYS: usize = 4096;

/// How everything is told.
pub(super) type Tell = Arc<dyn Fn(Told) + Send + Sync>;

/// What is to be done next.
pub(super) enum Next {
    /// A job.
    Work(JobId, Work, CancellationToken),
    /// A question.
    Ask(Ask),
    /// Keys.
    Keys(Vec<u8>),
}

struct Waiting {
    next: Next,
    /// The end of its token; `None` for questions.
    cancelled: Option<Pin<Box<WaitForCancellationFutureOwned>>>,
}

/// Orders, in order. Every job in it ends in exactly one `Told::Done`, at the latest when this is dropped.
pub(super) struct Mail {
    inbox: UnboundedReceiver<Order>,
    waiting: VecDeque<Waiting>,
    /// Typed, and not taken yet.
    keys: Vec<u8>,
    /// Nothing works on the board.
    idle: bool,
    /// Keys are for a program that runs as a job.
    program: Option<UnboundedSender<Vec<u8>>>,
    /// Ctrl-C was among the keys for the program.
    interrupted: bool,
    /// What lies on the board, as far as anybody knows.
    pub(super) listing: Option<Listing>,
    /// The job that is being carried out.
    current: Option<JobId>,
    tell: Tell,
}

impl Mail {
    pub(super) fn new(inbox: UnboundedReceiver<Order>, tell: Tell) -> Self {
        Self {
            inbox,
            waiting: VecDeque::new(),
            keys: Vec::new(),
            idle: false,
            program: None,
            interrupted: false,
            listing: None,
            current: None,
            tell,
        }
    }

    /// What is to be done next. Nothing is lost if the wait is dropped.
    pub(super) async fn next(&mut self) -> Next {
        self.idle = true;
        loop {
            if !self.keys.is_empty() {
                return Next::Keys(std::mem::take(&mut self.keys));
            }
            if let Some(Waiting { next, .. }) = self.waiting.pop_front() {
                self.idle = false;
                if let Next::Work(job, ..) = &next {
                    self.current = Some(*job);
                }
                return next;
            }
            self.receive().await;
        }
    }

    /// Takes orders in and ends cancelled ones, while something else is being done. Never ends.
    pub(super) async fn mind(&mut self) {
        loop {
            self.receive().await;
        }
    }

    /// The same, until somebody wants the board.
    pub(super) async fn wanted(&mut self) {
        while self.waiting.is_empty() {
            self.receive().await;
        }
    }

    /// From now on keys are for this program, or wait again.
    pub(super) fn keys_to(&mut self, program: Option<UnboundedSender<Vec<u8>>>) {
        self.program = program;
        let keys = std::mem::take(&mut self.keys);
        if !keys.is_empty() {
            self.key(keys);
        }
    }

    /// Was Ctrl-C typed for a program since this was asked last?
    pub(super) fn was_interrupted(&mut self) -> bool {
        std::mem::take(&mut self.interrupted)
    }

    /// Forgets keys that wait.
    pub(super) fn forget_keys(&mut self) {
        self.keys.clear();
    }

    /// Ends the job that is being carried out.
    pub(super) fn done(&mut self, done: Result<Done, Trouble>) {
        if let Some(job) = self.current.take() {
            (self.tell)(Told::Done(job, Box::new(done)));
        }
    }

    async fn receive(&mut self) {
        let waiting = &mut self.waiting;
        let cancelled = std::future::poll_fn(|context| {
            let over = |one: &mut Waiting| {
                let end = one.cancelled.as_mut();
                end.is_some_and(|end| end.as_mut().poll(context).is_ready())
            };
            match waiting.iter_mut().position(over) {
                Some(at) => Poll::Ready(at),
                None => Poll::Pending,
            }
        });
        tokio::select! {
            order = self.inbox.recv() => match order {
                Some(order) => self.take(order),
                // Nobody is left to give orders; the end comes by another way.
                None => std::future::pending().await,
            },
            at = cancelled => {
                if let Some(Waiting { next: Next::Work(job, ..), .. }) = self.waiting.remove(at) {
                    self.end(job, Err(Trouble::cancelled()));
                }
            }
        }
    }

    fn take(&mut self, order: Order) {
        match order {
            Order::Keys(keys) => self.key(keys),
            // The program goes on: it is on an open board.
            Order::Work {
                job,
                work: Work::Connect,
                ..
            } if self.program.is_some() => self.end(job, Ok(Done::Done)),
            Order::Work { job, work, cancel } => self.waiting.push_back(Waiting {
                cancelled: Some(Box::pin(cancel.clone().cancelled_owned())),
                next: Next::Work(job, work, cancel),
            }),
            Order::Ask(ask) => {
                if let Some(ask) = self.remember(ask) {
                    self.waiting.push_back(Waiting {
                        next: Next::Ask(ask),
                        cancelled: None,
                    });
                }
            }
        }
    }

    /// Answers from memory, or gives the question back. What waits may change what is remembered.
    fn remember(&self, ask: Ask) -> Option<Ask> {
        match (ask, &self.listing) {
            (
                Ask::List {
                    path,
                    fresh: false,
                    answer,
                },
                Some(listing),
            ) if self.waiting.is_empty() => match listing.in_folder(path.as_ref()) {
                Some(found) => {
                    // Who asked may not be there any more.
                    let _ = answer.send(found.map_err(|error| error.explained()));
                    None
                }
                None => Some(Ask::List {
                    path,
                    fresh: false,
                    answer,
                }),
            },
            (ask, _) => Some(ask),
        }
    }

    fn key(&mut self, keys: Vec<u8>) {
        if let Some(program) = &self.program {
            self.interrupted |= keys.contains(&3);
            // A program that has just ended needs no keys.
            let _ = program.send(keys);
            return;
        }
        let room = if self.idle { usize::MAX } else { KEYS };
        let taken = room.saturating_sub(self.keys.len()).min(keys.len());
        self.keys.extend(&keys[..taken]);
    }

    fn end(&self, job: JobId, done: Result<Done, Trouble>) {
        (self.tell)(Told::Done(job, Box::new(done)));
    }
}

impl Drop for Mail {
    fn drop(&mut self) {
        self.inbox.close();
        self.done(Err(Trouble::cancelled()));
        while let Ok(order) = self.inbox.try_recv() {
            self.take(order);
        }
        for one in std::mem::take(&mut self.waiting) {
            if let Next::Work(job, ..) = one.next {
                self.end(job, Err(Trouble::cancelled()));
            }
        }
    }
}
