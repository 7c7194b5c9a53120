//! What ssh asks on the way to a board of another machine, in an editor: passwords and host keys, asked by a real ssh
//! for a real sshd. Which errors there are is tested in the chapter of errors.

use std::fs;

use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;
use tempfile::tempdir;

use crate::boards::start;
use crate::desk::with_files;
use crate::editor::Hello;
use crate::editor::TestEditor;

use super::frank::Account;
use super::frank::Frank;
use super::frank::PASSWORDS;

/// An editor that can be asked.
async fn editor(frank: &Frank) -> (TestEditor, TempDir) {
    let home = tempdir().unwrap();
    let config = home.path().join("config").display().to_string();
    let variables = [("BOARDSIDE_SSH", &*frank.ssh()), ("XDG_CONFIG_HOME", &*config)];
    let mut editor = TestEditor::process(home.path(), &variables);
    editor.ignored = vec!["boardside/console/output"];
    let mut hello = Hello::default();
    hello.initialize["capabilities"]["experimental"]["boardside"]["questions"] = json!(true);
    editor.greet(&[], hello).await;
    (editor, home)
}

/// Connects, and gives these answers to what is asked. The questions, and how it ended.
async fn connect(editor: &mut TestEditor, answers: &[Value]) -> (Vec<Value>, Value) {
    let argument = json!({"board": "ssh://frank/candy"});
    let job = editor.command("boardside.connect", argument).await;
    let mut questions = Vec::new();
    for answer in answers {
        let asked = editor
            .take("question", |message| message["method"] == "boardside/question")
            .await;
        questions.push(asked["params"].clone());
        editor
            .send(&json!({"jsonrpc": "2.0", "id": asked["id"], "result": answer}))
            .await;
    }
    // One question more would be unread at the end, and fail the test.
    (questions, editor.done(job).await)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_asked_in_the_editor_and_a_wrong_one_or_none_does_not_get_in() {
    let candy = start(&with_files(&[("/main.py", "print('hi')\n")]));
    let account = Account {
        password: "swordfish",
        ..Account::default()
    };
    let frank = Frank::with(&[("candy", &candy)], &account);
    frank.first("ssh_config", PASSWORDS);
    let (mut editor, _home) = editor(&frank).await;
    let (questions, ended) = connect(&mut editor, &[json!("barley")]).await;
    assert_eq!(ended["error"]["code"], "ssh.denied", "{ended}");
    let prompt = questions[0]["prompt"].as_str().unwrap();
    assert!(prompt.contains("password"), "{prompt}");
    assert_eq!(questions[0]["secret"], true);
    // Who wants to answer nothing is asked once, however often ssh would.
    frank.first("ssh_config", "NumberOfPasswordPrompts 3");
    let (_, ended) = connect(&mut editor, &[Value::Null]).await;
    assert_eq!(ended["error"]["code"], "ssh.denied", "{ended}");
    // A slip of the finger, and once more.
    let (questions, ended) = connect(&mut editor, &[json!("barley"), json!("swordfish")]).await;
    assert_eq!(ended["error"], Value::Null, "{ended}");
    assert_eq!(questions.len(), 2);
    // A link that breaks is tried again without a question, which would come again and again: until somebody wants it.
    frank.cut();
    let note =
        |params: &Value| params["kind"] == "note" && params["text"].to_string().contains("lets you not in");
    editor.told("boardside/console/output", note).await;
    let (_, ended) = connect(&mut editor, &[json!("swordfish")]).await;
    assert_eq!(ended["error"], Value::Null, "{ended}");
    let params = json!({"board": "ssh://frank/candy", "path": "/main.py"});
    let read = editor.request("boardside/files/read", params).await;
    assert_eq!(read["result"]["content"], "cHJpbnQoJ2hpJykK", "{read}");
    editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_host_key_that_nobody_has_seen_is_a_question_in_the_editor() {
    let candy = start(&with_files(&[]));
    let frank = Frank::with(&[("candy", &candy)], &Account::default());
    fs::write(frank.path("known_hosts"), "").unwrap();
    frank.first("ssh_config", "StrictHostKeyChecking ask");
    let (mut editor, _home) = editor(&frank).await;
    for answer in [json!("no"), Value::Null] {
        let (questions, ended) = connect(&mut editor, &[answer]).await;
        assert_eq!(ended["error"]["code"], "ssh.key_unknown", "{ended}");
        let prompt = questions[0]["prompt"].as_str().unwrap();
        assert!(prompt.contains("SHA256:"), "{prompt}");
        assert_eq!(questions[0]["secret"], false);
    }
    let (_, ended) = connect(&mut editor, &[json!("yes")]).await;
    assert_eq!(ended["error"], Value::Null, "{ended}");
    let known = fs::read_to_string(frank.path("known_hosts")).unwrap();
    assert!(known.starts_with("frank ssh-ed25519 "), "{known}");
    editor.end().await;
}
