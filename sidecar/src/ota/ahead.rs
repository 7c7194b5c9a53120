//! What would be refused if a release were published, or devices told of it: looked at beforehand.
//! Only reads; who moves something looks again, under the lock.

use crate::ota::Entry;
use crate::ota::OtaError;
use crate::ota::Release;
use crate::ota::Shelf;
use crate::ota::Store;
use crate::ota::Tag;
use crate::ota::manifest::any_seq;

/// Whether this release may have its version: nobody published another content under it, and devices can ask for it.
pub async fn may_publish(store: &dyn Store, shelf: &Shelf, release: &Release) -> Result<(), OtaError> {
    let tag = &release.version;
    if store.plus_is_blank() && tag.as_str().contains('+') {
        return Err(OtaError::Name {
            what: "version for a bucket",
            text: tag.to_string(),
            why: "devices ask for a bare +, which is a blank there",
        });
    }
    let taken = |what| OtaError::Taken {
        version: tag.clone(),
        what,
    };
    let Some(published) = shelf.releases.get(tag) else {
        return Ok(());
    };
    if let Some(there) = &published.release {
        return there.difference(release).map_or(Ok(()), |what| Err(taken(what)));
    }
    // Put there by hand, or by another program: it must be the same.
    for (path, entry) in &release.files {
        let found = store.read(&shelf.keys.file(tag, release.layout, path)).await?;
        if found.is_some_and(|found| Entry::of(&found.bytes) != *entry) {
            return Err(taken(path.clone()));
        }
    }
    Ok(())
}

/// Whether devices may be told this version, which is there: all of its files are read and compared, and somebody can
/// sign it anew if that is needed.
pub async fn may_tell(
    store: &dyn Store,
    shelf: &Shelf,
    tag: &Tag,
    can_sign: bool,
) -> Result<Release, OtaError> {
    let release = shelf.check(store, tag).await?;
    let manifests = shelf.published(tag)?.manifests();
    if let (Some(last), false) = (manifests.checked_sub(1), can_sign) {
        let found = store
            .read(&shelf.keys.manifest(tag, release.layout, last))
            .await?;
        let seq = found.and_then(|found| any_seq(&found.bytes));
        if seq < shelf.seqs.last().copied() {
            return Err(needs_key(tag));
        }
    }
    Ok(release)
}

/// A version that is signed already, and nobody to sign it again.
pub(super) fn needs_key(tag: &Tag) -> OtaError {
    OtaError::Key {
        why: format!(
            "version {tag} is signed, and devices take it again only with a new signature: give the key"
        ),
    }
}
