//! The target for a whole sync without a line: random projects and boards, the plan, its journal, and a power that
//! fails while the board carries it out.
//! What the plan must say is in `tests/it/plan_model.rs`, whose board this one borrows.

#[path = "../../tests/it/board_model.rs"]
#[allow(unreachable_pub, dead_code, missing_docs, clippy::pedantic)]
mod board_model;

use board_model::BoardModel;
use board_model::Node;
use board_model::Tree;
use board_model::snapshot;

use crate::base::BoardPath;
use crate::base::Feed;
use crate::board::fuzzing::Disk;
use crate::board::fuzzing::Stop;
use crate::board::fuzzing::journal as journal_of;
use crate::sync::orders;
use crate::sync::plan::Act;
use crate::sync::plan::Manifest;
use crate::sync::plan::OnConflict;
use crate::sync::plan::Plan;
use crate::sync::plan::Policy;
use crate::sync::plan::Step;
use crate::sync::plan::check_names;
use crate::sync::plan::plan;

/// So few that paths meet.
const NAMES: [&str; 6] = ["a", "b", "c", "C", "main.py", "boot.py"];
const TEXTS: [&str; 4] = ["", "one", "two", "three"];
const POLICIES: [OnConflict; 3] = [OnConflict::Stop, OnConflict::Overwrite, OnConflict::Keep];

/// Whenever the power fails, and however often, the journal ends with what the plan says; a torn one changes nothing.
pub(super) fn journal(data: &[u8]) {
    let mut feed = Feed::new(data);
    let bits = feed.byte();
    let mut board = BoardModel {
        fat: bits & 1 == 1,
        ..BoardModel::default()
    };
    // A sync, somebody's hands on the board, and the sync that is looked at.
    let (before, after) = (project(&mut feed, board.fat), project(&mut feed, board.fat));
    hands(&mut feed, &mut board);
    let keep = Policy {
        delete: true,
        on_conflict: OnConflict::Keep,
    };
    if !check_names(&snapshot(&before), &board.observe(&before)).is_empty() {
        return;
    }
    let first = plan(&snapshot(&before), &board.observe(&before), &keep);
    board.apply(&first, &before, &[]);
    hands(&mut feed, &mut board);
    let policy = Policy {
        delete: bits & 2 == 0,
        on_conflict: POLICIES[usize::from(bits >> 2) % POLICIES.len()],
    };
    let state = board.observe(&after);
    let plan = plan(&snapshot(&after), &state, &policy);
    if plan.conflicts.is_empty() && check_names(&snapshot(&after), &state).is_empty() {
        carried_out(&mut feed, &board, &plan, &after);
    }
}

fn carried_out(feed: &mut Feed, board: &BoardModel, plan: &Plan, after: &Tree) {
    let mut wanted = board.clone();
    wanted.apply(plan, after, &[]);
    let staged = staged(board, plan, after);
    assert!(staged.whole());
    let mut done = staged.clone();
    let mut cut = false;
    for again in 0..feed.below(4) {
        match done.go(Some(feed.below(24)), again > 0) {
            Ok(()) => {}
            Err(Stop::Power) => cut = true,
            Err(refused) => panic!("{refused:?}"),
        }
    }
    assert_eq!(done.go(None, cut), Ok(()));
    assert_eq!(done.begin(), Ok(()));
    let foreign = |step: &Step| matches!(&step.act, Act::Remove { path, .. } if board.manifest.as_ref().is_none_or(|ours| !ours.contains_key(path)));
    if cut && plan.steps.iter().any(foreign) {
        // What a sync was allowed to take away and was not ours is left by a later connection, and what was to come
        // in its place too. The next sync asks again.
        return untouched(board, plan, after, &done);
    }
    let mut expected = disk(&wanted);
    expected.put("/.boardside", None);
    expected.put("/.boardside/manifest", Some(&plan.manifest.render()));
    assert_eq!(done.all(), expected.all());

    // One byte of it is another, or its end is missing.
    let text = staged.all()["/.boardside/journal"].expect("a file").to_owned();
    let mut torn = text.clone().into_bytes();
    torn[feed.below(text.len())] ^= feed.byte() | 1;
    torn.truncate(text.len() - feed.below(2) * feed.below(text.len()));
    let torn = String::from_utf8_lossy(&torn).into_owned();
    let mut undone = staged.clone();
    undone.put("/.boardside/journal", Some(&torn));
    assert!(!undone.whole(), "{torn:?} is taken for {text:?}");
    let _ = undone.go(Some(feed.below(12)), false);
    assert_eq!(undone.go(None, true), Ok(()));
    assert_eq!(undone.begin(), Ok(()));
    let mut old = disk(board);
    old.put("/.boardside", None);
    old.put("/.boardside/manifest", Some(&old_manifest(board)));
    assert_eq!(undone.all(), old.all());
}

/// What neither the old project nor the new one has lies there as it was.
fn untouched(board: &BoardModel, plan: &Plan, after: &Tree, done: &Disk) {
    let all = done.all();
    for (path, text) in board.files() {
        let ours = board
            .manifest
            .as_ref()
            .is_some_and(|ours| ours.contains_key(&path));
        let meant = plan.steps.iter().any(|step| *step.act.path() == path);
        if !ours && !meant && !after.contains_key(&path) {
            assert_eq!(all.get(path.as_str()), Some(&Some(text.as_str())), "{path}");
        }
    }
}

fn old_manifest(board: &BoardModel) -> String {
    let manifest = Manifest {
        installed: None,
        project: String::new(),
        files: board.manifest.clone().unwrap_or_default(),
    };
    manifest.render()
}

/// The board when it is told to commit.
fn staged(board: &BoardModel, plan: &Plan, after: &Tree) -> Disk {
    let (journal, names) = journal_of(&orders(plan));
    let mut disk = disk(board);
    disk.put("/.boardside", None);
    disk.put("/.boardside/manifest", Some(&old_manifest(board)));
    disk.put("/.boardside/m", Some(&plan.manifest.render()));
    let contents = board.stage(&plan.steps, after);
    let mut lines = names.as_deref().unwrap_or_default().lines();
    for (number, text) in contents.values().enumerate() {
        let name = if names.is_some() {
            lines.by_ref().find_map(|line| match line.strip_prefix('+') {
                Some(folder) => {
                    disk.put(&format!("/.boardside/{folder}"), None);
                    None
                }
                None => Some(line.to_owned()),
            })
        } else {
            Some(number.to_string())
        };
        disk.put(
            &format!("/.boardside/{}", name.expect("a name for each")),
            Some(text),
        );
    }
    for line in lines {
        let folder = line.strip_prefix('+').expect("only folders are left");
        disk.put(&format!("/.boardside/{folder}"), None);
    }
    disk.put("/.boardside/journal", Some(&journal));
    disk
}

fn disk(board: &BoardModel) -> Disk {
    let mut disk = Disk::new(board.fat);
    for (path, node) in &board.nodes {
        match node {
            Node::File(text) => disk.put(path.as_str(), Some(text)),
            Node::Folder => disk.put(path.as_str(), None),
        }
    }
    disk
}

fn project(feed: &mut Feed, fat: bool) -> Tree {
    let mut folder = BoardModel::default();
    for _ in 0..feed.byte() % 8 {
        let path = path(feed, fat);
        folder.write(&path, TEXTS[usize::from(feed.byte()) % TEXTS.len()]);
    }
    folder.files()
}

fn path(feed: &mut Feed, fat: bool) -> BoardPath {
    let parts = (0..=feed.byte() % 3).map(|_| NAMES[usize::from(feed.byte()) % NAMES.len()]);
    let path = parts.collect::<Vec<_>>().join("/");
    // The model of a board knows FAT's two spellings of one name only for files: `fixtures/plans/fat_*` has those.
    let path = if fat { path.to_lowercase() } else { path };
    BoardPath::new(&path).expect("good names")
}

/// What a user or a program does on the board.
fn hands(feed: &mut Feed, board: &mut BoardModel) {
    for _ in 0..feed.byte() % 5 {
        let path = path(feed, board.fat);
        let text = usize::from(feed.byte()) % (TEXTS.len() + 1);
        if let Some(text) = TEXTS.get(text) {
            board.write(&path, text);
        } else if board.file(&path).is_some() {
            board.nodes.remove(&path);
        }
    }
}
