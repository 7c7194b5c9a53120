//! The two ways in: the command line, a process a deed, and one `boardside lsp` that lives as long as the soak.
//! Knows no board and no project.

use std::fs;
use std::fs::File;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;

use crate::editor_client::Client;
use crate::editor_client::uri;

/// Longer than anything here takes, also on a busy machine.
const LIMIT: Duration = Duration::from_secs(180);
const LOOK: Duration = Duration::from_millis(1);

pub(super) struct Doors {
    program: PathBuf,
    home: PathBuf,
    pub(super) client: Client,
}

/// How a deed ended, at either door.
#[derive(Debug)]
pub(super) struct Ended {
    /// `None`: it was killed.
    pub(super) code: Option<String>,
    pub(super) said: Value,
}

impl Ended {
    pub(super) fn is_done(&self) -> bool {
        self.code.as_deref() == Some("done")
    }
}

/// A deed under way at either door.
pub(super) enum Deed<'a> {
    Process { child: Child, out: PathBuf },
    Job { client: &'a mut Client, id: Value },
}

impl Doors {
    pub(super) fn open(
        program: &Path,
        home: &Path,
        ports: &[&str],
        folders: &[&Path],
    ) -> Result<Self, String> {
        let _ = fs::remove_dir_all(home); // what an earlier one remembers
        fs::create_dir_all(home).map_err(|error| format!("making {}: {error}", home.display()))?;
        Ok(Self {
            program: program.to_owned(),
            home: home.to_owned(),
            client: Client::start(program, home, ports, folders, Some(json!({})))?,
        })
    }

    /// A verb of the command line, in the project's folder.
    pub(super) fn start(&self, folder: &Path, arguments: &[&str]) -> Result<Deed<'static>, String> {
        let out = self.home.join("out");
        let failed = |error| format!("{}: {error}", self.program.display());
        let child = Command::new(&self.program)
            .args(arguments)
            .arg("--json")
            .current_dir(folder)
            .env_remove("BOARDSIDE_DEVICE")
            .env("XDG_CACHE_HOME", self.home.join("cache"))
            .env("XDG_DATA_HOME", self.home.join("data"))
            .stdin(Stdio::null())
            .stdout(File::create(&out).map_err(failed)?)
            .stderr(File::create(out.with_extension("err")).map_err(failed)?)
            .spawn()
            .map_err(failed)?;
        Ok(Deed::Process { child, out })
    }

    /// A command of the editor's door, for a folder.
    pub(super) fn command(
        &mut self,
        folder: &Path,
        name: &str,
        mut fields: Value,
    ) -> Result<Deed<'_>, String> {
        fields["folder"] = uri(folder).into();
        let params = json!({"command": format!("boardside.{name}"), "arguments": [fields]});
        let answer = self.client.request("workspace/executeCommand", &params)?;
        Ok(Deed::Job {
            client: &mut self.client,
            id: answer["job"].clone(),
        })
    }
}

impl Deed<'_> {
    /// Waits for its end.
    pub(super) fn wait(&mut self) -> Result<Ended, String> {
        if self.watch(|| false)? {
            return Err(format!("it did not end within {LIMIT:?}"));
        }
        match self {
            Self::Process { child, out } => {
                let status = child.wait().map_err(|error| error.to_string())?;
                Ok(process_ended(status.code(), out))
            }
            Self::Job { client, id } => {
                let done = client.told("boardside/jobDone", |params| params["job"] == *id)?;
                Ok(job_ended(&done))
            }
        }
    }

    /// Waits until `now` says yes, or the deed ends. Says whether it goes on.
    pub(super) fn watch(&mut self, mut now: impl FnMut() -> bool) -> Result<bool, String> {
        let start = Instant::now();
        while !now() && start.elapsed() < LIMIT {
            let ended = match self {
                Self::Process { child, .. } => child.try_wait().map_err(|error| error.to_string())?.is_some(),
                Self::Job { client, id } => client.has("boardside/jobDone", |params| params["job"] == *id),
            };
            if ended {
                return Ok(false);
            }
            thread::sleep(LOOK);
        }
        Ok(true)
    }

    /// A process is killed, a job is cancelled.
    pub(super) fn stop(&mut self) -> Result<(), String> {
        match self {
            Self::Process { child, .. } => child.kill().map_err(|error| error.to_string()),
            Self::Job { client, id } => {
                client.notify("boardside/cancel", &json!({"job": id}));
                Ok(())
            }
        }
    }
}

impl Drop for Deed<'_> {
    fn drop(&mut self) {
        if let Self::Process { child, .. } = self {
            let _ = child.kill(); // it has ended, or nobody waits for it any more
            let _ = child.wait();
        }
    }
}

fn process_ended(exit: Option<i32>, out: &Path) -> Ended {
    let said = fs::read_to_string(out).unwrap_or_default();
    let last = said
        .lines()
        .last()
        .and_then(|line| serde_json::from_str(line).ok());
    let mut last: Value = last.unwrap_or_default();
    if exit.is_some_and(|exit| exit != 0) {
        last["exit"] = exit.into();
        last["stderr"] = fs::read_to_string(out.with_extension("err"))
            .unwrap_or_default()
            .into();
    } else {
        last["all"] = said
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .collect();
    }
    Ended {
        code: exit.map(|exit| match exit {
            0 => "done".to_owned(),
            _ => last["code"].as_str().unwrap_or("no code").to_owned(),
        }),
        said: last,
    }
}

fn job_ended(done: &Value) -> Ended {
    let error = &done["error"];
    if error.is_null() {
        return Ended {
            code: Some("done".to_owned()),
            said: done["result"].clone(),
        };
    }
    Ended {
        code: Some(error["code"].as_str().unwrap_or("no code").to_owned()),
        said: error.clone(),
    }
}
