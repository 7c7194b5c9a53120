//! `Client`: an editor without a window: the process `boardside lsp`, and JSON-RPC over its pipes.
//! Measures nothing.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::BufRead;
use std::io::BufReader;
use std::io::Write as _;
use std::path::Path;
use std::process::Child;
use std::process::ChildStdin;
use std::process::ChildStdout;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::Sender;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use serde_json::Value;
use serde_json::json;

/// Longer than anything here takes.
const LIMIT: Duration = Duration::from_secs(120);

/// An editor that has folders open, and its server.
pub(crate) struct Client {
    child: Child,
    /// Never blocks: a thread writes.
    to: Sender<Value>,
    from: Receiver<Value>,
    /// Came, and was not asked for yet.
    inbox: VecDeque<Value>,
    reads: Arc<Gate>,
    last: i64,
}

/// Open: the server's messages are read.
struct Gate(Mutex<bool>, Condvar);

impl Gate {
    fn set(&self, open: bool) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = open;
        self.1.notify_all();
    }

    fn pass(&self) {
        let open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        drop(self.1.wait_while(open, |open| !*open));
    }
}

impl Client {
    /// Starts a server that knows the boards at `ports` and nothing of earlier ones, and opens `folders`.
    /// `settings` are what it is answered when it asks; `None`: it gets no answer to anything.
    pub(crate) fn start(
        program: &Path,
        home: &Path,
        ports: &[&str],
        folders: &[&Path],
        settings: Option<Value>,
    ) -> Result<Self, String> {
        let mut command = Command::new(program);
        command
            .arg("lsp")
            .env("BOARDSIDE_PORTS", ports.join(":"))
            .env_remove("BOARDSIDE_DEVICE")
            .env("XDG_CACHE_HOME", home.join("cache"))
            .env("XDG_DATA_HOME", home.join("data"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped());
        let mut child = command
            .spawn()
            .map_err(|error| format!("{}: {error}", program.display()))?;
        let input = child.stdin.take().ok_or("no stdin")?;
        let output = child.stdout.take().ok_or("no stdout")?;
        let (to, written) = mpsc::channel();
        let (read, from) = mpsc::channel();
        let reads = Arc::new(Gate(Mutex::new(true), Condvar::new()));
        thread::spawn(move || write(input, &written));
        let (gate, answers) = (Arc::clone(&reads), to.clone());
        thread::spawn(move || listen(output, &gate, settings.as_ref(), &answers, &read));
        let mut client = Self {
            child,
            to,
            from,
            inbox: VecDeque::new(),
            reads,
            last: 0,
        };
        let open = |folder: &&Path| json!({"uri": uri(folder), "name": "project"});
        let open: Vec<Value> = folders.iter().map(open).collect();
        let initialize = json!({
            "processId": null, "rootUri": null, "workspaceFolders": open,
            "initializationOptions": {"protocol": 1, "trusted": true},
            "capabilities": {
                "window": {"workDoneProgress": true}, "workspace": {"configuration": true},
                "experimental": {"boardside": {"jobs": true}},
            },
        });
        client.request("initialize", &initialize)?;
        client.notify("initialized", &json!({}));
        client.told("boardside/settingsChanged", |_| true)?;
        Ok(client)
    }

    /// Of the server.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Says something that has no answer.
    pub(crate) fn notify(&self, method: &str, params: &Value) {
        self.send(json!({"jsonrpc": "2.0", "method": method, "params": params}));
    }

    /// Asks without waiting for the answer; gives the id.
    pub(crate) fn ask(&mut self, method: &str, params: &Value) -> i64 {
        self.last += 1;
        self.send(json!({"jsonrpc": "2.0", "id": self.last, "method": method, "params": params}));
        self.last
    }

    /// Asks, and gives the result.
    pub(crate) fn request(&mut self, method: &str, params: &Value) -> Result<Value, String> {
        let id = self.ask(method, params);
        let answer = self.take(method, |message| {
            message["id"] == id && message["method"].is_null()
        })?;
        match answer["result"].clone() {
            Value::Null if !answer["error"].is_null() => Err(format!("{method}: {}", answer["error"])),
            result => Ok(result),
        }
    }

    /// The params of a notification that came, or is to come.
    pub(crate) fn told(&mut self, method: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value, String> {
        let message = self.take(method, |message| {
            message["method"] == method && wanted(&message["params"])
        })?;
        Ok(message["params"].clone())
    }

    /// The params of a notification that came already.
    pub(crate) fn heard(&mut self, method: &str, wanted: impl Fn(&Value) -> bool) -> Option<Value> {
        self.inbox.extend(self.from.try_iter());
        let found = self
            .inbox
            .iter()
            .position(|message| message["method"] == method && wanted(&message["params"]))?;
        Some(self.inbox.remove(found)?["params"].clone())
    }

    /// Did a notification come already?
    pub(crate) fn has(&mut self, method: &str, wanted: impl Fn(&Value) -> bool) -> bool {
        self.inbox.extend(self.from.try_iter());
        self.inbox
            .iter()
            .any(|message| message["method"] == method && wanted(&message["params"]))
    }

    /// How many notifications of this kind came up to now.
    pub(crate) fn count(&mut self, method: &str) -> usize {
        self.inbox.extend(self.from.try_iter());
        self.inbox
            .iter()
            .filter(|message| message["method"] == method)
            .count()
    }

    /// What came up to now is not waited for any more.
    pub(crate) fn forget(&mut self) {
        self.from.try_iter().for_each(drop);
        self.inbox.clear();
    }

    /// From now on (after one message more), stdout of the server is read or is left to fill up.
    pub(crate) fn read(&self, reads: bool) {
        self.reads.set(reads);
    }

    fn send(&self, message: Value) {
        // A server that has ended shows when something is waited for.
        self.to.send(message).unwrap_or_default();
    }

    fn take(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value, String> {
        if let Some(found) = self.inbox.iter().position(&wanted) {
            return Ok(self.inbox.remove(found).unwrap_or_default());
        }
        let end = Instant::now() + LIMIT;
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.from.recv_timeout(left) {
                Ok(message) if wanted(&message) => return Ok(message),
                Ok(message) => self.inbox.push_back(message),
                Err(error) => return Err(format!("waiting for {what}: {error}")),
            }
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.reads.set(true);
        self.child.kill().unwrap_or_default();
        let _ = self.child.wait();
    }
}

/// As an editor writes a path; of bytes that are no plain letters, their numbers.
pub(crate) fn uri(path: &Path) -> String {
    let mut uri = "file://".to_owned();
    for byte in path.to_string_lossy().bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            write!(uri, "%{byte:02X}").unwrap_or_default(); // a text takes everything
        }
    }
    uri
}

fn write(mut input: ChildStdin, messages: &Receiver<Value>) {
    for message in messages {
        let body = message.to_string();
        let frame = format!("Content-Length: {}\r\n\r\n{body}", body.len());
        if input.write_all(frame.as_bytes()).is_err() {
            return;
        }
    }
}

/// Reads, hands on, and answers what the server asks.
fn listen(
    output: ChildStdout,
    gate: &Gate,
    settings: Option<&Value>,
    answers: &Sender<Value>,
    read: &Sender<Value>,
) {
    let mut output = BufReader::new(output);
    while let Some(message) = next(&mut output) {
        if let (Some(settings), Some(method), false) =
            (settings, message["method"].as_str(), message["id"].is_null())
        {
            let result = if method == "workspace/configuration" {
                let items = message["params"]["items"].as_array().map_or(1, Vec::len);
                Value::Array(vec![settings.clone(); items])
            } else {
                Value::Null
            };
            let answer = json!({"jsonrpc": "2.0", "id": message["id"], "result": result});
            answers.send(answer).unwrap_or_default();
        }
        if read.send(message).is_err() {
            return;
        }
        gate.pass();
    }
}

fn next(from: &mut impl BufRead) -> Option<Value> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            Some(("Content-Length", number)) => length = number.parse().ok()?,
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).ok()?;
    serde_json::from_slice(&body).ok()
}
