//! From what a user typed to a board at its prompt: which board, which wire.
//! A board is known by its USB serial number or `machine.unique_id()`, never by the name of its port.

use std::time::Duration;

use tokio::io::AsyncWriteExt as _;
use tokio::time::Instant;

use crate::base::Progress;
use crate::base::Silent;
use crate::base::Stage;
use crate::board::Board;
use crate::board::BoardError;
use crate::ftp::FtpError;
use crate::host::Client;
use crate::host::HostError;
use crate::repl::Patience;
use crate::session::opening::log_in;
use crate::session::opening::open;
use crate::session::plugged_in::Found;
use crate::session::plugged_in::found;
use crate::session::recent;
use crate::wire::Address;
use crate::wire::Traffic;
use crate::wire::Wire;
use crate::wire::WireError;

/// How long a board that is being reset may take to reach a point where Ctrl-C works.
const BOOT_LIMIT: Duration = Duration::from_secs(10);

/// So often a board is told to reset itself.
const TRIES: u32 = 3;
/// How often a port that went away is looked for.
const REOPEN: Duration = Duration::from_millis(50);

/// Which board, and how to get in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// What the user typed; `None`: the only board there is.
    pub device: Option<String>,
    /// Bits per second on serial ports.
    pub baud: u32,
    /// Reset the board and catch it while it boots.
    pub force_boot: bool,
}

impl Target {
    /// Is it a board of another machine?
    pub fn is_far(&self) -> bool {
        let address = self.device.as_deref().map(str::parse);
        matches!(address, Some(Ok(Address::Ssh(_))))
    }
}

/// No board could be chosen or reached.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Nothing is plugged in.
    #[error("no board found")]
    NoBoard,
    /// More than one, and none was named.
    #[error("{} boards found", .0.len())]
    Many(Vec<Found>),
    /// No board has this serial number or unique id.
    #[error("no board with the id {id}")]
    NoSuchId {
        /// What was asked for.
        id: String,
    },
    /// Virtual boards that are named by `virtual:` cannot run here.
    #[error("a virtual board cannot run: {why}")]
    Virtual {
        /// Why not.
        why: String,
    },
    /// This connection has no REPL.
    #[error("{address} carries files only: no console, no programs, no reset")]
    FilesOnly {
        /// What was named.
        address: String,
    },
    /// The FTP server failed.
    #[error(transparent)]
    Ftp(#[from] FtpError),
    /// The account of this machine that is used from elsewhere is limited.
    #[error("this account may not use {what}")]
    NotAllowed {
        /// The board, or what was asked.
        what: String,
    },
    /// The machine that has the board failed.
    #[error(transparent)]
    Host(#[from] HostError),
    /// The wire failed.
    #[error(transparent)]
    Wire(#[from] WireError),
    /// The board failed.
    #[error(transparent)]
    Board(#[from] BoardError),
}

impl ConnectError {
    /// Virtual boards are processes of Linux on x86_64; elsewhere there is only this to say.
    #[cfg(not(target_os = "linux"))]
    pub fn no_virtual_board() -> Self {
        let why = "it needs Linux on x86_64: use a real board, a virtual machine or WSL 2".to_owned();
        Self::Virtual { why }
    }
}

/// What the user meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice {
    /// This address.
    At(Address),
    /// A board with this USB serial number was not seen: ask each board for its unique id.
    Ask(String),
}

/// An open conversation with a board.
pub struct Connection {
    /// The board. `enter` has not been called.
    pub board: Board,
    /// What passed on the wire so far.
    pub traffic: Traffic,
    /// Where it is.
    pub address: Address,
    /// Where it is a board of another machine.
    pub(super) distant: Option<Distant>,
    /// Bits per second on serial ports.
    pub(super) baud: u32,
    /// The user wants a board to be reset that does not let us work.
    pub force_boot: bool,
    /// A virtual board lives as long as its connection.
    #[cfg(target_os = "linux")]
    pub(super) _virtual_board: Option<Box<crate::virtual_board::VirtualBoard>>,
}

/// The machine that has the board, and the number of the board's line there.
#[derive(Clone)]
pub(super) struct Distant {
    pub(super) client: Client,
    pub(super) wire: u64,
    /// Of the connection, which sees only what passes here.
    pub(super) traffic: Traffic,
}

/// How a board was reset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// By its firmware.
    Machine,
    /// By the port's control lines.
    Lines,
}

/// Which board the user means, given those that were found. Pure.
pub fn choose(device: Option<&str>, found: Vec<Found>) -> Result<Choice, ConnectError> {
    let Some(device) = device else {
        return match found.len() {
            0 => Err(ConnectError::NoBoard),
            1 => Ok(Choice::At(found[0].address.parse()?)),
            _ => Err(ConnectError::Many(found)),
        };
    };
    let address: Address = device.parse()?;
    let Address::Id(id) = &address else {
        return Ok(Choice::At(address));
    };
    let wanted = format!("id:{id}");
    match found.iter().find(|found| {
        found
            .id
            .as_ref()
            .is_some_and(|id| id.eq_ignore_ascii_case(&wanted))
    }) {
        Some(found) => Ok(Choice::At(found.address.parse()?)),
        None => Ok(Choice::Ask(id.to_lowercase())),
    }
}

/// Opens the wire to the board that is meant. The board is not disturbed.
pub async fn connect(target: &Target, progress: &mut dyn Progress) -> Result<Connection, ConnectError> {
    let found = tokio::task::spawn_blocking(found).await.unwrap_or_default();
    match choose(target.device.as_deref(), found.clone())? {
        Choice::At(address) => {
            let connection = open(address, target.baud, progress).await?;
            recent::note(&connection.address);
            Ok(connection)
        }
        Choice::Ask(id) => ask_for(&id, found, target.baud, progress).await,
    }
}

/// Boards on UART bridges all have the bridge's serial number or none; they are asked for their own.
async fn ask_for(
    id: &str,
    found: Vec<Found>,
    baud: u32,
    progress: &mut dyn Progress,
) -> Result<Connection, ConnectError> {
    for board in found {
        let Ok(mut connection) = open(board.address.parse()?, baud, progress).await else {
            continue;
        };
        if connection.enter(false, progress).await.is_err() {
            continue;
        }
        let facts = connection.board.facts().await;
        let running = connection.board.was_running();
        // Whether it is the one or not: it goes on as it was.
        let left = if running {
            connection.board.soft_reset().await
        } else {
            connection.board.leave().await
        };
        if facts.is_ok_and(|facts| facts.unique_id == id) {
            left?;
            return Ok(connection);
        }
    }
    Err(ConnectError::NoSuchId { id: id.to_owned() })
}

impl Connection {
    /// The bytes themselves, for a terminal that takes over.
    pub fn wire(&mut self) -> &mut dyn Wire {
        self.board.wire_mut()
    }

    /// Gets the board's attention: stops the program that runs, without a reset.
    ///
    /// With `force_boot` a board that cannot be stopped is reset by its lines, or by the user's hand, and
    /// caught while it boots.
    ///
    /// A telnet server that asks for a login only now gets one.
    pub async fn enter(&mut self, force_boot: bool, progress: &mut dyn Progress) -> Result<(), BoardError> {
        self.force_boot = force_boot;
        self.wire().watch_login(true);
        let entered = self.stop_program(force_boot, progress).await;
        let asks_login = self.wire().asks_login();
        self.wire().watch_login(false);
        if entered.is_ok() || !asks_login {
            return entered;
        }
        // Boards that let in one at a time must see that this one has left.
        self.wire().shutdown().await.unwrap_or_default();
        match Box::pin(log_in(self.address.clone(), self.baud, progress)).await {
            Ok(again) => self.take_over(again),
            Err(ConnectError::Wire(error)) => return Err(BoardError::Repl(error.into())),
            Err(_) => return entered,
        }
        self.stop_program(force_boot, progress).await
    }

    async fn stop_program(
        &mut self,
        force_boot: bool,
        progress: &mut dyn Progress,
    ) -> Result<(), BoardError> {
        let patience = if force_boot {
            Patience::Brief
        } else {
            Patience::Normal
        };
        let mut doing = |doing| progress.report(Stage::Connecting { doing });
        match self.board.enter(patience, &mut doing).await {
            Err(BoardError::Repl(error)) if force_boot && error.is_locked() => {
                self.catch_boot(progress).await
            }
            other => other,
        }
    }

    /// Resets a board at its prompt, whose program started a watchdog, and catches it before it does that again.
    pub async fn start_anew(&mut self, progress: &mut dyn Progress) -> Result<(), BoardError> {
        let doing = "resetting the board";
        progress.report(Stage::Connecting { doing });
        let mut tries = 1;
        while !self.board.reset_by_lines().await? {
            match self.board.hard_reset().await {
                Ok(true) => break,
                Ok(false) => return Err(BoardError::NoReset),
                // The watchdog was faster.
                Err(error) if tries == TRIES || error.is_gone() => return Err(error),
                Err(_) => self.board.resync().await?,
            }
            tries += 1;
        }
        self.catch(Instant::now() + BOOT_LIMIT).await
    }

    /// Resets the board, or asks for it, and catches it while it boots.
    async fn catch_boot(&mut self, progress: &mut dyn Progress) -> Result<(), BoardError> {
        let by_lines = self.board.reset_by_lines().await?;
        let doing = if by_lines {
            "resetting the board"
        } else {
            "press the board's reset button now"
        };
        progress.report(Stage::Connecting { doing });
        self.catch(Instant::now() + BOOT_LIMIT).await
    }

    /// Catches a board while it boots. Its port may go and come back.
    pub(super) async fn catch(&mut self, end: Instant) -> Result<(), BoardError> {
        loop {
            let left = end.saturating_duration_since(Instant::now());
            let caught = self.board.enter(Patience::CatchBoot(left), &mut |_| {}).await;
            match caught {
                Err(error) if error.is_gone() => self.reopen(end, error).await?,
                other => return other,
            }
        }
    }

    /// Opens the port again when it is back; `gone` is what to say if it does not come.
    async fn reopen(&mut self, end: Instant, gone: BoardError) -> Result<(), BoardError> {
        while Instant::now() < end {
            tokio::time::sleep(REOPEN).await;
            if let Ok(again) = open(self.address.clone(), self.baud, &mut Silent).await {
                self.take_over(again);
                return Ok(());
            }
        }
        Err(gone)
    }

    fn take_over(&mut self, again: Self) {
        self.board = again.board;
        self.traffic = again.traffic;
        self.distant = again.distant;
        self.address = again.address;
    }

    /// What is to be said if `enter` found a board that a sync had left at another speed.
    pub fn found_fast(&self) -> Option<String> {
        let rate = self.board.found_at()?;
        Some(format!(
            "the board was left at {rate} baud by a sync that was cut short: set back"
        ))
    }

    /// As if the power had been cut, after `enter` went as `entered` says: by the port's control lines where the
    /// board does not answer or has no `machine.reset()`. A board that cannot be reset goes on.
    pub async fn hard_reset(&mut self, entered: Result<(), BoardError>) -> Result<Reset, BoardError> {
        let board = &mut self.board;
        let otherwise = match entered {
            Ok(()) if board.hard_reset().await? => return Ok(Reset::Machine),
            Ok(()) => BoardError::NoReset,
            Err(error) => error,
        };
        if board.reset_by_lines().await? {
            return Ok(Reset::Lines);
        }
        if matches!(otherwise, BoardError::NoReset) {
            board.restore().await?;
        }
        Err(otherwise)
    }
}
