//! `cargo xtask bench`: Boardside, mpremote and mpytool side by side, one after another, on the same virtual board.
//! With `--editor`: `boardside lsp` with an editor that saves. Measures whole processes from outside; knows nothing of
//! how any of them works.

mod case;
mod editor;
mod figures;
mod goals;
mod line;
mod options;
mod picture;
mod project;
mod raw_repl;
mod readme;
mod side_by_side;
mod store;
mod table;
mod tool;

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use boardside::virtual_board::Firmware;
use boardside::virtual_board::Kind;
use boardside::virtual_board::VirtualBoard;

use crate::run::cargo;
use crate::run::finish;
use figures::Figures;
use options::Options;
use project::Project;
use side_by_side::Beside;
use tool::Programs;

/// Of this repository.
const PICTURE: &str = "fixtures/pictures/bench.svg";

/// Programs that run or want to, on average over a minute.
const BUSY: f64 = 1.0;

/// Measures, prints the tables, and keeps them below `target/bench`.
#[allow(clippy::print_stdout)] // the table is what the command is for
pub(crate) fn run(arguments: &[String], root: &Path) -> Result<(), String> {
    let options = Options::parse(arguments)?;
    let folder = root.join("target/bench");
    if options.editor {
        let text = editor::measure(&Bench::set_up(root, &options)?, options.runs)?;
        put(&folder.join("editor.md"), &text)?;
        println!("{text}");
        return if options.readme {
            readme::replace(root, "bench --editor", &text)
        } else {
            Ok(())
        };
    }
    let stored = folder.join("bench.json");
    let mut figures = Figures::default();
    if options.stored || options.add {
        figures = store::read(&stored)?;
    }
    let mut failed = Vec::new();
    if !options.stored {
        let bench = Bench::set_up(root, &options)?;
        warn_if_busy();
        failed = Beside::new(&bench, &options)?.measure(&mut figures);
        store::write(&stored, &figures)?;
    }
    let text = table::everything(&figures);
    put(&folder.join("bench.md"), &text)?;
    let drawn = picture::draw(&figures);
    put(&folder.join("bench.svg"), &drawn)?;
    println!("{text}");
    if !failed.is_empty() {
        return Err(failed.join("\n"));
    }
    if options.readme {
        put(&root.join(PICTURE), &drawn)?;
        readme::replace(root, "bench", &table::readme(&figures))?;
    }
    Ok(())
}

fn put(file: &Path, text: &str) -> Result<(), String> {
    fs::write(file, text).map_err(|error| format!("writing {}: {error}", file.display()))
}

/// Other work takes time from all tools, and not the same from each.
fn warn_if_busy() {
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split_whitespace().next().unwrap_or_default();
    if load.parse::<f64>().is_ok_and(|load| load > BUSY) {
        eprintln!("bench: this machine does other work (load {load}): times will be too long");
    }
}

/// Everything that is there before the first measurement.
struct Bench {
    folder: PathBuf,
    boardside: PathBuf,
    programs: Programs,
    firmwares: [(Kind, Firmware); 2],
    project: Project,
}

impl Bench {
    fn set_up(root: &Path, options: &Options) -> Result<Self, String> {
        let target = root.join("target");
        let folder = target.join("bench");
        let tell = &mut |line: &str| eprintln!("setup: {line}");
        let mut install = |kind| {
            let firmware = Firmware::install(kind, &target, tell).map_err(|error| error.to_string());
            Ok::<_, String>((kind, firmware?))
        };
        let firmwares = [install(Kind::Unix)?, install(Kind::Microbit)?];
        let programs = Programs::install(&target.join("tools"))?;
        let project = Project::fetch(&programs.tools, &folder)?;
        let boardside = if let Some(file) = &options.boardside {
            file.clone()
        } else {
            eprintln!("setup: building Boardside (release)");
            finish(&mut cargo(&["build", "--release", "--quiet"]))?;
            target.join("release/boardside")
        };
        Ok(Self {
            folder,
            boardside,
            programs,
            firmwares,
            project,
        })
    }

    /// A fresh board, empty but for what booting needs.
    fn board(&self, line: line::Line) -> Result<VirtualBoard, String> {
        let mut firmwares = self.firmwares.iter();
        let (_, firmware) = firmwares
            .find(|(kind, _)| *kind == line.kind())
            .ok_or("a line without a firmware")?;
        VirtualBoard::spawn(&line.profile(), firmware).map_err(|error| error.to_string())
    }
}
