//! The programs that run on the board: plain files in `device/`, put together and made small here.
//! No Python is written in Rust; values enter through `repl::literal`.

use std::fmt::Write as _;

/// One file of `device/`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece(&'static str);

macro_rules! pieces {
    ($($name:ident = $file:literal;)*) => {
        $(pub(super) const $name: Piece = Piece(include_str!(concat!("../../device/", $file)));)*
        #[cfg(test)]
        const ALL: &[(&str, Piece)] = &[$(($file, $name),)*];
    };
}

pieces! {
    NAMES = "names.py";
    TIDY = "tidy.py";
    SAY = "say.py";
    SUM_SHA256 = "sum_sha256.py";
    SUM_CRC32 = "sum_crc32.py";
    SUM_ADLER32 = "sum_adler32.py";
    PLACE = "place.py";
    FACTS = "facts.py";
    FLAGS = "flags.py";
    FACTS_NOW = "facts_now.py";
    COMPARE = "compare.py";
    COMPARE_NOW = "compare_now.py";
    LIST = "list.py";
    LIST_NOW = "list_now.py";
    LIST_FOLDER = "list_folder.py";
    KINDS = "kinds.py";
    VALUE = "value.py";
    RESETS = "resets.py";
    FORGET = "forget.py";
    COMMIT = "commit.py";
    MEND = "mend.py";
    RECOVER = "recover.py";
    BOOT_GUARD = "boot_guard.py";
    LEFTOVERS = "leftovers.py";
    STAGE = "stage.py";
    TURBO = "turbo.py";
    AGENT = "agent.py";
    LOAD = "load.py";
    GUARD_SHA256 = "guard_sha256.py";
    GUARD_CRC32 = "guard_crc32.py";
    GUARD_ROLLING = "guard_rolling.py";
    PIECES = "pieces.py";
    READ = "read.py";
    SUMS = "sums.py";
    PASTE = "paste.py";
    REMOVE = "remove.py";
    MKDIR = "mkdir.py";
    RENAME = "rename.py";
    WRITABLE = "writable.py";
    RESET = "reset.py";
    RUN = "run.py";
    FLAT_READ = "flat_read.py";
    FLAT_SUMS = "flat_sums.py";
    FLAT_PASTE = "flat_paste.py";
    FLAT_REMOVE = "flat_remove.py";
    FLAT_PROBE = "flat_probe.py";
    FLAT_PLACE = "flat_place.py";
    FLAT_SUM = "flat_sum.py";
    FLAT_COLLECT = "flat_collect.py";
    FLAT_FACTS = "flat_facts.py";
    FLAT_LIST = "flat_list.py";
    FLAT_COMPARE = "flat_compare.py";
}

/// A program of these pieces: comments, indentation and spaces cost time on the line, so they go.
pub(super) fn program(pieces: &[Piece]) -> String {
    let mut code = String::new();
    for Piece(source) in pieces {
        for line in source.lines() {
            let small = smaller(line);
            if !small.trim().is_empty() {
                writeln!(code, "{small}").expect("writing to a String cannot fail");
            }
        }
    }
    code
}

/// The program that boot.py imports to finish a sync that lost its power (`boot_guard.py`). It needs nothing else on
/// the board.
pub fn boot_guard() -> String {
    program(&[PLACE, COMMIT, MEND, BOOT_GUARD])
}

/// One line without its comment, with one space a level, and no spaces that Python does not need.
fn smaller(line: &str) -> String {
    let body = line.trim_start_matches(' ');
    let mut small = " ".repeat((line.len() - body.len()) / 4);
    let mut quote = None;
    let mut chars = body.trim_end().chars().peekable();
    while let Some(c) = chars.next() {
        match quote {
            Some(_) if c == '\\' => {
                small.push(c);
                small.extend(chars.next());
                continue;
            }
            Some(q) if c == q => quote = None,
            None if c == '"' || c == '\'' => quote = Some(c),
            None if c == '#' => break,
            None if c == ' ' => {
                let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
                if !(word(small.chars().last()) && word(chars.peek().copied())) {
                    continue;
                }
            }
            _ => {}
        }
        small.push(c);
    }
    small.truncate(small.trim_end().len());
    small
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spaces_and_comments_go_and_strings_stay() {
        assert_eq!(smaller("    if a == 1:  # why"), " if a==1:");
        assert_eq!(smaller(r#"x = "a # b" % ( c , d )"#), r#"x="a # b"%(c,d)"#);
        assert_eq!(
            smaller(r#"y = "a \" # b" if not c else e"#),
            r#"y="a \" # b"if not c else e"#
        );
        assert_eq!(smaller("        # only a comment"), "");
    }

    #[test]
    fn every_program_is_ascii_and_indented_by_four() {
        for (name, Piece(source)) in ALL {
            assert!(source.is_ascii(), "{name}");
            for line in source.lines() {
                let indent = line.len() - line.trim_start_matches(' ').len();
                assert!(indent % 4 == 0 && !line.contains('\t'), "{name}: {line}");
            }
        }
    }
}
