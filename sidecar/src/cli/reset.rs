//! `boardside reset`: boot.py and main.py run again.

use clap::Args;
use serde_json::json;

use crate::base::Progress as _;
use crate::base::Stage;
use crate::board::BoardError;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::screen::Screen;
use crate::session::Connection;
use crate::session::Exit;
use crate::session::connect;

#[derive(Args, Clone, Debug)]
#[command(
    after_help = "Without --hard: a soft reset, which starts Python anew and leaves the chip, its clock and USB alone."
)]
pub(super) struct ResetArgs {
    /// As if the power had been cut: by machine.reset(), or by the port's control lines where the board does not
    /// answer and they reset it. A port on the board's own USB goes away for a moment
    #[arg(long)]
    hard: bool,
}

pub(super) async fn run(global: &Global, args: ResetArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let target = link::target_here(global);
    let mut connection = connect(&target, screen).await?;
    let entered = link::cancellable(connection.enter(target.force_boot, screen)).await?;
    screen.report(Stage::Finishing);
    let how = match (args.hard, entered) {
        (false, entered) => {
            entered?;
            connection.board.soft_reset().await?;
            "soft"
        }
        (true, Ok(())) => hard(&mut connection).await?,
        // A program that cannot be stopped is what a hard reset is for.
        (true, Err(error)) => by_lines(&mut connection, error).await?,
    };
    screen.finish();
    screen.event(&json!({"event": "reset", "how": how}));
    screen.say(match how {
        "soft" => "soft reset: boot.py and main.py run",
        "lines" => "reset by the port's control lines",
        _ => "reset by machine.reset()",
    });
    Ok(Exit::Done)
}

async fn hard(connection: &mut Connection) -> Result<&'static str, Failure> {
    if connection.board.hard_reset().await? {
        return Ok("machine");
    }
    let how = by_lines(connection, BoardError::NoReset).await;
    if how.is_err() {
        link::restore(&mut connection.board).await?;
    }
    how
}

async fn by_lines(connection: &mut Connection, otherwise: BoardError) -> Result<&'static str, Failure> {
    if connection.board.reset_by_lines().await? {
        Ok("lines")
    } else {
        Err(otherwise.into())
    }
}
