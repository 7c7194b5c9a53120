//! fixtures/plans: what was synced last, what the project has, what the board has now → what a sync does.
//! Each file is a case; its comment says what it shows.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use boardside::base::BoardPath;
use boardside::sync::plan::Act;
use boardside::sync::plan::Flash;
use boardside::sync::plan::OnConflict;
use boardside::sync::plan::Plan;
use boardside::sync::plan::Policy;
use boardside::sync::plan::check_names;
use boardside::sync::plan::plan;
use boardside::sync::plan::render;
use serde::Deserialize;

use crate::board_model::BoardModel;
use crate::board_model::Node;
use crate::board_model::Tree;
use crate::board_model::snapshot;

/// One file of fixtures/plans. Trees map a path to its content.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    /// What the last sync put on the board; left out: there was none.
    base: Option<BTreeMap<String, String>>,
    /// The project.
    ours: BTreeMap<String, String>,
    /// What lies on the board now; left out: the same as `base`. A path with `/` at its end is a folder.
    theirs: Option<BTreeMap<String, String>>,
    #[serde(default)]
    policy: Wish,
    /// `littlefs`, `fat` or `flat`.
    #[serde(default)]
    files: String,
    /// Block, free and total bytes.
    flash: Option<[u64; 3]>,
    expected: Expected,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Wish {
    keep_deleted: bool,
    conflict: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// Verb, path and reason of every row.
    rows: Vec<String>,
    /// The acts in their order.
    steps: Option<Vec<String>>,
    /// Paths of the manifest afterwards.
    manifest: Option<Vec<String>>,
    /// `whole`, `one_by_one` and `reclaimed` bytes.
    space: Option<[u64; 3]>,
    /// Added, updated, removed, renamed, unchanged.
    counts: Option<[usize; 5]>,
    /// Names that the board cannot hold.
    names: Option<Vec<String>>,
}

#[test]
fn every_case_of_the_fixtures_gives_the_rows_that_it_expects() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/plans");
    let mut faults = Vec::new();
    let mut cases = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let case = toml::from_str(&fs::read_to_string(&path).unwrap());
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match case {
            Ok(case) => faults.extend(check(case).into_iter().map(|fault| format!("{name}: {fault}"))),
            Err(error) => faults.push(format!("{name}: {error}")),
        }
        cases += 1;
    }
    assert!(cases >= 25, "only {cases} cases were found");
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

fn check(case: Case) -> Vec<String> {
    let base = case.base.map(tree);
    let mut board = BoardModel {
        manifest: base.as_ref().map(snapshot),
        fat: case.files == "fat",
        ..BoardModel::default()
    };
    let theirs = case.theirs.unwrap_or_else(|| {
        let files = base
            .iter()
            .flatten()
            .map(|(path, text)| (path.to_string(), text.clone()));
        files.collect()
    });
    for (path, text) in theirs {
        match path.strip_suffix('/') {
            Some(folder) => drop(board.nodes.insert(BoardPath::new(folder).unwrap(), Node::Folder)),
            None => assert!(board.write(&BoardPath::new(&path).unwrap(), &text), "{path}"),
        }
    }
    let project = tree(case.ours);
    let mut state = board.observe(&project);
    state.flat = case.files == "flat";
    state.flash = case
        .flash
        .map(|[block, free, total]| Flash { block, free, total });
    let policy = Policy {
        delete: !case.policy.keep_deleted,
        on_conflict: match case.policy.conflict.as_str() {
            "" | "stop" => OnConflict::Stop,
            "overwrite" => OnConflict::Overwrite,
            "keep" => OnConflict::Keep,
            other => panic!("policy `{other}`"),
        },
    };
    let plan = plan(&snapshot(&project), &state, &policy);
    let expected = case.expected;
    let rows: Vec<String> = render(&plan)
        .iter()
        .map(|row| format!("{} {}: {}", row.verb, row.path, row.reason))
        .collect();
    let mut faults = Vec::new();
    let mut same = |what: &str, got: String, expected: String| {
        if got != expected {
            faults.push(format!("{what}\n--- expected\n{expected}\n--- got\n{got}\n"));
        }
    };
    same("rows", rows.join("\n"), expected.rows.join("\n"));
    if let Some(steps) = expected.steps {
        same("steps", acts(&plan), steps.join("\n"));
    }
    if let Some(paths) = expected.manifest {
        let got: Vec<String> = plan.manifest.files.keys().map(ToString::to_string).collect();
        same("manifest", got.join("\n"), paths.join("\n"));
    }
    if let Some(sum) = expected.space {
        let space = plan.space;
        same(
            "space",
            format!("{:?}", [space.whole, space.one_by_one, space.reclaimed]),
            format!("{sum:?}"),
        );
    }
    if let Some(counts) = expected.counts {
        let got = plan.counts();
        let got = [got.added, got.updated, got.removed, got.renamed, got.unchanged];
        same("counts", format!("{got:?}"), format!("{counts:?}"));
    }
    let problems: Vec<String> = check_names(&snapshot(&project), &state)
        .iter()
        .map(ToString::to_string)
        .collect();
    same(
        "names",
        problems.join("\n"),
        expected.names.unwrap_or_default().join("\n"),
    );
    faults
}

fn acts(plan: &Plan) -> String {
    let lines: Vec<String> = plan
        .steps
        .iter()
        .map(|step| match &step.act {
            Act::Remove { path, .. } => format!("rm {path}"),
            Act::RemoveFolder(path) => format!("rmdir {path}"),
            Act::MakeFolder(path) => format!("mkdir {path}"),
            Act::Put { path, .. } => format!("put {path}"),
            Act::Copy { from, to, .. } => format!("cp {from} {to}"),
        })
        .collect();
    lines.join("\n")
}

fn tree(files: BTreeMap<String, String>) -> Tree {
    files
        .into_iter()
        .map(|(path, text)| (BoardPath::new(&path).unwrap(), text))
        .collect()
}
