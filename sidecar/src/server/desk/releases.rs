//! Releases for an editor: which there are, what would change, publishing and going back.
//! Buckets and disks may be slow: all of it happens apart from the desk.

use std::path::PathBuf;
use std::time::SystemTime;

use chrono::DateTime;
use chrono::SecondsFormat;
use chrono::Utc;
use serde_json::Value;
use serde_json::json;

use crate::base::Progress as _;
use crate::base::Silent;
use crate::base::Stage;
use crate::ota;
use crate::ota::Device;
use crate::ota::How;
use crate::ota::OtaError;
use crate::ota::Release;
use crate::ota::Shelf;
use crate::ota::Tag;
use crate::server::call::Call;
use crate::server::call::ReleaseCall;
use crate::server::desk::Desk;
use crate::server::desk::answers;
use crate::server::desk::publishing::Shown;
use crate::server::refusal;
use crate::server::refusal::Refusal;
use crate::session::Options;
use crate::session::Project;
use crate::session::releases::Releases;
use crate::session::releases::ReleasesError;
use crate::session::releases::Said;

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
            reply,
        }) = call
        else {
            // It waits for the settings of its folder.
            return;
        };
        let home = id.and_then(|id| {
            let folder = self.folders.get(&id)?;
            Some((folder.canonical.clone(), folder.editor.options.clone()))
        });
        let Some((folder, editor)) = home else {
            return answers::send(reply, Err(Refusal::folder_unknown(&folder)));
        };
        // As in the settings: from the project on.
        let target = target.map(|target| {
            let is_bucket = target.contains("://");
            if is_bucket {
                target
            } else {
                folder.join(target).to_string_lossy().into_owned()
            }
        });
        let said = Said {
            target,
            name,
            ..Said::default()
        };
        let title = match &what {
            ReleaseCall::List => "looking at releases",
            ReleaseCall::Publish { .. } => "publishing",
            ReleaseCall::RollBack { .. } => "rolling back",
        };
        let mut shown = self.publishing.begin(&self.outbox, token, title);
        tokio::spawn(async move {
            let cancelled = shown.cancelled();
            let done = tokio::select! {
                done = done(folder, editor, said, what, &mut shown) => done.map_err(|error| Refusal::of(&error)),
                () = cancelled.cancelled() => Err(Refusal::Failed(refusal::cancelled())),
            };
            // Its progress ends before it has an answer.
            drop(shown);
            answers::send(reply, done);
        });
    }
}

async fn done(
    folder: PathBuf,
    editor: Options,
    said: Said,
    what: ReleaseCall,
    progress: &mut Shown,
) -> Result<Value, ReleasesError> {
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
        ReleaseCall::Publish {
            version,
            hold,
            preview,
        } => publish(project, releases, &version, (hold, preview), progress).await,
        ReleaseCall::RollBack { version, preview } => roll_back(&releases, version.as_deref(), preview).await,
    }
}

fn moment(when: Option<SystemTime>) -> Option<String> {
    when.map(|when| DateTime::<Utc>::from(when).to_rfc3339_opts(SecondsFormat::Secs, true))
}

async fn listed(releases: &Releases) -> Result<Value, ReleasesError> {
    let shelf = Shelf::look(&*releases.store, &releases.keys).await?;
    let row = |(tag, published): (&Tag, &ota::Published)| {
        let pinned: Vec<&str> = shelf.pinned_to(tag).map(Device::as_str).collect();
        json!({
            "version": tag.as_str(), "current": shelf.current.as_ref() == Some(tag), "pinned": pinned,
            "files": published.files().len(), "bytes": published.bytes(), "published": moment(published.when),
            "signed": published.manifests() > 0, "missing": published.missing(),
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
    let there = shelf
        .current_release()
        .map(|release| release.files.clone())
        .unwrap_or_default();
    let change = |(path, change): (&String, &ota::Change)| {
        json!({
            "path": path, "how": change.word(), "before": there.get(path).map(|entry| entry.size),
            "bytes": release.files.get(path).map(|entry| entry.size),
        })
    };
    ota::compare(&there, &release.files).iter().map(change).collect()
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
    progress: &mut Shown,
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
    if preview {
        let there = shelf
            .releases
            .get(&release.version)
            .and_then(|there| there.release.as_ref());
        if let Some(what) = there.and_then(|there| there.difference(&release)) {
            let version = release.version;
            return Err(OtaError::Taken { version, what }.into());
        }
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
) -> Result<Value, ReleasesError> {
    let store = &*releases.store;
    let key = releases.key()?;
    let shelf = Shelf::look(store, &releases.keys).await?;
    let tag = match version {
        Some(version) => version.parse()?,
        None => shelf.before(shelf.current()?)?.clone(),
    };
    let release = shelf.check(store, &tag).await?;
    if !preview {
        ota::make_current(store, &releases.keys, Some(&tag), key.as_ref()).await?;
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
