//! `Stand`: what every point begins with: a flash and a home as they are after the first sync, prepared once.
//! Breaks nothing.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::time::Duration;
use std::time::Instant;

use boardside::virtual_board::Faults;
use boardside::virtual_board::FileSystem;
use boardside::virtual_board::Firmware;
use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;

use super::cell::Cell;
use super::program;
use super::program::Program;
use super::project;
use super::project::Files;
use super::verdict;

/// Of one figure in milliseconds.
const RUNS: usize = 5;
/// Longer than a boot takes on a busy machine.
const BOOT: Duration = Duration::from_secs(20);

/// What a sync that nothing disturbs takes, a little more each: what counts is not the same in every run.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Totals {
    pub(super) to_board: u64,
    pub(super) to_host: u64,
    /// Bytes of the board before anybody opens its port.
    pub(super) booted: u64,
    pub(super) events: u64,
    pub(super) flash_writes: u64,
}

/// A board of one kind after its first sync, and what the second one makes of it.
#[derive(Debug)]
pub(super) struct Stand {
    pub(super) firmware: Firmware,
    boardside: PathBuf,
    pub(super) fs: FileSystem,
    pub(super) guard: bool,
    pub(super) paste: bool,
    folder: PathBuf,
    /// What the board holds, Boardside's own too.
    pub(super) old: Files,
    /// After the sync.
    pub(super) new: Files,
    pub(super) totals: Totals,
}

/// A copy of it for one point.
#[derive(Debug)]
pub(super) struct Copy {
    pub(super) image: PathBuf,
    pub(super) program: Program,
}

impl Stand {
    /// Makes the first sync, and the second one on a copy.
    pub(super) fn prepare(
        boardside: &Path,
        firmware: &Firmware,
        cell: Cell,
        folder: PathBuf,
    ) -> Result<Self, String> {
        let _ = fs::remove_dir_all(&folder);
        let home = folder.join("home");
        fs::create_dir_all(&home).map_err(|error| format!("making {}: {error}", home.display()))?;
        let mut stand = Self {
            firmware: firmware.clone(),
            boardside: boardside.to_owned(),
            fs: cell.fs,
            guard: cell.guard,
            paste: cell.is_paste(),
            folder,
            old: Files::new(),
            new: Files::new(),
            totals: Totals::default(),
        };
        let settings = if cell.guard { "boot_guard = true\n" } else { "" };
        let write = |stand: &Self, files: &Files| {
            let mut files = files.clone();
            files.insert("/boardside.toml".to_owned(), settings.into());
            project::write(&stand.project(), &files)
        };
        write(&stand, &project::old())?;
        let board = stand.board(&stand.folder.join("flash"), Faults::default())?;
        stand
            .program(home)
            .sync(board.address())?
            .done("the first sync")?;
        stand.old = board.files().map_err(|error| error.to_string())?;
        drop(board);
        write(&stand, &project::new())?;
        // Twice: how the content is squeezed depends on the time that there is.
        for turn in 0..2 {
            let copy = stand.copy(&format!("reference-{turn}"))?;
            let board = stand.board(&copy.image, Faults::default())?;
            board.wait_quiet(BOOT).map_err(|error| error.to_string())?;
            let booted = board.status().to_host;
            let ran = copy.program.sync(board.address())?;
            ran.done("the sync that nothing disturbs")?;
            stand.new = board.files().map_err(|error| error.to_string())?;
            let (status, most) = (board.status(), &mut stand.totals);
            most.to_board = most.to_board.max(status.to_board);
            most.booted = most.booted.max(booted);
            most.to_host = most.to_host.max(status.to_host);
            most.events = most.events.max(ran.events.len() as u64);
            most.flash_writes = most.flash_writes.max(status.flash_writes);
        }
        if !cell.guard {
            stand.is_right()?;
        }
        Ok(stand)
    }

    /// Both trees are those of the projects, not only whatever came about.
    fn is_right(&self) -> Result<(), String> {
        for (held, wanted) in [(&self.old, project::old()), (&self.new, project::new())] {
            let mut held = verdict::project(held);
            held.retain(|path, _| !path.ends_with('/'));
            if held != verdict::project(&wanted) {
                return Err(format!("a sync that nothing disturbs leaves {:?}", held.keys()));
            }
        }
        Ok(())
    }

    /// From the end of one write of the flash to the end of another, in an undisturbed sync; the median of a few.
    pub(super) fn between(&self, first: u64, last: u64) -> Result<Duration, String> {
        let mut times = Vec::new();
        for _ in 0..RUNS {
            let copy = self.copy("window")?;
            let board = self.board(&copy.image, Faults::default())?;
            let sync = copy.program.start(&["sync", "-d", board.address()])?;
            let limit = Instant::now() + BOOT;
            // To be woken takes longer than a write.
            let until = |writes| {
                while board.status().flash_writes < writes && Instant::now() < limit {
                    std::hint::spin_loop();
                }
                Instant::now()
            };
            let start = until(first);
            times.push(until(last) - start);
            sync.finish()?.done("a sync that nothing disturbs")?;
        }
        times.sort();
        Ok(times[RUNS / 2])
    }

    /// A flash and a home of its own, below this name.
    pub(super) fn copy(&self, name: &str) -> Result<Copy, String> {
        let folder = self.folder.join(name);
        let failed = |error: std::io::Error| format!("copying to {}: {error}", folder.display());
        let _ = fs::remove_dir_all(&folder);
        program::copy(&self.folder.join("home"), &folder.join("home")).map_err(failed)?;
        let image = folder.join("flash");
        fs::copy(self.folder.join("flash"), &image).map_err(failed)?;
        Ok(Copy {
            image,
            program: self.program(folder.join("home")),
        })
    }

    /// Counts the writes of its flash unless the power shall fail.
    pub(super) fn board(&self, image: &Path, faults: Faults) -> Result<VirtualBoard, String> {
        let profile = Profile {
            count_flash: faults.power.is_none(),
            image: Some(image.to_owned()),
            file_system: self.fs,
            flash: 512 << 10,
            baud: None,
            faults,
            without: if self.paste {
                vec!["stdin.buffer".to_owned()]
            } else {
                Vec::new()
            },
            ..Profile::unix()
        };
        VirtualBoard::spawn(&profile, &self.firmware).map_err(|error| error.to_string())
    }

    /// Is it the board that this row needs?
    pub(super) fn is_for(&self, cell: Cell) -> bool {
        (self.fs, self.guard, self.paste) == (cell.fs, cell.guard, cell.is_paste())
    }

    fn project(&self) -> PathBuf {
        self.folder.join("project")
    }

    fn program(&self, home: PathBuf) -> Program {
        Program {
            boardside: self.boardside.clone(),
            home,
            project: self.project(),
        }
    }
}
