//! Programs that a live board runs, resets, and how it is taken and given back.
//! Syncs and the console are in `live`.

use std::fs;

use boardside::session::After;
use boardside::session::live::Done;
use boardside::session::live::Order;
use boardside::session::live::Told;
use boardside::session::live::Work;
use boardside::virtual_board::Profile;

use crate::boards::Port;
use crate::boards::fast;
use crate::boards::start;
use crate::desk::on_flash;
use crate::live::noise;
use crate::live::ticking;
use crate::living::Living;
use crate::living::TICKS;
use crate::living::folder;
use crate::living::path;
use crate::living::sync_of;

#[tokio::test]
async fn a_program_that_is_run_can_be_typed_to_and_interrupted() {
    let board = start(&fast());
    let mut live = Living::at(board.address());
    let run = |code: &str| Work::Run {
        code: code.to_owned(),
    };
    let (job, _) = live.begin(run("name = input('who? ')\nprint('hello', name)\n"));
    live.state("Running").await;
    live.shows("who? ").await;
    live.press("me\r");
    live.shows("hello me\r\n").await;
    assert!(matches!(live.done(job).await, Ok(Done::Ran(true))));
    live.shows(">>> ").await;
    // Its names are there.
    live.press("name\r");
    live.shows("'me'\r\n>>> ").await;

    let (job, _) = live.begin(run(TICKS));
    live.shows("tick 3").await;
    live.press("\u{3}");
    let trouble = live.done(job).await.unwrap_err();
    assert_eq!(trouble.explained.code, "python.raised");
    assert!(
        trouble.explained.message.ends_with("KeyboardInterrupt:"),
        "{:?}",
        trouble.explained
    );
    live.shows("KeyboardInterrupt:\r\n>>> ").await;

    let trouble = live.work(run("def f():\n    1 / 0\nf()\n")).await.unwrap_err();
    assert!(
        trouble.explained.message.starts_with("Traceback"),
        "{:?}",
        trouble.explained
    );
    live.shows("ZeroDivisionError: divide by zero\r\n>>> ").await;
    assert_eq!(live.code(run("print('\u{4}')")).await, "usage");
    let (job, cancel) = live.begin(run(TICKS));
    live.shows("tick 3").await;
    cancel.cancel();
    assert_eq!(live.done(job).await.unwrap_err().explained.code, "cancelled");
    live.press("n > 2\r");
    live.shows("True\r\n>>> ").await;
}

#[tokio::test]
async fn a_program_that_is_run_makes_way_for_a_sync_and_for_nothing_less() {
    let board = start(&fast());
    let mine = folder(&[("a.py", "A = 1\n")]);
    let mut live = Living::at(board.address());
    assert_eq!(live.list(None, false).await, Ok(vec![]));
    let (job, _) = live.begin(Work::Run {
        code: TICKS.to_owned(),
    });
    live.shows("tick 3").await;
    // What needs no board does not stop it.
    let done = live.work(Work::Connect).await;
    live.good(done);
    assert_eq!(live.list(None, false).await, Ok(vec![]));
    live.shows("tick ").await;
    let (sync, _) = live.begin(sync_of(mine.path(), After::None));
    assert!(matches!(live.done(job).await, Ok(Done::Ran(false))));
    let done = live.done(sync).await;
    live.good(done);
    live.press("n > 2\r");
    live.shows("True\r\n>>> ").await;
}

#[tokio::test]
async fn a_file_that_runs_after_a_sync_is_typed_to_and_makes_way() {
    let board = start(&fast());
    let mine = folder(&[("app.py", "print('hello', input('who? '))\n1 / 0\n")]);
    let after = || After::Run(path("/app.py"));
    let mut live = Living::at(board.address());
    let done = live.work(sync_of(mine.path(), after())).await;
    live.good(done);
    live.state("Running").await;
    live.shows("who? ").await;
    live.press("me\r");
    live.shows("hello me\r\n").await;
    live.shows("ZeroDivisionError: divide by zero\r\n>>> ").await;
    live.state("Connected").await;
    fs::write(mine.path().join("app.py"), TICKS).unwrap();
    let done = live.work(sync_of(mine.path(), after())).await;
    live.good(done);
    live.shows("tick 3").await;
    fs::write(mine.path().join("app.py"), "print('short')\n").unwrap();
    let done = live.work(sync_of(mine.path(), after())).await;
    live.good(done);
    live.shows("short\r\n").await;
    live.shows(">>> ").await;
    fs::write(mine.path().join("app.py"), TICKS).unwrap();
    let done = live.work(sync_of(mine.path(), after())).await;
    live.good(done);
    live.shows("tick 3").await;
    let done = live.work(Work::Disconnect).await;
    live.good(done);
    Port::open(&board).ask("1+1\r", "2\n>>> ");
}

#[tokio::test]
async fn resets_start_the_program_anew_and_a_doctor_looks_on() {
    let board = ticking();
    let mut live = Living::at(board.address());
    for work in [Work::SoftReset, Work::HardReset] {
        live.work(Work::Connect).await.unwrap();
        live.shows("tick 5").await;
        let done = live.work(work).await;
        live.good(done);
        live.shows("tick 0").await;
        live.shows("tick 5").await;
    }
    let done = live.work(Work::Doctor { fix: false }).await;
    let Done::Checks(checks) = live.good(done) else {
        panic!()
    };
    assert!(
        checks
            .iter()
            .any(|check| check.name == "program" && check.message.contains("stopped")),
        "{checks:?}"
    );
    live.shows("tick 0").await;
    assert_eq!(live.log.iter().filter(|line| *line == "Started").count(), 3);
}

#[tokio::test]
async fn a_port_that_another_program_holds_is_named() {
    let board = start(&fast());
    let mut first = Living::at(board.address());
    first.work(Work::Connect).await.unwrap();
    let mut second = Living::at(board.address());
    assert_eq!(second.code(Work::Connect).await, "wire.busy");
    assert!(
        second
            .log
            .iter()
            .any(|line| line.starts_with("State(Held(") && line.contains("wire.busy")),
        "{:?}",
        second.log
    );
    // It is free at once for the next one.
    first.finish().await;
    let done = second.work(Work::Connect).await;
    second.good(done);
    let mut nowhere = Living::at("/dev/ttyNOWHERE9");
    assert_eq!(nowhere.code(Work::Stop).await, "wire.not_found");
    assert!(
        nowhere.log.contains(&"State(Free)".to_owned()),
        "{:?}",
        nowhere.log
    );
}

#[tokio::test]
async fn the_end_cancels_what_works_and_frees_the_port() {
    let board = start(&fast());
    let mut live = Living::at(board.address());
    let (job, _) = live.begin(Work::Run {
        code: TICKS.to_owned(),
    });
    live.shows("tick 3").await;
    let told = live.finish().await;
    let ends: Vec<&String> = told.iter().filter(|line| line.starts_with("Done(")).collect();
    assert!(
        ends.len() == 1 && ends[0].contains(&format!("Done({job}")),
        "{ends:?}"
    );
    Port::open(&board).ask("1+1\r", "2\n>>> ");

    let board = start(&Profile::unix());
    let mine = folder(&[]);
    fs::write(mine.path().join("noise.bin"), noise()).unwrap();
    let mut live = Living::at(board.address());
    live.begin(sync_of(mine.path(), After::Restore));
    live.until("progress", |told| {
        matches!(told, Told::Progress(_, boardside::base::Stage::Sending { .. })).then_some(())
    })
    .await;
    live.begin(Work::Stop);
    let told = live.finish().await;
    let ends = told
        .iter()
        .filter(|line| line.starts_with("Done(") && line.contains("cancelled"));
    assert_eq!(ends.count(), 2, "{told:?}");
    Port::open(&board).ask("1+1\r", "2\n>>> ");
    assert!(on_flash(&board).is_empty());
}

#[tokio::test]
async fn two_live_boards_never_mix() {
    let boards = [start(&fast()), start(&fast())];
    let mut lives = boards.each_ref().map(|board| Living::at(board.address()));
    for (number, live) in lives.iter_mut().enumerate() {
        live.begin(Work::Run {
            code: format!("for i in range(200): print('board{number}', i)\n"),
        });
        live.board.order(Order::Keys(b"x".to_vec()));
    }
    for (number, live) in lives.iter_mut().enumerate() {
        let shown = live.shows(&format!("board{number} 199\r\n")).await;
        assert!(!shown.contains(&format!("board{}", 1 - number)), "{shown:?}");
        assert!(matches!(live.done(1).await, Ok(Done::Ran(true))));
    }
}
