//! Lost power at every write and erase of the flash, from the first byte of an update to its confirmation: the first
//! boot runs one whole version, and the next attempt ends in the new one.
//! A sample of them here; `BOARDSIDE_EVERY_CUT=1` tries all (`cargo xtask torture --only ota`).

use std::env;
use std::fs;
use std::path::Path;

use boardside::virtual_board::Faults;
use boardside::virtual_board::FileSystem;
use boardside::virtual_board::Torn;
use rstest::rstest;

use crate::boards::HELP;

use super::runs::Runs;
use super::runs::runs;
use super::stand::Board;
use super::stand::Release;
use super::stand::Stand;

/// What was seen at the points of one sweep.
#[derive(Debug, Default)]
struct Counts {
    points: u32,
    old: u32,
    new: u32,
    converged: u32,
    bad: Vec<String>,
}

/// So many points are tried of all: one, or every `sample`th.
fn every(sample: usize) -> usize {
    match env::var_os("BOARDSIDE_EVERY_CUT") {
        Some(_) => 1,
        None => sample,
    }
}

/// A board that loses its power at one operation of its flash after the other, each time from the flash as it is now,
/// until one has enough of them: `boots` is one such boot to its end, `then` what is looked at afterwards. How many?
pub(super) fn at_every_operation(
    image: &Path,
    torn: Torn,
    sample: usize,
    mut boots: impl FnMut(Faults) -> Board,
    mut then: impl FnMut(u32),
) -> u32 {
    let base = image.with_extension("base");
    fs::copy(image, &base).unwrap();
    let mut points = 0;
    for point in (0..).step_by(every(sample)) {
        fs::copy(&base, image).unwrap();
        let power = Some(point);
        let faults = Faults {
            power,
            torn,
            ..Faults::default()
        };
        if boots(faults).board.status().powered {
            break;
        }
        points += 1;
        then(point);
    }
    fs::copy(&base, image).unwrap();
    points
}

/// A sweep over the flash operations of `step`, which starts from the board as it lies in `base`.
fn sweep(stand: &Stand, torn: Torn, sample: usize, step: fn(&mut Board)) -> Counts {
    let boots = |faults| {
        let mut board = stand.start_with(faults);
        step(&mut board);
        board
    };
    let mut counts = Counts::default();
    counts.points = at_every_operation(&stand.image(), torn, sample, boots, |point| {
        let mut board = stand.start();
        let said = board.port.until(HELP);
        match runs(&said) {
            Runs::Old => counts.old += 1,
            Runs::New => counts.new += 1,
            _ => return counts.bad.push(format!("{point}: {said}")),
        }
        match heal(&mut board) {
            Ok(()) => counts.converged += 1,
            Err(what) => counts.bad.push(format!("{point}: {what}")),
        }
    });
    counts
}

/// One more attempt, without faults.
fn heal(board: &mut Board) -> Result<(), String> {
    let running = board.says("ota.status()['version'], ota.trial");
    if running == "1 False" {
        let (found, why) = board.update();
        if found != "True" {
            return Err(why);
        }
        board.reset();
        let said = board.port.until(HELP);
        if runs(&said) != Runs::New {
            return Err(said);
        }
    }
    board.says("ota.confirm()");
    board.reset();
    let said = board.port.until(HELP);
    let now = board.says("ota.status()['version'], ota.trial, ota.status()['bad']");
    if runs(&said) != Runs::New || now != "2 False []" {
        return Err(format!("{now}: {said}"));
    }
    Ok(())
}

/// Types, and waits until it is done or the power is lost.
fn types(board: &mut Board, line: &str) {
    board.port.send(format!("{line}; print('do', 'ne')\r"));
    let _ = board.port.until_lost(&board.board, "do ne\n");
}

/// Names of several entries each, so that folders grow on FAT, and some of them go with the next version.
fn release(version: &'static str, seq: u32) -> Release {
    let mut release = Release::new(version, seq);
    for number in seq..seq + 6 {
        let path = format!("lib/drivers/of_a_sensor_with_a_long_name_{number}.py");
        release
            .files
            .insert(path, format!("V = '{version}'\n").into_bytes());
    }
    release
}

/// What is free on the flash is full of old text, as it is on any board that has been in use: where a folder of FAT
/// grew just when the power went, that is what its names are.
fn litter(stand: &Stand) {
    let mut board = stand.start();
    board.boots(&["1"]);
    let text = "'def f(x):\\n    return x + 1\\n' * 20";
    board.says(&format!(
        "(f := open('litter', 'w')) and [f.write({text}) for _ in range(600)] and f.close()"
    ));
    board.says("__import__('os').remove('litter')");
}

#[rstest]
fn after_lost_power_one_whole_version_runs_and_one_attempt_more_ends_in_the_new_one(
    #[values(
        (FileSystem::LittleFs, Torn::Half),
        (FileSystem::LittleFs, Torn::Garbage),
        (FileSystem::Fat, Torn::Half),
        (FileSystem::Fat, Torn::None),
        (FileSystem::Fat, Torn::Garbage)
    )]
    (file_system, torn): (FileSystem, Torn),
) {
    let stand = Stand::new(file_system);
    stand.installed(&release("1", 1));
    stand.publish(&release("2", 2));
    litter(&stand);
    let staging = sweep(&stand, torn, 23, |board| {
        if board.port.until_lost(&board.board, HELP) {
            types(board, "import ota; ota.update()");
        }
    });
    let mut board = stand.start();
    board.boots(&["1"]);
    assert_eq!(board.update().0, "True");
    drop(board);
    let switching = sweep(&stand, torn, 3, |board| {
        if board.port.until_lost(&board.board, HELP) {
            types(board, "ota.confirm()");
        }
    });
    for (what, counts) in [("stage", &staging), ("boot and confirm", &switching)] {
        let Counts {
            points,
            old,
            new,
            converged,
            bad,
        } = counts;
        eprintln!(
            "| {} | {} | {what} | {points} | {old} | {new} | {} | {converged} |",
            file_system.name(),
            torn.name(),
            bad.len()
        );
        assert!(bad.is_empty(), "{what}: {bad:#?}");
        assert!(*points > 0, "{what}");
    }
    assert!(staging.old > 0 && switching.new > 0);
}

#[rstest]
fn after_lost_power_on_the_way_back_the_old_version_runs_and_the_release_is_refused(
    #[values(FileSystem::LittleFs, FileSystem::Fat)] file_system: FileSystem,
) {
    let stand = Stand::new(file_system);
    stand.installed(&release("1", 1));
    stand.settings("\"tries\":1,");
    stand.publish(&release("2", 2));
    let mut board = stand.start();
    board.boots(&["1"]);
    assert_eq!(board.update().0, "True");
    board.reset();
    board.boots(&["2"]);
    drop(board);
    let boots = |faults| {
        let mut board = stand.start_with(faults);
        board.port.until_lost(&board.board, HELP);
        board
    };
    let points = at_every_operation(&stand.image(), Torn::Half, 1, boots, |point| {
        let mut board = stand.start();
        board.boots(&["1"]);
        assert_eq!(board.update().1, "refused: 2 did not confirm", "{point}");
    });
    eprintln!(
        "| {} | half | return | {points} | {points} | 0 | 0 | |",
        file_system.name()
    );
    assert!(points > 0);
}

#[rstest]
fn a_flash_that_fails_costs_the_update_and_not_the_version_that_runs(
    #[values(FileSystem::LittleFs, FileSystem::Fat)] file_system: FileSystem,
    #[values("full=0", "full=20", "eio=5", "eio=40", "lose=10", "protect=EROFS")] fault: &str,
) {
    let stand = Stand::new(file_system);
    stand.installed(&release("1", 1));
    stand.publish(&release("2", 2));
    let mut board = stand.start_with(fault.parse().unwrap());
    board.boots(&["1"]);
    let (found, why) = board.update();
    drop(board);
    let mut board = stand.start();
    let said = board.port.until(HELP);
    if found == "True" {
        // littlefs took another block for the one that failed.
        assert_eq!(runs(&said), Runs::New, "{why}: {said}");
        return;
    }
    assert_eq!(runs(&said), Runs::Old, "{why}: {said}");
    let (found, why) = board.update();
    assert_eq!(found, "True", "{why}");
    board.reset();
    board.boots(&["2"]);
}
