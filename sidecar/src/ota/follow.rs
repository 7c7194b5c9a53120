//! Devices with versions of their own in a bucket, which has no server that could choose: each such device has copies of
//! what it is told below `d/DEVICE/`, from its first pin on.
//! Folders need none of this: nginx and `ota serve` look at the pins.

use crate::ota::Device;
use crate::ota::Keys;
use crate::ota::OtaError;
use crate::ota::Shelf;
use crate::ota::Store;
use crate::ota::Tag;
use crate::ota::layout::manifest_number;
use crate::ota::publish::point;
use crate::ota::store::Before;

/// Where the copies of all devices lie.
pub(super) const COPIES: &str = "d";

/// The copy of this key that a device gets.
pub(super) fn copy_of(device: &Device, key: &str) -> String {
    format!("{COPIES}/{device}/{key}")
}

/// Whose copy this is, and of what.
pub(super) fn original(key: &str) -> Option<(Device, &str)> {
    let (device, key) = key.strip_prefix(COPIES)?.strip_prefix('/')?.split_once('/')?;
    Some((device.parse().ok()?, key))
}

/// Lets every device that has copies be told its pin, or what everybody is told; `new` has none yet. Each is told when
/// all of it is there. Whoever is stopped does it again with the next deed.
pub(super) async fn follow(store: &dyn Store, keys: &Keys, new: &[Device]) -> Result<(), OtaError> {
    if !store.needs_copies() {
        return Ok(());
    }
    let shelf = Shelf::look(store, keys).await?;
    let known = shelf
        .copies
        .keys()
        .chain(new.iter().filter(|device| !shelf.copies.contains_key(*device)));
    for device in known {
        if let Some(tag) = shelf.pins.get(device).or(shelf.current.as_ref()) {
            copy(store, &shelf, device, tag).await?;
        }
    }
    Ok(())
}

async fn copy(store: &dyn Store, shelf: &Shelf, device: &Device, tag: &Tag) -> Result<(), OtaError> {
    let published = shelf.published(tag)?;
    let mut parts: Vec<_> = published.there.keys().collect();
    // A manifest is the last of what it names, and its signature is there before it.
    parts.sort_by_key(|(_, path)| manifest_number(path).is_some());
    for (layout, path) in parts {
        let from = shelf.keys.file(tag, *layout, path);
        let to = copy_of(device, &from);
        let Some(found) = store.read(&from).await? else {
            let (version, what) = (tag.clone(), format!("{path} is missing"));
            return Err(OtaError::Incomplete { version, what });
        };
        if store.create(&to, &found.bytes).await? {
            continue;
        }
        match store.read(&to).await? {
            Some(there) if there.bytes == found.bytes => {}
            // A signature that was made right since.
            Some(there) => drop(store.replace(&to, &there.revision, &found.bytes).await?),
            None => return Err(OtaError::Raced { what: to, now: None }),
        }
    }
    let key = copy_of(device, &shelf.keys.version());
    let before = store
        .read(&key)
        .await?
        .map_or(Before::Absent, |found| found.revision);
    point(store, &key, &before, tag).await
}
