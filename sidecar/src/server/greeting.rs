//! `initialize`: what the client is and can, and what the server can.
//! Pure but for the version of this program. Trust fails closed.

use serde_json::Value;
use serde_json::json;
use tower_lsp::jsonrpc::Error;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::CodeLensOptions;
use tower_lsp::ls_types::ExecuteCommandOptions;
use tower_lsp::ls_types::InitializeParams;
use tower_lsp::ls_types::InitializeResult;
use tower_lsp::ls_types::OneOf;
use tower_lsp::ls_types::ServerCapabilities;
use tower_lsp::ls_types::ServerInfo;
use tower_lsp::ls_types::TextDocumentSyncCapability;
use tower_lsp::ls_types::TextDocumentSyncKind;
use tower_lsp::ls_types::TextDocumentSyncOptions;
use tower_lsp::ls_types::TextDocumentSyncSaveOptions;
use tower_lsp::ls_types::WorkDoneProgressOptions;
use tower_lsp::ls_types::WorkspaceFoldersServerCapabilities;
use tower_lsp::ls_types::WorkspaceServerCapabilities;

use crate::server::call::Place;
use crate::server::call::Start;
use crate::server::protocol::asked::Greeting;
use crate::server::protocol::names;
use crate::server::refusal::Refusal;
use crate::server::uri;

/// What the client says of itself.
pub(super) fn read(params: InitializeParams) -> Result<Start> {
    let said = params.initialization_options.filter(|said| !said.is_null());
    // What cannot be read must not make a workspace trusted.
    let greeting = match said {
        None => Some(Greeting::default()),
        Some(said) if said.is_object() => serde_json::from_value(said).ok(),
        Some(_) => None,
    };
    let unreadable = greeting.is_none();
    let greeting = greeting.unwrap_or_default();
    if let Some(theirs) = greeting
        .protocol
        .filter(|version| *version != json!(names::VERSION))
    {
        return Err(Error::from(Refusal::version(&theirs.to_string(), names::VERSION)));
    }
    let capabilities = serde_json::to_value(&params.capabilities).unwrap_or_default();
    let can = |path: &str| capabilities.pointer(path) == Some(&Value::Bool(true));
    #[allow(deprecated)] // what older clients have instead of folders
    let root = params.root_uri;
    let folders = match params.workspace_folders {
        Some(folders) => folders.into_iter().map(|folder| folder.uri.to_string()).collect(),
        None => root.map(|root| root.to_string()).into_iter().collect::<Vec<_>>(),
    };
    Ok(Start {
        folders: folders.iter().filter_map(|uri| place(uri)).collect(),
        trusted: !unreadable
            && greeting
                .trusted
                .is_none_or(|trusted| trusted == Value::Bool(true)),
        settings: greeting.settings,
        configuration: can("/workspace/configuration"),
        progress: can("/window/workDoneProgress"),
        questions: can("/experimental/boardside/questions"),
        jobs: can("/experimental/boardside/jobs"),
    })
}

/// A folder of the workspace; folders that are no files cannot be synced.
pub(super) fn place(uri: &str) -> Option<Place> {
    let path = uri::path_of(uri)?;
    let uri = uri.to_owned();
    Some(Place { uri, path })
}

/// What the server can.
pub(super) fn answer() -> InitializeResult {
    let sync = TextDocumentSyncOptions {
        open_close: Some(true),
        change: Some(TextDocumentSyncKind::NONE),
        save: Some(TextDocumentSyncSaveOptions::Supported(true)),
        ..TextDocumentSyncOptions::default()
    };
    let folders = WorkspaceFoldersServerCapabilities {
        supported: Some(true),
        change_notifications: Some(OneOf::Left(true)),
    };
    InitializeResult {
        capabilities: ServerCapabilities {
            text_document_sync: Some(TextDocumentSyncCapability::Options(sync)),
            code_lens_provider: Some(CodeLensOptions {
                resolve_provider: Some(false),
            }),
            execute_command_provider: Some(ExecuteCommandOptions {
                commands: names::COMMANDS.map(str::to_owned).to_vec(),
                work_done_progress_options: WorkDoneProgressOptions {
                    work_done_progress: Some(true),
                },
            }),
            workspace: Some(WorkspaceServerCapabilities {
                workspace_folders: Some(folders),
                file_operations: None,
            }),
            experimental: Some(json!({"boardside": {"protocol": names::VERSION}})),
            ..ServerCapabilities::default()
        },
        server_info: Some(ServerInfo {
            name: "boardside".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
        ..InitializeResult::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(options: &Value) -> Result<Start> {
        let params = json!({"capabilities": {}, "rootUri": "file:///a", "initializationOptions": options});
        read(serde_json::from_value(params).unwrap())
    }

    #[test]
    fn trust_fails_closed() {
        for (options, trusted) in [
            (Value::Null, true),
            (json!({}), true),
            (json!({"trusted": true}), true),
            (json!({"trusted": false}), false),
            (json!({"trusted": "true"}), false),
            (json!({"trusted": 1}), false),
            (json!({"trusted": []}), false),
            (json!("yes"), false),
            (json!([true]), false),
        ] {
            assert_eq!(start(&options).unwrap().trusted, trusted, "{options}");
        }
    }

    #[test]
    fn another_version_of_the_protocol_is_refused() {
        assert!(start(&json!({"protocol": 1})).is_ok());
        for version in [json!(2), json!(0), json!("1"), json!(1.5)] {
            let error = start(&json!({"protocol": version})).unwrap_err();
            assert_eq!(error.code.code(), -32803, "{version}");
            assert_eq!(error.data.unwrap()["code"], "protocol.version");
        }
    }

    #[test]
    fn a_client_without_folders_has_its_root() {
        let folders = start(&json!({})).unwrap().folders;
        assert_eq!(
            folders.iter().map(|place| place.uri.as_str()).collect::<Vec<_>>(),
            ["file:///a"]
        );
    }
}
