//! Names and paths that a board, or this machine, cannot have, and ways out of the project: told by name, and nothing
//! outside is read or written.
//! Which names FAT and littlefs hold, `sync::plan` tests one by one.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use boardside::virtual_board::FileSystem;
use boardside::virtual_board::Profile;

use crate::boards;
use crate::host_faults::on_board;
use crate::workspace::Workspace;

fn of(file_system: FileSystem) -> Profile {
    Profile {
        file_system,
        ..boards::fast()
    }
}

/// What becomes of a name on littlefs and on FAT: an error with this code, or `ok`.
const NAMES: [(&[u8], &str, &str); 20] = [
    (b"two words.py", "ok", "ok"),
    (b"quote'.py", "ok", "ok"),
    (b"brace{0}%s.py", "ok", "ok"),
    ("grün-\u{1f40d}.py".as_bytes(), "ok", "ok"),
    (b"-d", "ok", "ok"),
    (b"=sum", "ok", "ok"),
    (b"CON", "ok", "ok"),
    (b"NUL.py", "ok", "ok"),
    (b"dot.", "ok", "sync.names"),
    (b"space ", "ok", "sync.names"),
    (b" space", "ok", "ok"),
    (b"C:x.py", "ok", "sync.names"),
    (b"double\".py", "ok", "sync.names"),
    (b"star*.py", "ok", "sync.names"),
    (b"line\nfeed.py", "project.scan", "project.scan"),
    (b"tab\t.py", "project.scan", "project.scan"),
    (b"escape\x1b[2J.py", "project.scan", "project.scan"),
    (b"back\\slash.py", "project.scan", "project.scan"),
    (b"latin-\xe9.py", "project.scan", "project.scan"),
    (&[b'n'; 255], "ok", "ok"),
];

#[test]
fn an_odd_name_is_synced_or_told_and_nothing_is_written_then() {
    for (file_system, column) in [(FileSystem::LittleFs, 1), (FileSystem::Fat, 2)] {
        let board = boards::start(&of(file_system));
        for (name, littlefs, fat) in NAMES {
            let expected = if column == 1 { littlefs } else { fat };
            let workspace = Workspace::new(&[("main.py", b"1")]);
            fs::write(workspace.path().join(OsStr::from_bytes(name)), "odd").unwrap();
            let before = on_board(&board);
            let ran = workspace.sync(board.address(), &["--conflict", "overwrite"]);
            let shown = String::from_utf8_lossy(name).into_owned();
            if expected == "ok" {
                assert_eq!(ran.exit, 0, "{shown}: {ran:?}");
                assert!(
                    on_board(&board).into_iter().eq(workspace.files()),
                    "{shown}: {ran:?}"
                );
                let again = workspace.sync(board.address(), &[]);
                assert_eq!(
                    (again.exit, again.count("unchanged")),
                    (0, 2),
                    "{shown}: {again:?}"
                );
                continue;
            }
            assert_eq!((ran.exit, ran.code()), (1, expected), "{shown}: {ran:?}");
            let message = ran.last()["message"].as_str().unwrap();
            assert!(message.contains(&shown[..3]), "{shown}: {message}");
            assert!(!message.chars().any(char::is_control), "{shown}: {message:?}");
            assert!(on_board(&board) == before, "{shown}: something was written");
        }
    }
}

#[test]
fn names_that_differ_in_case_only_are_two_files_on_littlefs_and_a_refusal_on_fat() {
    let workspace = Workspace::new(&[
        ("Boot.py", b"1"),
        ("boot.py", b"2"),
        ("Lib/a.py", b"3"),
        ("lib/b.py", b"4"),
    ]);
    let littlefs = boards::start(&of(FileSystem::LittleFs));
    assert_eq!(workspace.sync(littlefs.address(), &[]).exit, 0);
    assert!(on_board(&littlefs).into_iter().eq(workspace.files()));
    let fat = boards::start(&of(FileSystem::Fat));
    let ran = workspace.sync(fat.address(), &[]);
    assert_eq!((ran.exit, ran.code()), (1, "sync.names"), "{ran:?}");
    let message = ran.last()["message"].as_str().unwrap();
    assert!(
        message.contains("/Boot.py") && message.contains("/boot.py"),
        "{message}"
    );
    assert!(on_board(&fat).is_empty());
}

#[test]
fn names_that_differ_in_their_unicode_form_only_are_refused_with_both() {
    let workspace = Workspace::new(&[("gr\u{fc}n.py", b"1"), ("gru\u{308}n.py", b"2")]);
    let board = boards::start(&boards::fast());
    let ran = workspace.sync(board.address(), &[]);
    assert_eq!((ran.exit, ran.code()), (1, "project.scan"), "{ran:?}");
    assert!(
        ran.last()["message"].as_str().unwrap().matches("n.py").count() >= 2,
        "{ran:?}"
    );
    workspace.remove("gr\u{fc}n.py");
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
    assert_eq!(on_board(&board), [("/gr\u{fc}n.py".to_owned(), b"2".to_vec())]);
}

#[test]
fn no_setting_of_any_tool_leads_out_of_the_project() {
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret.py"), "outside").unwrap();
    let target = outside.path().to_str().unwrap();
    let up = format!("../{}", outside.path().file_name().unwrap().to_str().unwrap());
    let board = boards::start(&boards::fast());
    for folder in [
        &up,
        target,
        "~",
        "C:\\x",
        "\\\\host\\share",
        "a/../..",
        "link",
        "link/deeper",
    ] {
        let json = serde_json::json!(folder);
        for (file, text) in [
            ("boardside.toml", format!("source = {json}\n")),
            ("pymakr.conf", format!("{{\"dist_dir\": {json}}}")),
            ("pymakr.conf", format!("{{\"sync_folder\": {json}}}")),
            (
                ".vscode/settings.json",
                format!("{{\"micropico.syncFolder\": {json}}}"),
            ),
        ] {
            let workspace = Workspace::new(&[("main.py", b"1")]);
            symlink(outside.path(), workspace.path().join("link")).unwrap();
            workspace.write(file, text.as_bytes());
            let ran = workspace.sync(board.address(), &["--conflict", "overwrite"]);
            let refused = (ran.exit, ran.code()) == (2, "settings.bad") || ran.code() == "project.no_folder";
            // What another tool takes for a name in the project, or MicroPico's that is left out with a warning.
            let harmless = ran.exit == 0 && on_board(&board) == [("/main.py".to_owned(), b"1".to_vec())];
            assert!(refused || harmless, "{file}: {text}: {ran:?}");
            assert!(
                on_board(&board).iter().all(|(path, _)| path == "/main.py"),
                "{text}: {ran:?}"
            );
        }
    }
    let workspace = Workspace::new(&[("main.py", b"1"), ("boardside.toml", b"after = 'run=../x.py'\n")]);
    assert_eq!(workspace.sync(board.address(), &[]).code(), "settings.bad");
    let workspace = Workspace::new(&[("main.py", b"1")]);
    assert_eq!(
        workspace
            .sync(board.address(), &["--after", "run=../x.py"])
            .code(),
        "settings.after"
    );
}

#[test]
fn no_path_on_a_board_has_two_dots_backslashes_or_control_characters() {
    let board = boards::start(&boards::fast());
    let workspace = Workspace::new(&[("main.py", b"1")]);
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
    let before = on_board(&board);
    for path in ["../x", "lib/../../x", "/..", "a\\b", "C:\\x", "a\nb", "a\u{7}b"] {
        for verb in [
            &["cat", path][..],
            &["get", path],
            &["get", "-r", path],
            &["rm", "-r", path],
            &["mkdir", path],
            &["put", "main.py", &format!(":{path}")],
            &["ls", path],
        ] {
            let ran = workspace.boardside(&[verb, &["-d", board.address()]].concat());
            assert_eq!(ran.exit, 2, "{verb:?}: {ran:?}");
            assert_eq!(ran.code(), "usage", "{verb:?}: {ran:?}");
        }
    }
    assert!(on_board(&board) == before);
}

#[test]
fn files_of_a_board_are_not_written_through_links_out_of_the_folder() {
    let board = boards::start(&Profile {
        files: [
            ("/lib/new.py".to_owned(), b"new".to_vec()),
            ("/dead.py".to_owned(), b"new".to_vec()),
        ]
        .into(),
        ..boards::fast()
    });
    let outside = tempfile::tempdir().unwrap();
    for args in [
        &["pull"][..],
        &["pull", "--overwrite"],
        &["get", "-r", "/", "."],
        &["get", "-r", "lib"],
    ] {
        let workspace = Workspace::new(&[("main.py", b"1")]);
        symlink(outside.path(), workspace.path().join("lib")).unwrap();
        symlink(outside.path().join("made.py"), workspace.path().join("dead.py")).unwrap();
        let ran = workspace.boardside(&[args, &["-d", board.address()]].concat());
        assert_eq!(ran.exit, 7, "{args:?}: {ran:?}");
        assert_eq!(
            fs::read_dir(outside.path()).unwrap().count(),
            0,
            "{args:?}: {ran:?}"
        );
    }
}

/// A board whose `os` lists names that no file system has.
const LIAR: &str = "import os, sys
class Os:
    def __getattr__(self, name):
        return getattr(os, name)
    def ilistdir(self, *where):
        yield from os.ilistdir(*where)
        for name in NAMES:
            yield (name, 0x8000, 0, 4)
    def listdir(self, *where):
        return os.listdir(*where) + NAMES
NAMES = ['../evil.py', '../../evil.py', '/evil.py', '..', 'C:\\\\evil.py', '..\\\\evil.py', 'a/../../evil.py', 'line\\nfeed']
sys.modules['os'] = Os()
";

#[test]
fn names_that_a_board_lists_lead_nowhere_out_of_the_folder() {
    let mut profile = boards::fast();
    profile
        .files
        .insert("/boot.py".to_owned(), LIAR.as_bytes().to_vec());
    profile.files.insert("/lib/good.py".to_owned(), b"G".to_vec());
    let board = boards::start(&profile);
    let around = tempfile::tempdir().unwrap();
    for args in [
        &["get", "-r", "/", "."][..],
        &["get", "-r", "lib", "x"],
        &["pull"],
        &["ls", "-r"],
    ] {
        let project = around.path().join("deep/er");
        fs::create_dir_all(&project).unwrap();
        let own = Workspace::new(&[]);
        let mut command = own.command();
        let output = command
            .args(args)
            .args(["-d", board.address()])
            .current_dir(&project)
            .output();
        let output = output.unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(0), "{args:?}: {stderr}");
        let found = Command::new("find")
            .arg(around.path())
            .args(["-name", "*evil*"])
            .output()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&found.stdout), "", "{args:?}: {stderr}");
        assert!(!Path::new("/evil.py").exists());
        assert!(
            !stderr.trim_end_matches('\n').contains("line\nfeed"),
            "{args:?}: {stderr}"
        );
    }
    assert_eq!(fs::read(around.path().join("deep/er/lib/good.py")).unwrap(), b"G");
}
