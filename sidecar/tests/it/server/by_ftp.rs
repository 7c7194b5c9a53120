//! A board that is reached by FTP only, by way of the editor: all that is about files, and a clear word about the rest.
//! What a sync by FTP does is tested in the chapter `ftp`.

use std::fs;
use std::path::Path;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use serde_json::json;
use tempfile::tempdir;

use crate::editor::Hello;
use crate::editor::TestEditor;
use crate::editor::uri;
use crate::ftp::Server;

async fn job(editor: &mut TestEditor, command: &str, argument: Value) -> Value {
    let job = editor.command(command, argument).await;
    editor.done(job).await
}

async fn file(editor: &mut TestEditor, method: &str, params: Value) -> Value {
    let answer = editor.request(&format!("boardside/files/{method}"), params).await;
    assert_eq!(answer.get("error"), None, "{method}: {answer}");
    answer["result"].clone()
}

fn counts(done: &Value) -> [Option<u64>; 4] {
    ["added", "updated", "removed", "unchanged"].map(|name| done["result"][name].as_u64())
}

/// A project whose board is this server, without its password.
fn project(folder: &Path, server: &Server) -> String {
    let address = server.address().replacen(":python", "", 1);
    fs::write(folder.join("boardside.toml"), format!("device = '{address}'\n")).unwrap();
    fs::write(folder.join("main.py"), "print('one')\n").unwrap();
    fs::create_dir(folder.join("lib")).unwrap();
    fs::write(folder.join("lib/b.py"), "B = 1\n").unwrap();
    address
}

async fn editor(home: &Path, folder: &Path) -> TestEditor {
    let variables = [("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")];
    let mut editor = TestEditor::process(home, &variables);
    editor.ignored = vec!["boardside/console/output", "boardside/jobDone"];
    let mut hello = Hello::asked();
    hello.settings = Some(json!({"autoSync": "onSave"}));
    editor.greet(&[folder], hello).await;
    editor
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sync_save_diff_and_pull_work_by_ftp_and_the_password_is_asked_once() {
    let (home, folder) = (tempdir().unwrap(), tempdir().unwrap());
    let (server, folder) = (Server::new("pycom"), folder.path());
    let address = project(folder, &server);
    let mut editor = editor(home.path(), folder).await;
    let here = json!({"folder": uri(folder)});

    let sync = editor.command("boardside.sync", here.clone()).await;
    let asked = editor.answer("boardside/question", "python".into()).await;
    assert_eq!(asked["prompt"], format!("password for {address}"));
    let done = editor.done(sync).await;
    assert_eq!(counts(&done), [2, 0, 0, 0].map(Some), "{done}");
    assert_eq!(server.project()["/lib/b.py"], b"B = 1\n");
    let warned = editor.told("window/showMessage", |_| true).await;
    assert!(
        warned["message"].as_str().unwrap().contains("no transaction"),
        "{warned}"
    );

    fs::write(folder.join("main.py"), "print('two')\n").unwrap();
    let main = format!("{}/main.py", uri(folder));
    editor
        .notify("textDocument/didSave", json!({"textDocument": {"uri": main}}))
        .await;
    let saved = editor
        .told("boardside/jobDone", |done| done["automatic"] == true)
        .await;
    assert_eq!(counts(&saved), [0, 1, 0, 1].map(Some), "{saved}");
    assert_eq!(server.project()["/main.py"], b"print('two')\n");
    // The habits of this server.
    let warned = editor.told("window/showMessage", |_| true).await;
    assert!(
        warned["message"]
            .as_str()
            .unwrap()
            .contains("does not rename over"),
        "{warned}"
    );

    let dry = json!({"folder": uri(folder), "dryRun": true});
    let done = job(&mut editor, "boardside.sync", dry).await;
    assert_eq!(
        (done["result"]["dryRun"].clone(), counts(&done)),
        (true.into(), [0, 0, 0, 2].map(Some))
    );
    fs::write(server.root().join("main.py"), "print('on the board')\n").unwrap();
    fs::write(server.root().join("log.py"), "LOG = 1\n").unwrap();
    let done = job(&mut editor, "boardside.diff", here.clone()).await;
    assert_eq!(done["result"], json!({"differ": 2, "same": 1}), "{done}");
    let done = job(&mut editor, "boardside.sync", here.clone()).await;
    assert_eq!(done["error"]["code"], "sync.conflict", "{done}");
    let done = job(&mut editor, "boardside.pull", here.clone()).await;
    assert_eq!(done["error"]["code"], "pull.conflict", "{done}");
    let overwrite = json!({"folder": uri(folder), "overwrite": true});
    let done = job(&mut editor, "boardside.pull", overwrite).await;
    assert_eq!(
        (&done["result"]["added"], &done["result"]["updated"]),
        (&1.into(), &1.into())
    );
    let pulled = fs::read_to_string(folder.join("main.py")).unwrap();
    assert_eq!(pulled, "print('on the board')\n");
    editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_are_listed_read_written_renamed_and_removed_by_ftp() {
    let (home, folder) = (tempdir().unwrap(), tempdir().unwrap());
    let server = Server::new("plain");
    let mut editor = editor(home.path(), folder.path()).await;
    let board = server.address().replacen(":python", "", 1);
    fs::write(server.root().join("main.py"), "1").unwrap();
    let list = editor
        .post("boardside/files/list", json!({"board": board, "path": "/"}))
        .await;
    editor.answer("boardside/question", "python".into()).await;
    let listed = editor.answer_to(list).await;
    let entry = json!({"path": "/main.py", "name": "main.py", "folder": false, "size": 1});
    assert_eq!(listed["result"]["entries"], json!([entry]), "{listed}");
    let content = |text: &[u8]| BASE64_STANDARD.encode(text);
    let read = file(&mut editor, "read", json!({"board": board, "path": "/main.py"})).await;
    assert_eq!(read["content"], content(b"1"));
    let every: Vec<u8> = (0..=255).collect();
    let params = json!({"board": board, "path": "/new/every.bin", "content": content(&every)});
    file(&mut editor, "write", params).await;
    let params = json!({"board": board, "from": "/new/every.bin", "to": "/new/all.bin"});
    file(&mut editor, "rename", params).await;
    file(&mut editor, "makeFolder", json!({"board": board, "path": "/a/b"})).await;
    file(&mut editor, "delete", json!({"board": board, "path": "/main.py"})).await;
    assert_eq!(server.project(), [("/new/all.bin".to_owned(), every)].into());
    assert!(server.root().join("a/b").is_dir());
    let taken = json!({"board": board, "from": "/new/all.bin", "to": "/a"});
    let answer = editor.request("boardside/files/rename", taken).await;
    assert_eq!(answer["error"]["data"]["code"], "board.in_the_way", "{answer}");
    editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_ftp_cannot_do_says_so() {
    let (home, folder) = (tempdir().unwrap(), tempdir().unwrap());
    let server = Server::new("plain");
    let mut editor = editor(home.path(), folder.path()).await;
    editor.ignored.push("boardside/console/output");
    let board = server.address().replacen(":python", "", 1);
    let attached = editor
        .request("boardside/console/attach", json!({"board": board}))
        .await;
    assert_eq!(attached["result"]["history"], "");
    editor.answer("boardside/question", "python".into()).await;
    let told = editor.told("boardside/console/output", |_| true).await;
    assert_eq!(told["kind"], "note");
    let text = told["text"].as_str().unwrap();
    assert!(
        text.contains("files only") && text.contains("[connect.files_only]"),
        "{text}"
    );
    for (command, more) in [
        ("boardside.run", json!({"code": "print(1)"})),
        ("boardside.stop", json!({})),
        ("boardside.softReset", json!({})),
        ("boardside.hardReset", json!({})),
        ("boardside.doctor", json!({})),
    ] {
        let mut argument = more;
        argument["board"] = board.clone().into();
        let done = job(&mut editor, command, argument).await;
        assert_eq!(done["error"]["code"], "connect.files_only", "{command}: {done}");
    }
    editor.end().await;
}
