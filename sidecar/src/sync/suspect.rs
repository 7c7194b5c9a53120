//! `Suspect`: a storage that failed, looked at: is the flash full, or does it fail; what became of the old project; and what
//! else lies there, which a new file system would erase.
//! Words for people are made in `session::explain`.

use crate::base::BoardPath;
use crate::base::Fingerprint;
use crate::board::Board;
use crate::board::BoardError;
use crate::board::Facts;
use crate::board::Listed;
use crate::board::Misread;
use crate::board::Trial;
use crate::sync::error::SyncError;
use crate::sync::plan::Manifest;

/// A storage that failed, and what was found out about it afterwards.
#[derive(Debug, thiserror::Error)]
#[error("{}{}", self.what(), self.old())]
pub struct Suspect {
    /// How it failed.
    pub cause: BoardError,
    /// Which files were not kept; none where the board did not come as far as that.
    pub misread: Misread,
    /// A test file, written after that.
    pub trial: Trial,
    /// What the board is.
    pub facts: Facts,
    /// Is each file of the last sync as it was? `None` where nobody can tell.
    pub old_is_whole: Option<bool>,
    /// Did it fail only after the new project was in place?
    pub new_is_there: bool,
    /// Files on the board that no sync put there; `None` where they cannot be listed.
    pub others: Option<Vec<Listed>>,
}

impl Suspect {
    /// It did not keep what was written, or took nothing although there is room.
    pub fn loses(&self) -> bool {
        matches!(self.cause, BoardError::Verify | BoardError::NoSpace { .. })
            || matches!(self.trial, Trial::Lost { .. })
    }

    fn what(&self) -> String {
        let Misread { wrong, of } = &self.misread;
        let free = self.facts.flash.map_or(0, |(_, free, _)| free);
        match (&self.cause, &wrong[..]) {
            (BoardError::Verify, [_, ..]) => {
                let shown: Vec<&str> = wrong.iter().take(SHOWN).map(BoardPath::as_str).collect();
                let more = if wrong.len() > SHOWN { " and more" } else { "" };
                let (wrong, shown) = (wrong.len(), shown.join(", "));
                format!(
                    "{wrong} of {of} files sent came back wrong when the board read what it had written: {shown}{more}"
                )
            }
            (BoardError::NoSpace { .. }, _) => format!(
                "the board's storage says that it is full, although {free} bytes are free: \
                 it does not keep what is written to it"
            ),
            _ => self.cause.to_string(),
        }
    }

    fn old(&self) -> &'static str {
        match self.old_is_whole {
            Some(true) if self.new_is_there => "; the new project is in place all the same",
            Some(true) => "; the old project is still there, unchanged",
            Some(false) => "; the old project is no longer as it was",
            None => "",
        }
    }
}

/// So many names are shown.
const SHOWN: usize = 5;
/// With less free flash than this a storage that says it is full may be right.
const ROOM: u64 = 64 * 1024;

/// After a sync or put that failed for good, the board at its prompt and what was staged cleared away: what there
/// is to be said. `wanted` is what the manifest would be.
pub(super) async fn examine(
    board: &mut Board,
    error: BoardError,
    misread: Option<Misread>,
    wanted: Option<&Fingerprint>,
) -> SyncError {
    // What was lost once explains whatever came then.
    let lost = misread.is_some();
    let cause = if lost && error.is_storage() {
        BoardError::Verify
    } else {
        error
    };
    let has_answer =
        !cause.is_storage() || matches!(cause, BoardError::ReadOnly { .. } | BoardError::NoFileSystem);
    if has_answer {
        return cause.into();
    }
    let Some((trial, facts)) = tried(board).await else {
        return cause.into();
    };
    let has_room = facts.flash.is_some_and(|(_, free, _)| free >= ROOM);
    let is_full = matches!(cause, BoardError::NoSpace { .. });
    if is_full && (matches!(trial, Some(Trial::Kept { .. } | Trial::NotTried)) || !has_room) {
        return cause.into();
    }
    let trial = trial.unwrap_or(Trial::NotTried);
    let compared = board.compare().await.ok();
    let sum = board.sum();
    let found = compared.as_ref().and_then(|compared| compared.manifest.as_ref());
    let new_is_there = wanted.is_some_and(|wanted| found == Some(&sum.hex(wanted)));
    let whole = compared.as_ref().map(|compared| compared.drifted.is_empty());
    let old_is_whole = whole.filter(|_| found.is_some());
    let others = if compared.is_some() {
        others(board).await
    } else {
        None
    };
    SyncError::Suspect(Box::new(Suspect {
        cause,
        misread: misread.unwrap_or_default(),
        trial,
        facts,
        old_is_whole,
        new_is_there,
        others,
    }))
}

/// A test file and the facts; the file is `None` where that took the board down: MicroPython may crash when littlefs
/// could not close a file (`lfs_fs_size` still follows it).
async fn tried(board: &mut Board) -> Option<(Option<Trial>, Facts)> {
    if let Ok(trial) = board.try_storage().await {
        return Some((Some(trial), board.facts().await.ok()?));
    }
    board.resync().await.ok()?;
    let trial = board.try_storage().await.ok();
    Some((trial, board.facts().await.ok()?))
}

/// Files on the board that no sync put there; all of them where no manifest can be read.
pub async fn others(board: &mut Board) -> Option<Vec<Listed>> {
    let text = board.manifest().await.ok()?.unwrap_or_default();
    let manifest = Manifest::parse(&String::from_utf8_lossy(&text)).ok();
    let ours = |path: &str| {
        let path = BoardPath::new(path).ok();
        let files = manifest.as_ref().map(|manifest| &manifest.files);
        files.is_some_and(|files| path.is_some_and(|path| files.contains_key(&path)))
    };
    let listed = board.list().await.ok()?;
    let files = listed.into_iter().filter(|listed| listed.size.is_some());
    Some(files.filter(|listed| !ours(&listed.path)).collect())
}
