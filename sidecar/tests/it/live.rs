//! A board that is kept open: its console, its jobs, and what it lives through.
//! Questions about its files are in `live/files`, programs, resets and ends in `live/programs`.

use std::fs;

use boardside::session::After;
use boardside::session::live::Done;
use boardside::session::live::State;
use boardside::session::live::Told;
use boardside::session::live::Work;
use boardside::sync::plan::Sides;
use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;

use crate::boards::Port;
use crate::boards::fast;
use crate::boards::start;
use crate::desk::on_flash;
use crate::desk::tree;
use crate::desk::with_files;
use crate::living::Living;
use crate::living::TICKS;
use crate::living::folder;
use crate::living::overwriting;
use crate::living::path;
use crate::living::project;
use crate::living::sync_of;

mod files;
mod programs;

fn ticking() -> VirtualBoard {
    start(&with_files(&[("/main.py", TICKS)]))
}

/// 20 kB that cannot be made smaller: seconds at 115200 baud, time enough for something to happen meanwhile.
fn noise() -> Vec<u8> {
    let mut state = 1_u64;
    let next = std::iter::repeat_with(|| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    });
    next.take(20_000).collect()
}

#[tokio::test]
async fn attaching_does_not_stop_the_program() {
    let board = ticking();
    let boots = board.status().boots;
    let mut live = Living::at(board.address());
    let done = live.work(Work::Connect).await;
    live.good(done);
    live.shows("tick ").await;
    let heard = live.shows("\n").await;
    let number: u32 = heard.trim().parse().unwrap();
    live.shows(&format!("tick {}\r\n", number + 5)).await;
    assert_eq!(board.status().boots, boots);
    // Nor does leaving it.
    let done = live.work(Work::Disconnect).await;
    live.good(done);
    assert!(live.log.contains(&"State(Free)".to_owned()), "{:?}", live.log);
    Port::open(&board).until(&format!("tick {}", number + 10));
}

#[tokio::test]
async fn what_is_typed_is_answered_and_ctrl_c_stops_a_loop() {
    let board = start(&fast());
    let mut live = Living::at(board.address());
    // Keys open the board.
    live.press("\r");
    live.shows(">>> ").await;
    live.press("1+1\r");
    live.shows("1+1\r\n2\r\n>>> ").await;
    live.press("import time\rwhile True: print('again'); time.sleep(0.05)\r\r");
    live.shows("again\nagain").await;
    live.state("Running").await;
    live.press("\u{3}");
    live.shows("KeyboardInterrupt").await;
    live.shows(">>> ").await;
    live.state("Connected").await;
}

#[tokio::test]
async fn a_change_runs_after_a_sync_and_the_console_shows_it() {
    let board = start(&fast());
    let mine = folder(&[("main.py", "print('version', 1)\n")]);
    let mut live = Living::at(board.address());
    for version in 1..=2 {
        fs::write(
            mine.path().join("main.py"),
            format!("print('version', {version})\n"),
        )
        .unwrap();
        let (job, _) = live.begin(sync_of(mine.path(), After::Reset));
        live.until("sending", |told| matches!(told, Told::Progress(..)).then_some(()))
            .await;
        let done = live.done(job).await;
        assert!(matches!(live.good(done), Done::Synced { traffic, .. } if traffic.0 > 100));
        let shown = live.shows(">>> ").await;
        let expected = format!("\nMPY: soft reboot\nversion {version}\nMicroPython");
        assert!(shown.starts_with(&expected), "{shown:?}");
    }
    let notes = |what: &str| live.log.iter().filter(|line| line.contains(what)).count();
    assert_eq!(notes("synced: 1 updated, 0."), 1, "{:?}", live.log);
    assert_eq!(notes("Started"), 2);
    assert!(notes("facts linux Stream") >= 1, "{:?}", live.log);
}

#[tokio::test]
async fn a_sync_leaves_a_prompt_that_works_and_what_ran_runs_again() {
    let board = start(&fast());
    let mine = folder(&[("lib/a.py", "A = 1\n")]);
    let mut live = Living::at(board.address());
    // What is typed during a job waits for its end.
    let (job, _) = live.begin(sync_of(mine.path(), After::Restore));
    live.press("import lib.a\rlib.a.A\r");
    let done = live.done(job).await;
    live.good(done);
    live.shows("\r\n>>> ").await;
    live.shows("\r\n1\r\n>>> ").await;
    // A sync of nothing says nothing.
    let log = live.log.len();
    let done = live.work(sync_of(mine.path(), After::Restore)).await;
    live.good(done);
    assert!(
        !live.log[log..]
            .iter()
            .any(|line| line.contains("heard") || line.contains("Note")),
        "{:?}",
        live.log
    );
    // Half a line is not carried out.
    live.press("import no_such_thing");
    live.shows("no_such_thing").await;
    let done = live.work(sync_of(mine.path(), After::Restore)).await;
    live.good(done);
    let shown = live.shows(">>> ").await;
    assert!(!shown.contains("Error"), "{shown:?}");

    fs::write(mine.path().join("main.py"), TICKS).unwrap();
    live.work(Work::SoftReset).await.unwrap();
    live.shows(">>> ").await;
    let done = live.work(sync_of(mine.path(), After::Restore)).await;
    live.good(done);
    live.shows("tick 3").await;
    // A program that crashed runs again, one that was stopped by hand does not.
    fs::write(mine.path().join("main.py"), "print('crash', 1 / 0)\n").unwrap();
    let done = live.work(sync_of(mine.path(), After::Restore)).await;
    live.good(done);
    live.shows("ZeroDivisionError").await;
    live.shows(">>> ").await;
    fs::write(mine.path().join("main.py"), TICKS).unwrap();
    let done = live.work(sync_of(mine.path(), After::Restore)).await;
    live.good(done);
    live.shows("tick 3").await;
    let done = live.work(Work::Stop).await;
    live.good(done);
    live.shows(">>> ").await;
    fs::write(mine.path().join("main.py"), "print('not now')\n").unwrap();
    let log = live.log.len();
    let done = live.work(sync_of(mine.path(), After::Restore)).await;
    live.good(done);
    assert!(!live.log[log..].contains(&"Started".to_owned()), "{:?}", live.log);
}

#[tokio::test]
async fn nothing_of_the_conversation_is_on_the_console() {
    let board = ticking();
    let mine = folder(&[("main.py", TICKS), ("b.py", "x = 1\n")]);
    let mut live = Living::at(board.address());
    live.work(Work::Connect).await.unwrap();
    live.shows("tick 2").await;
    let done = live.work(sync_of(mine.path(), After::Restore)).await;
    live.good(done);
    let shown = live.shows("soft reboot\r\ntick 0\r\n").await;
    for bad in ["raw REPL", "KeyboardInterrupt", "\u{1}", "\u{2}", "\u{4}", ">>> "] {
        assert!(!shown.contains(bad), "{bad:?} in {shown:?}");
    }
}

#[tokio::test]
async fn the_console_survives_a_pulled_cable() {
    let mut board = ticking();
    let mut live = Living::at(board.address());
    live.work(Work::Connect).await.unwrap();
    live.shows("tick 3").await;
    board.unplug().unwrap();
    let away = live.state("Away").await;
    assert!(
        matches!(&away, State::Away(why) if why.code == "wire.gone"),
        "{away:?}"
    );
    live.note("board gone, waiting for it to come back").await;
    assert_eq!(live.code(Work::Stop).await, "wire.gone");
    assert_eq!(live.list(None, true).await, Err("wire.gone"));
    // Who wants it open waits for it.
    let (job, _) = live.begin(Work::Connect);
    board.replug().unwrap();
    let done = live.done(job).await;
    live.good(done);
    assert!(
        live.log.contains(&"Note(\"board is back\")".to_owned()),
        "{:?}",
        live.log
    );
    live.shows("tick ").await;
    board.unplug().unwrap();
    live.state("Away").await;
    live.work(Work::Disconnect).await.unwrap();
    assert!(live.log.contains(&"State(Free)".to_owned()), "{:?}", live.log);
}

#[tokio::test]
async fn a_cable_that_is_pulled_in_a_sync_ends_the_job_before_it_is_waited_for() {
    let mut board = start(&Profile::unix());
    let mine = folder(&[]);
    fs::write(mine.path().join("noise.bin"), noise()).unwrap();
    let mut live = Living::at(board.address());
    let (job, _) = live.begin(sync_of(mine.path(), After::Restore));
    live.until("progress", |told| {
        matches!(told, Told::Progress(_, boardside::base::Stage::Sending { .. })).then_some(())
    })
    .await;
    board.unplug().unwrap();
    let trouble = live.done(job).await.unwrap_err();
    assert_eq!(trouble.explained.code, "wire.gone");
    live.state("Away").await;
    board.replug().unwrap();
    live.note("board is back").await;
    let done = live.work(sync_of(mine.path(), After::Restore)).await;
    live.good(done);
    assert_eq!(board.files().unwrap()["/noise.bin"], noise());
}

#[tokio::test]
async fn a_cancelled_sync_leaves_the_old_project_and_a_job_that_waits_ends_at_once() {
    let board = start(&Profile {
        files: [("/main.py".to_owned(), TICKS.as_bytes().to_vec())].into(),
        ..Profile::unix()
    });
    let before = board.files().unwrap();
    let mine = folder(&[("main.py", TICKS)]);
    fs::write(mine.path().join("noise.bin"), noise()).unwrap();
    let mut live = Living::at(board.address());
    let (job, cancel) = live.begin(sync_of(mine.path(), After::Restore));
    live.until("progress", |told| {
        matches!(told, Told::Progress(_, boardside::base::Stage::Sending { .. })).then_some(())
    })
    .await;
    let (waiting, early) = live.begin(sync_of(mine.path(), After::Restore));
    early.cancel();
    let trouble = live.done(waiting).await.unwrap_err();
    assert_eq!(trouble.explained.code, "cancelled");
    cancel.cancel();
    let trouble = live.done(job).await.unwrap_err();
    assert_eq!(trouble.explained.code, "cancelled");
    // What ran runs again.
    live.shows("soft reboot").await;
    live.shows("tick 3").await;
    let mut after = board.files().unwrap();
    after.retain(|name, _| !name.starts_with("/.boardside"));
    assert_eq!(after, before);
}

#[tokio::test]
async fn a_conflict_is_told_with_its_files_and_can_be_overwritten_and_planned() {
    let board = start(&with_files(&[("/data.txt", "the board's"), ("/lib", "a file")]));
    let mine = folder(&[("data.txt", "mine"), ("b.py", "x = 1\n")]);
    let mut live = Living::at(board.address());
    let trouble = live.work(sync_of(mine.path(), After::Restore)).await.unwrap_err();
    assert_eq!(trouble.explained.code, "sync.conflict");
    let told = "exists on the board, not put there by Boardside".to_owned();
    assert_eq!(trouble.conflicts, [(path("/data.txt"), told, true)]);
    let (goal, scan) = project(mine.path(), After::Restore);
    let compared = live.work(Work::Compare { goal, scan }).await.unwrap();
    let Done::Compared(sides) = compared else {
        panic!("{compared:?}")
    };
    assert_eq!(
        sides[&path("/data.txt")],
        Sides::Differ {
            board: 11,
            project: 4
        }
    );

    let (goal, scan) = project(mine.path(), After::Restore);
    let pull = |overwrite| Work::Pull {
        goal: goal.clone(),
        scan: scan.clone(),
        overwrite,
    };
    let trouble = live.work(pull(false)).await.unwrap_err();
    assert_eq!(trouble.explained.code, "pull.conflict");
    assert_eq!(
        trouble.conflicts,
        [(path("/data.txt"), "differs from the project's".to_owned(), true)]
    );
    let Work::Sync { goal, scan, .. } = sync_of(mine.path(), After::Restore) else {
        unreachable!()
    };
    let planned = live.work(Work::Sync {
        goal,
        scan,
        conflict: None,
        dry_run: true,
    });
    let planned = planned.await.unwrap();
    assert!(
        matches!(&planned, Done::Planned(plan) if plan.conflicts.len() == 1 && plan.steps.len() == 1),
        "{planned:?}"
    );
    let done = live.work(overwriting(sync_of(mine.path(), After::Restore))).await;
    live.good(done);
    let expected = tree(&[("/data.txt", "mine"), ("/b.py", "x = 1\n"), ("/lib", "a file")]);
    assert_eq!(on_flash(&board), expected);
    let done = live.work(pull(true)).await.unwrap();
    assert!(
        matches!(
            done,
            Done::Pulled {
                added: 1,
                updated: 0,
                unchanged: 2,
                only_project: 0
            }
        ),
        "{done:?}"
    );
    assert_eq!(fs::read_to_string(mine.path().join("lib")).unwrap(), "a file");
}
