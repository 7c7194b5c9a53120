//! One board, its project, and what must be on it: a step changes the project, does something to the board, and
//! compares. What the steps cost the machine is not looked at here.

use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;
use std::time::Instant;

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

/// A board that was told to commit goes on with it by itself.
const COMMIT: Duration = Duration::from_secs(20);
/// For the answer to something typed.
const ANSWER: Duration = Duration::from_secs(5);

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

/// What a deed may end with whose line or power was cut.
const CUT_SHORT: [&str; 7] = [
    "done",
    "cancelled",
    "wire.gone",
    "repl.timeout",
    "repl.damaged",
    "board.silent",
    "connect.gone",
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
            for _ in 0..self.random.below(4) {
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
                self.board.replug().map_err(|error| error.to_string())?;
            }
            Act::Console => self.console(doors, door)?,
            Act::OwnFile => self.own_file(doors)?,
        }
        self.check(doors)
    }

    /// Both projects are the same on every machine at that moment: what the board has left then tells of leaks.
    /// Gives free flash and free RAM in bytes.
    pub(super) fn measure(&mut self, doors: &mut Doors) -> Result<(u64, u64), String> {
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
        let flash = self.python(
            doors,
            if self.kind == Kind::Unix {
                FLASH
            } else {
                FLAT_FLASH
            },
        )?;
        let ram = self.python(doors, "import gc\ngc.collect()\nprint(gc.mem_free())")?;
        let parse = |text: &str| {
            text.trim()
                .parse::<u64>()
                .map_err(|_| format!("no number: {text}"))
        };
        let figures = (parse(&flash)?, parse(&ram)?);
        self.project.empty().map_err(failed)?;
        self.project.refill(kept).map_err(failed)?;
        Ok(figures)
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

    /// The board's own files become the project's; what is missing here comes back.
    fn pull(&mut self, doors: &mut Doors, door: Door, tell: &mut dyn FnMut(&str)) -> Result<(), String> {
        self.sync(doors, door)?;
        let lost = self
            .project
            .lose_one(&mut self.random)
            .map_err(|error| error.to_string())?;
        tell(&format!("lose {lost:?}, pull"));
        self.done(doors, door, "pull", &[], json!({}))?;
        self.synced.append(&mut self.own);
        self.project.files = self.synced.clone();
        let found = self.project.look().map_err(|error| error.to_string())?;
        same("the project after the pull", &found, &self.synced)?;
        let other = *self.random.one(&[Door::Line, Door::Editor]);
        self.sync(doors, other)
    }

    /// A sync whose line, process or power is cut at some byte.
    fn interrupted(
        &mut self,
        doors: &mut Doors,
        door: Door,
        act: Act,
        tell: &mut dyn FnMut(&str),
    ) -> Result<(), String> {
        let begun = self.board.status().to_board;
        let most = self.random.weighted(&[(600, 3), (6_000, 5), (60_000, 2)]);
        let at = self.random.below(most) as u64;
        tell(&format!("after {at} bytes"));
        let mut deed = self.begin(doors, door, "sync", &[], json!({}))?;
        let board = &mut self.board;
        deed.watch(|| board.status().to_board >= begun + at)?;
        let failed = |error: boardside::virtual_board::VirtualBoardError| error.to_string();
        match act {
            Act::Cut => board.unplug().map_err(failed)?,
            Act::PowerCut => board.power_cycle().map_err(failed)?,
            _ => deed.stop()?,
        }
        let ended = deed.wait()?;
        drop(deed);
        let code = ended.code.as_deref().unwrap_or("killed");
        tell(&format!("it ended: {code}"));
        self.count(&format!("{act:?}: {code}"));
        if code != "killed" && !CUT_SHORT.contains(&code) {
            return Err(format!("a sync that was cut ended so: {ended:?}"));
        }
        match act {
            Act::Cut => self.board.replug().map_err(failed)?,
            Act::PowerCut => {
                self.lost_power();
                // The next connection finishes what was committed.
                self.done(doors, Door::Line, "ls", &[], json!({}))?;
            }
            _ => {}
        }
        if self.kind == Kind::Unix {
            self.old_or_new(doors)?;
        }
        let other = *self.random.one(&[Door::Line, Door::Editor]);
        tell(&format!("Sync by {other:?}"));
        self.sync(doors, other)
    }

    /// A micro:bit's files are in the emulator's memory.
    fn lost_power(&mut self) {
        if self.kind == Kind::Microbit {
            self.synced.clear();
            self.own.clear();
        }
    }

    /// The board holds the whole old project or the whole new one, at the latest when it has committed by itself.
    fn old_or_new(&mut self, doors: &mut Doors) -> Result<(), String> {
        let end = Instant::now() + COMMIT;
        let old = self.synced.clone();
        let new = self.project.files.clone();
        loop {
            let found = self.on_board(doors)?;
            if same("", &found, &self.with_own(&old)).is_ok() {
                self.count("old");
                return Ok(());
            }
            let is_new = same(
                "the board, which is not as before either,",
                &found,
                &self.with_own(&new),
            );
            if is_new.is_ok() {
                self.count("new");
                return Ok(());
            }
            if Instant::now() > end {
                return is_new;
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    fn console(&mut self, doors: &mut Doors, door: Door) -> Result<(), String> {
        if door == Door::Line {
            let said = self.python(doors, "print(6*7)")?;
            return if said.trim() == "42" {
                Ok(())
            } else {
                Err(format!("6*7 is {said:?}"))
            };
        }
        self.held = true;
        let board = self.board.address().to_owned();
        doors
            .client
            .request("boardside/console/attach", &json!({"board": board}))?;
        let mut heard = String::new();
        // This micro:bit keeps a Ctrl-C that it did not need for the next line.
        for _ in 0..4 {
            let input = json!({"board": board, "text": "\u{3}print('soak', 6*7)\r"});
            doors.client.notify("boardside/console/input", &input);
            let end = Instant::now() + ANSWER;
            while Instant::now() < end {
                if let Some(output) = doors.client.heard("boardside/console/output", |_| true) {
                    heard += output["text"].as_str().unwrap_or_default();
                } else {
                    thread::sleep(Duration::from_millis(5));
                }
                if heard.contains("soak 42") {
                    return Ok(());
                }
            }
        }
        Err(format!("the console says nothing but {heard:?}"))
    }

    fn own_file(&mut self, doors: &mut Doors) -> Result<(), String> {
        self.written += 1;
        let name = format!("own{}.dat", self.written);
        let content = "data ".repeat(self.random.below(40));
        self.python(
            doors,
            &format!("f=open('{name}','w')\nf.write('{content}')\nf.close()"),
        )?;
        self.own.insert(format!("/{name}"), content.into_bytes());
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

const FLASH: &str = "import os\nv=os.statvfs('/')\nprint(v[0]*v[3])";
/// A micro:bit cannot tell: what fits is counted.
const FLAT_FLASH: &str = "import os
n=0
f=open('full','wb')
try:
 while 1:
  f.write(b'x'*64)
  n+=64
except OSError:
 pass
f.close()
if 'full' in os.listdir():
 os.remove('full')
print(n)";

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
