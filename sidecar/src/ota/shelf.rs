//! `Shelf`: what of one project lies in a store: its versions, which is current, which device has which, what is missing.
//! Looks, and changes nothing.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::time::SystemTime;

use futures::StreamExt as _;
use futures::TryStreamExt as _;

use crate::ota::Device;
use crate::ota::Entry;
use crate::ota::Keys;
use crate::ota::Layout;
use crate::ota::OtaError;
use crate::ota::Part;
use crate::ota::Release;
use crate::ota::Store;
use crate::ota::Tag;
use crate::ota::follow::COPIES;
use crate::ota::follow::original;
use crate::ota::layout::MOST_MANIFESTS;
use crate::ota::layout::manifest_number;
use crate::ota::release::some;
use crate::ota::store::Before;

/// So many small things are read at once: buckets answer each after a while.
const AT_ONCE: usize = 8;

/// One project in a store.
#[derive(Clone, Debug)]
pub struct Shelf {
    /// Where it lies.
    pub keys: Keys,
    /// For people.
    pub place: String,
    /// What devices are told.
    pub current: Option<Tag>,
    /// What they are told instead, if it is no version: an underscore in it, or the page of a captive portal.
    pub odd: Option<String>,
    /// What the file that says so was, for who replaces it.
    pub(super) before: Before,
    /// Every version of which there is something.
    pub releases: BTreeMap<Tag, Published>,
    /// Devices that are told another version.
    pub pins: BTreeMap<Device, Tag>,
    /// Devices with copies of what they are told, and what that is.
    pub copies: BTreeMap<Device, Option<Tag>>,
    /// Numbers that manifests have taken.
    pub seqs: BTreeSet<u32>,
}

/// One version in a store.
#[derive(Clone, Debug, Default)]
pub struct Published {
    /// What was published; `None` if Boardside did not publish it, or its record cannot be read.
    pub release: Option<Release>,
    /// Why the record cannot be read.
    pub fault: Option<String>,
    /// When the last of it was written.
    pub when: Option<SystemTime>,
    /// What there is: sizes in bytes.
    pub there: BTreeMap<(Layout, String), u64>,
}

impl Published {
    /// Where its files lie.
    pub fn layout(&self) -> Layout {
        let first = self.there.keys().next().map(|(layout, _)| *layout);
        self.release
            .as_ref()
            .map(|release| release.layout)
            .or(first)
            .unwrap_or_default()
    }

    /// Its files, as far as that is known: those of the record, else those that are there.
    pub fn files(&self) -> BTreeMap<String, u64> {
        if let Some(release) = &self.release {
            return release
                .files
                .iter()
                .map(|(path, entry)| (path.clone(), entry.size))
                .collect();
        }
        let files = self
            .there
            .iter()
            .filter(|((_, path), _)| !path.starts_with("manifest."));
        files.map(|((_, path), size)| (path.clone(), *size)).collect()
    }

    /// All of its files, in bytes.
    pub fn bytes(&self) -> u64 {
        self.files().values().sum()
    }

    /// So many manifests there are without a gap.
    pub fn manifests(&self) -> u32 {
        let numbers = self.there.keys().filter(|(layout, _)| *layout == self.layout());
        let numbers: BTreeSet<u32> = numbers.filter_map(|(_, path)| manifest_number(path)).collect();
        (0..=MOST_MANIFESTS)
            .take_while(|n| numbers.contains(n))
            .count()
            .try_into()
            .unwrap_or(0)
    }

    /// Why devices cannot have it, by names and sizes alone.
    pub fn missing(&self) -> Option<String> {
        if let Some(fault) = &self.fault {
            return Some(fault.clone());
        }
        let release = self.release.as_ref()?;
        let at = |path: &String| self.there.get(&(release.layout, path.clone()));
        let bad = release
            .files
            .iter()
            .filter(|(path, entry)| at(path) != Some(&entry.size));
        let bad: Vec<&str> = bad.map(|(path, _)| path.as_str()).collect();
        (!bad.is_empty()).then(|| format!("{} missing or of another size", some(&bad)))
    }
}

impl Shelf {
    /// Looks at a project.
    pub async fn look(store: &dyn Store, keys: &Keys) -> Result<Self, OtaError> {
        let mut shelf = Self {
            keys: keys.clone(),
            place: store.place(),
            current: None,
            odd: None,
            before: Before::Absent,
            releases: BTreeMap::new(),
            pins: BTreeMap::new(),
            copies: BTreeMap::new(),
            seqs: BTreeSet::new(),
        };
        let (mut records, mut pins) = (Vec::new(), Vec::new());
        for listed in store.list(keys.project().as_str()).await? {
            match keys.part(&listed.key) {
                Some(Part::File(tag, layout, path)) => {
                    let published = shelf.releases.entry(tag).or_default();
                    published.there.insert((layout, path), listed.size);
                    published.when = published.when.max(Some(listed.when));
                }
                Some(Part::Record(tag)) => records.push(tag),
                Some(Part::Pin(device)) => pins.push(device),
                Some(Part::Seq(seq)) => drop(shelf.seqs.insert(seq)),
                Some(Part::Version) | None => {}
            }
        }
        // After the list, so that what it names is there.
        if let Some(found) = store.read(&keys.version()).await? {
            let text = found.word();
            // Empty is what a device makes of a server that has nothing.
            match text.parse() {
                Ok(tag) => shelf.current = Some(tag),
                Err(_) if text.is_empty() => {}
                Err(_) => shelf.odd = Some(text.chars().take(80).collect()),
            }
            shelf.before = found.revision;
        }
        let place = shelf.place.clone();
        let read = records
            .into_iter()
            .map(|tag| read_record(store, keys, tag, &place));
        let read: Vec<_> = futures::stream::iter(read)
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        for (tag, release) in read {
            let published = shelf.releases.entry(tag).or_default();
            match release {
                Ok(release) => published.release = release,
                Err(error) => published.fault = Some(error.to_string()),
            }
        }
        let read = pins.into_iter().map(|device| read_pin(store, keys, device));
        let read: Vec<_> = futures::stream::iter(read)
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        shelf.pins.extend(read.into_iter().flatten());
        if store.needs_copies() {
            shelf.copies = copies(store, keys).await?;
        }
        Ok(shelf)
    }

    /// One of its versions.
    pub fn published(&self, tag: &Tag) -> Result<&Published, OtaError> {
        self.releases.get(tag).ok_or_else(|| OtaError::NoRelease {
            version: tag.to_string(),
            place: format!("{}/{}", self.place, self.keys.project()),
        })
    }

    /// The record of what devices are told.
    pub fn current_release(&self) -> Option<&Release> {
        let current = self.current.as_ref().and_then(|tag| self.releases.get(tag));
        current.and_then(|published| published.release.as_ref())
    }

    /// What devices are told.
    pub fn current(&self) -> Result<&Tag, OtaError> {
        if let Some(text) = &self.odd {
            let (what, text) = (self.keys.version(), text.clone());
            return Err(OtaError::Version { what, text });
        }
        self.current.as_ref().ok_or_else(|| OtaError::NoCurrent {
            project: self.keys.project().to_string(),
            place: self.place.clone(),
        })
    }

    /// The versions, the newest first: by when they were published, and where that is one moment, by their numbers.
    pub fn newest_first(&self) -> Vec<(&Tag, &Published)> {
        let mut all: Vec<_> = self.releases.iter().collect();
        let second = |published: &Published| {
            published
                .when
                .and_then(|when| when.duration_since(SystemTime::UNIX_EPOCH).ok())
                .map(|since| since.as_secs())
        };
        all.sort_by_cached_key(|(tag, published)| std::cmp::Reverse((second(published), tag.natural())));
        all
    }

    /// Which devices are told this version as their own.
    pub fn pinned_to<'a>(&'a self, tag: &'a Tag) -> impl Iterator<Item = &'a Device> {
        self.pins
            .iter()
            .filter(move |(_, pinned)| *pinned == tag)
            .map(|(device, _)| device)
    }

    /// The version that was current before this one.
    pub fn before(&self, tag: &Tag) -> Result<&Tag, OtaError> {
        let release = self.published(tag)?.release.as_ref();
        let after = release.and_then(|release| release.after.as_ref());
        after.ok_or_else(|| OtaError::NoBefore { version: tag.clone() })
    }

    /// Reads every file of a version, and compares it with what was published.
    pub async fn check(&self, store: &dyn Store, tag: &Tag) -> Result<Release, OtaError> {
        let published = self.published(tag)?;
        let incomplete = |what| OtaError::Incomplete {
            version: tag.clone(),
            what,
        };
        if let Some(what) = published.missing() {
            return Err(incomplete(what));
        }
        let (release, is_known) = match &published.release {
            Some(release) => (release.clone(), true),
            None => (self.unrecorded(tag, published)?, false),
        };
        let keys = release.files.keys().cloned();
        let keys: Vec<_> = keys
            .map(|path| (self.keys.file(tag, release.layout, &path), path))
            .collect();
        let read = keys.into_iter().map(|(key, path)| read_entry(store, key, path));
        let read: BTreeMap<_, _> = futures::stream::iter(read)
            .buffered(AT_ONCE)
            .try_collect()
            .await?;
        let gone: Vec<&str> = read
            .iter()
            .filter(|(_, entry)| entry.is_none())
            .map(|(path, _)| path.as_str())
            .collect();
        if !gone.is_empty() {
            return Err(incomplete(format!("{} missing", some(&gone))));
        }
        let files: BTreeMap<String, Entry> = read
            .into_iter()
            .filter_map(|(path, entry)| Some((path, entry?)))
            .collect();
        let other: Vec<&str> = files
            .iter()
            .filter(|(path, entry)| release.files.get(*path) != Some(*entry))
            .map(|(path, _)| path.as_str())
            .collect();
        if is_known && !other.is_empty() {
            return Err(incomplete(format!("{} changed since", some(&other))));
        }
        Ok(Release { files, ..release })
    }

    /// A version that was put there by hand: its files must be at least those that the current version has.
    fn unrecorded(&self, tag: &Tag, published: &Published) -> Result<Release, OtaError> {
        let layout = published.layout();
        let files = published.files();
        let wanted = self.current.as_ref().filter(|current| *current != tag);
        let wanted = wanted
            .and_then(|current| self.releases.get(current))
            .map(Published::files)
            .unwrap_or_default();
        let missing: Vec<&str> = wanted
            .keys()
            .filter(|path| !files.contains_key(*path))
            .map(String::as_str)
            .collect();
        if files.is_empty() || !missing.is_empty() {
            return Err(OtaError::Incomplete {
                version: tag.clone(),
                what: format!(
                    "it has no record, and {} of the current version missing",
                    some(&missing)
                ),
            });
        }
        let unknown = |path| (path, Entry::of(b""));
        Ok(Release {
            version: tag.clone(),
            layout,
            files: files.into_keys().map(unknown).collect(),
            after: None,
        })
    }
}

async fn read_entry(
    store: &dyn Store,
    key: String,
    path: String,
) -> Result<(String, Option<Entry>), OtaError> {
    let found = store.read(&key).await?;
    Ok((path, found.map(|found| Entry::of(&found.bytes))))
}

type Recorded = (Tag, Result<Option<Release>, OtaError>);

async fn read_record(store: &dyn Store, keys: &Keys, tag: Tag, place: &str) -> Result<Recorded, OtaError> {
    let found = store.read(&keys.record(&tag)).await?;
    let release = found
        .map(|found| Release::parse(&found.bytes, &tag, place))
        .transpose();
    Ok((tag, release))
}

async fn copies(store: &dyn Store, keys: &Keys) -> Result<BTreeMap<Device, Option<Tag>>, OtaError> {
    let mut copies = BTreeMap::new();
    for listed in store.list(COPIES).await? {
        let Some((device, key)) = original(&listed.key) else {
            continue;
        };
        match keys.part(key) {
            Some(Part::Version) => {
                let found = store.read(&listed.key).await?;
                let tag = found.and_then(|found| found.word().parse().ok());
                copies.insert(device, tag);
            }
            Some(_) => drop(copies.entry(device).or_insert(None)),
            None => {}
        }
    }
    Ok(copies)
}

async fn read_pin(store: &dyn Store, keys: &Keys, device: Device) -> Result<Option<(Device, Tag)>, OtaError> {
    let key = keys.pin(&device);
    let Some(found) = store.read(&key).await? else {
        return Ok(None);
    };
    let text = found.word();
    let tag = text.parse().map_err(|_| OtaError::Version { what: key, text })?;
    Ok(Some((device, tag)))
}
