//! Releases by way of the editor: listed, previewed, published, gone back to, refused.
//! What devices make of them is tested in the chapter `ota`.

use std::fs;

use serde_json::Value;
use serde_json::json;
use tempfile::tempdir;

use crate::editor::Hello;
use crate::editor::TestEditor;
use crate::editor::uri;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_is_previewed_published_listed_and_gone_back_to() {
    let (project, home) = (tempdir().unwrap(), tempdir().unwrap());
    let folder = project.path();
    let served = home.path().join("srv");
    let settings = format!(
        "name = 'blink'\nota = {{ target = {:?} }}\n",
        served.to_str().unwrap()
    );
    fs::write(folder.join("boardside.toml"), settings).unwrap();
    let mut editor = TestEditor::process(home.path(), &[("BOARDSIDE_PORTS", "")]);
    editor.greet(&[folder], Hello::default()).await;
    let at = uri(folder);
    let version = || fs::read_to_string(served.join("blink/version")).ok();
    let mut ask = async |method: &str, more: Value| {
        let mut params = json!({"folder": at});
        params
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        let answer = editor.request(method, params).await;
        let code = answer["error"]["data"]["code"].as_str().map(str::to_owned);
        (answer["result"].clone(), code)
    };
    for (number, text) in [("v1", "print('one')\n"), ("v2", "print('two')\n")] {
        fs::write(folder.join("main.py"), text).unwrap();
        let before = version();
        let preview = json!({"version": number, "preview": true});
        let (result, _) = ask("boardside/publish", preview).await;
        assert_eq!(result["changes"][0]["path"], "main.py", "{result}");
        assert_eq!(version(), before, "a preview changes nothing");
        let (result, _) = ask("boardside/publish", json!({"version": number})).await;
        assert_eq!(
            (&result["version"], &result["current"]),
            (&number.into(), &true.into())
        );
        assert_eq!(version().as_deref(), Some(number));
    }
    let (shelf, _) = ask("boardside/releases", json!({})).await;
    let rows = shelf["releases"].as_array().unwrap();
    let row = |row: &Value| (row["version"].clone(), row["current"].clone());
    assert_eq!(
        rows.iter().map(row).collect::<Vec<_>>(),
        [("v2".into(), true.into()), ("v1".into(), false.into())]
    );
    let (result, _) = ask("boardside/rollback", json!({"preview": true})).await;
    assert_eq!(
        (&result["version"], &result["changes"][0]["how"]),
        (&"v1".into(), &"changed".into())
    );
    assert_eq!(version().as_deref(), Some("v2"));
    ask("boardside/rollback", json!({"version": "v1"})).await;
    assert_eq!(version().as_deref(), Some("v1"));
    fs::write(folder.join("main.py"), "print('three')\n").unwrap();
    for (method, more, code) in [
        ("boardside/publish", json!({"version": "v2"}), "ota.taken"),
        (
            "boardside/publish",
            json!({"version": "v 2", "preview": true}),
            "ota.words",
        ),
        ("boardside/rollback", json!({"version": "v9"}), "ota.no_release"),
        ("boardside/releases", json!({"target": "ftp://x"}), "ota.target"),
        (
            "boardside/releases",
            json!({"folder": "file:///nowhere"}),
            "folder.unknown",
        ),
    ] {
        assert_eq!(
            ask(method, more.clone()).await.1.as_deref(),
            Some(code),
            "{method} {more}"
        );
    }
    fs::write(folder.join("boardside.toml"), "name = 'blink'\n").unwrap();
    assert_eq!(
        ask("boardside/releases", json!({})).await.1.as_deref(),
        Some("ota.no_target")
    );
    editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn its_progress_is_told_and_a_bucket_that_does_not_answer_is_waited_for_no_longer_than_somebody_wants()
{
    let (project, home) = (tempdir().unwrap(), tempdir().unwrap());
    let folder = project.path();
    // It takes connections and says nothing.
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", silent.local_addr().unwrap());
    fs::write(folder.join("boardside.toml"), "name = 'blink'\n").unwrap();
    fs::write(folder.join("main.py"), "print('one')\n").unwrap();
    let variables = [
        ("BOARDSIDE_PORTS", ""),
        ("AWS_ENDPOINT", &endpoint),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_ACCESS_KEY_ID", "a"),
        ("AWS_SECRET_ACCESS_KEY", "b"),
    ];
    let mut editor = TestEditor::process(home.path(), &variables);
    editor.greet(&[folder], Hello::default()).await;
    let params = |target: &str, token: &str| json!({"folder": uri(folder), "version": "v1", "target": target, "workDoneToken": token});
    let told = async |editor: &mut TestEditor, token: &str, kind: &str| {
        let fits = |params: &Value| params["token"] == token && params["value"]["kind"] == kind;
        editor.told("$/progress", fits).await["value"].clone()
    };
    let answer = editor
        .request("boardside/publish", params(".releases", "one"))
        .await;
    assert_eq!(answer["result"]["current"], true, "{answer}");
    assert_eq!(
        told(&mut editor, "one", "begin").await["title"],
        "Boardside: publishing"
    );
    told(&mut editor, "one", "report").await;
    told(&mut editor, "one", "end").await;

    let id = editor.post("boardside/publish", params("s3://b", "two")).await;
    told(&mut editor, "two", "begin").await;
    silent.accept().unwrap();
    editor
        .notify("window/workDoneProgress/cancel", json!({"token": "two"}))
        .await;
    let answer = editor.answer_to(id).await;
    assert_eq!(answer["error"]["data"]["code"], "cancelled", "{answer}");
    told(&mut editor, "two", "end").await;
    editor.ignored = vec!["$/progress"];
    editor.end().await;
}
