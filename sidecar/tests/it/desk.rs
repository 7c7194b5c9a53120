//! `Desk`: a folder, the program, and the board that it is to use; what a run gave; what lies on the flash.
//! Asserts nothing about boards: chapters do.

use std::collections::BTreeMap;
use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;
use rustix::process::Pid;
use rustix::process::Signal;
use serde_json::Value;
use tempfile::TempDir;

use crate::boards::fast;

/// What a run of the program gave.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) out: Vec<u8>,
    pub(crate) err: String,
}

impl Run {
    #[track_caller]
    pub(crate) fn good(self) -> String {
        let out = String::from_utf8_lossy(&self.out).into_owned();
        assert_eq!(self.code, 0, "{out}{}", self.err);
        out
    }

    /// Exit code and the code of the error, as people see it.
    pub(crate) fn failure(&self) -> (i32, String) {
        let code = self.err.split(['[', ']']).nth(1).unwrap_or_default();
        (self.code, code.to_owned())
    }

    /// Every line, which must be JSON.
    #[track_caller]
    pub(crate) fn events(&self) -> Vec<Value> {
        let text = std::str::from_utf8(&self.out).unwrap();
        let parse = |line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        text.lines().map(parse).collect()
    }

    #[track_caller]
    pub(crate) fn last(&self) -> Value {
        self.events().pop().expect("there is a line")
    }
}

/// A folder to work in, the program, and the board that it is to use.
pub(crate) struct Desk {
    pub(crate) folder: TempDir,
    pub(crate) device: String,
}

impl Desk {
    pub(crate) fn at(device: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("cache")).unwrap();
        let device = device.to_owned();
        Self { folder, device }
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    pub(crate) fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap_or_else(|error| format!("{name}: {error}"))
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_boardside"));
        command.args(args).current_dir(self.folder.path());
        command.env("BOARDSIDE_DEVICE", &self.device);
        command
            .env("XDG_CACHE_HOME", self.path("cache"))
            .env_remove("BOARDSIDE_PORTS");
        command.stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, args: &[&str]) -> Run {
        let output = self.command(args).output().unwrap();
        Run {
            code: output.status.code().unwrap_or(-1),
            out: output.stdout,
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    pub(crate) fn run_with_stdin(&self, args: &[&str], input: &str) -> Run {
        let mut command = self.command(args);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        Run {
            code: output.status.code().unwrap_or(-1),
            out: output.stdout,
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Presses Ctrl-C when a line that `wanted` accepts has come, and gives the exit code.
    pub(crate) fn interrupt(&self, args: &[&str], wanted: impl Fn(&str) -> bool) -> i32 {
        self.interrupted(args, wanted).code
    }

    /// `interrupt`, with the lines that came afterwards.
    pub(crate) fn interrupted(&self, args: &[&str], wanted: impl Fn(&str) -> bool) -> Run {
        let mut command = self.command(args);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        assert!(lines.any(|line| wanted(&line.unwrap())), "the line never came");
        rustix::process::kill_process(Pid::from_child(&child), Signal::INT).unwrap();
        let rest: Vec<String> = lines.map(Result::unwrap).collect();
        Run {
            code: child.wait().unwrap().code().unwrap_or(-1),
            out: rest.join("\n").into_bytes(),
            err: String::new(),
        }
    }
}

/// Files on the flash without Boardside's own and without folders, as text.
pub(crate) fn on_flash(board: &VirtualBoard) -> BTreeMap<String, String> {
    let files = board.files().unwrap().into_iter();
    files
        .filter(|(path, _)| !path.starts_with("/.boardside") && !path.ends_with('/'))
        .map(|(path, content)| (path, String::from_utf8_lossy(&content).into_owned()))
        .collect()
}

pub(crate) fn tree(files: &[(&str, &str)]) -> BTreeMap<String, String> {
    files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect()
}

pub(crate) fn with_files(files: &[(&str, &str)]) -> Profile {
    let files = files.iter();
    Profile {
        files: files
            .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
            .collect(),
        ..fast()
    }
}
