//! `apply`: a plan becomes a transaction on the board: everything new is staged and verified, then the
//! board commits by itself. Decides nothing: that was the plan.

use std::fs;

use crate::base::Fingerprint;
use crate::base::Progress;
use crate::base::Stage as At;
use crate::board::Board;
use crate::board::Order;
use crate::board::Stage;
use crate::board::Tier;
use crate::sync::error::SyncError;
use crate::sync::plan::Act;
use crate::sync::plan::Fit;
use crate::sync::plan::Manifest;
use crate::sync::plan::Plan;
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

/// Is there room, and for which way? The journal and the manifest take a few blocks more.
pub(super) fn room(plan: &Plan, manifest: &str, block: u64) -> Result<Fit, SyncError> {
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
        fit => Ok(fit),
    }
}

/// Applies a plan. After an error the caller brings the board back to its prompt and clears away.
pub(super) async fn apply(
    board: &mut Board,
    plan: &Plan,
    manifest: &Manifest,
    fit: Fit,
    scan: &Scan,
    progress: &mut dyn Progress,
) -> Result<Applied, SyncError> {
    let whole = fit != Fit::OneByOne;
    let mut stage = board.stage().await?;
    let steps = if whole {
        plan.steps.clone()
    } else {
        plan.one_by_one()
    };
    let mut sending = Sending {
        scan,
        progress,
        total: to_send(&steps),
    };
    if whole {
        let mut orders = Vec::new();
        for step in &steps {
            orders.push(sending.order(&mut stage, step).await?);
        }
        sending.place_manifest(&mut stage, manifest, orders).await?;
    } else {
        // A cut in between leaves files that are already what the project wants; the next sync takes them over.
        for step in &steps {
            let order = sending.order(&mut stage, step).await?;
            stage.commit(&[order], &mut |_| {}).await?;
        }
        sending.place_manifest(&mut stage, manifest, Vec::new()).await?;
    }
    let applied = Applied {
        tier: stage.tier(),
        whole,
        resent: stage.resent(),
    };
    stage.finish().await?;
    Ok(applied)
}

struct Sending<'a> {
    scan: &'a Scan,
    progress: &'a mut dyn Progress,
    total: u64,
}

impl Sending<'_> {
    async fn order(&mut self, stage: &mut Stage<'_>, step: &Step) -> Result<Order, SyncError> {
        Ok(match &step.act {
            Act::Remove { path, .. } => Order::Remove(path.clone()),
            Act::RemoveFolder(path) => Order::RemoveFolder(path.clone()),
            Act::MakeFolder(path) => Order::MakeFolder(path.clone()),
            Act::Copy { from, to, print, .. } => Order::Place(stage.copy(from, print).await?, to.clone()),
            Act::Put { path, print, .. } => {
                let host = self
                    .scan
                    .hosts
                    .get(path)
                    .ok_or_else(|| SyncError::NotInProject { path: path.clone() })?;
                let content = fs::read(host).map_err(|source| SyncError::Read {
                    path: host.clone(),
                    source,
                })?;
                if Fingerprint::of(&content) != *print {
                    return Err(SyncError::Changed { path: host.clone() });
                }
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
                Order::Place(stage.put(&content, print, &mut moved).await?, path.clone())
            }
        })
    }

    async fn place_manifest(
        &mut self,
        stage: &mut Stage<'_>,
        manifest: &Manifest,
        mut orders: Vec<Order>,
    ) -> Result<(), SyncError> {
        let text = manifest.render();
        let number = stage
            .put(text.as_bytes(), &Fingerprint::of(text.as_bytes()), &mut |_| {})
            .await?;
        orders.push(Order::PlaceManifest(number));
        self.progress.report(At::Committing);
        Ok(stage.commit(&orders, &mut |_| {}).await?)
    }
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
