//! How it ends: after `exit`, when a side is closed, in the middle of a message.
//! With boards: in another chapter.

use serde_json::Value;
use serde_json::json;
use tempfile::tempdir;

use crate::editor::Hello;
use crate::editor::TestEditor;

#[tokio::test]
async fn exit_ends_the_process_while_stdin_is_open() {
    let home = tempdir().unwrap();
    let mut editor = TestEditor::process(home.path(), &[]);
    editor.greet(&[], Hello::default()).await;
    editor.end().await; // Its end of stdin is open until the process has ended.

    let mut editor = TestEditor::process(home.path(), &[]);
    editor.greet(&[], Hello::default()).await;
    editor.notify("exit", Value::Null).await;
    assert_eq!(editor.ended().await, 1, "without `shutdown` it is no clean end");
}

#[tokio::test]
async fn a_client_that_is_gone_ends_it_wherever_it_stopped() {
    let home = tempdir().unwrap();
    for (said, shut_down) in [
        (&b""[..], false),
        (b"Content-Le", false),
        (b"Content-Length: 100\r\n\r\n{\"jsonrpc\"", false),
        (b"no header", false),
        (b"", true),
    ] {
        let mut editor = TestEditor::process(home.path(), &[]);
        editor.greet(&[], Hello::default()).await;
        if shut_down {
            editor.request("shutdown", Value::Null).await;
        }
        editor.send_bytes(said).await;
        editor.hang_up();
        let code = i32::from(!shut_down);
        assert_eq!(editor.ended().await, code, "{:?}", String::from_utf8_lossy(said));
    }
}

#[tokio::test]
async fn a_client_that_never_says_anything_ends_it_by_leaving() {
    let home = tempdir().unwrap();
    let mut editor = TestEditor::process(home.path(), &[]);
    editor.hang_up();
    assert_eq!(editor.ended().await, 1);
    let mut editor = TestEditor::in_memory();
    let answer = editor.request("shutdown", Value::Null).await;
    assert_eq!(answer["error"]["code"], -32002, "{answer}");
    editor.notify("exit", json!(null)).await;
    assert_eq!(
        editor.ended().await,
        1,
        "a `shutdown` that was refused does not count"
    );
}

#[tokio::test]
async fn a_client_that_does_not_read_its_answers_ends_it_by_leaving() {
    let home = tempdir().unwrap();
    let mut editor = TestEditor::process(home.path(), &[]);
    editor.greet(&[], Hello::default()).await;
    // More answers than the pipe takes, and than may wait for their turn.
    for _ in 0..2000 {
        editor.post("boardside/boards", Value::Null).await;
    }
    editor.hang_up();
    assert_eq!(editor.ended_unread().await, 1);
}
