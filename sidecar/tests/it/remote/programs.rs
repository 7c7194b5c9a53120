//! Programs of a board on another machine, and the Ctrl-C of somebody at a terminal here.
//! What programs can do is tested where the board is plugged in.

use rustix::process::Pid;
use rustix::process::Signal;
use std::io::BufRead as _;
use std::io::BufReader;
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;

use crate::boards::start;
use crate::desk::Desk;
use crate::desk::with_files;

use super::frank::Account;
use super::frank::Frank;

/// A terminal sends Ctrl-C to all that runs in it: the program, and the ssh that it started.
#[test]
fn ctrl_c_stops_a_program_of_a_board_on_another_machine() {
    let candy = start(&with_files(&[]));
    let frank = Frank::with(&[("candy", &candy)], &Account::default());
    let desk = Desk::at("ssh://frank/candy");
    desk.write(
        "p.py",
        "import time\nn = 0\nwhile True:\n    n += 1\n    print('tick', n)\n    time.sleep(0.01)\n",
    );
    desk.write("q.py", "print('once')\n");
    assert_eq!(frank.run(&desk, &["run", "q.py"]).good(), "once\n");
    let mut command = frank.command(&desk, &["run", "p.py"]);
    command
        .process_group(0)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(
        lines.any(|line| line.unwrap().starts_with("tick 3")),
        "it never ran"
    );
    rustix::process::kill_process_group(Pid::from_child(&child), Signal::INT).unwrap();
    lines.for_each(drop);
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&ended.stderr);
    assert_eq!(ended.status.code(), Some(130), "{said}");
    // It is at its prompt, and the program does not run any more.
    assert_eq!(
        frank.run(&desk, &["--json", "doctor"]).last()["code"],
        serde_json::Value::Null
    );
    assert_eq!(frank.run(&desk, &["eval", "n > 2"]).good(), "True\n");
    let before = frank.run(&desk, &["eval", "n"]).good();
    assert_eq!(frank.run(&desk, &["eval", "n"]).good(), before);
}
