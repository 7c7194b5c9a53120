//! `boardside ota publish`: what a sync would put on a board, put where boards fetch it.

use clap::Args;
use serde_json::json;

use crate::base::size_text;
use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::ls::count;
use crate::cli::ota::At;
use crate::cli::ota::looking::show_changes;
use crate::cli::screen::Screen;
use crate::ota;
use crate::ota::How;
use crate::ota::ReleaseWarning;
use crate::ota::Shelf;
use crate::ota::Tag;
use crate::session::Exit;
use crate::session::releases::Prepared;
use crate::session::releases::Releases;
use crate::session::releases::Said;

pub(super) const ABOUT: &str = "Files are put there once and never changed, read back and compared; PROJECT/version is \
replaced last, in one moment: whoever stops this at any time leaves devices with a version that is whole, and the same \
again goes on. Of two publishers one wins, and the other is told. micropython-ota takes UTF-8 text with plain names and \
without folders; with --key the rest is for the safe client. With --url every file is fetched over HTTP/1.0, too, \
before devices are told; BOARDSIDE_OTA_USER and BOARDSIDE_OTA_PASSWORD are the login for that.";

#[derive(Args, Clone, Debug)]
pub(super) struct PublishArgs {
    /// Its version, in any form without blanks and underscores: v1.2.0, 2026.11.21
    #[arg(long, value_name = "V")]
    version: Tag,
    /// flat: VERSION_FILE, as devices ask by default; folder: VERSION/FILE, for use_version_prefix=False
    #[arg(long, value_name = "LAYOUT")]
    layout: Option<String>,
    /// What devices have as host: fetch every file from there, too, before they are told
    #[arg(long, value_name = "URL")]
    url: Option<String>,
    /// Put it there and tell nobody: for `boardside ota pin`
    #[arg(long)]
    hold: bool,
    /// Say what would change for devices; publish nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    at: At,
}

pub(super) async fn run(args: &PublishArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let place = args.at.place();
    let mut project = place.project(screen)?;
    let said = Said {
        layout: args.layout.clone(),
        url: args.url.clone(),
        ..place.said()
    };
    let releases = Releases::open(&project.goal.folder, &project.goal.settings, &said)?;
    // Before the work.
    let key = releases.key()?;
    let prepared = releases.prepare(&mut project, &args.version, screen)?;
    screen.finish();
    for note in &prepared.notes {
        screen.warn(note);
    }
    for warning in &prepared.warnings {
        screen.warn(&warning.to_string());
    }
    if args.dry_run {
        return preview(&releases, &prepared, screen).await;
    }
    let how = How {
        key: key.as_ref(),
        targets: releases.options.targets.clone(),
        url: releases.url.as_ref(),
        hold: args.hold,
    };
    let Prepared {
        release, contents, ..
    } = prepared;
    let (files, bytes) = (release.files.len(), release.bytes());
    let work = ota::publish(&*releases.store, &releases.keys, release, &contents, &how, screen);
    let done = link::flat(link::cancellable(work).await)?;
    screen.finish();
    for warning in &done.warnings {
        screen.warn(&warning.to_string());
    }
    let target = releases.store.place();
    if key.is_none() {
        let shelf = Shelf::look(&*releases.store, &releases.keys).await?;
        let others = shelf.releases.iter().filter(|(tag, _)| **tag != done.version);
        if others
            .map(|(_, published)| published.manifests())
            .any(|manifests| manifests > 0)
        {
            screen.warn(&ReleaseWarning::Unsigned.to_string());
        }
    }
    screen.event(&json!({
        "event": "published", "project": releases.keys.project().as_str(), "version": done.version.as_str(),
        "target": target, "layout": releases.layout.to_string(), "current": done.current,
        "before": done.before.as_ref().map(Tag::as_str), "files": files, "files_put": done.put, "bytes": bytes,
        "bytes_put": done.bytes, "signed": done.seq.is_some(), "seq": done.seq,
    }));
    let project = releases.keys.project();
    let there = match files - done.put {
        0 => String::new(),
        there => format!(", {there} of them were there"),
    };
    let signed = if done.seq.is_some() { ", signed" } else { "" };
    screen.say(&format!(
        "{project} {} in {target}: {}, {}{there}{signed}",
        done.version,
        count(files, "file"),
        size_text(bytes)
    ));
    let before = done.before.filter(|before| *before != done.version);
    screen.say(&match (done.current, before) {
        (true, Some(before)) => format!("devices are told {} now; it was {before}", done.version),
        (true, None) => format!("devices are told {}", done.version),
        (false, _) => format!("no device is told yet: boardside ota pin DEVICE {}", done.version),
    });
    Ok(Exit::Done)
}

async fn preview(releases: &Releases, prepared: &Prepared, screen: &mut Screen) -> Result<Exit, Failure> {
    let shelf = Shelf::look(&*releases.store, &releases.keys).await?;
    let release = &prepared.release;
    if let Some(there) = shelf
        .releases
        .get(&release.version)
        .and_then(|there| there.release.as_ref())
        && let Some(what) = there.difference(release)
    {
        let version = release.version.clone();
        return Err(ota::OtaError::Taken { version, what }.into());
    }
    for warning in release.gone(shelf.current_release()) {
        screen.warn(&warning.to_string());
    }
    let current = shelf.current.as_ref();
    let changes = show_changes(&shelf, release, screen);
    screen.event(&json!({
        "event": "preview", "project": releases.keys.project().as_str(), "version": release.version.as_str(),
        "before": current.map(Tag::as_str), "files": release.files.len(), "bytes": release.bytes(), "changes": changes,
    }));
    screen.say(&format!(
        "{} would have {}, {}",
        release.version,
        count(release.files.len(), "file"),
        size_text(release.bytes())
    ));
    Ok(Exit::Done)
}
