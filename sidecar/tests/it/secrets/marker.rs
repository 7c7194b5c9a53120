//! A secret in every place where people type one: no output of any verb and no file that is left has it.
//! The secret is one word, so that a search finds it.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use boardside::virtual_board::HostSide;
use boardside::virtual_board::Profile;
use serde_json::json;
use tempfile::tempdir;

use crate::boards;
use crate::editor::Hello;
use crate::editor::TestEditor;
use crate::editor::uri;
use crate::transports::Peer as _;
use crate::transports::network::Server;
use crate::transports::network::python;
use crate::workspace::Workspace;

const MARKER: &str = "hunter2Swordfish";

/// Every verb that reads an address or settings, as far as it comes without a board.
const VERBS: [&[&str]; 19] = [
    &["sync"],
    &["sync", "--dry-run"],
    &["watch"],
    &["pull"],
    &["diff"],
    &["devices"],
    &["ls"],
    &["cat", "x"],
    &["get", "x"],
    &["put", "main.py"],
    &["rm", "x"],
    &["mkdir", "x"],
    &["df"],
    &["run", "main.py"],
    &["exec", "1"],
    &["eval", "1"],
    &["console"],
    &["doctor"],
    &["reset"],
];

fn addresses() -> Vec<String> {
    let forms = [
        "telnet://micro:MARK@127.0.0.1",
        "ssh://me:MARK/x?@host",
        "socket://me:MARK@127.0.0.1:1",
        "socket://MARK@127.0.0.1:1",
        "https://MARK@host/x",
        "ws://127.0.0.1/?password=MARK&x=1",
        "micro:MARK@127.0.0.1",
    ];
    forms.map(|form| form.replace("MARK", MARKER)).into()
}

fn assert_clean(what: &str, output: &[u8]) {
    let text = String::from_utf8_lossy(output);
    assert!(!text.contains(MARKER), "{what} shows it:\n{text}");
}

/// No file below the folder has it, but those that the user wrote.
fn assert_clean_files(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            assert_clean_files(&path);
        } else {
            assert_clean(&path.display().to_string(), &fs::read(&path).unwrap());
        }
    }
}

/// Runs it in both ways, and looks at all that comes out.
fn run(workspace: &Workspace, home: &Path, args: &[&str], variables: &[(&str, &str)]) {
    for json in [&[][..], &["--json"]] {
        let mut command = workspace.command();
        command.args(args).args(json).stdin(Stdio::null());
        command
            .env("HOME", home)
            .env("XDG_CACHE_HOME", home.join("cache"));
        let output = command.envs(variables.iter().copied()).output().unwrap();
        let what = format!("{args:?} {variables:?}");
        assert_clean(&what, &output.stdout);
        assert_clean(&what, &output.stderr);
    }
}

#[test]
fn a_password_in_an_address_is_shown_by_no_verb() {
    let home = tempdir().unwrap();
    let workspace = Workspace::new(&[("main.py", b"1")]);
    for (at, address) in addresses().iter().enumerate() {
        // Each verb sees each way to say it, and each form is seen by many.
        for verb in VERBS.iter().skip(at % 3).step_by(3) {
            run(
                &workspace,
                home.path(),
                &[verb, &["-d", address.as_str()][..]].concat(),
                &[],
            );
            run(&workspace, home.path(), verb, &[("BOARDSIDE_DEVICE", address)]);
        }
        workspace.write("boardside.toml", format!("device = \"{address}\"\n").as_bytes());
        for verb in VERBS.iter().skip(at % 4).step_by(4) {
            run(&workspace, home.path(), verb, &[]);
        }
        workspace.remove("boardside.toml");
        for verb in [
            &["--help"][..],
            &["sync", "--help"],
            &["man"],
            &["completions", "bash"],
        ] {
            run(&workspace, home.path(), verb, &[("BOARDSIDE_DEVICE", address)]);
        }
        run(&workspace, home.path(), &["sync", "--nonsense", address], &[]);
        run(&workspace, home.path(), &["sync", "--baud", address], &[]);
    }
    assert_clean_files(home.path());
}

#[test]
fn a_password_in_settings_of_any_tool_is_shown_by_no_verb_and_not_put_on_the_board() {
    let board = boards::start(&boards::fast());
    let home = tempdir().unwrap();
    let pymakr = json!({
        "name": "x", "username": "micro", "password": MARKER, "py_ignore": [],
        "address": format!("telnet://micro:{MARKER}@10.0.0.7"), "token": MARKER,
    });
    let micropico = json!({
        "micropico.autoConnect": false, "micropico.manualComDevice": format!("telnet://m:{MARKER}@10.0.0.7"),
        "micropico.password": MARKER, "other.token": MARKER,
    });
    let own = [
        format!("device = \"telnet://m:{MARKER}@10.0.0.7\"\npassword = \"{MARKER}\"\n"),
        format!("baud = \"telnet://m:{MARKER}@10.0.0.7\"\n"),
        format!("device = \"telnet://m:{MARKER}@10.0.0.7\n"),
    ];
    let mut cases = vec![
        ("pymakr.conf", pymakr.to_string()),
        (".vscode/settings.json", micropico.to_string()),
        ("pymakr.conf", format!("{{\"password\": \"{MARKER}\" broken")),
    ];
    cases.extend(own.map(|text| ("boardside.toml", text)));
    for (name, text) in cases {
        let workspace = Workspace::new(&[("main.py", b"1")]);
        workspace.write(name, text.as_bytes());
        for verb in [
            &["sync", "--dry-run"][..],
            &["sync"],
            &["diff"],
            &["pull"],
            &["doctor"],
            &["ls"],
        ] {
            run(
                &workspace,
                home.path(),
                &[verb, &["-d", board.address()]].concat(),
                &[],
            );
            if name == ".vscode/settings.json" {
                run(&workspace, home.path(), verb, &[]);
            }
        }
    }
    assert_clean_files(home.path());
    for (path, content) in board.files().unwrap() {
        assert_clean(&path, &content);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_that_is_typed_in_the_editor_is_told_nobody_else() {
    let board = boards::start(&Profile {
        host: HostSide::Tcp("127.0.0.1:0".parse().unwrap()),
        ..boards::fast()
    });
    let inner = board.address().strip_prefix("socket://").unwrap().to_owned();
    let (wrong, right) = (format!("{MARKER}1"), MARKER);
    for kind in ["proper", "pycom"] {
        let (home, project) = (tempdir().unwrap(), tempdir().unwrap());
        let place = inner.clone();
        let server = Server::new("telnet://micro@", move || {
            python("telnet_server.py", &[kind, &place, right])
        });
        fs::write(project.path().join("main.py"), "1").unwrap();
        let settings = format!("device = '{}'\nconflict = 'overwrite'\n", server.address());
        fs::write(project.path().join("boardside.toml"), settings).unwrap();
        let mut editor =
            TestEditor::process(home.path(), &[("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")]);
        editor.ignored = vec!["boardside/console/output"];
        editor.greet(&[project.path()], Hello::asked()).await;
        let mut said = Vec::new();
        // Wrong twice, then right the second time.
        for answers in [[&wrong[..], &wrong], [&wrong, right]] {
            let sync = editor.command("boardside.sync", json!({})).await;
            for answer in answers {
                said.push(editor.answer("boardside/question", answer.into()).await);
            }
            said.push(editor.done(sync).await);
        }
        assert_eq!(said[5].get("error"), None, "{}", said[5]);
        let code = "import sys; print(sys.implementation)";
        let run = json!({"board": server.address(), "code": code});
        let run = editor.command("boardside.run", run).await;
        said.push(editor.done(run).await);
        said.push(editor.request("boardside/boards", json!(null)).await);
        for message in said.iter().chain(editor.unread()) {
            assert_clean(kind, message.to_string().as_bytes());
        }
        editor.end().await;
        assert_clean_files(home.path());
        assert_clean_files(project.path());
    }
    for (path, content) in board.files().unwrap() {
        assert_clean(&path, &content);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_editor_is_told_no_password() {
    for form in addresses() {
        let (home, project) = (tempdir().unwrap(), tempdir().unwrap());
        fs::write(project.path().join("main.py"), "1").unwrap();
        fs::write(
            project.path().join("boardside.toml"),
            format!("device = \"{form}\"\n"),
        )
        .unwrap();
        let mut editor = TestEditor::process(home.path(), &[]);
        editor.ignored = vec!["boardside/jobDone", "window/showMessage"];
        editor.greet(&[project.path()], Hello::default()).await;
        let folder = uri(project.path());
        let mut said = vec![
            editor
                .request("boardside/settings", json!({"folder": folder}))
                .await,
        ];
        for (command, argument) in [
            ("boardside.sync", json!({})),
            ("boardside.connect", json!({"board": form})),
            ("boardside.connect", json!({"board": form, "folder": folder})),
        ] {
            let params = json!({"command": command, "arguments": [argument]});
            let answer = editor.request("workspace/executeCommand", params).await;
            if let Some(job) = answer["result"]["job"].as_u64() {
                said.push(editor.done(job).await);
            }
            said.push(answer);
        }
        for message in said.iter().chain(editor.unread()) {
            assert_clean(&form, message.to_string().as_bytes());
        }
        editor.end().await;
        assert_clean_files(&home.path().join("cache"));
        assert_clean_files(&home.path().join("data"));
    }
}
