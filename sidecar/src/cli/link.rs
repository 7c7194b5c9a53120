//! `Link`: the board that the command line means, opened and at its prompt, and left usable at the end.
//! How a board is found and entered is `session`'s business.

use std::future::Future;
use std::path::Path;

use crate::board::Board;
use crate::board::BoardError;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::screen::Screen;
use crate::cli::stop::Stop;
use crate::session::Connection;
use crate::session::Exit;
use crate::session::Explain;
use crate::session::Files;
use crate::session::Options;
use crate::session::Target;
use crate::session::by_ftp;
use crate::session::connect;
use crate::session::load;

/// The board that the command line means. `preferred` is what the settings say, where there are any.
pub(super) fn target(global: &Global, preferred: Option<(Option<&str>, u32)>) -> Target {
    let (device, baud) = preferred.unwrap_or((None, 115_200));
    Target {
        device: global.device.clone().or(device.map(str::to_owned)),
        baud: global.baud.unwrap_or(baud),
        force_boot: global.force_boot,
    }
}

/// The board that the command line means, for verbs without a project: the settings of this folder count, if it has
/// any that can be read.
pub(super) fn target_here(global: &Global) -> Target {
    let options = load(Path::new(".")).map_or_else(|_| Options::default(), |loaded| loaded.options);
    let baud = options.baud.unwrap_or(115_200);
    target(global, Some((options.device.as_deref(), baud)))
}

/// Opens the board and gets its attention.
pub(super) async fn enter(target: &Target, screen: &mut Screen) -> Result<Connection, Failure> {
    let mut connection = connect(target, screen).await?;
    let entered = connection.enter(target.force_boot, screen);
    cancellable(entered).await??;
    found_fast(&connection, screen);
    Ok(connection)
}

/// Says that a sync that was cut short had left the line fast.
pub(super) fn found_fast(connection: &Connection, screen: &mut Screen) {
    if let Some(text) = connection.found_fast() {
        screen.warn(&text);
    }
}

/// Until it is done, or the user presses Ctrl-C, or the system ends this process.
pub(super) async fn cancellable<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let mut stop = Stop::new()?;
    tokio::select! {
        done = work => Ok(done),
        () = stop.asked() => Err(Failure::cancelled("cancelled")),
    }
}

/// One failure, whether the work failed or the user ended it.
pub(super) fn flat<T, E: Explain>(done: Result<Result<T, E>, Failure>) -> Result<T, Failure> {
    Ok(done??)
}

/// Ends a verb: the board is left at its friendly prompt, or runs again what was stopped; the first error counts.
pub(super) async fn leave<T>(board: &mut Board, done: Result<T, Failure>) -> Result<T, Failure> {
    let left = board.restore().await;
    let done = done?;
    left?;
    Ok(done)
}

/// Opens the board, works on its files and leaves it usable: what an earlier sync left unfinished is settled first;
/// after an error or Ctrl-C the board is brought back to its prompt, and what was only staged goes.
pub(super) async fn with_board<T, E>(
    target: &Target,
    screen: &mut Screen,
    work: impl AsyncFnOnce(&mut Connection, &mut Screen) -> Result<T, E>,
) -> Result<T, Failure>
where
    Failure: From<E>,
{
    let mut connection = enter(target, screen).await?;
    let whole = async {
        let board = &mut connection.board;
        if let Some(error) = board.settle().await? {
            screen.warn(&format!("an earlier sync cannot be finished: {error}"));
        }
        Ok::<T, Failure>(work(&mut connection, screen).await?)
    };
    let done = cancellable(whole).await.and_then(|done| done);
    let board = &mut connection.board;
    if let Err(failure) = &done
        && failure.0.code != "wire.gone"
        && board.resync().await.is_ok()
    {
        // The first error is the one to tell.
        board.recover().await.map(drop).unwrap_or_default();
    }
    screen.finish();
    leave(board, done).await
}

/// As `with_board`, and also where there is no REPL but an FTP server.
pub(super) async fn with_files<T, E>(
    target: &Target,
    screen: &mut Screen,
    work: impl AsyncFnOnce(&mut Files<'_>, &mut Screen) -> Result<T, E>,
) -> Result<T, Failure>
where
    Failure: From<E>,
{
    if let Some(ftp) = cancellable(by_ftp(target, screen)).await?? {
        let mut files = Files::Ftp(Box::new(ftp));
        let done = cancellable(work(&mut files, screen)).await;
        screen.finish();
        return Ok(done??);
    }
    with_board(target, screen, async |connection, screen| {
        work(&mut Files::Board(connection), screen).await
    })
    .await
}

/// A user's program ended, raised, or was stopped by Ctrl-C; the board is left at its prompt.
pub(super) async fn end_of_program(
    board: &mut Board,
    ended: Result<Result<(), BoardError>, Failure>,
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    match ended {
        Ok(Ok(())) => {
            board.leave().await?;
            Ok(Exit::Done)
        }
        Ok(Err(error)) => match error.traceback() {
            Some(text) => {
                screen.traceback(text);
                board.leave().await?;
                Ok(Exit::Failed)
            }
            None => Err(error.into()),
        },
        Err(cancelled) => {
            board.resync().await?;
            board.leave().await?;
            Err(cancelled)
        }
    }
}
