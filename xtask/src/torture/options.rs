//! What is typed behind `cargo xtask torture`. Breaks nothing.

use std::path::PathBuf;

use super::cell::Cell;

/// Points of a row that has many, with `--quick`.
const QUICK: u64 = 12;

const MICROBIT: &str = "microbit";

/// What to try.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    /// Rows whose name begins so; none: all.
    only: Vec<String>,
    /// Only this one.
    point: Option<u64>,
    quick: bool,
    /// Every so many points.
    every: Option<usize>,
    /// This program, and not the one of this repository.
    pub(super) boardside: Option<PathBuf>,
}

impl Options {
    pub(super) fn parse(arguments: &[String]) -> Result<Self, String> {
        let mut options = Self::default();
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let mut value = || {
                let value = arguments.next();
                value.ok_or_else(|| format!("{argument} wants a value"))
            };
            match argument.as_str() {
                "--quick" => options.quick = true,
                "--every" => {
                    let value = value()?;
                    let every = value.parse().ok().filter(|every| *every > 0);
                    options.every =
                        Some(every.ok_or_else(|| format!("--every wants a number, not {value}"))?);
                }
                "--boardside" => options.boardside = Some(value()?.into()),
                "--only" => {
                    let name = value()?;
                    let mut names: Vec<String> = Cell::all().into_iter().map(Cell::name).collect();
                    names.push(MICROBIT.to_owned());
                    if !names.iter().any(|row| row.starts_with(name)) {
                        return Err(format!(
                            "--only wants the beginning of one of {}",
                            names.join(", ")
                        ));
                    }
                    options.only.push(name.clone());
                }
                "--point" => {
                    let value = value()?;
                    let point = value.parse();
                    options.point = Some(point.map_err(|_| format!("--point wants a number, not {value}"))?);
                }
                other => return Err(format!("torture does not know {other}")),
            }
        }
        Ok(options)
    }

    /// The micro:bit has no rows: its files are counted, not its projects.
    pub(super) fn microbit(&self) -> bool {
        self.point.is_none()
            && (self.only.is_empty() || self.only.iter().any(|only| MICROBIT.starts_with(only)))
    }

    pub(super) fn cells(&self) -> Vec<Cell> {
        let mut cells = Cell::all();
        let is_wanted =
            |name: &str| self.only.is_empty() || self.only.iter().any(|only| name.starts_with(only));
        cells.retain(|cell| is_wanted(&cell.name()));
        cells
    }

    /// Of a row that has points from `first` to `last`.
    pub(super) fn points(&self, first: u64, last: u64) -> Vec<u64> {
        let span = last.saturating_sub(first);
        match self.point {
            Some(point) => vec![point],
            None if self.quick && span >= QUICK => {
                (0..QUICK).map(|n| first + n * span / (QUICK - 1)).collect()
            }
            None => (first..=last).step_by(self.every.unwrap_or(1)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Options, String> {
        let words: Vec<String> = text.split_whitespace().map(str::to_owned).collect();
        Options::parse(&words)
    }

    #[test]
    fn rows_and_points_can_be_chosen() {
        assert_eq!(parse("").unwrap().cells(), Cell::all());
        let some = parse("--only power-fat --only kill-event").unwrap();
        assert!(
            some.cells()
                .iter()
                .all(|cell| cell.name().starts_with("power-fat") || cell.name() == "kill-event")
        );
        assert_eq!(some.points(0, 3), [0, 1, 2, 3]);
        assert_eq!(parse("--point 7").unwrap().points(0, 3), [7]);
        assert_eq!(parse("--every 3").unwrap().points(2, 9), [2, 5, 8]);
        let quick = parse("--quick").unwrap();
        assert_eq!((quick.points(0, 3).len(), quick.points(0, 1000).len()), (4, 12));
        assert_eq!(quick.points(0, 1000).last(), Some(&1000));
        for bad in ["--only nothing", "--point x", "--point", "--every 0", "--loud"] {
            parse(bad).unwrap_err();
        }
    }
}
