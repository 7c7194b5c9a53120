//! How paths on the board are typed: `lib/x.py`, `/lib/x.py`, and mpremote's `:lib/x.py` are the same.
//! Not what they name: that is known once the board was asked.

use std::path::Path;

use crate::base::BoardPath;
use crate::cli::failure::Failure;

/// A path on the board; `None` is the root: `/`, `:`, `:/`, `.` and nothing.
pub(super) fn board_path(text: &str) -> Result<Option<BoardPath>, Failure> {
    let path = plain(text);
    if path.split('/').all(|part| part.is_empty() || part == ".") {
        return Ok(None);
    }
    let refused = |error: crate::base::PathError| {
        Failure::usage(
            error.to_string(),
            "a path on the board looks like lib/x.py or :lib/x.py",
        )
    };
    BoardPath::new(path).map(Some).map_err(refused)
}

/// A path on the board that cannot be its root.
pub(super) fn named_path(text: &str) -> Result<BoardPath, Failure> {
    board_path(text)?.ok_or_else(|| {
        let help = "name a file or folder on the board, for example lib/x.py";
        Failure::usage(format!("`{text}` is the root of the board"), help)
    })
}

/// Does it mean "into this folder"?
pub(super) fn is_folder(text: &str) -> bool {
    let path = plain(text);
    path.is_empty() || path == "." || path.ends_with('/') || path.ends_with("/.")
}

/// Does this spelling only fit a path on the board?
pub(super) fn is_surely_on_board(text: &str) -> bool {
    text.starts_with(':') || text.starts_with('/') || is_folder(text)
}

/// Below a folder of the board; `None` is the root.
pub(super) fn below(folder: Option<&BoardPath>, rest: &str) -> Result<BoardPath, Failure> {
    let folder = folder.map_or("", BoardPath::as_str);
    named_path(&format!("{folder}/{rest}"))
}

/// The last part of a host's path; `None` for `.`, `..`, `/` and what ends in a slash: these mean their content.
pub(super) fn own_name(host: &Path) -> Option<String> {
    let text = host.to_string_lossy();
    let means_content = text.ends_with(['/', std::path::MAIN_SEPARATOR]) || text.ends_with("/.");
    let name = host.file_name().filter(|_| !means_content)?;
    Some(name.to_string_lossy().into_owned())
}

fn plain(text: &str) -> &str {
    text.strip_prefix(':').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_path_are_read_alike() {
        for (text, expected) in [
            ("lib/x.py", Some("/lib/x.py")),
            ("/lib/x.py", Some("/lib/x.py")),
            (":lib/x.py", Some("/lib/x.py")),
            (":/lib/", Some("/lib")),
            ("./a", Some("/a")),
            ("a:b", Some("/a:b")),
            ("::b", Some("/:b")),
            (":", None),
            (":/", None),
            ("/", None),
            (".", None),
            ("", None),
        ] {
            let read = board_path(text).unwrap();
            assert_eq!(read.as_ref().map(BoardPath::as_str), expected, "{text}");
        }
        for text in ["../a", ":a/../../b", "a\nb"] {
            assert_eq!(board_path(text).unwrap_err().0.code, "usage", "{text}");
        }
        assert_eq!(named_path(":/").unwrap_err().0.code, "usage");
    }

    #[test]
    fn a_slash_at_the_end_means_into_or_what_is_in_it() {
        for (text, into) in [
            ("lib/", true),
            (":", true),
            (":/", true),
            (":.", true),
            ("lib", false),
        ] {
            assert_eq!(is_folder(text), into, "{text}");
        }
        for (host, name) in [
            ("src", Some("src")),
            ("a/b.py", Some("b.py")),
            ("src/", None),
            ("src/.", None),
            (".", None),
            ("..", None),
        ] {
            assert_eq!(own_name(Path::new(host)).as_deref(), name, "{host}");
        }
    }
}
