//! `put`: files of this machine to places on the board that the user named, in one transaction.
//! Not a sync: nothing is compared or removed, and the manifest stays, so the next sync sees what was done by hand.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::base::BoardPath;
use crate::base::Fingerprint;
use crate::base::Progress;
use crate::base::Stage as At;
use crate::board::Board;
use crate::board::BoardError;
use crate::board::FLAT_MANIFEST;
use crate::board::Facts;
use crate::board::Lies;
use crate::board::Order;
use crate::board::Stage;
use crate::board::Tries;
use crate::sync::error::SyncError;
use crate::sync::host_file;
use crate::sync::host_file::Pipes;
use crate::sync::plan::Fit;
use crate::sync::plan::Space;
use crate::sync::plan::is_own;
use crate::sync::suspect::examine;
use crate::sync::transaction::Applied;
use crate::sync::transaction::partly;

/// Where content comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A file of this machine.
    File(PathBuf),
    /// These bytes.
    Bytes(Vec<u8>),
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(f),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}

impl Content {
    fn size(&self) -> Result<u64, SyncError> {
        match self {
            Self::File(path) => fs::metadata(path).map(|facts| facts.len()).map_err(unread(path)),
            Self::Bytes(bytes) => Ok(bytes.len() as u64),
        }
    }

    /// A pipe or a file that grows ends one byte after `most`.
    pub(super) fn read(&self, most: u64) -> Result<Cow<'_, [u8]>, SyncError> {
        match self {
            Self::File(path) => {
                let content = host_file::read(path, Pipes::Taken, most);
                content.map(Cow::Owned).map_err(unread(path))
            }
            Self::Bytes(bytes) => Ok(Cow::Borrowed(bytes)),
        }
    }
}

fn unread(path: &Path) -> impl FnOnce(io::Error) -> SyncError {
    let path = path.to_owned();
    |source| SyncError::Read { path, source }
}

/// What is to lie where.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delivery {
    /// Place on the board to content.
    pub files: BTreeMap<BoardPath, Content>,
    /// Folders that are to be there, also if nothing lies in them.
    pub folders: BTreeSet<BoardPath>,
}

/// A line that loses bytes gets so many tries.
const TRIES: u32 = 5;
/// Where a board does not say how large its flash is, no file is larger, in bytes.
pub(super) const LARGEST: u64 = 64 << 20;

/// Puts files on the board: all of them or none where flash allows, each whole in any case.
/// `None`: there was nothing to do.
pub async fn put(
    board: &mut Board,
    delivery: &Delivery,
    progress: &mut dyn Progress,
) -> Result<Option<Applied>, SyncError> {
    let mut tries = Tries::new(TRIES);
    let mut again = false;
    loop {
        match Box::pin(attempt(board, delivery, progress, again)).await {
            Err(SyncError::Board(error)) => {
                if let Err(error) = board.mend(error, &mut tries).await {
                    return Err(refused(board, error).await);
                }
            }
            other => return other,
        }
        again = true;
    }
}

/// The error that ended it, and what is to be said about the storage if that was the cause.
async fn refused(board: &mut Board, error: BoardError) -> SyncError {
    if !error.is_storage() || board.resync().await.is_err() {
        return error.into();
    }
    let misread = if matches!(error, BoardError::Verify) {
        board.misread().await.ok()
    } else {
        None
    };
    Box::pin(board.recover()).await.unwrap_or_default();
    Box::pin(examine(board, error, misread, None)).await
}

async fn attempt(
    board: &mut Board,
    delivery: &Delivery,
    progress: &mut dyn Progress,
    again: bool,
) -> Result<Option<Applied>, SyncError> {
    progress.report(At::Comparing);
    if again {
        board.recover().await?;
    }
    let Looked { missing, places } = look(board, delivery).await?;
    if delivery.files.is_empty() && missing.is_empty() {
        return Ok(None);
    }
    let mut facts = board.facts().await?;
    if facts.unfinished {
        // What it has staged must not be overwritten.
        Box::pin(board.recover()).await?;
        facts = board.facts().await?;
    }
    let total = places.iter().map(|place| place.size).sum();
    let most = facts.flash.map_or(LARGEST, |(_, _, total)| total);
    let whole = match facts.flash {
        None => true,
        Some((block, free, _)) => {
            let space = needed(&places, missing.len() as u64, block, free);
            match space.fit(0) {
                Fit::No { .. } => {
                    return Err(SyncError::NoSpace {
                        needed: space.one_by_one,
                        free,
                    });
                }
                fit => fit != Fit::OneByOne,
            }
        }
    };
    let mut stage = board.stage().await?;
    let folders: Vec<Order> = missing.into_iter().map(Order::MakeFolder).collect();
    let at_once = if whole { places.len().max(1) } else { 1 };
    let batches: Vec<&[Place<'_>]> = if places.is_empty() {
        vec![&[]]
    } else {
        places.chunks(at_once).collect()
    };
    let mut folders = Some(folders);
    for (done, batch) in batches.iter().enumerate() {
        let mut orders = folders.take().unwrap_or_default();
        let numbered = (0..).zip(*batch);
        orders.extend(numbered.map(|(number, place)| Order::Place(number, place.path.clone())));
        let sent = send_all(&mut stage, orders, batch, most, total, progress).await;
        sent.map_err(|error| match error {
            SyncError::Board(error) if error.is_line() || error.is_gone() => error.into(),
            error => partly(while_writing(error, &facts), done, batches.len(), None),
        })?;
    }
    let applied = Applied {
        tier: stage.tier(),
        whole,
        resent: stage.resent(),
    };
    stage.finish().await?;
    Ok(Some(applied))
}

/// One transaction; `most` is how large a file may have become.
async fn send_all(
    stage: &mut Stage<'_>,
    orders: Vec<Order>,
    places: &[Place<'_>],
    most: u64,
    total: u64,
    progress: &mut dyn Progress,
) -> Result<(), SyncError> {
    let size = places.iter().map(|place| place.size).sum();
    stage.begin(orders, None, size).await?;
    for place in places {
        let content = place.content.read(most)?;
        if content.len() as u64 > most {
            return Err(SyncError::NoSpace {
                needed: content.len() as u64,
                free: most,
            });
        }
        send(stage, place.path, &content, total, progress).await?;
    }
    progress.report(At::Committing);
    Ok(stage.commit(&mut |_| {}).await?)
}

fn while_writing(error: SyncError, facts: &Facts) -> SyncError {
    match error {
        SyncError::Board(error) => error.while_writing(None, facts).into(),
        other => other,
    }
}

async fn send(
    stage: &mut Stage<'_>,
    path: &BoardPath,
    content: &[u8],
    total: u64,
    progress: &mut dyn Progress,
) -> Result<(), SyncError> {
    let mut moved = |done: u64| {
        progress.report(At::Sending {
            path: path.clone(),
            done: done.min(total),
            total,
        });
    };
    moved(stage.done());
    Ok(stage.put(content, &Fingerprint::of(content), &mut moved).await?)
}

struct Looked<'a> {
    /// Folders, outermost first.
    missing: Vec<BoardPath>,
    /// boot.py and main.py last.
    places: Vec<Place<'a>>,
}

struct Place<'a> {
    path: &'a BoardPath,
    content: &'a Content,
    size: u64,
    /// Size of the file that it replaces.
    old: Option<u64>,
}

/// Looks at every place before anything is sent: a commit must not meet a folder where its file goes, or a file
/// where it needs a folder.
async fn look<'a>(board: &mut Board, delivery: &'a Delivery) -> Result<Looked<'a>, SyncError> {
    let mut folders = delivery.folders.clone();
    folders.extend(delivery.files.keys().flat_map(BoardPath::ancestors));
    folders.extend(delivery.folders.iter().flat_map(BoardPath::ancestors));
    let flat = board.is_flat().await?;
    let own = |path: &&BoardPath| is_own(path) || (flat && path.as_str() == FLAT_MANIFEST);
    if let Some(own) = delivery.files.keys().chain(&folders).find(own) {
        let path = own.to_string();
        return Err(BoardError::Own { path }.into());
    }
    if let Some(path) = folders.first()
        && flat
    {
        return Err(BoardError::NoFolders { path: path.clone() }.into());
    }
    let paths: Vec<BoardPath> = delivery.files.keys().cloned().collect();
    let found = board.lies_at(&paths).await?;
    let mut places = Vec::new();
    for ((path, content), lies) in delivery.files.iter().zip(found) {
        let old = match lies {
            Lies::Nothing => None,
            Lies::File { size } => Some(size),
            Lies::Folder => {
                let path = path.to_string();
                return Err(BoardError::InTheWay { path }.into());
            }
        };
        places.push(Place {
            path,
            content,
            size: content.size()?,
            old,
        });
    }
    places.sort_by_key(|place| place.path.runs_at_boot());
    let folders: Vec<BoardPath> = folders.into_iter().collect();
    let found = board.lies_at(&folders).await?;
    let mut missing = Vec::new();
    for (path, lies) in folders.into_iter().zip(found) {
        match lies {
            Lies::Folder => {}
            Lies::Nothing => missing.push(path),
            Lies::File { .. } => {
                let path = path.to_string();
                return Err(BoardError::NotFolder { path }.into());
            }
        }
    }
    Ok(Looked { missing, places })
}

/// Flash that this takes, in bytes.
fn needed(places: &[Place<'_>], folders: u64, block: u64, free: u64) -> Space {
    let taken = |size: u64| size.div_ceil(block).max(1) * block;
    // A folder takes two blocks on littlefs; a commit takes a journal and its folder's metadata.
    let mut space = Space {
        whole: 2 * block * folders + 3 * block,
        free: Some(free),
        ..Space::default()
    };
    let mut used = space.whole;
    for place in places {
        space.whole += taken(place.size);
        used += taken(place.size);
        space.one_by_one = space.one_by_one.max(used.saturating_sub(space.reclaimed));
        space.reclaimed += place.old.map_or(0, taken);
    }
    space
}
