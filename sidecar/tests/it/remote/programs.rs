//! Programs of a board on another machine, and the Ctrl-C of somebody at a terminal here.
//! What programs can do is tested where the board is plugged in.

use std::io::BufRead as _;
use std::io::BufReader;
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;

use rustix::process::Pid;
use rustix::process::Signal;

use crate::boards::start;
use crate::desk::Desk;
use crate::desk::on_flash;
use crate::desk::tree;
use crate::desk::with_files;
use crate::running::Terminal;

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
    // It is at its prompt, as the program left it, and that does not run any more.
    let before = frank.run(&desk, &["eval", "n"]).good();
    assert!(before.trim().parse::<u32>().unwrap() >= 3, "{before}");
    assert_eq!(frank.run(&desk, &["eval", "n"]).good(), before);
}

/// Reading a file stops the program and sends code: an account that may only look may listen, and no more.
#[test]
fn an_account_that_may_only_look_hears_the_console_and_is_told_why_it_may_not_read_files() {
    let main = "import time\nn = 0\nwhile True:\n    n += 1\n    print('tick', n)\n    time.sleep(0.01)\n";
    let candy = start(&with_files(&[("/main.py", main)]));
    let account = Account {
        options: "restrict,command=\"boardside lsp --read-only\"",
        ..Account::default()
    };
    let frank = Frank::with(&[("candy", &candy)], &account);
    let desk = Desk::at("ssh://frank/candy");
    desk.write("p/main.py", "print('other')\n");
    for verb in [
        &["ls"][..],
        &["cat", "/main.py"],
        &["diff", "p"],
        &["sync", "p"],
        &["eval", "1"],
        &["reset"],
    ] {
        let run = frank.run(&desk, verb);
        assert_eq!(run.failure(), (3, "ssh.not_allowed".to_owned()), "{verb:?}");
        assert!(run.err.contains("code would be sent"), "{}", run.err);
    }
    let doctor = frank.run(&desk, &["doctor"]);
    assert_ne!(doctor.code, 0, "{doctor:?}");
    let mut terminal = Terminal::start(frank.command(&desk, &["console"]));
    terminal.until("tick ");
    terminal.press("\x1d");
    assert_eq!(terminal.exit(), 0);
    assert_eq!(on_flash(&candy), tree(&[("/main.py", main)]));
}
