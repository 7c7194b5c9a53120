//! Installs what the tests need, and says what and why: two MicroPythons, mpremote, ser2net, a keychain, two FTP
//! servers, nginx, moto, the old client for updates, sshd, minisign, VS Code, two Neovims.
//! Nothing that a user's machine needs.

#[cfg(target_os = "linux")]
pub(crate) use linux::setup;
#[cfg(target_os = "linux")]
pub(crate) use linux::venv;

/// Only the extension's modules are for every system.
#[cfg(not(target_os = "linux"))]
pub(crate) fn setup() -> Vec<String> {
    eprintln!("setup: no boards and no editors: virtual boards need Linux");
    crate::extension::install().err().into_iter().collect()
}

#[cfg(target_os = "linux")]
mod linux {
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use boardside::virtual_board::Firmware;
    use boardside::virtual_board::FtpServers;
    use boardside::virtual_board::Kind;
    use boardside::virtual_board::Tools;
    use boardside::virtual_board::UpdateServers;

    use crate::extension;
    use crate::neovim;
    use crate::run::finish;
    use crate::run::root;
    use crate::vscode;

    /// Answers what failed.
    pub(crate) fn setup() -> Vec<String> {
        let target = root().join("target");
        let tell = &mut |line: &str| eprintln!("setup: {line}");
        let failed = [
            Firmware::install(Kind::Unix, &target, tell)
                .map(drop)
                .map_err(|error| error.to_string()),
            Firmware::install(Kind::Microbit, &target, tell)
                .map(drop)
                .map_err(|error| error.to_string()),
            Tools::install(&target.join("tools"), tell)
                .map(drop)
                .map_err(|error| error.to_string()),
            Tools::ser2net(&target, tell)
                .map(drop)
                .map_err(|error| error.to_string()),
            Tools::keychain(&target, tell).map_err(|error| error.to_string()),
            FtpServers::install(&target.join("tools"), tell)
                .map(drop)
                .map_err(|error| error.to_string()),
            UpdateServers::install(&target.join("tools"), tell)
                .map(drop)
                .map_err(|error| error.to_string()),
            Tools::sshd(&target, tell).map_err(|error| error.to_string()),
            Tools::minisign(&target, tell)
                .map(drop)
                .map_err(|error| error.to_string()),
            extension::install(),
            vscode::install(tell).map(drop),
            neovim::install(tell).map(drop),
        ];
        failed.into_iter().filter_map(Result::err).collect()
    }

    /// Makes `home` a Python environment with these packages, once, as `Tools` does with mpremote.
    pub(crate) fn venv(home: &Path, packages: &[&str]) -> Result<(), String> {
        let ready = home.join("ready");
        let wanted = packages.join(" ");
        if fs::read_to_string(&ready).is_ok_and(|text| text == wanted) {
            return Ok(());
        }
        eprintln!("setup: installing {wanted} into {}", home.display());
        // The one whose Python is known to fit.
        let tell = &mut |line: &str| eprintln!("setup: {line}");
        let tools = Tools::install(&root().join("target/tools"), tell).map_err(|error| error.to_string())?;
        finish(tools.python().args(["-m", "venv", "--clear"]).arg(home))?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
        let mut python = Command::new(home.join("bin/python3"));
        finish(python.args(pip).args(["--only-binary", ":all:"]).args(packages))?;
        fs::write(&ready, wanted).map_err(|error| format!("writing {}: {error}", ready.display()))
    }
}
