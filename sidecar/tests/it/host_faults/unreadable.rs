//! Files, folders and settings that cannot be read, and clocks that are wrong.
//! As root everything can be read, so capabilities are dropped for the program under test.

use std::fs;
use std::fs::File;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::time::Duration;
use std::time::SystemTime;

use serde_json::Value;

use crate::boards;
use crate::host_faults::on_board;
use crate::workspace::Workspace;

/// The last event of a run that may read only what permissions let it.
fn without_privileges(workspace: &Workspace, args: &[&str]) -> (i32, Value) {
    let own = workspace.command();
    let mut command = if rustix::process::geteuid().is_root() {
        let mut command = Command::new("setpriv");
        command
            .args(["--bounding-set=-all", "--inh-caps=-all", "--"])
            .arg(own.get_program());
        command
    } else {
        Command::new(own.get_program())
    };
    for (name, value) in own.get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let output = command
        .args(args)
        .arg("--json")
        .current_dir(workspace.path())
        .output()
        .unwrap();
    let stdout = String::from_utf8(output.stdout).unwrap();
    let last = stdout
        .lines()
        .last()
        .map(|line| serde_json::from_str(line).unwrap());
    (output.status.code().unwrap_or(-1), last.unwrap_or_default())
}

fn forbid(workspace: &Workspace, path: &str, mode: u32) {
    fs::set_permissions(workspace.path().join(path), fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn what_cannot_be_read_is_named_and_nothing_is_changed() {
    let board = boards::start(&boards::fast());
    for (path, forbidden, code) in [
        ("lib/a.py", "lib/a.py", "project.scan"),
        ("lib/a.py", "lib", "project.scan"),
        (".boardsideignore", ".boardsideignore", "project.rules"),
        ("boardside.toml", "boardside.toml", "settings.bad"),
        ("pymakr.conf", "pymakr.conf", "settings.bad"),
        (".vscode/settings.json", ".vscode/settings.json", "settings.bad"),
    ] {
        let workspace = Workspace::new(&[("main.py", b"1"), (path, b"")]);
        forbid(&workspace, forbidden, 0);
        let (exit, last) = without_privileges(&workspace, &["sync", "-d", board.address()]);
        forbid(&workspace, forbidden, 0o700);
        assert_ne!(exit, 0, "{forbidden}: {last}");
        assert_eq!(last["code"], code, "{forbidden}: {last}");
        let message = last["message"].as_str().unwrap();
        assert!(message.contains(forbidden), "{message}");
        assert!(message.contains("ermission denied"), "{message}");
        assert!(on_board(&board).is_empty());
    }
}

#[test]
fn settings_that_are_no_text_or_enormous_are_named() {
    let board = boards::start(&boards::fast());
    for (name, code) in [
        ("boardside.toml", "settings.bad"),
        ("pymakr.conf", "settings.bad"),
        (".vscode/settings.json", "settings.bad"),
        (".boardsideignore", "project.rules"),
    ] {
        let workspace = Workspace::new(&[("main.py", b"1")]);
        workspace.write(name, b"\xff\xfe not UTF-8 \xe9");
        let ran = workspace.sync(board.address(), &[]);
        assert_eq!(ran.code(), code, "{name}: {ran:?}");
        assert!(ran.last()["message"].as_str().unwrap().contains(name), "{ran:?}");
        // Sparse: a gigabyte that must not be read.
        let file = File::create(workspace.path().join(name)).unwrap();
        file.set_len(1 << 30).unwrap();
        let ran = workspace.sync(board.address(), &[]);
        assert_eq!(ran.code(), code, "{name}: {ran:?}");
        let message = ran.last()["message"].as_str().unwrap();
        assert!(
            message.contains("too large") && message.contains(name),
            "{message}"
        );
    }
    assert!(on_board(&board).is_empty());
}

/// Times that no clock of sense gives a file, and a second content of the same size at the same time.
#[test]
fn no_time_that_a_file_has_hides_that_it_changed() {
    let board = boards::start(&boards::fast());
    let workspace = Workspace::new(&[("main.py", b"1")]);
    let now = SystemTime::now();
    let day = Duration::from_secs(86_400);
    let times = [
        SystemTime::UNIX_EPOCH,
        SystemTime::UNIX_EPOCH - 400 * day,
        SystemTime::UNIX_EPOCH + day,
        now + 400 * day,
        now + Duration::from_secs(3600),
        now - Duration::from_secs(3600),
        now - 400 * day,
    ];
    for (round, time) in (0..).zip(times.iter().flat_map(|time| [time, time])) {
        let file = workspace.write("main.py", format!("N = {round:03}\n").as_bytes());
        File::options()
            .write(true)
            .open(file)
            .unwrap()
            .set_modified(*time)
            .unwrap();
        let ran = workspace.sync(board.address(), &[]);
        assert_eq!(ran.exit, 0, "{ran:?}");
        assert!(
            on_board(&board).into_iter().eq(workspace.files()),
            "round {round}: {ran:?}"
        );
    }
}

#[test]
fn links_lead_nowhere_out_of_the_project_and_loops_end() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.py"), "outside").unwrap();
    fs::write(outside.path().join("hard.py"), "hard").unwrap();
    let board = boards::start(&boards::fast());
    let workspace = Workspace::new(&[("main.py", b"1"), ("lib/a.py", b"a")]);
    let at = |name: &str| workspace.path().join(name);
    symlink(outside.path(), at("out")).unwrap();
    symlink(outside.path().join("secret.py"), at("lib/out.py")).unwrap();
    symlink("..", at("lib/loop")).unwrap();
    symlink("again", at("again")).unwrap();
    symlink("nothing", at("nowhere.py")).unwrap();
    symlink("/proc/self/mem", at("mem")).unwrap();
    symlink("/dev/zero", at("zero")).unwrap();
    symlink("main.py", at("same.py")).unwrap();
    fs::hard_link(outside.path().join("hard.py"), at("hard.py")).unwrap();
    let ran = workspace.sync(board.address(), &[]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let found: Vec<String> = on_board(&board).into_iter().map(|(path, _)| path).collect();
    assert_eq!(found, ["/hard.py", "/lib/a.py", "/main.py", "/same.py"]);
    let warnings = ran.events.iter().filter(|event| event["event"] == "warning");
    let told: Vec<&str> = warnings.map(|event| event["message"].as_str().unwrap()).collect();
    for (name, why) in [
        ("/out ", "out of the project"),
        ("/lib/out.py ", "out of the project"),
        ("/lib/loop ", "a folder that it lies in"),
        ("/again ", "a link to nothing"),
        ("/nowhere.py ", "a link to nothing"),
        ("/mem ", "out of the project"),
        ("/zero ", "out of the project"),
    ] {
        let is_it = |text: &&&str| text.contains(name) && text.contains(why);
        assert_eq!(told.iter().filter(is_it).count(), 1, "{name}: {told:#?}");
    }
}
