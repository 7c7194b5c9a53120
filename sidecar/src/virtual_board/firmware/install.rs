//! Runs pip and apt for the set-up. Knows no board: what is wanted comes in as arguments.

use std::env;
use std::fs;
use std::fs::File;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use rustix::fs::FlockOperation;

use crate::virtual_board::Tell;
use crate::virtual_board::VirtualBoardError;

/// Pythons that wheels exist for, the user's own first.
const PYTHONS: [&str; 6] = [
    "python3",
    "python3.13",
    "python3.12",
    "python3.11",
    "python3.14",
    "python3.10",
];
const PYTHON_FITS: &str = "import sys, ctypes; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 14))";

/// Makes `home` a Python environment with `packages` in it, once.
pub(super) fn venv(
    home: &Path,
    packages: &[&str],
    why: &str,
    tell: &mut Tell,
) -> Result<(), VirtualBoardError> {
    let ready = home.join("ready");
    let wanted = packages.join(" ");
    let is_ready = || {
        let python = home.join("bin/python3");
        fs::read_to_string(&ready).is_ok_and(|text| text == wanted)
            && run(Command::new(python).args(["-I", "-c", PYTHON_FITS])).is_ok()
    };
    let Some(_lock) = lock_unless(home, is_ready)? else {
        return Ok(());
    };
    tell(&format!("installing {wanted} into {} ({why})", home.display()));
    let python = python(home, tell)?;
    let _ = fs::remove_dir_all(home); // half of an earlier try
    let create = || run(Command::new(&python).args(["-m", "venv"]).arg(home));
    if let Err(error) = create() {
        // Debian's python3 has no ensurepip.
        if on_path("apt-get").is_none() {
            return Err(error);
        }
        let _ = fs::remove_dir_all(home);
        apt_locked(&["python3-venv"], "Python environments", tell)?;
        create()?;
    }
    run(Command::new(home.join("bin/python3"))
        .args([
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--only-binary",
            ":all:",
        ])
        .args(packages))?;
    fs::write(&ready, wanted).map_err(VirtualBoardError::io(format!("writing {}", ready.display())))
}

/// Installs Debian packages without their recommendations.
pub(super) fn apt(
    cache: &Path,
    packages: &[&str],
    why: &str,
    tell: &mut Tell,
) -> Result<(), VirtualBoardError> {
    let _lock = lock(&cache.join("firmware").join("apt"))?;
    apt_locked(packages, why, tell)
}

/// Makes `home` a folder with what is in these Debian packages, once. Nothing is installed: no service starts.
pub(super) fn unpacked(
    home: &Path,
    packages: &[&str],
    why: &str,
    tell: &mut Tell,
) -> Result<(), VirtualBoardError> {
    let ready = home.join("ready");
    let Some(_lock) = lock_unless(home, || ready.is_file())? else {
        return Ok(());
    };
    let names = packages.join(" ");
    tell(&format!(
        "unpacking {names} of Debian into {} ({why})",
        home.display()
    ));
    let _ = fs::remove_dir_all(home); // half of an earlier try
    fs::create_dir_all(home).map_err(VirtualBoardError::io(format!("making {}", home.display())))?;
    let download = || {
        let mut apt = Command::new("apt-get");
        run(apt.args(["-q", "download"]).args(packages).current_dir(home))
    };
    if download().is_err() {
        let mut apt = Command::new("apt-get");
        run(apt.args(["-q", "update"]))?;
        download()?;
    }
    let unread = || VirtualBoardError::io(format!("reading {}", home.display()));
    for entry in fs::read_dir(home).map_err(unread())? {
        let path = entry.map_err(unread())?.path();
        if path.extension().is_some_and(|kind| kind == "deb") {
            run(Command::new("dpkg-deb").arg("-x").arg(path).arg(home))?;
        }
    }
    fs::write(&ready, names).map_err(VirtualBoardError::io(format!("writing {}", ready.display())))
}

/// Gets one file out of the source of a Python package, which pip downloads and cannot build: what was made for `upip`
/// of MicroPython has no setup.py. It fails, and leaves what it unpacked.
pub(super) fn source(
    python: &Path,
    package: &str,
    version: &str,
    file: &Path,
    why: &str,
    tell: &mut Tell,
) -> Result<(), VirtualBoardError> {
    if file.is_file() {
        return Ok(());
    }
    let home = file.parent().unwrap_or(Path::new("."));
    let _lock = lock(home)?;
    if file.is_file() {
        return Ok(()); // another process was faster
    }
    tell(&format!(
        "downloading {package} {version} into {} ({why})",
        home.display()
    ));
    let unpacked = home.join("unpacked");
    let _ = fs::remove_dir_all(&unpacked); // half of an earlier try
    fs::create_dir_all(&unpacked).map_err(VirtualBoardError::io(format!("making {}", unpacked.display())))?;
    let mut pip = Command::new(python);
    pip.args([
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-clean",
        "--no-deps",
        "--no-binary",
        ":all:",
        "-d",
    ])
    .arg(&unpacked)
    .arg(format!("{package}=={version}"))
    .env("TMPDIR", &unpacked);
    let failed = run(&mut pip);
    let name = file.file_name().unwrap_or_default();
    let mut todo = vec![unpacked.clone()];
    while let Some(folder) = todo.pop() {
        for path in fs::read_dir(&folder)
            .into_iter()
            .flatten()
            .flatten()
            .map(|entry| entry.path())
        {
            if path.is_dir() {
                todo.push(path);
            } else if path.file_name() == Some(name) {
                fs::rename(&path, file)
                    .map_err(VirtualBoardError::io(format!("making {}", file.display())))?;
                let _ = fs::remove_dir_all(&unpacked);
                return Ok(());
            }
        }
    }
    failed.and_then(|()| {
        Err(VirtualBoardError::Install {
            command: format!("pip download {package}=={version}"),
            output: format!("there is no {} in it", name.display()),
        })
    })
}

/// The first program of this name on PATH.
pub(super) fn on_path(program: &str) -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    env::split_paths(&path)
        .map(|folder| folder.join(program))
        .find(|file| file.is_file())
}

fn apt_locked(packages: &[&str], why: &str, tell: &mut Tell) -> Result<(), VirtualBoardError> {
    let names = packages.join(" ");
    if on_path("apt-get").is_none() {
        return Err(VirtualBoardError::Install {
            command: format!("apt-get install {names}"),
            output: format!("there is no apt-get here; install {names} ({why}) by hand"),
        });
    }
    tell(&format!("installing {names} by apt ({why})"));
    let apt = |args: &[&str]| {
        let mut command = if rustix::process::geteuid().is_root() {
            Command::new("apt-get")
        } else {
            let mut sudo = Command::new("sudo");
            sudo.args(["-n", "apt-get"]);
            sudo
        };
        // Another apt may be at work.
        command
            .args(["-q", "-y", "-o", "DPkg::Lock::Timeout=300"])
            .args(args);
        run(command.env("DEBIAN_FRONTEND", "noninteractive"))
    };
    let mut install = vec!["install", "--no-install-recommends"];
    install.extend(packages);
    if apt(&install).is_ok() {
        return Ok(());
    }
    apt(&["update"])?; // a fresh machine has no lists, an old one has stale ones
    apt(&install)
}

fn python(home: &Path, tell: &mut Tell) -> Result<PathBuf, VirtualBoardError> {
    let find = || {
        PYTHONS
            .iter()
            .filter_map(|name| on_path(name))
            .find(|python| run(Command::new(python).args(["-I", "-c", PYTHON_FITS])).is_ok())
    };
    if let Some(python) = find() {
        return Ok(python);
    }
    apt_locked(&["python3", "python3-venv"], "it loads MicroPython", tell)?;
    find().ok_or_else(|| VirtualBoardError::Install {
        command: "python3".to_owned(),
        output: format!("{} needs a Python from 3.10 to 3.14 on PATH", home.display()),
    })
}

/// `lock`, to make what is not ready; `None`: it is, perhaps as another process was faster.
fn lock_unless(home: &Path, is_ready: impl Fn() -> bool) -> Result<Option<File>, VirtualBoardError> {
    if is_ready() {
        return Ok(None);
    }
    let lock = lock(home)?;
    Ok((!is_ready()).then_some(lock))
}

/// Holds everybody else off until it is dropped.
fn lock(home: &Path) -> Result<File, VirtualBoardError> {
    let file = home.with_extension("lock");
    let doing = || format!("locking {}", file.display());
    let parent = file.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(parent).map_err(VirtualBoardError::io(doing()))?;
    let handle = File::create(&file).map_err(VirtualBoardError::io(doing()))?;
    rustix::fs::flock(&handle, FlockOperation::LockExclusive).map_err(VirtualBoardError::io(doing()))?;
    Ok(handle)
}

fn run(command: &mut Command) -> Result<(), VirtualBoardError> {
    let line = format!("{command:?}").replace('"', "");
    let failed = |output: String| VirtualBoardError::Install {
        command: line.clone(),
        output,
    };
    let output = command.output().map_err(|error| failed(error.to_string()))?;
    if output.status.success() {
        return Ok(());
    }
    let text = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    let lines: Vec<&str> = text.lines().collect();
    Err(failed(lines[lines.len().saturating_sub(5)..].join("; ")))
}
