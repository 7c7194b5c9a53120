//! A line that loses, doubles and garbles bytes: what comes out is right or a clear error, never a wrong file, and the
//! next sync over a good line converges.
//! A sample of the matrix runs always; all of it by `cargo xtask noise`.

mod run;

use std::collections::BTreeMap;
use std::env;
use std::fmt;
use std::sync::Mutex;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;
use std::time::Duration;

use boardside::virtual_board::Damage;
use boardside::virtual_board::Faults;
use rstest::rstest;

use run::Ground;
use run::Outcome;
use run::run;

const RATES: [u32; 5] = [100, 300, 1000, 3000, 10_000];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Drop,
    Double,
    Garble,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Way {
    Both,
    ToBoard,
    ToHost,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Verb {
    First,
    Edit,
    Put,
    Get,
    Cat,
    Pull,
    Ls,
}

const KINDS: [Kind; 3] = [Kind::Drop, Kind::Double, Kind::Garble];
const WAYS: [Way; 3] = [Way::Both, Way::ToBoard, Way::ToHost];
const VERBS: [Verb; 7] = [
    Verb::First,
    Verb::Edit,
    Verb::Put,
    Verb::Get,
    Verb::Cat,
    Verb::Pull,
    Verb::Ls,
];

/// One run.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Case {
    verb: Verb,
    kind: Kind,
    rate: u32,
    way: Way,
    seed: u64,
}

impl fmt::Debug for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            verb,
            kind,
            rate,
            way,
            seed,
        } = self;
        write!(f, "{verb:?} {kind:?} 1/{rate} {way:?} seed {seed}")
    }
}

impl Case {
    fn faults(&self) -> Faults {
        let rate = Some(self.rate);
        let damage = match self.kind {
            Kind::Drop => Damage {
                drop: rate,
                ..Damage::default()
            },
            Kind::Double => Damage {
                double: rate,
                ..Damage::default()
            },
            Kind::Garble => Damage {
                garble: rate,
                ..Damage::default()
            },
        };
        let on = |ways: [Way; 2]| {
            if ways.contains(&self.way) {
                damage
            } else {
                Damage::default()
            }
        };
        Faults {
            seed: self.seed,
            to_board: on([Way::Both, Way::ToBoard]),
            to_host: on([Way::Both, Way::ToHost]),
            ..Faults::default()
        }
    }
}

/// Runs them all, two at a time; says what was wrong.
fn all(cases: &[Case]) -> Vec<(Case, Outcome, Duration)> {
    let ground = Ground::new();
    let next = AtomicUsize::new(0);
    let done = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (outcome, took) = run(&ground, case.verb, case.faults());
                    if took.as_secs() > 30 || matches!(outcome, Outcome::Wrong(_)) {
                        eprintln!("{case:?}: {took:.1?} {outcome:?}");
                    }
                    done.lock().unwrap().push((*case, outcome, took));
                }
            });
        }
    });
    done.into_inner().unwrap()
}

/// The matrix: every verb, kind, rate and way, and so many seeds.
fn matrix(seeds: u64) -> Vec<Case> {
    let mut cases = Vec::new();
    for seed in 1..=seeds {
        for verb in VERBS {
            for kind in KINDS {
                for rate in RATES {
                    for way in WAYS {
                        cases.push(Case {
                            verb,
                            kind,
                            rate,
                            way,
                            seed,
                        });
                    }
                }
            }
        }
    }
    cases
}

/// Runs, right, clear errors, wrong; and how long the longest took.
fn table<K: Ord + fmt::Display>(done: &[(Case, Outcome, Duration)], key: impl Fn(&Case) -> K) -> String {
    let mut rows: BTreeMap<K, (usize, usize, usize, Duration)> = BTreeMap::new();
    for (case, outcome, took) in done {
        let row = rows.entry(key(case)).or_default();
        match outcome {
            Outcome::Right => row.0 += 1,
            Outcome::Refused(_) => row.1 += 1,
            Outcome::Wrong(_) => row.2 += 1,
        }
        row.3 = row.3.max(*took);
    }
    let line = |(key, (right, refused, wrong, longest)): (&K, &(usize, usize, usize, Duration))| {
        let runs = right + refused + wrong;
        format!(
            "| {key} | {runs} | {right} | {refused} | {wrong} | {:.0} s |\n",
            longest.as_secs_f64()
        )
    };
    rows.iter().map(line).collect()
}

fn wrong(done: &[(Case, Outcome, Duration)]) -> Vec<&(Case, Outcome, Duration)> {
    let wrong = done
        .iter()
        .filter(|(_, outcome, _)| matches!(outcome, Outcome::Wrong(_)));
    wrong.collect()
}

/// Every verb at four rates; kinds and ways take turns.
#[test]
fn a_bad_line_gives_what_is_right_or_a_clear_error() {
    let rates = [300, 1000, 3000, 10_000];
    let pairs = VERBS.into_iter().flat_map(|verb| rates.map(|rate| (verb, rate)));
    let case = |(number, (verb, rate))| Case {
        verb,
        kind: KINDS[number % 3],
        rate,
        way: WAYS[number / 3 % 3],
        seed: number as u64,
    };
    let cases: Vec<Case> = pairs.enumerate().map(case).collect();
    let done = all(&cases);
    assert!(wrong(&done).is_empty(), "{:#?}", wrong(&done));
    let right =
        |(case, outcome, _): &&(Case, Outcome, Duration)| case.rate == 10_000 && *outcome == Outcome::Right;
    let good = done.iter().filter(right).count();
    assert!(
        good >= VERBS.len() - 1,
        "only {good} came through a line that damages one byte in 10,000"
    );
}

#[rstest]
#[case::buffers_of_64(&["rx=64"])]
#[case::buffers_of_256(&["rx=256"])]
#[case::stalls(&["stall=60:3s", "stall=2500:3s", "stall=5000:6s"])]
fn a_board_that_loses_bytes_or_time_gives_what_is_right_or_a_clear_error(#[case] specs: &[&str]) {
    let ground = Ground::new();
    for (spec, verb) in specs.iter().zip([Verb::First, Verb::Edit, Verb::Get]) {
        let (outcome, _) = run(&ground, verb, spec.parse().unwrap());
        assert!(
            !matches!(outcome, Outcome::Wrong(_)),
            "{spec} {verb:?}: {outcome:?}"
        );
        eprintln!("{spec} {verb:?}: {outcome:?}");
    }
}

#[test]
#[ignore = "takes an hour: `cargo xtask noise`"]
fn the_whole_matrix() {
    let seeds = env::var("NOISE_SEEDS")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    let only = env::var("NOISE_ONLY").unwrap_or_default();
    let words: Vec<&str> = only.split_whitespace().collect();
    let mut cases = matrix(seeds);
    cases.retain(|case| {
        let case = format!("{case:?}");
        words.iter().all(|word| case.split(' ').any(|part| part == *word))
    });
    let done = all(&cases);
    let head = "| | runs | right | clear error | wrong | longest |\n|---|---|---|---|---|---|\n";
    eprintln!("{head}{}", table(&done, |case| format!("1 in {}", case.rate)));
    eprintln!("{head}{}", table(&done, |case| format!("{:?}", case.kind)));
    eprintln!("{head}{}", table(&done, |case| format!("{:?}", case.verb)));
    eprintln!("{head}{}", table(&done, |case| format!("{:?}", case.way)));
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, outcome, _) in &done {
        if let Outcome::Refused(code) = outcome {
            *codes.entry(code).or_default() += 1;
        }
    }
    eprintln!("{codes:?}");
    let wrong = wrong(&done);
    assert!(wrong.is_empty(), "{} of {} are wrong", wrong.len(), done.len());
}
