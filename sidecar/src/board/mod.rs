//! What one board can do: probe, compare, list, read, stage and commit, run, reset.
//! Decides nothing about projects: that is `sync`. Owns the `Repl`, so nobody else can put bytes on the wire.

mod agent;
#[doc(hidden)]
pub mod bench;
/// Files beside the REPL, by WebREPL's own protocol.
pub mod beside;
mod compare;
mod device;
mod error;
mod facts;
mod files;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
mod incoming;
mod journal;
mod link;
mod patience;
mod program;
mod read;
mod rename;
mod run;
mod shorthand;
mod squeeze;
mod stage;
mod stage_flat;
mod staging;
mod stream;
mod sum;
mod trial;
mod turbo;

pub use compare::Compared;
pub use compare::Drifted;
pub use device::boot_guard;
pub use error::BoardError;
pub use facts::Facts;
pub use files::FLAT_MANIFEST;
pub use files::Leftovers;
pub use files::Lies;
pub use files::Listed;
pub use journal::Order;
pub use patience::Tries;
pub use stage::Record;
pub use stage::Stage;
pub use stage::Tier;
pub use staging::Misread;
pub use sum::Sum;
pub use trial::Trial;
pub use turbo::Turbo;

use std::time::Duration;

use tokio::time::Instant;

use crate::base::BoardPath;
use crate::board::stream::Stream;
use crate::repl::Entered;
use crate::repl::Patience;
use crate::repl::Repl;
use crate::repl::ReplError;
use crate::repl::Typing;
use crate::repl::text_literal;
use crate::wire::Wire;

/// How long a program of ours may say nothing. Those that take longer give a sign of life after each 16 or 64 kB; in
/// plain Python an ESP8266 sums up about 10 kB a second.
const QUIET: Duration = Duration::from_secs(8);

/// The same for a flat board, whose programs give no sign of life.
const FLAT_QUIET: Duration = Duration::from_mins(1);

/// A board that restarts by itself within this is tried once more: right after a restart there is the most time.
const RESTART: Duration = Duration::from_secs(7);

/// The same for programs of a few lines.
const SHORT: Duration = Duration::from_millis(1500);

/// What kind of firmware answers; decides which programs of `device/` are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// A file system with folders.
    Folders,
    /// Files only (micro:bit).
    Flat,
}

/// One board at the end of a wire.
#[allow(clippy::struct_excessive_bools)] // which have nothing to do with each other
pub struct Board {
    repl: Repl,
    kind: Option<Kind>,
    sum: Sum,
    facts: Option<Facts>,
    /// What it said last, also if that may have changed since.
    last_facts: Option<(Facts, Tier)>,
    entered: Entered,
    /// The line has damaged something: what is sent goes in small pieces, each of them checked.
    bad_line: bool,
    /// So much time was lost to that, and nothing came of it.
    lost: Duration,
    /// The agent, while it runs on the board.
    agent: Option<Box<Stream>>,
    /// Somebody at another machine works on it, or did.
    elsewhere: bool,
    /// This firmware cannot hold it.
    no_agent: bool,
    /// It does not lie on the board.
    is_new: bool,
    speeds: turbo::Speeds,
    /// A global of ours is on the board while the agent runs: where it is missing afterwards, the board was reset.
    marked: bool,
    entered_at: Instant,
    /// So often it was reset since `enter`, by itself.
    restarts: u32,
    /// Flat: the file whose writing was cut short.
    half_written: Option<BoardPath>,
    /// What the last transaction staged.
    staging: staging::Staging,
}

impl Board {
    /// Takes a conversation with a board in any state. Nothing is sent.
    pub fn new(repl: Repl) -> Self {
        Self {
            repl,
            kind: None,
            sum: Sum::Sha256,
            facts: None,
            last_facts: None,
            entered: Entered {
                was_running: false,
                at_once: true,
            },
            bad_line: false,
            lost: Duration::ZERO,
            agent: None,
            elsewhere: false,
            no_agent: false,
            is_new: false,
            speeds: turbo::Speeds::default(),
            marked: false,
            entered_at: Instant::now(),
            restarts: 0,
            half_written: None,
            staging: staging::Staging::default(),
        }
    }

    /// Gets the board's attention; says what is being tried.
    pub async fn enter(
        &mut self,
        patience: Patience,
        doing: &mut (dyn FnMut(&'static str) + Send),
    ) -> Result<(), BoardError> {
        self.agent = None;
        self.elsewhere = false;
        self.marked = false;
        self.entered = self.repl.enter(patience, doing).await?;
        self.entered_at = Instant::now();
        self.restarts = 0;
        // A connection can be kept for hours: what damaged the line may be gone.
        self.bad_line = false;
        self.lost = Duration::ZERO;
        self.come_home(doing).await
    }

    /// Did `enter` have to stop a program?
    pub fn was_running(&self) -> bool {
        self.entered.was_running
    }

    /// Was the first Ctrl-C enough for `enter`?
    pub fn stopped_at_once(&self) -> bool {
        self.entered.at_once
    }

    /// Counts as if `enter` had stopped a program: one ran when this project was first synced, and ended since.
    pub fn count_as_running(&mut self) {
        self.entered.was_running = true;
    }

    /// What the board says while nobody asks it anything, as it comes. Nothing is lost if the wait is dropped.
    pub async fn overhear(&mut self) -> Result<Vec<u8>, BoardError> {
        Ok(self.repl.overhear().await?)
    }

    /// `overhear` while keys are sent; empty if only that was done. Nothing is lost if the wait is dropped.
    pub async fn converse(&mut self, keys: &mut Typing) -> Result<Vec<u8>, BoardError> {
        Ok(self.repl.converse(keys).await?)
    }

    /// The checksum of this session.
    pub fn sum(&self) -> Sum {
        self.sum
    }

    /// What the board is and can do. Asked once a connection.
    pub async fn facts(&mut self) -> Result<Facts, BoardError> {
        self.take_back().await?;
        let mut tries = Tries::default();
        loop {
            match Box::pin(self.facts_once()).await {
                Err(error) => self.mend(error, &mut tries).await?,
                facts => return facts,
            }
        }
    }

    async fn facts_once(&mut self) -> Result<Facts, BoardError> {
        if let Some(facts) = &self.facts {
            return Ok(facts.clone());
        }
        let pieces = match self.kind().await? {
            Kind::Folders => &[device::PLACE, device::FLAGS, device::FACTS, device::FACTS_NOW][..],
            Kind::Flat => &[device::FLAT_PLACE, device::FLAT_FACTS],
        };
        let lines = if self.agent.is_some() {
            self.ask(&[device::FACTS_NOW], &[]).await?
        } else if let Some(lines) = Box::pin(self.wake(false)).await? {
            lines
        } else {
            self.ask(pieces, &[]).await?
        };
        self.learn(&lines)
    }

    /// What the board said of itself last, without asking: free flash and RAM may be others by now.
    pub fn last_facts(&self) -> Option<(&Facts, Tier)> {
        self.last_facts.as_ref().map(|(facts, tier)| (facts, *tier))
    }

    fn learn(&mut self, lines: &[String]) -> Result<Facts, BoardError> {
        let mut facts = Facts::parse(lines).ok_or_else(|| unclear(lines))?;
        // The firmware may have it, and the line does not let it through.
        facts.binary_stdin &= self.repl.is_binary();
        let has_paste = self.repl.has_raw_paste();
        let tier = Tier::of(&facts, self.kind == Some(Kind::Flat), has_paste);
        self.last_facts = Some((facts.clone(), tier));
        self.facts = Some(facts.clone());
        Ok(facts)
    }

    /// From here on somebody else works on the board, by its line at another machine, and leaves it in raw mode.
    pub fn handed_over(&mut self) {
        self.facts = None;
        self.agent = None;
        self.elsewhere = true;
        self.repl.lose_touch();
    }

    /// To the raw prompt after `handed_over`, for who goes on here. Nothing where that was not.
    pub async fn take_back(&mut self) -> Result<(), BoardError> {
        if std::mem::take(&mut self.elsewhere) {
            self.repl.enter(Patience::Normal, &mut |_| {}).await?;
        }
        Ok(())
    }

    /// Does this board have files only?
    pub async fn is_flat(&mut self) -> Result<bool, BoardError> {
        Ok(self.kind().await? == Kind::Flat)
    }

    /// Firmware with raw-paste (1.14, 2020, and later) has folders; the rest is asked.
    async fn kind(&mut self) -> Result<Kind, BoardError> {
        if let Some(kind) = self.kind {
            return Ok(kind);
        }
        let kind = if self.repl.raw_paste().await? {
            Kind::Folders
        } else {
            let answer = self
                .repl
                .ask(&device::program(&[device::FLAT_PROBE]), QUIET)
                .await?;
            match answer.first().map(String::as_str) {
                Some("f") => Kind::Flat,
                Some("t") => Kind::Folders,
                _ => return Err(unclear(&answer)),
            }
        };
        if kind == Kind::Flat {
            self.sum = Sum::Adler32;
        }
        self.kind = Some(kind);
        Ok(kind)
    }

    /// A path or a name as this firmware reads it.
    async fn text(&mut self, value: &str) -> Result<String, BoardError> {
        Ok(match self.kind().await? {
            Kind::Folders => text_literal(value),
            Kind::Flat => text_literal(value.trim_start_matches('/')),
        })
    }

    /// After a failure or a cancel: to the raw prompt, whatever the board was doing.
    pub async fn resync(&mut self) -> Result<(), BoardError> {
        // Whatever it was, from here on nothing is taken for granted.
        let was_bad = std::mem::replace(&mut self.bad_line, true);
        self.agent = None;
        self.elsewhere = false;
        self.repl.resync().await?;
        let marked = std::mem::take(&mut self.marked);
        if self.forget().await == Some(false) && marked {
            self.restarts += 1;
            self.bad_line = was_bad; // It was not the line.
            let after = self.entered_at.elapsed();
            if self.restarts > 1 || after > RESTART {
                return Err(BoardError::Restarts { after });
            }
        }
        self.slow_down().await
    }

    /// Back to the friendly prompt.
    pub async fn leave(&mut self) -> Result<(), BoardError> {
        self.hang_up().await?;
        self.slow_down().await?;
        Ok(self.repl.leave().await?)
    }

    /// After `enter`: what was running runs again, by a soft reset; else back to the friendly prompt.
    pub async fn restore(&mut self) -> Result<(), BoardError> {
        if self.was_running() {
            self.soft_reset().await
        } else {
            self.leave().await
        }
    }

    /// Soft reset: boot.py and main.py run again. The board is at the friendly side afterwards.
    pub async fn soft_reset(&mut self) -> Result<(), BoardError> {
        self.facts = None;
        self.hang_up().await?;
        self.slow_down().await?;
        Ok(self.repl.soft_reset().await?)
    }

    /// `machine.reset()`: as if the power had been cut. The port of a board with native USB goes away, and the
    /// wire with it. Says whether the firmware has it.
    pub async fn hard_reset(&mut self) -> Result<bool, BoardError> {
        self.take_back().await?;
        self.hang_up().await?;
        match self.repl.exec(&device::program(&[device::RESETS]), QUIET).await {
            Err(ReplError::Raised(_)) => return Ok(false),
            other => other.map(drop)?,
        }
        self.facts = None;
        self.kind = None;
        let program = device::program(&[device::RESET]);
        match self.repl.start_until(program.as_bytes(), b".", SHORT).await {
            // A port that vanishes can take the last acknowledgement along.
            Err(ReplError::Wire(_)) => Ok(true),
            other => Ok(other.map(|()| true)?),
        }
    }

    /// Resets the board by its control lines, where the wire knows how. Says whether it does.
    pub async fn reset_by_lines(&mut self) -> Result<bool, BoardError> {
        let wire = self.repl.wire_mut();
        let steps = wire.reset_steps();
        for step in steps {
            wire.set_lines(step.lines)
                .map_err(|error| BoardError::Repl(error.into()))?;
            tokio::time::sleep(step.hold).await;
        }
        Ok(!steps.is_empty())
    }

    /// The wire, for a terminal that takes over.
    pub fn wire_mut(&mut self) -> &mut dyn Wire {
        self.repl.wire_mut()
    }
}

fn unclear(lines: &[String]) -> BoardError {
    BoardError::Answer {
        line: lines.last().cloned().unwrap_or_else(|| "nothing".to_owned()),
    }
}
