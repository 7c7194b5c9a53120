//! A publisher that is stopped at each of its steps, and one that another comes in between of at each of them: whatever
//! devices are told is whole, in both layouts, in folders and buckets, signed or not.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use futures::future::BoxFuture;
use rstest::rstest;
use tempfile::TempDir;

use super::*;
use crate::base::Silent;
use crate::ota::Bucket;
use crate::ota::Folder;
use crate::ota::Found;
use crate::ota::Layout;
use crate::ota::Listed;
use crate::ota::Lock;
use crate::ota::Readers;
use crate::ota::store::Doing;

/// Before the step with this number something happens: the publisher dies, or another one is faster.
struct Disturbed<'a> {
    store: &'a dyn Store,
    steps: AtomicUsize,
    at: usize,
    /// `None`: from there on nothing works any more.
    rival: Option<Mutex<Option<BoxFuture<'static, ()>>>>,
}

impl<'a> Disturbed<'a> {
    fn dies(store: &'a dyn Store, at: usize) -> Self {
        let steps = AtomicUsize::new(0);
        Self {
            store,
            steps,
            at,
            rival: None,
        }
    }

    async fn step(&self) -> Result<(), OtaError> {
        let step = self.steps.fetch_add(1, Ordering::Relaxed);
        let Some(rival) = &self.rival else {
            let killed = || OtaError::Bucket {
                what: format!("step {step}"),
                why: "killed".to_owned(),
            };
            return if step >= self.at { Err(killed()) } else { Ok(()) };
        };
        let rival = if step == self.at {
            rival.lock().unwrap().take()
        } else {
            None
        };
        if let Some(rival) = rival {
            rival.await;
        }
        Ok(())
    }
}

impl Store for Disturbed<'_> {
    fn place(&self) -> String {
        self.store.place()
    }

    fn plus_is_blank(&self) -> bool {
        self.store.plus_is_blank()
    }

    fn needs_copies(&self) -> bool {
        self.store.needs_copies()
    }

    fn create<'a>(&'a self, key: &'a str, bytes: &'a [u8]) -> Doing<'a, bool> {
        Box::pin(async move {
            self.step().await?;
            self.store.create(key, bytes).await
        })
    }

    fn read<'a>(&'a self, key: &'a str) -> Doing<'a, Option<Found>> {
        self.store.read(key)
    }

    fn replace<'a>(&'a self, key: &'a str, before: &'a Before, bytes: &'a [u8]) -> Doing<'a, bool> {
        Box::pin(async move {
            self.step().await?;
            self.store.replace(key, before, bytes).await
        })
    }

    fn remove<'a>(&'a self, key: &'a str) -> Doing<'a, ()> {
        Box::pin(async move {
            self.step().await?;
            self.store.remove(key).await
        })
    }

    fn list<'a>(&'a self, project: &'a str) -> Doing<'a, Vec<Listed>> {
        self.store.list(project)
    }

    fn lock<'a>(&'a self, project: &'a str) -> Doing<'a, Lock> {
        self.store.lock(project)
    }
}

fn contents(text: &str) -> BTreeMap<String, Vec<u8>> {
    let file = |path: &str| (path.to_owned(), format!("# {path} {text}\n").into_bytes());
    ["boot.py", "lib/a.py", "main.py"].map(file).into()
}

fn release(version: &str, layout: Layout, text: &str) -> Release {
    let readers = Readers {
        old: None,
        safe: true,
        largest: 1000,
    };
    Release::new(version.parse().unwrap(), layout, contents(text), &readers)
        .unwrap()
        .0
}

fn keys() -> Keys {
    Keys::of(&"sample".parse().unwrap())
}

async fn put(
    store: &dyn Store,
    version: &str,
    layout: Layout,
    text: &str,
    key: Option<&ReleaseKey>,
) -> Result<Done, OtaError> {
    let how = How {
        key,
        ..How::default()
    };
    let release = release(version, layout, text);
    super::publish(store, &keys(), release, &contents(text), &how, &mut Silent).await
}

/// What devices are told, each in its own place, and all of it is there; with the safe client's eyes if it is signed.
async fn told(
    store: &dyn Store,
    layout: Layout,
    texts: &[&str],
    key: Option<&ReleaseKey>,
) -> Vec<Option<String>> {
    let mut told = Vec::new();
    for (pointer, above) in [
        ("sample/version", ""),
        ("sample/.pin/dev1", ""),
        ("d/dev1/sample/version", "d/dev1/"),
    ] {
        let Some(found) = store.read(pointer).await.unwrap() else {
            told.push(None);
            continue;
        };
        let tag: Tag = found.word().parse().unwrap();
        let mut fits = false;
        for text in texts {
            let mut all = true;
            for (path, content) in contents(text) {
                let at = format!("{above}{}", keys().file(&tag, layout, &path));
                let found = store.read(&at).await.unwrap();
                all &= found.is_some_and(|found| found.bytes == content);
            }
            fits |= all;
        }
        assert!(fits, "{pointer} says {tag}, which is not whole");
        if let Some(key) = key {
            let shelf = Shelf::look(store, &keys()).await.unwrap();
            let mut last = None;
            for n in 0..shelf.releases[&tag].manifests() {
                let at = |key: String| format!("{above}{key}");
                let manifest = store.read(&at(keys().manifest(&tag, layout, n))).await.unwrap();
                let signature = store.read(&at(keys().signature(&tag, layout, n))).await.unwrap();
                let Some(manifest) = manifest else { break };
                assert_eq!(signature.unwrap().bytes, key.sign(&manifest.bytes).unwrap());
                last = Some(n);
            }
            assert!(last.is_some(), "{pointer} says {tag}, which is not signed");
        }
        told.push(Some(tag.to_string()));
    }
    told
}

/// One for all: to make one takes a second.
fn key() -> &'static ReleaseKey {
    static KEY: OnceLock<ReleaseKey> = OnceLock::new();
    KEY.get_or_init(|| ReleaseKey::generate().unwrap())
}

/// A store, and what must live as long.
fn store(folder: bool) -> (Arc<dyn Store>, Option<TempDir>) {
    if !folder {
        return (Arc::new(Bucket::in_memory()), None);
    }
    let folder = tempfile::tempdir().unwrap();
    (Arc::new(Folder::at(&folder.path().join("srv"))), Some(folder))
}

/// What is done after v1, and for some v2, were published.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Deed {
    First,
    Second,
    Back,
    Pin,
    Promote,
    Abort,
    /// While a device has copies of its own.
    Third,
}

impl Deed {
    async fn prepare(self, store: &dyn Store, layout: Layout, key: Option<&ReleaseKey>) {
        let v2: Tag = "v2".parse().unwrap();
        if self != Self::First {
            put(store, "v1", layout, "v1", key).await.unwrap();
        }
        if !matches!(self, Self::First | Self::Second) {
            put(store, "v2", layout, "v2", key).await.unwrap();
        }
        if matches!(self, Self::Promote | Self::Abort | Self::Third) {
            make_current(store, &keys(), None, key, &mut Silent)
                .await
                .unwrap();
            pin(store, &keys(), &["dev1".parse().unwrap()], &v2, key, &mut Silent)
                .await
                .unwrap();
        }
        if self == Self::Third {
            abort(store, &keys(), &[], key, &mut Silent).await.unwrap();
        }
    }

    async fn run(self, store: &dyn Store, layout: Layout, key: Option<&ReleaseKey>) -> Result<(), OtaError> {
        let (v1, v2): (Tag, Tag) = ("v1".parse().unwrap(), "v2".parse().unwrap());
        match self {
            Self::First => put(store, "v1", layout, "v1", key).await.map(drop),
            Self::Second => put(store, "v2", layout, "v2", key).await.map(drop),
            Self::Third => put(store, "v3", layout, "v3", key).await.map(drop),
            Self::Back => make_current(store, &keys(), Some(&v1), key, &mut Silent)
                .await
                .map(drop),
            Self::Pin => pin(store, &keys(), &["dev1".parse().unwrap()], &v1, key, &mut Silent)
                .await
                .map(drop),
            Self::Promote => promote(store, &keys(), Some(&v2), key, &mut Silent)
                .await
                .map(drop),
            Self::Abort => match abort(store, &keys(), &[], key, &mut Silent).await {
                // It had done that before it was stopped.
                Err(OtaError::NoPins { .. }) => make_current(store, &keys(), Some(&v1), key, &mut Silent)
                    .await
                    .map(drop),
                other => other.map(drop),
            },
        }
    }
}

#[rstest]
#[tokio::test]
async fn whoever_is_stopped_leaves_whole_versions_and_the_same_again_goes_on(
    #[values(Layout::Flat, Layout::Folder)] layout: Layout,
    #[values(true, false)] folder: bool,
    #[values(true, false)] signed: bool,
) {
    let key = signed.then(key);
    let texts = ["v1", "v2", "v3"];
    let mut stops = 0;
    for deed in [
        Deed::First,
        Deed::Second,
        Deed::Back,
        Deed::Pin,
        Deed::Promote,
        Deed::Abort,
        Deed::Third,
    ] {
        let (whole, _folder) = store(folder);
        deed.prepare(&*whole, layout, key).await;
        let before = told(&*whole, layout, &texts, key).await;
        deed.run(&*whole, layout, key).await.unwrap();
        let after = told(&*whole, layout, &texts, key).await;
        for at in 0.. {
            let (store, _folder) = store(folder);
            deed.prepare(&*store, layout, key).await;
            let ended = deed.run(&Disturbed::dies(&*store, at), layout, key).await;
            if ended.is_ok() {
                break;
            }
            stops += 1;
            let now = told(&*store, layout, &texts, key).await;
            for (now, (before, after)) in now.iter().zip(before.iter().zip(&after)) {
                assert!(now == before || now == after, "{deed:?} stopped at {at}: {now:?}");
            }
            if at > 0 && now == before && deed == Deed::Second {
                // Nobody else comes in under its name.
                let other = put(&*store, "v2", layout, "other", key).await;
                assert!(matches!(other, Err(OtaError::Taken { .. })), "at {at}: {other:?}");
            }
            deed.run(&*store, layout, key).await.unwrap();
            let now = told(&*store, layout, &texts, key).await;
            assert_eq!(now, after, "{deed:?} again after {at}");
        }
    }
    eprintln!("{layout}, folder {folder}, signed {signed}: stopped {stops} times");
    assert!(stops >= 18, "{stops}");
}

#[rstest]
#[tokio::test]
async fn of_two_publishers_at_once_one_wins_and_the_other_is_told(
    #[values("v2", "v3")] rivals: &'static str,
    #[values(true, false)] signed: bool,
) {
    let layout = Layout::Flat;
    let key = signed.then(key);
    for at in 0.. {
        let store = Arc::new(Bucket::in_memory());
        put(&*store, "v1", layout, "v1", key).await.unwrap();
        let his_store = store.clone();
        let his: Arc<Mutex<Option<Result<Done, OtaError>>>> = Arc::default();
        let result = his.clone();
        let rival: BoxFuture<'static, ()> = Box::pin(async move {
            let done = put(&*his_store, rivals, layout, "rival", key).await;
            *result.lock().unwrap() = Some(done);
        });
        let disturbed = Disturbed {
            store: &*store,
            steps: AtomicUsize::new(0),
            at,
            rival: Some(Mutex::new(Some(rival))),
        };
        let mine = put(&disturbed, "v2", layout, "mine", key).await;
        let Some(his) = his.lock().unwrap().take() else {
            assert!(at > 4, "only {at} steps");
            return;
        };
        let told = told(&*store, layout, &["mine", "rival"], key).await.remove(0);
        let won = [mine.is_ok(), his.is_ok()];
        assert!(
            won == [true, false] || won == [false, true],
            "at {at}: {mine:?}, {his:?}"
        );
        let (version, loser) = if won[0] { ("v2", his) } else { (rivals, mine) };
        assert_eq!(told.as_deref(), Some(version), "at {at}");
        assert!(
            matches!(loser, Err(OtaError::Taken { .. } | OtaError::Raced { .. })),
            "at {at}: {loser:?}"
        );
    }
}
