//! Findings about a board that has answered: what its facts, its files and its manifest mean.
//! Pure; asking the board is `Doctor`'s business.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::base::size_text;
use crate::board::Drifted;
use crate::board::Facts;
use crate::board::Listed;
use crate::board::Tier;
use crate::session::Exit;
use crate::session::doctor::Check;
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

/// Free flash.
pub(super) fn flash(facts: &Facts) -> Check {
    let name = "flash.free";
    let Some((block, free, total)) = facts.flash else {
        return Check::ok(name, "this firmware cannot tell");
    };
    let percent = free.saturating_mul(100) / total.max(1);
    let message = format!("{} of {} free ({percent} %)", size_text(free), size_text(total));
    let help = "remove files from the board (boardside ls, boardside rm), or leave some out of the project \
                (.boardsideignore)";
    // littlefs needs a block or two for anything that it writes.
    if free < 2 * block {
        Check::problem(name, Exit::Storage, message, help)
    } else if percent < 10 {
        Check::note(name, message, help)
    } else {
        Check::ok(name, message)
    }
}

/// What a sync that was cut short left behind.
pub(super) fn transaction(unfinished: bool, leftovers: &[Listed]) -> Check {
    let name = "transaction";
    if unfinished {
        let help = "the next sync finishes it; now: boardside doctor --fix";
        return Check::problem(
            name,
            Exit::Storage,
            "a sync was cut short while the board put files in place",
            help,
        );
    }
    if leftovers.is_empty() {
        return Check::ok(name, "none is unfinished");
    }
    let size: u64 = leftovers.iter().filter_map(|listed| listed.size).sum();
    Check::note(
        name,
        format!(
            "a sync was cut short and left {} ({}) in /.boardside",
            files(leftovers.len()),
            size_text(size)
        ),
        "the next sync clears them away; now: boardside doctor --fix",
    )
}

/// Are the files of the last sync as they were?
pub(super) fn synced(owned: Option<&Snapshot>, drifted: &[Drifted]) -> Check {
    let name = "files.synced";
    let Some(owned) = owned else {
        return Check::ok(name, "no sync has left its record here");
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

/// Empty files that nobody wanted: what an interrupted copy or a full flash leaves behind.
/// An empty `__init__.py` makes a package, and an empty file of the project is wanted.
pub(super) fn unwanted_empty(listed: &[Listed], owned: Option<&Snapshot>) -> Vec<String> {
    let is_owned = |path: &str| owned.is_some_and(|owned| owned.keys().any(|own| own.as_str() == path));
    listed
        .iter()
        .filter(|listed| listed.size == Some(0))
        .filter(|listed| listed.path.rsplit('/').next() != Some("__init__.py") && !is_owned(&listed.path))
        .map(|listed| listed.path.clone())
        .collect()
}

/// The check for what `unwanted_empty` found.
pub(super) fn empty(found: &[String]) -> Check {
    if found.is_empty() {
        return Check::ok("files.empty", "no empty files that nobody wanted");
    }
    Check::note(
        "files.empty",
        format!(
            "{} left by an interrupted copy or a full flash: {}",
            files(found.len()),
            some(found)
        ),
        "boardside doctor --fix removes them; boardside rm removes one",
    )
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
