//! What is no message, or makes no sense: each gets an error, and the next message is understood.
//! One table; how bytes become messages is tested where it is done.

use serde_json::Value;
use serde_json::json;

use crate::editor::Hello;
use crate::editor::TestEditor;

fn frame(body: &str) -> Vec<u8> {
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_message_is_answered_and_the_next_one_works() {
    let mut editor = TestEditor::in_memory();
    editor.greet(&[], Hello::default()).await;
    let huge = format!("Content-Length: {}\r\n\r\n", 100 << 20).into_bytes();
    let huge = [huge, vec![b' '; 100 << 20]].concat();
    let cases: [(&[u8], i64); 14] = [
        (&frame("hello"), -32700),
        (&frame(""), -32700),
        (&frame("{\"jsonrpc\":\"2.0\",\"method\":"), -32700),
        (&frame(&"[".repeat(100_000)), -32700),
        (&frame("[]"), -32600),
        (
            &frame("[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"shutdown\"}]"),
            -32600,
        ),
        (&frame("{\"method\":\"shutdown\",\"id\":9}"), -32600),
        (&frame("{\"jsonrpc\":\"2.0\",\"method\":\"\",\"id\":9}"), -32600),
        (&frame("{\"jsonrpc\":\"2.0\",\"id\":9}"), -32600),
        (&frame(&format!("[{}0]", "0,".repeat(300_000))), -32600),
        (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", -32700),
        (b"Content-Length: many\r\n\r\n", -32700),
        (b"{\"jsonrpc\":\"2.0\"}\n", -32700),
        (&huge, -32600),
    ];
    for (bytes, code) in cases {
        let begin = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]);
        editor.send_bytes(bytes).await;
        let what = format!("an answer to {begin}");
        let answer = editor.take(&what, |message| message.get("error").is_some()).await;
        assert_eq!(answer["error"]["code"], code, "{begin}: {answer}");
        let works = editor.request("boardside/boards", Value::Null).await;
        assert!(works["result"]["boards"].is_array(), "{begin}: {works}");
    }
    editor.end().await;
}

#[allow(clippy::too_many_lines)] // a table
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn params_that_make_no_sense_and_methods_that_are_none_are_refused() {
    let mut editor = TestEditor::in_memory();
    let early = editor.request("boardside/boards", Value::Null).await;
    assert_eq!(early["error"]["code"], -32002, "LSP: not before `initialize`");
    editor.greet(&[], Hello::default()).await;
    let command = |command: &str, argument: Value| json!({"command": command, "arguments": [argument]});
    let execute = "workspace/executeCommand";
    for (method, params, code, data) in [
        ("boardside/explode", json!({}), -32601, None),
        (
            "textDocument/hover",
            json!({"textDocument": {"uri": "file:///x"}, "position": {"line": 0, "character": 0}}),
            -32601,
            None,
        ),
        ("initialize", json!({"capabilities": {}}), -32600, None),
        ("boardside/files/list", Value::Null, -32602, None),
        (
            "boardside/files/list",
            json!({"board": 7, "path": "/"}),
            -32602,
            None,
        ),
        (
            "boardside/files/list",
            json!({"board": "/dev/x", "path": "/../x"}),
            -32602,
            None,
        ),
        (
            "boardside/files/read",
            json!({"board": "/dev/x", "path": "/a\u{0}"}),
            -32602,
            None,
        ),
        (
            "boardside/files/read",
            json!({"board": "/dev/x", "path": "/"}),
            -32602,
            None,
        ),
        (
            "boardside/files/write",
            json!({"board": "/dev/x", "path": "/a", "content": "?"}),
            -32602,
            None,
        ),
        (
            "boardside/files/read",
            json!({"board": "gopher://x", "path": "/a"}),
            -32803,
            Some("board.unknown"),
        ),
        (
            "boardside/console/attach",
            json!({"board": ""}),
            -32803,
            Some("board.unknown"),
        ),
        (
            "boardside/settings",
            json!({"folder": "file:///nowhere"}),
            -32803,
            Some("folder.unknown"),
        ),
        (execute, json!({}), -32602, None),
        (execute, command("boardside.explode", json!({})), -32602, None),
        (
            execute,
            command("boardside.sync", json!({"folder": 7})),
            -32602,
            None,
        ),
        (
            execute,
            command("boardside.sync", json!({"dryRun": "yes"})),
            -32602,
            None,
        ),
        (execute, command("boardside.sync", json!("FOLDER")), -32602, None),
        (
            execute,
            command("boardside.sync", json!({})),
            -32803,
            Some("folder.unclear"),
        ),
        (
            execute,
            command("boardside.stop", Value::Null),
            -32803,
            Some("folder.unclear"),
        ),
        (
            execute,
            command("boardside.sync", json!({"folder": "file:///nowhere"})),
            -32803,
            Some("folder.unknown"),
        ),
        (
            execute,
            command("boardside.sync", json!({"board": "/dev/x"})),
            -32803,
            Some("folder.unclear"),
        ),
        (
            execute,
            command("boardside.sync", json!({"board": "/dev/x", "conflict": "ask"})),
            -32602,
            None,
        ),
        (
            execute,
            command("boardside.run", json!({"board": "/dev/x"})),
            -32602,
            None,
        ),
    ] {
        let answer = editor.request(method, params.clone()).await;
        assert_eq!(answer["error"]["code"], code, "{method} {params}: {answer}");
        assert_eq!(
            answer["error"]["data"]["code"].as_str(),
            data,
            "{method} {params}: {answer}"
        );
    }
    for nothing in [json!({}), json!([]), json!([null])] {
        let answer = editor.request("boardside/boards", nothing).await;
        assert_eq!(answer["result"], json!({"boards": []}), "{answer}");
    }
    // Notifications have no answers, whatever is wrong with them.
    for (method, params) in [
        ("boardside/explode", json!({})),
        ("boardside/cancel", json!({"job": "x"})),
        ("boardside/cancel", json!({"job": 7})),
        ("boardside/console/input", json!({"board": "/dev/x", "text": "1"})),
        ("window/workDoneProgress/cancel", json!({"token": {}})),
        ("textDocument/didSave", json!({})),
        ("boardside/boards", Value::Null),
    ] {
        editor.notify(method, params).await;
    }
    editor.end().await;
}

#[tokio::test]
async fn a_client_of_another_version_is_told_so() {
    let mut editor = TestEditor::in_memory();
    let params = json!({"capabilities": {}, "initializationOptions": {"protocol": 2}});
    let answer = editor.request("initialize", params).await;
    assert_eq!(answer["error"]["data"]["code"], "protocol.version", "{answer}");
    editor.hang_up();
    assert_eq!(editor.ended().await, 1);
}
