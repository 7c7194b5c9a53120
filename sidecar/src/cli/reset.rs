//! `boardside reset`: boot.py and main.py run again.

use clap::Args;
use serde_json::json;

use crate::base::Progress as _;
use crate::base::Stage;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::screen::Screen;
use crate::session::Exit;
use crate::session::Reset;
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
        // A program that cannot be stopped is what a hard reset is for.
        (true, entered) => match connection.hard_reset(entered).await? {
            Reset::Machine => "machine",
            Reset::Lines => "lines",
        },
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
