//! `Backend`: the methods. Each reads its params, hands a `Call` to the desk, and waits for the answer if there is one.
//! Nothing is done here: no board, no file, no message to the client.

use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::sync::atomic::Ordering;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use serde_json::from_value;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::time::Instant;
use tower_lsp::ClientSocket;
use tower_lsp::LanguageServer;
use tower_lsp::LspService;
use tower_lsp::jsonrpc::Error;
use tower_lsp::jsonrpc::Result;
use tower_lsp::ls_types::CodeLens;
use tower_lsp::ls_types::CodeLensParams;
use tower_lsp::ls_types::DidChangeConfigurationParams;
use tower_lsp::ls_types::DidChangeWorkspaceFoldersParams;
use tower_lsp::ls_types::DidCloseTextDocumentParams;
use tower_lsp::ls_types::DidOpenTextDocumentParams;
use tower_lsp::ls_types::DidSaveTextDocumentParams;
use tower_lsp::ls_types::ExecuteCommandParams;
use tower_lsp::ls_types::InitializeParams;
use tower_lsp::ls_types::InitializeResult;
use tower_lsp::ls_types::InitializedParams;

use crate::base::BoardPath;
use crate::host::words;
use crate::server::call::Call;
use crate::server::call::FileCall;
use crate::server::call::ReleaseCall;
use crate::server::call::Reply;
use crate::server::call::Start;
use crate::server::greeting;
use crate::server::hosting::Hosting;
use crate::server::protocol::asked;
use crate::server::protocol::names;
use crate::server::refusal::Refusal;

/// Calls that may wait for the desk; when there are more, reading waits.
pub(super) const MAILBOX: usize = 1024;

pub(super) struct Backend {
    desk: mpsc::Sender<Call>,
    start: std::sync::Mutex<Option<Start>>,
    /// For machines that use this one's boards.
    hosting: Arc<Hosting>,
    /// The client said `shutdown`.
    shut_down: Arc<AtomicBool>,
}

/// The service with all its methods.
pub(super) fn service(
    desk: mpsc::Sender<Call>,
    shut_down: Arc<AtomicBool>,
    hosting: Arc<Hosting>,
) -> (LspService<Backend>, ClientSocket) {
    let start = std::sync::Mutex::default();
    let backend = Backend {
        desk,
        start,
        hosting,
        shut_down,
    };
    LspService::build(|_| backend)
        .custom_method(names::BOARDS, Backend::boards)
        .custom_method(names::BASE, Backend::base)
        .custom_method(names::CANCEL, Backend::cancel_job)
        .custom_method(names::PROGRESS_CANCEL, Backend::cancel_token)
        .custom_method(names::CONSOLE_ATTACH, Backend::attach)
        .custom_method(names::CONSOLE_INPUT, Backend::input)
        .custom_method(names::CONSOLE_LOCATE, Backend::locate)
        .custom_method(names::FILES_LIST, Backend::list)
        .custom_method(names::FILES_READ, Backend::read)
        .custom_method(names::FILES_WRITE, Backend::write)
        .custom_method(names::FILES_DELETE, Backend::delete)
        .custom_method(names::FILES_RENAME, Backend::rename)
        .custom_method(names::FILES_MAKE_FOLDER, Backend::make_folder)
        .custom_method(names::SETTINGS_OF, Backend::settings)
        .custom_method(words::ALIVE, Backend::host_alive)
        .custom_method(words::BOARDS, Backend::host_boards)
        .custom_method(words::SURVEY, Backend::host_survey)
        .custom_method(words::SYNC, Backend::host_sync)
        .custom_method(words::OPEN, Backend::wire_open)
        .custom_method(words::READ, Backend::wire_read)
        .custom_method(words::WRITE, Backend::wire_write)
        .custom_method(words::LINES, Backend::wire_lines)
        .custom_method(words::CLOSE, Backend::wire_close)
        .custom_method(names::PACKAGES, Backend::packages)
        .custom_method(names::PACK, Backend::pack)
        .custom_method(names::RELEASES, Backend::releases)
        .custom_method(names::PUBLISH, Backend::publish)
        .custom_method(names::ROLL_BACK, Backend::roll_back)
        .finish()
}

impl Backend {
    /// For notifications. A desk that is gone means that the process ends.
    async fn send(&self, call: Call) {
        self.desk.send(call).await.unwrap_or_default();
    }

    /// For requests.
    async fn ask(&self, call: impl FnOnce(Reply) -> Call) -> Result<Value> {
        let (reply, answer) = oneshot::channel();
        self.send(call(reply)).await;
        let answer = answer.await.unwrap_or(Err(Refusal::Ending));
        answer.map_err(Error::from)
    }

    async fn files(&self, board: String, file: FileCall) -> Result<Value> {
        self.ask(|reply| Call::Files { board, file, reply }).await
    }

    async fn boards(&self) -> Result<Value> {
        self.ask(Call::Boards).await
    }

    async fn base(&self, asked: asked::BaseOf) -> Result<Value> {
        let asked::BaseOf { uri, ask } = asked;
        self.ask(|reply| Call::Base { uri, ask, reply }).await
    }

    async fn cancel_job(&self, asked: asked::CancelJob) {
        self.send(Call::CancelJob(asked.job)).await;
    }

    async fn cancel_token(&self, asked: asked::CancelToken) {
        self.send(Call::CancelToken(asked.token)).await;
    }

    async fn attach(&self, asked: asked::Attach) -> Result<Value> {
        let board = asked.board;
        self.ask(|reply| Call::Attach { board, reply }).await
    }

    async fn input(&self, asked: asked::BoardText) {
        let asked::BoardText { board, text } = asked;
        self.send(Call::Input { board, text }).await;
    }

    async fn locate(&self, asked: asked::BoardText) -> Result<Value> {
        let asked::BoardText { board, text } = asked;
        self.ask(|reply| Call::Locate { board, text, reply }).await
    }

    async fn list(&self, asked: asked::ListFolder) -> Result<Value> {
        let root = matches!(asked.path.as_str(), "/" | "");
        let path = if root {
            None
        } else {
            Some(board_path(&asked.path)?)
        };
        let fresh = asked.fresh;
        self.files(asked.board, FileCall::List { path, fresh }).await
    }

    async fn read(&self, asked: asked::OnePath) -> Result<Value> {
        let path = board_path(&asked.path)?;
        self.files(asked.board, FileCall::Read(path)).await
    }

    async fn write(&self, asked: asked::WriteFile) -> Result<Value> {
        let path = board_path(&asked.path)?;
        let content = BASE64_STANDARD.decode(asked.content);
        let content = content.map_err(|error| Error::invalid_params(format!("`content`: {error}")))?;
        self.files(asked.board, FileCall::Write(path, content)).await
    }

    async fn delete(&self, asked: asked::OnePath) -> Result<Value> {
        let path = board_path(&asked.path)?;
        self.files(asked.board, FileCall::Remove(path)).await
    }

    async fn rename(&self, asked: asked::Rename) -> Result<Value> {
        let (from, to) = (board_path(&asked.from)?, board_path(&asked.to)?);
        self.files(asked.board, FileCall::Rename { from, to }).await
    }

    async fn make_folder(&self, asked: asked::OnePath) -> Result<Value> {
        let path = board_path(&asked.path)?;
        self.files(asked.board, FileCall::MakeFolder(path)).await
    }

    async fn packages(&self, asked: asked::PackagesOf) -> Result<Value> {
        let asked::PackagesOf { folder, board } = asked;
        self.ask(|reply| Call::Packages { folder, board, reply }).await
    }

    async fn pack(&self, asked: asked::Pack) -> Result<Value> {
        let asked::Pack { folder, version } = asked;
        let call = |reply| Call::Pack {
            folder,
            version,
            reply,
        };
        self.ask(call).await
    }

    async fn releases(&self, asked: asked::ReleasesOf) -> Result<Value> {
        self.of_releases(asked, ReleaseCall::List).await
    }

    async fn publish(&self, asked: asked::Publish) -> Result<Value> {
        let asked::Publish {
            version,
            hold,
            preview,
            of,
        } = asked;
        let what = ReleaseCall::Publish {
            version,
            hold,
            preview,
        };
        self.of_releases(of, what).await
    }

    async fn roll_back(&self, asked: asked::RollBack) -> Result<Value> {
        let asked::RollBack { version, preview, of } = asked;
        self.of_releases(of, ReleaseCall::RollBack { version, preview })
            .await
    }

    async fn of_releases(&self, of: asked::ReleasesOf, what: ReleaseCall) -> Result<Value> {
        let asked::ReleasesOf {
            folder,
            target,
            name,
            token,
        } = of;
        let call = |reply| Call::Releases {
            folder,
            target,
            name,
            what,
            token,
            reply,
        };
        self.ask(call).await
    }

    async fn settings(&self, asked: asked::SettingsOf) -> Result<Value> {
        let folder = asked.folder;
        self.ask(|reply| Call::Settings { folder, reply }).await
    }

    #[allow(clippy::unused_async)] // as all methods are
    async fn host_alive(&self) {
        self.hosting.heard();
    }

    async fn host_boards(&self, asked: words::Which) -> Result<Value> {
        self.hosting.boards(asked).await
    }

    async fn host_survey(&self, asked: words::Survey) -> Result<Value> {
        self.hosting.survey(asked).await
    }

    async fn host_sync(&self, asked: words::Sync) -> Result<Value> {
        self.hosting.sync(asked).await
    }

    async fn wire_open(&self, asked: words::Open) -> Result<Value> {
        self.hosting.open(asked).await
    }

    async fn wire_read(&self, asked: words::OfWire) -> Result<Value> {
        self.hosting.read(asked).await
    }

    async fn wire_write(&self, asked: words::Write) -> Result<Value> {
        self.hosting.write(asked).await
    }

    async fn wire_lines(&self, asked: words::SetLines) -> Result<Value> {
        self.hosting.lines(asked).await
    }

    async fn wire_close(&self, asked: words::OfWire) -> Result<Value> {
        self.hosting.close(asked).await
    }
}

fn board_path(text: &str) -> Result<BoardPath> {
    BoardPath::new(text).map_err(|error| Error::invalid_params(error.to_string()))
}

impl LanguageServer for Backend {
    async fn initialize(&self, params: InitializeParams) -> Result<InitializeResult> {
        let start = greeting::read(params)?;
        *self
            .start
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner) = Some(start);
        Ok(greeting::answer())
    }

    async fn initialized(&self, _: InitializedParams) {
        let start = self
            .start
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .take();
        if let Some(start) = start {
            self.send(Call::Started(Box::new(start))).await;
        }
    }

    async fn shutdown(&self) -> Result<()> {
        self.shut_down.store(true, Ordering::Relaxed);
        Ok(())
    }

    async fn did_open(&self, _: DidOpenTextDocumentParams) {}

    async fn did_close(&self, _: DidCloseTextDocumentParams) {}

    async fn did_save(&self, params: DidSaveTextDocumentParams) {
        let uri = params.text_document.uri.to_string();
        let at = Instant::now();
        self.send(Call::Saved { uri, at }).await;
    }

    async fn did_change_configuration(&self, params: DidChangeConfigurationParams) {
        self.send(Call::Configuration(params.settings)).await;
    }

    async fn did_change_workspace_folders(&self, params: DidChangeWorkspaceFoldersParams) {
        let added = params.event.added.iter();
        let added = added
            .filter_map(|folder| greeting::place(folder.uri.as_str()))
            .collect();
        let removed = params.event.removed.iter();
        let removed = removed.map(|folder| folder.uri.to_string()).collect();
        self.send(Call::Folders { added, removed }).await;
    }

    async fn code_lens(&self, params: CodeLensParams) -> Result<Option<Vec<CodeLens>>> {
        let uri = params.text_document.uri.to_string();
        let lenses = self.ask(|reply| Call::Lens { uri, reply }).await?;
        from_value(lenses).map_err(|_| Error::internal_error())
    }

    async fn execute_command(&self, params: ExecuteCommandParams) -> Result<Option<Value>> {
        let command = params.command;
        if !names::COMMANDS.contains(&command.as_str()) {
            return Err(Error::invalid_params(format!("there is no command `{command}`")));
        }
        let argument = params
            .arguments
            .into_iter()
            .next()
            .filter(|first| !first.is_null());
        let arguments: asked::Arguments = match argument {
            Some(argument) => {
                from_value(argument).map_err(|error| Error::invalid_params(error.to_string()))?
            }
            None => asked::Arguments::default(),
        };
        let token = params.work_done_progress_params.work_done_token;
        let token = token.and_then(|token| serde_json::to_value(token).ok());
        let arguments = Box::new(arguments);
        let call = |reply| Call::Command {
            command,
            arguments,
            token,
            reply,
        };
        self.ask(call).await.map(Some)
    }
}
