//! `cargo xtask soak`: random edits, syncs, cuts and resets for an hour, on two boards, through the command line and
//! one `boardside lsp`. Every board holds what it must after every step, and nothing grows.

mod doors;
mod figures;
mod lane;
mod project;
mod random;

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;
use std::time::SystemTime;

use boardside::virtual_board::Firmware;
use boardside::virtual_board::Kind;
use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;

use crate::process::usage;
use crate::run::cargo;
use crate::run::finish;
use crate::run::root;
use doors::Doors;
use figures::Figures;
use lane::Lane;
use project::Limits;
use project::Project;
use random::Random;

/// Steps of the unix board for one of the micro:bit, whose line is slow.
const ROUND: usize = 4;
/// Between two measurements of a board.
const ROUNDS: usize = 2;
const MINUTE: Duration = Duration::from_mins(1);

struct Options {
    minutes: u64,
    seed: u64,
    boardside: Option<PathBuf>,
}

impl Options {
    fn parse(arguments: &[String]) -> Result<Self, String> {
        let clock = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        let mut options = Self {
            minutes: 60,
            seed: u64::from(clock.subsec_micros()),
            boardside: None,
        };
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let value = arguments
                .next()
                .ok_or_else(|| format!("{argument} wants a value"))?;
            let number = || {
                value
                    .parse()
                    .map_err(|_| format!("{argument} wants a number, not {value}"))
            };
            match argument.as_str() {
                "--minutes" => options.minutes = number()?,
                "--seed" => options.seed = number()?,
                "--boardside" => options.boardside = Some(value.into()),
                _ => return Err(format!("soak does not know {argument}")),
            }
        }
        Ok(options)
    }
}

/// The verb.
pub(crate) fn run(arguments: &[String]) -> Result<(), String> {
    let options = Options::parse(arguments)?;
    let program = if let Some(file) = &options.boardside {
        std::path::absolute(file).map_err(|error| error.to_string())?
    } else {
        eprintln!("setup: building Boardside (release)");
        finish(&mut cargo(&["build", "--release", "--quiet"]))?;
        root().join("target/release/boardside")
    };
    soak(&program, &options)
}

/// What CI runs, with a program that is there already; the same steps each time.
pub(crate) fn two_minutes() -> Result<(), String> {
    let target = root().join("target");
    let found = ["release", "debug"].map(|kind| target.join(kind).join("boardside"));
    let program = found
        .iter()
        .find(|file| file.exists())
        .ok_or("soak: Boardside is not built")?;
    soak(
        program,
        &Options {
            minutes: 2,
            seed: 1,
            boardside: None,
        },
    )
}

fn soak(program: &Path, options: &Options) -> Result<(), String> {
    let folder = root().join("target/soak");
    fs::create_dir_all(&folder).map_err(|error| format!("making {}: {error}", folder.display()))?;
    let mut soak = Soak::set_up(program, &folder, options.seed)?;
    println!(
        "soak: seed {}, {} minutes, {}",
        options.seed,
        options.minutes,
        program.display()
    );
    let result = soak.run(MINUTE * u32::try_from(options.minutes).unwrap_or(u32::MAX));
    fs::write(folder.join("soak.log"), soak.log.join("\n"))
        .map_err(|error| format!("writing the log: {error}"))?;
    result.map_err(|why| {
        let last = soak.log[soak.log.len().saturating_sub(12)..].join("\n  ");
        format!(
            "soak: seed {}, step {}: {why}\n  {last}",
            options.seed, soak.steps
        )
    })?;
    let json = soak.figures.json(options.seed, soak.steps, &soak.lanes);
    fs::write(folder.join("soak.json"), json).map_err(|error| format!("writing the figures: {error}"))?;
    println!("{}", soak.figures.table(&soak.lanes));
    soak.figures
        .flat()
        .map_err(|why| format!("soak: seed {}: {why}", options.seed))
}

struct Soak {
    lanes: [Lane; 2],
    doors: Doors,
    figures: Figures,
    steps: usize,
    log: Vec<String>,
    start: Instant,
}

impl Soak {
    fn set_up(program: &Path, folder: &Path, seed: u64) -> Result<Self, String> {
        let lane = |kind, limits, seed| {
            let tell = &mut |line: &str| eprintln!("setup: {line}");
            let firmware =
                Firmware::install(kind, &root().join("target"), tell).map_err(|error| error.to_string())?;
            let mut profile = Profile::new(kind);
            if kind == Kind::Unix {
                profile.baud = Some(921_600);
            }
            let board = VirtualBoard::spawn(&profile, &firmware).map_err(|error| error.to_string())?;
            let project = Project::new(&folder.join(kind.name()), board.address(), limits);
            let project = project.map_err(|error| format!("making the project: {error}"))?;
            Ok::<_, String>(Lane::new(kind, board, project, Random::new(seed)))
        };
        let unix = Limits {
            files: 60,
            file: 20_000,
            all: 200_000,
            folders: true,
        };
        let flat = Limits {
            files: 6,
            file: 900,
            all: 3_500,
            folders: false,
        };
        let lanes = [
            lane(Kind::Unix, unix, seed)?,
            lane(Kind::Microbit, flat, seed ^ 1)?,
        ];
        let ports = [lanes[0].board.address(), lanes[1].board.address()];
        let folders = [&*lanes[0].project.folder, &*lanes[1].project.folder];
        let doors = Doors::open(program, &folder.join("home"), &ports, &folders)?;
        Ok(Self {
            lanes,
            doors,
            figures: Figures::default(),
            steps: 0,
            log: Vec::new(),
            start: Instant::now(),
        })
    }

    fn run(&mut self, long: Duration) -> Result<(), String> {
        let start = self.start;
        let mut minute = MINUTE;
        let mut round = 0;
        while start.elapsed() < long {
            for lane in 0..2 {
                let times = if lane == 0 { ROUND } else { 1 };
                for _ in 0..times {
                    self.step(lane)?;
                }
                if round % ROUNDS == 0 {
                    self.log.push(format!(
                        "{} {}: measure",
                        self.steps,
                        self.lanes[lane].kind.name()
                    ));
                    let (ram, flash) = self.lanes[lane].measure(&mut self.doors)?;
                    let name = self.lanes[lane].kind.name();
                    self.figures.add(&format!("{name}: free RAM"), ram);
                    if let Some(flash) = flash {
                        self.figures.add(&format!("{name}: free flash"), flash);
                    }
                }
            }
            round += 1;
            if start.elapsed() >= minute {
                minute += MINUTE;
                println!(
                    "soak: {} min, {} steps, {}",
                    start.elapsed().as_secs() / 60,
                    self.steps,
                    self.figures.now()
                );
            }
        }
        Ok(())
    }

    fn step(&mut self, lane: usize) -> Result<(), String> {
        self.steps += 1;
        let head = format!("{} {}", self.steps, self.lanes[lane].kind.name());
        let log = &mut self.log;
        let start = self.start;
        let mut tell =
            |what: &str| log.push(format!("{:.2} s {head}: {what}", start.elapsed().as_secs_f64()));
        self.lanes[lane].step(&mut self.doors, &mut tell)?;
        self.doors.client.forget();
        let usage = usage(self.doors.client.pid())?;
        self.figures.add("lsp: memory", usage.memory);
        self.figures.add("lsp: file handles", usage.handles);
        self.figures.add("lsp: threads", usage.threads);
        Ok(())
    }
}
