//! Runs other programs: quietly, with their last lines if they fail. Knows none of them.

use std::env;
use std::ffi::OsString;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

/// Of what a program that failed said, this many lines are shown.
const LAST_LINES: usize = 25;

/// The folder of the repository.
pub(crate) fn root() -> &'static Path {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here)
}

/// `cargo` with these arguments, in the repository.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut cargo = Command::new(env::var_os("CARGO").unwrap_or("cargo".into()));
    cargo.args(arguments).current_dir(root());
    cargo
}

/// A program of node, which on Windows is a script.
pub(crate) fn npm(arguments: &[&str], folder: &Path) -> Command {
    let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.args(arguments).current_dir(folder);
    npm
}

/// What a program said on stdout; an error with its last lines if it failed.
pub(crate) fn finish(command: &mut Command) -> Result<String, String> {
    let line = format!("{command:?}").replace('"', "");
    let output = command.output().map_err(|error| format!("{line}: {error}"))?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(said);
    }
    let errors = String::from_utf8_lossy(&output.stderr);
    let lines: Vec<&str> = said.lines().chain(errors.lines()).collect();
    let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
    Err(format!("{line}: {}\n{last}", output.status))
}

/// Runs a program that shows what it does.
pub(crate) fn show(command: &mut Command) -> Result<(), String> {
    let line = format!("{command:?}").replace('"', "");
    let status = command.status().map_err(|error| format!("{line}: {error}"))?;
    if status.success() {
        Ok(())
    } else {
        Err(format!("{line}: {status}"))
    }
}

/// Says on stderr how long something took.
pub(crate) fn timed<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let done = work();
    eprintln!("{what}: {:.1} s", start.elapsed().as_secs_f64());
    done
}

/// PATH with a folder in front of it.
#[cfg(target_os = "linux")]
pub(crate) fn path_with(folder: PathBuf) -> OsString {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder).chain(env::split_paths(&path));
    env::join_paths(folders).unwrap_or(path)
}

/// The first program of this name on PATH.
#[cfg(target_os = "linux")]
pub(crate) fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}
