//! `Doctor`: looks at a board step by step, as far as it gets, and says what to do about what it finds.
//! Changes nothing on the board unless it is asked to; then only what no program and no person wants.

mod check;
mod door;
mod findings;
mod flash;

use std::collections::BTreeSet;

pub use check::Check;
pub use check::State;
use findings::Wanted;

use crate::base::Progress;
use crate::board::Board;
use crate::board::BoardError;
use crate::board::Trial;
use crate::repl::ReplError;
use crate::session::Connection;
use crate::session::Target;
use crate::session::connect;
use crate::sync::plan::Manifest;
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
    /// Paths of the project that is known here.
    project: BTreeSet<String>,
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
            project: BTreeSet::new(),
        }
    }

    /// With the paths that a project wants on the board: none of them is removed, also if it is empty.
    #[must_use]
    pub fn of_project(mut self, paths: impl IntoIterator<Item = String>) -> Self {
        self.project = paths.into_iter().collect();
        self
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
            _ => files(board, self.fix, &self.project).await,
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
        (Step::Storage, error) if error.is_storage() => "flash.writes",
        (Step::Files, error) if error.is_storage() => "files.synced",
        (Step::Firmware, _) => "firmware",
        _ => "board.answers",
    }
}

async fn storage(board: &mut Board, fix: bool) -> Result<Vec<Check>, BoardError> {
    let mut transaction = flash::transaction(&board.leftovers().await?);
    if fix && transaction.state != State::Ok {
        transaction = match board.recover().await {
            Ok(true) => Check::ok(transaction.name, "an unfinished one was finished"),
            Ok(false) => Check::ok(transaction.name, "what one had left behind was cleared away"),
            Err(error) if error.is_storage() => Check::error(transaction.name, &error),
            Err(error) => return Err(error),
        };
    }
    let trial = board.try_storage().await?;
    let facts = board.facts().await?;
    let others = match trial {
        Trial::Kept { .. } | Trial::NotTried => None,
        _ => crate::sync::others(board).await,
    };
    Ok(vec![
        transaction,
        flash::format(&facts),
        flash::free(&facts),
        flash::writes(&trial, &facts, others.as_deref()),
    ])
}

async fn files(board: &mut Board, fix: bool, project: &BTreeSet<String>) -> Result<Vec<Check>, BoardError> {
    let compared = board.compare().await?;
    let text = match compared.manifest {
        Some(_) => board.manifest().await?,
        None => None,
    };
    let read = text.map(|text| Manifest::parse(&String::from_utf8_lossy(&text)));
    let record = findings::record(read.as_ref());
    // Without a record that can be read, nobody knows which empty files were wanted.
    let known = record.state == State::Ok || !project.is_empty();
    let owned = read.and_then(Result::ok).map(|manifest| manifest.files);
    let drifted = if owned.is_some() {
        &compared.drifted[..]
    } else {
        &[]
    };
    let synced = findings::synced(owned.as_ref(), drifted);
    let wanted = Wanted {
        owned: owned.as_ref(),
        project: project.clone(),
    };
    let mut listed = board.list().await?;
    let unwanted = findings::unwanted(&listed, &wanted);
    let mut empty = findings::empty(&unwanted);
    if fix && !unwanted.is_empty() {
        if known {
            for path in &unwanted {
                board.remove(path, false).await?;
            }
            listed.retain(|listed| !unwanted.contains(&listed.path));
            let removed = findings::files(unwanted.len());
            empty = Check::ok(empty.name, format!("{removed} removed: {}", unwanted.join(", ")));
        } else {
            "none was removed: the record is damaged, and nobody knows which were wanted; sync first, or run this in \
             the project's folder"
                .clone_into(&mut empty.help);
        }
    }
    let mut checks = vec![record, synced, findings::boot(&listed, &wanted), empty];
    checks.extend(findings::release(&board.facts().await?));
    Ok(checks)
}

/// The group that this user would have to be in to open serial ports. Where none is there to ask about, Linux has the
/// mainboard's own.
fn missing_group(ports: &[Port]) -> Option<String> {
    let paths = ports.iter().map(|port| port.path.as_str());
    paths.chain(["/dev/ttyS0"]).find_map(wire::holder::missing_group)
}
