//! Publishing: the parts of a release one after the other, so that whoever is stopped at any of them leaves every device
//! with a version that is whole. Making another version current, and giving single devices theirs.
//! What a release is made of is `release`'s.

use std::collections::BTreeMap;

use crate::base::BoardPath;
use crate::base::Progress;
use crate::base::Stage;
use crate::ota::Device;
use crate::ota::Entry;
use crate::ota::Keys;
use crate::ota::OtaError;
use crate::ota::Release;
use crate::ota::ReleaseKey;
use crate::ota::ReleaseWarning;
use crate::ota::Shelf;
use crate::ota::Store;
use crate::ota::Tag;
use crate::ota::ahead::may_publish;
use crate::ota::follow::follow;
use crate::ota::http_check::Address;
use crate::ota::http_check::check_by_http;
use crate::ota::signing::Signer;
use crate::ota::store::Before;

/// How something is published.
#[derive(Default)]
pub struct How<'a> {
    /// Signs the manifest that the safe client reads.
    pub key: Option<&'a ReleaseKey>,
    /// For which devices, in that manifest; empty: all.
    pub targets: Vec<String>,
    /// Where devices ask: every file is got from there, too, before it is made current.
    pub url: Option<&'a Address>,
    /// Put it there and make it nobody's.
    pub hold: bool,
}

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// Which version.
    pub version: Tag,
    /// The current version before.
    pub before: Option<Tag>,
    /// Files that were put there; the others were there already.
    pub put: usize,
    /// The same, in bytes.
    pub bytes: u64,
    /// The number of the signed manifest.
    pub seq: Option<u32>,
    /// It is what devices are told now.
    pub current: bool,
    /// What the user should know.
    pub warnings: Vec<ReleaseWarning>,
}

/// Publishes a release, and makes it current. Whoever is stopped may do the same again; whoever comes with other bytes
/// for the same version is refused.
pub async fn publish(
    store: &dyn Store,
    keys: &Keys,
    mut release: Release,
    contents: &BTreeMap<String, Vec<u8>>,
    how: &How<'_>,
    progress: &mut dyn Progress,
) -> Result<Done, OtaError> {
    let tag = release.version.clone();
    let lock = store.lock(keys.project().as_str()).await?;
    progress.report(Stage::Comparing);
    let shelf = Shelf::look(store, keys).await?;
    release.after = shelf.current.clone().filter(|current| *current != tag);
    let warnings = release.gone(shelf.current_release());
    claim(store, &shelf, &release).await?;
    let (put, bytes) = put_all(store, keys, &release, contents, progress).await?;
    read_back(store, keys, &release, progress).await?;
    let signer = Signer {
        store,
        keys,
        key: how.key,
    };
    let seq = signer.ensure_newest(&release, Some(&how.targets)).await?;
    if let Some(url) = how.url {
        let payload = release.files.iter();
        let key = |path| keys.file(&tag, release.layout, path);
        let mut files: Vec<_> = payload.map(|(path, entry)| (key(path), *entry)).collect();
        if seq.is_some() {
            files.extend(signer.newest(&release).await?);
        }
        check_by_http(url, &files).await?;
    }
    let mut current = shelf.current.as_ref() == Some(&tag);
    if !how.hold {
        progress.report(Stage::Committing);
        point(store, &keys.version(), &shelf.before, &tag).await?;
        follow(store, keys, &[]).await?;
        current = true;
    }
    drop(lock);
    Ok(Done {
        version: tag,
        before: shelf.current,
        put,
        bytes,
        seq,
        current,
        warnings,
    })
}

/// The version is this publisher's from here on: the record is the first thing that is there.
async fn claim(store: &dyn Store, shelf: &Shelf, release: &Release) -> Result<(), OtaError> {
    may_publish(store, shelf, release).await?;
    let tag = &release.version;
    let key = shelf.keys.record(tag);
    if store.create(&key, &release.record()).await? {
        return Ok(());
    }
    let found = store
        .read(&key)
        .await?
        .ok_or(OtaError::Raced { what: key, now: None })?;
    let there = Release::parse(&found.bytes, tag, &shelf.place)?;
    let version = tag.clone();
    there
        .difference(release)
        .map_or(Ok(()), |what| Err(OtaError::Taken { version, what }))
}

async fn put_all(
    store: &dyn Store,
    keys: &Keys,
    release: &Release,
    contents: &BTreeMap<String, Vec<u8>>,
    progress: &mut dyn Progress,
) -> Result<(usize, u64), OtaError> {
    let (mut put, mut bytes, mut done) = (0, 0, 0);
    let total = release.bytes();
    for (path, entry) in &release.files {
        if let Ok(path) = BoardPath::new(&format!("/{path}")) {
            progress.report(Stage::Sending { path, done, total });
        }
        let key = keys.file(&release.version, release.layout, path);
        if store.create(&key, &contents[path]).await? {
            put += 1;
            bytes += entry.size;
        } else if store.read(&key).await?.map(|found| Entry::of(&found.bytes)) != Some(*entry) {
            return Err(OtaError::Taken {
                version: release.version.clone(),
                what: path.clone(),
            });
        }
        done += entry.size;
    }
    Ok((put, bytes))
}

async fn read_back(
    store: &dyn Store,
    keys: &Keys,
    release: &Release,
    progress: &mut dyn Progress,
) -> Result<(), OtaError> {
    let total = release.bytes();
    let mut done = 0;
    for (path, entry) in &release.files {
        if let Ok(path) = BoardPath::new(&format!("/{path}")) {
            progress.report(Stage::Receiving { path, done, total });
        }
        let key = keys.file(&release.version, release.layout, path);
        let found = store.read(&key).await?.map(|found| Entry::of(&found.bytes));
        if found != Some(*entry) {
            let why = found.map_or_else(
                || "it is not there".to_owned(),
                |found| format!("{} bytes with another sum", found.size),
            );
            return Err(OtaError::NotBack { what: key, why });
        }
        done += entry.size;
    }
    Ok(())
}

/// Lets a file say this version: at one moment, and only if it is still what was read.
pub(super) async fn point(store: &dyn Store, key: &str, before: &Before, tag: &Tag) -> Result<(), OtaError> {
    let word = |found: Option<crate::ota::store::Found>| found.map(|found| found.word());
    let replaced = store.replace(key, before, tag.as_str().as_bytes()).await?;
    let now = word(store.read(key).await?);
    if now.as_deref() == Some(tag.as_str()) {
        // Also if somebody else let it say the same.
        return Ok(());
    }
    let what = key.to_owned();
    Err(if replaced {
        let why = format!("it says {}", now.unwrap_or_else(|| "nothing".to_owned()));
        OtaError::NotBack { what, why }
    } else {
        OtaError::Raced { what, now }
    })
}

/// Makes a version current that is there: back, or forward again. All of its files are read and compared before.
pub async fn make_current(
    store: &dyn Store,
    keys: &Keys,
    tag: Option<&Tag>,
    key: Option<&ReleaseKey>,
    progress: &mut dyn Progress,
) -> Result<Done, OtaError> {
    let lock = store.lock(keys.project().as_str()).await?;
    let shelf = Shelf::look(store, keys).await?;
    let tag = match tag {
        Some(tag) => tag,
        None => shelf.before(shelf.current()?)?,
    };
    let seq = ready(store, &shelf, tag, key, progress).await?;
    point(store, &keys.version(), &shelf.before, tag).await?;
    follow(store, keys, &[]).await?;
    drop(lock);
    Ok(moved(tag, &shelf, seq))
}

fn moved(tag: &Tag, shelf: &Shelf, seq: Option<u32>) -> Done {
    Done {
        version: tag.clone(),
        before: shelf.current.clone(),
        put: 0,
        bytes: 0,
        seq,
        current: true,
        warnings: Vec::new(),
    }
}

/// A version that devices are about to be told: whole, and with the newest manifest if it is signed.
async fn ready(
    store: &dyn Store,
    shelf: &Shelf,
    tag: &Tag,
    key: Option<&ReleaseKey>,
    progress: &mut dyn Progress,
) -> Result<Option<u32>, OtaError> {
    progress.report(Stage::Comparing);
    let release = shelf.check(store, tag).await?;
    let keys = &shelf.keys;
    let seq = Signer { store, keys, key }.ensure_newest(&release, None).await?;
    progress.report(Stage::Committing);
    Ok(seq)
}

/// Tells single devices another version than the others: canaries.
pub async fn pin(
    store: &dyn Store,
    keys: &Keys,
    devices: &[Device],
    tag: &Tag,
    key: Option<&ReleaseKey>,
    progress: &mut dyn Progress,
) -> Result<Option<u32>, OtaError> {
    let lock = store.lock(keys.project().as_str()).await?;
    let shelf = Shelf::look(store, keys).await?;
    let seq = ready(store, &shelf, tag, key, progress).await?;
    for device in devices {
        let at = keys.pin(device);
        let before = store
            .read(&at)
            .await?
            .map_or(Before::Absent, |found| found.revision);
        point(store, &at, &before, tag).await?;
    }
    follow(store, keys, devices).await?;
    drop(lock);
    Ok(seq)
}

/// Makes the version of the canaries everybody's, and lets them follow the others again.
pub async fn promote(
    store: &dyn Store,
    keys: &Keys,
    tag: Option<&Tag>,
    key: Option<&ReleaseKey>,
    progress: &mut dyn Progress,
) -> Result<(Done, Vec<Device>), OtaError> {
    let lock = store.lock(keys.project().as_str()).await?;
    let shelf = Shelf::look(store, keys).await?;
    let mut versions: Vec<&Tag> = shelf.pins.values().collect();
    versions.sort();
    versions.dedup();
    let tag = match (tag, &versions[..]) {
        (Some(tag), _) => tag,
        (None, [one]) => *one,
        (None, []) => {
            return Err(OtaError::NoPins {
                project: keys.project().to_string(),
            });
        }
        (None, many) => {
            let versions = many.iter().map(|tag| tag.as_str()).collect::<Vec<_>>().join(", ");
            return Err(OtaError::Pins { versions });
        }
    };
    let seq = ready(store, &shelf, tag, key, progress).await?;
    point(store, &keys.version(), &shelf.before, tag).await?;
    // Only now: a device without a pin is told what everybody is told.
    let devices: Vec<Device> = shelf.pinned_to(tag).cloned().collect();
    for device in &devices {
        store.remove(&keys.pin(device)).await?;
    }
    follow(store, keys, &[]).await?;
    drop(lock);
    Ok((moved(tag, &shelf, seq), devices))
}

/// Lets canaries follow the others again: all of them, or these.
pub async fn abort(
    store: &dyn Store,
    keys: &Keys,
    devices: &[Device],
    key: Option<&ReleaseKey>,
    progress: &mut dyn Progress,
) -> Result<(Tag, Vec<Device>), OtaError> {
    let lock = store.lock(keys.project().as_str()).await?;
    let shelf = Shelf::look(store, keys).await?;
    let mut pinned = shelf
        .pins
        .keys()
        .filter(|device| devices.is_empty() || devices.contains(device))
        .cloned();
    let pinned: Vec<Device> = pinned.by_ref().collect();
    if pinned.is_empty() {
        return Err(OtaError::NoPins {
            project: keys.project().to_string(),
        });
    }
    let current = shelf.current()?.clone();
    // What they go back to must be there.
    ready(store, &shelf, &current, key, progress).await?;
    for device in &pinned {
        store.remove(&keys.pin(device)).await?;
    }
    follow(store, keys, &[]).await?;
    drop(lock);
    Ok((current, pinned))
}

#[cfg(test)]
mod tests;
