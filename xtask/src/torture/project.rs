//! The project before and after the sync that is tortured: one that adds, replaces whole and by a delta, renames and
//! removes, makes a new folder and fills an old one, and changes both boot files. Knows no board.
//!
//! Each module prints its version when it is imported, so that a board's console tells which project ran.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Path on the board → content; folders end in `/` and are empty.
pub(super) type Files = BTreeMap<String, Vec<u8>>;

/// What a module prints in front of its name.
pub(super) const OLD: &str = "v1";
/// And after the sync.
pub(super) const NEW: &str = "v2";

/// What the board holds before.
pub(super) fn old() -> Files {
    files(&[
        ("/boot.py", prints(OLD, "boot")),
        (
            "/main.py",
            prints(OLD, "main") + "import whole, delta, moves, gone.away, data.one\n",
        ),
        (
            "/whole.py",
            prints(OLD, "whole") + &lines("# it was like this once: ", 40),
        ),
        ("/delta.py", prints(OLD, "delta") + &lines("# this stays: ", 150)),
        ("/lib/moves.py", lines("# this file moves: ", 60)),
        ("/gone/away.py", prints(OLD, "gone")),
        ("/data/one.py", prints(OLD, "one")),
        ("/keep.py", "KEEP = 1\n".to_owned()),
    ])
}

/// What it shall hold.
pub(super) fn new() -> Files {
    let mut files = files(&[
        ("/boot.py", prints(NEW, "boot")),
        (
            "/main.py",
            prints(NEW, "main") + "import whole, delta, moved, fresh.inner.new, data.one, data.two\n",
        ),
        (
            "/whole.py",
            prints(NEW, "whole") + &lines("# all of this is of another kind: ", 20),
        ),
        ("/delta.py", prints(NEW, "delta") + &lines("# this stays: ", 150)),
        ("/lib/moved.py", lines("# this file moves: ", 60)),
        ("/fresh/more.py", lines("# more: ", 30)),
        ("/fresh/inner/new.py", prints(NEW, "fresh")),
        ("/data/one.py", prints(NEW, "one")),
        ("/data/two.py", prints(NEW, "two")),
        ("/keep.py", "KEEP = 1\n".to_owned()),
    ]);
    files.insert("/data/three.bin".to_owned(), noise(700));
    files
}

/// Makes `folder` anew with these files in it.
pub(super) fn write(folder: &Path, files: &Files) -> Result<(), String> {
    let _ = fs::remove_dir_all(folder);
    for (path, content) in files {
        let file = folder.join(&path[1..]);
        fs::create_dir_all(file.parent().unwrap_or(folder))
            .and_then(|()| fs::write(&file, content))
            .map_err(|error| format!("writing {}: {error}", file.display()))?;
    }
    Ok(())
}

fn files(files: &[(&str, String)]) -> Files {
    let own = |(path, text): &(&str, String)| ((*path).to_owned(), text.clone().into_bytes());
    files.iter().map(own).collect()
}

fn prints(version: &str, name: &str) -> String {
    format!("print('{version} {name}')\n")
}

/// Lines that differ, and shrink no more than a program does.
fn lines(text: &str, number: u64) -> String {
    let line = |n: u64| format!("{text}{:x}\n", n.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40);
    (0..number).map(line).collect()
}

/// What nothing can compress: xorshift64 (Marsaglia 2003).
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 0x0B0A_2D51_DE00_0005_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..bytes).map(|_| next()).collect()
}
