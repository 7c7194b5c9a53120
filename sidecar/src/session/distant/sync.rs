//! A sync of a board on another machine: the plan is made here, contents travel once, the transaction runs there.
//! Only faster than the same over the board's line: what does not work this way is done that way.

use std::time::Duration;

use crate::base::BoardPath;
use crate::base::Progress;
use crate::base::Stage;
use crate::board::Tier;
use crate::host::Client;
use crate::host::HostError;
use crate::host::packed::pack;
use crate::host::packed::unpack;
use crate::host::words;
use crate::session::connect::Distant;
use crate::sync::Applied;
use crate::sync::Outcome;
use crate::sync::SyncError;
use crate::sync::Wish;
use crate::sync::contents_of;
use crate::sync::plan::BoardState;
use crate::sync::plan::Drift;
use crate::sync::plan::Flash;
use crate::sync::plan::Foreign;
use crate::sync::plan::Manifest;
use crate::sync::plan::NameRules;
use crate::sync::plan::OnConflict;
use crate::sync::planned;

/// A board that is asked what it holds may take so long.
const SURVEY: Duration = Duration::from_mins(2);
/// Without a word of progress for so long, a sync is not going on.
const QUIET: Duration = Duration::from_mins(2);

/// The board is at its raw prompt, and is there again afterwards. `None`: it is to be tried over the board's line.
pub(in crate::session) async fn sync(
    distant: &Distant,
    wish: &Wish<'_>,
    turbo: bool,
    progress: &mut dyn Progress,
) -> Result<Option<Outcome>, SyncError> {
    let project = pack(wish.manifest().render().as_bytes());
    progress.report(Stage::Comparing);
    let survey = words::Survey {
        wire: distant.wire,
        project: project.clone(),
    };
    let surveyed = distant
        .client
        .ask::<words::Surveyed>(words::SURVEY, &survey, SURVEY);
    let Some(state) = surveyed.await.ok().and_then(|told| read(&told)) else {
        return Ok(None);
    };
    // Files are written in place there, and what is half written is looked at closely.
    if state.flat {
        return Ok(None);
    }
    let (plan, recorded) = planned(wish, &state)?;
    if !plan.conflicts.is_empty() {
        return Err(SyncError::Conflicts(plan.conflicts));
    }
    let counts = plan.counts();
    if plan.steps.is_empty() && recorded {
        let applied = None;
        return Ok(Some(Outcome {
            plan,
            counts,
            applied,
        }));
    }
    let (needs, contents) = contents_of(wish.scan, &plan)?;
    let asked = words::Sync {
        wire: distant.wire,
        project,
        delete: wish.policy.delete,
        conflict: match wish.policy.on_conflict {
            OnConflict::Stop => "stop",
            OnConflict::Overwrite => "overwrite",
            OnConflict::Keep => "keep",
        }
        .to_owned(),
        turbo,
        needs: needs.iter().map(ToString::to_string).collect(),
        contents: pack(&contents),
    };
    let Ok(synced) = follow(&distant.client, &asked, progress).await else {
        return Ok(None);
    };
    wish.keep(&plan);
    let (sent, received, round_trips) = synced.traffic;
    distant.traffic.add(sent, received, round_trips);
    let tiers = [Tier::Stream, Tier::Paste, Tier::Raw];
    let tier = tiers
        .into_iter()
        .find(|tier| Some(tier.word()) == synced.tier.as_deref());
    let applied = tier.map(|tier| Applied {
        tier,
        whole: synced.whole,
        resent: synced.resent,
    });
    Ok(Some(Outcome {
        plan,
        counts,
        applied,
    }))
}

/// The sync there, and where it is.
async fn follow(
    client: &Client,
    asked: &words::Sync,
    progress: &mut dyn Progress,
) -> Result<words::Synced, HostError> {
    let mut told = client.listen();
    let mut syncing = client.post(words::SYNC, asked);
    loop {
        tokio::select! {
            biased;
            Some((method, params)) = told.recv() => {
                let told = serde_json::from_value::<words::Progress>(params);
                if let (words::PROGRESS, Ok(told)) = (method.as_str(), told) {
                    report(told, progress);
                }
            }
            answer = &mut syncing => {
                return Ok(serde_json::from_value(answer?).unwrap_or_default());
            }
            () = tokio::time::sleep(QUIET) => {
                return Err(HostError::Timeout { host: client.name().to_owned(), seconds: QUIET.as_secs() });
            }
        }
    }
}

fn report(told: words::Progress, progress: &mut dyn Progress) {
    let words::Progress {
        path, done, total, ..
    } = told;
    match path.map(|path| BoardPath::new(&path)) {
        Some(Ok(path)) => progress.report(Stage::Sending { path, done, total }),
        Some(Err(_)) => {}
        None => progress.report(Stage::Committing),
    }
}

/// `None` for what makes no sense.
fn read(told: &words::Surveyed) -> Option<BoardState> {
    let manifest = told.manifest.as_ref().map(|packed| {
        let text = String::from_utf8(unpack(packed)?).ok()?;
        Manifest::parse(&text).ok()
    });
    let path = |path: &String| BoardPath::new(path).ok();
    let drifted = told.drifted.iter().map(|(at, size, as_wanted)| {
        let as_wanted = *as_wanted;
        let drift = size.map_or(Drift::Missing, |size| Drift::Changed { size, as_wanted });
        Some((path(at)?, drift))
    });
    let foreign = told.foreign.iter().map(|(at, size, as_wanted)| {
        let as_wanted = *as_wanted;
        let foreign = size.map_or(Foreign::Folder, |size| Foreign::File { size, as_wanted });
        Some((path(at)?, foreign))
    });
    Some(BoardState {
        manifest: match manifest {
            Some(manifest) => Some(manifest?),
            None => None,
        },
        drifted: drifted.collect::<Option<_>>()?,
        foreign: foreign.collect::<Option<_>>()?,
        flash: told
            .flash
            .map(|(block, free, total)| Flash { block, free, total }),
        flat: told.flat,
        names: match told.names.as_str() {
            "littlefs" => NameRules::LittleFs,
            "fat" => NameRules::Fat,
            "microbit" => NameRules::MicroBit,
            _ => return None,
        },
    })
}
