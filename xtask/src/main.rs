//! Set-up, checks and measurements of this repository: `cargo xtask test`.
//! Not shipped, and no logic that a user's machine needs.
#![allow(clippy::print_stderr)] // stdout is for what the checks print, and for answers
#![allow(clippy::print_stdout)]

#[cfg(target_os = "linux")]
mod bench;
mod checks;
#[cfg(target_os = "linux")]
mod editor_client;
mod extension;
mod fuzz;
#[cfg(target_os = "linux")]
mod neovim;
#[cfg(target_os = "linux")]
mod noise;
#[cfg(target_os = "linux")]
mod process;
mod run;
mod setup;
#[cfg(target_os = "linux")]
mod soak;
#[cfg(target_os = "linux")]
mod torture;
#[cfg(target_os = "linux")]
mod vscode;

use std::env;
use std::process::Command;
use std::process::ExitCode;

use run::cargo;
use run::root;
use run::show;

const USAGE: &str = "cargo xtask setup     install what the tests need: two MicroPythons, mpremote, VS Code, two Neovims
cargo xtask test      setup, then every check; arguments go to `cargo test`
cargo xtask package   build the extension with the sidecar inside, for this system; prints the path of the .vsix
cargo xtask ui        the extension in a real VS Code; NAME: only tests with it; --pictures: draw those of the README
cargo xtask editors   the sidecar in two Neovims
cargo xtask picture   draw the README's picture anew, from a real run of `boardside demo`
cargo xtask fuzz      each target of fuzz/ for a minute; NAME: only these; --seconds N; --store: keep what is new
cargo xtask bench     Boardside, mpytool and mpremote side by side, about 20 minutes
                      --quick: once each, 115200 baud only; --runs N: each so often
                      --baud N, --line usb|heap-64K|microbit, --case NAME, --tool NAME: only these; may be repeated
                      --editor: `boardside lsp` instead, with an editor that saves
                      --readme: the README's tables and picture are made anew of this run
                      --add: what is not measured now stays as stored; --stored: measure nothing, show what is stored
                      --boardside FILE: this program, not the one of this repository
cargo xtask torture   one sync, its line cut at every byte, its program killed, its board without power at every write
                      --quick: few points of each row; --only line|kill|power|guard or more of a row's name; may be repeated
                      --every N: every so many points; --point N: only this one; --boardside FILE: this program
                      --only ota: boards that update themselves
cargo xtask noise     every verb over lines that lose, double and garble bytes: all of the matrix, about half an hour
                      --seeds N: each case so often; --only WORDS: only cases with all of these, as `Cat 1/100`
cargo xtask soak      an hour of random edits, syncs, cuts, resets on two boards; memory and flash must stay flat
                      --minutes N; --seed N: the same steps again; --boardside FILE: this program";

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let failed = match arguments.split_first() {
        Some((verb, [])) if verb == "setup" => setup::setup(),
        Some((verb, [])) if verb == "picture" => picture(),
        Some((verb, [])) if verb == "package" => package(),
        Some((verb, rest)) if verb == "test" => checks::test(rest),
        Some((verb, rest)) if verb == "fuzz" => fuzz::fuzz(rest),
        Some((verb, rest))
            if ["bench", "noise", "soak", "torture", "ui", "editors"].contains(&verb.as_str()) =>
        {
            on_linux(verb, rest)
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    for what in &failed {
        eprintln!("FAILED: {what}");
    }
    ExitCode::from(u8::from(!failed.is_empty()))
}

/// The path goes to stdout, for scripts.
fn package() -> Vec<String> {
    let done = extension::package().map(|vsix| println!("{}", vsix.display()));
    done.err().into_iter().collect()
}

/// The demo on a terminal, as it is and with its own times.
fn picture() -> Vec<String> {
    let mut failed = setup::setup(); // else the picture would show it
    let mut python = Command::new("python3");
    python
        .args([
            "xtask/picture.py",
            "fixtures/pictures/demo.svg",
            "target/release/boardside",
            "demo",
        ])
        .current_dir(root());
    for mut command in [cargo(&["build", "--release", "--quiet"]), python] {
        failed.extend(show(&mut command).err());
    }
    failed
}

/// What needs virtual boards.
fn on_linux(verb: &str, arguments: &[String]) -> Vec<String> {
    #[cfg(target_os = "linux")]
    let done = match verb {
        "bench" => bench::run(arguments, root()),
        "noise" => noise::run(arguments),
        "soak" => soak::run(arguments),
        "torture" => torture::run(arguments, root()),
        "ui" => vscode::ui(arguments),
        _ => neovim::editors(),
    };
    #[cfg(not(target_os = "linux"))]
    let done: Result<(), String> = Err(format!("{verb} {arguments:?}: virtual boards need Linux"));
    done.err().into_iter().collect()
}
