//! The order of messages, and clients that do not answer or do not read.
//! Nothing about boards.

use serde_json::json;
use tempfile::tempdir;

use crate::editor::Hello;
use crate::editor::TestEditor;
use crate::editor::uri;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_thousand_messages_keep_their_order() {
    let mut editor = TestEditor::in_memory();
    editor.greet(&[], Hello::default()).await;
    let folder = tempdir().unwrap();
    let folder = json!([{"uri": uri(folder.path()), "name": "x"}]);
    // Each question is between an opening and a closing of the folder that it asks for; out of turn, it would be
    // refused. Notifications and requests are mixed.
    let none = json!([]);
    let mut asked = Vec::new();
    for n in 0..5000 {
        let (here, added, removed) = if n % 2 == 0 {
            (true, &folder, &none)
        } else {
            (false, &none, &folder)
        };
        let event = json!({"event": {"added": added, "removed": removed}});
        editor.notify("workspace/didChangeWorkspaceFolders", event).await;
        let lens = json!({"textDocument": {"uri": "untitled:x"}});
        editor.notify("textDocument/didSave", lens.clone()).await;
        let base = json!({"uri": format!("{}/a.py", folder[0]["uri"].as_str().unwrap())});
        let id = editor.post("boardside/base", base).await;
        asked.push((id, here));
        editor.notify("boardside/cancel", json!({"job": n})).await;
        if n % 100 == 99 {
            for (id, here) in asked.drain(..) {
                let answer = editor.answer_to(id).await;
                let unknown = answer["error"]["data"]["code"] == "folder.unknown";
                // A folder that is closed before its settings are known answers nothing but that it ended.
                assert_eq!(unknown, !here, "{id}: {answer}");
            }
        }
    }
    editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_answers_nothing_is_served_all_the_same() {
    let folders: Vec<_> = (0..4).map(|_| tempdir().unwrap()).collect();
    let paths: Vec<_> = folders.iter().map(tempfile::TempDir::path).collect();
    let mut editor = TestEditor::in_memory();
    let mute = Hello {
        settings: None,
        ..Hello::default()
    };
    editor.greet(&paths, mute).await;
    // Four questions of the server are open now, for the settings of four folders.
    for n in 0..500 {
        let saved = json!({"textDocument": {"uri": format!("{}/{n}.py", uri(paths[0]))}});
        editor.notify("textDocument/didSave", saved).await;
    }
    let answer = editor.request("boardside/boards", json!(null)).await;
    assert!(answer["result"]["boards"].is_array(), "{answer}");
    // What needs the settings waits for a while, and then does without.
    let lens = json!({"textDocument": {"uri": format!("{}/main.py", uri(paths[0]))}});
    let lenses = editor.request("textDocument/codeLens", lens).await;
    assert_eq!(lenses["result"].as_array().unwrap().len(), 1, "{lenses}");
    editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_that_never_reads_can_still_say_that_it_ends() {
    let mut editor = TestEditor::in_memory();
    editor.greet(&[], Hello::default()).await;
    for _ in 0..300 {
        editor.post("boardside/boards", json!(null)).await;
        editor
            .notify(
                "textDocument/didSave",
                json!({"textDocument": {"uri": "file:///x"}}),
            )
            .await;
    }
    let last = editor.post("shutdown", json!(null)).await;
    editor.notify("exit", json!(null)).await;
    // It reads only now.
    for id in 2..=last {
        editor.answer_to(id).await;
    }
    assert_eq!(editor.ended().await, 0);
}
