//! The signed manifests of a version: the newest one has the highest number of the project when devices are told of it.
//! Numbers are claimed by files that only one publisher can create.

use crate::ota::Entry;
use crate::ota::Keys;
use crate::ota::OtaError;
use crate::ota::Release;
use crate::ota::ReleaseKey;
use crate::ota::Shelf;
use crate::ota::Store;
use crate::ota::ahead::needs_key;
use crate::ota::layout::MOST_MANIFESTS;
use crate::ota::manifest::Head;
use crate::ota::manifest::any_seq;
use crate::ota::manifest::render;
use crate::ota::manifest::seq_of;
use crate::ota::manifest::targets_of;
use crate::ota::store::Before;

/// So often another publisher may be faster.
const RACES: u32 = 5;

/// Who signs, and where.
pub(super) struct Signer<'a> {
    pub(super) store: &'a dyn Store,
    pub(super) keys: &'a Keys,
    pub(super) key: Option<&'a ReleaseKey>,
}

impl Signer<'_> {
    /// Sees to it that the newest manifest of this release has the highest number of the project; `None`: it is not
    /// signed. Without `targets` they are those of its manifest before.
    pub(super) async fn ensure_newest(
        &self,
        release: &Release,
        targets: Option<&[String]>,
    ) -> Result<Option<u32>, OtaError> {
        for _ in 0..RACES {
            let shelf = Shelf::look(self.store, self.keys).await?;
            let published = shelf.published(&release.version)?;
            let count = published.manifests();
            let last = match count.checked_sub(1) {
                Some(n) => {
                    self.store
                        .read(&self.keys.manifest(&release.version, release.layout, n))
                        .await?
                }
                None => None,
            };
            let last = last.map(|found| found.bytes);
            let targets = match (targets, &last) {
                (Some(targets), _) => targets.to_vec(),
                (None, Some(last)) => targets_of(last),
                (None, None) => Vec::new(),
            };
            let highest = self.highest(&shelf).await?;
            let newest = last.as_deref().and_then(|last| seq_of(last, release, &targets));
            if let (Some(seq), Some(last)) = (newest, &last)
                && seq >= highest
            {
                self.mend(release, count - 1, last).await?;
                return Ok(Some(seq));
            }
            let Some(key) = self.key else {
                return if count == 0 {
                    Ok(None)
                } else {
                    Err(needs_key(&release.version))
                };
            };
            if count > MOST_MANIFESTS {
                let why =
                    "it was signed 100 times, and devices look no further: publish it as another version";
                return Err(OtaError::Key { why: why.to_owned() });
            }
            let seq = highest + 1;
            let tag = release.version.as_str();
            if !self.store.create(&self.keys.seq(seq), tag.as_bytes()).await? {
                continue;
            }
            let head = Head {
                project: self.keys.project().clone(),
                seq,
                targets,
            };
            let manifest = render(&head, release)?;
            self.sign(release, count, &key.sign(&manifest)?).await?;
            let at = self.keys.manifest(&release.version, release.layout, count);
            if self.store.create(&at, &manifest).await? {
                self.mend(release, count, &manifest).await?;
                return Ok(Some(seq));
            }
        }
        let what = self.keys.manifest(&release.version, release.layout, 0);
        Err(OtaError::Raced { what, now: None })
    }

    /// The newest manifest of a release that is signed, and its signature: by their keys in the store.
    pub(super) async fn newest(&self, release: &Release) -> Result<Vec<(String, Entry)>, OtaError> {
        let shelf = Shelf::look(self.store, self.keys).await?;
        let n = shelf.published(&release.version)?.manifests().saturating_sub(1);
        let (tag, layout) = (&release.version, release.layout);
        let mut newest = Vec::new();
        for key in [
            self.keys.manifest(tag, layout, n),
            self.keys.signature(tag, layout, n),
        ] {
            let found = self.store.read(&key).await?;
            newest.extend(found.map(|found| (key, Entry::of(&found.bytes))));
        }
        Ok(newest)
    }

    /// Puts a signature where devices do not look yet, for its manifest is not there. One may be there of a publisher
    /// that was stopped.
    async fn sign(&self, release: &Release, n: u32, signature: &[u8]) -> Result<(), OtaError> {
        let at = self.keys.signature(&release.version, release.layout, n);
        let before = match self.store.read(&at).await? {
            Some(found) if found.bytes == signature => return Ok(()),
            Some(found) => found.revision,
            None => Before::Absent,
        };
        // Whoever was faster signs the manifest that comes to be there.
        self.store.replace(&at, &before, signature).await?;
        Ok(())
    }

    /// A manifest that is there never changes; its signature is made right if two publishers were at it.
    async fn mend(&self, release: &Release, n: u32, manifest: &[u8]) -> Result<(), OtaError> {
        let Some(key) = self.key else { return Ok(()) };
        let signature = key.sign(manifest)?;
        let at = self.keys.signature(&release.version, release.layout, n);
        for _ in 0..RACES {
            if self
                .store
                .read(&at)
                .await?
                .is_some_and(|found| found.bytes == signature)
            {
                return Ok(());
            }
            self.sign(release, n, &signature).await?;
        }
        let why = "another signature is there".to_owned();
        Err(OtaError::NotBack { what: at, why })
    }

    /// The highest number that was ever taken. Manifests of another program have made no claims: they are read.
    async fn highest(&self, shelf: &Shelf) -> Result<u32, OtaError> {
        let claimed = shelf.seqs.last().copied().unwrap_or(0);
        let manifests: usize = shelf
            .releases
            .values()
            .map(|published| published.manifests() as usize)
            .sum();
        if manifests <= shelf.seqs.len() {
            return Ok(claimed);
        }
        let mut highest = claimed;
        for (tag, published) in &shelf.releases {
            for n in 0..published.manifests() {
                let at = self.keys.manifest(tag, published.layout(), n);
                let found = self.store.read(&at).await?;
                highest = highest.max(found.and_then(|found| any_seq(&found.bytes)).unwrap_or(0));
            }
        }
        Ok(highest)
    }
}
