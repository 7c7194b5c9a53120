//! A board's console and files by way of the editor.
//! What a board does with them is tested elsewhere.

use std::fs;

use boardside::virtual_board::VirtualBoard;
use serde_json::Value;
use serde_json::json;
use tempfile::tempdir;

use crate::boards::fast;
use crate::boards::start;
use crate::editor::Hello;
use crate::editor::TestEditor;
use crate::editor::uri;

fn editor(home: &tempfile::TempDir, board: &VirtualBoard) -> TestEditor {
    let address = board.address().to_owned();
    let mut editor = TestEditor::process(home.path(), &[("BOARDSIDE_PORTS", &address)]);
    editor.ignored = vec!["boardside/console/output", "boardside/jobDone"];
    editor
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_go_to_the_board_and_its_words_come_back_and_stay_in_the_history() {
    let (home, project, board) = (tempdir().unwrap(), tempdir().unwrap(), start(&fast()));
    fs::write(project.path().join("main.py"), "print(1)\n").unwrap();
    let mut editor = editor(&home, &board);
    editor.greet(&[project.path()], Hello::default()).await;
    let named = json!({"board": board.address()});
    let attached = editor.request("boardside/console/attach", named.clone()).await;
    let before = attached["result"]["seq"].as_u64().unwrap();
    let connected = |params: &Value| params["boards"][0]["state"] == "connected";
    editor.told("boardside/boardsChanged", connected).await;
    let keys = json!({"board": board.address(), "text": "print('<' + chr(252) * 3 + '>')\r"});
    editor.notify("boardside/console/input", keys).await;
    let mut heard = String::new();
    let mut seq = before;
    while !heard.contains("<üüü>") {
        let output = editor
            .told("boardside/console/output", |params| params["kind"] == "output")
            .await;
        heard.push_str(output["text"].as_str().unwrap());
        assert!(output["seq"].as_u64().unwrap() > seq, "{output}");
        seq = output["seq"].as_u64().unwrap();
    }
    let attached = editor.request("boardside/console/attach", named).await;
    let history = attached["result"]["history"].as_str().unwrap();
    assert!(history.contains("<üüü>"), "{history:?}");
    assert!(attached["result"]["seq"].as_u64().unwrap() >= seq);

    let line = json!({"board": board.address(), "text": "  File \"main.py\", line 3, in <module>"});
    let links = editor.request("boardside/console/locate", line).await;
    let expected = json!([{
        "start": 2, "end": 24, "path": "/main.py", "uri": format!("{}/main.py", uri(project.path())), "line": 2,
    }]);
    assert_eq!(links["result"]["links"], expected, "{links}");
    let nothing = json!({"board": board.address(), "text": "File \"other.py\", line 3"});
    let links = editor.request("boardside/console/locate", nothing).await;
    assert_eq!(links["result"]["links"], json!([]), "{links}");
    editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn files_on_a_board_are_written_listed_read_renamed_and_removed() {
    let (home, board) = (tempdir().unwrap(), start(&fast()));
    let mut editor = editor(&home, &board);
    editor.greet(&[], Hello::default()).await;
    let address = board.address().to_owned();
    let mut ask = async |method: &str, mut params: Value| {
        params["board"] = address.clone().into();
        let answer = editor.request(&format!("boardside/files/{method}"), params).await;
        answer
            .get("result")
            .cloned()
            .unwrap_or_else(|| answer["error"]["data"]["code"].clone())
    };
    let hello = "aGVsbG8=";
    assert_eq!(
        ask("write", json!({"path": "/notes/a.txt", "content": hello})).await,
        Value::Null
    );
    let listed = ask("list", json!({"path": "/notes", "fresh": true})).await;
    let entry = json!({"path": "/notes/a.txt", "name": "a.txt", "folder": false, "size": 5});
    assert_eq!(listed["entries"], json!([entry]), "{listed}");
    assert_eq!(
        ask("read", json!({"path": "/notes/a.txt"})).await["content"],
        hello
    );
    assert_eq!(
        ask("write", json!({"path": "/notes/b.txt", "content": ""})).await,
        Value::Null
    );
    let onto = json!({"from": "/notes/a.txt", "to": "/notes/b.txt"});
    assert_eq!(ask("rename", onto).await, "board.in_the_way");
    assert_eq!(ask("delete", json!({"path": "/notes/b.txt"})).await, Value::Null);
    assert_eq!(
        ask("rename", json!({"from": "/notes/a.txt", "to": "/notes/c.txt"})).await,
        Value::Null
    );
    assert_eq!(
        ask("read", json!({"path": "/notes/a.txt"})).await,
        "board.not_found"
    );
    assert_eq!(
        ask("makeFolder", json!({"path": "/notes/old"})).await,
        Value::Null
    );
    assert_eq!(ask("delete", json!({"path": "/notes"})).await, Value::Null);
    let root = ask("list", json!({"path": "/"})).await;
    assert!(!root.to_string().contains("notes"), "{root}");
    editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_board_that_cannot_be_opened_says_why_and_other_boards_work() {
    let (home, board) = (tempdir().unwrap(), start(&fast()));
    let mut editor = editor(&home, &board);
    editor.greet(&[], Hello::default()).await;
    let missing = home.path().join("no-port");
    let missing = missing.to_str().unwrap();
    let read = |board: &str| json!({"board": board, "path": "/boot.py"});
    let answer = editor.request("boardside/files/read", read(missing)).await;
    assert_eq!(answer["error"]["data"]["code"], "wire.not_found", "{answer}");
    let job = editor
        .command("boardside.connect", json!({"board": missing}))
        .await;
    assert_eq!(editor.done(job).await["error"]["code"], "wire.not_found");
    let job = editor
        .command("boardside.connect", json!({"board": board.address()}))
        .await;
    assert_eq!(editor.done(job).await["result"], json!({}));
    let job = editor
        .command("boardside.disconnect", json!({"board": board.address()}))
        .await;
    assert_eq!(editor.done(job).await["result"], json!({}));
    let boards = editor.request("boardside/boards", Value::Null).await;
    let here = boards["result"]["boards"].as_array().unwrap().clone();
    let of = |address: &str| here.iter().find(|board| board["address"] == address);
    assert_eq!(of(board.address()).unwrap()["state"], "free", "{boards}");
    editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_address_that_nobody_has_is_no_second_board() {
    let (home, project, board) = (tempdir().unwrap(), tempdir().unwrap(), start(&fast()));
    fs::write(project.path().join("main.py"), "print(1)\n").unwrap();
    let mut editor = editor(&home, &board);
    editor.greet(&[project.path()], Hello::default()).await;
    let nobody = home.path().join("nobody");
    let read = json!({"board": nobody, "path": "/main.py"});
    let refused = editor.request("boardside/files/read", read).await;
    assert_eq!(refused["error"]["data"]["code"], "wire.not_found", "{refused}");
    let boards = editor.request("boardside/boards", Value::Null).await;
    assert_eq!(
        boards["result"]["boards"].as_array().unwrap().len(),
        1,
        "{boards}"
    );
    let synced = editor.command("boardside.sync", json!({})).await;
    assert_eq!(editor.done(synced).await["result"]["added"], 1);
    editor.end().await;
}
