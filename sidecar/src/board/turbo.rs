//! A faster line for as long as much is sent: the board's UART and the host's port change their speed together.
//! `device/turbo.py` is the other end. A board that was left fast is found by `repl`, and set back here.

use std::ops::Range;
use std::time::Duration;

use tokio::time::Instant;

use crate::board::Board;
use crate::board::BoardError;
use crate::board::Kind;
use crate::board::device;
use crate::board::incoming::Event;
use crate::board::incoming::Incoming;
use crate::board::stream::Stream;
use crate::board::stream::next_event;
use crate::repl::RATES;
use crate::repl::Repl;
use crate::repl::ReplError;
use crate::repl::Traceback;

/// Bytes of content from which on two changes, of about 0.1 s each, pay at 115200 baud: 10 kB take 0.9 s there, and
/// a third of it when they compress well.
const WORTH: u64 = 10_000;
/// What the board waits for, see `device/turbo.py`: 200 bytes, each the one after the last.
const PROOF: Range<u8> = 0x20..0x20 + 200;
/// A program of ours begins within this.
const START: Duration = Duration::from_secs(3);
/// The board tries for 0.5 s; then it goes back by itself.
const BOARD_TRIES: Duration = Duration::from_millis(450);
const BOARD_GOES_BACK: Duration = Duration::from_millis(800);
/// So often a board is asked to go back to its own speed.
const TRIES: usize = 3;

/// What became of the wish for a faster line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Turbo {
    /// There was none, or too little to send.
    #[default]
    Unused,
    /// The line had so many bits per second.
    Used(u32),
    /// The wire has no speed: TCP, or a board's own USB, which is as fast as it can be.
    NoSpeed,
    /// It is as fast as that already.
    IsFast,
    /// The firmware cannot change it.
    NoUart,
    /// Host and board did not understand each other at any other speed.
    NoFaster,
}

/// What a board remembers of it.
#[derive(Debug, Default)]
pub(super) struct Speeds {
    wished: bool,
    became: Turbo,
    /// Faster than this has failed.
    most: Option<u32>,
    /// `enter` found the board at this speed.
    found_at: Option<u32>,
}

/// How one change went.
enum Change {
    Done,
    /// The firmware cannot.
    No,
    /// They did not understand each other; both are back where they were.
    Back,
}

impl Turbo {
    /// Why the wish was not granted, for people; `None` if there is nothing to say.
    pub fn why_not(self) -> Option<&'static str> {
        match self {
            Self::Unused | Self::Used(_) => None,
            Self::NoSpeed => {
                Some("not used: this connection (network, or a board's own USB) has no baud rate to raise")
            }
            Self::IsFast => Some("not needed: the line is as fast as that already"),
            Self::NoUart => Some("not used: this board's firmware cannot change the speed of its REPL"),
            Self::NoFaster => Some(
                "not used: at every higher speed something was lost on the way; the sync went on without",
            ),
        }
    }
}

impl Board {
    /// From now on `speed_up` may do something.
    pub fn wish_turbo(&mut self, wished: bool) {
        self.speeds.wished = wished;
        self.speeds.became = Turbo::Unused;
    }

    /// What became of the wish since it was made.
    pub fn turbo(&self) -> Turbo {
        self.speeds.became
    }

    /// Bits per second of the last sync: those of `Turbo::Used`, else the line's own; `None` where it has none.
    pub fn baud(&self) -> Option<u32> {
        match self.speeds.became {
            Turbo::Used(rate) => Some(rate),
            _ => self.repl.home_baud(),
        }
    }

    /// Bits per second at which `enter` found a board that an earlier sync had to leave there; it is back at its own.
    pub fn found_at(&self) -> Option<u32> {
        self.speeds.found_at
    }

    /// At the raw prompt, before `bytes` of content are sent: as fast as host and board can, if that is wished and pays.
    pub async fn speed_up(&mut self, bytes: u64) -> Result<(), BoardError> {
        if self.speeds.wished && bytes >= WORTH {
            if let Turbo::Used(rate) = self.speeds.became {
                // It failed in the middle: this speed may be the reason.
                self.speeds.most = Some(rate - 1);
            }
            self.speeds.became = Box::pin(self.faster()).await?;
        }
        Ok(())
    }

    async fn faster(&mut self) -> Result<Turbo, BoardError> {
        let Some(home) = self.repl.home_baud() else {
            return Ok(Turbo::NoSpeed);
        };
        if home >= RATES[0] {
            return Ok(Turbo::IsFast);
        }
        if self.kind().await? == Kind::Flat {
            return Ok(Turbo::NoUart);
        }
        for rate in RATES.into_iter().filter(|rate| *rate > home) {
            if self.speeds.most.is_some_and(|most| rate > most) {
                continue;
            }
            match self.change(rate).await? {
                Change::Done => return Ok(Turbo::Used(rate)),
                Change::No => return Ok(Turbo::NoUart),
                Change::Back => self.speeds.most = Some(rate - 1),
            }
        }
        Ok(Turbo::NoFaster)
    }

    /// The line has its own speed again. At the raw prompt; does nothing where it has.
    pub async fn slow_down(&mut self) -> Result<(), BoardError> {
        match self.repl.home_baud() {
            // Boxed: this is inside of everything that a board does.
            Some(home) if self.repl.is_away() => Box::pin(self.go_home(home)).await,
            _ => Ok(()),
        }
    }

    async fn go_home(&mut self, home: u32) -> Result<(), BoardError> {
        for _ in 0..TRIES {
            if !self.repl.is_away() {
                return Ok(());
            }
            match self.change(home).await {
                Ok(Change::Done) => return Ok(()),
                Ok(Change::No) => break,
                Ok(Change::Back) => {}
                // A Ctrl-C of `enter` that was still on its way, or noise: once more.
                Err(BoardError::Raised(_) | BoardError::Repl(ReplError::Timeout { .. })) => {
                    self.agent = None;
                    self.repl.resync().await?;
                }
                Err(error) => return Err(error),
            }
        }
        if self.repl.is_away() {
            return Err(BoardError::Repl(ReplError::Damaged));
        }
        Ok(())
    }

    /// After `enter`: a board that was left fast gets its own speed back.
    pub(super) async fn come_home(
        &mut self,
        doing: &mut (dyn FnMut(&'static str) + Send),
    ) -> Result<(), BoardError> {
        self.speeds.found_at = self.repl.baud().filter(|_| self.repl.is_away());
        if self.speeds.found_at.is_some() {
            doing("the board was left at a faster speed, setting it back");
            self.slow_down().await?;
        }
        Ok(())
    }

    /// Gives both ends another speed, or neither. The agent goes on, if it runs.
    async fn change(&mut self, to: u32) -> Result<Change, BoardError> {
        let (from, home) = (self.repl.baud().unwrap_or_default(), self.repl.home_baud());
        let values = format!("NEW={to}\nOLD={from}\nSTAY={}\n", u8::from(home == Some(to)));
        let mut ear = self.start_change(&values).await?;
        loop {
            match ear.hear(&mut self.repl, START, "change of speed").await? {
                Heard::Line(line) if line == "t" => break,
                Heard::Line(line) if line == "n" => {
                    ear.end(&mut self.repl, START).await?;
                    self.agent = ear.agent;
                    return Ok(Change::No);
                }
                Heard::Ended(raised) => {
                    let weaker = self.sum.weaker().filter(|_| raised.kind() == "ImportError");
                    self.sum = weaker.ok_or(BoardError::Raised(raised))?;
                    ear = self.start_change(&values).await?;
                }
                Heard::Line(_) => {}
            }
        }
        // A port that does not have it stays as it is, and the board goes back by itself.
        let proved = self.repl.set_baud(to).is_ok() && {
            ear.forget_noise();
            ear.prove(&mut self.repl).await?
        };
        if !proved && home != Some(to) {
            self.repl.set_baud(from)?;
            ear.forget_noise();
        }
        // After a failure it may have gone back before this end did; and its last word may be lost in any case.
        match ear.end(&mut self.repl, BOARD_GOES_BACK).await {
            Ok(()) => self.agent = ear.agent,
            Err(BoardError::Repl(ReplError::Timeout { .. })) => self.repl.resync().await?,
            Err(error) => return Err(error),
        }
        Ok(if self.repl.baud() == Some(to) {
            Change::Done
        } else {
            Change::Back
        })
    }

    /// Starts `device/turbo.py`, beside the agent if that runs.
    async fn start_change(&mut self, values: &str) -> Result<Ear, BoardError> {
        let agent = if let Some(mut stream) = self.agent.take() {
            let program = [values, &device::program(&[device::TURBO])].concat();
            stream.begin(&mut self.repl, &program).await?;
            Some(stream)
        } else {
            let pieces = [device::SAY, device::TURBO, device::TIDY];
            let program = [values, &device::program(&pieces)].concat();
            let code = self.deliver(&program).await?;
            self.repl.start(code.as_bytes()).await?;
            None
        };
        Ok(Ear {
            agent,
            incoming: Incoming::default(),
        })
    }
}

/// Where the words of `device/turbo.py` come from.
struct Ear {
    agent: Option<Box<Stream>>,
    incoming: Incoming,
}

enum Heard {
    Line(String),
    Ended(Traceback),
}

impl Ear {
    /// Hears the board at the new speed, lets it hear this end, and hears that it did.
    async fn prove(&mut self, repl: &mut Repl) -> Result<bool, BoardError> {
        let mut answered = false;
        loop {
            match self.hear(repl, BOARD_TRIES, "board at another speed").await {
                Ok(Heard::Line(line)) if line == "k" => return Ok(true),
                Ok(Heard::Line(line)) if line.starts_with('h') && !answered => {
                    repl.send(&PROOF.collect::<Vec<u8>>()).await?;
                    answered = true;
                }
                Ok(Heard::Line(_)) => {}
                Ok(Heard::Ended(_)) | Err(BoardError::Repl(ReplError::Timeout { .. })) => return Ok(false),
                Err(error) => return Err(error),
            }
        }
    }

    /// Waits for the end of the program.
    async fn end(&mut self, repl: &mut Repl, limit: Duration) -> Result<(), BoardError> {
        while !matches!(
            self.hear(repl, limit, "end of the change of speed").await?,
            Heard::Ended(_)
        ) {}
        Ok(())
    }

    async fn hear(
        &mut self,
        repl: &mut Repl,
        limit: Duration,
        waiting_for: &'static str,
    ) -> Result<Heard, BoardError> {
        let deadline = Instant::now() + limit;
        loop {
            let event = match &mut self.agent {
                Some(stream) => stream.next_event(repl, deadline, waiting_for).await?,
                None => next_event(&mut self.incoming, repl, deadline, waiting_for).await?,
            };
            match event {
                // The agent's word for the end of a program.
                Event::Line(line) if line == "." => return Ok(Heard::Ended(Traceback::new(b""))),
                Event::Line(line) if line.starts_with("! ") => {
                    return Ok(Heard::Ended(Traceback::new(&line.as_bytes()[2..])));
                }
                Event::Line(line) => return Ok(Heard::Line(line)),
                Event::Ended(_) if self.agent.is_some() => return Err(BoardError::Repl(ReplError::Damaged)),
                Event::Ended(error) => return Ok(Heard::Ended(Traceback::new(&error))),
                Event::Room | Event::Ack(_) => {}
            }
        }
    }

    /// What came at another speed means nothing.
    fn forget_noise(&mut self) {
        self.incoming = Incoming::default();
        if let Some(stream) = &mut self.agent {
            stream.forget_noise();
        }
    }
}
