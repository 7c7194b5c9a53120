//! `sync::scan` on a large workspace: never seen before, and unchanged, each with its cache's file.
//! The files are in the temporary folder, and in the system's memory.

use std::fs;
use std::hint::black_box;
use std::thread;
use std::time::Duration;

use boardside::sync::ignore::Rules;
use boardside::sync::scan::ScanCache;
use boardside::sync::scan::scan as scan_project;
use criterion::Criterion;
use tempfile::TempDir;

use crate::FILES;
use crate::path;

pub(crate) fn scan(c: &mut Criterion) {
    let project = project();
    let store = TempDir::new().expect("a folder for the cache");
    let file = store.path().join("cache");
    let rules = Rules::new("", &[], None).expect("no rules at all");
    let whole = || {
        let mut cache = ScanCache::load(&file);
        let scan = scan_project(project.path(), &rules, &mut cache).expect("a project");
        cache.save(&file).expect("a cache that can be written");
        assert_eq!(scan.files.len(), FILES);
        scan
    };
    let mut group = c.benchmark_group("scan, 10,000 files");
    group.sample_size(20);
    group.bench_function("first", |b| {
        b.iter(|| {
            fs::remove_file(&file).unwrap_or_default();
            black_box(whole())
        });
    });
    whole();
    group.bench_function("unchanged", |b| b.iter(|| black_box(whole())));
    group.finish();
}

/// A large workspace that nobody touched for a while.
pub(crate) fn project() -> TempDir {
    let folder = TempDir::new().expect("a folder for the project");
    for number in 0..FILES {
        let file = folder.path().join(path(number));
        if number.is_multiple_of(100) {
            fs::create_dir(file.parent().expect("it is in a folder")).expect("a new folder");
        }
        let text = format!("def f{number}():\n    return {number}\n").repeat(30);
        fs::write(file, text).expect("a new file");
    }
    // Files that were just written are not believed to be unchanged.
    thread::sleep(Duration::from_millis(2100));
    folder
}
