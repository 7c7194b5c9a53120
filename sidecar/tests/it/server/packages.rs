//! Packages by way of the editor, with a virtual board: made, listed, written, refused.
//! What may be written is tested in the chapter `packages`.

use std::fs;
use std::path::Path;

use boardside::package::SecretKey;
use serde_json::Value;
use serde_json::json;
use tempfile::tempdir;

use crate::boards::fast;
use crate::boards::start;
use crate::desk::on_flash;
use crate::editor::Hello;
use crate::editor::TestEditor;
use crate::editor::uri;

async fn pack(editor: &mut TestEditor, folder: &Path, version: &str) -> Value {
    let params = json!({"folder": uri(folder), "version": version});
    let answer = editor.request("boardside/pack", params).await;
    assert_eq!(answer.get("error"), None, "{answer}");
    answer["result"].clone()
}

async fn write(editor: &mut TestEditor, folder: &Path, package: &Value, downgrade: bool) -> Value {
    let argument = json!({"folder": uri(folder), "uri": package["uri"], "downgrade": downgrade});
    let job = editor.command("boardside.write", argument).await;
    editor.done(job).await
}

async fn versions(editor: &mut TestEditor, folder: &Path, board: Option<&str>) -> Vec<String> {
    let params = json!({"folder": uri(folder), "board": board});
    let answer = editor.request("boardside/packages", params).await;
    let packages = answer["result"]["packages"]
        .as_array()
        .unwrap_or_else(|| panic!("{answer}"));
    let version = |one: &Value| one["version"].as_str().unwrap().to_owned();
    packages.iter().map(version).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_signs_what_is_packed_and_its_password_is_asked_for() {
    let (project, home) = (tempdir().unwrap(), tempdir().unwrap());
    let folder = project.path();
    let (secret, public) = SecretKey::generate(Some("hunter2".to_owned())).unwrap();
    fs::write(folder.join("release.key"), secret).unwrap();
    fs::write(folder.join("release.pub"), public).unwrap();
    let settings = "name = 'blink'\nignore = ['release.*']\npackages = { sign = 'release.key', keys = ['release.pub'] }\n";
    fs::write(folder.join("boardside.toml"), settings).unwrap();
    fs::write(folder.join("main.py"), "print('one')\n").unwrap();
    let mut editor = TestEditor::process(home.path(), &[]);
    editor.greet(&[folder], Hello::asked()).await;
    let params = |version: &str| json!({"folder": uri(folder), "version": version});
    let packing = editor.post("boardside/pack", params("1.0.0")).await;
    let asked = editor.answer("boardside/question", "wrong".into()).await;
    let prompt = "password of the key release.key";
    assert_eq!(asked, json!({"prompt": prompt, "secret": true}));
    let asked = editor.answer("boardside/question", "hunter2".into()).await;
    let again = asked["prompt"].as_str().unwrap();
    assert!(
        again.ends_with(prompt) && again.len() > prompt.len() + 2,
        "{again}"
    );
    let packed = editor.answer_to(packing).await;
    assert_eq!(packed["result"]["signed"], true, "{packed}");
    let list = editor
        .request("boardside/packages", json!({"folder": uri(folder)}))
        .await;
    assert_eq!(list["result"]["packages"][0]["signature"], "trusted", "{list}");
    // Who does not want to say it gets no package.
    let packing = editor.post("boardside/pack", params("1.1.0")).await;
    editor.answer("boardside/question", Value::Null).await;
    let refused = editor.answer_to(packing).await;
    assert_eq!(refused["error"]["data"]["code"], "package.key", "{refused}");
    assert_eq!(versions(&mut editor, folder, None).await, ["1.0.0"]);
    editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_package_is_made_listed_written_and_runs() {
    let (project, home) = (tempdir().unwrap(), tempdir().unwrap());
    let board = start(&fast());
    let address = board.address().to_owned();
    let folder = project.path();
    let settings = |platform: &str| {
        let text = format!("name = 'blink'\npackages = {{ folder = 'dist', platforms = ['{platform}'] }}\n");
        fs::write(folder.join("boardside.toml"), text).unwrap();
    };
    settings("unix");
    fs::write(folder.join("main.py"), "print('one')\n").unwrap();
    let mut editor = TestEditor::process(home.path(), &[("BOARDSIDE_PORTS", &address)]);
    editor.ignored = vec!["boardside/console/output", "boardside/jobDone"];
    editor.greet(&[folder], Hello::default()).await;
    assert_eq!(versions(&mut editor, folder, None).await, [""; 0]);
    let one = pack(&mut editor, folder, "1.0.0").await;
    assert_eq!((&one["name"], &one["files"]), (&"blink".into(), &1.into()));
    fs::write(folder.join("main.py"), "print('two')\n").unwrap();
    let two = pack(&mut editor, folder, "1.10.0").await;
    assert_eq!(
        versions(&mut editor, folder, Some(&address)).await,
        ["1.10.0", "1.0.0"]
    );

    let done = write(&mut editor, folder, &two, false).await;
    assert_eq!(
        done["result"],
        json!({"name": "blink", "before": null, "running": "1.10.0", "signedBy": null})
    );
    assert_eq!(on_flash(&board)["/main.py"], "print('two')\n");
    let done = write(&mut editor, folder, &one, false).await;
    assert_eq!(done["error"]["code"], "package.older", "{done}");
    assert_eq!(on_flash(&board)["/main.py"], "print('two')\n");
    let done = write(&mut editor, folder, &one, true).await;
    assert_eq!(
        (&done["result"]["running"], &done["result"]["before"]),
        (&"1.0.0".into(), &"1.10.0".into())
    );
    assert_eq!(on_flash(&board)["/main.py"], "print('one')\n");

    // The board has told what it is: what is not for it is not offered.
    let bytes = fs::read(folder.join("dist/blink-1.0.0.bsp")).unwrap();
    fs::write(folder.join("dist/cut.bsp"), &bytes[..200]).unwrap();
    let cut = json!({"uri": format!("{}/dist/cut.bsp", uri(folder))});
    let done = write(&mut editor, folder, &cut, false).await;
    assert_eq!(done["error"]["code"], "package.truncated", "{done}");
    let answer = editor
        .request("boardside/packages", json!({"folder": uri(folder)}))
        .await;
    assert_eq!(
        answer["result"]["unreadable"].as_array().map(Vec::len),
        Some(1),
        "{answer}"
    );
    let answer = editor
        .request("boardside/pack", json!({"folder": uri(folder), "version": "one"}))
        .await;
    assert_eq!(answer["error"]["data"]["code"], "package.words", "{answer}");
    editor.end().await;
}
