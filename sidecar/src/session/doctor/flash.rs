//! Findings about a board's flash: format, space, whether it keeps what is written, and what a sync left there.
//! Pure; asking the board is `Doctor`'s business.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::base::size_text;
use crate::board::BoardError;
use crate::board::Facts;
use crate::board::Leftovers;
use crate::board::Listed;
use crate::board::Trial;
use crate::session::Exit;
use crate::session::doctor::Check;
use crate::session::doctor::findings::files;
use crate::session::explain::anew;

/// Which file system, and what it makes of a power cut.
pub(super) fn format(facts: &Facts) -> Check {
    let text = if !facts.folders {
        "files without folders; a file that is being written when the power goes is lost"
    } else if facts.littlefs {
        "littlefs: when the power goes, each file is the old or the new one"
    } else if facts.fat {
        "FAT: power that goes during a write can damage the file and others beside it, and a file that is being \
         replaced can be missing; the next connection finishes a sync that was cut so"
    } else {
        "this firmware does not tell (1.25 and later do); FAT can be damaged when the power goes during a write, \
         littlefs cannot"
    };
    Check::ok("flash.format", text)
}

/// What became of a test file. `others` are the files that no sync put on the board.
pub(super) fn writes(trial: &Trial, facts: &Facts, others: Option<&[Listed]>) -> Check {
    let name = "flash.writes";
    let free = facts.flash.map_or(0, |(_, free, _)| free);
    let suspect = |what: String| {
        let help = format!(
            "the flash is suspect: take the power away for a moment and look again; if it stays so, {}",
            anew(facts, others)
        );
        Check::problem(name, Exit::Verify, what, help)
    };
    match trial {
        Trial::Kept { size } => Check::ok(
            name,
            format!("{size} bytes were written, read back as they were, and removed"),
        ),
        Trial::Lost { wrong, size } => suspect(format!(
            "{wrong} of {size} bytes were not what was written when they were read back"
        )),
        Trial::Refused(BoardError::NoSpace { .. }) if free >= ROOM => suspect(format!(
            "a small file found no room although {free} bytes are free: the flash does not keep what is written to it"
        )),
        Trial::Refused(error) => {
            let mut check = Check::error(name, error);
            if matches!(error, BoardError::Storage { .. } | BoardError::NoFileSystem) {
                check.help = format!(
                    "the flash or its file system is suspect: take the power away for a moment and look again; if it stays so, {}",
                    anew(facts, others)
                );
            }
            check
        }
        Trial::NotTried => Check::ok(name, "not tried: this firmware is too small to ask"),
    }
}

/// With less free flash than this a storage that says it is full may be right.
const ROOM: u64 = 64 * 1024;

/// Free flash.
pub(super) fn free(facts: &Facts) -> Check {
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
pub(super) fn transaction(left: &Leftovers) -> Check {
    let name = "transaction";
    match left.journal {
        Some(true) => {
            return Check::problem(
                name,
                Exit::Storage,
                "a sync was cut short while the board put files in place",
                "the next sync finishes it; now: boardside doctor --fix",
            );
        }
        Some(false) => {
            return Check::note(
                name,
                "the journal of a sync that was cut short is damaged: it is not believed, and nothing is done on its word",
                "the next sync clears it away with what was staged; now: boardside doctor --fix",
            );
        }
        None => {}
    }
    let leftovers = &left.staged;
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
