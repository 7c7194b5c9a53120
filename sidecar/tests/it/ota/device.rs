//! A device of the field: micropython-ota as it was published, in real MicroPython; one process is one boot.
//! Two stubs fill what the unix port does not have: urequests, which boards get from a bundle, and machine.reset.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use boardside::virtual_board::Firmware;
use boardside::virtual_board::UpdateServers;
use tempfile::TempDir;

use crate::boards;

/// A file of that name shadows the built-in module; SystemExit passes the client's `except Exception`.
const MACHINE: &str = "import sys\ndef reset():\n    sys.exit(42)\ndef soft_reset():\n    sys.exit(43)\n";
const UREQUESTS: &str = "from requests import *\n";

/// What the tests of updates need, installed by the first that asks.
pub(super) fn tools() -> &'static UpdateServers {
    static TOOLS: OnceLock<UpdateServers> = OnceLock::new();
    TOOLS.get_or_init(|| {
        UpdateServers::install(&boards::target().join("tools"), &mut |line| eprintln!("{line}")).unwrap()
    })
}

/// What a boot came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Boot {
    /// It had another version than it was told, and reset itself.
    Updated,
    /// Everything is as it was.
    Same,
}

pub(super) struct Device {
    flash: TempDir,
    client: &'static str,
    host: String,
    more: String,
    asks_for: Vec<String>,
}

impl Device {
    /// Which client it runs, and what stands in its boot.py as `host`.
    pub(super) fn new(client: &'static str, host: &str) -> Self {
        let flash = tempfile::tempdir().unwrap();
        fs::create_dir(flash.path().join("flash")).unwrap();
        let stubs = flash.path().join("stubs");
        fs::create_dir(&stubs).unwrap();
        fs::write(stubs.join("machine.py"), MACHINE).unwrap();
        fs::write(stubs.join("urequests.py"), UREQUESTS).unwrap();
        Self {
            flash,
            client,
            host: host.to_owned(),
            more: String::new(),
            asks_for: vec!["boot.py".to_owned(), "main.py".to_owned()],
        }
    }

    /// More arguments of `ota_update`, in Python.
    pub(super) fn with(mut self, more: &str) -> Self {
        self.more = format!(", {more}");
        self
    }

    /// One boot.
    #[track_caller]
    pub(super) fn boot(&self) -> Boot {
        let before = self.files();
        let names = format!("{:?}", self.asks_for);
        let code = format!(
            "import micropython_ota\nmicropython_ota.ota_update(host={:?}, project='sample', filenames={names}{})",
            self.host, self.more
        );
        let Firmware::Unix { python, .. } = boards::unix() else {
            unreachable!("it is the unix port");
        };
        let client = tools().old_client(self.client);
        let path = format!(
            "{}:{}:.frozen",
            client.display(),
            self.flash.path().join("stubs").display()
        );
        let output = Command::new(python.with_file_name("micropython"))
            .args(["-X", "heapsize=400K", "-c", &code])
            .env("MICROPYPATH", path)
            .current_dir(self.folder())
            .output()
            .unwrap();
        let text = [output.stdout, output.stderr].concat();
        let text = String::from_utf8_lossy(&text).into_owned();
        match output.status.code() {
            Some(42) => Boot::Updated,
            Some(0) => {
                assert_eq!(
                    self.files(),
                    before,
                    "it changed something and did not reset: {text}"
                );
                Boot::Same
            }
            other => panic!("{other:?}: {text}"),
        }
    }

    /// Boots until nothing changes, which must be at once.
    #[track_caller]
    pub(super) fn updates_to(&self, version: &str, main: &str) {
        assert_eq!(self.boot(), Boot::Updated, "to {version}");
        self.has(version, main);
        assert_eq!(self.boot(), Boot::Same, "{version} again");
        self.has(version, main);
    }

    /// What it has is this version, whole.
    #[track_caller]
    pub(super) fn has(&self, version: &str, main: &str) {
        let files = self.files();
        let text = |name: &str| files.get(name).map(String::as_str);
        assert_eq!(
            (text("version"), text("main.py")),
            (Some(version), Some(main)),
            "{files:?}"
        );
        let boot = format!("# boot of {version}\n");
        assert_eq!(text("boot.py"), Some(boot.as_str()), "{files:?}");
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.flash.path().join("flash")
    }

    pub(super) fn files(&self) -> BTreeMap<String, String> {
        let entries = fs::read_dir(self.folder())
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let file = |path: PathBuf| {
            let name = path.file_name()?.to_str()?.to_owned();
            Some((name, fs::read_to_string(&path).ok()?))
        };
        entries.filter_map(file).collect()
    }
}
