//! A project in a temporary folder, and the real `boardside` run on it.
//! Asserts nothing about boards: chapters do.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
#[cfg(target_os = "linux")]
use std::process::ExitStatus;
use std::process::Output;
#[cfg(target_os = "linux")]
use std::process::Stdio;

#[cfg(target_os = "linux")]
use boardside::virtual_board::VirtualBoard;
use serde_json::Value;
use tempfile::TempDir;

/// A project folder and a cache of its own.
pub(crate) struct Workspace {
    project: TempDir,
    cache: TempDir,
    environment: Vec<(&'static str, String)>,
}

/// How one run of the program ended.
#[derive(Debug)]
pub(crate) struct Ran {
    /// Exit code.
    pub(crate) exit: i32,
    /// The JSON lines on stdout.
    pub(crate) events: Vec<Value>,
    /// stderr, shown when a test fails.
    #[allow(dead_code)]
    pub(crate) stderr: String,
}

impl Ran {
    /// The last event: `synced`, `error`, ...
    pub(crate) fn last(&self) -> &Value {
        self.events.last().unwrap_or(&Value::Null)
    }

    /// A number of the last event.
    pub(crate) fn count(&self, name: &str) -> u64 {
        self.last()[name]
            .as_u64()
            .unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    /// The code of the error that ended it.
    pub(crate) fn code(&self) -> &str {
        self.last()["code"].as_str().unwrap_or("none")
    }
}

impl Workspace {
    /// A project with these files.
    pub(crate) fn new(files: &[(&str, &[u8])]) -> Self {
        let workspace = Self {
            project: TempDir::new().unwrap(),
            cache: TempDir::new().unwrap(),
            environment: Vec::new(),
        };
        for (path, content) in files {
            workspace.write(path, content);
        }
        workspace
    }

    /// The same, and the program finds this in its environment.
    #[cfg(target_os = "linux")]
    pub(crate) fn with_environment(self, environment: Vec<(&'static str, String)>) -> Self {
        Self { environment, ..self }
    }

    /// The project folder.
    pub(crate) fn path(&self) -> &Path {
        self.project.path()
    }

    /// Where the program keeps what it knows.
    #[cfg(target_os = "linux")]
    pub(crate) fn cache(&self) -> &Path {
        self.cache.path()
    }

    /// Writes a file, with the folders above it.
    pub(crate) fn write(&self, path: &str, content: &[u8]) -> PathBuf {
        let file = self.path().join(path);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, content).unwrap();
        file
    }

    /// Removes a file or a folder.
    pub(crate) fn remove(&self, path: &str) {
        let path = self.path().join(path);
        if path.is_dir() {
            fs::remove_dir_all(path)
        } else {
            fs::remove_file(path)
        }
        .unwrap();
    }

    /// Renames a file or a folder.
    pub(crate) fn rename(&self, from: &str, to: &str) {
        fs::create_dir_all(self.path().join(to).parent().unwrap()).unwrap();
        fs::rename(self.path().join(from), self.path().join(to)).unwrap();
    }

    /// The project's files as they should lie on a board.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = files_below(self.path());
        files.remove("/boardside.toml");
        files
    }

    /// The real program, in the project folder, with `--json`.
    pub(crate) fn boardside(&self, args: &[&str]) -> Ran {
        let output = self.command().args(args).arg("--json").output().unwrap();
        ran(&output)
    }

    /// `boardside sync` to this board.
    pub(crate) fn sync(&self, address: &str, more: &[&str]) -> Ran {
        self.boardside(&[&["sync", "-d", address], more].concat())
    }

    /// A sync that ends with the board's power, as it would wait for the board for a while.
    #[cfg(target_os = "linux")]
    pub(crate) fn sync_while_powered(&self, board: &VirtualBoard) -> ExitStatus {
        let mut sync = self.command();
        let mut sync = sync
            .args(["sync", "--json", "-d", board.address()])
            .stdout(Stdio::null())
            .spawn()
            .unwrap();
        while board.status().powered && sync.try_wait().unwrap().is_none() {
            std::thread::yield_now();
        }
        sync.kill().unwrap_or_default();
        sync.wait().unwrap()
    }

    /// The real program, to be started by the test.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_boardside"));
        command
            .current_dir(self.path())
            .env("XDG_CACHE_HOME", self.cache.path())
            .env_remove("BOARDSIDE_DEVICE")
            .envs(self.environment.iter().cloned());
        command
    }
}

/// All files below a folder, by their paths as a board has them: from `/` on.
pub(crate) fn files_below(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut todo = vec![root.to_owned()];
    while let Some(folder) = todo.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                files.insert(format!("/{name}"), fs::read(path).unwrap());
            }
        }
    }
    files
}

fn ran(output: &Output) -> Ran {
    let stdout = String::from_utf8(output.stdout.clone()).unwrap();
    let parse =
        |line: &str| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON on stdout: {line}"));
    Ran {
        exit: output.status.code().unwrap_or(-1),
        events: stdout.lines().map(parse).collect(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
