//! From the moment that a file of a large workspace was saved until the sidecar has what it would give to a board.
//! The system's watcher, the wait for quiet, and the scan are in it; the desk and the board are not.

use std::fs;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use boardside::session::Look;
use boardside::session::Options;
use boardside::session::live::FolderTold;
use boardside::session::live::LiveFolder;
use criterion::Criterion;
use criterion::SamplingMode;
use tokio::sync::mpsc;

use crate::path;
use crate::scan::project;

pub(crate) fn save(c: &mut Criterion) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let project = project();
    let file = project.path().join(path(1234));
    let (send, mut told) = mpsc::unbounded_channel();
    let folder = runtime.block_on(async {
        let tell = move |told| send.send(told).unwrap_or_default();
        LiveFolder::spawn(project.path().to_owned(), Options::default(), tell)
    });
    let mut number = 0;
    let mut save = |look: Look| {
        number += 1;
        // Saves that follow each other within 200 ms are taken for a checkout.
        thread::sleep(Duration::from_millis(300));
        let begin = Instant::now();
        fs::write(&file, format!("print({number})")).expect("a file that can be written");
        runtime.block_on(async {
            while !matches!(told.recv().await, Some(FolderTold::Changed(_))) {}
            folder.prepare(number, look);
            loop {
                match told.recv().await {
                    Some(FolderTold::Prepared(ticket, scan)) if ticket == number => break drop(scan),
                    Some(_) => {}
                    None => panic!("the folder is not watched any more"),
                }
            }
        });
        begin.elapsed()
    };
    save(Look::Everywhere);
    let mut group = c.benchmark_group("save, 10,000 files");
    group.sampling_mode(SamplingMode::Flat).sample_size(10);
    group.warm_up_time(Duration::from_millis(100));
    group.measurement_time(Duration::from_millis(500));
    for (name, look) in [
        ("where it changed", Look::WhereChanged(Vec::new())),
        ("everywhere", Look::Everywhere),
    ] {
        group.bench_function(name, |b| {
            b.iter_custom(|times| (0..times).map(|_| save(look.clone())).sum());
        });
    }
    group.finish();
}
