//! Storage that fails: full, read-only, losing what is written, with records that are damaged. Afterwards the board
//! holds a whole project, and somebody has been told in a plain sentence what to do.
//! Flash is read from outside, by a MicroPython that is not the board.

mod doctored;
mod full;
mod losing;
mod records;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use boardside::virtual_board::FileSystem;
use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;
use tempfile::TempDir;

use crate::boards;
use crate::workspace::Workspace;

pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Content that does not deflate well.
pub(crate) fn noise(length: usize, seed: u32) -> Vec<u8> {
    let mut state = seed | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[1]
    };
    (0..length).map(|_| next()).collect()
}

/// A project with something to keep, to replace, to patch, to rename and to remove.
pub(crate) fn old() -> Workspace {
    Workspace::new(&[
        ("main.py", b"print('old')\n"),
        ("keep.py", b"KEEP = 1\n"),
        ("replace.bin", &noise(9_000, 1)),
        ("patched.py", &patched("old")),
        ("lib/renamed.py", &b"# this file moves\n".repeat(300)),
        ("gone/away.bin", &noise(6_000, 3)),
    ])
}

fn patched(word: &str) -> Vec<u8> {
    let line = |n: u32| format!("VALUE_{n} = {n} * {n}  # a line of code\n");
    let mut text: String = (0..250).map(line).collect();
    text.insert_str(text.len() / 2, &format!("WORD = '{word}'\n"));
    text.into_bytes()
}

/// The project after an add, a replace, a patch, a rename and a remove.
pub(crate) fn change(workspace: &Workspace) {
    workspace.write("main.py", b"print('new')\n");
    workspace.write("replace.bin", &noise(10_000, 2));
    workspace.write("patched.py", &patched("brand new"));
    workspace.write("added/file.bin", &noise(9_000, 5));
    workspace.rename("lib/renamed.py", "lib/has moved.py");
    workspace.remove("gone");
}

/// A board's flash as a file, so that many boards can begin with the same one.
pub(crate) struct Flash {
    _folder: TempDir,
    pub(crate) profile: Profile,
}

impl Flash {
    pub(crate) fn new(profile: Profile) -> Self {
        let folder = TempDir::new().unwrap();
        let profile = Profile {
            image: Some(folder.path().join("flash")),
            ..profile
        };
        Self {
            _folder: folder,
            profile,
        }
    }

    /// A flash with this project on it.
    pub(crate) fn with(workspace: &Workspace, profile: Profile) -> Self {
        let flash = Self::new(profile);
        let ran = workspace.sync(boards::start(&flash.profile).address(), &[]);
        assert_eq!(ran.exit, 0, "{ran:?}");
        flash
    }

    /// Another flash with the same content.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::new(self.profile.clone());
        fs::copy(self.image(), copy.image()).unwrap();
        copy
    }

    /// What is wrong with it from the next start on.
    pub(crate) fn fault(mut self, fault: &str) -> Self {
        self.profile.faults = fault.parse().unwrap();
        self
    }

    fn image(&self) -> &Path {
        self.profile.image.as_deref().unwrap()
    }

    /// The board, with these files of its user on it.
    pub(crate) fn start(&self, files: &[(&str, &[u8])]) -> VirtualBoard {
        self.try_start(files).unwrap()
    }

    /// `start`; nothing if they do not fit.
    pub(crate) fn try_start(&self, files: &[(&str, &[u8])]) -> Option<VirtualBoard> {
        let files = files
            .iter()
            .map(|(path, data)| ((*path).to_owned(), data.to_vec()));
        let profile = Profile {
            files: files.collect(),
            ..self.profile.clone()
        };
        VirtualBoard::spawn(&profile, boards::unix()).ok()
    }
}

/// What lies on the board and is not Boardside's.
pub(crate) fn on_board(board: &VirtualBoard) -> Files {
    let mut files = board.files().unwrap();
    files.retain(|path, _| !path.starts_with("/.boardside") && !path.ends_with('/'));
    files
}

/// What a sync left behind that it should have cleared away.
pub(crate) fn leftovers(board: &VirtualBoard) -> Vec<String> {
    let own = ["/.boardside/", "/.boardside/manifest", "/.boardside/agent"];
    let files = board.files().unwrap().into_keys();
    files
        .filter(|path| path.starts_with("/.boardside") && !own.contains(&path.as_str()))
        .collect()
}

/// The firmware's tiers.
pub(crate) fn without(tier: &str) -> Vec<String> {
    let lacks: &[&str] = match tier {
        "paste" => &["hashlib", "binascii"],
        _ => &[],
    };
    lacks.iter().map(|part| (*part).to_owned()).collect()
}

/// A board with little flash.
pub(crate) fn small(file_system: FileSystem, tier: &str) -> Profile {
    Profile {
        file_system,
        without: without(tier),
        flash: 200 * 1024,
        ..boards::fast()
    }
}
