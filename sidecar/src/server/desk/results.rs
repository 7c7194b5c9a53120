//! How jobs end: `boardside/jobDone`, what is known of the board from then on, and words for clients that show no jobs.
//! Gives no orders.

use std::sync::Arc;

use serde_json::Value;
use serde_json::json;

use crate::base::BoardPath;
use crate::server::desk::Desk;
use crate::server::desk::FolderId;
use crate::server::desk::folders::Folder;
use crate::server::desk::jobs::Job;
use crate::server::desk::jobs::Task;
use crate::server::desk::jobs::Wanted;
use crate::server::protocol::names;
use crate::server::protocol::told;
use crate::session::doctor;
use crate::session::live::Done;
use crate::session::live::Known;
use crate::session::live::Trouble;
use crate::sync::Outcome;
use crate::sync::plan::Counts;
use crate::sync::plan::OnConflict;
use crate::sync::plan::Plan;
use crate::sync::plan::Row;
use crate::sync::plan::Sides;
use crate::sync::plan::Verb;
use crate::sync::plan::render;
use crate::sync::scan::Scan;

const ERROR: u8 = 1;
const WARNING: u8 = 2;
const INFO: u8 = 3;

impl Desk {
    /// A job is over: tells the client, and keeps what was found.
    pub(super) fn tell_done(&mut self, job: &Job, done: &Result<Done, Trouble>) {
        match done {
            Ok(done) => self.learn(job, done),
            Err(trouble) => self.trouble(job, trouble),
        }
        self.log_done(job, done);
        let end = match done {
            Ok(done) => told::End::Result(self.result(job, done)),
            Err(trouble) => told::End::Error(self.error(job, trouble)),
        };
        let folder = job.folder.and_then(|id| self.folders.get(&id));
        let told = told::JobDone {
            job: job.id,
            kind: job.task.kind(),
            folder: folder.map(|folder| folder.place.uri.clone()),
            board: (!job.board.is_empty()).then(|| job.board.clone()),
            automatic: job.automatic(),
            end,
        };
        self.outbox.tell(names::JOB_DONE, json!(told), Some(&job.board));
        if let Some(id) = job.folder {
            self.tell_differences(id);
        }
    }

    /// What lies on the board is known now.
    fn learn(&mut self, job: &Job, done: &Done) {
        let Some(folder) = job.folder.and_then(|id| self.folders.get_mut(&id)) else {
            return;
        };
        match done {
            Done::Synced { outcome, scan, .. } => {
                let is_of_job =
                    |scan: &Arc<Scan>| job.scan.as_ref().is_some_and(|job| Arc::ptr_eq(job, scan));
                if folder.scan.as_ref().is_some_and(is_of_job) {
                    folder.scan = Some(scan.clone());
                }
                folder.known = Some((job.board.clone(), Known::of_sync(&outcome.plan.manifest)));
            }
            Done::Compared(sides) => {
                let Some(scan) = &job.scan else { return };
                let known = Known::of_sides(sides, &scan.files);
                let before = folder.known.take().filter(|(board, _)| *board == job.board);
                let known = match before {
                    Some((_, before)) => known.remembering(&before, sides, &scan.files),
                    None => known,
                };
                folder.known = Some((job.board.clone(), known));
            }
            _ => {}
        }
    }

    fn result(&self, job: &Job, done: &Done) -> Value {
        let folder = job.folder.and_then(|id| self.folders.get(&id));
        match done {
            Done::Done => job.result.clone().unwrap_or_else(|| json!({})),
            Done::Synced {
                outcome,
                scan,
                traffic,
            } => {
                let mut result = synced(job, folder, outcome, *traffic);
                result["bytesProject"] = scan.total_bytes.into();
                result
            }
            Done::Planned(plan) => {
                let mut result = counts(&plan.counts(), job);
                result["dryRun"] = true.into();
                result["rows"] = rows(plan, folder);
                result
            }
            Done::Compared(sides) => {
                let same = sides
                    .values()
                    .filter(|side| matches!(side, Sides::Same { .. }))
                    .count();
                json!({"differ": sides.len() - same, "same": same})
            }
            Done::Pulled {
                added,
                updated,
                unchanged,
                only_project,
            } => {
                json!({"added": added, "updated": updated, "unchanged": unchanged, "onlyProject": only_project})
            }
            Done::Written {
                name,
                before,
                running,
            } => json!({"name": name, "before": before, "running": running, "signedBy": job.signed_by}),
            Done::Ran(ended) => json!({"ended": ended}),
            Done::Checks(checks) => {
                let check = |check: &doctor::Check| {
                    let state = match check.state {
                        doctor::State::Ok => "ok",
                        doctor::State::Note => "note",
                        doctor::State::Problem => "error",
                    };
                    let mut shown = json!({"name": check.name, "state": state, "message": check.message});
                    if !check.help.is_empty() {
                        shown["help"] = check.help.clone().into();
                    }
                    shown
                };
                json!({"checks": checks.iter().map(check).collect::<Vec<_>>()})
            }
        }
    }

    fn error(&self, job: &Job, trouble: &Trouble) -> Value {
        let mut error = json!(told::Why::from(&trouble.explained));
        if !trouble.conflicts.is_empty() {
            let folder = job.folder.and_then(|id| self.folders.get(&id));
            let conflict = |(path, reason, overwritable): &(BoardPath, String, bool)| {
                let mut shown =
                    json!({"path": path.as_str(), "reason": reason, "overwritable": overwritable});
                if let Some(folder) = folder {
                    shown["uri"] = folder.uri_on_board(path).into();
                }
                shown
            };
            error["conflicts"] = trouble.conflicts.iter().map(conflict).collect();
        }
        error
    }

    /// Conflicts are somebody's to decide.
    fn trouble(&mut self, job: &Job, trouble: &Trouble) {
        let (Some(id), Task::Sync { dry_run: false, .. }) = (job.folder, &job.task) else {
            return;
        };
        if trouble.conflicts.is_empty() {
            return;
        }
        if let Some(folder) = self.folders.get_mut(&id) {
            folder.in_conflict = true;
            if let Some((_, known)) = folder.known.as_mut().filter(|(board, _)| *board == job.board) {
                for (path, ..) in &trouble.conflicts {
                    known.differs(path.clone());
                }
            }
        }
        if !self.start.jobs {
            self.ask_about_conflicts(id, &trouble.conflicts);
        }
    }

    /// Somebody decided, or closed the question.
    pub(super) fn settled(&mut self, id: FolderId, policy: Option<OnConflict>) {
        let Some(folder) = self.folders.get_mut(&id) else {
            return;
        };
        folder.in_conflict = false;
        let (Some(conflict), Ok(board)) = (policy, self.board_of_folder(id)) else {
            return;
        };
        let wanted = Wanted {
            task: Task::Sync {
                conflict: Some(conflict),
                dry_run: false,
            },
            folder: Some(id),
            board,
            since: None,
            saved: Vec::new(),
        };
        if let (job, true) = self.add(wanted, None) {
            self.begin_job(job);
        }
    }

    /// One line of the log; and of the screen, for clients that show no jobs themselves.
    fn log_done(&self, job: &Job, done: &Result<Done, Trouble>) {
        let folder = job.folder.and_then(|id| self.folders.get(&id));
        let kind = job.task.kind();
        let about = folder.map_or_else(|| self.name_of(&job.board), Folder::name);
        match done {
            Ok(Done::Synced { outcome, .. }) => {
                let counted = counted(&outcome.counts);
                if let Some(since) = job.since {
                    let ms = since.elapsed().as_millis();
                    self.log(&format!("saved -> verified on the board in {ms} ms: {counted}"));
                } else {
                    let line = format!("{about} is on the board: {counted}");
                    self.log(&line);
                    self.show_text(INFO, &line);
                }
            }
            Ok(_) => self.log(&format!("{kind} {about}: done")),
            Err(Trouble { explained, .. }) => {
                let line = format!("{kind} {about}: {} [{}]", explained.message, explained.code);
                self.log(&line);
                // Those of a sync are asked about instead.
                let conflict = explained.code == "sync.conflict";
                if explained.code != "cancelled" && !conflict {
                    let kind = if job.automatic() { WARNING } else { ERROR };
                    let help = if explained.help.is_empty() {
                        String::new()
                    } else {
                        format!(". {}", explained.help)
                    };
                    self.show_text(kind, &format!("{}{help}", explained.message));
                }
            }
        }
    }

    fn show_text(&self, kind: u8, text: &str) {
        if !self.start.jobs {
            self.outbox
                .tell(names::SHOW, json!({"type": kind, "message": text}), None);
        }
    }
}

fn synced(job: &Job, folder: Option<&Folder>, outcome: &Outcome, traffic: (u64, u64, u64)) -> Value {
    let (sent, received, turns) = traffic;
    let applied = outcome.applied;
    let mut result = counts(&outcome.counts, job);
    result["bytesSent"] = sent.into();
    result["bytesReceived"] = received.into();
    result["roundTrips"] = turns.into();
    result["framesResent"] = applied.map_or(0, |applied| applied.resent).into();
    result["tier"] = json!(applied.map(|applied| applied.tier.word()));
    result["whole"] = applied.is_none_or(|applied| applied.whole).into();
    result["dryRun"] = false.into();
    result["rows"] = rows(&outcome.plan, folder);
    result
}

fn counts(counts: &Counts, job: &Job) -> Value {
    let elapsed = job.begun.map_or(0, |begun| begun.elapsed().as_millis());
    let project = job.scan.as_ref().map_or(0, |scan: &Arc<Scan>| scan.total_bytes);
    json!({
        "added": counts.added, "updated": counts.updated, "removed": counts.removed, "renamed": counts.renamed,
        "unchanged": counts.unchanged, "kept": counts.kept, "conflicts": counts.conflicts,
        "bytesProject": project, "elapsedMs": u64::try_from(elapsed).unwrap_or(u64::MAX),
    })
}

/// What was done, file by file; what was left as it is needs no row.
fn rows(plan: &Plan, folder: Option<&Folder>) -> Value {
    let rows = render(plan).into_iter().filter(|row| row.verb != Verb::Unchanged);
    let row = |row: Row| {
        let mut shown = json!({"verb": row.verb, "path": row.path, "bytes": row.size, "reason": row.reason});
        if let (Some(folder), Ok(path)) = (folder, BoardPath::new(&row.path)) {
            shown["uri"] = folder.uri_on_board(&path).into();
        }
        shown
    };
    rows.map(row).collect()
}

/// For people.
fn counted(counts: &Counts) -> String {
    let all = [
        (counts.added, "added"),
        (counts.updated, "updated"),
        (counts.renamed, "renamed"),
        (counts.removed, "removed"),
        (counts.kept, "kept"),
    ];
    let some: Vec<String> = all
        .iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, word)| format!("{n} {word}"))
        .collect();
    if some.is_empty() {
        "nothing changed".to_owned()
    } else {
        some.join(", ")
    }
}
