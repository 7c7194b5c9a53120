//! What is typed behind `cargo xtask bench`. Measures nothing.

use std::path::PathBuf;

use super::case::CASES;
use super::case::Case;
use super::line::LINES;
use super::line::Line;
use super::tool::TOOLS;
use super::tool::Tool;

/// What to measure, and what becomes of it.
#[derive(Debug, PartialEq, Eq)]
#[allow(clippy::struct_excessive_bools)] // each is a word of the command line
pub(super) struct Options {
    /// How often everything; `None`: as often as is usual for each tool.
    pub(super) runs: Option<usize>,
    pub(super) lines: Vec<Line>,
    pub(super) cases: Vec<Case>,
    pub(super) tools: Vec<Tool>,
    /// The language server instead.
    pub(super) editor: bool,
    /// The tables and the picture also go where readers find them.
    pub(super) readme: bool,
    /// What is not measured now stays as it was stored.
    pub(super) add: bool,
    /// Nothing is measured: the tables and the picture of what is stored.
    pub(super) stored: bool,
    /// This program, and not the one of this repository.
    pub(super) boardside: Option<PathBuf>,
}

impl Options {
    pub(super) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self {
            runs: None,
            lines: Vec::new(),
            cases: Vec::new(),
            tools: Vec::new(),
            editor: false,
            readme: false,
            add: false,
            stored: false,
            boardside: None,
        };
        let mut quick = false;
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let value = arguments.next();
                value.ok_or_else(|| format!("{argument} wants a value"))
            };
            match argument.as_str() {
                "--quick" => quick = true,
                "--editor" => options.editor = true,
                "--readme" => options.readme = true,
                "--add" => options.add = true,
                "--stored" => options.stored = true,
                "--boardside" => options.boardside = Some(value()?.into()),
                "--runs" => options.runs = Some(number(argument, value()?)?),
                "--baud" => options.lines.push(Line::Baud(number(argument, value()?)?)),
                "--line" => options.lines.push(one_of(argument, value()?, &LINES, Line::key)?),
                "--case" => {
                    let key = |case: Case| case.key().to_owned();
                    options.cases.push(one_of(argument, value()?, &CASES, key)?);
                }
                "--tool" => {
                    let key = |tool: Tool| tool.key().to_owned();
                    options.tools.push(one_of(argument, value()?, &TOOLS, key)?);
                }
                other => return Err(format!("bench does not know {other}")),
            }
        }
        if quick {
            options.runs.get_or_insert(1);
        }
        if options.lines.is_empty() {
            options.lines = if quick { vec![LINES[0]] } else { LINES.to_vec() };
        }
        if options.cases.is_empty() {
            options.cases = CASES.to_vec();
        }
        if options.tools.is_empty() {
            options.tools = TOOLS.to_vec();
        }
        Ok(options)
    }
}

fn number<N: std::str::FromStr + Default + PartialOrd>(argument: &str, text: &str) -> Result<N, String> {
    let number = text.parse().ok().filter(|number| *number > N::default());
    number.ok_or_else(|| format!("{argument} wants a number, not {text}"))
}

fn one_of<T: Copy>(
    argument: &str,
    text: &str,
    choices: &[T],
    key: impl Fn(T) -> String,
) -> Result<T, String> {
    let found = choices.iter().copied().find(|choice| key(*choice) == text);
    found.ok_or_else(|| {
        let keys: Vec<String> = choices.iter().map(|choice| key(*choice)).collect();
        format!("{argument} wants one of {}, not {text}", keys.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Options, String> {
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        Options::parse(&words)
    }

    #[test]
    fn without_options_everything_is_measured() {
        let options = parse("").unwrap();
        assert_eq!(
            (options.lines, options.cases, options.tools, options.runs),
            (LINES.to_vec(), CASES.to_vec(), TOOLS.to_vec(), None)
        );
    }

    #[test]
    fn options_choose_what_is_measured() {
        let options = parse("--quick --case one-line --tool boardside --case unchanged").unwrap();
        assert_eq!(options.lines, [Line::Baud(115_200)]);
        assert_eq!(options.cases, [Case::OneLine, Case::Unchanged]);
        assert_eq!(options.tools, [Tool::Boardside]);
        assert_eq!(options.runs, Some(1));
        let options = parse("--baud 9600 --line usb --runs 7").unwrap();
        assert_eq!(options.lines, [Line::Baud(9_600), Line::Usb]);
        assert_eq!(options.runs, Some(7));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for bad in [
            "--case",
            "--case x",
            "--baud 0",
            "--runs x",
            "--tool rshell",
            "quick",
        ] {
            parse(bad).unwrap_err();
        }
    }
}
