//! Every example of protocol.md, run in its order against the real server with a virtual board.
//! Values may differ, shapes may not: a field that is not there, or that the document does not name, fails.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::tempdir;

use crate::boards::fast;
use crate::boards::start;
use crate::editor::Hello;
use crate::editor::TestEditor;
use crate::editor::uri;

/// One section: its text, and the messages in it.
struct Section {
    title: String,
    text: String,
    examples: Vec<Value>,
}

fn sections(board: &str, folder: &str) -> Vec<Section> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = fs::read_to_string(root.join("protocol.md"))
        .unwrap()
        .replace("\r\n", "\n");
    let example = |title: &str, block: &str| {
        let json = block.split("\n```").next().unwrap();
        let json = json.replace("BOARD", board).replace("FOLDER", folder);
        serde_json::from_str(&json).unwrap_or_else(|error| panic!("{title}: {error} in {json}"))
    };
    let section = |text: &str| {
        let title = text.lines().next().unwrap().to_owned();
        Section {
            examples: text
                .split("```json\n")
                .skip(1)
                .map(|block| example(&title, block))
                .collect(),
            text: text.split("\n## ").next().unwrap().to_owned(),
            title,
        }
    };
    text.split("\n### ").skip(1).map(section).collect()
}

/// Where `actual` is not of the shape of `example`; `text` may name more fields.
fn mismatch(example: &Value, actual: &Value, text: &str, at: &str) -> Option<String> {
    match (example, actual) {
        // `null` stands for something that may be there.
        (Value::Null, _)
        | (Value::Bool(_), Value::Bool(_))
        | (Value::Number(_), Value::Number(_))
        | (Value::String(_), Value::String(_)) => None,
        (Value::Array(examples), Value::Array(actual)) => {
            if actual.is_empty() && !examples.is_empty() {
                return Some(format!("{at} is empty"));
            }
            let fits = |one: &Value| {
                examples
                    .iter()
                    .any(|example| mismatch(example, one, text, at).is_none())
            };
            let odd = actual.iter().find(|one| !examples.is_empty() && !fits(one))?;
            mismatch(&examples[0], odd, text, &format!("{at}[]"))
        }
        (Value::Object(example), Value::Object(actual)) => {
            let told = |name: &str| {
                [
                    format!("`{name}`"),
                    format!("`{name}?`"),
                    format!("{name}?"),
                    format!("\"{name}\""),
                ]
                .iter()
                .any(|word| text.contains(word))
            };
            let stranger = actual
                .keys()
                .find(|name| !example.contains_key(*name) && !told(name));
            if let Some(name) = stranger {
                return Some(format!("{at}.{name} is not told of"));
            }
            example.iter().find_map(|(name, example)| match actual.get(name) {
                None => Some(format!("{at}.{name} is missing")),
                Some(actual) => mismatch(example, actual, text, &format!("{at}.{name}")),
            })
        }
        (example, actual) => Some(format!("{at} is {actual}, not like {example}")),
    }
}

#[tokio::test]
async fn every_example_of_the_protocol_is_as_the_server_does_it() {
    let (project, home) = (tempdir().unwrap(), tempdir().unwrap());
    let board = start(&fast());
    let address = board.address().to_owned();
    let (main, log) = (
        project.path().join("main.py"),
        project.path().join(".boardsideignore"),
    );
    fs::write(&main, "print('hello')\n").unwrap();
    fs::write(&log, "*.md\n").unwrap();
    let sections = sections(&address, &uri(project.path()));
    let mut editor = TestEditor::process(home.path(), &[("BOARDSIDE_PORTS", &address)]);
    editor.ignored = vec!["boardside/console/output", "boardside/jobDone"];
    let (mut requests, mut notifications) = (0, 0);
    for section in &sections {
        let Section {
            title,
            text,
            examples,
        } = section;
        let mut examples = examples.iter();
        while let Some(example) = examples.next() {
            let (method, params) = (example["method"].as_str(), example["params"].clone());
            if text.contains("- Direction: server → client") {
                continue;
            }
            let method = method.unwrap_or_else(|| panic!("{title}: an example without a method"));
            if text.contains("notification") && !text.contains("- Direction: client → server, request") {
                editor.notify(method, params).await;
                notifications += 1;
                continue;
            }
            let expected = examples
                .next()
                .unwrap_or_else(|| panic!("{title}: an example without an answer"));
            let answer = if method == "initialize" {
                let initialize = params;
                editor
                    .greet(
                        &[project.path()],
                        Hello {
                            initialize,
                            ..Hello::default()
                        },
                    )
                    .await
            } else {
                editor.request(method, params).await
            };
            let shown = serde_json::json!({"result": answer["result"].clone()});
            assert_eq!(answer.get("error"), None, "{title}");
            assert_eq!(
                mismatch(expected, &shown, text, method),
                None,
                "{title}: {answer}"
            );
            requests += 1;
            if let Some(job) = answer["result"]["job"].as_u64() {
                let done = editor.done_but_kept(job).await;
                assert_eq!(done.get("error"), None, "{title}: {done}");
            }
        }
    }
    assert!(
        requests >= 20 && notifications >= 2,
        "{requests} requests, {notifications} notifications"
    );
    // What the server tells by itself: at the latest now, when something differs.
    fs::write(&main, "print('other')\n").unwrap();
    for section in sections
        .iter()
        .filter(|section| section.text.contains("- Direction: server → client"))
    {
        for example in &section.examples {
            let method = example["method"].as_str().unwrap();
            let fits = |params: &Value| mismatch(&example["params"], params, &section.text, method).is_none();
            editor.told(method, fits).await;
        }
    }
    editor.end().await;
}
