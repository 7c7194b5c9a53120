//! `sync::plan` for a large workspace, in the cases that touch every file.
//! What the board is asked for such a plan is not part of it.

use std::hint::black_box;

use boardside::base::BoardPath;
use boardside::base::Fingerprint;
use boardside::sync::plan::BoardState;
use boardside::sync::plan::Manifest;
use boardside::sync::plan::NameRules;
use boardside::sync::plan::Policy;
use boardside::sync::plan::Snapshot;
use boardside::sync::plan::check_names;
use boardside::sync::plan::plan as decide;
use boardside::sync::plan::spare;
use criterion::Criterion;

use crate::FILES;
use crate::path;

pub(crate) fn plan(c: &mut Criterion) {
    let all = snapshot("/", 0..FILES, "");
    let board = |files: &Snapshot, names| BoardState {
        manifest: Some(Manifest {
            installed: None,
            project: "bench".to_owned(),
            files: files.clone(),
        }),
        names,
        ..BoardState::default()
    };
    let same: Snapshot = all
        .keys()
        .map(|path| (path.clone(), Fingerprint::of(b"licence")))
        .collect();
    let cases = [
        ("nothing changed", all.clone(), board(&all, NameRules::LittleFs)),
        ("nothing changed, FAT", all.clone(), board(&all, NameRules::Fat)),
        ("everything new", all.clone(), BoardState::default()),
        (
            "everything edited",
            snapshot("/", 0..FILES, "#"),
            board(&all, NameRules::LittleFs),
        ),
        (
            "everything renamed",
            snapshot("/lib/", 0..FILES, ""),
            board(&all, NameRules::LittleFs),
        ),
        (
            "everything renamed, all of the same content",
            same.iter()
                .map(|(path, print)| (below("/lib/", path.relative()), *print))
                .collect(),
            board(&same, NameRules::LittleFs),
        ),
        (
            "half removed",
            snapshot("/", 0..FILES / 2, ""),
            board(&all, NameRules::LittleFs),
        ),
    ];
    let mut group = c.benchmark_group("plan, 10,000 files");
    group.sample_size(20);
    for (name, project, board) in &cases {
        group.bench_function(*name, |b| {
            b.iter(|| {
                let policy = Policy::default();
                let problems = check_names(project, board);
                let mut plan = decide(project, board, &policy);
                spare(&mut plan, board.manifest.as_ref(), "bench", policy.on_conflict);
                black_box((problems, plan))
            });
        });
    }
    let manifest = Manifest {
        installed: None,
        project: "bench".to_owned(),
        files: all,
    };
    group.bench_function("manifest written", |b| b.iter(|| black_box(manifest.render())));
    let text = manifest.render();
    group.bench_function("manifest read", |b| b.iter(|| black_box(Manifest::parse(&text))));
    group.finish();
}

fn snapshot(folder: &str, numbers: std::ops::Range<usize>, more: &str) -> Snapshot {
    let entry = |number| {
        let print = Fingerprint::of(format!("print({number}){more}").as_bytes());
        (below(folder, &path(number)), print)
    };
    numbers.map(entry).collect()
}

fn below(folder: &str, relative: &str) -> BoardPath {
    BoardPath::new(&format!("{folder}{relative}")).expect("a plain name")
}
