//! `cargo xtask torture`: one sync, broken at every byte of its line, at every step of its program and at every write
//! of the board's flash; what the board holds then, and whether it heals. Knows nothing of how a sync works.

mod cell;
mod fat;
mod matrix;
mod microbit;
mod options;
mod point;
mod port;
mod program;
mod project;
mod server;
mod stand;
mod table;
mod verdict;

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::time::Instant;

use boardside::virtual_board::Firmware;
use boardside::virtual_board::Kind;

use crate::run::cargo;
use crate::run::finish;
use crate::run::show;
use cell::Break;
use cell::Cell;
use cell::STEP;
use matrix::Work;
use options::Options;
use stand::Stand;
use stand::Totals;

/// What counts is not the same in every run: so many points more, of a hundred.
const MORE: u64 = 3;

/// Tries all points, prints the table, and keeps it below `target/torture`.
#[allow(clippy::print_stdout)] // the table is what the command is for
pub(crate) fn run(arguments: &[String], root: &Path) -> Result<(), String> {
    if arguments == ["--only", "ota"] {
        return updates();
    }
    let options = Options::parse(arguments)?;
    let start = Instant::now();
    let target = root.join("target");
    let folder = target.join("torture");
    let cells = options.cells();
    let tell = &mut |line: &str| eprintln!("setup: {line}");
    let mut install = |kind| Firmware::install(kind, &target, tell).map_err(|error| error.to_string());
    let boardside = program(&options, &target)?;
    let stands = prepare(&boardside, &install(Kind::Unix)?, &cells, &folder)?;
    let mut work = Vec::new();
    for cell in cells {
        let mut stands = stands.iter();
        let stand = stands
            .find(|stand| stand.is_for(cell))
            .ok_or("a row without a board")?;
        let points = options.points(first(cell, &stand.totals), last(cell, &stand.totals));
        work.push(Work { cell, stand, points });
    }
    let mut rows = matrix::run(&work);
    for (row, work) in rows
        .iter_mut()
        .zip(&work)
        .filter(|(_, work)| work.cell.is_power())
    {
        row.measure(work.stand)?;
    }
    let rows: Vec<_> = work.iter().map(|work| work.cell).zip(rows).collect();
    let flat = if options.microbit() {
        Some(microbit::run(
            &boardside,
            &install(Kind::Microbit)?,
            &folder.join("microbit"),
        )?)
    } else {
        None
    };
    let minutes = start.elapsed().as_secs_f64() / 60.0;
    let text = format!("{}\n{minutes:.1} minutes\n", table::text(&rows, flat.as_ref()));
    put(&folder.join("torture.md"), &text)?;
    put(
        &folder.join("torture.json"),
        &format!("{:#}\n", table::json(&rows, flat.as_ref())),
    )?;
    println!("{text}");
    let bad = table::bad(&rows, flat.as_ref());
    if bad.is_empty() {
        Ok(())
    } else {
        Err(bad.join("\n"))
    }
}

/// Boards that update themselves, without power at every write: those tests take a sample, here all points.
fn updates() -> Result<(), String> {
    let mut tests = cargo(&["test", "--package", "boardside", "--test", "it", "--"]);
    tests.args(["ota_client::power", "ota_client::old::lost_power"]);
    tests.args(["--nocapture", "--test-threads", "2"]);
    show(tests.env("BOARDSIDE_EVERY_CUT", "1"))
}

/// Built anew, unless another one is named.
fn program(options: &Options, target: &Path) -> Result<PathBuf, String> {
    if let Some(file) = &options.boardside {
        return fs::canonicalize(file).map_err(|error| format!("{}: {error}", file.display()));
    }
    eprintln!("setup: building Boardside (release)");
    finish(&mut cargo(&["build", "--release", "--quiet"]))?;
    Ok(target.join("release/boardside"))
}

fn prepare(
    boardside: &Path,
    firmware: &Firmware,
    cells: &[Cell],
    folder: &Path,
) -> Result<Vec<Stand>, String> {
    let mut stands: Vec<Stand> = Vec::new();
    for cell in cells {
        if stands.iter().any(|stand| stand.is_for(*cell)) {
            continue;
        }
        let kind = if cell.is_paste() {
            "-paste"
        } else if cell.guard {
            "-guard"
        } else {
            ""
        };
        let name = [cell.fs.name(), kind].concat();
        eprintln!("setup: the first sync ({name})");
        let stand = Stand::prepare(boardside, firmware, *cell, folder.join(&name));
        let stand = stand.map_err(|error| format!("{name}: {error}"))?;
        eprintln!("setup: {name}: the sync takes {:?}", stand.totals);
        stands.push(stand);
    }
    Ok(stands)
}

/// The first point of a row: the line is cut while somebody is connected.
fn first(cell: Cell, totals: &Totals) -> u64 {
    if cell.breaks == Break::LineToHost {
        totals.booted
    } else {
        0
    }
}

/// The last point of a row: what the undisturbed sync takes, and a little more.
fn last(cell: Cell, totals: &Totals) -> u64 {
    let most = match cell.breaks {
        Break::LineToBoard => totals.to_board,
        Break::LineToHost => totals.to_host,
        Break::KillAtEvent => return totals.events,
        Break::LineInPaste | Break::KillAtByte | Break::KillServer => return totals.to_board / STEP,
        Break::Power(_) => totals.flash_writes,
    };
    most + most * MORE / 100
}

fn put(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| format!("writing {}: {error}", file.display()))
}
