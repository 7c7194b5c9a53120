//! Words for a storage that fails, and how a new file system is made on this board: what that erases, and what can be
//! saved before.
//! Finds nothing out: that was `sync::Suspect` and `Doctor`.

use crate::base::size_text;
use crate::board::BoardError;
use crate::board::Facts;
use crate::board::Listed;
use crate::session::Exit;
use crate::session::Explain as _;
use crate::session::Explained;
use crate::session::explain::words;
use crate::sync::Suspect;

/// So many names are shown.
const SHOWN: usize = 5;

pub(super) fn suspect(suspect: &Suspect) -> Explained {
    let advice = anew(&suspect.facts, suspect.others.as_deref());
    if suspect.loses() {
        let help = format!(
            "the flash is suspect: take the power away for a moment and try again; if it stays so, {advice}"
        );
        return words("board.verify", Exit::Verify, suspect, help);
    }
    let cause = suspect.cause.explained();
    let help = match suspect.cause {
        BoardError::Storage { .. } => {
            format!(
                "the flash or its file system is suspect: take the power away for a moment and try again; if it stays so, {advice}"
            )
        }
        _ => format!("{}; {advice}", cause.help),
    };
    words(cause.code, cause.exit, suspect, help)
}

/// A storage that refused, where no more is known of it.
pub(super) fn refused(error: &BoardError) -> Explained {
    match error {
        BoardError::NoSpace { .. } => words("board.no_space", Exit::Storage, error, MAKE_ROOM),
        BoardError::ReadOnly { errno } => words("board.read_only", Exit::Storage, error, read_only(*errno)),
        BoardError::NoFileSystem => words(
            "board.no_file_system",
            Exit::Storage,
            error,
            "reset the board (boardside reset --hard); if it stays so, boot.py or main.py unmounts it, or the file \
             system is damaged: `boardside doctor` says how a new one is made",
        ),
        BoardError::Storage { .. } => words(
            "board.storage",
            Exit::Storage,
            error,
            "take the power away for a moment and try again; if it stays so, the flash or its file system is \
             damaged: `boardside doctor` tries it, and says how a new file system is made and what that erases",
        ),
        BoardError::Verify => words(
            "board.verify",
            Exit::Verify,
            error,
            "try again; if it stays so, the flash is suspect: `boardside doctor` tries it, and says how a new file \
             system is made and what that erases",
        ),
        _ => error.explained(),
    }
}

pub(super) const MAKE_ROOM: &str = "remove files from the board (boardside ls, boardside rm) or leave some out of the \
     project (.boardsideignore)";

/// With which errno who refuses: EROFS a file system that is mounted read-only, EPERM and EACCES a driver, and FatFs
/// where a folder is full (FR_DENIED; the root of a small FAT takes 512 names).
fn read_only(errno: i32) -> &'static str {
    if errno == EROFS {
        "CircuitPython gives the drive to the computer while USB is plugged in: eject it there, or put \
         `import storage; storage.remount('/', readonly=False)` into boot.py and reset the board; on other boards look \
         for `readonly=True` where boot.py mounts; an SD card has a switch"
    } else {
        "a write-protected flash or SD card (its switch), or a driver that boot.py mounts, refuses them; on FAT a \
         folder that is full answers the same: the root takes 512 names at most; `boardside doctor` tries it"
    }
}

const EROFS: i32 = 30;

/// How a new file system is made on this board, and what that erases. `others` are the files that no sync put there.
pub(crate) fn anew(facts: &Facts, others: Option<&[Listed]>) -> String {
    let erased = match others {
        None => "everything on it, whatever that is: it cannot be listed".to_owned(),
        Some([]) => "everything on it, which is nothing but the project".to_owned(),
        Some(others) => {
            let size: u64 = others.iter().filter_map(|listed| listed.size).sum();
            let names: Vec<&str> = others
                .iter()
                .take(SHOWN)
                .map(|listed| listed.path.as_str())
                .collect();
            let more = others.len().saturating_sub(SHOWN);
            let more = if more > 0 {
                format!(" and {more} more")
            } else {
                String::new()
            };
            let files = if others.len() == 1 { "file" } else { "files" };
            format!(
                "everything on it: the project, and {} {files} ({}) that no sync put there: {}{more}",
                others.len(),
                size_text(size),
                names.join(", ")
            )
        }
    };
    let save = if others.is_some_and(<[Listed]>::is_empty) {
        ""
    } else {
        "save what you need first (boardside get -r / backup), then "
    };
    let making = making(facts).map_or_else(
        || "os.mkfs or vfs.VfsLfs2.mkfs with this board's block device (docs.micropython.org, Working with filesystems)".to_owned(),
        |code| format!("boardside exec \"{code}\""),
    );
    format!(
        "make its file system anew, which erases {erased}; {save}run {making}, reset the board (boardside reset --hard) \
         and sync; if that does not help, the flash chip is worn out"
    )
}

/// The block device of the project's drive, by platform, from each port's `_boot.py`, `flashbdev.py` or `main.c`.
fn making(facts: &Facts) -> Option<String> {
    let (import, device, size) = match facts.platform.as_str() {
        "esp32" | "esp8266" => ("from flashbdev import bdev", "bdev", ""),
        "rp2" => ("import rp2", "rp2.Flash()", ", progsize=256"),
        "samd" => ("import samd", "samd.Flash()", ", progsize=256"),
        "mimxrt" => ("import mimxrt", "mimxrt.Flash()", ", progsize=256"),
        "nrf" => ("import nrf", "nrf.Flash()", ""),
        "alif" => ("import alif", "alif.Flash()", ""),
        "pyboard" => ("import pyb", "pyb.Flash(start=0)", ""),
        _ => return None,
    };
    let root = if facts.root.is_empty() { "/" } else { &facts.root };
    // The module is called vfs since 1.22.
    let minor = facts
        .version
        .split('.')
        .nth(1)
        .and_then(|minor| minor.parse::<u32>().ok());
    let module = if facts.version.starts_with("1.") && minor.is_some_and(|minor| minor < 22) {
        "os"
    } else {
        "vfs"
    };
    let (kind, size) = if facts.littlefs {
        ("VfsLfs2", size)
    } else {
        ("VfsFat", "")
    };
    Some(format!(
        "import {module}; {import}; {module}.umount('{root}'); {module}.{kind}.mkfs({device}{size})"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn facts(platform: &str, version: &str, littlefs: bool, root: &str) -> Facts {
        Facts {
            sha256: true,
            crc32: true,
            deflate: true,
            binary_stdin: true,
            iobase: true,
            folders: true,
            littlefs,
            fat: !littlefs,
            released: false,
            unfinished: false,
            free_ram: 100_000,
            flash: Some((4096, 1_048_576, 2_097_152)),
            root: root.to_owned(),
            unique_id: String::new(),
            platform: platform.to_owned(),
            version: version.to_owned(),
            name: "a board".to_owned(),
        }
    }

    #[test]
    fn a_new_file_system_is_made_with_the_block_device_of_this_board() {
        for (platform, version, littlefs, root, code) in [
            (
                "rp2",
                "1.26.0",
                true,
                "",
                "import vfs; import rp2; vfs.umount('/'); vfs.VfsLfs2.mkfs(rp2.Flash(), progsize=256)",
            ),
            (
                "esp32",
                "1.20.0",
                true,
                "",
                "import os; from flashbdev import bdev; os.umount('/'); os.VfsLfs2.mkfs(bdev)",
            ),
            (
                "pyboard",
                "1.22.1",
                false,
                "/flash",
                "import vfs; import pyb; vfs.umount('/flash'); vfs.VfsFat.mkfs(pyb.Flash(start=0))",
            ),
        ] {
            assert_eq!(making(&facts(platform, version, littlefs, root)).unwrap(), code);
        }
        assert_eq!(making(&facts("linux", "1.29.0", true, "")), None);
    }

    #[test]
    fn what_would_be_erased_is_named_with_its_number_and_size() {
        let facts = facts("rp2", "1.26.0", true, "");
        let listed = |n: u64| Listed {
            path: format!("/data/{n}.log"),
            size: Some(1024),
            drive: false,
        };
        let several: Vec<Listed> = (0..7).map(listed).collect();
        let text = anew(&facts, Some(&several));
        assert!(
            text.contains("7 files (7.0 KiB) that no sync put there: /data/0.log, /data/1.log, /data/2.log, /data/3.log, /data/4.log and 2 more"),
            "{text}"
        );
        assert!(text.contains("boardside get -r / backup"), "{text}");
        assert!(!anew(&facts, Some(&[])).contains("backup"));
        assert!(anew(&facts, None).contains("cannot be listed"));
    }
}
