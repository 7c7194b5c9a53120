//! `Silence`: while a program of ours says nothing, the board is asked whether it still runs, so that an end which the
//! line lost is not waited for.
//! What may be asked, and what the answer looks like, the callers know.

use std::time::Duration;

use tokio::time::Instant;

use crate::repl::Repl;
use crate::repl::ReplError;
use crate::repl::conversation::RAW_BANNER;

/// So long nothing is asked; then twice as long, and so on. Most programs of ours answer within milliseconds;
/// checksums of a large flash take some seconds.
const FIRST: Duration = Duration::from_millis(1500);
/// A board that is at its prompt says its banner within this.
const BANNER: Duration = Duration::from_millis(500);

/// How long nothing came.
#[derive(Debug)]
pub struct Silence {
    waiting_for: &'static str,
    limit: Duration,
    end: Instant,
    pause: Duration,
    next: Instant,
}

/// What ended a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filled {
    /// Bytes came.
    Came,
    /// Nothing came, and the board was asked.
    Asked,
}

impl Silence {
    /// At the longest so long, from now or what was `heard` last on; `waiting_for` is for people.
    pub fn new(waiting_for: &'static str, limit: Duration) -> Self {
        let now = Instant::now();
        Self {
            waiting_for,
            limit,
            end: now + limit,
            pause: FIRST,
            next: now + FIRST,
        }
    }

    /// Something came that the program said, and neither an echo of a question nor what its timers print: the limit
    /// begins anew. Questions become
    /// no more frequent again.
    pub fn heard(&mut self) {
        let now = Instant::now();
        self.end = now + self.limit;
        self.next = now + self.pause;
    }
}

impl Repl {
    /// Waits for at least one more byte; where none comes for a while, sends `question`.
    pub async fn fill_or_ask(&mut self, silence: &mut Silence, question: &[u8]) -> Result<Filled, ReplError> {
        let until = silence.next.min(silence.end);
        match self.fill(until, silence.waiting_for, silence.limit).await {
            Ok(()) => Ok(Filled::Came),
            Err(ReplError::Timeout { .. }) if until < silence.end => {
                silence.pause *= 2;
                silence.next = Instant::now() + silence.pause;
                self.send(question).await?;
                Ok(Filled::Asked)
            }
            Err(error) => Err(error),
        }
    }

    /// The program has ended, and the board has still to say so many banners that it was asked for.
    pub(super) async fn hear_banners(&mut self, count: usize) -> Result<(), ReplError> {
        for _ in 0..count {
            match self.expect(RAW_BANNER, "raw prompt", BANNER).await {
                Err(ReplError::Timeout { .. }) => break, // the question was lost
                other => other?,
            }
        }
        Ok(())
    }
}
