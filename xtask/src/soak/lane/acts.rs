//! What a step may do besides a plain sync: cut it, pull, unplug, talk. What must be on the board, `lane` knows.

use std::thread;
use std::time::Duration;
use std::time::Instant;

use boardside::virtual_board::Kind;
use boardside::virtual_board::VirtualBoardError;
use serde_json::Value;
use serde_json::json;

use super::Act;
use super::Door;
use super::Lane;
use super::same;
use crate::soak::doors::Doors;

/// A board that was told to commit goes on with it by itself.
const COMMIT: Duration = Duration::from_secs(20);
/// For the answer to something typed.
const ANSWER: Duration = Duration::from_secs(5);

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

impl Lane {
    /// The board's own files become the project's; what is missing here comes back.
    pub(super) fn pull(
        &mut self,
        doors: &mut Doors,
        door: Door,
        tell: &mut dyn FnMut(&str),
    ) -> Result<(), String> {
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
    pub(super) fn interrupted(
        &mut self,
        doors: &mut Doors,
        door: Door,
        act: Act,
        tell: &mut dyn FnMut(&str),
    ) -> Result<(), String> {
        let begun = self.board.status().to_board;
        let most = self.random.weighted(&[(400, 3), (3_000, 5), (30_000, 2)]);
        let at = self.random.below(most) as u64;
        tell(&format!("after {at} bytes"));
        let mut deed = self.begin(doors, door, "sync", &[], json!({}))?;
        let board = &mut self.board;
        deed.watch(|| board.status().to_board >= begun + at)?;
        let failed = |error: VirtualBoardError| error.to_string();
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
        // It is told so where it took the sync too long to notice.
        let restarted = act == Act::PowerCut && code == "board.restarts";
        if code != "killed" && !restarted && !CUT_SHORT.contains(&code) {
            return Err(format!("a sync that was cut ended so: {ended:?}"));
        }
        match act {
            Act::Cut => self.replug(doors)?,
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

    /// The editor's door sees both, if it had the port.
    pub(super) fn replug(&mut self, doors: &mut Doors) -> Result<(), String> {
        if self.held {
            self.until(doors, |state| state == "away")?;
        }
        self.board.replug().map_err(|error| error.to_string())?;
        if self.held {
            self.until(doors, |state| ["connected", "running"].contains(&state))?;
        }
        Ok(())
    }

    /// Waits for a state of the board at the editor's door.
    pub(super) fn until(&self, doors: &mut Doors, wanted: impl Fn(&str) -> bool) -> Result<(), String> {
        let end = Instant::now() + COMMIT;
        let mut state = Value::Null;
        while Instant::now() < end {
            let boards = doors.client.request("boardside/boards", &Value::Null)?;
            let mut boards = boards["boards"].as_array().into_iter().flatten();
            let ours = boards.find(|board| board["address"] == self.board.address());
            state = ours.map_or(Value::Null, |board| board["state"].clone());
            if state.as_str().is_some_and(&wanted) {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(10));
        }
        Err(format!("the server still says {state} of the board"))
    }

    /// A micro:bit's files are in the emulator's memory.
    pub(super) fn lost_power(&mut self) {
        if self.kind == Kind::Microbit {
            self.synced.clear();
            self.own.clear();
        }
    }

    /// The board holds the whole old project or the whole new one, at the latest when it has committed by itself.
    pub(super) fn old_or_new(&mut self, doors: &mut Doors) -> Result<(), String> {
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

    pub(super) fn console(&mut self, doors: &mut Doors, door: Door) -> Result<(), String> {
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

    pub(super) fn own_file(&mut self, doors: &mut Doors) -> Result<(), String> {
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
}
