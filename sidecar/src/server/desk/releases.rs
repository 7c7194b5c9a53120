//! Releases for an editor: which there are, what would change, publishing and going back.
//! Buckets and disks may be slow: all of it happens apart from the desk.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;
use std::time::SystemTime;

use chrono::DateTime;
use chrono::SecondsFormat;
use chrono::Utc;
use serde_json::Value;
use serde_json::json;

use crate::base::Progress;
use crate::base::Silent;
use crate::base::Stage;
use crate::ota;
use crate::ota::Device;
use crate::ota::Entry;
use crate::ota::How;
use crate::ota::OtaError;
use crate::ota::Release;
use crate::ota::ReleaseWarning;
use crate::ota::Shelf;
use crate::ota::Tag;
use crate::server::call::Call;
use crate::server::call::ReleaseCall;
use crate::server::desk::Desk;
use crate::server::desk::FolderId;
use crate::server::desk::answers;
use crate::server::refusal;
use crate::server::refusal::Refusal;
use crate::session::Explain as _;
use crate::session::Explained;
use crate::session::Options;
use crate::session::Project;
use crate::session::releases::Releases;
use crate::session::releases::ReleasesError;
use crate::session::releases::Said;

type Files = BTreeMap<String, Entry>;

impl Desk {
    /// `boardside/releases`, `publish` and `rollback`, once the folder's settings are known.
    pub(super) fn releases(&mut self, call: Call) {
        let Call::Releases { folder, .. } = &call else {
            return;
        };
        let id = self.folder_named(folder);
        let call = match id {
            Some(id) => self.park(id, call),
            None => Some(call),
        };
        let Some(Call::Releases {
            folder,
            target,
            name,
            what,
            token,
            mut reply,
        }) = call
        else {
            // It waits for the settings of its folder.
            return;
        };
        let Some(mut home) = id.and_then(|id| self.home(id)) else {
            return answers::send(reply, Err(Refusal::folder_unknown(&folder)));
        };
        // As in the settings: from the project on.
        let target = target.map(|target| {
            let is_bucket = target.contains("://");
            if is_bucket {
                target
            } else {
                home.folder.join(target).to_string_lossy().into_owned()
            }
        });
        home.said = Said {
            target,
            name,
            ..Said::default()
        };
        let title = match &what {
            ReleaseCall::List | ReleaseCall::Compare { .. } => "looking at releases",
            ReleaseCall::Publish { .. } => "publishing",
            ReleaseCall::RollBack { .. } => "rolling back",
        };
        let mut shown = self.publishing.begin(&self.outbox, token, title);
        tokio::spawn(async move {
            let cancelled = shown.cancelled();
            let gone = async {
                tokio::select! {
                    () = cancelled.cancelled() => {}
                    // Nobody waits for it any more: `$/cancelRequest`.
                    () = reply.closed() => {}
                }
            };
            let done = done_unless(gone, home, what, &mut shown).await;
            let done = done.map_err(Refusal::Failed);
            // Its progress ends before it has an answer.
            drop(shown);
            answers::send(reply, done);
        });
    }

    /// A folder, as far as its releases go.
    pub(super) fn home(&self, id: FolderId) -> Option<Home> {
        let folder = self.folders.get(&id)?;
        Some(Home {
            folder: folder.canonical.clone(),
            editor: folder.editor.options.clone(),
            said: Said::default(),
        })
    }
}

/// A project, by where its settings come from: they are read when something is done, so those of that moment hold.
pub(super) struct Home {
    folder: PathBuf,
    editor: Options,
    said: Said,
}

/// Notes the moment from which on devices may have been told.
struct Telling<'a> {
    progress: &'a mut dyn Progress,
    begun: &'a AtomicBool,
}

impl Progress for Telling<'_> {
    fn report(&mut self, stage: Stage) {
        if stage == Stage::Committing {
            self.begun.store(true, Ordering::Relaxed);
        }
        self.progress.report(stage);
    }
}

/// Does it, unless it is cancelled before devices are told. That takes a moment; a cancel which falls into it comes too
/// late, and what is answered then is what was done.
pub(super) async fn done_unless(
    cancelled: impl Future<Output = ()>,
    home: Home,
    what: ReleaseCall,
    progress: &mut dyn Progress,
) -> Result<Value, Explained> {
    let begun = AtomicBool::new(false);
    let mut telling = Telling {
        progress,
        begun: &begun,
    };
    let stopped = async {
        cancelled.await;
        if begun.load(Ordering::Relaxed) {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        done = done(home, what, &mut telling) => done.map_err(|error| error.explained()),
        () = stopped => Err(refusal::cancelled()),
    }
}

/// Does it; who stops waiting for it, at any moment, leaves devices with a version that is whole.
async fn done(home: Home, what: ReleaseCall, progress: &mut dyn Progress) -> Result<Value, ReleasesError> {
    let Home { folder, editor, said } = home;
    let open = move || -> Result<_, ReleasesError> {
        let project = Project::open(&folder, &editor)?;
        let releases = Releases::open(&project.goal.folder, &project.goal.settings, &said)?;
        Ok((project, releases))
    };
    let (project, releases) = tokio::task::spawn_blocking(open)
        .await
        .expect("it does not panic")?;
    match what {
        ReleaseCall::List => listed(&releases).await,
        ReleaseCall::Compare { from, to } => compared(project, releases, from, to).await,
        ReleaseCall::Publish {
            version,
            hold,
            preview,
        } => publish(project, releases, &version, (hold, preview), progress).await,
        ReleaseCall::RollBack { version, preview } => {
            drop(project);
            roll_back(&releases, version.as_deref(), preview, progress).await
        }
    }
}

fn moment(when: Option<SystemTime>) -> Option<String> {
    when.map(|when| DateTime::<Utc>::from(when).to_rfc3339_opts(SecondsFormat::Secs, true))
}

async fn listed(releases: &Releases) -> Result<Value, ReleasesError> {
    let shelf = Shelf::look(&*releases.store, &releases.keys).await?;
    let now = shelf.current_release().map(|release| &release.files);
    let row = |(tag, published): (&Tag, &ota::Published)| {
        let its = published.release.as_ref().map(|release| &release.files);
        let differ = its.zip(now).map(|(its, now)| ota::compare(now, its).len());
        let pinned: Vec<&str> = shelf.pinned_to(tag).map(Device::as_str).collect();
        json!({
            "version": tag.as_str(), "current": shelf.current.as_ref() == Some(tag), "pinned": pinned,
            "files": published.files().len(), "bytes": published.bytes(), "published": moment(published.when),
            "signed": published.manifests() > 0, "missing": published.missing(),
            "differ": differ,
        })
    };
    let rows: Vec<Value> = shelf.newest_first().into_iter().map(row).collect();
    Ok(json!({
        "project": releases.keys.project().as_str(), "target": releases.store.place(),
        "current": shelf.current.as_ref().map(Tag::as_str), "releases": rows,
    }))
}

/// What would change for devices: the current version against this one.
fn changes(shelf: &Shelf, release: &Release) -> Vec<Value> {
    let now = shelf.current_release().map(|release| &release.files);
    differences(now.unwrap_or(&Files::new()), &release.files)
}

fn differences(there: &Files, here: &Files) -> Vec<Value> {
    let change = |(path, change): (&String, &ota::Change)| {
        json!({
            "path": path, "how": change.word(), "before": there.get(path).map(|entry| entry.size),
            "bytes": here.get(path).map(|entry| entry.size),
        })
    };
    ota::compare(there, here).iter().map(change).collect()
}

/// The files of a version: as its record says, else as they are there.
async fn files_of(releases: &Releases, shelf: &Shelf, tag: &Tag) -> Result<Files, OtaError> {
    match &shelf.published(tag)?.release {
        Some(release) => Ok(release.files.clone()),
        None => Ok(shelf.check(&*releases.store, tag).await?.files),
    }
}

async fn compared(
    mut project: Project,
    releases: Releases,
    from: Option<String>,
    to: Option<String>,
) -> Result<Value, ReleasesError> {
    let parse = |text: Option<String>| text.map(|text| text.parse::<Tag>()).transpose();
    let (from, to) = (parse(from)?, parse(to)?);
    let shelf = Shelf::look(&*releases.store, &releases.keys).await?;
    let from = from.or(shelf.current.clone());
    let there = match &from {
        Some(tag) => files_of(&releases, &shelf, tag).await?,
        None => Files::new(),
    };
    let here = if let Some(tag) = &to {
        files_of(&releases, &shelf, tag).await?
    } else {
        // Which version it will be makes no difference.
        let any = "now".parse::<Tag>()?;
        let work = move || releases.prepare(&mut project, &any, &mut Silent);
        let prepared = tokio::task::spawn_blocking(work).await;
        prepared.expect("it does not panic")?.release.files
    };
    let same = here
        .iter()
        .filter(|(path, entry)| there.get(*path) == Some(*entry));
    Ok(json!({
        "from": from.as_ref().map(Tag::as_str), "to": to.as_ref().map(Tag::as_str),
        "changes": differences(&there, &here), "same": same.count(),
    }))
}

fn told(releases: &Releases, done: &Done<'_>) -> Value {
    json!({
        "project": releases.keys.project().as_str(), "target": releases.store.place(), "version": done.version.as_str(),
        "before": done.before.map(Tag::as_str), "current": done.current, "preview": done.preview,
        "changes": done.changes, "warnings": done.warnings,
    })
}

/// What was done, or would be.
struct Done<'a> {
    version: &'a Tag,
    before: Option<&'a Tag>,
    current: bool,
    preview: bool,
    changes: Vec<Value>,
    warnings: Vec<String>,
}

async fn publish(
    mut project: Project,
    releases: Releases,
    version: &str,
    (hold, preview): (bool, bool),
    progress: &mut dyn Progress,
) -> Result<Value, ReleasesError> {
    progress.report(Stage::Scanning);
    let tag: Tag = version.parse()?;
    let work = move || -> Result<_, ReleasesError> {
        let key = releases.key()?;
        let prepared = releases.prepare(&mut project, &tag, &mut Silent)?;
        Ok((releases, key, prepared))
    };
    let (releases, key, prepared) = tokio::task::spawn_blocking(work)
        .await
        .expect("it does not panic")?;
    let store = &*releases.store;
    let shelf = Shelf::look(store, &releases.keys).await?;
    let release = prepared.release;
    let mut done = Done {
        version: &release.version.clone(),
        before: shelf.current.as_ref(),
        current: !hold,
        preview,
        changes: changes(&shelf, &release),
        warnings: prepared
            .warnings
            .into_iter()
            .chain(release.gone(shelf.current_release()))
            .map(|warning| warning.to_string())
            .chain(prepared.notes)
            .collect(),
    };
    let mut others = shelf.releases.iter().filter(|(tag, _)| **tag != release.version);
    if key.is_none() && others.any(|(_, published)| published.manifests() > 0) {
        done.warnings.push(ReleaseWarning::Unsigned.to_string());
    }
    if preview {
        ota::may_publish(store, &shelf, &release).await?;
        return Ok(told(&releases, &done));
    }
    let how = How {
        key: key.as_ref(),
        targets: releases.options.targets.clone(),
        url: releases.url.as_ref(),
        hold,
    };
    let published = ota::publish(store, &releases.keys, release, &prepared.contents, &how, progress).await?;
    done.current = published.current;
    Ok(told(&releases, &done))
}

async fn roll_back(
    releases: &Releases,
    version: Option<&str>,
    preview: bool,
    progress: &mut dyn Progress,
) -> Result<Value, ReleasesError> {
    let store = &*releases.store;
    let key = releases.key()?;
    let shelf = Shelf::look(store, &releases.keys).await?;
    let tag = match version {
        Some(version) => version.parse()?,
        None => shelf.before(shelf.current()?)?.clone(),
    };
    progress.report(Stage::Comparing);
    let release = ota::may_tell(store, &shelf, &tag, key.is_some()).await?;
    if !preview {
        ota::make_current(store, &releases.keys, Some(&tag), key.as_ref(), progress).await?;
    }
    let done = Done {
        version: &tag,
        before: shelf.current.as_ref(),
        current: true,
        preview,
        changes: changes(&shelf, &release),
        warnings: Vec::new(),
    };
    Ok(told(releases, &done))
}

#[cfg(test)]
mod tests;
