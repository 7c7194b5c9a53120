//! `Server`: an FTP server with a port and a folder of its own, for as long as a test.
//! What is asked of it is the chapter's business.

use std::collections::BTreeMap;
use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::net::TcpListener;
use std::net::TcpStream;
use std::path::Path;
use std::path::PathBuf;
use std::process::Child;
use std::process::Stdio;
use std::sync::OnceLock;
use std::time::Instant;

use boardside::virtual_board::FtpServers;
use tempfile::TempDir;

use crate::boards;
use crate::boards::LIMIT;
use crate::workspace::files_below;

type Files = BTreeMap<String, Vec<u8>>;

fn servers() -> &'static FtpServers {
    static SERVERS: OnceLock<FtpServers> = OnceLock::new();
    SERVERS.get_or_init(|| {
        FtpServers::install(&boards::target().join("tools"), &mut |line| eprintln!("{line}")).unwrap()
    })
}

/// A server with a folder of its own.
pub(crate) struct Server {
    pub(crate) port: u16,
    folder: TempDir,
    process: Child,
    user: &'static str,
}

fn free_port() -> u16 {
    let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    free.local_addr().unwrap().port()
}

impl Server {
    /// pyftpdlib; `special` is that of `ftp/server.py`.
    pub(crate) fn new(special: &str) -> Self {
        let folder = TempDir::new().unwrap();
        if special == "pycom" {
            fs::create_dir(folder.path().join("flash")).unwrap();
        }
        let port = free_port();
        Self {
            port,
            process: start(port, folder.path(), special),
            folder,
            user: "micro:python@",
        }
    }

    pub(super) fn vsftpd() -> Self {
        let folder = TempDir::new().unwrap();
        let (files, empty) = (folder.path().join("files"), folder.path().join("empty"));
        fs::create_dir(&files).unwrap();
        fs::create_dir(&empty).unwrap();
        let port = free_port();
        let settings = format!(
            "listen=YES\nlisten_address=127.0.0.1\nlisten_port={port}\nbackground=NO\nanonymous_enable=YES\n\
             local_enable=NO\nwrite_enable=YES\nanon_upload_enable=YES\nanon_mkdir_write_enable=YES\n\
             anon_other_write_enable=YES\nanon_world_readable_only=NO\nanon_umask=022\nanon_root={}\n\
             no_anon_password=YES\nseccomp_sandbox=NO\nrun_as_launching_user=YES\nftp_username=nobody\n\
             secure_chroot_dir={}\n",
            files.display(),
            empty.display()
        );
        let file = folder.path().join("vsftpd.conf");
        fs::write(&file, settings).unwrap();
        let mut process = servers().vsftpd().arg(&file).spawn().unwrap();
        let begin = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(process.try_wait().unwrap().is_none(), "vsftpd ended");
            assert!(begin.elapsed() < LIMIT, "vsftpd does not listen");
            std::thread::yield_now();
        }
        Self {
            port,
            folder,
            process,
            user: "",
        }
    }

    pub(crate) fn address(&self) -> String {
        format!("ftp://{}127.0.0.1:{}", self.user, self.port)
    }

    /// Where the project lies.
    pub(crate) fn root(&self) -> PathBuf {
        let inner = ["flash", "files"].map(|name| self.folder.path().join(name));
        let inner = inner.into_iter().find(|inner| inner.is_dir());
        inner.unwrap_or_else(|| self.folder.path().to_owned())
    }

    /// Ends, if it has not, and is there again, with nothing special.
    pub(crate) fn again(&mut self) {
        self.process.kill().unwrap_or_default();
        self.process.wait().unwrap();
        self.process = start(self.port, self.folder.path(), "plain");
    }

    pub(super) fn all(&self) -> Files {
        files_below(&self.root())
    }

    /// Without Boardside's own.
    pub(crate) fn project(&self) -> Files {
        let mut files = self.all();
        files.retain(|path, _| !path.starts_with("/.boardside"));
        files
    }
}

fn start(port: u16, folder: &Path, special: &str) -> Child {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/ftp/server.py");
    let mut process = servers()
        .python()
        .arg(script)
        .arg(port.to_string())
        .arg(folder)
        .arg(special)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let out = process.stdout.as_mut().unwrap();
    BufReader::new(out).read_line(&mut line).unwrap();
    assert_eq!(line, "listening\n");
    process
}

impl Drop for Server {
    fn drop(&mut self) {
        self.process.kill().unwrap_or_default();
        self.process.wait().unwrap();
    }
}
