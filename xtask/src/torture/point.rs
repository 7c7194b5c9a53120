//! One point: break one thing at one moment, look at the flash before anybody reconnects, then reconnect, look again,
//! sync, look again. Says what it found; which points there are is `matrix`'s business.

use std::thread;
use std::time::Duration;

use boardside::virtual_board::Cut;
use boardside::virtual_board::Faults;
use boardside::virtual_board::FileSystem;
use boardside::virtual_board::Torn;
use boardside::virtual_board::VirtualBoard;
use boardside::virtual_board::VirtualBoardError;

use super::cell::Break;
use super::cell::Cell;
use super::cell::STEP;
use super::fat;
use super::fat::Damage;
use super::port;
use super::server;
use super::stand::Copy;
use super::stand::Stand;
use super::verdict;
use super::verdict::State;
use super::verdict::Verdict;

/// Longer than anything takes here, also on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);

/// What a point found.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// Before anybody reconnected; `None`: the sync was done before the point was reached.
    pub(super) before: Option<Verdict>,
    /// After the first connection, which was no sync.
    pub(super) connected: Option<Verdict>,
    /// What is wrong with the FAT at that moment.
    pub(super) fat: Vec<Damage>,
    /// One boot ran modules of both projects.
    pub(super) ran_mixed: bool,
    /// The next sync said that the file system is damaged, and what to do.
    pub(super) named: bool,
    /// The next sync made it new.
    pub(super) converged: bool,
    /// What nothing can help.
    pub(super) unhealed: Vec<String>,
    /// What must not be.
    pub(super) bad: Vec<String>,
}

/// Tries one point, in a folder of this name.
pub(super) fn run(stand: &Stand, cell: Cell, point: u64, name: &str) -> Found {
    let mut found = Found::default();
    let done = Point { stand, cell }.run(point, name, &mut found);
    found.bad.extend(done.err());
    // A sector of FAT that holds what nobody wrote is damage that only os.mkfs heals; it is shown, and not ours.
    if (cell.breaks, cell.fs) == (Break::Power(Torn::Garbage), FileSystem::Fat) && !found.bad.is_empty() {
        found.unhealed.append(&mut found.bad);
    }
    found
}

struct Point<'a> {
    stand: &'a Stand,
    cell: Cell,
}

impl Point<'_> {
    fn run(&self, point: u64, name: &str, found: &mut Found) -> Result<(), String> {
        let copy = self.stand.copy(name)?;
        let mut board = self.stand.board(&copy.image, self.faults(point))?;
        board.wait_quiet(LIMIT).map_err(words)?; // else the program would meet it while it boots
        let reached = match self.cell.breaks {
            Break::LineToBoard | Break::LineToHost | Break::LineInPaste => pull(&board, &copy)?,
            Break::KillAtEvent => kill_at_event(&board, &copy, point)?,
            Break::KillAtByte => kill_at_byte(&board, &copy, point * STEP)?,
            Break::KillServer => server::kill_in_sync(&board, &copy.program, point * STEP)?,
            Break::Power(_) => lose_power(&board, &copy)?,
        };
        if !reached {
            let whole = self.look(&board)?;
            let not_new =
                (whole.state != State::New).then(|| format!("a sync that nothing broke: {whole:?}"));
            found.bad.extend(not_new);
            return Ok(());
        }
        let before = self.look_at_rest(&board)?;
        self.judge(&before, found);
        found.fat = self.damage(&copy)?;
        found.before = Some(before);
        if self.cell.is_power() {
            self.boot(&mut board, found)?;
        } else if !board.status().plugged {
            board.replug().map_err(words)?;
        }
        let first = copy.program.run(&["ls", "-d", board.address()])?;
        if self.cell.fs == FileSystem::LittleFs || first.last()["code"] != "board.storage" {
            first.done("the first connection")?;
        }
        let connected = self.look(&board)?;
        let whole = matches!(connected.state, State::Old | State::New) && !connected.journal;
        if !whole && self.cell.fs == FileSystem::LittleFs {
            found
                .bad
                .push(format!("after the first connection: {connected:?}"));
        }
        found.connected = Some(connected);
        let next = copy.program.sync(board.address())?;
        if self.cell.fs == FileSystem::Fat && next.last()["code"] == "board.storage" {
            found.named = true; // FAT is no file system for boards that lose their power
            return Ok(());
        }
        next.done("the next sync")?;
        let after = self.look(&board)?;
        found.converged = after.state == State::New && !after.journal;
        if !found.converged {
            found.bad.push(format!("after the next sync: {after:?}"));
        }
        port::is_free(&board)?;
        port::answers(&board)?;
        let harmful = self.damage(&copy)?.into_iter().filter(Damage::is_harmful);
        found
            .bad
            .extend(harmful.map(|damage| format!("after the next sync: {damage}")));
        Ok(())
    }

    /// Power comes back; what runs then?
    fn boot(&self, board: &mut VirtualBoard, found: &mut Found) -> Result<(), String> {
        let said = port::boot(board)?;
        found.ran_mixed = verdict::ran_mixed(&said);
        if self.cell.guard && self.cell.fs == FileSystem::LittleFs && found.ran_mixed {
            found.bad.push(format!("what ran: {said:?}"));
        }
        Ok(())
    }

    fn damage(&self, copy: &Copy) -> Result<Vec<Damage>, String> {
        if self.cell.fs == FileSystem::LittleFs {
            return Ok(Vec::new());
        }
        let image = std::fs::read(&copy.image).map_err(|error| error.to_string())?;
        Ok(fat::check(&image))
    }

    fn faults(&self, point: u64) -> Faults {
        let after = if self.cell.is_paste() { point * STEP } else { point };
        let cut = Some(Cut { after, back: None });
        let faults = Faults::default();
        match self.cell.breaks {
            Break::LineToBoard | Break::LineInPaste => Faults { cut, ..faults },
            Break::LineToHost => Faults {
                cut_heard: cut,
                ..faults
            },
            Break::Power(torn) => Faults {
                power: u32::try_from(point).ok(),
                torn,
                ..faults
            },
            Break::KillAtEvent | Break::KillAtByte | Break::KillServer => faults,
        }
    }

    /// The flash when the board has nothing more to do; nobody is connected.
    fn look_at_rest(&self, board: &VirtualBoard) -> Result<Verdict, String> {
        loop {
            board.wait_quiet(LIMIT).map_err(words)?;
            let start = board.status().to_board;
            let verdict = self.look(board)?;
            board.wait_quiet(LIMIT).map_err(words)?;
            // What a killed program had written may come a moment later.
            if board.status().to_board == start {
                return Ok(verdict);
            }
        }
    }

    fn look(&self, board: &VirtualBoard) -> Result<Verdict, String> {
        match board.files() {
            Ok(files) => Ok(Verdict::of(&files, &self.stand.old, &self.stand.new)),
            Err(VirtualBoardError::NoFileSystem { .. }) => {
                Ok(Verdict::unreadable("no file system to be mounted".to_owned()))
            }
            Err(VirtualBoardError::Unreadable { output }) => {
                let why = output.lines().last().unwrap_or_default();
                Ok(Verdict::unreadable(format!(
                    "a folder that cannot be read: {why}"
                )))
            }
            Err(error) => Err(error.to_string()),
        }
    }

    /// Is that allowed?
    fn judge(&self, before: &Verdict, found: &mut Found) {
        let whole = matches!(before.state, State::Old | State::New);
        let allowed = match (self.cell.breaks, self.cell.fs) {
            (Break::Power(_), FileSystem::LittleFs) => {
                whole || (before.state == State::Mixed && before.journal)
            }
            (Break::Power(_), FileSystem::Fat) => true, // named, and to be cured
            _ => whole && !before.journal,
        };
        if !allowed {
            found.bad.push(format!("before anybody reconnects: {before:?}"));
        }
    }
}

/// False: the sync was done before.
fn pull(board: &VirtualBoard, copy: &Copy) -> Result<bool, String> {
    let ran = copy.program.sync(board.address())?;
    // The last bytes may have been those that nobody waits for.
    if ran.exit == Some(0) && board.status().plugged {
        return Ok(false);
    }
    let pulled = board.wait("pulled cable", LIMIT, |status| !status.plugged);
    pulled.map_err(|error| format!("{error}; the sync said {}", ran.last()))?;
    let code = ran.last()["code"].as_str().unwrap_or("none");
    if ran.exit == Some(0) || (ran.exit, code) == (Some(4), "wire.gone") {
        return Ok(true);
    }
    Err(format!(
        "the sync that was cut: exit {:?}, {}",
        ran.exit,
        ran.last()
    ))
}

/// False: it ended before.
fn kill_at_event(board: &VirtualBoard, copy: &Copy, event: u64) -> Result<bool, String> {
    let mut sync = copy.program.start(&["sync", "-d", board.address()])?;
    if sync.events(usize::try_from(event).unwrap_or(usize::MAX)) && !sync.has_ended() {
        return sync.kill().map(|()| true);
    }
    sync.finish()?.done("a sync that was not killed").map(|()| false)
}

fn kill_at_byte(board: &VirtualBoard, copy: &Copy, bytes: u64) -> Result<bool, String> {
    let mut sync = copy.program.start(&["sync", "-d", board.address()])?;
    while board.status().to_board < bytes {
        if sync.has_ended() {
            return sync.finish()?.done("a sync that was not killed").map(|()| false);
        }
        thread::yield_now();
    }
    sync.kill().map(|()| true)
}

fn lose_power(board: &VirtualBoard, copy: &Copy) -> Result<bool, String> {
    let mut sync = copy.program.start(&["sync", "-d", board.address()])?;
    while board.status().powered {
        if sync.has_ended() {
            return sync
                .finish()?
                .done("a sync with power")
                .map(|()| !board.status().powered);
        }
        thread::yield_now();
    }
    // It would wait for the board for a while; that is not what is tried here.
    sync.kill().map(|()| true)
}

#[allow(clippy::needless_pass_by_value)] // for `map_err`
fn words(error: VirtualBoardError) -> String {
    error.to_string()
}
