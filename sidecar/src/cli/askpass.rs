//! This program as ssh's helper for questions: prints the answer, or fails.
//! Who is asked, and how, is not known here.

use std::process::ExitCode;

use crate::cli::screen::Screen;
use crate::host::askpass;

/// `Some` if ssh started this program to ask something.
pub(super) fn run() -> Option<ExitCode> {
    let place = std::env::var(askpass::ASKPASS).ok()?;
    let prompt = std::env::args().nth(1).unwrap_or_default();
    Some(match askpass::ask(&place, &prompt) {
        Some(answer) => {
            Screen::new(false).say(&answer);
            ExitCode::SUCCESS
        }
        None => ExitCode::FAILURE,
    })
}
