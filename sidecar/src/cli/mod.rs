//! The terminal's door: arguments in, text or JSON lines out.
//! The only room that prints.

use std::process::ExitCode;

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    ExitCode::SUCCESS
}
