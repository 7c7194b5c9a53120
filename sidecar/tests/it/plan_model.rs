//! Random projects, edits and boards: whatever happened, a sync ends with the project on the board.
//! The board is a map; the real ones are in other chapters.

use boardside::base::BoardPath;
use boardside::sync::plan::OnConflict;
use boardside::sync::plan::Plan;
use boardside::sync::plan::Policy;
use boardside::sync::plan::Reason;
use boardside::sync::plan::plan;
use proptest::prelude::*;

use crate::board_model::BoardModel;
use crate::board_model::Tree;
use crate::board_model::snapshot;

/// What a user does on the board between two syncs.
#[derive(Clone, Debug)]
enum Edit {
    Write(BoardPath, String),
    Remove(BoardPath),
}

/// Few names and few contents, so that paths meet: renames, files that turn into folders, equal content.
fn path() -> impl Strategy<Value = BoardPath> {
    let part = || prop::sample::select(vec!["a", "b", "c", "main.py"]);
    prop::collection::vec(part(), 1..4).prop_map(|parts| BoardPath::new(&parts.join("/")).unwrap())
}

fn content() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "one", "two", "three"]).prop_map(str::to_owned)
}

fn project() -> impl Strategy<Value = Tree> {
    prop::collection::vec((path(), content()), 0..8).prop_map(|files| {
        let mut folder = BoardModel::default();
        for (path, text) in files {
            folder.write(&path, &text);
        }
        folder.files()
    })
}

fn edits() -> impl Strategy<Value = Vec<Edit>> {
    let write = (path(), content()).prop_map(|(path, text)| Edit::Write(path, text));
    prop::collection::vec(prop_oneof![write, path().prop_map(Edit::Remove)], 0..5)
}

fn on_conflict() -> impl Strategy<Value = OnConflict> {
    prop::sample::select(vec![OnConflict::Stop, OnConflict::Overwrite, OnConflict::Keep])
}

fn edit(board: &mut BoardModel, edits: &[Edit]) {
    for edit in edits {
        match edit {
            Edit::Write(path, text) => drop(board.write(path, text)),
            Edit::Remove(path) => {
                if board.file(path).is_some() {
                    board.nodes.remove(path);
                }
            }
        }
    }
}

fn decide(project: &Tree, board: &BoardModel, policy: Policy) -> Plan {
    plan(&snapshot(project), &board.observe(project), &policy)
}

/// A board that went through a sync and then through somebody's hands.
fn used_board(before: &Tree, first: &[Edit], second: &[Edit]) -> BoardModel {
    let mut board = BoardModel::default();
    edit(&mut board, first);
    let policy = Policy {
        delete: true,
        on_conflict: OnConflict::Keep,
    };
    let plan = decide(before, &board, policy);
    board.apply(&plan, before, &[]);
    edit(&mut board, second);
    board
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 3000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_sync_ends_with_the_project_on_the_board_and_nothing_else_touched(
        (before, after) in (project(), project()),
        (first, second) in (edits(), edits()),
        on_conflict in on_conflict(),
        delete in any::<bool>(),
        cuts in prop::collection::vec(0_usize..20, 0..3),
    ) {
        let old = used_board(&before, &first, &second);
        let policy = Policy { delete, on_conflict };
        let state = old.observe(&after);
        let plan = plan(&snapshot(&after), &state, &policy);
        prop_assert_eq!(&plan, &decide(&after, &old, policy), "the same input gives the same plan");
        prop_assert!(on_conflict != OnConflict::Keep || plan.conflicts.is_empty());
        if !plan.conflicts.is_empty() {
            return Ok(());
        }
        let mut board = old.clone();
        board.apply(&plan, &after, &cuts);

        let kept = |path: &BoardPath| plan.kept.iter().any(|note| note.path == *path);
        for (path, text) in &after {
            prop_assert!(kept(path) || board.file(path) == Some(text), "{} is not as wanted", path);
        }
        let ours = old.manifest.clone().unwrap_or_default();
        for (path, text) in old.files() {
            if !ours.contains_key(&path) && !after.contains_key(&path) {
                prop_assert_eq!(board.file(&path), Some(text.as_str()), "{} is not ours", path);
            }
        }
        for note in &plan.kept {
            prop_assert_eq!(board.file(&note.path), old.file(&note.path), "{} was to be kept", note.path);
        }
        for (path, print) in &plan.manifest.files {
            let same = board.file(path).is_some_and(|text| text.len() as u64 == print.size);
            prop_assert!(same || kept(path), "the manifest is wrong about {}", path);
        }

        let again = decide(&after, &board, policy);
        prop_assert_eq!(&again.steps, &vec![], "a second sync has nothing to do");
        prop_assert_eq!(&again.manifest, &plan.manifest);
        let clash = |plan: &Plan| plan.kept.iter().filter(|n| n.reason != Reason::NotRemoved).count();
        prop_assert_eq!(clash(&again), clash(&plan), "what was kept is said again");

        let mut slowly = old.clone();
        slowly.apply_one_by_one(&plan, &after);
        prop_assert_eq!(slowly.files(), board.files());
    }

    #[test]
    fn a_conflict_is_never_resolved_by_the_next_sync(
        (before, after) in (project(), project()),
        (first, second) in (edits(), edits()),
    ) {
        let stop = Policy::default();
        let keep = Policy { delete: true, on_conflict: OnConflict::Keep };
        let mut board = used_board(&before, &first, &second);
        let plan = decide(&after, &board, stop);
        let kept = decide(&after, &board, keep);
        board.apply(&kept, &after, &[]);
        prop_assert_eq!(decide(&after, &board, stop).conflicts, plan.conflicts);
    }
}
