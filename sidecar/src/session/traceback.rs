//! `Tracebacks`: what went wrong in a program, read from what a board prints.
//! Pure: which file of the workspace is meant is decided by those who know the workspace.
//!
//! Source: MicroPython `py/objexcept.c` (`mp_obj_print_exception`) and `py/vm.c`.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::base::BoardPath;

const HEAD: &str = "Traceback (most recent call last):";
/// Longer lines are no part of a traceback.
const LONGEST_LINE: usize = 1024;
/// Deep recursions print hundreds; the innermost come last.
const FRAMES: usize = 32;

/// One error that reached the prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Traceback {
    /// Where, innermost last; never empty.
    pub frames: Vec<Frame>,
    /// What, for example `ValueError: no such pin`.
    pub error: String,
}

impl Traceback {
    /// Somebody stopped the program, or it ended itself: nothing is wrong with it.
    pub fn is_stop(&self) -> bool {
        let kind = self.error.split(':').next().unwrap_or_default();
        matches!(kind.trim(), "KeyboardInterrupt" | "SystemExit")
    }
}

/// One line of a traceback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// As the firmware names it: `main.py`, `/lib/x.py`, `<stdin>`.
    pub file: String,
    /// Counted from 1.
    pub line: u32,
    /// The function; a syntax error has none.
    pub name: Option<String>,
}

/// Where a line of text names a file and a line in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// First and behind the last UTF-16 unit.
    pub start: usize,
    /// See `start`.
    pub end: usize,
    /// As the firmware names it.
    pub file: String,
    /// Counted from 1.
    pub line: u32,
}

/// Finds tracebacks in a stream of bytes that comes in pieces.
#[derive(Clone, Debug, Default)]
pub struct Tracebacks {
    line: Vec<u8>,
    /// The frames of the one that is being read.
    open: Option<Vec<Frame>>,
}

impl Tracebacks {
    /// Takes what the board printed; gives the tracebacks that are complete with it.
    pub fn push(&mut self, bytes: &[u8]) -> Vec<Traceback> {
        let mut found = Vec::new();
        for byte in bytes {
            if *byte == b'\n' {
                let line = std::mem::take(&mut self.line);
                found.extend(self.take(&String::from_utf8_lossy(&line)));
            } else if self.line.len() < LONGEST_LINE {
                self.line.push(*byte);
            }
        }
        found
    }

    /// A board that restarts says nothing more of what it began.
    pub fn reset(&mut self) {
        *self = Self::default();
    }

    fn take(&mut self, line: &str) -> Option<Traceback> {
        let line = line.trim_end_matches('\r');
        if line.ends_with(HEAD) {
            self.open = Some(Vec::new());
            return None;
        }
        let mut frames = self.open.take()?;
        if let Some(frame) = frame(line) {
            if frames.len() == FRAMES {
                frames.remove(0);
            }
            frames.push(frame);
            self.open = Some(frames);
            return None;
        }
        let is_error = line.chars().next().is_some_and(char::is_alphabetic);
        (is_error && !frames.is_empty()).then(|| Traceback {
            frames,
            error: line.to_owned(),
        })
    }
}

/// `  File "main.py", line 3, in <module>`
fn frame(line: &str) -> Option<Frame> {
    let (before, file, number, rest) = parts(line)?;
    let name = rest.strip_prefix(", in ").map(str::to_owned);
    before.trim().is_empty().then(|| Frame {
        file: file.to_owned(),
        line: number,
        name,
    })
}

/// What is before `File`, the file, the line, and what follows.
fn parts(text: &str) -> Option<(&str, &str, u32, &str)> {
    let (before, rest) = text.split_once("File \"")?;
    let (file, rest) = rest.split_once("\", line ")?;
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let number = rest[..digits].parse().ok().filter(|number| *number > 0)?;
    Some((before, file, number, &rest[digits..]))
}

/// The places in a line of the console that name a file with a line.
pub fn links(line: &str) -> Vec<Link> {
    let mut links = Vec::new();
    let mut at = 0;
    while let Some((before, file, number, rest)) = parts(&line[at..]) {
        let units = |byte: usize| line[..byte].encode_utf16().count();
        let end = line.len() - rest.len();
        links.push(Link {
            start: units(at + before.len()),
            end: units(end),
            file: file.to_owned(),
            line: number,
        });
        at = end;
    }
    links
}

/// Where on the board a file of this name can lie, likeliest first.
///
/// `sys.path` is `['', '.frozen', '/lib']` on most boards and `['', '.frozen', '/flash', '/flash/lib']` on pyboards,
/// whose `/flash` is the root of the project. The micro:bit calls main.py `__main__`.
pub fn places(file: &str) -> Vec<BoardPath> {
    let mut names = Vec::new();
    match file {
        "__main__" => names.push("/main.py".to_owned()),
        _ if file.starts_with('<') => {}
        _ => {
            names.extend(file.strip_prefix("/flash/").map(|rest| format!("/{rest}")));
            names.push(format!("/{}", file.trim_start_matches('/')));
            if !file.starts_with('/') {
                names.push(format!("/lib/{file}"));
            }
        }
    }
    names
        .iter()
        .filter_map(|name| BoardPath::new(name).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_console_names_files_with_their_lines_in_utf16() {
        let link = |start, end, file: &str, line| Link {
            start,
            end,
            file: file.to_owned(),
            line,
        };
        let cases = [
            (
                "  File \"main.py\", line 3, in <module>",
                vec![link(2, 24, "main.py", 3)],
            ),
            (
                "😀 File \"a.py\", line 1 File \"/lib/b.py\", line 20",
                vec![link(3, 22, "a.py", 1), link(23, 48, "/lib/b.py", 20)],
            ),
            ("File \"a.py\", line 0", vec![]),
            ("File \"a.py\", line ", vec![]),
            ("File \"a.py", vec![]),
            ("nothing", vec![]),
        ];
        for (line, expected) in cases {
            assert_eq!(links(line), expected, "{line}");
        }
    }

    #[test]
    fn a_name_of_the_firmware_is_looked_for_where_modules_come_from() {
        let cases: [(&str, &[&str]); 7] = [
            ("main.py", &["/main.py", "/lib/main.py"]),
            ("/lib/x.py", &["/lib/x.py"]),
            ("lib/x.py", &["/lib/x.py", "/lib/lib/x.py"]),
            ("/flash/a.py", &["/a.py", "/flash/a.py"]),
            ("__main__", &["/main.py"]),
            ("<stdin>", &[]),
            ("../x.py", &[]),
        ];
        for (name, expected) in cases {
            let places: Vec<String> = places(name).iter().map(ToString::to_string).collect();
            assert_eq!(places, expected, "{name}");
        }
    }
}
