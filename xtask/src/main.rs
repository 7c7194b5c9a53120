//! Set-up, checks and measurements of this repository: `cargo xtask test`.
//! Not shipped, and no logic that a user's machine needs.
#![allow(clippy::print_stderr)] // stdout is for what the checks print

#[cfg(target_os = "linux")]
mod bench;

use std::env;
use std::path::Path;
use std::process::Command;
use std::process::ExitCode;
use std::process::Stdio;
use std::thread;

const USAGE: &str = "cargo xtask setup     install what the tests need: two MicroPythons and mpremote
cargo xtask test      setup, then every check; arguments go to `cargo test`
cargo xtask picture   draw the README's picture anew, from a real run of `boardside demo`
cargo xtask bench     Boardside, mpremote and mpytool side by side; --quick: once each, --baud N: another speed,
                      --editor: `boardside lsp` instead, with an editor that saves";

/// Quick ones first; `cargo test` last, so that its closing lines are the last on stdout.
const CHECKS: [&[&str]; 3] = [
    &["fmt", "--all", "--check"],
    &[
        "clippy",
        "--quiet",
        "--workspace",
        "--all-targets",
        "--",
        "-D",
        "warnings",
    ],
    &["test", "--workspace"],
];

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let failed = match arguments.split_first() {
        Some((verb, [])) if verb == "setup" => setup(),
        Some((verb, [])) if verb == "picture" => picture(),
        Some((verb, rest)) if verb == "test" => test(rest),
        Some((verb, rest)) if verb == "bench" => bench(rest),
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

/// Installs, and says what and why; answers what failed.
fn setup() -> Vec<String> {
    #[cfg(target_os = "linux")]
    {
        use boardside::virtual_board::Firmware;
        use boardside::virtual_board::Kind;
        use boardside::virtual_board::Tools;

        let target = root().join("target");
        let tell = &mut |line: &str| eprintln!("setup: {line}");
        let failed = [
            Firmware::install(Kind::Unix, &target, tell).err(),
            Firmware::install(Kind::Microbit, &target, tell).err(),
            Tools::install(&target.join("tools"), tell).err(),
        ];
        failed
            .into_iter()
            .flatten()
            .map(|error| error.to_string())
            .collect()
    }
    #[cfg(not(target_os = "linux"))]
    {
        eprintln!("setup: nothing to install: virtual boards need a unix system");
        Vec::new()
    }
}

fn test(arguments: &[String]) -> Vec<String> {
    // Downloads wait for the network, the build for the processor.
    let build = thread::spawn(|| {
        let mut cargo = cargo(&["test", "--workspace", "--no-run", "--quiet"]);
        cargo.stdout(Stdio::null()).stderr(Stdio::null()).status() // its errors are shown by the checks
    });
    let mut failed = setup();
    let _ = build.join();
    for check in CHECKS {
        let mut cargo = cargo(check);
        if check[0] == "test" {
            cargo.args(arguments);
        }
        if !cargo.status().is_ok_and(|status| status.success()) {
            failed.push(format!("cargo {}", check.join(" ")));
        }
    }
    failed
}

/// The demo on a terminal, as it is and with its own times.
fn picture() -> Vec<String> {
    let mut failed = setup(); // else the picture would show it
    let build = cargo(&["build", "--release", "--quiet"]);
    let mut python = Command::new("python3");
    python
        .args([
            "xtask/picture.py",
            "fixtures/pictures/demo.svg",
            "target/release/boardside",
            "demo",
        ])
        .current_dir(root());
    for (what, mut command) in [("cargo build --release", build), ("xtask/picture.py", python)] {
        if !command.status().is_ok_and(|status| status.success()) {
            failed.push(what.to_owned());
        }
    }
    failed
}

/// Three tools on the same virtual board; the table goes to stdout.
fn bench(arguments: &[String]) -> Vec<String> {
    #[cfg(target_os = "linux")]
    let done = bench::run(arguments, root());
    #[cfg(not(target_os = "linux"))]
    let done: Result<(), String> = Err(format!("bench {arguments:?}: virtual boards need Linux"));
    done.err().into_iter().collect()
}

fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.args(arguments).current_dir(root());
    cargo
}

fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}
