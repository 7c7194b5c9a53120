//! FTP servers for tests: pyftpdlib, and Debian's vsftpd, unpacked and not installed, so that no service is started.
//! Only finds and installs them: who starts one gives it a port and a folder of its own.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use crate::virtual_board::Tell;
use crate::virtual_board::VirtualBoardError;
use crate::virtual_board::firmware::install;

/// Pure Python, of which there is only the source.
const PYFTPDLIB: [&str; 2] = ["--no-binary=pyftpdlib", "pyftpdlib==2.2.0"];
/// With the one library that a bare Debian does not have.
const VSFTPD: [&str; 2] = ["vsftpd", "libwrap0"];

/// Where the servers are.
#[derive(Clone, Debug)]
pub struct FtpServers {
    python: PathBuf,
    vsftpd: PathBuf,
}

impl FtpServers {
    /// Finds or installs them below `home`, for example `target/tools`.
    pub fn install(home: &Path, tell: &mut Tell) -> Result<Self, VirtualBoardError> {
        let pyftpdlib = home.join("pyftpdlib-2.2.0");
        install::venv(&pyftpdlib, &PYFTPDLIB, "an FTP server, for tests", tell)?;
        let vsftpd = home.join("vsftpd");
        install::unpacked(&vsftpd, &VSFTPD, "another FTP server, for tests", tell)?;
        Ok(Self {
            python: pyftpdlib.join("bin/python3"),
            vsftpd,
        })
    }

    /// A Python with pyftpdlib.
    pub fn python(&self) -> Command {
        Command::new(&self.python)
    }

    /// vsftpd, to be given a configuration.
    pub fn vsftpd(&self) -> Command {
        let mut command = Command::new(self.vsftpd.join("usr/sbin/vsftpd"));
        let libraries = fs::read_dir(self.vsftpd.join("usr/lib"))
            .into_iter()
            .flatten()
            .flatten();
        let libraries: Vec<String> = libraries
            .map(|entry| entry.path().display().to_string())
            .collect();
        command.env("LD_LIBRARY_PATH", libraries.join(":"));
        command
    }
}
