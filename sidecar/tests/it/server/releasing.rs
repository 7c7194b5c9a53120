//! Releases by way of the editor: compared, as jobs, refused before anything moves, stopped.
//! The plain way is `releases`'s; what devices make of them is tested in the chapter `ota`.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;
use tempfile::tempdir;
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::time::timeout;

use crate::editor::Hello;
use crate::editor::TestEditor;
use crate::editor::uri;

/// Less than a bucket is waited for.
const LET_GO: Duration = Duration::from_secs(8);

/// A project with releases in `site`, in an editor.
struct Stand {
    project: TempDir,
    site: TempDir,
    _home: TempDir,
    editor: TestEditor,
}

impl Stand {
    async fn new(variables: &[(&str, &str)]) -> Self {
        let (project, site, home) = (tempdir().unwrap(), tempdir().unwrap(), tempdir().unwrap());
        let editor = TestEditor::process(home.path(), variables);
        let mut stand = Self {
            project,
            site,
            _home: home,
            editor,
        };
        let target = stand.site.path().to_str().unwrap().replace('\\', "/");
        stand.settings(&format!("target = '{target}'\n"));
        stand.write("main.py", "print('one')\n");
        stand.write("wifi.py", "import network\n");
        let folder = stand.project.path().to_owned();
        stand.editor.greet(&[&folder], Hello::default()).await;
        stand
    }

    fn settings(&self, ota: &str) {
        let text = format!("name = 'blink'\n[ota]\n{ota}");
        self.write("boardside.toml", &text);
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.project.path().join(name), text).unwrap();
    }

    /// What devices are told.
    fn told(&self) -> String {
        fs::read_to_string(self.site.path().join("blink/version")).unwrap_or_default()
    }

    fn params(&self, more: &Value) -> Value {
        let mut params = json!({"folder": uri(self.project.path())});
        for (name, value) in more.as_object().unwrap() {
            params[name] = value.clone();
        }
        params
    }

    async fn ask(&mut self, method: &str, more: Value) -> Value {
        let params = self.params(&more);
        let answer = self.editor.request(method, params).await;
        assert_eq!(answer.get("error"), None, "{method} {more}: {answer}");
        answer["result"].clone()
    }

    /// The code of the error of a request that must have one.
    async fn refused(&mut self, method: &str, more: Value) -> String {
        let params = self.params(&more);
        let answer = self.editor.request(method, params).await;
        let code = answer["error"]["data"]["code"].as_str();
        code.unwrap_or_else(|| panic!("{method} {more}: {answer}"))
            .to_owned()
    }

    /// How a command ended.
    async fn job(&mut self, command: &str, more: Value) -> Value {
        let params = self.params(&more);
        let job = self.editor.command(command, params).await;
        self.editor.done(job).await
    }

    async fn versions(&mut self) -> Vec<Value> {
        let listed = self.ask("boardside/releases", json!({})).await;
        listed["releases"].as_array().unwrap().clone()
    }
}

/// `path how` of each change.
fn changes(result: &Value) -> Vec<String> {
    let change = |it: &Value| format!("{} {}", it["path"].as_str().unwrap(), it["how"].as_str().unwrap());
    result["changes"].as_array().unwrap().iter().map(change).collect()
}

/// Waits until nobody has the other end of this line any more: what was asked for is not waited for.
async fn let_go(mut line: TcpStream) {
    let mut asked = Vec::new();
    let ended = timeout(LET_GO, line.read_to_end(&mut asked)).await;
    // However it ends.
    drop(ended.expect("the line is let go"));
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().next().is_none()
}

const COMPARE: &str = "boardside/releases/compare";
const PUBLISH: &str = "boardside/publish";
const ROLLBACK: &str = "boardside/rollback";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_release_is_published_and_taken_back_by_jobs_and_any_two_are_compared() {
    let mut stand = Stand::new(&[]).await;
    let compared = stand.ask(COMPARE, json!({})).await;
    assert_eq!(changes(&compared), ["main.py added", "wifi.py added"]);
    assert!(is_empty(stand.site.path()), "who looks puts nothing anywhere");

    let params = stand.params(&json!({"version": "1.0.0"}));
    let command = json!({"command": "boardside.publish", "arguments": [params], "workDoneToken": "p"});
    let answer = stand.editor.request("workspace/executeCommand", command).await;
    let done = stand.editor.done(answer["result"]["job"].as_u64().unwrap()).await;
    assert_eq!(
        (&done["kind"], &done["result"]["version"]),
        (&json!("publish"), &json!("1.0.0")),
        "{done}"
    );
    assert_eq!(done.get("board"), None, "no board has a part in it");
    for kind in ["begin", "report", "end"] {
        let of_it = |params: &Value| params["token"] == "p" && params["value"]["kind"] == kind;
        stand.editor.told("$/progress", of_it).await;
    }
    assert_eq!(stand.told(), "1.0.0");

    stand.write("main.py", "print('two')\n");
    stand.write("pump.py", "pass\n");
    fs::remove_file(stand.project.path().join("wifi.py")).unwrap();
    let compared = stand.ask(COMPARE, json!({})).await;
    assert_eq!(
        changes(&compared),
        ["main.py changed", "pump.py added", "wifi.py removed"]
    );
    assert_eq!(
        (&compared["from"], &compared["to"]),
        (&json!("1.0.0"), &Value::Null)
    );
    assert_eq!(
        compared["changes"][1],
        json!({"path": "pump.py", "how": "added", "before": null, "bytes": 5})
    );
    let done = stand.job("boardside.publish", json!({"version": "1.0.1"})).await;
    assert_eq!(done["result"]["before"], "1.0.0", "{done}");
    let differ: Vec<Value> = stand
        .versions()
        .await
        .iter()
        .map(|one| one["differ"].clone())
        .collect();
    assert_eq!(differ, [0, 3]);

    let done = stand.job("boardside.rollBack", json!({})).await;
    assert_eq!(done["result"]["version"], "1.0.0", "{done}");
    assert_eq!(stand.told(), "1.0.0");
    let done = stand.job("boardside.rollBack", json!({"version": "1.0.1"})).await;
    assert_eq!(
        changes(&done["result"]),
        ["main.py changed", "pump.py added", "wifi.py removed"]
    );
    assert_eq!(stand.told(), "1.0.1", "the way forward is the same");
    let compared = stand.ask(COMPARE, json!({"from": "1.0.1", "to": "1.0.0"})).await;
    assert_eq!(
        (changes(&compared), &compared["same"]),
        (
            ["main.py changed", "pump.py removed", "wifi.py added"]
                .map(str::to_owned)
                .into(),
            &json!(0)
        )
    );
    stand.editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_done_is_refused_by_the_preview_too_and_moves_nothing() {
    let mut stand = Stand::new(&[]).await;
    stand.ask(PUBLISH, json!({"version": "1.0.0"})).await;
    stand.write("main.py", "print('two')\n");
    stand.ask(PUBLISH, json!({"version": "1.0.1"})).await;
    stand.write("main.py", "print('three')\n");
    fs::remove_file(stand.site.path().join("blink/1.0.0_wifi.py")).unwrap();
    for (method, version, code) in [
        (PUBLISH, "1.0.1", "ota.taken"),
        (PUBLISH, "one two", "ota.words"),
        (PUBLISH, "version", "ota.words"),
        (ROLLBACK, "2.0.0", "ota.no_release"),
        (ROLLBACK, "1.0.0", "ota.incomplete"),
    ] {
        for preview in [true, false] {
            let asked = json!({"version": version, "preview": preview});
            assert_eq!(stand.refused(method, asked).await, code, "{version} {preview}");
        }
    }
    let done = stand.job("boardside.rollBack", json!({"version": "1.0.0"})).await;
    assert_eq!(done["error"]["code"], "ota.incomplete", "{done}");
    let missing = stand.versions().await[1]["missing"].clone();
    assert!(
        missing.as_str().is_some_and(|text| text.contains("wifi.py")),
        "{missing}"
    );
    fs::write(stand.project.path().join("logo.bin"), [0xff, 0xfe]).unwrap();
    let asked = json!({"version": "1.0.2", "preview": true});
    assert_eq!(stand.refused(PUBLISH, asked).await, "ota.content");
    assert_eq!(stand.told(), "1.0.1");

    stand.settings("");
    for method in ["boardside/releases", COMPARE, ROLLBACK] {
        assert_eq!(
            stand.refused(method, json!({})).await,
            "ota.no_target",
            "{method}"
        );
    }
    let elsewhere = json!({"folder": "file:///nowhere"});
    assert_eq!(
        stand.refused("boardside/releases", elsewhere).await,
        "folder.unknown"
    );
    let params = stand.params(&json!({}));
    let answer = stand.editor.request(PUBLISH, params.clone()).await;
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    let command = json!({"command": "boardside.publish", "arguments": [params]});
    let answer = stand.editor.request("workspace/executeCommand", command).await;
    assert_eq!(answer["error"]["code"], -32602, "{answer}");
    stand.editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_version_is_taken_back_only_with_the_key() {
    let mut stand = Stand::new(&[]).await;
    let site = stand.site.path().to_str().unwrap().replace('\\', "/");
    let keys = tempdir().unwrap();
    let key = keys.path().join("ota.key");
    let made = Command::new(env!("CARGO_BIN_EXE_boardside"))
        .args(["ota", "keygen"])
        .arg(&key)
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    let key = key.to_str().unwrap().replace('\\', "/");
    let with = format!("target = '{site}'\nkey = '{key}'\n");
    let without = format!("target = '{site}'\n");
    stand.settings(&with);
    stand.ask(PUBLISH, json!({"version": "1.0.0"})).await;
    stand.write("main.py", "print('two')\n");
    stand.ask(PUBLISH, json!({"version": "1.0.1"})).await;
    assert_eq!(stand.versions().await[0]["signed"], true);
    stand.settings(&without);
    for preview in [true, false] {
        let asked = json!({"version": "1.0.0", "preview": preview});
        assert_eq!(stand.refused(ROLLBACK, asked).await, "ota.key", "{preview}");
    }
    stand.write("main.py", "print('three')\n");
    let preview = stand
        .ask(PUBLISH, json!({"version": "1.0.2", "preview": true}))
        .await;
    let warnings = preview["warnings"].to_string();
    assert!(warnings.contains("this one is not"), "{warnings}");
    assert_eq!(stand.told(), "1.0.1");
    stand.settings(&with);
    for preview in [true, false] {
        let asked = json!({"version": "1.0.0", "preview": preview});
        stand.ask(ROLLBACK, asked).await;
    }
    assert_eq!(stand.told(), "1.0.0");
    stand.editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_waits_for_a_far_place_can_stop_it_in_every_way() {
    // Takes connections and says nothing.
    let bucket = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", bucket.local_addr().unwrap());
    let mut stand = Stand::new(&[
        ("AWS_ENDPOINT", &endpoint),
        ("AWS_ALLOW_HTTP", "true"),
        ("AWS_REGION", "us-east-1"),
        ("AWS_ACCESS_KEY_ID", "nobody"),
        ("AWS_SECRET_ACCESS_KEY", "nothing"),
    ])
    .await;
    stand.settings("target = 's3://releases'\n");
    for (method, more) in [
        ("boardside/releases", json!({})),
        (PUBLISH, json!({"version": "1.0.0", "preview": true})),
        (PUBLISH, json!({"version": "1.0.0"})),
        (ROLLBACK, json!({})),
    ] {
        let params = stand.params(&more);
        let id = stand.editor.post(method, params).await;
        // It is under way.
        let (line, _) = bucket.accept().await.unwrap();
        stand.editor.notify("$/cancelRequest", json!({"id": id})).await;
        let answer = stand.editor.answer_to(id).await;
        assert_eq!(answer["error"]["code"], -32800, "{method} {more}: {answer}");
        let_go(line).await;
    }
    let params = stand.params(&json!({"version": "1.0.0"}));
    let command = json!({"command": "boardside.publish", "arguments": [params], "workDoneToken": "p"});
    for (method, by) in [
        ("boardside/cancel", "job"),
        ("window/workDoneProgress/cancel", "token"),
    ] {
        let answer = stand
            .editor
            .request("workspace/executeCommand", command.clone())
            .await;
        let job = answer["result"]["job"].as_u64().unwrap();
        let (line, _) = bucket.accept().await.unwrap();
        let params = if by == "job" {
            json!({"job": job})
        } else {
            json!({"token": "p"})
        };
        stand.editor.notify(method, params).await;
        let done = stand.editor.done(job).await;
        assert_eq!(done["error"]["code"], "cancelled", "{method}: {done}");
        let_go(line).await;
    }
    stand.editor.end().await;
}
