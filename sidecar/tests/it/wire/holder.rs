//! Who may open a port, and who is said to have it: other programs, locks, links, permissions.
//! On Linux, which is the one system that tells.

use std::io::BufRead as _;
use std::io::BufReader;
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::fs::PermissionsExt;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;

use boardside::wire::Holder;
use boardside::wire::Serial;
use boardside::wire::SerialSettings;
use boardside::wire::Wire as _;
use boardside::wire::WireError;
use boardside::wire::serial;

use super::assert_transparent;
use super::serial::Pty;

#[tokio::test]
async fn a_port_that_another_program_reads_is_busy_and_names_that_program() {
    let mut pty = Pty::new();
    let program = Program::start("exec 3<>\"$1\"; echo ready; read -r _", &pty.path);
    let holder = busy(pty.open().await);
    assert_eq!(holder.pid, program.0.id());
    assert!(holder.command.starts_with("sh -c exec 3<>"), "{}", holder.command);
    assert!(holder.command.chars().count() <= 80, "{}", holder.command);

    let share = SerialSettings {
        share: true,
        ..SerialSettings::default()
    };
    let mut wire = serial::open(&pty.path, share).await.unwrap();
    assert_transparent(&mut wire, &mut pty.board).await;
    drop((wire, program));
    pty.open().await.unwrap();
}

#[tokio::test]
async fn a_port_that_another_program_has_locked_is_busy_even_when_it_is_shared() {
    let pty = Pty::new();
    let lock = "exec flock --nonblock --no-fork \"$1\" sh -c 'echo ready; read -r _'";
    let program = Program::start(lock, &pty.path);
    let share = SerialSettings {
        share: true,
        ..SerialSettings::default()
    };
    let holder = busy(serial::open(&pty.path, share).await);
    assert_eq!(holder.pid, program.0.id());
}

#[tokio::test]
async fn a_link_to_a_busy_port_is_busy_too() {
    let pty = Pty::new();
    let folder = tempfile::tempdir().unwrap();
    let link = folder.path().join("board");
    std::os::unix::fs::symlink(&pty.path, &link).unwrap();
    let program = Program::start("exec 3<>\"$1\"; echo ready; read -r _", &pty.path);
    let link = link.to_str().unwrap();
    let holder = busy(serial::open(link, SerialSettings::default()).await);
    assert_eq!(holder.pid, program.0.id());
    drop(program);
    assert_eq!(
        serial::open(link, SerialSettings::default())
            .await
            .unwrap()
            .address(),
        link
    );
}

/// Root may open everything, so as root this runs once more as nobody.
#[tokio::test]
async fn a_port_that_this_user_may_not_open_names_the_group_that_may() {
    if rustix::process::geteuid().is_root() {
        return run_as_nobody("wire::holder::a_port_that_this_user_may_not_open_names_the_group_that_may");
    }
    let pty = Pty::new();
    // The owner's own bits count first, also when they are fewer than the group's.
    std::fs::set_permissions(&pty.path, PermissionsExt::from_mode(0o060)).unwrap();
    let error = pty.open().await.unwrap_err();
    let WireError::Permission { path, group } = error else {
        panic!("{error:?}");
    };
    assert_eq!(path.to_str(), Some(pty.path.as_str()));
    let entry = format!("{}:x:{}:", group.unwrap(), std::fs::metadata(path).unwrap().gid());
    assert!(
        std::fs::read_to_string("/etc/group").unwrap().contains(&entry),
        "{entry}"
    );
}

fn run_as_nobody(test: &str) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let tests = folder.path().join("tests");
    std::fs::copy(std::env::current_exe().unwrap(), &tests).unwrap();
    let output = Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups"])
        .arg(tests)
        .args(["--exact", test])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

fn busy(opened: Result<Serial, WireError>) -> Holder {
    match opened {
        Err(WireError::Busy {
            holder: Some(holder), ..
        }) => holder,
        other => panic!("not busy with a known holder: {other:?}"),
    }
}

/// Another program that has a port open until it is dropped.
struct Program(Child);

impl Program {
    /// Runs `script` in sh with `path` as `$1` and waits until it says that it is ready.
    fn start(script: &str, path: &str) -> Self {
        let mut child = Command::new("sh")
            .args(["-c", script, "held-by-a-test", path])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        output.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Self(child)
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        self.0.wait().unwrap();
    }
}
