//! Taking old versions away: never what devices are told, or may be told again by `rollback`.
//! Decides by one look, under the lock.

use crate::ota::Keys;
use crate::ota::OtaError;
use crate::ota::Part;
use crate::ota::Shelf;
use crate::ota::Store;
use crate::ota::Tag;

/// What is too old: all but the newest `keep` whole versions, the current one, and those of devices with one of their
/// own. With `incomplete` what is not whole counts as too old, whatever its age: a publisher may be at work on it.
pub fn too_old(shelf: &Shelf, keep: usize, incomplete: bool) -> Vec<Tag> {
    let mut kept = 0;
    let mut old = Vec::new();
    for (tag, published) in shelf.newest_first() {
        let is_used = shelf.current.as_ref() == Some(tag) || shelf.pinned_to(tag).next().is_some();
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
    let listed = store.list(keys.project().as_str()).await?;
    for tag in &old {
        for one in &listed {
            if matches!(keys.part(&one.key), Some(Part::File(of, _, _)) if of == *tag) {
                store.remove(&one.key).await?;
            }
        }
        // Last: what is left of one that is stopped is still known as ours, and not whole.
        store.remove(&keys.record(tag)).await?;
    }
    drop(lock);
    Ok(old)
}
