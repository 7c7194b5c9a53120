//! `apply`: a plan becomes a transaction on the board: everything new is staged and verified, then the
//! board commits by itself. Decides nothing: that was the plan.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::base::BoardPath;
use crate::base::Fingerprint;
use crate::base::Progress;
use crate::base::Stage as At;
use crate::board::Board;
use crate::board::Order;
use crate::board::Record;
use crate::board::Stage;
use crate::board::Tier;
use crate::sync::attempt::Wish;
use crate::sync::delta::delta;
use crate::sync::delta::is_worth;
use crate::sync::error::SyncError;
use crate::sync::host_file;
use crate::sync::host_file::Pipes;
use crate::sync::known_contents::KnownContents;
use crate::sync::plan::Act;
use crate::sync::plan::BoardState;
use crate::sync::plan::Fit;
use crate::sync::plan::Manifest;
use crate::sync::plan::Plan;
use crate::sync::plan::Snapshot;
use crate::sync::plan::Step;
use crate::sync::scan::Scan;

/// How a plan was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Applied {
    /// How content got to the board.
    pub tier: Tier,
    /// All or nothing; `false` where flash was short and files were replaced one at a time.
    pub whole: bool,
    /// Frames that the line damaged and that were sent again.
    pub resent: u64,
}

/// Smaller files, in bytes, are sent whole: the steps would not be much less.
const WORTH: usize = 256;

/// Is there room, and for which way, and how much does that way need? The journal and the manifest take a few blocks
/// more.
pub(super) fn room(plan: &Plan, manifest: &str, block: u64) -> Result<(Fit, u64), SyncError> {
    let journal: u64 = plan
        .steps
        .iter()
        .map(|step| step.act.path().as_str().len() as u64 + 16)
        .sum();
    // littlefs copies a folder's metadata pair when it changes; two blocks are what that takes.
    let more = (manifest.len() as u64 + journal).div_ceil(block) * block + 3 * block;
    match plan.space.fit(more) {
        Fit::No { .. } => Err(SyncError::NoSpace {
            needed: plan.space.one_by_one + more,
            free: plan.space.free.unwrap_or_default(),
        }),
        Fit::OneByOne => Ok((Fit::OneByOne, plan.space.one_by_one + more)),
        fit => Ok((fit, plan.space.whole + more)),
    }
}

/// What the board was proven to hold before.
pub(super) struct Before {
    /// Its manifest, where the board has it byte by byte as it would be written.
    manifest: Option<Manifest>,
    /// Files of ours that are what the manifest says.
    files: Snapshot,
}

impl Before {
    pub(super) fn of(state: &BoardState, is_exact: bool) -> Self {
        let files = state.manifest.iter().flat_map(|manifest| &manifest.files);
        let proven = files.filter(|(path, _)| !state.drifted.contains_key(path));
        Self {
            manifest: state.manifest.clone().filter(|_| is_exact),
            files: proven.map(|(path, print)| (path.clone(), *print)).collect(),
        }
    }

    /// What makes this content out of the file that lies there, if that is clearly less to send.
    fn patch(&self, path: &BoardPath, content: &[u8], known: &KnownContents) -> Option<Vec<u8>> {
        if content.len() < WORTH {
            return None;
        }
        let old = known.get(self.files.get(path)?)?;
        let steps = delta(&old, content);
        is_worth(&steps, content).then_some(steps)
    }
}

/// Applies a plan; `text` is its manifest's. After an error the caller brings the board back to its prompt and clears away.
pub(super) async fn apply(
    board: &mut Board,
    plan: &Plan,
    text: &str,
    before: &Before,
    fit: Fit,
    wish: &Wish<'_>,
    progress: &mut dyn Progress,
) -> Result<Applied, SyncError> {
    let whole = fit != Fit::OneByOne;
    let mut stage = board.stage().await?;
    let mut sending = Sending {
        before,
        scan: wish.scan,
        contents: wish.contents,
        total: to_send(&plan.steps),
        progress,
    };
    let record = |staged| Record {
        text: text.to_owned(),
        recipe: plan.manifest.recipe(before.manifest.as_ref(), staged),
    };
    if whole {
        let (orders, staged) = numbered(&plan.steps);
        let paths = staged.keys().map(|path| (*path).clone()).collect();
        stage.begin(orders, Some(record(&paths)), sending.total).await?;
        for step in staged.into_values() {
            sending.stage(&mut stage, step).await?;
        }
    } else {
        // A cut in between leaves files that are already what the project wants; the next sync takes them over.
        let steps = plan.one_by_one();
        for (done, step) in steps.iter().enumerate() {
            let one = sending.one(&mut stage, step).await;
            one.map_err(|error| partly(error, done, steps.len(), None))?;
        }
        let last = stage.begin(Vec::new(), Some(record(&BTreeSet::new())), 0).await;
        last.map_err(|error| partly(error.into(), steps.len(), steps.len(), None))?;
    }
    sending.progress.report(At::Committing);
    if let Err(error) = stage.commit(&mut |_| {}).await {
        let all = plan.steps.len();
        return Err(if whole {
            in_place(stage.half_written(), plan, error.into())
        } else {
            partly(error.into(), all, all, None)
        });
    }
    let applied = Applied {
        tier: stage.tier(),
        whole,
        resent: stage.resent(),
    };
    stage.finish().await?;
    Ok(applied)
}

/// What had been done before an error, where not all is done at once.
pub(super) fn partly(source: SyncError, done: usize, of: usize, lost: Option<BoardPath>) -> SyncError {
    if done == 0 && lost.is_none() {
        return source;
    }
    SyncError::Partly {
        done,
        of,
        lost,
        source: Box::new(source),
    }
}

/// The same on a flat board, where files are written in place.
fn in_place(half_written: Option<&BoardPath>, plan: &Plan, source: SyncError) -> SyncError {
    let Some(path) = half_written else { return source };
    let steps = &plan.steps;
    let done = steps.iter().position(|step| step.act.path() == path);
    partly(
        source,
        done.unwrap_or(steps.len()),
        steps.len(),
        Some(path.clone()),
    )
}

/// What the commit does, in the order of the plan; and what is staged for it, in the order of the paths, which is
/// that of the numbers and of the manifest.
fn numbered(steps: &[Step]) -> (Vec<Order>, BTreeMap<&BoardPath, &Step>) {
    let staged: BTreeMap<&BoardPath, &Step> = steps
        .iter()
        .filter(|step| matches!(step.act, Act::Put { .. } | Act::Copy { .. }))
        .map(|step| (step.act.path(), step))
        .collect();
    let numbers: BTreeMap<&BoardPath, u32> = staged.keys().copied().zip(0..).collect();
    let order = |step: &Step| match &step.act {
        Act::Remove { path, .. } => Order::Remove(path.clone()),
        Act::RemoveFolder(path) => Order::RemoveFolder(path.clone()),
        Act::MakeFolder(path) => Order::MakeFolder(path.clone()),
        Act::Put { path, .. } | Act::Copy { to: path, .. } => Order::Place(numbers[path], path.clone()),
    };
    (steps.iter().map(order).collect(), staged)
}

/// For `fuzzing`: what a plan makes the board do at the commit.
#[cfg(any(test, feature = "fuzzing"))]
pub fn orders(plan: &Plan) -> Vec<Order> {
    numbered(&plan.steps).0
}

struct Sending<'a> {
    before: &'a Before,
    scan: &'a Scan,
    contents: &'a KnownContents,
    progress: &'a mut dyn Progress,
    total: u64,
}

impl Sending<'_> {
    /// Stages and commits one step.
    async fn one(&mut self, stage: &mut Stage<'_>, step: &Step) -> Result<(), SyncError> {
        let (orders, _) = numbered(std::slice::from_ref(step));
        stage.begin(orders, None, 0).await?;
        self.stage(stage, step).await?;
        Ok(stage.commit(&mut |_| {}).await?)
    }

    /// Stages what this step needs.
    async fn stage(&mut self, stage: &mut Stage<'_>, step: &Step) -> Result<(), SyncError> {
        match &step.act {
            Act::Copy { from, print, .. } => stage.copy(from, print).await?,
            Act::Put { path, print, .. } => {
                let content = content(self.scan, path, print)?;
                let (progress, total) = (&mut *self.progress, self.total);
                progress.report(At::Sending {
                    path: path.clone(),
                    done: stage.done(),
                    total,
                });
                let mut moved = |done| {
                    progress.report(At::Sending {
                        path: path.clone(),
                        done,
                        total,
                    });
                };
                let steps = if stage.can_patch() {
                    self.before.patch(path, &content, self.contents)
                } else {
                    None
                };
                match steps {
                    Some(steps) => stage.patch(path, &steps, print, &mut moved).await?,
                    None => stage.put(&content, print, &mut moved).await?,
                }
            }
            Act::Remove { .. } | Act::RemoveFolder(_) | Act::MakeFolder(_) => {}
        }
        Ok(())
    }
}

/// A file of the project, if it is what it was when it was scanned.
pub fn content(scan: &Scan, path: &BoardPath, print: &Fingerprint) -> Result<Vec<u8>, SyncError> {
    if let Some(made) = scan.made.get(path) {
        return Ok(made.clone());
    }
    let host = scan.hosts.get(path);
    let host = host.ok_or_else(|| SyncError::NotInProject { path: path.clone() })?;
    let content = host_file::read(host, Pipes::Refused, print.size);
    let content = content.map_err(|source| SyncError::Read {
        path: host.clone(),
        source,
    })?;
    if Fingerprint::of(&content) == *print {
        Ok(content)
    } else {
        Err(SyncError::Changed { path: host.clone() })
    }
}

/// The files that a plan sends, and their contents, one after the other.
pub fn contents_of(scan: &Scan, plan: &Plan) -> Result<(Vec<BoardPath>, Vec<u8>), SyncError> {
    let mut paths = Vec::new();
    let mut contents = Vec::new();
    for step in &plan.steps {
        if let Act::Put { path, print, .. } = &step.act {
            contents.extend(content(scan, path, print)?);
            paths.push(path.clone());
        }
    }
    Ok((paths, contents))
}

/// Bytes of content that a plan sends.
pub(super) fn to_send(steps: &[Step]) -> u64 {
    let size = |step: &Step| {
        if let Act::Put { print, .. } = &step.act {
            print.size
        } else {
            0
        }
    };
    steps.iter().map(size).sum()
}
