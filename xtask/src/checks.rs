//! `cargo xtask test`: everything that must hold.
//! What each check is made of lies elsewhere.

use std::process::Command;
use std::process::Stdio;
use std::thread;

use crate::extension;
use crate::run::cargo;
use crate::run::show;
use crate::run::timed;
use crate::setup::setup;

/// Quick ones first.
const CHECKS: [&[&str]; 2] = [
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
];

/// Set-up and every check; answers what failed. Arguments go to `cargo test`.
pub(crate) fn test(arguments: &[String]) -> Vec<String> {
    // Downloads wait for the network, the build for the processor.
    let build = thread::spawn(|| {
        for mut cargo in [
            tests(&["--no-run", "--quiet"]),
            cargo(&["build", "--release", "--quiet"]),
        ] {
            // Its errors are shown by the checks.
            let _ = cargo.stdout(Stdio::null()).stderr(Stdio::null()).status();
        }
    });
    let mut failed = timed("setup", setup);
    let _ = build.join();
    for check in CHECKS {
        failed.extend(show(&mut cargo(check)).err());
    }
    failed.extend(timed("extension", extension::check).err());
    failed.extend(editors());
    // Last, so that its closing lines are the last on stdout.
    failed.extend(show(tests(&[]).args(arguments)).err());
    failed
}

fn tests(more: &[&str]) -> Command {
    let mut tests = cargo(&["test", "--workspace"]);
    // One after the other: each starts boards and programs of its own, and two at once have too little of a machine
    // with two cores for the limits that boards are given.
    tests.env("RUST_TEST_THREADS", "1");
    tests.args(more);
    tests
}

/// The sidecar in real editors and for two minutes in everything at random, on virtual boards. One after the other, as
/// the tests are.
#[cfg(target_os = "linux")]
fn editors() -> Vec<String> {
    let vscode = timed("UI tests", || crate::vscode::ui(&[]));
    let neovim = crate::neovim::editors();
    let soak = timed("soak", crate::soak::two_minutes);
    [vscode, neovim, soak]
        .into_iter()
        .filter_map(Result::err)
        .collect()
}

/// Elsewhere there are no virtual boards; the package must still come about.
#[cfg(not(target_os = "linux"))]
fn editors() -> Vec<String> {
    extension::package().err().into_iter().collect()
}
