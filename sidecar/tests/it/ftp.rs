//! Files by FTP, with real servers: pyftpdlib, plain and with the habits of a board's, and Debian's vsftpd.
//! What lies in the server's folder is then put on a board, and the board's own sync must agree with it.

mod cuts;
mod server;

pub(crate) use server::Server;

use std::fs;

use boardside::virtual_board::Profile;
use rstest::rstest;

use crate::boards;
use crate::transports::every_byte;
use crate::transports::first_project;
use crate::transports::steps;
use crate::workspace::Workspace;

/// What it is, what is done to the project, and what the sync then counts.
type Step = (&'static str, fn(&Workspace), [(&'static str, u64); 4]);

fn workspace() -> Workspace {
    Workspace::new(&[
        ("main.py", b"print('first')\n"),
        ("lib/gone.py", b"GONE = 1\n"),
        ("lib/same name.py", b"X = 1\r\n"),
        ("every.bin", &every_byte(3_000)),
    ])
}

#[rstest]
#[case::pyftpdlib(Server::new("plain"))]
#[case::like_pycom(Server::new("pycom"))]
#[case::vsftpd(Server::vsftpd())]
fn a_sync_by_ftp_makes_the_boards_files_the_projects(#[case] server: Server) {
    let workspace = workspace();
    let address = server.address();
    fs::write(server.root().join("data.log"), b"the board's own").unwrap();
    let dry = workspace.sync(&address, &["--dry-run"]);
    assert_eq!((dry.exit, server.project().len()), (0, 1), "{dry:?}");
    let steps: [Step; 5] = [
        (
            "first sync",
            |_| {},
            [("added", 4), ("updated", 0), ("removed", 0), ("unchanged", 0)],
        ),
        (
            "no change",
            |_| {},
            [("added", 0), ("updated", 0), ("removed", 0), ("unchanged", 4)],
        ),
        (
            "edit",
            |workspace| drop(workspace.write("main.py", b"print('again')\n")),
            [("added", 0), ("updated", 1), ("removed", 0), ("unchanged", 3)],
        ),
        (
            "delete",
            |workspace| workspace.remove("lib/gone.py"),
            [("added", 0), ("updated", 0), ("removed", 1), ("unchanged", 3)],
        ),
        (
            "verify",
            |workspace| drop(workspace.write("lib/new/deep.py", b"")),
            [("added", 1), ("updated", 0), ("removed", 0), ("unchanged", 3)],
        ),
    ];
    for (what, change, counts) in steps {
        change(&workspace);
        let more: &[&str] = if what == "verify" { &["--verify"] } else { &[] };
        let ran = workspace.sync(&address, more);
        assert_eq!(ran.exit, 0, "{what}: {ran:?}");
        for (name, count) in counts {
            assert_eq!(ran.count(name), count, "{what}: {name}: {ran:?}");
        }
        let mut expected = workspace.files();
        expected.insert("/data.log".to_owned(), b"the board's own".to_vec());
        assert_eq!(server.project(), expected, "{what}");
        let own: Vec<String> = server
            .all()
            .into_keys()
            .filter(|path| path.starts_with("/.boardside"))
            .collect();
        assert_eq!(own, ["/.boardside/manifest"], "{what}");
    }
    // The same flash in a board, by its REPL: nothing is left to do.
    let board = boards::start(&Profile {
        files: server.all(),
        ..boards::fast()
    });
    let ran = workspace.sync(board.address(), &[]);
    assert_eq!(
        (ran.exit, ran.count("unchanged"), &ran.last()["tier"]),
        (0, 4, &serde_json::Value::Null),
        "{ran:?}"
    );
}

#[rstest]
#[case::pyftpdlib(Server::new("plain"))]
#[case::vsftpd(Server::vsftpd())]
fn ftp_does_all_steps_that_it_can(#[case] server: Server) {
    let address = server.address();
    let workspace = first_project();
    steps(&workspace, &address, &|| server.project());
    let ran = workspace.boardside(&["console", "-d", &address]);
    assert_eq!(ran.code(), "connect.files_only", "{ran:?}");
}

#[test]
fn what_a_board_was_synced_to_by_its_repl_is_known_by_ftp() {
    let server = Server::new("plain");
    let workspace = workspace();
    let board = boards::start(&boards::fast());
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
    for (path, content) in board.files().unwrap() {
        let place = server.root().join(&path[1..]);
        if path.ends_with('/') {
            fs::create_dir_all(place).unwrap();
        } else {
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            fs::write(place, content).unwrap();
        }
    }
    let ran = workspace.sync(&server.address(), &[]);
    assert_eq!(
        (ran.exit, ran.count("unchanged"), ran.count("bytes_sent")),
        (0, 4, 0),
        "{ran:?}"
    );
}

#[test]
fn a_server_that_ends_in_a_file_leaves_the_old_project_and_the_next_sync_makes_it_new() {
    let mut server = Server::new("cut=6000");
    let workspace = workspace();
    assert_eq!(workspace.sync(&server.address(), &[]).exit, 0);
    let before = server.project();
    workspace.write("main.py", b"print('third')\n");
    workspace.write("large.bin", &every_byte(200_000));
    let ran = workspace.sync(&server.address(), &[]);
    assert_eq!((ran.exit, ran.code()), (4, "wire.gone"), "{ran:?}");
    assert_eq!(server.project(), before);
    server.again();
    let ran = workspace.sync(&server.address(), &[]);
    assert_eq!(
        (ran.exit, ran.count("added"), ran.count("updated")),
        (0, 1, 1),
        "{ran:?}"
    );
    assert_eq!(server.project(), workspace.files());
}

#[test]
fn names_that_were_half_changed_are_set_right() {
    let server = Server::new("plain");
    let workspace = workspace();
    assert_eq!(workspace.sync(&server.address(), &[]).exit, 0);
    let old = fs::read(server.root().join(".boardside/manifest")).unwrap();
    workspace.write("main.py", b"print('newer')\n");
    workspace.write("every.bin", &every_byte(2_999));
    assert_eq!(workspace.sync(&server.address(), &[]).exit, 0);
    // As if it had been cut when one of two files had its name, and the project had changed since.
    let next = fs::read(server.root().join(".boardside/manifest")).unwrap();
    fs::write(server.root().join(".boardside/next"), next).unwrap();
    fs::write(server.root().join(".boardside/manifest"), old).unwrap();
    fs::write(server.root().join(".boardside/7"), b"left over").unwrap();
    fs::write(server.root().join("main.py"), b"print('first')\n").unwrap();
    workspace.write("every.bin", &every_byte(2_998));
    let ran = workspace.sync(&server.address(), &[]);
    assert_eq!(
        (ran.exit, ran.count("updated"), ran.count("unchanged")),
        (0, 2, 2),
        "{ran:?}"
    );
    assert_eq!(server.project(), workspace.files());
    let own = server
        .all()
        .into_keys()
        .filter(|path| path.starts_with("/.boardside"));
    assert_eq!(own.collect::<Vec<_>>(), ["/.boardside/manifest"]);
}

#[test]
fn a_full_disk_loses_nothing() {
    let server = Server::new("full=9000");
    let workspace = workspace();
    assert_eq!(workspace.sync(&server.address(), &[]).exit, 0);
    // Beside the old one there is no room for it, and one by one neither.
    workspace.write("every.bin", &every_byte(8_000));
    let before = server.project();
    let ran = workspace.sync(&server.address(), &[]);
    assert_eq!((ran.exit, ran.code()), (5, "board.no_space"), "{ran:?}");
    assert_eq!(server.project(), before);
}

#[test]
fn what_was_edited_on_the_board_is_a_conflict() {
    let server = Server::new("plain");
    let workspace = workspace();
    assert_eq!(workspace.sync(&server.address(), &[]).exit, 0);
    fs::write(server.root().join("main.py"), b"edited").unwrap();
    workspace.write("main.py", b"print('mine')\n");
    let ran = workspace.sync(&server.address(), &[]);
    assert_eq!((ran.exit, ran.code()), (7, "sync.conflict"), "{ran:?}");
    assert_eq!(fs::read(server.root().join("main.py")).unwrap(), b"edited");
    let ran = workspace.sync(&server.address(), &["--conflict", "overwrite"]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    assert_eq!(server.project(), workspace.files());
}

#[rstest]
#[case::pyftpdlib(Server::new("plain"))]
#[case::like_pycom(Server::new("pycom"))]
#[case::vsftpd(Server::vsftpd())]
fn the_verbs_for_files_work(#[case] server: Server) {
    let workspace = workspace();
    let run = |args: &[&str]| workspace.boardside(&[args, &["-d", &server.address()]].concat());
    let done = |args: &[&str]| {
        let ran = run(args);
        assert_eq!(ran.exit, 0, "{args:?}: {ran:?}");
        ran
    };
    done(&["put", "-r", "lib", "main.py", "every.bin", "/"]);
    assert_eq!(server.project(), workspace.files());
    assert_eq!(done(&["ls", "-r"]).count("files"), 4);
    assert_eq!(done(&["ls", "lib"]).count("files"), 2);
    assert_eq!(done(&["ls", "main.py"]).count("files"), 1);
    assert_eq!(
        done(&["cat", "main.py"]).events.last().unwrap()["text"],
        "print('first')\n"
    );
    done(&["diff"]);
    workspace.write("main.py", b"print('other')\n");
    assert_eq!(run(&["diff"]).exit, 1);
    assert_eq!(run(&["diff", "main.py"]).exit, 1);
    done(&["get", "every.bin", "copy.bin"]);
    assert_eq!(
        fs::read(workspace.path().join("copy.bin")).unwrap(),
        every_byte(3_000)
    );
    fs::write(server.root().join("log.py"), b"LOG = 1").unwrap();
    assert_eq!(run(&["pull"]).code(), "pull.conflict");
    let pulled = done(&["pull", "--overwrite"]);
    assert_eq!((pulled.count("added"), pulled.count("updated")), (1, 1));
    let files = workspace.files();
    assert_eq!(
        (&files["/log.py"][..], &files["/main.py"][..]),
        (&b"LOG = 1"[..], &b"print('first')\n"[..])
    );
    done(&["rm", "log.py"]);
    done(&["mkdir", "a/b"]);
    assert!(server.root().join("a/b").is_dir());
    done(&["rm", "main.py"]);
    done(&["rm", "-r", "lib", "a"]);
    assert_eq!(server.project().into_keys().collect::<Vec<_>>(), ["/every.bin"]);
    done(&["df"]);
    for (args, code) in [
        (&["cat", "none.py"][..], "board.not_found"),
        (&["ls", "none"], "board.not_found"),
        (&["rm", "none"], "board.not_found"),
        (&["exec", "1"], "connect.files_only"),
        (&["reset"], "connect.files_only"),
        (&["console"], "connect.files_only"),
        (&["watch"], "connect.files_only"),
        (&["sync", "--after", "reset"], "connect.files_only"),
    ] {
        let ran = run(args);
        assert_eq!(ran.code(), code, "{args:?}: {ran:?}");
    }
}

#[test]
fn a_wrong_login_is_told() {
    let server = Server::new("plain");
    let workspace = workspace();
    for login in ["micro:nope@", "nobody:python@", "micro@", ""] {
        let ran = workspace.boardside(&["ls", "-d", &format!("ftp://{login}127.0.0.1:{}", server.port)]);
        assert_eq!((ran.exit, ran.code()), (3, "wire.login"), "{login}: {ran:?}");
        assert!(!format!("{ran:?}").contains("nope"), "{ran:?}");
    }
}
