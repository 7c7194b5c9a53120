//! Syncs by way of the editor, with a virtual board: commands, saves, progress, conflicts, and boards that are left.
//! What a sync does to a board is tested elsewhere.

use std::fs;

use boardside::virtual_board::VirtualBoard;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;
use tempfile::tempdir;

use crate::boards::fast;
use crate::boards::start;
use crate::editor::Hello;
use crate::editor::TestEditor;
use crate::editor::uri;

struct Bench {
    board: VirtualBoard,
    project: TempDir,
    home: TempDir,
}

impl Bench {
    fn new() -> Self {
        let project = tempdir().unwrap();
        fs::write(project.path().join("main.py"), "print(1)\n").unwrap();
        fs::write(project.path().join("notes.md"), "not for the board\n").unwrap();
        fs::write(project.path().join(".boardsideignore"), "*.md\n").unwrap();
        Self {
            board: start(&fast()),
            project,
            home: tempdir().unwrap(),
        }
    }

    async fn editor(&self, settings: Value, initialize: &[(&str, Value)]) -> TestEditor {
        let board = self.board.address().to_owned();
        let mut editor = TestEditor::process(self.home.path(), &[("BOARDSIDE_PORTS", &board)]);
        let mut hello = Hello {
            settings: Some(settings),
            ..Hello::default()
        };
        for (field, value) in initialize {
            hello.initialize[*field] = value.clone();
        }
        editor.ignored = vec!["boardside/console/output", "boardside/jobDone"];
        editor.greet(&[self.project.path()], hello).await;
        editor
    }

    fn uri(&self, file: &str) -> String {
        format!("{}/{file}", uri(self.project.path()))
    }

    async fn save(&self, editor: &mut TestEditor, file: &str, text: &str) {
        fs::write(self.project.path().join(file), text).unwrap();
        let params = json!({"textDocument": {"uri": self.uri(file)}});
        editor.notify("textDocument/didSave", params).await;
    }
}

fn with_token(argument: &Value, token: &str) -> Value {
    json!({"command": "boardside.sync", "arguments": [argument], "workDoneToken": token})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sync_is_shown_from_its_beginning_to_its_end() {
    let bench = Bench::new();
    let mut editor = bench.editor(json!({}), &[]).await;
    let answer = editor
        .request("workspace/executeCommand", with_token(&json!({}), "t"))
        .await;
    let job = answer["result"]["job"].as_u64().unwrap();
    let done = editor.done(job).await;
    let result = &done["result"];
    assert_eq!(result["rows"][0]["path"], "/main.py", "{done}");
    assert_eq!(result["rows"][0]["uri"], bench.uri("main.py"));
    assert_eq!((&result["added"], &done["automatic"]), (&json!(1), &json!(false)));
    let of_token =
        |kind: &'static str| move |params: &Value| params["token"] == "t" && params["value"]["kind"] == kind;
    let begin = editor.told("$/progress", of_token("begin")).await;
    assert!(
        begin["value"]["title"].as_str().unwrap().contains("syncing"),
        "{begin}"
    );
    editor.told("$/progress", of_token("end")).await;
    let known = editor
        .told("boardside/differences", |params| params["known"] == true)
        .await;
    assert_eq!(known["files"], json!([]), "{known}");
    let ask = json!({"uri": bench.uri("main.py"), "ask": true});
    let base = editor.request("boardside/base", ask.clone()).await;
    assert_eq!(base["result"]["content"], "cHJpbnQoMSkK", "{base}");
    // What is written there by hand is known, and can be seen.
    let write = json!({"board": bench.board.address(), "path": "/main.py", "content": "cHJpbnQoOSkK"});
    editor.request("boardside/files/write", write).await;
    let differs = |params: &Value| params["files"][0]["state"] == "differs";
    let known = editor.told("boardside/differences", differs).await;
    assert_eq!(known["files"][0]["path"], "/main.py", "{known}");
    let base = editor.request("boardside/base", ask).await;
    assert_eq!(base["result"]["content"], "cHJpbnQoOSkK", "{base}");
    editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_saves_during_a_sync_costs_one_more_sync() {
    let bench = Bench::new();
    let mut editor = bench.editor(json!({"autoSync": "onSave"}), &[]).await;
    editor.told("boardside/settingsChanged", |_| true).await;
    let job = editor.command("boardside.sync", json!({})).await;
    for n in 0..2000 {
        let params = json!({"textDocument": {"uri": bench.uri("main.py")}});
        if n == 1000 {
            bench.save(&mut editor, "main.py", "print(2)\n").await;
        }
        editor.notify("textDocument/didSave", params).await;
    }
    editor.done(job).await;
    let saved = |params: &Value| {
        params["message"]
            .as_str()
            .is_some_and(|text| text.starts_with("saved -> verified"))
    };
    editor.told("window/logMessage", saved).await;
    let next = editor.command("boardside.sync", json!({"dryRun": true})).await;
    assert!(next <= job + 6, "{} jobs for 2001 saves", next - job);
    let planned = editor.done(next).await;
    assert_eq!(planned["result"]["dryRun"], true, "{planned}");
    editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_belongs_on_the_board_is_synced_by_saving_and_nothing_without_trust() {
    let bench = Bench::new();
    for (trusted, job) in [(json!(false), 1), (json!("yes"), 1), (json!(true), 3)] {
        let options = json!({"trusted": trusted});
        let on_save = json!({"autoSync": "onSave"});
        let mut editor = bench.editor(on_save, &[("initializationOptions", options)]).await;
        editor.told("boardside/settingsChanged", |_| true).await;
        bench.save(&mut editor, "notes.md", "still not\n").await;
        bench.save(&mut editor, "main.py", "print(3)\n").await;
        if job == 3 {
            let done = editor
                .told("boardside/jobDone", |params| params["automatic"] == true)
                .await;
            assert_eq!(done["kind"], "sync", "{done}");
        }
        let asked = editor.command("boardside.sync", json!({"dryRun": true})).await;
        assert_eq!(asked, job, "trusted: {trusted}");
        editor.done(asked).await;
        editor.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_without_an_extension_is_asked_about_conflicts() {
    let bench = Bench::new();
    let plain = json!({"workspace": {"configuration": true}});
    let mut editor = bench
        .editor(json!({"autoSync": "onSave"}), &[("capabilities", plain)])
        .await;
    editor.ignored.push("window/showMessage");
    let board = bench.board.address().to_owned();
    let content = json!({"board": board, "path": "/main.py", "content": "cHJpbnQoOSkK"});
    let written = editor.request("boardside/files/write", content).await;
    assert_eq!(written["result"], Value::Null, "{written}");
    let job = editor.command("boardside.sync", json!({})).await;
    let done = editor.done(job).await;
    assert_eq!(done["error"]["code"], "sync.conflict", "{done}");
    assert_eq!(done["error"]["conflicts"][0]["path"], "/main.py", "{done}");
    let question = editor
        .take("a question", |message| {
            message["method"] == "window/showMessageRequest"
        })
        .await;
    // While it is open, saving does nothing.
    bench.save(&mut editor, "main.py", "print(4)\n").await;
    let refused = |params: &Value| {
        params["message"]
            .as_str()
            .is_some_and(|text| text.contains("is not synced"))
    };
    editor.told("window/logMessage", refused).await;
    let answer = json!({"jsonrpc": "2.0", "id": question["id"], "result": {"title": "Overwrite"}});
    editor.send(&answer).await;
    let done = editor
        .told("boardside/jobDone", |params| params["result"]["updated"] == 1)
        .await;
    assert_eq!(done["automatic"], false, "{done}");
    editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_is_run_heard_and_stopped_and_its_errors_are_shown() {
    let bench = Bench::new();
    let mut editor = bench.editor(json!({}), &[]).await;
    let job = editor
        .command("boardside.run", json!({"code": "print(6 * 7)"}))
        .await;
    let done = editor.done(job).await;
    assert_eq!(done["result"]["ended"], true, "{done}");
    editor
        .told("boardside/console/output", |params| {
            params["text"].as_str().unwrap().contains("42")
        })
        .await;
    fs::write(
        bench.project.path().join("main.py"),
        "import time\nraise ValueError(7)\n",
    )
    .unwrap();
    let job = editor
        .command("boardside.run", json!({"uri": bench.uri("main.py")}))
        .await;
    let done = editor.done(job).await;
    assert_eq!(done["error"]["code"], "python.raised", "{done}");
    let shown = editor.told("textDocument/publishDiagnostics", |_| true).await;
    assert_eq!(shown["uri"], bench.uri("main.py"));
    assert_eq!(shown["diagnostics"][0]["message"], "ValueError: 7", "{shown}");
    let range = &shown["diagnostics"][0]["range"];
    assert_eq!(
        (&range["start"]["line"], &range["end"]["line"]),
        (&json!(1), &json!(1)),
        "{shown}"
    );
    let job = editor
        .command("boardside.run", json!({"code": "while True: pass"}))
        .await;
    let cleared = editor.told("textDocument/publishDiagnostics", |_| true).await;
    assert_eq!(cleared["diagnostics"], json!([]), "{cleared}");
    editor
        .told("boardside/boardsChanged", |params| {
            params["boards"][0]["job"]["job"] == job
        })
        .await;
    let stop = editor.command("boardside.stop", json!({})).await;
    assert_eq!(editor.done(job).await["error"]["code"], "cancelled");
    assert_eq!(editor.done(stop).await["result"], json!({}));
    editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_port_is_free_when_the_client_is_gone() {
    let bench = Bench::new();
    let mut editor = bench.editor(json!({}), &[]).await;
    let job = editor.command("boardside.connect", json!({})).await;
    editor.done(job).await;
    let job = editor
        .command("boardside.run", json!({"code": "while True: pass"}))
        .await;
    assert!(job > 1);
    editor.hang_up();
    assert_eq!(editor.ended().await, 1);
    let mut next = bench.editor(json!({}), &[]).await;
    let job = next.command("boardside.run", json!({"code": "print(1)"})).await;
    assert_eq!(next.done(job).await["result"]["ended"], true);
    next.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_command_ends_with_what_the_protocol_says() {
    let bench = Bench::new();
    let mut editor = bench.editor(json!({}), &[]).await;
    let board = json!({"board": bench.board.address()});
    let keep = json!({"board": bench.board.address(), "folder": uri(bench.project.path())});
    let planned = json!({"dryRun": true});
    for (command, argument, fields) in [
        ("connect", &keep, &[][..]),
        ("sync", &planned, &["added", "dryRun", "rows", "bytesProject"]),
        (
            "sync",
            &json!({}),
            &[
                "added",
                "bytesSent",
                "roundTrips",
                "tier",
                "whole",
                "elapsedMs",
                "rows",
                "dryRun",
            ],
        ),
        ("diff", &json!({}), &["differ", "same"]),
        (
            "pull",
            &json!({"overwrite": false}),
            &["added", "updated", "unchanged", "onlyProject"],
        ),
        ("doctor", &board, &["checks"]),
        ("softReset", &board, &[]),
        ("stop", &board, &[]),
        ("hardReset", &board, &[]),
        ("disconnect", &board, &[]),
        ("disconnect", &board, &[]),
    ] {
        let job = editor
            .command(&format!("boardside.{command}"), argument.clone())
            .await;
        let done = editor.done(job).await;
        assert_eq!(done["kind"], command);
        assert_eq!(done["board"], bench.board.address(), "{done}");
        // A unix board has no lines and no `machine.reset`.
        if command == "hardReset" && done["error"].is_object() {
            continue;
        }
        let result = done["result"].as_object().unwrap_or_else(|| panic!("{done}"));
        for field in fields {
            assert!(result.contains_key(*field), "{field}: {done}");
        }
        assert!(!fields.is_empty() || result.is_empty(), "{done}");
    }
    let chosen = fs::read_to_string(bench.home.path().join("data/boardside/boards.json")).unwrap();
    assert!(chosen.contains(bench.board.address()), "{chosen}");
    editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_is_cancelled_by_its_token_or_its_number() {
    let bench = Bench::new();
    let mut editor = bench.editor(json!({}), &[]).await;
    for (token, by_number) in [(Some("mine"), false), (None, false), (None, true)] {
        let mut run = json!({"command": "boardside.run", "arguments": [{"code": "while True: pass"}]});
        if let Some(token) = token {
            run["workDoneToken"] = token.into();
        }
        let answer = editor.request("workspace/executeCommand", run).await;
        let job = answer["result"]["job"].as_u64().unwrap();
        // Without a token of the client the server makes one.
        let token = token.map_or_else(|| format!("boardside-{job}"), str::to_owned);
        let begins = |params: &Value| params["token"] == *token && params["value"]["kind"] == "begin";
        editor.told("$/progress", begins).await;
        editor
            .told("boardside/boardsChanged", |params| {
                params["boards"][0]["job"]["job"] == job
            })
            .await;
        if by_number {
            editor.notify("boardside/cancel", json!({"job": job})).await;
        } else {
            editor
                .notify("window/workDoneProgress/cancel", json!({"token": token}))
                .await;
        }
        let done = editor.done(job).await;
        assert_eq!(done["error"]["code"], "cancelled", "{done}");
    }
    editor.end().await;
}
