//! `Server`: a web server with a folder of its own that fails as it is told, for as long as a test.
//! What lies in the folder is `stand`'s business.

use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Stdio;

use tempfile::TempDir;

use crate::boards;

/// A server that runs.
pub(super) struct Server {
    pub(super) port: u16,
    folder: TempDir,
    process: Child,
}

impl Server {
    /// With a certificate and its key, it speaks https.
    pub(super) fn new(tls: Option<(&Path, &Path)>) -> Self {
        let folder = TempDir::new().unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/ota_client/server.py");
        let mut command = boards::tools().python();
        command.arg(script).arg("0").arg(folder.path());
        if let Some((certificate, key)) = tls {
            command.arg(certificate).arg(key);
        }
        let mut process = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let out = process.stdout.as_mut().unwrap();
        BufReader::new(out).read_line(&mut line).unwrap();
        let port = line.strip_prefix("listening ").unwrap().trim().parse().unwrap();
        Self {
            port,
            folder,
            process,
        }
    }

    /// What it serves.
    pub(super) fn root(&self) -> PathBuf {
        self.folder.path().to_owned()
    }

    /// Lines of `.faults`; none: nothing fails any more.
    pub(super) fn fail(&self, faults: &str) {
        fs::write(self.root().join(".faults"), faults).unwrap();
    }

    /// The requests since the last call, as `.log` has them.
    pub(super) fn requests(&self) -> Vec<String> {
        let log = self.root().join(".log");
        let text = fs::read_to_string(&log).unwrap_or_default();
        fs::write(&log, "").unwrap();
        text.lines().map(str::to_owned).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap_or_default();
        self.process.wait().unwrap();
    }
}
