//! Machines that are not as they should be: shells that talk, a server that is killed, a shared connection that is dead.
//! What each of these is called is tested in the chapter of errors.

use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::os::unix::net::UnixListener;
use std::process::Stdio;

use rustix::process::Pid;
use rustix::process::Signal;

use crate::boards::start;
use crate::desk::Desk;
use crate::desk::on_flash;
use crate::desk::tree;
use crate::desk::with_files;
use crate::transports::every_byte;

use super::frank::Account;
use super::frank::Frank;
use super::old_project;

#[test]
fn what_a_machine_prints_before_its_boardside_does_not_matter() {
    let candy = start(&with_files(&[]));
    let frank = Frank::with(&[("candy", &candy)], &Account::default());
    let desk = Desk::at("ssh://frank/candy");
    fs::write(frank.path("banner"), "No entry: for people with boards only\n").unwrap();
    frank.first(
        "sshd_config",
        &format!("Banner {}", frank.path("banner").display()),
    );
    frank.first(
        "sshd_config",
        "ForceCommand echo Welcome to frank; echo; echo mail: none >&2; printf 'no line end '; exec boardside lsp",
    );
    assert_eq!(frank.run(&desk, &["eval", "6 * 7"]).good(), "42\n");
}

#[test]
fn a_machine_whose_boardside_is_killed_in_the_middle_leaves_the_board_whole() {
    let (candy, frank, desk) = old_project();
    let number = frank.path("number").display().to_string();
    frank.first(
        "sshd_config",
        &format!("ForceCommand echo $$ > {number}; exec boardside lsp"),
    );
    desk.write("p/main.py", "new\n")
        .write("p/noise.bin", every_byte(30_000));
    let mut command = frank.command(&desk, &["sync", "p", "--json"]);
    command.stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    assert!(lines.any(|line| line.contains(r#""event":"sending""#)));
    let number = fs::read_to_string(number).unwrap().trim().parse().unwrap();
    rustix::process::kill_process(Pid::from_raw(number).unwrap(), Signal::KILL).unwrap();
    let last = lines.last().unwrap();
    assert!(last.contains("wire.gone"), "{last}");
    assert_eq!(child.wait().unwrap().code(), Some(4));
    let flash = on_flash(&candy);
    assert!(
        flash == tree(&[("/main.py", "old\n")]) || flash.len() == 2,
        "{flash:?}"
    );
    // Nobody was there to stop it: the board is found as the agent left it.
    frank.run(&desk, &["sync", "p"]).good();
    assert_eq!(on_flash(&candy)["/main.py"], "new\n");
    assert_eq!(on_flash(&candy).len(), 2);
}

/// ssh can send many sessions over one connection (ControlMaster), which somebody else opened and may have lost.
#[test]
fn a_connection_that_others_share_is_used_and_one_that_is_dead_does_no_harm() {
    let candy = start(&with_files(&[]));
    let frank = Frank::with(&[("candy", &candy)], &Account::default());
    let desk = Desk::at("ssh://frank/candy");
    let socket = frank.path("control");
    // Its file is there, and nobody listens.
    drop(UnixListener::bind(&socket).unwrap());
    frank.first(
        "ssh_config",
        &format!(
            "ControlMaster auto\nControlPersist 3\nControlPath {}",
            socket.display()
        ),
    );
    for _ in 0..2 {
        assert_eq!(frank.run(&desk, &["eval", "6 * 7"]).good(), "42\n");
    }
    // Whoever listens there says nothing.
    let mut ssh = std::process::Command::new("ssh");
    ssh.args([
        "-F",
        frank.path("ssh_config").to_str().unwrap(),
        "-O",
        "exit",
        "frank",
    ]);
    assert!(
        ssh.output().unwrap().status.success(),
        "the connection was shared"
    );
    let _mute = UnixListener::bind(&socket).unwrap();
    frank.run(&desk, &["host", "add", "frank"]).good();
    let listed = frank.run(&desk, &["devices", "--json"]);
    let events = listed.events();
    let event = events.iter().find(|event| event["host"] == "frank");
    assert_eq!(event.unwrap()["error"]["code"], "ssh.timeout", "{events:?}");
}
