//! What tests of updates over the air need: nginx, unpacked and not installed, a bucket of S3 (moto), and the old client
//! micropython-ota as it was published.
//! Only finds and installs them: who starts one gives it a port and a folder of its own.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

use crate::base::Digest;
use crate::virtual_board::Tell;
use crate::virtual_board::VirtualBoardError;
use crate::virtual_board::firmware::install;

/// The S3 of moto, without its other hundred services.
const MOTO: [&str; 3] = ["moto[s3]==5.2.5", "flask==3.1.3", "flask-cors==6.0.5"];
/// With the libraries that a bare Debian does not have.
const NGINX: [&str; 3] = ["nginx", "libssl3", "libpcre2-8-0"];
/// What devices in the field run: version, and SHA-256 of its one file.
const OLD_CLIENTS: [(&str, &str); 2] = [
    (
        "1.1.0",
        "88f6ed7298a1723c7c9c8aaad119efeaacd240cc8c7a4541b579b9cd75677969",
    ),
    (
        "2.1.0",
        "52499760ff2150380119cf9caef6064f771c75efb4a3e9b2b1eadea748b1132b",
    ),
];

/// Where they are.
#[derive(Clone, Debug)]
pub struct UpdateServers {
    moto: PathBuf,
    nginx: PathBuf,
    clients: PathBuf,
}

impl UpdateServers {
    /// Finds or installs them below `home`, for example `target/tools`.
    pub fn install(home: &Path, tell: &mut Tell) -> Result<Self, VirtualBoardError> {
        let moto = home.join("moto-5.2.5");
        install::venv(&moto, &MOTO, "a bucket of S3, for tests", tell)?;
        let nginx = home.join("nginx-1");
        install::unpacked(&nginx, &NGINX, "a web server, for tests", tell)?;
        let clients = home.join("micropython-ota");
        for (version, sha256) in OLD_CLIENTS {
            let file = clients.join(version).join("micropython_ota.py");
            let python = moto.join("bin/python3");
            install::source(
                &python,
                "micropython-ota",
                version,
                &file,
                "the old client, for tests",
                tell,
            )?;
            let unread = VirtualBoardError::io(format!("reading {}", file.display()));
            let found = Digest::of(&fs::read(&file).map_err(unread)?).to_string();
            if found != sha256 {
                return Err(VirtualBoardError::Install {
                    command: format!("pip download micropython-ota=={version}"),
                    output: format!("{} has the sum {found} and not {sha256}", file.display()),
                });
            }
        }
        Ok(Self { moto, nginx, clients })
    }

    /// moto's server, to be given `-H` and `-p`.
    pub fn moto(&self) -> Command {
        let mut command = Command::new(self.moto.join("bin/python3"));
        command.args(["-m", "moto.server"]);
        command
    }

    /// A Python with `cryptography`, which makes certificates.
    pub fn python(&self) -> Command {
        Command::new(self.moto.join("bin/python3"))
    }

    /// nginx, to be given a prefix and a configuration.
    pub fn nginx(&self) -> Command {
        let mut command = Command::new(self.nginx.join("usr/sbin/nginx"));
        let libraries = fs::read_dir(self.nginx.join("usr/lib"))
            .into_iter()
            .flatten()
            .flatten();
        let libraries: Vec<String> = libraries
            .map(|entry| entry.path().display().to_string())
            .collect();
        command.env("LD_LIBRARY_PATH", libraries.join(":"));
        command
    }

    /// The folder with `micropython_ota.py` of this version.
    pub fn old_client(&self, version: &str) -> PathBuf {
        self.clients.join(version)
    }
}
