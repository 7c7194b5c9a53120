//! Runs the points of all rows, two boards side by side, and adds up what they found. Shows progress, no tables.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use super::cell::Cell;
use super::point;
use super::point::Found;
use super::stand::Stand;
use super::verdict::State;

/// Boards at once.
const BOARDS: usize = 2;
/// Milliseconds: shorter ones come as one lump of notices.
const SEEN: f64 = 0.5;
/// Between two lines of progress.
const PROGRESS: Duration = Duration::from_secs(20);

/// What the points of one row found.
#[derive(Debug, Default)]
pub(super) struct Row {
    /// Points at which something was broken.
    pub(super) points: u64,
    /// What the flash held before anybody reconnected.
    pub(super) states: BTreeMap<State, u64>,
    /// After the first connection it was one of the two projects.
    pub(super) connected: u64,
    /// One boot ran modules of both projects.
    pub(super) ran_mixed: u64,
    pub(super) converged: u64,
    /// The next sync could not, and said that the file system is damaged.
    pub(super) named: u64,
    /// Damage of a kind that nothing can help, and that nothing named.
    pub(super) unhealed: u64,
    /// Points at which the flash held neither project.
    pub(super) mixed: Vec<u64>,
    /// From the journal's name to the last rename.
    pub(super) window: Option<Window>,
    /// Points at which the flash held a journal.
    journal: Vec<u64>,
    /// What was wrong with the flash, and at how many points.
    pub(super) damage: BTreeMap<String, u64>,
    /// What must not be, by point.
    pub(super) bad: Vec<(u64, String)>,
}

impl Row {
    fn add(&mut self, point: u64, found: Found) {
        self.bad.extend(found.bad.into_iter().map(|bad| (point, bad)));
        let Some(before) = found.before else {
            return;
        };
        self.points += 1;
        *self.states.entry(before.state).or_default() += 1;
        let is_whole = |state| matches!(state, State::Old | State::New);
        self.connected += u64::from(found.connected.is_some_and(|verdict| is_whole(verdict.state)));
        self.ran_mixed += u64::from(found.ran_mixed);
        self.converged += u64::from(found.converged);
        self.named += u64::from(found.named);
        self.unhealed += u64::from(!found.unhealed.is_empty());
        if before.journal {
            self.journal.push(point);
        }
        if !is_whole(before.state) {
            self.mixed.push(point);
        }
        let mut kinds: Vec<String> = found.fat.iter().map(|damage| damage.kind().to_owned()).collect();
        kinds.extend(before.notes);
        kinds.sort();
        kinds.dedup();
        for kind in kinds {
            *self.damage.entry(kind).or_default() += 1;
        }
    }
}

/// Points to be tried.
pub(super) struct Work<'a> {
    pub(super) cell: Cell,
    pub(super) stand: &'a Stand,
    pub(super) points: Vec<u64>,
}

/// Tries them all; a row for each of `work`.
pub(super) fn run(work: &[Work<'_>]) -> Vec<Row> {
    let mut left: Vec<(usize, u64)> = Vec::new();
    for (row, work) in work.iter().enumerate() {
        left.extend(work.points.iter().map(|point| (row, *point)));
    }
    let total = u32::try_from(left.len()).unwrap_or(u32::MAX);
    left.reverse();
    let left = Mutex::new(left);
    let rows = Mutex::new((
        work.iter().map(|_| Row::default()).collect::<Vec<_>>(),
        Progress::new(total),
    ));
    thread::scope(|scope| {
        for board in 0..BOARDS {
            let (left, rows) = (&left, &rows);
            scope.spawn(move || {
                let folder = format!("board-{board}");
                let next = || left.lock().unwrap_or_else(PoisonError::into_inner).pop();
                while let Some((row, point)) = next() {
                    let work = &work[row];
                    let found = point::run(work.stand, work.cell, point, &folder);
                    let mut rows = rows.lock().unwrap_or_else(PoisonError::into_inner);
                    for bad in &found.bad {
                        eprintln!("torture: BAD: {} {point}: {bad}", work.cell.name());
                    }
                    rows.0[row].add(point, found);
                    rows.1.tell(work.cell, point);
                }
            });
        }
    });
    let (mut rows, _) = rows.into_inner().unwrap_or_else(PoisonError::into_inner);
    for row in &mut rows {
        row.journal.sort_unstable();
        row.mixed.sort_unstable();
        row.bad.sort();
    }
    rows
}

/// The operations of the flash at which a loss of power leaves neither project.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    /// The first at which the journal has its name.
    pub(super) first: u64,
    /// The last one of the renames.
    pub(super) last: u64,
    /// How long they take on this board; `None`: less than can be seen from outside.
    pub(super) ms: Option<f64>,
}

impl Row {
    /// Measures the window, where the points show one.
    pub(super) fn measure(&mut self, stand: &Stand) -> Result<(), String> {
        if let (Some(first), Some(last)) = (self.journal.first().copied(), self.mixed.last().copied()) {
            let time = stand.between(first, last + 1)?;
            self.window = Some(Window {
                first,
                last,
                ms: Some(time.as_secs_f64() * 1000.0).filter(|ms| *ms >= SEEN),
            });
        }
        Ok(())
    }
}

struct Progress {
    start: Instant,
    told: Instant,
    done: u32,
    total: u32,
}

impl Progress {
    fn new(total: u32) -> Self {
        let now = Instant::now();
        Self {
            start: now,
            told: now,
            done: 0,
            total,
        }
    }

    fn tell(&mut self, cell: Cell, point: u64) {
        self.done += 1;
        if self.told.elapsed() < PROGRESS && self.done < self.total {
            return;
        }
        self.told = Instant::now();
        let spent = self.start.elapsed().as_secs_f64();
        let left = spent / f64::from(self.done) * f64::from(self.total - self.done) / 60.0;
        let (done, total) = (self.done, self.total);
        eprintln!(
            "torture: {done} of {total} points, now {} {point}; {left:.0} min left",
            cell.name()
        );
    }
}
