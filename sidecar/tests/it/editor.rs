//! `TestEditor`: an editor without a window, that talks to the real server over pipes in memory or to the real process.
//! It reads everything; what no test asked for and no test expects fails it at the end.

use std::collections::VecDeque;
use std::future::Future;
use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use boardside::server::Ended;
use boardside::session::served::Allowed;
use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncRead;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWrite;
use tokio::io::AsyncWriteExt as _;
use tokio::process::Child;
use tokio::process::Command;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Longer than anything takes here, also on a busy machine.
const LIMIT: Duration = Duration::from_secs(30);
/// Comes at any time, and matters only to tests that wait for it.
const AMBIENT: [&str; 7] = [
    "workspace/configuration",
    "window/workDoneProgress/create",
    "window/logMessage",
    "boardside/boardsChanged",
    "boardside/settingsChanged",
    "boardside/differences",
    "$/progress",
];

enum Server {
    InMemory(JoinHandle<Ended>),
    Process(Box<Child>),
}

/// What the client can, and what it says at the start.
pub(crate) struct Hello {
    /// Merged into the params of `initialize`.
    pub(crate) initialize: Value,
    /// What it answers to `workspace/configuration`; `None`: nothing, ever.
    pub(crate) settings: Option<Value>,
}

impl Hello {
    /// Of a client that answers `boardside/question`.
    pub(crate) fn asked() -> Self {
        let mut hello = Self::default();
        hello.initialize["capabilities"]["experimental"]["boardside"]["questions"] = true.into();
        hello
    }
}

impl Default for Hello {
    fn default() -> Self {
        let capabilities = json!({
            "window": {"workDoneProgress": true},
            "workspace": {"configuration": true},
            "experimental": {"boardside": {"jobs": true}},
        });
        let initialize = json!({"processId": null, "rootUri": null, "capabilities": capabilities});
        Self {
            initialize,
            settings: Some(json!({})),
        }
    }
}

/// An editor.
pub(crate) struct TestEditor {
    to: Option<Box<dyn AsyncWrite + Send + Unpin>>,
    from: Box<dyn AsyncRead + Send + Unpin>,
    bytes: Vec<u8>,
    /// Read, and not asked for yet.
    inbox: VecDeque<Value>,
    server: Option<Server>,
    settings: Option<Value>,
    last: i64,
    /// Methods that the test does not care about.
    pub(crate) ignored: Vec<&'static str>,
}

impl TestEditor {
    /// At a server in this process.
    pub(crate) fn in_memory() -> Self {
        let (to, input) = tokio::io::duplex(1 << 16);
        let (output, from) = tokio::io::duplex(1 << 16);
        let server = tokio::spawn(boardside::server::serve(input, output, Allowed::default()));
        Self::at(Box::new(to), Box::new(from), Server::InMemory(server))
    }

    /// At `boardside lsp` with these variables; its caches and choices are in `home`.
    pub(crate) fn process(home: &Path, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_boardside"));
        command.args(["lsp", "--stdio"]);
        Self::command_in(home, command, variables)
    }

    /// At a command that ends in `boardside lsp`.
    pub(crate) fn command_in(home: &Path, mut command: Command, variables: &[(&str, &str)]) -> Self {
        command.current_dir(home);
        command
            .env_remove("BOARDSIDE_PORTS")
            .env_remove("BOARDSIDE_DEVICE");
        command
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_DATA_HOME", home.join("data"));
        command.envs(variables.iter().copied()).kill_on_drop(true);
        let piped = std::process::Stdio::piped;
        let mut child = command.stdin(piped()).stdout(piped()).spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self::at(Box::new(to), Box::new(from), Server::Process(Box::new(child)))
    }

    fn at(
        to: Box<dyn AsyncWrite + Send + Unpin>,
        from: Box<dyn AsyncRead + Send + Unpin>,
        server: Server,
    ) -> Self {
        Self {
            to: Some(to),
            from,
            bytes: Vec::new(),
            inbox: VecDeque::new(),
            server: Some(server),
            settings: None,
            last: 0,
            ignored: Vec::new(),
        }
    }

    /// `initialize` and `initialized`, with these folders.
    pub(crate) async fn greet(&mut self, folders: &[&Path], hello: Hello) -> Value {
        let folder = |path: &&Path| json!({"uri": uri(path), "name": "x"});
        let mut params = hello.initialize;
        params["workspaceFolders"] = folders.iter().map(folder).collect();
        self.settings = hello.settings;
        let answer = self.request("initialize", params).await;
        self.notify("initialized", json!({})).await;
        answer
    }

    /// The id of the process.
    pub(crate) fn pid(&self) -> u32 {
        match &self.server {
            Some(Server::Process(child)) => child.id().unwrap(),
            _ => panic!("it is no process"),
        }
    }

    /// Any bytes.
    pub(crate) async fn send_bytes(&mut self, bytes: &[u8]) {
        let to = self.to.as_mut().expect("stdin is open");
        timeout(LIMIT, to.write_all(bytes))
            .await
            .expect("the server reads")
            .unwrap();
    }

    /// A message.
    pub(crate) async fn send(&mut self, message: &Value) {
        let body = message.to_string();
        let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        self.send_bytes(frame.as_bytes()).await;
    }

    /// A notification.
    pub(crate) async fn notify(&mut self, method: &str, params: Value) {
        self.send(&json!({"jsonrpc": "2.0", "method": method, "params": params}))
            .await;
    }

    /// A request without waiting for its answer; its id.
    pub(crate) async fn post(&mut self, method: &str, params: Value) -> i64 {
        self.last += 1;
        let mut message = json!({"jsonrpc": "2.0", "id": self.last, "method": method});
        if !params.is_null() {
            message["params"] = params;
        }
        self.send(&message).await;
        self.last
    }

    /// A request, and its whole answer.
    pub(crate) async fn request(&mut self, method: &str, params: Value) -> Value {
        let id = self.post(method, params).await;
        self.answer_to(id).await
    }

    /// The answer to a request that was posted.
    pub(crate) async fn answer_to(&mut self, id: i64) -> Value {
        self.take(&format!("an answer to {id}"), |message| {
            message["id"] == id && message.get("method").is_none()
        })
        .await
    }

    /// What the server asks people; they answer it.
    pub(crate) async fn answer(&mut self, method: &str, result: Value) -> Value {
        let asked = self.take(method, |message| message["method"] == method).await;
        self.send(&json!({"jsonrpc": "2.0", "id": asked["id"], "result": result}))
            .await;
        asked["params"].clone()
    }

    /// A command; the number of its job.
    pub(crate) async fn command(&mut self, command: &str, argument: Value) -> u64 {
        let params = json!({"command": command, "arguments": [argument]});
        let answer = self.request("workspace/executeCommand", params).await;
        let job = answer["result"]["job"].as_u64();
        job.unwrap_or_else(|| panic!("{command}: {answer}"))
    }

    /// How a job ended.
    pub(crate) async fn done(&mut self, job: u64) -> Value {
        self.told("boardside/jobDone", |params| params["job"] == job)
            .await
    }

    /// How a job ended; the message is still there for those who ask for it later.
    pub(crate) async fn done_but_kept(&mut self, job: u64) -> Value {
        let params = self.done(job).await;
        self.inbox
            .push_back(json!({"method": "boardside/jobDone", "params": params.clone()}));
        params
    }

    /// The params of the next notification of this kind that is wanted.
    pub(crate) async fn told(&mut self, method: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let message = self
            .take(method, |message| {
                message["method"] == method && wanted(&message["params"])
            })
            .await;
        message["params"].clone()
    }

    /// The next message that is wanted, which has come already or will come.
    pub(crate) async fn take(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.inbox.iter().position(&wanted) {
            return self.inbox.remove(at).unwrap();
        }
        loop {
            let next = timeout(LIMIT, self.next()).await;
            let next = next.unwrap_or_else(|_| panic!("no {what}; there is only {:#?}", self.inbox));
            let message = next.unwrap_or_else(|| panic!("the server ended before {what}: {:#?}", self.inbox));
            if wanted(&message) {
                return message;
            }
            self.inbox.push_back(message);
        }
    }

    /// The next message that the editor has no answer to by itself.
    async fn next(&mut self) -> Option<Value> {
        loop {
            let message = self.read().await?;
            let result = match message["method"].as_str() {
                Some("workspace/configuration") => self.settings.clone().map(|settings| json!([settings])),
                Some("window/workDoneProgress/create") => self.settings.as_ref().map(|_| Value::Null),
                _ => return Some(message),
            };
            if let Some(result) = result {
                self.send(&json!({"jsonrpc": "2.0", "id": message["id"], "result": result}))
                    .await;
            }
        }
    }

    async fn read(&mut self) -> Option<Value> {
        loop {
            if let Some(end) = self.bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                let head = std::str::from_utf8(&self.bytes[..end]).unwrap();
                let length: usize = head.strip_prefix("Content-Length: ").unwrap().parse().unwrap();
                if self.bytes.len() >= end + 4 + length {
                    let body = &self.bytes[end + 4..end + 4 + length];
                    let message = serde_json::from_slice(body).unwrap();
                    self.bytes.drain(..end + 4 + length);
                    return Some(message);
                }
            }
            let mut piece = vec![0; 1 << 16];
            let n = self.from.read(&mut piece).await.unwrap_or(0);
            if n == 0 {
                assert!(self.bytes.is_empty(), "half a message at the end");
                return None;
            }
            self.bytes.extend_from_slice(&piece[..n]);
        }
    }

    /// What came and nobody asked for yet.
    #[cfg(target_os = "linux")]
    pub(crate) fn unread(&self) -> impl Iterator<Item = &Value> {
        self.inbox.iter()
    }

    /// Closes stdin.
    pub(crate) fn hang_up(&mut self) {
        self.to = None;
    }

    /// The exit code of a process that is not read from any more.
    pub(crate) async fn ended_unread(mut self) -> i32 {
        let Some(Server::Process(mut child)) = self.server.take() else {
            panic!("it is no process");
        };
        let status = timeout(LIMIT, child.wait())
            .await
            .expect("the server ends")
            .unwrap();
        status.code().unwrap_or(-1)
    }

    /// `shutdown`, `exit`, and the end of the server, which must be clean.
    pub(crate) async fn end(mut self) {
        let answer = self.request("shutdown", Value::Null).await;
        assert_eq!(answer["result"], Value::Null, "{answer}");
        self.notify("exit", Value::Null).await;
        assert_eq!(self.ended().await, 0);
    }

    /// Reads to the end; the exit code. Nothing may be left that nobody asked for.
    pub(crate) fn ended(mut self) -> Pin<Box<dyn Future<Output = i32> + Send>> {
        Box::pin(async move {
            while let Some(message) = timeout(LIMIT, self.read()).await.expect("the server ends") {
                self.inbox.push_back(message);
            }
            let code = match self.server.take().unwrap() {
                Server::InMemory(server) => match timeout(LIMIT, server).await.unwrap().unwrap() {
                    Ended::Asked => 0,
                    Ended::Unasked => 1,
                },
                Server::Process(mut child) => {
                    let status = timeout(LIMIT, child.wait()).await.unwrap().unwrap();
                    status.code().unwrap_or(-1)
                }
            };
            self.check();
            code
        })
    }

    fn check(&mut self) {
        let ignored = |message: &Value| {
            let method = message["method"].as_str().unwrap_or_default();
            AMBIENT.contains(&method) || self.ignored.contains(&method)
        };
        let unread: Vec<Value> = self
            .inbox
            .iter()
            .filter(|message| !ignored(message))
            .cloned()
            .collect();
        self.inbox.clear();
        assert!(unread.is_empty(), "nobody asked for {unread:#?}");
    }
}

impl Drop for TestEditor {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert!(self.server.is_none(), "a test ends its editor");
            self.check();
        }
    }
}

/// The URI of a path without odd characters.
pub(crate) fn uri(path: &Path) -> String {
    let path = path.to_str().unwrap().replace('\\', "/");
    if cfg!(windows) {
        return format!("file:///{}", path.replace(':', "%3A"));
    }
    format!("file://{path}")
}
