//! Packages to a board of another machine: written, verified and running there, with the board beside it untouched.
//! What may be written is tested in the chapter of packages.

use std::io::BufRead as _;
use std::io::BufReader;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::Child;
use std::process::Stdio;

use boardside::virtual_board::Profile;
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

const OLD: &str = "print('old')\n";
const NEW: &str = "print('new')\n";

fn pack(desk: &Desk, version: &str) -> PathBuf {
    let run = desk.run(&["pack", "p", "--version", version, "-o", "dist", "--json"]);
    desk.path(run.last()["package"].as_str().expect("it is packed"))
}

/// `write`, as somebody at a terminal of its own, until contents are under way. Its last line is given by the second.
fn begin(frank: &Frank, desk: &Desk, package: &str) -> (Child, impl FnOnce() -> String) {
    let mut command = frank.command(desk, &["write", package, "--json"]);
    command
        .process_group(0)
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut lines = lines.map(Result::unwrap);
    let sending = |line: String| line.contains(r#""event":"sending""#);
    assert!(lines.any(sending), "nothing was sent");
    (child, move || lines.last().unwrap_or_default())
}

#[test]
fn a_package_is_written_to_a_board_of_another_machine_whole_or_not_at_all() {
    let candy = start(&Profile {
        baud: Some(115_200),
        ..with_files(&[])
    });
    let mint = start(&with_files(&[("/main.py", "mint\n")]));
    let beside = mint.files().unwrap();
    let boards = [("candy", &candy), ("mint", &mint)];
    let frank = Frank::with(&boards, &Account::default());
    let desk = Desk::at("ssh://frank/candy");
    desk.write("p/boardside.toml", "name = 'blink'\n")
        .write("p/main.py", OLD);
    let one = pack(&desk, "1.0.0").display().to_string();
    let run = frank.run(&desk, &["write", &one, "--json"]);
    let written = run.last();
    assert_eq!(written["event"], "written", "{run:?}");
    assert_eq!(written["running"], "1.0.0");
    assert_eq!(on_flash(&candy), tree(&[("/main.py", OLD)]));

    desk.write("p/main.py", NEW)
        .write("p/noise.bin", every_byte(30_000));
    let two = pack(&desk, "2.0.0").display().to_string();
    let (mut child, last) = begin(&frank, &desk, &two);
    rustix::process::kill_process_group(Pid::from_child(&child), Signal::INT).unwrap();
    let last = last();
    assert!(last.contains("cancelled"), "{last}");
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(on_flash(&candy), tree(&[("/main.py", OLD)]));

    let (mut child, last) = begin(&frank, &desk, &two);
    frank.cut();
    let last = last();
    assert!(last.contains("wire.gone"), "{last}");
    assert_eq!(child.wait().unwrap().code(), Some(4));

    // What the link left is the old one, or the new one where the cut came late; and so says the next one.
    let run = frank.run(&desk, &["write", &two, "--json"]);
    let written = run.last();
    assert!(
        ["1.0.0", "2.0.0"].map(Into::into).contains(&written["before"]),
        "{run:?}"
    );
    assert_eq!(written["running"], "2.0.0", "{run:?}");
    let events = run.events();
    let verified = |event: &serde_json::Value| event["event"] == "synced" && event["whole"] == true;
    assert!(events.iter().any(verified), "{events:?}");
    assert_eq!(on_flash(&candy)["/main.py"], NEW);
    assert_eq!(mint.files().unwrap(), beside);
}
