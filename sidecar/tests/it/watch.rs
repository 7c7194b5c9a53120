//! A real folder and the system's own notifications.
//! When batches come is tested in `events`; here only that they come, and what is in them.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use boardside::sync::debounce::Batch;
use boardside::sync::ignore::Rules;
use boardside::sync::scan::ScanCache;
use boardside::sync::scan::scan;
use boardside::sync::scan::update;
use boardside::sync::watch::Mode;
use boardside::sync::watch::Told;
use boardside::sync::watch::Watch;
use tempfile::TempDir;

/// No wait is longer; it is only reached if the test fails.
const LIMIT: Duration = Duration::from_secs(20);

fn project(files: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files {
        write(&folder.path().join(file), "old");
    }
    folder
}

fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn rules() -> Rules {
    Rules::new("", &[], None).unwrap()
}

/// Collects batches until all of these were changed or removed.
async fn batches_until(watch: &mut Watch, changed: &[&str], removed: &[&str]) -> Batch {
    let mut all = Batch::default();
    let seen = |all: &Batch| {
        changed.iter().all(|path| all.changed.contains(Path::new(path)))
            && removed.iter().all(|path| all.removed.contains(Path::new(path)))
    };
    while !seen(&all) {
        let batch = tokio::time::timeout(LIMIT, watch.next()).await;
        let batch =
            batch.unwrap_or_else(|_| panic!("no {changed:?} {removed:?} within {LIMIT:?}, only {all:?}"));
        all.changed.extend(batch.changed);
        all.removed.extend(batch.removed);
        all.rescan |= batch.rescan;
    }
    all
}

fn paths(paths: &[&str]) -> Vec<PathBuf> {
    paths.iter().map(PathBuf::from).collect()
}

#[tokio::test]
async fn writing_beside_and_renaming_is_a_change_and_ignored_files_are_silent() {
    let root = project(&["main.py", ".git/index", "node_modules/x.js"]);
    let at = |path: &str| root.path().join(path);
    let mut watch = Watch::open(root.path(), rules()).unwrap();
    fs::write(at(".git/index"), "new").unwrap();
    fs::write(at("node_modules/x.js"), "new").unwrap();
    fs::write(at(".main.py.tmp"), "new").unwrap();
    fs::rename(at(".main.py.tmp"), at("main.py")).unwrap();
    let batch = batches_until(&mut watch, &["main.py"], &[]).await;
    assert_eq!(batch.changed.into_iter().collect::<Vec<_>>(), paths(&["main.py"]));
    assert!(batch.removed.is_empty(), "{:?}", batch.removed);
}

#[tokio::test]
async fn a_checkout_that_writes_and_removes_many_files_misses_none() {
    let files: Vec<String> = (0..60).map(|i| format!("pkg{}/file{i}.py", i % 6)).collect();
    let names: Vec<&str> = files.iter().map(String::as_str).collect();
    let root = project(&names);
    let mut watch = Watch::open(root.path(), rules()).unwrap();
    let (changed, removed) = names.split_at(40);
    for path in changed {
        fs::write(root.path().join(path), "new").unwrap();
    }
    for path in removed {
        fs::remove_file(root.path().join(path)).unwrap();
    }
    let batch = batches_until(&mut watch, changed, removed).await;
    assert_eq!((batch.changed.len(), batch.removed.len()), (40, 20));
}

#[tokio::test]
async fn a_new_folder_is_watched_however_it_came() {
    let root = project(&["main.py", "old/deep/x.py"]);
    let at = |path: &str| root.path().join(path);
    let mut watch = Watch::open(root.path(), rules()).unwrap();

    write(&at("gen/sub/a.py"), "new");
    batches_until(&mut watch, &["gen"], &[]).await;
    write(&at("gen/sub/b.py"), "later");
    batches_until(&mut watch, &["gen/sub/b.py"], &[]).await;

    fs::rename(at("old"), at("moved")).unwrap();
    batches_until(&mut watch, &["moved"], &["old"]).await;
    fs::write(at("moved/deep/x.py"), "new").unwrap();
    batches_until(&mut watch, &["moved/deep/x.py"], &[]).await;

    fs::remove_dir_all(at("gen")).unwrap();
    batches_until(&mut watch, &[], &["gen"]).await;
    write(&at("gen/c.py"), "again");
    batches_until(&mut watch, &["gen"], &[]).await;
    fs::write(at("gen/c.py"), "and again").unwrap();
    batches_until(&mut watch, &["gen/c.py"], &[]).await;
}

#[tokio::test]
async fn a_polled_folder_tells_the_same() {
    let root = project(&["main.py", "lib/a.py", "node_modules/x.js"]);
    let at = |path: &str| root.path().join(path);
    let every = Duration::from_millis(50);
    let mut watch = Watch::polling(root.path(), rules(), every, "a network folder").unwrap();
    assert_eq!(*watch.mode(), Mode::Polling("a network folder".to_owned()));
    // The same size within the same second: only the content tells.
    fs::write(at("main.py"), "new").unwrap();
    batches_until(&mut watch, &["main.py"], &[]).await;
    write(&at("gen/b.py"), "new");
    batches_until(&mut watch, &["gen"], &[]).await;
    fs::write(at("gen/b.py"), "newer").unwrap();
    fs::remove_file(at("lib/a.py")).unwrap();
    batches_until(&mut watch, &["gen/b.py"], &["lib/a.py"]).await;
}

#[tokio::test]
async fn a_folder_that_is_not_there_cannot_be_watched() {
    let root = project(&[]);
    let Err(error) = Watch::open(&root.path().join("no"), rules()) else {
        panic!("it was watched")
    };
    assert!(error.to_string().ends_with("no cannot be watched"), "{error}");
}

/// Somebody works in the project: files are written in steps, beside, replaced, moved and removed.
fn work(root: &Path, state: &mut u32) {
    let mut any = |count: usize| {
        // Numerical Recipes' generator: the same work each time.
        *state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        usize::try_from(*state >> 16).unwrap() % count
    };
    let names = [
        "main.py",
        "lib/a.py",
        "lib/b.py",
        "lib/deep/c.py",
        "gen/d.py",
        "gen/e.py",
        "new.py",
    ];
    let name = names[any(names.len())];
    let (file, text) = (root.join(name), "x".repeat(any(5)));
    let done = match any(7) {
        0 | 1 => fs::create_dir_all(file.parent().unwrap()).and_then(|()| fs::write(&file, text)),
        2 => {
            let beside = file.with_extension("py.tmp");
            fs::write(&beside, text).and_then(|()| fs::rename(&beside, &file))
        }
        3 => fs::remove_file(&file),
        4 => fs::rename(&file, root.join(names[any(names.len())])),
        5 => fs::rename(root.join("lib"), root.join("gen")),
        _ => fs::rename(root.join("gen"), root.join("lib")),
    };
    // What cannot be done now is not.
    done.unwrap_or_default();
}

#[tokio::test]
async fn whatever_happens_what_is_told_is_enough_for_a_scan_to_follow() {
    let root = project(&["main.py", "lib/a.py", "lib/deep/c.py", "gen/d.py"]);
    let root = root.path();
    let mut watch = Watch::open(root, rules()).unwrap();
    let mut cache = ScanCache::default();
    let whole = || scan(root, &rules(), &mut ScanCache::default()).unwrap();
    let mut kept = Arc::new(scan(root, &rules(), &mut cache).unwrap());
    let (mut state, mut by_told) = (1, 0);
    for round in 0..40 {
        for _ in 0..=round % 4 {
            work(root, &mut state);
        }
        // The system tells in order: with this, all that came before was told.
        fs::write(root.join("mark.py"), round.to_string()).unwrap();
        let mut told = Told::default();
        while !told.all && !told.paths.contains(Path::new("mark.py")) {
            tokio::time::timeout(LIMIT, watch.next()).await.expect("a batch");
            let more = watch.told();
            told.all |= more.all;
            told.paths.extend(more.paths);
        }
        let paths = Some(told.paths).filter(|_| !told.all);
        let updated = paths.and_then(|paths| update(root, &rules(), &mut cache, &kept, &paths).unwrap());
        by_told += usize::from(updated.is_some());
        kept = updated.unwrap_or_else(|| Arc::new(whole()));
        let now = whole();
        assert_eq!(
            (&kept.files, &kept.hosts),
            (&now.files, &now.hosts),
            "round {round}"
        );
    }
    if *watch.mode() == Mode::Native && cfg!(any(target_os = "linux", target_os = "macos")) {
        assert!(by_told > 6, "{by_told} of 40 rounds were told well enough");
    }
}
