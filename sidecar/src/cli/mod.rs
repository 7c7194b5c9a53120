//! The terminal's door: arguments in, text or JSON lines out.
//! The only room that prints. What a board or a project is, the rooms below know.

mod args;
mod askpass;
mod by_ftp;
mod cat;
mod code;
mod console;
#[cfg(target_os = "linux")]
mod demo;
mod devices;
mod df;
mod diff;
mod doctor;
mod failure;
mod get;
mod host;
mod keys;
mod link;
mod login;
mod ls;
mod manual;
mod mkdir;
mod ota;
mod pack;
mod packages;
mod pull;
mod put;
mod reset;
mod rm;
mod screen;
mod secret;
mod spelling;
mod stop;
mod sync;
#[cfg(target_os = "linux")]
mod virtual_board;
mod watch;
mod write;

use std::process::ExitCode;

use clap::Parser;

use crate::base::redacted_address;
use crate::cli::args::Cli;
use crate::cli::args::Verb;
use crate::cli::failure::Failure;
use crate::cli::screen::Screen;
use crate::session::Exit;
use crate::session::served::Allowed;

/// Runs the command line of this process. `lsp` is the language server, which is another room's.
pub fn main(lsp: impl FnOnce(Allowed) -> ExitCode) -> ExitCode {
    if let Some(code) = askpass::run() {
        return code;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    if let Verb::Lsp(args) = cli.verb {
        return lsp(Allowed {
            boards: args.boards,
            read_only: args.read_only,
        });
    }
    let mut screen = Screen::new(cli.global.json);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        // Of the 512 that it would take, `ota serve` with many devices would take each for a moment, and keep its memory.
        .max_blocking_threads(32)
        .enable_all()
        .build();
    let done = match runtime {
        Ok(runtime) => {
            let done = runtime.block_on(run(cli, &mut screen));
            // A thread that still reads the terminal must not keep the process.
            runtime.shutdown_background();
            done
        }
        Err(error) => Err(Failure::io("starting", &error)),
    };
    match done {
        Ok(exit) => ExitCode::from(exit as u8),
        Err(failure) => {
            screen.failure(&failure.0);
            ExitCode::from(failure.0.exit as u8)
        }
    }
}

async fn run(cli: Cli, screen: &mut Screen) -> Result<Exit, Failure> {
    match cli.verb {
        Verb::Sync(args) => sync::run(&cli.global, args, screen).await,
        Verb::Pull(args) => pull::run(&cli.global, args, screen).await,
        Verb::Diff(args) => diff::run(&cli.global, args, screen).await,
        Verb::Devices(args) => devices::run(&cli.global, args, screen).await,
        Verb::Login(args) => login::login(&args, screen).await,
        Verb::Logout(args) => login::logout(&args, screen).await,
        Verb::Host(args) => host::run(args, screen).await,
        Verb::Ls(args) => ls::run(&cli.global, args, screen).await,
        Verb::Cat(args) => cat::run(&cli.global, args, screen).await,
        Verb::Get(args) => get::run(&cli.global, args, screen).await,
        Verb::Put(args) => put::run(&cli.global, args, screen).await,
        Verb::Rm(args) => rm::run(&cli.global, args, screen).await,
        Verb::Mkdir(args) => mkdir::run(&cli.global, args, screen).await,
        Verb::Df => df::run(&cli.global, screen).await,
        Verb::Run(args) => code::run(&cli.global, args, screen).await,
        Verb::Exec(args) => code::exec(&cli.global, args, screen).await,
        Verb::Eval(args) => code::eval(&cli.global, args, screen).await,
        Verb::Reset(args) => reset::run(&cli.global, args, screen).await,
        Verb::Pack(args) => pack::pack(&args, screen),
        Verb::Keygen(args) => pack::keygen(&args, screen),
        Verb::Write(args) => write::run(&cli.global, args, screen).await,
        Verb::Ota(args) => ota::run(&cli.global, *args, screen).await,
        Verb::Packages(args) => packages::run(&cli.global, args, screen).await,
        Verb::Completions(args) => Ok(manual::completions(&args, screen)),
        Verb::Man(args) => manual::man(&args, screen),
        #[cfg(target_os = "linux")]
        Verb::Demo => demo::run(screen).await,
        #[cfg(not(target_os = "linux"))]
        Verb::Demo => Err(crate::session::ConnectError::no_virtual_board().into()),
        #[cfg(target_os = "linux")]
        Verb::VirtualBoard(args) => virtual_board::run(cli.global.baud, *args, screen).await,
        Verb::Doctor(args) => doctor::run(&cli.global, args, screen).await,
        Verb::Watch(args) => watch::run(&cli.global, args, screen).await,
        Verb::Console(args) => console::run(&cli.global, args, screen).await,
        Verb::Lsp(_) => unreachable!("`main` does it"),
    }
}

/// What was typed is in the text of the error.
fn without_logins(error: &clap::Error) -> String {
    std::env::args().fold(error.to_string(), |text, arg| match redacted_address(&arg) {
        shown if shown == arg => text,
        shown => text.replace(&arg, &shown),
    })
}

/// Help and version are no errors. With `--json` a wrong command line is a JSON line, too.
fn usage(error: &clap::Error) -> ExitCode {
    if error.use_stderr() && std::env::args().any(|arg| arg == "--json") {
        let text = without_logins(error);
        let first = text
            .lines()
            .next()
            .unwrap_or_default()
            .trim_start_matches("error: ")
            .to_owned();
        Screen::new(true).failure(&Failure::usage(first, "boardside --help shows what there is").0);
        return ExitCode::from(Exit::Usage as u8);
    }
    let (text, shown) = (error.to_string(), without_logins(error));
    if text == shown {
        // A closed pipe is the reader's wish.
        error.print().unwrap_or_default();
    } else {
        // Without colours, then.
        Screen::new(false).warn(&shown);
    }
    ExitCode::from(if error.use_stderr() {
        Exit::Usage as u8
    } else {
        Exit::Done as u8
    })
}
