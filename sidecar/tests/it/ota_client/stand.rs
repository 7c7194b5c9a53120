//! `Stand`: a server with signed releases, and a board with the client on it. Releases say of which versions they are.
//! Written from the format, not with the publisher: neither can hide the other's mistakes.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use boardside::base::Digest;
use boardside::virtual_board::Faults;
use boardside::virtual_board::FileSystem;
use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;
use tempfile::TempDir;

use crate::boards;
use crate::boards::HELP;
use crate::boards::Port;

use super::keys;
use super::server::Server;

pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// The lines that a board's boot.py ends with.
pub(super) const BOOT: &[u8] = b"try:\n    import ota.boot\nexcept Exception:\n    pass\n";

/// A version of the app: it says what it is made of and goes to the prompt.
pub(super) fn app(version: &str) -> Files {
    let module = format!("V = '{version}'\n").into_bytes();
    let main = format!("import a\nfrom lib import b\nimport ota\nprint('ran', '{version}', a.V, b.V)\n");
    Files::from([
        ("main.py".to_owned(), main.into_bytes()),
        ("a.py".to_owned(), module.clone()),
        ("lib/b.py".to_owned(), module.clone()),
        (
            format!("lib/only_{}.py", version.replace('.', "_")),
            module.clone(),
        ),
        (
            "big.bin".to_owned(),
            (0..=255).cycle().take(9_000).collect::<Vec<u8>>(),
        ),
    ])
}

/// What is published, and how it may be wrong.
#[derive(Clone)]
pub(super) struct Release {
    pub(super) version: &'static str,
    pub(super) seq: u32,
    pub(super) files: Files,
    /// Which manifest of this version; 0 is the first.
    pub(super) further: u32,
    pub(super) key: &'static str,
    pub(super) project: &'static str,
    pub(super) targets: &'static str,
    pub(super) layout: &'static str,
}

impl Release {
    pub(super) fn new(version: &'static str, seq: u32) -> Self {
        Self {
            version,
            seq,
            files: app(version),
            further: 0,
            key: "key",
            project: "sample",
            targets: "[]",
            layout: "flat",
        }
    }

    /// With a main.py that does this first.
    pub(super) fn doing(mut self, code: &str) -> Self {
        let main = self.files.get_mut("main.py").unwrap();
        main.splice(0..0, format!("{code}\n").bytes());
        self
    }

    pub(super) fn manifest(&self) -> String {
        let files = self.files.iter().map(|(path, content)| {
            let sum = Digest::of(content);
            format!("[\"{path}\",{},\"{sum}\"]", content.len())
        });
        let files: Vec<_> = files.collect();
        let Self {
            version,
            seq,
            project,
            targets,
            ..
        } = self;
        format!(
            "{{\"format\":1,\"project\":\"{project}\",\"version\":\"{version}\",\"seq\":{seq},\"targets\":{targets},\
             \"files\":[\n{}\n]}}\n",
            files.join(",\n")
        )
    }
}

/// A server and a board's flash.
pub(super) struct Stand {
    pub(super) server: Server,
    pub(super) folder: TempDir,
    pub(super) profile: Profile,
}

impl Stand {
    /// A board with version 0 of the app at its root.
    pub(super) fn new(file_system: FileSystem) -> Self {
        Self::with(file_system, None, "")
    }

    /// With TLS or without, and with more of `ota.json`: `"tries":2,`.
    pub(super) fn with(file_system: FileSystem, tls: Option<(&Path, &Path)>, more: &str) -> Self {
        let server = Server::new(tls);
        let folder = TempDir::new().unwrap();
        let mut profile = Profile {
            flash: 512 << 10,
            file_system,
            image: Some(folder.path().join("flash")),
            ..boards::fast()
        };
        let host = match tls {
            Some(_) => format!("https://localhost:{}", server.port),
            None => format!("http://127.0.0.1:{}", server.port),
        };
        let settings = settings(&host, more);
        for (path, content) in app("0").into_iter().chain(client()) {
            profile.files.insert(format!("/{path}"), content);
        }
        let device = [
            ("/boot.py", BOOT.to_vec()),
            ("/ota.json", settings),
            ("/ota.pub", keys::public(&["other", "key"])),
            ("/ota.ca", fs::read(keys::file("ca.der")).unwrap()),
        ];
        for (path, content) in device {
            profile.files.insert(path.to_owned(), content);
        }
        Self {
            server,
            folder,
            profile,
        }
    }

    pub(super) fn image(&self) -> PathBuf {
        self.folder.path().join("flash")
    }

    /// Puts it onto the server and makes it the wanted one.
    pub(super) fn publish(&self, release: &Release) {
        let base = self.server.root().join("sample");
        let at = |name: &str| match release.layout {
            "flat" => base.join(format!("{}_{name}", release.version)),
            _ => base.join(release.version).join(name),
        };
        let put = |name: &str, content: &[u8]| {
            fs::create_dir_all(at(name).parent().unwrap()).unwrap();
            fs::write(at(name), content).unwrap();
        };
        for (path, content) in &release.files {
            put(path, content);
        }
        let number = match release.further {
            0 => String::new(),
            n => format!(".{n}"),
        };
        let manifest = release.manifest();
        put(
            &format!("manifest{number}.sig"),
            &keys::sign(release.key, manifest.as_bytes()),
        );
        put(&format!("manifest{number}.json"), manifest.as_bytes());
        self.want(release.version);
    }

    /// Moves `version`.
    pub(super) fn want(&self, version: &str) {
        fs::write(self.server.root().join("sample/version"), version).unwrap();
    }

    /// Gives the board another `ota.json`.
    pub(super) fn settings(&self, more: &str) {
        let mut board = self.start().board;
        board.power_off().unwrap();
        let host = format!("http://127.0.0.1:{}", self.server.port);
        board.put_file("/ota.json", &settings(&host, more)).unwrap();
    }

    pub(super) fn start(&self) -> Board {
        self.start_with(Faults::default())
    }

    pub(super) fn start_with(&self, faults: Faults) -> Board {
        Board::start(&self.profile, faults)
    }

    /// A board that runs this release and has confirmed it.
    pub(super) fn installed(&self, release: &Release) {
        self.publish(release);
        let mut board = self.start();
        board.boots(&["0"]);
        assert_eq!(board.update().0, "True");
        board.reset();
        board.boots(&[release.version]);
        assert_eq!(board.says("ota.confirm()"), "True");
    }
}

fn settings(host: &str, more: &str) -> Vec<u8> {
    format!("{{{more}\"host\":\"{host}\",\"project\":\"sample\"}}").into_bytes()
}

/// `/lib/ota/`.
pub(super) fn client() -> Files {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("device/ota");
    let mut files = Files::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.extension().is_some_and(|kind| kind == "py") {
            files.insert(format!("lib/ota/{name}"), fs::read(&path).unwrap());
        }
    }
    files
}

/// A board with somebody at its prompt.
pub(super) struct Board {
    pub(super) board: VirtualBoard,
    pub(super) port: Port,
}

impl Board {
    /// The profile's files are for a flash that is not there yet.
    pub(super) fn start(profile: &Profile, faults: Faults) -> Self {
        let mut profile = Profile {
            faults,
            ..profile.clone()
        };
        if profile.image.as_ref().is_some_and(|image| image.exists()) {
            profile.files.clear();
        }
        let board = boards::start(&profile);
        let port = Port::open(&board);
        Self { board, port }
    }

    /// It came to its prompt, and on the way these versions ran, each whole.
    pub(super) fn boots(&mut self, versions: &[&str]) {
        let said = self.port.until(HELP);
        let ran: Vec<&str> = said
            .lines()
            .filter_map(|line| line.strip_prefix("ran "))
            .collect();
        let whole: Vec<String> = versions.iter().map(|v| format!("{v} {v} {v}")).collect();
        assert_eq!(ran, whole, "{said}");
    }

    pub(super) fn reset(&mut self) {
        self.port.send("import machine; machine.reset()\r");
    }

    /// The value of an expression about `ota`.
    pub(super) fn says(&mut self, expression: &str) -> String {
        let said = self
            .port
            .ask(format!("import ota; print('>', {expression})\r"), "\n>>> ");
        let line = said.lines().rev().find_map(|line| line.strip_prefix("> "));
        line.unwrap_or_else(|| panic!("{expression}: {said}")).to_owned()
    }

    /// Looks for another version: whether there is one now, and why.
    pub(super) fn update(&mut self) -> (String, String) {
        let said = self.says("ota.update(), '|', ota.why");
        let (found, why) = said.split_once(" | ").unwrap();
        (found.to_owned(), why.to_owned())
    }
}
