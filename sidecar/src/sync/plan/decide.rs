//! `plan`: the decision for every file of both sides, and the order of the acts.
//! Not what lies where (`hindrance`) and not how it is shown (`rows`).

use std::collections::BTreeMap;

use crate::base::BoardPath;
use crate::base::Fingerprint;
use crate::sync::plan::Act;
use crate::sync::plan::BoardState;
use crate::sync::plan::Clash;
use crate::sync::plan::Conflict;
use crate::sync::plan::GUARD;
use crate::sync::plan::Manifest;
use crate::sync::plan::Noted;
use crate::sync::plan::OnConflict;
use crate::sync::plan::Plan;
use crate::sync::plan::Policy;
use crate::sync::plan::Reason;
use crate::sync::plan::Snapshot;
use crate::sync::plan::Step;
use crate::sync::plan::copies::Source;
use crate::sync::plan::copies::Sources;
use crate::sync::plan::hindrance::Facts;
use crate::sync::plan::hindrance::Lies;
use crate::sync::plan::respell::respell;
use crate::sync::plan::space::space;

/// Decides what a sync of the project onto the board does.
///
/// A file is *unchanged* if the manifest has its sha256 and the board's file has not drifted. Removed is
/// only what the manifest says and the project does not have. What the board has edited, or what is not
/// ours, is a conflict unless it is empty or already what the project wants. The same input always gives
/// the same plan.
pub fn plan(project: &Snapshot, board: &BoardState, policy: &Policy) -> Plan {
    let board = &*respell(project, board);
    let facts = Facts::new(project, board);
    let mut draft = Draft {
        facts: &facts,
        policy,
        notes: Notes::default(),
        files: Snapshot::new(),
    };
    let puts = draft.sort_project();
    let going = draft.sort_rest(&puts);
    let steps = order(&facts, puts, going, &draft.files);
    let Draft { notes, files, .. } = draft;
    let before = board.manifest.as_ref();
    let project = before
        .map(|manifest| manifest.project.clone())
        .unwrap_or_default();
    let installed = before.and_then(|manifest| manifest.installed.clone());
    Plan {
        space: space(&steps, board, &facts),
        steps,
        unchanged: notes.unchanged,
        kept: notes.kept,
        conflicts: notes.conflicts,
        manifest: Manifest {
            project,
            installed,
            files,
        },
    }
}

/// A file that must come to the board.
struct Wanted<'a> {
    path: &'a BoardPath,
    print: Fingerprint,
    replaces: bool,
    reason: Reason,
}

#[derive(Default)]
struct Notes {
    unchanged: Vec<Noted>,
    kept: Vec<Noted>,
    conflicts: Vec<Conflict>,
}

struct Draft<'a> {
    facts: &'a Facts<'a>,
    policy: &'a Policy,
    notes: Notes,
    /// The manifest afterwards.
    files: Snapshot,
}

impl<'a> Draft<'a> {
    /// Sorts the project's files into those to send and those to note.
    fn sort_project(&mut self) -> Vec<Wanted<'a>> {
        let on_conflict = self.policy.on_conflict;
        let mut puts = Vec::new();
        // Neighbours follow each other, so what stands above them is looked for once a folder.
        let mut above: Option<(&str, Option<Clash>)> = None;
        for (path, print) in self.facts.project {
            let there = self.facts.lies_at(path);
            if above.as_ref().is_none_or(|(folder, _)| *folder != path.folder()) {
                above = Some((path.folder(), self.facts.above(path, on_conflict)));
            }
            let clash = above.as_ref().and_then(|(_, clash)| clash.clone());
            if let Some(clash) = clash.or_else(|| self.facts.hindrance(path, there, on_conflict)) {
                self.clash(path, there, clash);
                continue;
            }
            let (reason, replaces) = match there {
                Lies::Ours(old) if old.sha256 == print.sha256 => {
                    self.unchanged(path, print, Reason::Same);
                    continue;
                }
                Lies::Edited { as_wanted: true, .. } => {
                    self.unchanged(path, print, Reason::TakenOver);
                    continue;
                }
                Lies::Foreign { as_wanted: true, .. } => {
                    self.unchanged(path, print, Reason::Adopted);
                    continue;
                }
                Lies::Nothing | Lies::Folder => (Reason::New, false),
                Lies::Vanished => (Reason::Missing, false),
                Lies::Ours(_) => (Reason::Changed, true),
                Lies::Edited { .. } | Lies::Foreign { .. } => match there.loss() {
                    None => (Reason::Leftover, true),
                    Some(clash) if self.policy.on_conflict == OnConflict::Overwrite => {
                        (Reason::Overwrites(clash), true)
                    }
                    Some(clash) => {
                        self.clash(path, there, clash);
                        continue;
                    }
                },
            };
            self.files.insert(path.clone(), *print);
            puts.push(Wanted {
                path,
                print: *print,
                replaces,
                reason,
            });
        }
        puts
    }

    /// Sorts what the manifest has and the project has not: to remove, with size and reason, or to note.
    fn sort_rest(&mut self, puts: &[Wanted<'a>]) -> BTreeMap<BoardPath, (u64, Reason)> {
        let mut makes_way: BTreeMap<&BoardPath, &BoardPath> = BTreeMap::new();
        let mut last = None;
        for put in puts {
            let mut ours = self.facts.below(put.path);
            if last.replace(put.path.folder()) != Some(put.path.folder()) {
                ours.extend(self.facts.blocking(put.path));
            }
            for path in ours {
                makes_way.entry(path).or_insert(put.path);
            }
        }
        let mut going = BTreeMap::new();
        for (path, old) in &self.facts.ours {
            if self.facts.project.contains_key(*path) {
                continue;
            }
            let there = self.facts.lies_at(path);
            let forced = makes_way.get(path).map(|put| Reason::MakesWay((*put).clone()));
            // It blocks a project file only if it was edited, and then that is the conflict to show.
            let stands = || self.facts.in_place_of_project(path);
            let lost = there.loss().map(|_| Clash::EditedAndGone);
            match (there, lost) {
                (Lies::Nothing | Lies::Vanished | Lies::Folder | Lies::Foreign { .. }, _) => {}
                (_, Some(clash)) if self.policy.delete || stands() => {
                    if self.policy.on_conflict == OnConflict::Overwrite {
                        going.insert((*path).clone(), (there.size(), Reason::Overwrites(clash)));
                    } else {
                        self.clash(path, there, clash);
                    }
                }
                (_, None) if self.policy.delete || forced.is_some() => {
                    let reason = forced.unwrap_or(Reason::Gone);
                    going.insert((*path).clone(), (there.size(), reason));
                }
                _ => {
                    self.files.insert((*path).clone(), **old);
                    self.keep(path, there, Reason::NotRemoved);
                }
            }
        }
        going
    }

    fn clash(&mut self, path: &BoardPath, there: Lies, clash: Clash) {
        // Our line stays as it was, so the next sync finds the same edit and says the same again.
        if let (Some(old), Lies::Edited { .. } | Lies::Ours(_)) = (self.facts.ours.get(path), there) {
            self.files.insert(path.clone(), **old);
        }
        if self.policy.on_conflict == OnConflict::Keep {
            self.keep(path, there, Reason::KeptBecause(clash));
        } else {
            self.notes.conflicts.push(Conflict {
                path: path.clone(),
                size: there.size(),
                clash,
            });
        }
    }

    fn keep(&mut self, path: &BoardPath, there: Lies, reason: Reason) {
        self.notes.kept.push(Noted {
            path: path.clone(),
            size: there.size(),
            reason,
        });
    }

    fn unchanged(&mut self, path: &BoardPath, print: &Fingerprint, reason: Reason) {
        self.files.insert(path.clone(), *print);
        self.notes.unchanged.push(Noted {
            path: path.clone(),
            size: print.size,
            reason,
        });
    }
}

/// Puts the acts into the order of the commit. `staying` is the manifest afterwards.
fn order<'a>(
    facts: &Facts<'a>,
    mut puts: Vec<Wanted<'a>>,
    going: BTreeMap<BoardPath, (u64, Reason)>,
    staying: &Snapshot,
) -> Vec<Step> {
    let mut made: BTreeMap<BoardPath, &BoardPath> = BTreeMap::new();
    let mut last = None;
    for put in &puts {
        if last.replace(put.path.folder()) != Some(put.path.folder()) {
            for folder in put.path.ancestors() {
                made.entry(folder).or_insert(put.path);
            }
        }
    }
    made.retain(|folder, _| !facts.has_folder(folder));

    let staying = BoardPath::folders(staying.keys());
    let held = |folder: &BoardPath| facts.needed.contains(folder) || staying.contains(folder);
    let mut emptied = BoardPath::folders(going.keys());
    for put in puts.iter().filter(|put| !put.replaces) {
        // A folder whose files somebody removed on the board may still stand where the file must go.
        let inside = BoardPath::folders(facts.below(put.path));
        emptied.extend(
            inside
                .into_iter()
                .filter(|folder| folder == put.path || folder.is_below(put.path)),
        );
    }
    let emptied = emptied.into_iter().rev().filter(|folder| !held(folder));

    let wanted = puts.iter().map(|put| put.print.sha256).collect();
    let mut sources = Sources::new(facts, &going, &wanted);
    let guarded = facts.project.keys().any(|path| path.as_str() == GUARD);
    let turn = |put: &Wanted<'_>| turn(put.path, guarded && !makes_way(put.path, going.keys()));
    puts.sort_by_key(turn);
    let first = puts.partition_point(|put| turn(put) == Turn::First);
    let mut writes: Vec<Step> = puts.into_iter().map(|put| write(put, &mut sources)).collect();
    let rest = writes.split_off(first);

    let (guard, going): (BTreeMap<_, _>, BTreeMap<_, _>) =
        going.into_iter().partition(|(path, _)| path.as_str() == GUARD);
    let remove = |(path, (size, reason)): (BoardPath, (u64, Reason))| {
        let reason = sources
            .renames
            .get(&path)
            .map_or(reason, |to| Reason::RenamedTo(to.clone()));
        Step {
            act: Act::Remove { path, size },
            reason,
        }
    };
    // A folder sorts before what is in it, so the reverse is innermost first.
    let emptied = emptied.map(|path| Step {
        act: Act::RemoveFolder(path),
        reason: Reason::Emptied,
    });
    let made = made.into_iter().map(|(folder, file)| Step {
        act: Act::MakeFolder(folder),
        reason: Reason::Holds(file.clone()),
    });
    let removes = going.into_iter().map(remove);
    let guard = guard.into_iter().map(remove);
    let steps = writes.into_iter().chain(removes).chain(emptied).chain(made);
    steps.chain(rest).chain(guard).collect()
}

/// When a file gets its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Turn {
    /// The guard and the boot.py that calls it: from here on each boot carries the journal out.
    First,
    Any,
    /// Without a guard what runs by itself comes last, and what runs first last of all.
    Main,
    Boot,
}

fn turn(path: &BoardPath, guarded: bool) -> Turn {
    match path.as_str() {
        GUARD | "/boot.py" if guarded => Turn::First,
        "/main.py" => Turn::Main,
        "/boot.py" => Turn::Boot,
        _ => Turn::Any,
    }
}

/// Must something go before this can come? A FAT takes upper and lower case for the same.
fn makes_way<'a>(path: &BoardPath, mut going: impl Iterator<Item = &'a BoardPath>) -> bool {
    going.any(|gone| gone.is_below(path) || gone.as_str().eq_ignore_ascii_case(path.as_str()))
}

fn write<'a>(put: Wanted<'a>, sources: &mut Sources<'a>) -> Step {
    let Wanted {
        path,
        print,
        replaces,
        reason,
    } = put;
    let (from, reason) = match sources.find(path, &print, !replaces) {
        None => {
            return Step {
                act: Act::Put {
                    path: path.clone(),
                    print,
                    replaces,
                },
                reason,
            };
        }
        Some(Source::Renamed(from)) => (from, Reason::RenamedFrom(from.clone())),
        Some(Source::Same(from)) => (from, Reason::SameAs(from.clone())),
    };
    Step {
        act: Act::Copy {
            from: from.clone(),
            to: path.clone(),
            print,
            replaces,
        },
        reason,
    }
}
