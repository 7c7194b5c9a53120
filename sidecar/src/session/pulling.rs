//! `Pulling`: the board's files into the project: decided for all of them, then written.
//! What becomes of each is `sync::plan::pull`'s business; nothing is ever removed here.

use std::collections::BTreeMap;

use crate::base::BoardPath;
use crate::base::Progress;
use crate::base::Stage;
use crate::board::Board;
use crate::board::BoardError;
use crate::board::Lies;
use crate::session::CASE_BLIND;
use crate::session::Files;
use crate::session::FilesError;
use crate::session::Goal;
use crate::session::LandError;
use crate::session::PullError;
use crate::session::here;
use crate::session::host_path;
use crate::session::land;
use crate::session::lies_within;
use crate::sync::guard::bare;
use crate::sync::plan::Decision;
use crate::sync::plan::Hindrance;
use crate::sync::plan::Pull;
use crate::sync::plan::Sides;
use crate::sync::plan::pull;
use crate::sync::scan::Scan;

/// A pull that was not done, or not to its end.
#[derive(Debug, thiserror::Error)]
pub enum PullingError {
    /// Something in the project would be lost. Nothing was written.
    #[error(transparent)]
    Refused(#[from] PullError),
    /// A file could not be written. Those before it were.
    #[error(transparent)]
    Land(#[from] LandError),
    /// The board failed.
    #[error(transparent)]
    Files(#[from] FilesError),
}

impl From<BoardError> for PullingError {
    fn from(error: BoardError) -> Self {
        Self::Files(error.into())
    }
}

/// How far several files have come.
#[derive(Debug, Default)]
pub struct Fetched {
    /// Bytes of the files before.
    pub before: u64,
    /// Bytes of all; 0 where that is not known.
    pub total: u64,
}

impl Fetched {
    /// Reads one file, with progress.
    pub async fn fetch(
        &mut self,
        board: &mut Board,
        path: &BoardPath,
        progress: &mut dyn Progress,
    ) -> Result<Vec<u8>, BoardError> {
        if self.total == 0 {
            let lies = board.lies_at(std::slice::from_ref(path)).await?;
            self.total = match lies.first() {
                Some(Lies::File { size }) => *size,
                _ => 0,
            };
        }
        let mut moved = |done: u64| {
            progress.report(Stage::Receiving {
                path: path.clone(),
                done: (self.before + done).min(self.total),
                total: self.total,
            });
        };
        moved(0);
        let content = board.read_with(path.as_str(), &mut moved).await?;
        self.before += content.len() as u64;
        Ok(content)
    }
}

/// What was found and decided, for one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PullRow {
    /// Which.
    pub path: BoardPath,
    /// Which side has it.
    pub side: Sides,
    /// What becomes of it.
    pub decision: Decision,
}

impl PullRow {
    /// Bytes on the board; 0 where it is not there.
    pub fn on_board(&self) -> u64 {
        match self.side {
            Sides::OnlyBoard { size } | Sides::Same { size } | Sides::Differ { board: size, .. } => size,
            Sides::OnlyProject { .. } => 0,
        }
    }
}

/// A pull that was decided, by path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pulling {
    /// Every file of both sides.
    pub rows: Vec<PullRow>,
}

impl Pulling {
    /// Compares both sides. With `overwrite` the board wins where contents differ.
    pub async fn decide(
        goal: &Goal,
        scan: &Scan,
        files: &mut Files<'_>,
        overwrite: bool,
        progress: &mut dyn Progress,
    ) -> Result<Self, FilesError> {
        let sides = files.sides(goal, scan, progress).await?;
        let root = goal.root();
        let occupied: BTreeMap<_, _> = sides
            .iter()
            .filter(|(_, side)| matches!(side, Sides::OnlyBoard { .. }))
            .map(|(path, _)| (path.clone(), here(&root, path)))
            .collect();
        let how = Pull {
            overwrite,
            case_blind: CASE_BLIND,
        };
        let mut decided = pull(&sides, &occupied, how);
        let rows = sides.into_iter().filter_map(|(path, side)| {
            let decision = decided.remove(&path)?;
            Some(PullRow { path, side, decision })
        });
        Ok(Self { rows: rows.collect() })
    }

    /// How many files this becomes of.
    pub fn count(&self, wanted: impl Fn(&Decision) -> bool) -> usize {
        self.rows.iter().filter(|row| wanted(&row.decision)).count()
    }

    /// An error if something stands against it.
    pub fn refused(&self) -> Result<(), PullError> {
        let refused: Vec<(BoardPath, Hindrance)> = self
            .rows
            .iter()
            .filter_map(|row| match row.decision {
                Decision::Refuse(why) => Some((row.path.clone(), why)),
                _ => None,
            })
            .collect();
        if refused.is_empty() {
            Ok(())
        } else {
            Err(PullError { refused })
        }
    }

    /// Writes what was decided, if nothing stands against it.
    pub async fn write(
        &self,
        goal: &Goal,
        scan: &Scan,
        files: &mut Files<'_>,
        progress: &mut dyn Progress,
    ) -> Result<(), PullingError> {
        self.refused()?;
        let wanted = |row: &&PullRow| matches!(row.decision, Decision::Fetch | Decision::Overwrite);
        let mut fetched = Fetched {
            before: 0,
            total: self.rows.iter().filter(wanted).map(PullRow::on_board).sum(),
        };
        let root = goal.root();
        for row in self.rows.iter().filter(wanted) {
            let place = match scan.hosts.get(&row.path) {
                Some(host) => host.clone(),
                None => host_path(&root, &row.path)?,
            };
            let content = bare(&row.path, files.fetch(&mut fetched, &row.path, progress).await?);
            // It was looked at before, and may have become a link since.
            if !lies_within(&root, &place) {
                return Err(LandError::LeadsOut { path: place }.into());
            }
            land(&place, &content, row.decision == Decision::Overwrite)?;
        }
        goal.contents.look_again();
        Ok(())
    }
}
