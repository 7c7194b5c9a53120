//! A project of another machine for a board of this one: what the board holds, and the transaction, beside the board.
//! The plan is made there; here it is made again from the same facts, and what it needs came along.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::base::BoardPath;
use crate::base::Fingerprint;
use crate::base::Progress;
use crate::base::Silent;
use crate::board::BoardError;
use crate::host::packed::pack;
use crate::host::packed::unpack;
use crate::host::words;
use crate::session::Connection;
use crate::session::Explain as _;
use crate::session::Explained;
use crate::sync::KnownContents;
use crate::sync::KnownManifests;
use crate::sync::Outcome;
use crate::sync::SyncError;
use crate::sync::Wish;
use crate::sync::plan::BoardState;
use crate::sync::plan::Drift;
use crate::sync::plan::Foreign;
use crate::sync::plan::Manifest;
use crate::sync::plan::NameRules;
use crate::sync::plan::Policy;
use crate::sync::scan::Scan;
use crate::sync::state_of_board;

/// Why a project that came cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProjectFault {
    /// Its manifest.
    #[error("`project` is no manifest")]
    Manifest,
    /// What is to be done with conflicts.
    #[error("`conflict` is none of stop, overwrite and keep")]
    Conflict,
    /// The contents.
    #[error("`contents` are not those of `needs`")]
    Contents,
}

/// What a sync wants, read and checked.
#[derive(Debug)]
pub struct Wanted {
    scan: Scan,
    name: String,
    /// Of a package.
    version: Option<String>,
    policy: Policy,
    turbo: bool,
}

impl Wanted {
    /// Contents count only if they are what the manifest says.
    pub fn read(asked: &words::Sync) -> Result<Self, ProjectFault> {
        let manifest = manifest(&asked.project)?;
        let on_conflict = asked.conflict.parse().map_err(|_| ProjectFault::Conflict)?;
        let contents = unpack(&asked.contents).ok_or(ProjectFault::Contents)?;
        let mut rest = contents.as_slice();
        let mut made = BTreeMap::new();
        for path in &asked.needs {
            let path = BoardPath::new(path).map_err(|_| ProjectFault::Contents)?;
            let print = manifest.files.get(&path).ok_or(ProjectFault::Contents)?;
            let size = usize::try_from(print.size).map_err(|_| ProjectFault::Contents)?;
            let (content, more) = rest.split_at_checked(size).ok_or(ProjectFault::Contents)?;
            if Fingerprint::of(content) != *print {
                return Err(ProjectFault::Contents);
            }
            made.insert(path, content.to_owned());
            rest = more;
        }
        let scan = Scan {
            total_bytes: manifest.files.values().map(|print| print.size).sum(),
            files: manifest.files,
            made: Arc::new(made),
            ..Scan::default()
        };
        Ok(Self {
            scan,
            name: manifest.project,
            version: manifest.installed.map(|installed| installed.version),
            policy: Policy {
                delete: asked.delete,
                on_conflict,
            },
            turbo: asked.turbo,
        })
    }
}

/// The manifest that the project wants.
pub fn manifest(packed: &str) -> Result<Manifest, ProjectFault> {
    let text = unpack(packed).ok_or(ProjectFault::Manifest)?;
    let text = String::from_utf8(text).map_err(|_| ProjectFault::Manifest)?;
    Manifest::parse(&text).map_err(|_| ProjectFault::Manifest)
}

fn known() -> KnownManifests {
    KnownManifests::new(dirs::cache_dir().map(|dir| dir.join("boardside/manifests")))
}

/// What the board holds; it is left at its raw prompt.
pub(super) async fn survey(
    connection: &mut Connection,
    project: &Manifest,
) -> Result<words::Surveyed, Explained> {
    let surveyed = async {
        connection.enter(false, &mut Silent).await?;
        let state = state_of_board(&mut connection.board, project, &known()).await?;
        Ok::<_, SyncError>(state)
    };
    let state = surveyed.await.map_err(|error| error.explained())?;
    Ok(told(&state))
}

fn told(state: &BoardState) -> words::Surveyed {
    let drifted = state.drifted.iter().map(|(path, drift)| {
        let (size, as_wanted) = match drift {
            Drift::Missing => (None, false),
            Drift::Changed { size, as_wanted } => (Some(*size), *as_wanted),
        };
        (path.to_string(), size, as_wanted)
    });
    let foreign = state.foreign.iter().map(|(path, foreign)| {
        let (size, as_wanted) = match foreign {
            Foreign::Folder => (None, false),
            Foreign::File { size, as_wanted } => (Some(*size), *as_wanted),
        };
        (path.to_string(), size, as_wanted)
    });
    let manifest = state.manifest.as_ref();
    words::Surveyed {
        manifest: manifest.map(|manifest| pack(manifest.render().as_bytes())),
        drifted: drifted.collect(),
        foreign: foreign.collect(),
        flash: state.flash.map(|flash| (flash.block, flash.free, flash.total)),
        flat: state.flat,
        names: match state.names {
            NameRules::LittleFs => "littlefs",
            NameRules::Fat => "fat",
            NameRules::MicroBit => "microbit",
        }
        .to_owned(),
    }
}

/// Makes the board hold the project. Whether it does or not: the board is at its raw prompt afterwards, if it can be.
pub(super) async fn sync(
    connection: &mut Connection,
    wanted: &Wanted,
    progress: &mut dyn Progress,
) -> Result<words::Synced, Explained> {
    let traffic = connection.traffic.clone();
    let now = || (traffic.sent(), traffic.received(), traffic.round_trips());
    let before = now();
    let board = &mut connection.board;
    board.wish_turbo(wanted.turbo);
    let (known, contents) = (known(), KnownContents::open());
    let wish = Wish {
        scan: &wanted.scan,
        name: &wanted.name,
        version: wanted.version.as_deref(),
        policy: wanted.policy,
        known: &known,
        contents: &contents,
    };
    let Outcome { applied, .. } = crate::sync::sync(board, &wish, progress)
        .await
        .map_err(|error| error.explained())?;
    board.resync().await.map_err(|error| error.explained())?;
    let after = now();
    Ok(words::Synced {
        tier: applied.map(|applied| applied.tier.word().to_owned()),
        whole: applied.is_some_and(|applied| applied.whole),
        resent: applied.map_or(0, |applied| applied.resent),
        traffic: (after.0 - before.0, after.1 - before.1, after.2 - before.2),
    })
}

/// After a sync that was cut short: to the raw prompt, and what was only staged goes. Where nobody is left to work on
/// the board, it is left to people.
pub(super) async fn tidy(connection: &mut Connection, leave: bool) -> Result<(), BoardError> {
    connection.board.resync().await?;
    connection.board.recover().await?;
    if leave {
        connection.board.leave().await?;
    }
    Ok(())
}
