//! Codes that only an editor can meet, by `boardside lsp`'s server.

use serde_json::Value;
use serde_json::json;

use super::How::Real;
use super::Scenario;
use super::Told;
use crate::editor::Hello;
use crate::editor::TestEditor;

pub(super) const SCENARIOS: &[Scenario] = &[
    ("protocol.version", Real(version)),
    (
        "folder.unclear",
        Real(|| asked("workspace/executeCommand", &json!({"command": "boardside.sync"}))),
    ),
    (
        "folder.unknown",
        Real(|| asked("boardside/settings", &json!({"folder": "file:///nowhere"}))),
    ),
    (
        "board.unknown",
        Real(|| {
            asked(
                "boardside/files/read",
                &json!({"board": "gopher://x", "path": "/a"}),
            )
        }),
    ),
];

/// The answer to a request of an editor without a folder.
pub(super) fn asked(method: &'static str, params: &Value) -> Told {
    run(async {
        let mut editor = TestEditor::in_memory();
        editor.ignored = vec!["boardside/console/output"];
        editor.greet(&[], Hello::default()).await;
        let answer = editor.request(method, params.clone()).await;
        editor.end().await;
        answer
    })
}

fn version() -> Told {
    run(async {
        let mut editor = TestEditor::in_memory();
        let params = json!({"capabilities": {}, "initializationOptions": {"protocol": 2}});
        let answer = editor.request("initialize", params).await;
        editor.hang_up();
        editor.ended().await;
        answer
    })
}

fn run(work: impl Future<Output = Value>) -> Told {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let answer = runtime.unwrap().block_on(work);
    let error = &answer["error"];
    Told {
        message: error["message"].as_str().unwrap_or_default().to_owned(),
        ..Told::of(&error["data"], None)
    }
}
