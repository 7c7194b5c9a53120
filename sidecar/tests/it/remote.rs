//! Boards on another machine: `ssh://frank/candy`, through a real sshd.
//! What happens on the board itself is tested elsewhere.

mod editor;
mod faults;
pub(crate) mod frank;
mod limits;
mod packages;
mod programs;

use std::io::BufRead as _;
use std::io::BufReader;
use std::process::Stdio;
use std::time::Duration;
use std::time::Instant;

use boardside::virtual_board::HostSide;
use boardside::virtual_board::Profile;
use boardside::virtual_board::VirtualBoard;

use crate::boards::start;
use crate::desk::Desk;
use crate::desk::on_flash;
use crate::desk::tree;
use crate::desk::with_files;
use crate::transports::Peer;
use crate::transports::matrix;
use crate::transports::paced;

use self::frank::Account;
use self::frank::Frank;
use self::frank::keygen;
use self::frank::run;

const MAIN: &str = "print('it runs')\n";

fn project(desk: &Desk) {
    desk.write("p/main.py", MAIN).write("p/lib/a.py", "A = 1\n");
}

#[test]
fn a_board_of_another_machine_is_used_like_one_that_is_plugged_in() {
    let candy = start(&with_files(&[]));
    let mint = start(&with_files(&[("/main.py", "mint\n")]));
    let frank = Frank::with(&[("candy", &candy), ("mint", &mint)], &Account::default());
    let desk = Desk::at("ssh://frank/candy");
    project(&desk);
    let put = tree(&[("/main.py", MAIN), ("/lib/a.py", "A = 1\n")]);
    frank.run(&desk, &["sync", "p"]).good();
    assert_eq!(on_flash(&candy), put);
    let again = frank.run(&desk, &["sync", "p", "--json"]);
    assert_eq!(
        (again.code, &again.last()["unchanged"]),
        (0, &2.into()),
        "{again:?}"
    );
    desk.write("p/lib/a.py", "A = 2\n");
    frank.run(&desk, &["sync", "p"]).good();
    std::fs::remove_file(desk.path("p/main.py")).unwrap();
    frank.run(&desk, &["sync", "p"]).good();
    assert_eq!(on_flash(&candy), tree(&[("/lib/a.py", "A = 2\n")]));
    assert_eq!(on_flash(&mint), tree(&[("/main.py", "mint\n")]));
    assert_eq!(frank.run(&desk, &["eval", "6 * 7"]).good(), "42\n");
    let listed = frank.run(&desk, &["ls", "-r"]).good();
    assert!(listed.contains("a.py"), "{listed}");
    assert_eq!(frank.run(&desk, &["cat", "/lib/a.py"]).good(), "A = 2\n");
    frank.run(&desk, &["doctor"]).good();
}

/// sshd, and the link to it is what dies.
struct Ssh(Frank);

impl Peer for Ssh {
    fn address(&self) -> String {
        "ssh://frank/candy".to_owned()
    }

    fn environment(&self) -> Vec<(&'static str, String)> {
        vec![("BOARDSIDE_SSH", self.0.ssh())]
    }

    fn cut(&mut self, _: &mut VirtualBoard) {
        self.0.cut();
    }

    fn back(&mut self, _: &mut VirtualBoard) {}
}

#[test]
fn a_board_of_another_machine_does_all_steps() {
    let mut board = paced(HostSide::Pty { link: None });
    let frank = Frank::with(&[("candy", &board)], &Account::default());
    matrix(&mut board, &mut Ssh(frank));
}

/// Files of 10 kB that no two of which are alike, 224 kB together.
fn large(desk: &Desk) {
    for file in 0..22_u64 {
        let lines = (0..320).map(|line| {
            format!(
                "value_{file}_{line} = {}\n",
                (file * 7919 + line) * 104_729 % 99_991
            )
        });
        let text: String = lines.collect();
        desk.write(&format!("p/part_{file}.py"), text);
    }
}

/// A board at frank that is slow enough to be cut off, and has the old project.
fn old_project() -> (VirtualBoard, Frank, Desk) {
    let candy = start(&Profile {
        baud: Some(115_200),
        ..with_files(&[])
    });
    let frank = Frank::with(&[("candy", &candy)], &Account::default());
    let desk = Desk::at("ssh://frank/candy");
    desk.write("p/main.py", "old\n");
    frank.run(&desk, &["sync", "p"]).good();
    (candy, frank, desk)
}

#[test]
fn a_link_that_is_cut_in_the_middle_leaves_the_board_whole() {
    let (candy, frank, desk) = old_project();
    desk.write("p/main.py", "new\n");
    large(&desk);
    let mut child = frank
        .command(&desk, &["sync", "p", "--json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap())
        .lines()
        .map(Result::unwrap);
    assert!(
        // What is under way is told as one of these, whichever comes first.
        lines.any(|line| ["sending", "committing"]
            .iter()
            .any(|event| line.contains(&format!(r#""event":"{event}""#)))),
        "nothing was sent"
    );
    frank.cut();
    let last = lines.last().unwrap();
    assert!(last.contains("wire.gone"), "{last}");
    assert_eq!(child.wait().unwrap().code(), Some(4));
    // All of the old one, as nothing of the new one has its name yet; or all of the new one, where the cut came late.
    let flash = on_flash(&candy);
    assert!(
        flash == tree(&[("/main.py", "old\n")]) || flash.len() == 23,
        "{:?}",
        flash.keys()
    );
    frank.run(&desk, &["sync", "p"]).good();
    assert_eq!(on_flash(&candy).len(), 23);
    assert_eq!(on_flash(&candy)["/main.py"], "new\n");
    let again = frank.run(&desk, &["sync", "p", "--json"]);
    assert_eq!(again.last()["unchanged"], 23, "{again:?}");
}

#[test]
fn ssh_asks_for_what_it_needs_and_a_wrong_answer_does_not_get_in() {
    let candy = start(&with_files(&[]));
    let account = Account {
        password: "swordfish",
        ..Account::default()
    };
    let frank = Frank::with(&[("candy", &candy)], &account);
    let desk = Desk::at("ssh://frank/candy");
    keygen(&frank.path("locked"), "open sesame");
    std::fs::copy(frank.path("locked.pub"), frank.path("authorized_keys")).unwrap();
    frank.first(
        "ssh_config",
        &format!("IdentityFile {}", frank.path("locked").display()),
    );
    desk.write("answer", "#!/bin/sh\necho \"$ANSWER\"\n");
    let answer = desk.path("answer");
    std::fs::set_permissions(&answer, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
    let with = |text: &str| {
        let mut command = frank.command(&desk, &["eval", "6 * 7"]);
        command
            .env("SSH_ASKPASS", &answer)
            .env("SSH_ASKPASS_REQUIRE", "force")
            .env("ANSWER", text);
        run(&mut command)
    };
    assert_eq!(with("open sesame").good(), "42\n");
    assert_eq!(with("open barley").failure(), (3, "ssh.denied".to_owned()));
    // The same with a password.
    frank.first("ssh_config", frank::PASSWORDS);
    assert_eq!(with("open barley").failure(), (3, "ssh.denied".to_owned()));
    assert_eq!(with("swordfish").good(), "42\n");
}

/// A line that takes 50 ms more in each direction. What ssh itself needs is not ours.
#[test]
fn a_slow_line_is_waited_for_a_few_times_and_not_for_each_file() {
    let candy = start(&with_files(&[]));
    let account = Account {
        delay: Duration::from_millis(50),
        ..Account::default()
    };
    let frank = Frank::with(&[("candy", &candy)], &account);
    let desk = Desk::at("ssh://frank/candy");
    let mut ssh = std::process::Command::new("ssh");
    ssh.arg("-F")
        .arg(frank.path("ssh_config"))
        .args(["frank", "true"]);
    run(&mut ssh).good();
    let alone = frank.rounds();
    large(&desk);
    // The greeting with the board's line, the prompt, what the board holds, the contents, and back to the prompt.
    for what in ["first sync", "no change"] {
        frank.run(&desk, &["sync", "p"]).good();
        let rounds = frank.rounds();
        assert!(rounds <= alone + 6, "{what}: {rounds}, ssh alone {alone}");
    }
    assert_eq!(on_flash(&candy).len(), 22);
}

/// First sync of 224 kB over a line that takes 50 ms more in each direction, and beside the board.
#[test]
#[ignore = "a measurement: cargo test --test it -- --ignored --nocapture remote::measured"]
fn measured() {
    let mut first = Vec::new();
    for (delay, name) in [(0, "plugged in"), (50, "ssh, 100 ms")] {
        let candy = start(&Profile {
            baud: Some(115_200),
            ..with_files(&[])
        });
        let account = Account {
            delay: Duration::from_millis(delay),
            ..Account::default()
        };
        let frank = Frank::with(&[("candy", &candy)], &account);
        let desk = Desk::at(if delay == 0 {
            candy.address()
        } else {
            "ssh://frank/candy"
        });
        large(&desk);
        for what in ["first sync", "no change"] {
            let begin = Instant::now();
            frank.run(&desk, &["sync", "p"]).good();
            let took = begin.elapsed().as_secs_f64();
            eprintln!("{name}: {what} {took:.2} s");
            first.push(took);
        }
    }
    let most = first[0] * 1.3 + 2.0;
    eprintln!("1.3 x plugged in + 2 s: {most:.2} s");
    assert!(first[2] <= most);
}
