//! fixtures/events: changes with their times → batches with theirs.
//! Nothing is watched and nobody waits: time is in the files.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;

use boardside::sync::debounce::Batch;
use boardside::sync::debounce::Change;
use boardside::sync::debounce::Debouncer;
use boardside::sync::debounce::Ends;
use boardside::sync::debounce::Kind;
use boardside::sync::ignore::Rules;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(default)]
    ignore: Vec<String>,
    types: Option<Vec<String>>,
    /// The system does not tell when a file is closed.
    #[serde(default)]
    ends_untold: bool,
    events: Vec<Happening>,
    expected: Vec<Expected>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Happening {
    at_ms: u64,
    create: Option<PathBuf>,
    folder: Option<PathBuf>,
    write: Option<PathBuf>,
    close: Option<PathBuf>,
    #[serde(default)]
    seen: bool,
    remove: Option<PathBuf>,
    rename: Option<[PathBuf; 2]>,
    #[serde(default)]
    lost: bool,
}

#[derive(Debug, Deserialize, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
struct Expected {
    at_ms: u64,
    #[serde(default)]
    changed: BTreeSet<PathBuf>,
    #[serde(default)]
    removed: BTreeSet<PathBuf>,
    #[serde(default)]
    rescan: bool,
}

#[test]
fn every_case_of_the_fixtures_gives_the_batches_that_it_expects() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/events");
    let mut cases = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case = toml::from_str(&fs::read_to_string(&path).unwrap());
        check(
            &path,
            case.unwrap_or_else(|error| panic!("{}: {error}", path.display())),
        );
        cases += 1;
    }
    assert!(cases >= 22, "only {cases} cases were found");
}

fn check(path: &Path, case: Case) {
    let rules = Rules::new("", &case.ignore, case.types.as_deref()).unwrap();
    let ends = if case.ends_untold {
        Ends::Untold
    } else {
        Ends::Told
    };
    let mut debouncer = Debouncer::new(rules, ends);
    let mut got = Vec::new();
    let mut collect = |debouncer: &mut Debouncer, until: Duration| {
        while let Some(due) = debouncer.due().filter(|due| *due <= until) {
            let early = debouncer.take(due.saturating_sub(Duration::from_millis(1)));
            assert_eq!(early, None, "{}: a batch came before it was due", path.display());
            let Batch {
                changed,
                removed,
                rescan,
            } = debouncer.take(due).expect("it is due");
            got.push(Expected {
                at_ms: u64::try_from(due.as_millis()).unwrap(),
                changed,
                removed,
                rescan,
            });
        }
    };
    for event in case.events {
        let at = Duration::from_millis(event.at_ms);
        collect(&mut debouncer, at);
        if event.seen {
            debouncer.seen();
        }
        for change in changes(event) {
            debouncer.push(at, &change);
        }
    }
    collect(&mut debouncer, Duration::from_hours(1));
    assert_eq!(got, case.expected, "{}", path.display());
}

fn changes(event: Happening) -> Vec<Change> {
    let mut all = Vec::new();
    all.extend(event.create.map(|path| Change::Created(path, Kind::File)));
    all.extend(event.folder.map(|path| Change::Created(path, Kind::Folder)));
    all.extend(event.write.map(|path| Change::Written(path, Kind::File)));
    all.extend(event.close.map(|path| Change::Closed(path, Kind::File)));
    all.extend(event.remove.map(|path| Change::Removed(path, Kind::Unknown)));
    if let Some([from, to]) = event.rename {
        all.extend([
            Change::Removed(from, Kind::Unknown),
            Change::Closed(to, Kind::File),
        ]);
    }
    all.extend(event.lost.then_some(Change::Lost));
    all
}
