//! Findings about a board that has answered: what its facts, its files and its manifest mean.
//! Pure; asking the board is `Doctor`'s business.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::collections::BTreeSet;

use crate::base::size_text;
use crate::board::Drifted;
use crate::board::Facts;
use crate::board::Listed;
use crate::board::Tier;
use crate::session::Exit;
use crate::session::Explain as _;
use crate::session::doctor::Check;
use crate::sync::SyncError;
use crate::sync::plan::Installed;
use crate::sync::plan::Manifest;
use crate::sync::plan::ManifestError;
use crate::sync::plan::Snapshot;

/// Less than this keeps larger programs from being compiled on the board.
const LITTLE_RAM: u64 = 16 * 1024;

/// What stopped for us, and how willingly.
pub(super) fn program(was_running: bool, at_once: bool) -> Check {
    let name = "program";
    match (was_running, at_once) {
        (false, true) => Check::ok(name, "none was running"),
        (true, true) => Check::ok(name, "one was running and stopped at once for Ctrl-C"),
        (_, false) => Check::note(
            name,
            "one was running and stopped only after many Ctrl-C: main.py blocks, or catches KeyboardInterrupt",
            "let it end on KeyboardInterrupt, and catch `Exception` instead of everything; \
             a sync that cannot stop it needs --force-boot",
        ),
    }
}

/// What the firmware is, and what that means for a sync.
pub(super) fn firmware(facts: &Facts, tier: Tier) -> Vec<Check> {
    let what = format!("MicroPython {} on {}", facts.version, facts.name);
    let firmware = if tier == Tier::Raw {
        Check::note(
            "firmware",
            format!("{what}, too old for raw-paste (1.14, 2021)"),
            "newer firmware (micropython.org/download), if there is one for this board, syncs many times faster",
        )
    } else {
        Check::ok("firmware", what)
    };
    vec![firmware, sync_tier(facts, tier), ram(facts)]
}

fn sync_tier(facts: &Facts, tier: Tier) -> Check {
    let sum = match (facts.sha256, facts.crc32) {
        (true, _) => "sha256",
        (false, true) => "crc32, because the firmware has no hashlib.sha256",
        (false, false) => {
            "Adler-32 in Python, because the firmware has neither hashlib.sha256 nor binascii.crc32"
        }
    };
    let lacks: Vec<&str> = [
        (facts.binary_stdin, "sys.stdin.buffer"),
        (facts.crc32, "binascii.crc32"),
        (facts.iobase, "io.IOBase"),
    ]
    .into_iter()
    .filter_map(|(has, what)| (!has).then_some(what))
    .collect();
    let way = match tier {
        Tier::Stream if facts.deflate => "stream: compressed frames to a program on the board".to_owned(),
        Tier::Stream => {
            "stream: frames to a program on the board, not compressed, because the firmware has no deflate"
                .to_owned()
        }
        Tier::Paste => format!(
            "paste: pieces of Python, because the firmware has no {}",
            lacks.join(", ")
        ),
        Tier::Files => "files: by the board's own file transfer".to_owned(),
        Tier::Raw => "raw: small pieces of Python, because the firmware has no raw-paste".to_owned(),
    };
    Check::ok("sync.tier", format!("{way}; files are compared by {sum}"))
}

fn ram(facts: &Facts) -> Check {
    let message = format!("{} free", size_text(facts.free_ram));
    // A micro:bit has 9 KiB in all, and there is nothing to do about it.
    if facts.free_ram >= LITTLE_RAM || !facts.folders {
        return Check::ok("ram.free", message);
    }
    Check::note(
        "ram.free",
        message,
        "large .py files may not compile on the board: compile them with mpy-cross, or split them",
    )
}

fn package(installed: Option<&Installed>) -> String {
    installed.map_or_else(String::new, |installed| format!(", package {installed}"))
}

/// The record of the last sync.
pub(super) fn record(read: Option<&Result<Manifest, ManifestError>>) -> Check {
    let name = "files.record";
    match read {
        None => Check::ok(
            name,
            "none: nothing was synced to this board, or its record was removed",
        ),
        Some(Ok(manifest)) => Check::ok(
            name,
            format!(
                "{} of the project `{}`{}",
                files(manifest.files.len()),
                manifest.project,
                package(manifest.installed.as_ref()),
            ),
        ),
        Some(Err(error @ ManifestError::Damaged { .. })) => Check::note(
            name,
            format!("{error}: it is not believed, and nothing is removed on its word"),
            "the next sync compares every file and writes the record again",
        ),
        Some(Err(error @ ManifestError::Newer { .. })) => {
            Check::problem(name, Exit::Failed, error.to_string(), error_help(error))
        }
    }
}

fn error_help(error: &ManifestError) -> String {
    SyncError::Manifest(error.clone()).explained().help
}

/// Are the files of the last sync as they were?
pub(super) fn synced(owned: Option<&Snapshot>, drifted: &[Drifted]) -> Check {
    let name = "files.synced";
    let Some(owned) = owned else {
        return Check::ok(name, "no record says what they were");
    };
    if drifted.is_empty() {
        return Check::ok(
            name,
            format!("{} of the last sync, all as they were", files(owned.len())),
        );
    }
    let list: Vec<String> = drifted
        .iter()
        .map(|drifted| {
            let what = match &drifted.found {
                None => "gone",
                Some((0, _)) => "empty",
                Some(_) => "changed",
            };
            format!("{} is {what}", drifted.path)
        })
        .collect();
    Check::note(
        name,
        format!("since the last sync {}", some(&list)),
        "`boardside diff` shows the changes; `boardside sync` says what it would do about them with --dry-run",
    )
}

/// What is known of the files that are wanted on this board.
#[derive(Default)]
pub(super) struct Wanted<'a> {
    /// What the last sync put there; `None` where no record can be read.
    pub(super) owned: Option<&'a Snapshot>,
    /// What the project in this folder has; empty where there is none.
    pub(super) project: BTreeSet<String>,
}

impl Wanted<'_> {
    fn has(&self, path: &str) -> bool {
        let owned = |owned: &Snapshot| owned.keys().any(|own| own.as_str() == path);
        self.project.contains(path) || self.owned.is_some_and(owned)
    }
}

/// Files that nobody wanted: empty ones, which an interrupted copy or a full flash leaves behind, and files under the
/// names that other tools give to a copy until it is whole.
/// An empty `__init__.py` makes a package, and an empty file of the project is wanted.
pub(super) fn unwanted(listed: &[Listed], wanted: &Wanted<'_>) -> Vec<String> {
    let is_half = |path: &str| HALF.iter().any(|end| path.ends_with(end));
    let is_package = |path: &str| path.rsplit('/').next() == Some("__init__.py");
    listed
        .iter()
        .filter(|listed| match listed.size {
            Some(0) => !is_package(&listed.path),
            Some(_) => is_half(&listed.path),
            None => false,
        })
        .filter(|listed| !wanted.has(&listed.path))
        .map(|listed| listed.path.clone())
        .collect()
}

/// Half files: ViperIDE's, and those of tools that write beside and rename.
const HALF: [&str; 3] = [".viper.tmp", ".py.tmp", ".mpy.tmp"];

/// The check for what `unwanted` found.
pub(super) fn empty(found: &[String]) -> Check {
    if found.is_empty() {
        return Check::ok("files.empty", "no empty or half files that nobody wanted");
    }
    Check::note(
        "files.empty",
        format!(
            "{}, empty or half, left by an interrupted copy or a full flash: {}",
            files(found.len()),
            some(found)
        ),
        "boardside doctor --fix removes them; boardside rm removes one",
    )
}

/// What starts at power-on: an empty boot.py or main.py is what a copy that was cut short leaves of a program.
pub(super) fn boot(listed: &[Listed], wanted: &Wanted<'_>) -> Check {
    let name = "files.boot";
    let size = |file: &str| {
        let found = listed.iter().find(|listed| listed.path == ["/", file].concat());
        found.and_then(|listed| listed.size)
    };
    let said = |file: &str| match size(file) {
        None => format!("no {file}"),
        Some(0) => format!("{file} is empty"),
        Some(bytes) => format!("{file} has {bytes} bytes"),
    };
    let message = format!("{}, {}", said("boot.py"), said("main.py"));
    let is_lost = |file: &&str| size(file) == Some(0) && !wanted.has(&["/", file].concat());
    if ["boot.py", "main.py"].iter().any(is_lost) {
        return Check::note(
            name,
            message,
            "an interrupted copy leaves such a file, and the board starts without what was in it: sync the project again",
        );
    }
    Check::ok(name, message)
}

/// What runs instead of that on a board that updates itself.
pub(super) fn release(facts: &Facts) -> Option<Check> {
    facts.released.then(|| {
        Check::note(
            "files.release",
            "a release that the board fetched itself runs, from /slots, and not what lies at its root",
            "boardside rm /slots/st_a /slots/st_b lets the root run from the next reset on",
        )
    })
}

/// A list, cut where it is long.
pub(super) fn some(list: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut text = list.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if list.len() > SHOWN {
        text = format!("{text} and {} more", list.len() - SHOWN);
    }
    text
}

pub(super) fn files(count: usize) -> String {
    if count == 1 {
        "1 file".to_owned()
    } else {
        format!("{count} files")
    }
}

#[cfg(test)]
#[path = "findings/tests.rs"]
mod tests;
