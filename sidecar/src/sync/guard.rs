//! `guard`: the project as a board gets it that finishes a sync by itself when it boots: with the guard, and a boot.py
//! that begins with it.
//! What the guard does is `device/boot_guard.py`; when the two files get their names is the plan's business.

use std::sync::Arc;

use crate::base::BoardPath;
use crate::base::Fingerprint;
use crate::board::boot_guard;
use crate::sync::host_file;
use crate::sync::host_file::Pipes;
use crate::sync::plan::GUARD;
use crate::sync::scan::Scan;
use crate::sync::scan::ScanError;

/// What boot.py begins with. One line, so that those of the user's keep their numbers in tracebacks; without a name in
/// the globals that boot.py shares with main.py; and a board whose guard somebody removed boots as ever.
const CALL: &str = r#"exec("try:\n __import__('boardside_guard')\nexcept ImportError:\n pass")"#;
/// What begins a statement that cannot stand behind another one on its line.
const COMPOUND: [&str; 9] = [
    "async", "class", "def", "for", "if", "match", "try", "while", "with",
];

/// Adds the guard to a project. A project without files stays empty.
pub fn guarded(mut scan: Scan) -> Result<Scan, ScanError> {
    if scan.hosts.is_empty() {
        return Ok(scan);
    }
    let (guard, boot) = (guard(), boot());
    let own = match scan.hosts.get(&boot) {
        Some(host) => {
            host_file::read(host, Pipes::Refused, u64::MAX).map_err(|source| ScanError::Unreadable {
                path: host.clone(),
                source,
            })?
        }
        None => Vec::new(),
    };
    let made = [(guard, boot_guard().into_bytes()), (boot, with_call(&own))];
    for (path, content) in &made {
        let print = Fingerprint::of(content);
        let old = scan.files.insert(path.clone(), print);
        scan.total_bytes = scan.total_bytes + print.size - old.map_or(0, |old| old.size);
    }
    scan.made = Arc::new(made.into());
    Ok(scan)
}

/// The user's part of a file of the board: boot.py without the call of the guard, any other as it is.
pub fn bare(path: &BoardPath, content: Vec<u8>) -> Vec<u8> {
    if *path != boot() {
        return content;
    }
    let Some(rest) = content.strip_prefix(CALL.as_bytes()) else {
        return content;
    };
    let own = [&b"; "[..], b"  ", b"\n"]
        .into_iter()
        .filter_map(|join| rest.strip_prefix(join))
        .find(|own| with_call(own) == content);
    own.map(<[u8]>::to_vec).unwrap_or(content)
}

fn with_call(own: &[u8]) -> Vec<u8> {
    if own.starts_with(CALL.as_bytes()) {
        return own.to_vec();
    }
    let line = own.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let first = line.trim_ascii();
    let word = first
        .split(|byte| !byte.is_ascii_alphanumeric() && *byte != b'_')
        .next();
    let is_compound = word.is_some_and(|word| COMPOUND.iter().any(|begin| begin.as_bytes() == word));
    let join = if own.is_empty() || first.starts_with(b"@") || is_compound {
        "\n"
    } else if first.is_empty() || first.starts_with(b"#") {
        "  "
    } else {
        "; "
    };
    [CALL.as_bytes(), join.as_bytes(), own].concat()
}

/// Where the guard lies.
pub(super) fn guard() -> BoardPath {
    path(GUARD)
}

fn boot() -> BoardPath {
    path("/boot.py")
}

fn path(text: &str) -> BoardPath {
    BoardPath::new(text).expect("a plain constant")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lines_of_boot_py_keep_their_numbers_and_can_be_had_back() {
        for (own, lines) in [
            ("import esp\nesp.osdebug(None)\n", 0),
            ("# runs at every boot\nimport esp\n", 0),
            ("\n\nx = 1\n", 0),
            ("\r\nx = 1\r\n", 0),
            ("\"\"\"What it is.\"\"\"\nx = 1", 0),
            ("define = 1", 0),
            ("if True:\n    pass\n", 1),
            ("\nif True:\n    pass\n", 0),
            ("@decorated\ndef f(): pass\n", 1),
            ("for(x)in y: pass", 1),
            ("", 1),
        ] {
            let content = with_call(own.as_bytes());
            let count = |text: &[u8]| text.split(|byte| *byte == b'\n').count();
            assert_eq!(count(&content), count(own.as_bytes()) + lines, "{own:?}");
            assert_eq!(with_call(&content), content, "{own:?}");
            assert_eq!(bare(&boot(), content.clone()), own.as_bytes(), "{own:?}");
            assert_eq!(bare(&path("/lib/boot.py"), content.clone()), content);
            assert_eq!(bare(&boot(), own.as_bytes().to_vec()), own.as_bytes());
        }
    }
}
