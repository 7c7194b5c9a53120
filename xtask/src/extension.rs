//! The VS Code extension: its modules, its own checks, and the .vsix with the sidecar inside.
//! Publishes nothing.

use std::env::consts;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use serde_json::Value;

use crate::run::cargo;
use crate::run::finish;
use crate::run::npm;
use crate::run::root;

/// The oldest node that the tools of the extension run on.
const NODE: u32 = 20;

/// Where the extension lies.
pub(crate) fn folder() -> PathBuf {
    root().join("vscode-extension")
}

/// Installs what package-lock.json names, once.
pub(crate) fn install() -> Result<(), String> {
    let folder = folder();
    let wanted = read(&folder.join("package-lock.json"))?;
    let ready = folder.join("node_modules").join(".installed");
    if fs::read_to_string(&ready).is_ok_and(|text| text == wanted) {
        return Ok(());
    }
    node()?;
    eprintln!("setup: installing the extension's modules by npm (to build and check it)");
    finish(&mut npm(&["ci", "--no-audit", "--no-fund"], &folder))?;
    fs::write(&ready, wanted).map_err(|error| format!("writing {}: {error}", ready.display()))
}

/// Types, rules and unit tests of the extension.
pub(crate) fn check() -> Result<(), String> {
    install()?;
    finish(&mut npm(&["run", "check"], &folder())).map(drop)
}

/// Builds the .vsix of this machine with the sidecar in it; answers its path.
pub(crate) fn package() -> Result<PathBuf, String> {
    let (target, program) = target()?;
    finish(&mut cargo(&["build", "--release", "--package", "boardside"]))?;
    install()?;
    let folder = folder();
    let version = version(&folder)?;
    let bin = folder.join("bin");
    fs::create_dir_all(&bin).map_err(|error| format!("making {}: {error}", bin.display()))?;
    let built = root().join("target/release").join(program);
    fs::copy(&built, bin.join(program)).map_err(|error| format!("copying {}: {error}", built.display()))?;
    let vsix = root()
        .join("target")
        .join(format!("boardside-{target}-{version}.vsix"));
    let vsce = [
        "exec",
        "--no",
        "--",
        "vsce",
        "package",
        "--no-dependencies",
        "--target",
        target,
        "--out",
    ];
    finish(npm(&vsce, &folder).arg(&vsix))?;
    contains(&vsix, &format!("extension/bin/{program}"))?;
    Ok(vsix)
}

/// What VS Code calls this machine, and what the sidecar is called on it.
fn target() -> Result<(&'static str, &'static str), String> {
    Ok(match (consts::OS, consts::ARCH) {
        ("windows", "x86_64") => ("win32-x64", "boardside.exe"),
        ("windows", "aarch64") => ("win32-arm64", "boardside.exe"),
        ("macos", "x86_64") => ("darwin-x64", "boardside"),
        ("macos", "aarch64") => ("darwin-arm64", "boardside"),
        ("linux", "x86_64") => ("linux-x64", "boardside"),
        ("linux", "aarch64") => ("linux-arm64", "boardside"),
        ("linux", "arm") => ("linux-armhf", "boardside"),
        (os, arch) => return Err(format!("VS Code has no name for {os} on {arch}")),
    })
}

/// The version of the extension, which is that of the sidecar.
fn version(folder: &Path) -> Result<String, String> {
    let package: Value = serde_json::from_str(&read(&folder.join("package.json"))?)
        .map_err(|error| format!("package.json: {error}"))?;
    let version = package["version"].as_str().unwrap_or_default();
    let ours = env!("CARGO_PKG_VERSION");
    if version == ours {
        Ok(ours.to_owned())
    } else {
        Err(format!(
            "package.json has version {version:?}, Cargo.toml {ours:?}"
        ))
    }
}

/// An old node fails with a riddle.
fn node() -> Result<(), String> {
    let said = finish(std::process::Command::new("node").arg("--version"))
        .map_err(|error| format!("the extension needs node {NODE} or newer with npm: {error}"))?;
    let major = said.trim().trim_start_matches('v').split('.').next();
    match major.and_then(|number| number.parse::<u32>().ok()) {
        Some(major) if major >= NODE => Ok(()),
        _ => Err(format!(
            "the extension needs node {NODE} or newer, this is {}",
            said.trim()
        )),
    }
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("reading {}: {error}", path.display()))
}

/// The package has this program, and it may be run: what was packed, not what should have been.
fn contains(vsix: &Path, program: &str) -> Result<(), String> {
    let zip = fs::read(vsix).map_err(|error| format!("reading {}: {error}", vsix.display()))?;
    let missing = || format!("{} has no {program}", vsix.display());
    let attributes = attributes(&zip, program).ok_or_else(missing)?;
    let runs = consts::OS == "windows" || (attributes >> 16) & 0o111 == 0o111;
    if runs {
        Ok(())
    } else {
        Err(format!("{program} in {} may not be run", vsix.display()))
    }
}

/// The external attributes of a file in a ZIP; the upper half is the mode on unix.
///
/// Source: .ZIP File Format Specification 6.3.3, 4.3.12 (central directory header) and 4.3.16 (its end).
fn attributes(zip: &[u8], wanted: &str) -> Option<u32> {
    let number = |at: usize, length: usize| -> Option<usize> {
        let bytes = zip.get(at..at + length)?;
        Some(
            bytes
                .iter()
                .rev()
                .fold(0, |sum, byte| sum << 8 | usize::from(*byte)),
        )
    };
    let end = zip.windows(4).rposition(|bytes| bytes == b"PK\x05\x06")?;
    let mut at = number(end + 16, 4)?;
    for _ in 0..number(end + 10, 2)? {
        let length = number(at + 28, 2)?;
        if zip.get(at + 46..at + 46 + length)? == wanted.as_bytes() {
            return u32::try_from(number(at + 38, 4)?).ok();
        }
        at += 46 + length + number(at + 30, 2)? + number(at + 32, 2)?;
    }
    None
}
