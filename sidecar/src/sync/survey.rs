//! `survey`: what the board holds, as far as a sync of this project has to know.
//! Changes nothing on the board and decides nothing.

use std::collections::BTreeMap;

use crate::base::BoardPath;
use crate::base::Fingerprint;
use crate::board::Board;
use crate::board::Compared;
use crate::board::Sum;
use crate::sync::error::SyncError;
use crate::sync::foreign::foreign;
use crate::sync::host_file;
use crate::sync::host_file::Pipes;
use crate::sync::known_manifests::KnownManifests;
use crate::sync::plan::BoardState;
use crate::sync::plan::Drift;
use crate::sync::plan::Flash;
use crate::sync::plan::Foreign;
use crate::sync::plan::Manifest;
use crate::sync::plan::ManifestError;
use crate::sync::plan::NameRules;
use crate::sync::plan::Snapshot;
use crate::sync::scan::Scan;

/// What to do with a transaction that an earlier sync left unfinished.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Settle {
    /// Finish it, or clear it away.
    First,
    /// Leave it: only a look was asked for.
    Not,
}

/// What was found.
pub(super) struct Survey {
    /// What the plan has to know.
    pub(super) state: BoardState,
    /// The text of the board's manifest is that of `state.manifest`, byte by byte.
    pub(super) is_exact: bool,
}

/// Asks the board: one round trip where nothing changed, a few where files are new.
pub(super) async fn survey(
    board: &mut Board,
    project: &Manifest,
    known: &KnownManifests,
    settle: Settle,
    scan: &Scan,
) -> Result<Survey, SyncError> {
    let mut compared = board.compare().await?;
    if compared.facts.unfinished && settle == Settle::First {
        board.recover().await?;
        compared = board.compare().await?;
    }
    let mut state = state_of(&compared);
    let found = manifest(board, &compared, project, known).await?;
    let is_exact = found.as_ref().is_some_and(|(_, is_exact)| *is_exact);
    state.manifest = found.map(|(manifest, _)| manifest);
    let sum = board.sum();
    for drifted in &compared.drifted {
        let wanted = project.files.get(&drifted.path);
        let drift = match &drifted.found {
            None => Drift::Missing,
            Some((size, found)) => Drift::Changed {
                size: to_lose(&state, sum, scan, &drifted.path, *size, found),
                as_wanted: is(sum, wanted, *size, found),
            },
        };
        state.drifted.insert(drifted.path.clone(), drift);
    }
    let owned = state.manifest.as_ref().map(|manifest| &manifest.files);
    let all_owned = owned.is_some_and(|owned| project.files.keys().all(|path| owned.contains_key(path)));
    if !all_owned || state.drifted.values().any(|drift| *drift == Drift::Missing) {
        state.foreign = in_the_way(board, &project.files, &state, scan).await?;
    }
    Ok(Survey { state, is_exact })
}

fn state_of(compared: &Compared) -> BoardState {
    let facts = &compared.facts;
    BoardState {
        flash: facts
            .flash
            .map(|(block, free, total)| Flash { block, free, total }),
        flat: !facts.folders,
        names: match (facts.folders, facts.littlefs) {
            (false, _) => NameRules::MicroBit,
            (true, true) => NameRules::LittleFs,
            // Old firmware does not tell; the stricter rules are right on both.
            (true, false) => NameRules::Fat,
        },
        ..BoardState::default()
    }
}

/// The board's manifest: by its checksum if it is the project's own or a known one, else read from the board. And
/// whether the board has it byte by byte as it would be written.
async fn manifest(
    board: &mut Board,
    compared: &Compared,
    project: &Manifest,
    known: &KnownManifests,
) -> Result<Option<(Manifest, bool)>, SyncError> {
    let Some(found) = &compared.manifest else {
        return Ok(None);
    };
    let expected = Fingerprint::of(project.render().as_bytes());
    if board.sum().hex(&expected) == *found {
        return Ok(Some((project.clone(), true)));
    }
    let text = match known.get(found) {
        Some(text) => Some(text),
        None => board.manifest().await?,
    };
    let Some(text) = text else { return Ok(None) };
    match Manifest::parse(&String::from_utf8_lossy(&text)) {
        Ok(manifest) => {
            known.keep(&text);
            let is_exact = manifest.render().as_bytes() == text;
            Ok(Some((manifest, is_exact)))
        }
        // Nothing is deleted or believed on the word of a damaged manifest: all is compared anew.
        Err(ManifestError::Damaged { .. }) => Ok(None),
        Err(newer) => Err(SyncError::Manifest(newer)),
    }
}

/// What lies where the project wants to be, and is not ours, by content too.
async fn in_the_way(
    board: &mut Board,
    project: &Snapshot,
    state: &BoardState,
    scan: &Scan,
) -> Result<BTreeMap<BoardPath, Foreign>, SyncError> {
    let listed = board.list().await?.into_iter();
    // A name that no `BoardPath` can have is at no path that a project can want.
    let listing = listed
        .filter_map(|listed| Some((BoardPath::new(&listed.path).ok()?, listed.size)))
        .collect();
    let (mut foreign, mut ask) = foreign(&listing, project, state.manifest.as_ref());
    if state.flat {
        // The list has other sizes for files whose writing was cut short.
        ask = foreign
            .keys()
            .filter(|path| project.contains_key(*path))
            .cloned()
            .collect();
    }
    let sums = board.sums(&ask).await?;
    for (path, found) in ask.into_iter().zip(sums) {
        if let Some((size, sum)) = found {
            let as_wanted = is(board.sum(), project.get(&path), size, &sum);
            let size = to_lose(state, board.sum(), scan, &path, size, &sum);
            foreign.insert(path, Foreign::File { size, as_wanted });
        }
    }
    Ok(foreign)
}

/// Bytes that would be lost with a file. Where files are written in place, one that the project's begins with was cut
/// short while it was written: there is nothing in it to lose.
fn to_lose(state: &BoardState, sum: Sum, scan: &Scan, path: &BoardPath, size: u64, found: &str) -> u64 {
    let wanted = scan.hosts.get(path).filter(|_| state.flat && size > 0);
    let content = wanted.and_then(|host| host_file::read(host, Pipes::Refused, size).ok());
    let begin = content
        .as_ref()
        .and_then(|content| content.get(..usize::try_from(size).ok()?));
    match begin {
        Some(begin) if sum.hex(&Fingerprint::of(begin)) == found => 0,
        _ => size,
    }
}

fn is(sum: Sum, wanted: Option<&Fingerprint>, size: u64, found: &str) -> bool {
    wanted.is_some_and(|wanted| wanted.size == size && sum.hex(wanted) == found)
}
