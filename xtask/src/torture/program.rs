//! Runs `boardside` with a home of its own, to its end, to its killing, or to a limit. Judges nothing.

use std::io::BufRead as _;
use std::io::BufReader;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;

/// Longer than any run takes on a busy machine, shorter than patience.
const LIMIT: Duration = Duration::from_secs(90);

/// Who runs it, and where.
#[derive(Clone, Debug)]
pub(super) struct Program {
    pub(super) boardside: PathBuf,
    pub(super) home: PathBuf,
    pub(super) project: PathBuf,
}

/// How a run ended.
#[derive(Debug)]
pub(super) struct Ran {
    /// `None`: it was killed.
    pub(super) exit: Option<i32>,
    /// The JSON lines on stdout.
    pub(super) events: Vec<Value>,
}

impl Ran {
    pub(super) fn last(&self) -> &Value {
        self.events.last().unwrap_or(&Value::Null)
    }

    /// An error with what it said unless it did what it was asked.
    pub(super) fn done(&self, what: &str) -> Result<(), String> {
        if self.exit == Some(0) {
            return Ok(());
        }
        Err(format!("{what}: exit {:?}, {}", self.exit, self.last()))
    }
}

/// A program that runs, and its events as they come.
pub(super) struct Running {
    child: Child,
    lines: Receiver<Value>,
    events: Vec<Value>,
    end: Instant,
}

impl Program {
    /// Starts it with `--json`.
    pub(super) fn start(&self, arguments: &[&str]) -> Result<Running, String> {
        let mut command = self.command();
        command.args(arguments).arg("--json");
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("{}: {error}", self.boardside.display()))?;
        let stdout = child.stdout.take().ok_or("no stdout")?;
        let (told, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                let line = serde_json::from_str(&line).unwrap_or(Value::String(line));
                if told.send(line).is_err() {
                    return;
                }
            }
        });
        Ok(Running {
            child,
            lines,
            events: Vec::new(),
            end: Instant::now() + LIMIT,
        })
    }

    /// Runs it to its end.
    pub(super) fn run(&self, arguments: &[&str]) -> Result<Ran, String> {
        self.start(arguments)?.finish()
    }

    pub(super) fn sync(&self, address: &str) -> Result<Ran, String> {
        self.run(&["sync", "-d", address])
    }

    /// Without arguments: for `boardside lsp` too.
    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.boardside);
        command
            .current_dir(&self.project)
            .env("HOME", &self.home)
            .env("XDG_CACHE_HOME", self.home.join("cache"))
            .env_remove("XDG_CONFIG_HOME")
            .env_remove("XDG_DATA_HOME")
            .env_remove("BOARDSIDE_DEVICE");
        command
    }
}

impl Running {
    /// Waits for so many events, or the end; false at the end.
    pub(super) fn events(&mut self, number: usize) -> bool {
        while self.events.len() < number {
            let left = self.end.saturating_duration_since(Instant::now());
            match self.lines.recv_timeout(left) {
                Ok(event) => self.events.push(event),
                Err(_) => return false,
            }
        }
        true
    }

    /// Has it ended by itself?
    pub(super) fn has_ended(&mut self) -> bool {
        self.child.try_wait().is_ok_and(|status| status.is_some())
    }

    /// SIGKILL; all that it had open is closed when this returns.
    pub(super) fn kill(mut self) -> Result<(), String> {
        let killed = self.child.kill().and_then(|()| self.child.wait());
        killed.map(drop).map_err(|error| error.to_string())
    }

    /// Waits for its end.
    pub(super) fn finish(mut self) -> Result<Ran, String> {
        self.events(usize::MAX);
        if Instant::now() >= self.end {
            let last = self.events.last().cloned().unwrap_or_default();
            self.kill()?;
            return Err(format!(
                "boardside did not end within {} s; its last event: {last}",
                LIMIT.as_secs()
            ));
        }
        let status = self.child.wait().map_err(|error| error.to_string())?;
        Ok(Ran {
            exit: status.code(),
            events: self.events,
        })
    }
}

/// Copies a folder with all that is in it.
pub(super) fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let (here, there) = (entry.path(), to.join(entry.file_name()));
        if entry.file_type()?.is_dir() {
            copy(&here, &there)?;
        } else {
            std::fs::copy(here, there)?;
        }
    }
    Ok(())
}
