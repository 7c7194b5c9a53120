//! One board, its project, and what must be on it: a step changes the project, does something to the board, and
//! compares. What the steps cost the machine is not looked at here.

mod acts;

use std::collections::BTreeMap;

use boardside::virtual_board::Kind;
use boardside::virtual_board::VirtualBoard;
use serde_json::Value;
use serde_json::json;

use super::doors::Deed;
use super::doors::Doors;
use super::doors::Ended;
use super::project::Files;
use super::project::Project;
use super::random::Random;

/// What happens in one step, after the edits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Act {
    Sync,
    DryRun,
    Pull,
    Cut,
    Stop,
    PowerCut,
    PowerCycle,
    Reset,
    Replug,
    Console,
    OwnFile,
}

/// With how often.
const ACTS: [(Act, usize); 11] = [
    (Act::Sync, 40),
    (Act::DryRun, 5),
    (Act::Pull, 5),
    (Act::Cut, 8),
    (Act::Stop, 8),
    (Act::PowerCut, 6),
    (Act::PowerCycle, 4),
    (Act::Reset, 5),
    (Act::Replug, 5),
    (Act::Console, 8),
    (Act::OwnFile, 6),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    Line,
    Editor,
}

pub(super) struct Lane {
    pub(super) kind: Kind,
    pub(super) board: VirtualBoard,
    pub(super) project: Project,
    random: Random,
    /// Of the project, on the board.
    synced: Files,
    /// The board's own: nobody may touch it.
    own: Files,
    written: u64,
    /// The editor's door holds the port.
    held: bool,
    /// How often what happened.
    pub(super) counts: BTreeMap<String, u64>,
}

impl Lane {
    pub(super) fn new(kind: Kind, board: VirtualBoard, project: Project, random: Random) -> Self {
        Self {
            kind,
            board,
            project,
            random,
            synced: Files::new(),
            own: Files::new(),
            written: 0,
            held: false,
            counts: BTreeMap::new(),
        }
    }

    /// Edits, one act, and the comparison. `tell` hears what is done before it is done.
    pub(super) fn step(&mut self, doors: &mut Doors, tell: &mut dyn FnMut(&str)) -> Result<(), String> {
        let act = self.random.weighted(&ACTS);
        // What is pulled is what was synced.
        if act != Act::Pull {
            // There must be something to cut.
            let cut = matches!(act, Act::Cut | Act::Stop | Act::PowerCut);
            let least = if cut { 3 } else { 0 };
            for _ in 0..least + self.random.below(4) {
                let edit = self
                    .project
                    .edit(&mut self.random)
                    .map_err(|error| error.to_string())?;
                tell(&edit);
            }
        }
        let door = *self.random.one(&[Door::Line, Door::Editor]);
        tell(&format!("{act:?} by {door:?}"));
        self.count(&format!("{act:?}"));
        match act {
            Act::Sync => self.sync(doors, door)?,
            Act::DryRun => self.dry_run(doors, door)?,
            Act::Pull => self.pull(doors, door, tell)?,
            Act::Cut | Act::Stop | Act::PowerCut => self.interrupted(doors, door, act, tell)?,
            Act::PowerCycle => {
                self.board.power_cycle().map_err(|error| error.to_string())?;
                self.lost_power();
            }
            Act::Reset => {
                let verb = if door == Door::Line { "reset" } else { "softReset" };
                self.done(doors, door, verb, &[], json!({}))?;
            }
            Act::Replug => {
                self.board.unplug().map_err(|error| error.to_string())?;
                self.replug(doors)?;
            }
            Act::Console => self.console(doors, door)?,
            Act::OwnFile => self.own_file(doors)?,
        }
        self.check(doors)
    }

    /// Both projects are the same on every machine at that moment: what the board has left then tells of leaks.
    /// Gives free RAM and free flash in bytes; a micro:bit cannot tell its flash, but all that lies on it is compared.
    pub(super) fn measure(&mut self, doors: &mut Doors) -> Result<(u64, Option<u64>), String> {
        let failed = |error: std::io::Error| error.to_string();
        for path in std::mem::take(&mut self.own).into_keys() {
            self.done(doors, Door::Line, "rm", &[&path], json!({}))?;
        }
        let kept = self.project.empty().map_err(failed)?;
        self.project
            .refill(Files::from([("/a.py".to_owned(), b"A = 1\n".to_vec())]))
            .map_err(failed)?;
        self.sync(doors, Door::Line)?;
        self.check(doors)?;
        let ram = self.number(doors, RAM)?;
        let unix = self.kind == Kind::Unix;
        let flash = unix.then(|| self.number(doors, FLASH)).transpose()?;
        self.project.empty().map_err(failed)?;
        self.project.refill(kept).map_err(failed)?;
        Ok((ram, flash))
    }

    fn number(&mut self, doors: &mut Doors, code: &str) -> Result<u64, String> {
        let text = self.python(doors, code)?;
        text.trim().parse().map_err(|_| format!("no number: {text}"))
    }

    fn count(&mut self, what: &str) {
        *self.counts.entry(what.to_owned()).or_default() += 1;
    }

    fn begin<'a>(
        &mut self,
        doors: &'a mut Doors,
        door: Door,
        verb: &str,
        arguments: &[&str],
        fields: Value,
    ) -> Result<Deed<'a>, String> {
        let folder = self.project.folder.clone();
        match door {
            Door::Line => {
                self.free(doors)?;
                doors.start(&folder, &[&[verb], arguments].concat())
            }
            Door::Editor => {
                self.held = true;
                doors.command(&folder, verb, fields)
            }
        }
    }

    /// To its end, which must be a good one.
    fn done(
        &mut self,
        doors: &mut Doors,
        door: Door,
        verb: &str,
        arguments: &[&str],
        fields: Value,
    ) -> Result<Ended, String> {
        let ended = self.begin(doors, door, verb, arguments, fields)?.wait()?;
        if ended.is_done() {
            Ok(ended)
        } else {
            Err(format!("{verb} {arguments:?} by {door:?}: {ended:?}"))
        }
    }

    /// The port is free.
    fn free(&mut self, doors: &mut Doors) -> Result<(), String> {
        if std::mem::take(&mut self.held) {
            let folder = self.project.folder.clone();
            let ended = doors.command(&folder, "disconnect", json!({}))?.wait()?;
            if !ended.is_done() {
                return Err(format!("disconnect: {ended:?}"));
            }
        }
        Ok(())
    }

    fn sync(&mut self, doors: &mut Doors, door: Door) -> Result<(), String> {
        self.done(doors, door, "sync", &[], json!({}))?;
        self.synced = self.project.files.clone();
        Ok(())
    }

    fn dry_run(&mut self, doors: &mut Doors, door: Door) -> Result<(), String> {
        self.done(doors, door, "sync", &["--dry-run"], json!({"dryRun": true}))?;
        Ok(())
    }

    /// What a program prints.
    fn python(&mut self, doors: &mut Doors, code: &str) -> Result<String, String> {
        let ended = self.done(doors, Door::Line, "exec", &[code], json!({}))?;
        let all = ended.said["all"].as_array().cloned().unwrap_or_default();
        Ok(all.iter().filter_map(|event| event["text"].as_str()).collect())
    }

    /// What the board must hold then, folders too.
    fn with_own(&self, files: &Files) -> Files {
        let mut all = Files::new();
        for (path, content) in files.iter().chain(&self.own) {
            let above = path.match_indices('/').skip(1);
            all.extend(above.map(|(at, _)| (path[..=at].to_owned(), Vec::new())));
            all.insert(path.clone(), content.clone());
        }
        all
    }

    fn check(&mut self, doors: &mut Doors) -> Result<(), String> {
        let found = self.on_board(doors)?;
        let known = doors
            .client
            .heard("window/showMessage", |params| params["type"] == 1);
        if let Some(message) = known {
            return Err(format!("the server complains: {message}"));
        }
        same("the board", &found, &self.with_own(&self.synced))
    }

    /// Read from outside.
    fn on_board(&mut self, doors: &mut Doors) -> Result<Files, String> {
        if self.kind == Kind::Microbit {
            self.free(doors)?;
        }
        let mut files = self.board.files().map_err(|error| error.to_string())?;
        files.retain(|path, _| !path.starts_with("/.boardside/") && path != "/boardside.manifest");
        Ok(files)
    }
}

const RAM: &str = "import gc\ngc.collect()\nprint(gc.mem_free())";
const FLASH: &str = "import os\nv=os.statvfs('/')\nprint(v[0]*v[3])";
/// Says what differs.
fn same(what: &str, found: &Files, wanted: &Files) -> Result<(), String> {
    let mut wrong = Vec::new();
    for (path, content) in wanted {
        match found.get(path) {
            None => wrong.push(format!("{path} is missing")),
            Some(other) if other != content => {
                wrong.push(format!(
                    "{path} has {} bytes and not these {}",
                    other.len(),
                    content.len()
                ));
            }
            Some(_) => {}
        }
    }
    wrong.extend(
        found
            .keys()
            .filter(|path| !wanted.contains_key(*path))
            .map(|path| format!("{path} is too much")),
    );
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("{what} is wrong: {}", wrong.join(", ")))
    }
}
