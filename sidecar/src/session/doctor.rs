//! `Doctor`: looks at a board step by step, as far as it gets, and says what to do about what it finds.
//! Changes nothing on the board unless it is asked to; then only what no program and no person wants.

mod check;
mod door;
mod findings;

pub use check::Check;
pub use check::State;

use crate::base::Progress;
use crate::board::Board;
use crate::board::BoardError;
use crate::repl::ReplError;
use crate::session::Connection;
use crate::session::Target;
use crate::session::connect;
use crate::sync::plan::Manifest;
use crate::sync::plan::Snapshot;
use crate::wire;
use crate::wire::Port;

/// What is looked at next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Door,
    Program,
    Firmware,
    Storage,
    Files,
    Done,
}

/// A look at a board, one step after the other.
pub struct Doctor {
    target: Target,
    fix: bool,
    step: Step,
    /// From the first step on; at its prompt from the second on.
    connection: Option<Connection>,
    at_prompt: bool,
}

impl Doctor {
    /// With `fix`, an unfinished transaction is finished and empty files that nobody wanted are removed.
    pub fn new(target: Target, fix: bool) -> Self {
        Self {
            target,
            fix,
            step: Step::Door,
            connection: None,
            at_prompt: false,
        }
    }

    /// The findings of the next step; `None` after the last, and after one that leads no further.
    pub async fn next(&mut self, progress: &mut dyn Progress) -> Option<Vec<Check>> {
        let (checks, next) = match self.step {
            Step::Door => self.door(progress).await,
            Step::Program => self.program(progress).await,
            Step::Done => return None,
            step => match self.ask(step).await {
                Ok(checks) => (checks, after(step)),
                Err(error) => (vec![Check::error(name(step, &error), &error)], Step::Done),
            },
        };
        self.step = next;
        Some(checks)
    }

    /// The board, if it was brought to its prompt: it is to be left as it was found.
    pub fn into_board(self) -> Option<Connection> {
        self.connection.filter(|_| self.at_prompt)
    }

    async fn door(&mut self, progress: &mut dyn Progress) -> (Vec<Check>, Step) {
        let ports = tokio::task::spawn_blocking(wire::ports::list).await;
        let ports = ports.unwrap_or_default();
        match connect(&self.target, progress).await {
            Ok(connection) => {
                let checks = door::opened(&connection.address.to_string(), &ports);
                self.connection = Some(connection);
                (checks, Step::Program)
            }
            Err(error) => (
                door::refused(&error, &ports, missing_group(&ports).as_deref()),
                Step::Done,
            ),
        }
    }

    async fn program(&mut self, progress: &mut dyn Progress) -> (Vec<Check>, Step) {
        let Some(connection) = &mut self.connection else {
            return (Vec::new(), Step::Done);
        };
        match connection.enter(self.target.force_boot, progress).await {
            Ok(()) => {
                self.at_prompt = true;
                let board = &connection.board;
                let program = findings::program(board.was_running(), board.stopped_at_once());
                (vec![Check::ok("board.answers", "yes"), program], Step::Firmware)
            }
            Err(error) => (
                vec![Check::error(name(Step::Program, &error), &error)],
                Step::Done,
            ),
        }
    }

    async fn ask(&mut self, step: Step) -> Result<Vec<Check>, BoardError> {
        let Some(connection) = &mut self.connection else {
            return Ok(Vec::new());
        };
        let board = &mut connection.board;
        match step {
            Step::Firmware => {
                let facts = board.facts().await?;
                Ok(findings::firmware(&facts, board.tier().await?))
            }
            Step::Storage => storage(board, self.fix).await,
            _ => files(board, self.fix).await,
        }
    }
}

fn after(step: Step) -> Step {
    match step {
        Step::Door => Step::Program,
        Step::Program => Step::Firmware,
        Step::Firmware => Step::Storage,
        Step::Storage => Step::Files,
        Step::Files | Step::Done => Step::Done,
    }
}

/// Which check an error belongs to.
fn name(step: Step, error: &BoardError) -> &'static str {
    match (step, error) {
        (_, BoardError::Repl(ReplError::KeepsPrinting { .. } | ReplError::CatchesInterrupt { .. })) => {
            "program"
        }
        (Step::Storage, BoardError::NoSpace { .. } | BoardError::ReadOnly | BoardError::Storage { .. }) => {
            "flash.writes"
        }
        (Step::Files, BoardError::NoSpace { .. } | BoardError::ReadOnly | BoardError::Storage { .. }) => {
            "files.synced"
        }
        (Step::Firmware, _) => "firmware",
        _ => "board.answers",
    }
}

async fn storage(board: &mut Board, fix: bool) -> Result<Vec<Check>, BoardError> {
    let facts = board.facts().await?;
    let leftovers = board.leftovers().await?;
    let mut transaction = findings::transaction(facts.unfinished, &leftovers);
    if fix && transaction.state != State::Ok {
        let finished = board.recover().await?;
        transaction = Check::ok(
            transaction.name,
            if finished {
                "an unfinished one was finished"
            } else {
                "what one had left behind was cleared away"
            },
        );
    }
    let flash = findings::flash(&board.facts().await?);
    let writes = match board.is_writable().await? {
        Some(Ok(())) => Check::ok("flash.writes", "a file was written, read back and removed"),
        Some(Err(error)) => Check::error("flash.writes", &error),
        None => Check::ok("flash.writes", "not tried: this firmware is too small to ask"),
    };
    Ok(vec![transaction, flash, writes])
}

async fn files(board: &mut Board, fix: bool) -> Result<Vec<Check>, BoardError> {
    let compared = board.compare().await?;
    let text = match compared.manifest {
        Some(_) => board.manifest().await?,
        None => None,
    };
    let (owned, record) = match text.map(|text| Manifest::parse(&String::from_utf8_lossy(&text))) {
        Some(Err(error)) => {
            let help = "the next sync compares everything anew and writes it again";
            (None, Check::note("files.synced", error.to_string(), help))
        }
        read => {
            let owned: Option<Snapshot> = read.and_then(Result::ok).map(|manifest| manifest.files);
            let record = findings::synced(owned.as_ref(), &compared.drifted);
            (owned, record)
        }
    };
    // Without a record that can be read, nobody knows which empty files were wanted.
    let known = owned.is_some() || compared.manifest.is_none();
    let empty = findings::unwanted_empty(&board.list().await?, owned.as_ref());
    let mut check = findings::empty(&empty);
    if fix && known && !empty.is_empty() {
        for path in &empty {
            board.remove(path, false).await?;
        }
        let removed = findings::files(empty.len());
        check = Check::ok(check.name, format!("{removed} removed: {}", empty.join(", ")));
    }
    Ok(vec![record, check])
}

/// The group that this user would have to be in to open serial ports. Where none is there to ask about, Linux has the
/// mainboard's own.
fn missing_group(ports: &[Port]) -> Option<String> {
    let paths = ports.iter().map(|port| port.path.as_str());
    paths.chain(["/dev/ttyS0"]).find_map(wire::holder::missing_group)
}
