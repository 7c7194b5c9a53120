//! `cargo xtask fuzz`: every target of `fuzz/` for a while, and what came of it as a table and as JSON.
//! What the targets look at is in `sidecar/src/fuzzing/`; `cargo test` replays what is stored, without this.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use serde_json::Value;
use serde_json::json;

use crate::run::cargo;
use crate::run::finish;
use crate::run::root;
use crate::run::show;

const VERSION: &str = "0.13.2";
/// Each target, where nothing else is said.
const SECONDS: u32 = 60;
/// Longer inputs find nothing that shorter ones do not, and would not fit into the stored corpus.
const LONGEST: &str = "-max_len=4096";
/// An input that takes longer has found something.
const TIMEOUT: &str = "-timeout=20";
/// So long a finding is made smaller.
const SMALLER_SECONDS: u32 = 20;

struct Options {
    targets: Vec<String>,
    seconds: u32,
    /// New inputs that reach something new go into `fuzz/corpus/`.
    store: bool,
}

/// One target's run.
struct Ran {
    target: String,
    executions: u64,
    /// Edges that were reached.
    coverage: u64,
    inputs: u64,
    /// The input that it fell over, and what it said.
    finding: Option<(PathBuf, String)>,
}

/// Answers what failed: findings by the file that shows them.
pub(crate) fn fuzz(arguments: &[String]) -> Vec<String> {
    match options(arguments).and_then(|options| run(&options)) {
        Ok(findings) => findings,
        Err(why) => vec![why],
    }
}

fn options(arguments: &[String]) -> Result<Options, String> {
    let mut options = Options {
        targets: Vec::new(),
        seconds: SECONDS,
        store: false,
    };
    let known = targets()?;
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--seconds" => {
                let number = arguments.next().and_then(|text| text.parse().ok());
                options.seconds = number.filter(|n| *n > 0).ok_or("--seconds wants a number")?;
            }
            "--store" => options.store = true,
            name if known.iter().any(|known| known == name) => options.targets.push(name.to_owned()),
            other => return Err(format!("`{other}` is no target: {}", known.join(", "))),
        }
    }
    if options.targets.is_empty() {
        options.targets = known;
    }
    Ok(options)
}

fn targets() -> Result<Vec<String>, String> {
    let folder = root().join("fuzz/fuzz_targets");
    let entries = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let stem = |entry: fs::DirEntry| Some(entry.path().file_stem()?.to_str()?.to_owned());
    let mut names: Vec<String> = entries.flatten().filter_map(stem).collect();
    names.sort();
    Ok(names)
}

fn run(options: &Options) -> Result<Vec<String>, String> {
    install()?;
    show(tool("build").args(FLAGS))?;
    let mut all = Vec::new();
    for target in &options.targets {
        eprintln!("{target}: {} s", options.seconds);
        let mut ran = one(target, options.seconds)?;
        if let Some((path, _)) = &mut ran.finding {
            *path = smaller(target, path);
        } else if options.store {
            store(target)?;
        }
        all.push(ran);
    }
    let report = root().join("target/fuzz/report.json");
    let text = serde_json::to_string_pretty(&as_json(&all, options.seconds));
    let text = text.map_err(|error| error.to_string())?;
    fs::write(&report, text).map_err(|error| format!("{}: {error}", report.display()))?;
    print!("{}", table(&all));
    eprintln!("the same as JSON: {}", report.display());
    let finding = |ran: Ran| {
        let (path, said) = ran.finding?;
        Some(format!("{}: {said}\n  {}", ran.target, path.display()))
    };
    Ok(all.into_iter().filter_map(finding).collect())
}

/// Stable Rust has the coverage, and not the sanitizers; there is no `unsafe` to look at.
const FLAGS: [&str; 4] = ["--sanitizer", "none", "--target-dir", "target/fuzz"];

fn home() -> PathBuf {
    root().join("target/tools")
}

fn tool(verb: &str) -> Command {
    let mut tool = Command::new(home().join("bin/cargo-fuzz"));
    // CARGO_TARGET_DIR is for the other builds; this one has flags of its own.
    tool.arg(verb).current_dir(root()).env_remove("CARGO_TARGET_DIR");
    tool
}

fn install() -> Result<(), String> {
    let is_there = tool("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if is_there.is_ok_and(|status| status.success()) {
        return Ok(());
    }
    eprintln!("setup: installing cargo-fuzz {VERSION} into {}", home().display());
    let home = home().to_string_lossy().into_owned();
    let target = root().join("target/fuzz/install").to_string_lossy().into_owned();
    let what = [
        "install",
        "cargo-fuzz",
        "--locked",
        "--quiet",
        "--version",
        VERSION,
    ];
    let mut install = cargo(&what);
    show(install.args(["--root", &home, "--target-dir", &target]))
}

fn one(target: &str, seconds: u32) -> Result<Ran, String> {
    let found = found(target);
    fs::create_dir_all(&found).map_err(|error| format!("{}: {error}", found.display()))?;
    let mut fuzzer = tool("run");
    fuzzer
        .args(FLAGS)
        .arg(target)
        .arg(&found)
        .arg(stored(target))
        .args([
            "--",
            &format!("-max_total_time={seconds}"),
            LONGEST,
            TIMEOUT,
            "-print_final_stats=1",
        ]);
    let output = fuzzer.output().map_err(|error| format!("cargo fuzz: {error}"))?;
    let log = String::from_utf8_lossy(&output.stderr);
    let ran = read(target, &log);
    if !output.status.success() && ran.finding.is_none() {
        let last: Vec<&str> = log.lines().rev().take(10).collect();
        return Err(format!("{target}: {}\n{}", output.status, last.join("\n")));
    }
    Ok(ran)
}

/// What libFuzzer said at its end.
fn read(target: &str, log: &str) -> Ran {
    let number = |line: &str, before: &str| -> Option<u64> {
        let rest = line.split_once(before)?.1.trim_start();
        rest.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
    };
    let last = |before: &str| {
        log.lines()
            .rev()
            .find_map(|line| number(line, before))
            .unwrap_or(0)
    };
    let path = log
        .lines()
        .find_map(|line| line.split_once("Test unit written to "));
    let path = path.map(|(_, path)| root().join(path.trim()));
    let mut lines = log.lines().skip_while(|line| !line.contains("panicked at"));
    let said = lines.next().map(|at| {
        let why = lines.next().unwrap_or_default();
        format!("{} {why}", at.trim_start_matches("thread ").trim())
    });
    let said = said.or_else(|| {
        log.lines()
            .find(|line| line.contains("ERROR: libFuzzer"))
            .map(str::to_owned)
    });
    Ran {
        target: target.to_owned(),
        executions: last("stat::number_of_executed_units:"),
        coverage: last("cov:"),
        inputs: last("corp:"),
        finding: path.map(|path| (path, said.unwrap_or_default())),
    }
}

/// The same finding with fewer bytes, if that succeeds.
fn smaller(target: &str, path: &Path) -> PathBuf {
    let mut tmin = tool("tmin");
    tmin.args(FLAGS).args(["--runs", "100000"]).arg(target).arg(path);
    tmin.args(["--", &format!("-max_total_time={SMALLER_SECONDS}")]);
    let output = tmin.output();
    let log = output.map_or_else(
        |_| String::new(),
        |output| String::from_utf8_lossy(&output.stderr).into_owned(),
    );
    let mut written = log
        .lines()
        .filter_map(|line| line.split_once("written to ").map(|(_, path)| path));
    let smallest = written
        .next_back()
        .map(|path| root().join(path.trim().trim_end_matches('.')));
    smallest
        .filter(|path| path.is_file())
        .unwrap_or_else(|| path.to_owned())
}

/// Takes over what reaches something that the stored inputs do not.
fn store(target: &str) -> Result<(), String> {
    let mut fuzzer = tool("run");
    fuzzer
        .args(FLAGS)
        .arg(target)
        .arg(stored(target))
        .arg(found(target));
    finish(fuzzer.args(["--", "-merge=1", LONGEST])).map(drop)
}

fn stored(target: &str) -> PathBuf {
    root().join("fuzz/corpus").join(target)
}

/// What the fuzzer found worth to go on from, also the next time.
fn found(target: &str) -> PathBuf {
    root().join("target/fuzz/found").join(target)
}

fn as_json(all: &[Ran], seconds: u32) -> Value {
    let row = |ran: &Ran| {
        let finding = ran
            .finding
            .as_ref()
            .map(|(path, said)| json!({"input": path, "said": said}));
        json!({
            "target": ran.target,
            "seconds": seconds,
            "executions": ran.executions,
            "coverage": ran.coverage,
            "inputs": ran.inputs,
            "finding": finding,
        })
    };
    json!(all.iter().map(row).collect::<Vec<_>>())
}

fn table(all: &[Ran]) -> String {
    let mut text = String::from(
        "| target | executions | coverage (edges) | inputs | findings |\n|---|---:|---:|---:|---|\n",
    );
    for ran in all {
        let finding = ran.finding.as_ref();
        let finding = finding.map_or_else(|| "none".to_owned(), |(path, _)| path.display().to_string());
        text += &format!(
            "| `{}` | {} | {} | {} | {finding} |\n",
            ran.target, ran.executions, ran.coverage, ran.inputs
        );
    }
    let executions: u64 = all.iter().map(|ran| ran.executions).sum();
    let findings = all.iter().filter(|ran| ran.finding.is_some()).count();
    text + &format!("| all | {executions} | | | {findings} |\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_says_how_much_was_done_and_what_was_found() {
        let log = "#2\tINITED cov: 120 ft: 500 corp: 11/900b exec/s: 0 rss: 50Mb\n\
                   #900\tNEW    cov: 130 ft: 520 corp: 12/950b exec/s: 0 rss: 50Mb\n\
                   thread '<unnamed>' (7) panicked at src/x.rs:3:5:\nassertion failed\n\
                   artifact_prefix='fuzz/artifacts/x/'; Test unit written to fuzz/artifacts/x/crash-1\n\
                   stat::number_of_executed_units: 912\n";
        let ran = read("x", log);
        assert_eq!((ran.executions, ran.coverage, ran.inputs), (912, 130, 12));
        let (path, said) = ran.finding.unwrap();
        assert!(path.ends_with("fuzz/artifacts/x/crash-1"), "{}", path.display());
        assert!(
            said.contains("src/x.rs:3:5") && said.ends_with("assertion failed"),
            "{said}"
        );
    }

    #[test]
    fn a_run_without_a_finding_has_none() {
        let log = "#9\tDONE   cov: 7 ft: 9 corp: 3/30b\nstat::number_of_executed_units: 9\n";
        assert!(read("x", log).finding.is_none());
    }
}
