//! Questions about the files of a board that is kept open.
//! Its console and its jobs are in `live`.

use boardside::session::After;
use boardside::session::live::Ask;
use boardside::session::live::Told;
use boardside::session::live::Work;
use boardside::virtual_board::Profile;
use tokio::sync::oneshot;

use crate::boards::fast;
use crate::boards::start;
use crate::desk::on_flash;
use crate::desk::tree;
use crate::desk::with_files;
use crate::living::Living;
use crate::living::TICKS;
use crate::living::folder;
use crate::living::path;
use crate::living::sync_of;

#[tokio::test]
async fn files_are_listed_written_read_renamed_and_removed() {
    let board = start(&with_files(&[("/lib/a.py", "A = 1\n"), ("/b.txt", "b")]));
    let mut live = Living::at(board.address());
    assert_eq!(
        live.list(None, false).await,
        Ok(vec!["/b.txt".into(), "/lib".into()])
    );
    assert_eq!(live.list(Some("/lib"), false).await, Ok(vec!["/lib/a.py".into()]));
    assert_eq!(live.list(Some("/b.txt"), false).await, Err("board.not_folder"));
    assert_eq!(live.list(Some("/none"), true).await, Err("board.not_found"));
    assert_eq!(live.read("/lib/a.py").await, Ok("A = 1\n".into()));
    assert_eq!(live.read("/none.py").await, Err("board.not_found"));

    assert_eq!(live.write("/new/deep/c.txt", "see").await, Ok(()));
    live.until("changed files", |told| {
        matches!(told, Told::FilesChanged).then_some(())
    })
    .await;
    assert_eq!(
        live.list(Some("/new/deep"), false).await,
        Ok(vec!["/new/deep/c.txt".into()])
    );
    assert_eq!(live.write("/lib", "x").await, Err("board.in_the_way"));
    assert_eq!(live.rename("/b.txt", "/lib/b.txt").await, Ok(()));
    assert_eq!(live.rename("/new", "/old").await, Ok(()));
    for (from, to, expected) in [
        ("/lib/a.py", "/lib/b.txt", "board.in_the_way"),
        ("/lib/a.py", "/old", "board.in_the_way"),
        ("/lib", "/lib/lib", "board.in_the_way"),
        ("/none", "/some", "board.not_found"),
        ("/lib/a.py", "/none/a.py", "board.not_found"),
        ("/lib", "/.boardside/lib", "board.own"),
        ("/.boardside", "/mine", "board.own"),
    ] {
        assert_eq!(live.rename(from, to).await, Err(expected), "{from} {to}");
    }
    let folder = path("/one/two/three");
    let made = live.ask(|answer| Ask::MakeFolder { path: folder, answer }).await;
    assert_eq!(made, Ok(()));
    assert_eq!(live.list(Some("/one/two"), false).await.unwrap().len(), 1);
    for gone in ["/one", "/lib/a.py"] {
        let path = path(gone);
        assert_eq!(live.ask(|answer| Ask::Remove { path, answer }).await, Ok(()));
    }
    let expected = tree(&[("/lib/b.txt", "b"), ("/old/deep/c.txt", "see")]);
    assert_eq!(on_flash(&board), expected);
    // The prompt was never left.
    live.press("1+1\r");
    live.shows("2\r\n>>> ").await;
}

#[tokio::test]
async fn what_runs_is_started_again_after_a_file_was_written() {
    let board = start(&with_files(&[("/main.py", TICKS)]));
    let mut live = Living::at(board.address());
    live.work(Work::Connect).await.unwrap();
    live.shows("tick 3").await;
    assert_eq!(live.write("/a.txt", "a").await, Ok(()));
    live.shows("MPY: soft reboot\r\ntick 0\r\n").await;
    // From memory, without stopping it: what was listed once is known.
    assert_eq!(live.list(None, true).await.unwrap().len(), 2);
    live.shows("soft reboot").await;
    live.shows("tick 3").await;
    assert_eq!(live.list(None, false).await.unwrap().len(), 2);
    let shown = live.shows("tick 6").await;
    assert!(!shown.contains("reboot"), "{shown:?}");
}

#[tokio::test]
async fn who_does_not_wait_for_an_answer_cancels_it() {
    let board = start(&Profile {
        baud: Some(57_600),
        ..fast()
    });
    let mut live = Living::at(board.address());
    let (answer, answered) = oneshot::channel();
    live.board.order(boardside::session::live::Order::Ask(Ask::Write {
        path: path("/big.bin"),
        content: (0..40_000_u32)
            .flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes())
            .collect(),
        answer,
    }));
    live.state("Busy").await;
    drop(answered);
    live.state("Connected").await;
    assert!(on_flash(&board).is_empty());
    assert_eq!(live.list(None, true).await, Ok(vec![]));
}

#[tokio::test]
async fn a_microbit_is_synced_listed_and_typed_to() {
    let board = start(&Profile {
        baud: None,
        ..Profile::microbit()
    });
    let mine = folder(&[("main.py", "print('six', 6)\n")]);
    let mut live = Living::at(board.address());
    let done = live.work(sync_of(mine.path(), After::Reset)).await;
    live.good(done);
    live.shows("six 6\r\n").await;
    live.shows(">>> ").await;
    assert_eq!(live.list(None, true).await, Ok(vec!["/main.py".into()]));
    assert_eq!(live.rename("/main.py", "/six.py").await, Ok(()));
    assert_eq!(live.rename("/main.py", "/six.py").await, Err("board.not_found"));
    assert_eq!(live.read("/six.py").await, Ok("print('six', 6)\n".into()));
    live.press("1+1\r");
    live.shows("2\r\n>>> ").await;
}
