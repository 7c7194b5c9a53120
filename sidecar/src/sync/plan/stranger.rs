//! `spare`: a board that holds another project keeps it, unless the user says otherwise.
//! Not about single files that were edited: those are `decide`'s.

use crate::sync::plan::Act;
use crate::sync::plan::Clash;
use crate::sync::plan::Conflict;
use crate::sync::plan::Manifest;
use crate::sync::plan::Noted;
use crate::sync::plan::OnConflict;
use crate::sync::plan::Plan;
use crate::sync::plan::Reason;

/// If the manifest on the board is of a project with another name, and no file of it is in this one, what the plan
/// would remove or replace of it becomes conflicts, or the board stays as it is. A project that was only renamed has files in common.
pub fn spare(plan: &mut Plan, on_board: Option<&Manifest>, name: &str, on_conflict: OnConflict) {
    let Some(other) = on_board.filter(|other| other.project != name) else {
        return;
    };
    let stays = plan
        .unchanged
        .iter()
        .any(|noted| other.files.contains_key(&noted.path));
    let moves = plan
        .steps
        .iter()
        .any(|step| matches!(&step.act, Act::Copy { from, .. } if other.files.contains_key(from)));
    if stays || moves || on_conflict == OnConflict::Overwrite {
        return;
    }
    let clash = Clash::OtherProject {
        name: other.project.clone(),
    };
    if on_conflict == OnConflict::Keep {
        keep(plan, other, &clash);
        return;
    }
    plan.steps.retain(|step| {
        let (Act::Remove { path, .. }
        | Act::Put {
            path, replaces: true, ..
        }) = &step.act
        else {
            return true;
        };
        let Some(print) = other.files.get(path) else {
            return true;
        };
        plan.conflicts.push(Conflict {
            path: path.clone(),
            size: print.size,
            clash: clash.clone(),
        });
        false
    });
}

/// Nothing is done at all: a board with half of each project would be of no use.
fn keep(plan: &mut Plan, other: &Manifest, clash: &Clash) {
    let kept = other.files.iter().map(|(path, print)| Noted {
        path: path.clone(),
        size: print.size,
        reason: Reason::KeptBecause(clash.clone()),
    });
    plan.kept = kept.collect();
    plan.steps.clear();
    plan.conflicts.clear();
    plan.unchanged.clear();
    plan.manifest = other.clone();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::BoardPath;
    use crate::base::Fingerprint;
    use crate::sync::plan::BoardState;
    use crate::sync::plan::Policy;
    use crate::sync::plan::Snapshot;
    use crate::sync::plan::plan;

    fn snapshot(files: &[(&str, &str)]) -> Snapshot {
        let entry =
            |(path, text): &(&str, &str)| (BoardPath::new(path).unwrap(), Fingerprint::of(text.as_bytes()));
        files.iter().map(entry).collect()
    }

    /// A sync of `ours`, named `wave`, onto a board that holds `theirs`.
    fn planned(theirs: (&str, &[(&str, &str)]), ours: &[(&str, &str)], on_conflict: OnConflict) -> Plan {
        let board = BoardState {
            manifest: Some(Manifest {
                installed: None,
                project: theirs.0.to_owned(),
                files: snapshot(theirs.1),
            }),
            ..BoardState::default()
        };
        let policy = Policy {
            delete: true,
            on_conflict,
        };
        let mut plan = plan(&snapshot(ours), &board, &policy);
        spare(&mut plan, board.manifest.as_ref(), "wave", on_conflict);
        plan
    }

    fn conflicts(
        theirs: (&str, &[(&str, &str)]),
        ours: &[(&str, &str)],
        on_conflict: OnConflict,
    ) -> Vec<String> {
        let plan = planned(theirs, ours, on_conflict);
        let show = |conflict: &Conflict| format!("{}: {}", conflict.path, conflict.clash);
        plan.conflicts.iter().map(show).collect()
    }

    #[test]
    fn a_board_that_holds_another_project_keeps_it() {
        let blink: &[(&str, &str)] = &[("/led.py", "1"), ("/main.py", "blink")];
        let wave: &[(&str, &str)] = &[("/main.py", "wave"), ("/new.py", "2")];
        let of_blink = [
            "/led.py: belongs to the project `blink`, which this board holds",
            "/main.py: belongs to the project `blink`, which this board holds",
        ];
        let asked = conflicts(("blink", blink), wave, OnConflict::Stop);
        assert_eq!(asked, of_blink);
        let kept = planned(("blink", blink), wave, OnConflict::Keep);
        assert_eq!(
            (kept.steps.len(), kept.conflicts.len(), kept.kept.len()),
            (0, 0, 2)
        );
        assert_eq!(kept.manifest.project, "blink");
        assert_eq!(conflicts(("blink", blink), wave, OnConflict::Overwrite), [""; 0]);
        assert_eq!(
            conflicts(("wave", blink), wave, OnConflict::Stop),
            [""; 0],
            "its own older state"
        );
    }

    #[test]
    fn a_project_that_was_renamed_is_no_other_one() {
        let blink: &[(&str, &str)] = &[("/led.py", "1"), ("/main.py", "blink")];
        let edited: &[(&str, &str)] = &[("/led.py", "1"), ("/main.py", "new")];
        let moved: &[(&str, &str)] = &[("/lib/led.py", "1"), ("/main.py", "new")];
        let only_new: &[(&str, &str)] = &[("/other.py", "2")];
        assert_eq!(conflicts(("blink", blink), edited, OnConflict::Stop), [""; 0]);
        assert_eq!(conflicts(("blink", blink), moved, OnConflict::Stop), [""; 0]);
        assert_eq!(conflicts(("blink", blink), only_new, OnConflict::Stop).len(), 2);
        assert_eq!(
            conflicts(("blink", &[]), only_new, OnConflict::Stop),
            [""; 0],
            "an empty record"
        );
    }
}
