//! Taking old versions away: never what devices are told, or may be told again by `rollback`.
//! Decides by one look, under the lock.

use crate::ota::Keys;
use crate::ota::OtaError;
use crate::ota::Part;
use crate::ota::Shelf;
use crate::ota::Store;
use crate::ota::Tag;
use crate::ota::follow::COPIES;
use crate::ota::follow::original;

/// What is too old: all but the newest `keep` whole versions, the current one, and those of devices with one of their
/// own. With `incomplete` what is not whole counts as too old, whatever its age: a publisher may be at work on it.
pub fn too_old(shelf: &Shelf, keep: usize, incomplete: bool) -> Vec<Tag> {
    let mut kept = 0;
    let mut old = Vec::new();
    for (tag, published) in shelf.newest_first() {
        let mut told = shelf
            .current
            .iter()
            .chain(shelf.pins.values())
            .chain(shelf.copies.values().flatten());
        let is_used = told.any(|told| told == tag);
        let is_whole = published.missing().is_none();
        if is_whole {
            kept += 1;
        }
        let goes = if is_whole { kept > keep } else { incomplete };
        if goes && !is_used {
            old.push(tag.clone());
        }
    }
    old
}

/// Takes them away.
pub async fn prune(
    store: &dyn Store,
    keys: &Keys,
    keep: usize,
    incomplete: bool,
) -> Result<Vec<Tag>, OtaError> {
    let lock = store.lock(keys.project().as_str()).await?;
    let shelf = Shelf::look(store, keys).await?;
    let old = too_old(&shelf, keep, incomplete);
    let mut listed = store.list(keys.project().as_str()).await?;
    if store.needs_copies() {
        listed.splice(0..0, store.list(COPIES).await?);
    }
    for tag in &old {
        for one in &listed {
            let key = original(&one.key).map_or(one.key.as_str(), |(_, key)| key);
            if matches!(keys.part(key), Some(Part::File(of, _, _)) if of == *tag) {
                store.remove(&one.key).await?;
            }
        }
        // Last: what is left of one that is stopped is still known as ours, and not whole.
        store.remove(&keys.record(tag)).await?;
    }
    drop(lock);
    Ok(old)
}
