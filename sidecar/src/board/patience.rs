//! What a bad line damaged is asked for again, a few times and not for ever.
//! Which questions may be asked twice, their own rooms know.

use std::time::Duration;

use tokio::time::Instant;

use crate::board::Board;
use crate::board::BoardError;

/// So long may be lost to damage without anything coming of it. With what a last try takes, and leaving the board in
/// good order, a hopeless line is given up within half a minute.
const PATIENCE: Duration = Duration::from_secs(15);

/// How often something was tried.
#[derive(Debug)]
pub struct Tries {
    left: u32,
    began: Instant,
}

impl Tries {
    /// So many in all; the first begins now.
    pub fn new(count: u32) -> Self {
        Self {
            left: count,
            began: Instant::now(),
        }
    }
}

impl Tries {
    /// Begins another one, if that was not the last.
    pub fn one_more(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        self.forgive();
        self.left > 0
    }

    /// What was tried until now does not count as lost time.
    pub fn forgive(&mut self) {
        self.began = Instant::now();
    }
}

impl Default for Tries {
    fn default() -> Self {
        Self::new(4)
    }
}

impl Board {
    /// After a try that failed: the board is at its prompt and the next try may begin, or that was all and the error
    /// is the one to tell.
    pub async fn mend(&mut self, error: BoardError, tries: &mut Tries) -> Result<(), BoardError> {
        self.lose(tries.began);
        tries.left = tries.left.saturating_sub(1);
        if !error.is_line() || tries.left == 0 || self.is_hopeless() {
            return Err(error);
        }
        // Boxed: this is inside of everything that a board does.
        match Box::pin(self.resync()).await {
            Ok(()) => {}
            // That is the reason of the other.
            Err(restarts @ BoardError::Restarts { .. }) => return Err(restarts),
            Err(_) => return Err(error),
        }
        tries.began = Instant::now();
        Ok(())
    }

    /// What was tried since then came to nothing.
    pub(super) fn lose(&mut self, since: Instant) {
        self.lost += since.elapsed();
    }

    /// Something came of it after all.
    pub fn gain(&mut self) {
        self.lost = Duration::ZERO;
    }

    /// Too much time was lost.
    pub(super) fn is_hopeless(&self) -> bool {
        self.lost >= PATIENCE
    }
}
