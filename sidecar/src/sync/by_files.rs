//! A sync by file operations alone: what is done where there is FTP and no REPL.
//! Decides nothing: the plan is made as for any board. There is no commit by the board: the order is what keeps it safe.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::base::BoardPath;
use crate::base::Fingerprint;
use crate::base::Progress;
use crate::base::Stage as At;
use crate::board::BoardError;
use crate::board::Tier;
use crate::ftp::Ftp;
use crate::ftp::FtpError;
use crate::sync::attempt::Outcome;
use crate::sync::attempt::Wish;
use crate::sync::error::SyncError;
use crate::sync::foreign::Listing;
use crate::sync::foreign::foreign;
use crate::sync::plan::Act;
use crate::sync::plan::BoardState;
use crate::sync::plan::Drift;
use crate::sync::plan::Foreign;
use crate::sync::plan::Manifest;
use crate::sync::plan::ManifestError;
use crate::sync::plan::NameRules;
use crate::sync::plan::OWN_FOLDER;
use crate::sync::plan::Plan;
use crate::sync::plan::Sides;
use crate::sync::plan::Step;
use crate::sync::plan::check_names;
use crate::sync::plan::plan;
use crate::sync::plan::spare;
use crate::sync::scan::Scan;
use crate::sync::transaction::Applied;
use crate::sync::transaction::content;
use crate::sync::transaction::partly;

const MANIFEST: &str = "/.boardside/manifest";
/// A transaction that the board was told to commit over its REPL, and has not carried out.
const JOURNAL: &str = "/.boardside/journal";
/// The manifest of a sync by files while it changes names: if it is there, files are of it or of the old one.
const NEXT: &str = "/.boardside/next";
/// What stays when leftovers go.
const KEPT: [&str; 4] = ["manifest", "agent", "journal", "next"];

/// How far the record of the last sync is believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trust {
    /// A file of the size that the record says is what it says.
    Sizes,
    /// Every file of the project is read back.
    Nothing,
}

/// What was found, and what is to be done about it.
pub struct Looked {
    /// What a sync would do. Conflicts are in it.
    pub plan: Plan,
    /// The board's manifest already says what it would say.
    recorded: bool,
    /// A sync was cut short: what it left in Boardside's folder is not to be believed.
    unfinished: bool,
    /// What lies there, as far as it is ours.
    ours: Option<Manifest>,
}

/// What a sync would do. Nothing is changed.
pub async fn look_by_files(
    ftp: &mut Ftp,
    wish: &Wish<'_>,
    trust: Trust,
    progress: &mut dyn Progress,
) -> Result<Looked, SyncError> {
    progress.report(At::Comparing);
    let project = &wish.scan.files;
    let (journal, next) = (file(ftp, JOURNAL).await?, manifest(ftp, NEXT).await?);
    let unfinished = journal.is_some() || next.is_some();
    let mut old = manifest(ftp, MANIFEST).await?;
    let recorded_text = old.as_ref().map(Manifest::render);
    let all = trust == Trust::Nothing || unfinished;
    let listing: Listing = ftp
        .list_in(None, true)
        .await?
        .into_iter()
        .filter_map(|listed| Some((BoardPath::new(&listed.path).ok()?, listed.size)))
        .collect();
    // What a sync that was cut short had already put in place is ours.
    let cut: Vec<BoardPath> = next.iter().flat_map(|next| next.files.keys().cloned()).collect();
    let ours: BTreeSet<BoardPath> = old.iter().flat_map(|old| old.files.keys().cloned()).collect();
    let mut found = BTreeMap::new();
    for path in ours.iter().chain(&cut) {
        if found.contains_key(path) {
            continue;
        }
        let was = old.as_ref().and_then(|old| old.files.get(path)).copied();
        let wanted = project.get(path);
        let size = size(ftp, &listing, path).await?;
        let is_plain = was.is_some_and(|was| Some(was.size) == size);
        // A file of another size is read if it may be what the project wants.
        let asks = all || size.is_some() && size == wanted.map(|wanted| wanted.size);
        let print = match size {
            None => None,
            Some(_) if is_plain && !all => was,
            Some(size) if !asks => Some(unknown(size)),
            Some(_) => file(ftp, path.as_str())
                .await?
                .map(|content| Fingerprint::of(&content)),
        };
        let is_next = next.as_ref().and_then(|next| next.files.get(path)).copied();
        if print.is_some()
            && print == is_next
            && let Some(print) = print
        {
            let old = old.get_or_insert_with(|| Manifest {
                project: wish.name.to_owned(),
                installed: None,
                files: BTreeMap::new(),
            });
            old.files.insert(path.clone(), print);
        }
        found.insert(path.clone(), print);
    }
    let mut state = BoardState {
        // Its file system is not known: what FAT can hold, littlefs can hold, too.
        names: NameRules::Fat,
        ..BoardState::default()
    };
    for (path, was) in old.iter().flat_map(|old| &old.files) {
        let drift = match found.get(path).copied().flatten() {
            Some(print) if print == *was => continue,
            Some(print) => Drift::Changed {
                size: print.size,
                as_wanted: project.get(path) == Some(&print),
            },
            None => Drift::Missing,
        };
        state.drifted.insert(path.clone(), drift);
    }
    let (mut foreign, ask) = foreign(&listing, project, old.as_ref());
    for path in ask {
        let content = file(ftp, path.as_str()).await?.unwrap_or_default();
        let found = Foreign::File {
            size: content.len() as u64,
            as_wanted: project.get(&path) == Some(&Fingerprint::of(&content)),
        };
        foreign.insert(path, found);
    }
    state.foreign = foreign;
    state.manifest = old;
    let problems = check_names(project, &state);
    if !problems.is_empty() {
        return Err(SyncError::Names(problems));
    }
    let mut plan = plan(project, &state, &wish.policy);
    spare(
        &mut plan,
        state.manifest.as_ref(),
        wish.name,
        wish.policy.on_conflict,
    );
    wish.name.clone_into(&mut plan.manifest.project);
    let recorded = !unfinished && recorded_text.is_some_and(|text| text == plan.manifest.render());
    Ok(Looked {
        plan,
        recorded,
        unfinished,
        ours: state.manifest,
    })
}

/// Makes the board's tree equal to the project's. Until all contents lie beside the old files, nothing of the old
/// project is touched; what a cut leaves after that, the next sync reads back.
pub async fn sync_by_files(
    ftp: &mut Ftp,
    wish: &Wish<'_>,
    trust: Trust,
    progress: &mut dyn Progress,
) -> Result<Outcome, SyncError> {
    let looked = look_by_files(ftp, wish, trust, progress).await?;
    let plan = looked.plan;
    if !plan.conflicts.is_empty() {
        return Err(SyncError::Conflicts(plan.conflicts));
    }
    let counts = plan.counts();
    if plan.steps.is_empty() && looked.recorded {
        let applied = None;
        return Ok(Outcome {
            plan,
            counts,
            applied,
        });
    }
    ftp.make_folder(OWN_FOLDER).await?;
    if looked.unfinished {
        // All was read back: what is known now takes the place of what a sync that was cut short had left to do.
        if let Some(ours) = &looked.ours {
            let staged = staged(0);
            ftp.write(&staged, ours.render().as_bytes(), &mut |_| {}).await?;
            ftp.replace(&staged, MANIFEST).await?;
        }
        ftp.remove_file(JOURNAL).await?;
        ftp.remove_file(NEXT).await?;
    }
    clear(ftp).await?;
    let text = plan.manifest.render();
    let mut sending = Sending {
        ftp,
        scan: wish.scan,
        total: plan
            .steps
            .iter()
            .filter_map(|step| put(step))
            .map(|(_, print)| print.size)
            .sum(),
        done: 0,
        progress,
    };
    let whole = match sending.stage_all(&plan).await {
        Ok(()) => true,
        Err(SyncError::Ftp(FtpError::Board(BoardError::NoSpace { .. }))) => false,
        Err(error) => return Err(error),
    };
    if !whole {
        clear(sending.ftp).await?;
        sending.done = 0;
    }
    // From here on names change.
    sending.ftp.write(NEXT, text.as_bytes(), &mut |_| {}).await?;
    for (done, step) in plan.steps.iter().enumerate() {
        if let Err(error) = sending.one(step, done, whole).await {
            // The first error counts.
            clear(sending.ftp).await.unwrap_or_default();
            return Err(partly(error, done, plan.steps.len(), None));
        }
    }
    let ftp = sending.ftp;
    ftp.replace(NEXT, MANIFEST).await?;
    wish.known.keep(text.as_bytes());
    Ok(Outcome {
        plan,
        counts,
        applied: Some(Applied {
            tier: Tier::Files,
            whole,
            resent: 0,
        }),
    })
}

/// Board and project file by file; files of the same size are read back.
pub async fn sides_by_files(
    ftp: &mut Ftp,
    scan: &Scan,
    is_wanted: &(dyn Fn(&BoardPath) -> bool + Sync),
) -> Result<BTreeMap<BoardPath, Sides>, FtpError> {
    let mut sides: BTreeMap<BoardPath, Sides> = scan
        .files
        .iter()
        .map(|(path, print)| (path.clone(), Sides::OnlyProject { size: print.size }))
        .collect();
    for listed in ftp.list_in(None, true).await? {
        let (Ok(path), Some(size)) = (BoardPath::new(&listed.path), listed.size) else {
            continue;
        };
        let side = match scan.files.get(&path) {
            None if !is_wanted(&path) => continue,
            None => Sides::OnlyBoard { size },
            Some(print) if print.size == size && read(ftp, path.as_str()).await? == Some(*print) => {
                Sides::Same { size }
            }
            Some(print) => Sides::Differ {
                board: size,
                project: print.size,
            },
        };
        sides.insert(path, side);
    }
    Ok(sides)
}

async fn read(ftp: &mut Ftp, path: &str) -> Result<Option<Fingerprint>, FtpError> {
    let content = ftp.read(path, &mut |_| {}).await?;
    Ok(content.map(|content| Fingerprint::of(&content)))
}

async fn file(ftp: &mut Ftp, path: &str) -> Result<Option<Vec<u8>>, FtpError> {
    ftp.read(path, &mut |_| {}).await
}

async fn manifest(ftp: &mut Ftp, path: &str) -> Result<Option<Manifest>, SyncError> {
    let Some(text) = file(ftp, path).await? else {
        return Ok(None);
    };
    match Manifest::parse(&String::from_utf8_lossy(&text)) {
        Ok(manifest) => Ok(Some(manifest)),
        Err(ManifestError::Damaged { .. }) => Ok(None),
        Err(newer) => Err(SyncError::Manifest(newer)),
    }
}

/// A file's size; some servers do not list names with a dot in front.
async fn size(ftp: &mut Ftp, listing: &Listing, path: &BoardPath) -> Result<Option<u64>, FtpError> {
    match listing.get(path) {
        Some(size) => Ok(*size),
        None if path.as_str().contains("/.") => ftp.size(path.as_str()).await,
        None => Ok(None),
    }
}

/// A file that was not read, and is nothing that is known.
fn unknown(size: u64) -> Fingerprint {
    Fingerprint {
        size,
        ..Fingerprint::of(b"")
    }
}

/// Takes away what earlier syncs left in Boardside's folder.
async fn clear(ftp: &mut Ftp) -> Result<(), FtpError> {
    for entry in ftp.folder(OWN_FOLDER).await?.unwrap_or_default() {
        if !KEPT.contains(&entry.name.as_str()) {
            ftp.remove(&format!("{OWN_FOLDER}/{}", entry.name), true).await?;
        }
    }
    Ok(())
}

/// What a step sends. Nothing is copied on a board by FTP.
fn put(step: &Step) -> Option<(&BoardPath, &Fingerprint)> {
    match &step.act {
        Act::Put { path, print, .. } | Act::Copy { to: path, print, .. } => Some((path, print)),
        Act::Remove { .. } | Act::RemoveFolder(_) | Act::MakeFolder(_) => None,
    }
}

struct Sending<'a> {
    ftp: &'a mut Ftp,
    scan: &'a Scan,
    total: u64,
    done: u64,
    progress: &'a mut dyn Progress,
}

impl Sending<'_> {
    async fn stage_all(&mut self, plan: &Plan) -> Result<(), SyncError> {
        for (number, step) in plan.steps.iter().enumerate() {
            self.stage(step, number).await?;
        }
        self.progress.report(At::Committing);
        Ok(())
    }

    async fn stage(&mut self, step: &Step, number: usize) -> Result<(), SyncError> {
        let Some((path, print)) = put(step) else {
            return Ok(());
        };
        let content = content(self.scan, path, print)?;
        let (progress, before, total) = (&mut *self.progress, self.done, self.total);
        let mut moved = |done: u64| {
            progress.report(At::Sending {
                path: path.clone(),
                done: before + done,
                total,
            });
        };
        moved(0);
        self.ftp.write(&staged(number), &content, &mut moved).await?;
        self.done += print.size;
        Ok(())
    }

    async fn one(&mut self, step: &Step, number: usize, is_staged: bool) -> Result<(), SyncError> {
        if !is_staged {
            self.stage(step, number).await?;
        }
        match &step.act {
            Act::Remove { path, .. } => drop(self.ftp.remove_file(path.as_str()).await?),
            Act::RemoveFolder(path) => {
                // Nobody removes the folder where he stands; one that is not empty stays.
                self.ftp.folder("/").await?;
                self.ftp.remove_folder(path.as_str()).await?;
            }
            Act::MakeFolder(path) => self.ftp.make_folder(path.as_str()).await?,
            Act::Put { path, .. } | Act::Copy { to: path, .. } => {
                self.ftp.replace(&staged(number), path.as_str()).await?;
            }
        }
        Ok(())
    }
}

fn staged(number: usize) -> String {
    format!("{OWN_FOLDER}/{number}")
}
