//! The `boardside` binary: parses the command line, runs it, and turns the result into an exit code.
//! No logic of its own: everything is in the library, where tests reach it.

fn main() -> std::process::ExitCode {
    // The command line and the language server do not know each other.
    boardside::cli::main(boardside::server::main)
}
