//! `boardside ota status`, `list` and `diff`: what lies in a target.

use chrono::DateTime;
use chrono::Local;
use chrono::SecondsFormat;
use chrono::Utc;
use serde_json::Value;
use serde_json::json;

use crate::base::BoardPath;
use crate::base::size_text;
use crate::cli::diff::coloured;
use crate::cli::diff::unified;
use crate::cli::failure::Failure;
use crate::cli::ls::count;
use crate::cli::ota::Place;
use crate::cli::screen::Screen;
use crate::ota::Change;
use crate::ota::Device;
use crate::ota::Published;
use crate::ota::Release;
use crate::ota::Shelf;
use crate::ota::Tag;
use crate::ota::compare;
use crate::session::Exit;

pub(super) const STATUS: &str = "Every file of the current version, and of those that devices are pinned to, is read \
and compared with what was published. Exit code 6 if something is missing or was changed.";

pub(super) async fn status(place: &Place, screen: &mut Screen) -> Result<Exit, Failure> {
    let (mut project, releases) = place.open(screen)?;
    let shelf = Shelf::look(&*releases.store, &releases.keys).await?;
    if shelf.odd.is_some() {
        shelf.current()?;
    }
    let mut told: Vec<&Tag> = shelf.pins.values().chain(&shelf.current).collect();
    told.sort();
    told.dedup();
    let mut exit = Exit::Done;
    let mut faults = Vec::new();
    for tag in told {
        if let Err(error) = shelf.check(&*releases.store, tag).await {
            exit = Exit::Verify;
            faults.push(error.to_string());
        }
    }
    let current = shelf.current.as_ref();
    let signed = current
        .and_then(|tag| shelf.releases.get(tag))
        .is_some_and(|published| published.manifests() > 0);
    // Under the version that is there, so that only files differ.
    let as_now = current.and_then(|tag| releases.prepare(&mut project, tag, screen).ok());
    screen.finish();
    let pins: serde_json::Map<String, Value> = shelf
        .pins
        .iter()
        .map(|(device, tag)| (device.to_string(), tag.as_str().into()))
        .collect();
    let name = releases.keys.project();
    let place = releases.store.place();
    screen.say(&match current {
        Some(tag) if signed => format!("{name} in {place}: devices are told {tag}, signed"),
        Some(tag) => format!("{name} in {place}: devices are told {tag}"),
        None => format!("{name} in {place}: devices are told nothing yet; boardside ota publish"),
    });
    for (device, tag) in &shelf.pins {
        screen.say(&format!("{device} is told {tag}"));
    }
    for fault in &faults {
        screen.say(&screen.paint("1;31", fault));
    }
    if as_now.is_some() {
        screen.say("the project, compared with that:");
    }
    let changes = as_now.map(|prepared| show_changes(&shelf, &prepared.release, screen));
    if changes == Some(0) {
        screen.say("no change");
    }
    screen.event(&json!({
        "event": "status", "project": name.as_str(), "target": place, "current": current.map(Tag::as_str),
        "signed": signed, "whole": faults.is_empty(), "faults": faults, "pins": pins,
        "releases": shelf.releases.len(), "changes": changes,
    }));
    Ok(exit)
}

/// Shows how a release differs from what devices are told; how often. They are told nothing: all of it is new.
pub(super) fn show_changes(shelf: &Shelf, release: &Release, screen: &mut Screen) -> usize {
    let there = shelf
        .current_release()
        .map(|release| release.files.clone())
        .unwrap_or_default();
    let changes = compare(&there, &release.files);
    for (path, change) in &changes {
        let (one, two) = (there.get(path), release.files.get(path));
        show(
            path,
            *change,
            one.map(|entry| entry.size),
            two.map(|entry| entry.size),
            None,
            screen,
        );
    }
    changes.len()
}

fn show(
    path: &str,
    change: Change,
    one: Option<u64>,
    two: Option<u64>,
    diff: Option<&str>,
    screen: &mut Screen,
) {
    screen.event(&json!({
        "event": "difference", "path": path, "how": change.word(), "bytes_before": one, "bytes": two, "diff": diff,
    }));
    let colour = match change {
        Change::Added => "32",
        Change::Removed => "31",
        Change::Changed => "36",
    };
    let sizes = match (one, two) {
        (Some(one), Some(two)) => format!("{}, now {}", size_text(one), size_text(two)),
        (one, two) => size_text(two.or(one).unwrap_or_default()),
    };
    let how = screen.paint(colour, &format!("{:<8}", change.word()));
    screen.say(&format!("{how} {path}  {}", screen.paint("2", &sizes)));
}

pub(super) async fn list(place: &Place, screen: &mut Screen) -> Result<Exit, Failure> {
    let (_, releases) = place.open(screen)?;
    let shelf = Shelf::look(&*releases.store, &releases.keys).await?;
    for (tag, published) in shelf.newest_first() {
        row(&shelf, tag, published, screen);
    }
    screen.event(&json!({
        "event": "releases", "project": releases.keys.project().as_str(), "target": releases.store.place(),
        "current": shelf.current.as_ref().map(Tag::as_str), "count": shelf.releases.len(),
    }));
    if shelf.releases.is_empty() {
        let place = releases.store.place();
        let name = releases.keys.project();
        screen.say(&format!(
            "no version of {name} in {place}: `boardside ota publish` puts one there"
        ));
    }
    Ok(Exit::Done)
}

fn row(shelf: &Shelf, tag: &Tag, published: &Published, screen: &mut Screen) {
    let is_current = shelf.current.as_ref() == Some(tag);
    let pinned: Vec<&str> = shelf.pinned_to(tag).map(Device::as_str).collect();
    let missing = published.missing();
    let signed = published.manifests() > 0;
    let files = published.files().len();
    let utc = published
        .when
        .map(|when| DateTime::<Utc>::from(when).to_rfc3339_opts(SecondsFormat::Secs, true));
    let after = published
        .release
        .as_ref()
        .and_then(|release| release.after.as_ref());
    screen.event(&json!({
        "event": "release", "version": tag.as_str(), "current": is_current, "pinned": pinned, "files": files,
        "bytes": published.bytes(), "layout": published.layout().to_string(), "signed": signed,
        "whole": missing.is_none(), "missing": missing, "published": utc, "after": after.map(Tag::as_str),
    }));
    let local = published
        .when
        .map(|when| DateTime::<Local>::from(when).format("%Y-%m-%d %H:%M").to_string());
    let mut words = vec![
        screen.paint("1", &format!("{tag:<12}")),
        local.unwrap_or_default(),
        format!("{:>8}", count(files, "file")),
        format!("{:>9}", size_text(published.bytes())),
    ];
    if is_current {
        words.push(screen.paint("32", "current"));
    }
    if !pinned.is_empty() {
        words.push(format!("pinned: {}", pinned.join(", ")));
    }
    if signed {
        words.push("signed".to_owned());
    }
    words.extend(missing.map(|missing| screen.paint("1;31", &missing)));
    screen.say(&words.join("  "));
}

pub(super) async fn diff(one: &Tag, two: &Tag, place: &Place, screen: &mut Screen) -> Result<Exit, Failure> {
    let (_, releases) = place.open(screen)?;
    let store = &*releases.store;
    let shelf = Shelf::look(store, &releases.keys).await?;
    let (first, second) = (shelf.check(store, one).await?, shelf.check(store, two).await?);
    let changes = compare(&first.files, &second.files);
    for (path, change) in &changes {
        let mut contents = Vec::new();
        for release in [&first, &second] {
            let key = releases.keys.file(&release.version, release.layout, path);
            let found = if release.files.contains_key(path) {
                store.read(&key).await?
            } else {
                None
            };
            contents.push(found.map(|found| found.bytes));
        }
        let diff = match (&contents[..], BoardPath::new(path)) {
            ([Some(before), Some(after)], Ok(name)) => {
                let names = (format!("{one}{name}"), format!("{two}{name}"));
                unified(&names.0, &names.1, before, after)
            }
            _ => None,
        };
        let size = |content: &Option<Vec<u8>>| content.as_ref().map(|content| content.len() as u64);
        show(
            path,
            *change,
            size(&contents[0]),
            size(&contents[1]),
            diff.as_deref(),
            screen,
        );
        if let Some(diff) = diff {
            let text = coloured(&diff, screen);
            screen.bytes(text.as_bytes());
        }
    }
    screen.event(&json!({
        "event": "compared", "one": one.as_str(), "two": two.as_str(), "differ": changes.len(),
        "same": second.files.len() - changes.values().filter(|change| **change != Change::Removed).count(),
    }));
    if changes.is_empty() {
        screen.say(&format!("no difference between {one} and {two}"));
        return Ok(Exit::Done);
    }
    Ok(Exit::Failed)
}
