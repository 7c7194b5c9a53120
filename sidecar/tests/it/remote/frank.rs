//! `Frank`: another machine, which is this one behind a real sshd with keys, accounts and known_hosts of its own.
//! Each connection has an sshd of its own (`sshd -i`), so nothing stays when a test ends.

use std::fs;
use std::io::Read as _;
use std::io::Write as _;
use std::net::Shutdown;
use std::net::TcpListener;
use std::net::TcpStream;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::SeqCst;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use boardside::virtual_board::Tools;
use boardside::virtual_board::VirtualBoard;
use tempfile::TempDir;

use crate::boards::target;
use crate::desk::Desk;
use crate::desk::Run;

/// A line of ssh_config by which passwords count, and each question is the last.
pub(crate) const PASSWORDS: &str = "PreferredAuthentications password\nNumberOfPasswordPrompts 1";

/// A machine with boards, and the way to it.
pub(crate) struct Frank {
    folder: TempDir,
    sockets: Arc<Mutex<Vec<TcpStream>>>,
    rounds: Arc<AtomicU64>,
}

/// Who is let in, and to what.
pub(crate) struct Account {
    /// Before the key in `authorized_keys`.
    pub(crate) options: &'static str,
    /// More lines of sshd_config.
    pub(crate) config: String,
    /// More lines of ssh_config.
    pub(crate) client: &'static str,
    /// Added to each direction.
    pub(crate) delay: Duration,
    /// Of whoever runs the tests; with none only keys open.
    pub(crate) password: &'static str,
}

impl Default for Account {
    fn default() -> Self {
        Self {
            options: "",
            config: String::new(),
            client: "",
            delay: Duration::ZERO,
            password: "",
        }
    }
}

impl Frank {
    /// With these boards, called so.
    pub(crate) fn with(boards: &[(&str, &VirtualBoard)], account: &Account) -> Self {
        install();
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        let text = |name: &str| at(name).display().to_string();
        for name in ["host_key", "key", "other_key"] {
            keygen(&at(name), "");
        }
        let key = |name: &str| fs::read_to_string(at(name)).unwrap();
        let options = account.options;
        let blank = if options.is_empty() { "" } else { " " };
        let allowed = format!("{options}{blank}{}", key("key.pub"));
        fs::write(at("authorized_keys"), allowed).unwrap();
        fs::write(at("known_hosts"), format!("frank {}", key("host_key.pub"))).unwrap();
        fs::create_dir(at("boards")).unwrap();
        fs::create_dir(at("cache")).unwrap();
        let mut ports = Vec::new();
        for (name, board) in boards {
            let link = at("boards").join(name);
            std::os::unix::fs::symlink(board.address(), &link).unwrap();
            ports.push(link);
        }
        let ports = std::env::join_paths(ports).unwrap().into_string().unwrap();
        let programs = Path::new(env!("CARGO_BIN_EXE_boardside")).parent().unwrap();
        let config = format!(
            "{}\nHostKey {}\nAuthorizedKeysFile {}\nStrictModes no\nUsePAM no\nPermitRootLogin yes\nPidFile none\n\
             LogLevel ERROR\nSetEnv PATH={}:/usr/bin:/bin BOARDSIDE_PORTS=\"{ports}\" XDG_CACHE_HOME={}\n",
            account.config,
            text("host_key"),
            text("authorized_keys"),
            programs.display(),
            text("cache"),
        );
        fs::write(at("sshd_config"), config).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        if !account.password.is_empty() {
            accounts(folder.path(), account.password);
        }
        let client = format!(
            "{}\nHost frank\nHostName 127.0.0.1\nPort {port}\nHostKeyAlias frank\nUserKnownHostsFile {}\n\
             GlobalKnownHostsFile /dev/null\nIdentityFile {}\nIdentitiesOnly yes\nIdentityAgent none\n\
             PreferredAuthentications publickey\nStrictHostKeyChecking yes\n",
            account.client,
            text("known_hosts"),
            text("key"),
        );
        fs::write(at("ssh_config"), client).unwrap();
        let sockets = Arc::<Mutex<Vec<TcpStream>>>::default();
        let rounds = Arc::<AtomicU64>::default();
        let (config, kept, delay) = (at("sshd_config"), sockets.clone(), account.delay);
        let count = rounds.clone();
        thread::spawn(move || {
            for socket in listener.incoming().map_while(Result::ok) {
                kept.lock().unwrap().push(socket.try_clone().unwrap());
                if delay.is_zero() {
                    sshd(&config, socket);
                } else {
                    sshd(&config, delayed(&socket, delay, &count));
                }
            }
        });
        Self {
            folder,
            sockets,
            rounds,
        }
    }

    /// A file of it.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A line that counts more than those that a file of configuration has already, from the next connection on.
    pub(crate) fn first(&self, file: &str, line: &str) {
        let before = fs::read_to_string(self.path(file)).unwrap();
        fs::write(self.path(file), format!("{line}\n{before}")).unwrap();
    }

    /// What is in `BOARDSIDE_SSH`.
    pub(crate) fn ssh(&self) -> String {
        format!("ssh -F {}", self.path("ssh_config").display())
    }

    /// How often something was sent there after something had come from there, since this was asked last. Counted where
    /// there is a delay, on the near side of it: for each of these somebody waited for the line.
    pub(crate) fn rounds(&self) -> u64 {
        self.rounds.swap(0, SeqCst)
    }

    /// Cuts every connection to it.
    pub(crate) fn cut(&self) {
        for socket in self.sockets.lock().unwrap().drain(..) {
            socket.shutdown(Shutdown::Both).unwrap_or_default();
        }
    }

    /// The program at this desk, which reaches this machine.
    pub(crate) fn command(&self, desk: &Desk, args: &[&str]) -> Command {
        let mut command = desk.command(args);
        command.env("BOARDSIDE_SSH", self.ssh());
        command.env("XDG_CONFIG_HOME", desk.path("config"));
        command.env_remove("SSH_ASKPASS").env_remove("SSH_AUTH_SOCK");
        command
    }

    pub(crate) fn run(&self, desk: &Desk, args: &[&str]) -> Run {
        run(&mut self.command(desk, args))
    }
}

/// Runs a command to its end.
pub(crate) fn run(command: &mut Command) -> Run {
    let output = command.output().unwrap();
    Run {
        code: output.status.code().unwrap_or(-1),
        out: output.stdout,
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// OpenSSH, if it is not there yet.
fn install() {
    static INSTALLED: OnceLock<()> = OnceLock::new();
    INSTALLED.get_or_init(|| {
        Tools::sshd(&target(), &mut |line| eprintln!("{line}")).unwrap();
    });
}

/// Makes a key; it replaces one that is there.
pub(crate) fn keygen(path: &Path, passphrase: &str) {
    fs::remove_file(path).unwrap_or_default();
    let mut command = Command::new("ssh-keygen");
    command.args(["-q", "-t", "ed25519", "-C", "a test", "-N", passphrase, "-f"]);
    assert!(command.arg(path).status().unwrap().success());
}

/// Whoever runs this has this password, for an sshd with libnss-wrapper.
fn accounts(folder: &Path, password: &str) {
    let me = rustix::process::getuid().as_raw().to_string();
    let all = fs::read_to_string("/etc/passwd").unwrap();
    let mine = all.lines().find(|line| line.split(':').nth(2) == Some(&me));
    let name = mine.unwrap().split(':').next().unwrap();
    let mut perl = Command::new("perl");
    perl.args(["-e", r"print crypt($ARGV[0], '$6$boardside$')", password]);
    let hash = run(&mut perl).good();
    fs::write(folder.join("passwd"), &all).unwrap();
    fs::write(
        folder.join("shadow"),
        format!("{name}:{hash}:19000:0:99999:7:::\n"),
    )
    .unwrap();
}

fn sshd(config: &Path, socket: TcpStream) {
    // As root it wants this folder, which a service makes where sshd is one.
    fs::create_dir_all("/run/sshd").unwrap_or_default();
    let output = OwnedFd::from(socket.try_clone().unwrap());
    let mut command = Command::new("/usr/sbin/sshd");
    let folder = config.parent().unwrap();
    if folder.join("shadow").exists() {
        // Accounts that are only this sshd's.
        command
            .env("LD_PRELOAD", "libnss_wrapper.so")
            .env("NSS_WRAPPER_PASSWD", folder.join("passwd"))
            .env("NSS_WRAPPER_SHADOW", folder.join("shadow"))
            .env("NSS_WRAPPER_GROUP", "/etc/group");
    }
    command.arg("-i").arg("-f").arg(config);
    command
        .stdin(OwnedFd::from(socket))
        .stdout(output)
        .stderr(Stdio::null());
    let mut child = command.spawn().expect("sshd was installed");
    thread::spawn(move || child.wait());
}

/// The other end of a line on which everything takes `delay` more in each direction.
fn delayed(socket: &TcpStream, delay: Duration, rounds: &Arc<AtomicU64>) -> TcpStream {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let near = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    let (far, _) = listener.accept().unwrap();
    // The first that is sent is a round trip, too.
    let heard = Arc::new(AtomicBool::new(true));
    for (from, to, asks) in [(socket, &near, true), (&near, socket, false)] {
        let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
        let (heard, rounds) = ((heard.clone(), heard.clone()), rounds.clone());
        to.set_nodelay(true).unwrap();
        let (sender, receiver) = mpsc::channel::<(Instant, Vec<u8>)>();
        thread::spawn(move || {
            let mut bytes = vec![0; 64 << 10];
            while let Ok(size @ 1..) = from.read(&mut bytes) {
                if asks && heard.0.swap(false, SeqCst) {
                    rounds.fetch_add(1, SeqCst);
                }
                let due = Instant::now() + delay;
                sender.send((due, bytes[..size].to_vec())).unwrap_or_default();
            }
        });
        thread::spawn(move || {
            for (due, bytes) in receiver {
                thread::sleep(due.saturating_duration_since(Instant::now()));
                if !asks {
                    heard.1.store(true, SeqCst);
                }
                if to.write_all(&bytes).is_err() {
                    break;
                }
            }
            to.shutdown(Shutdown::Both).unwrap_or_default();
        });
    }
    far
}
