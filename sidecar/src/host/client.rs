//! `Client`: the JSON-RPC of protocol.md from the editor's side, with a machine that ssh leads to.
//! Knows ids and frames; what a method means is its caller's business.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::MutexGuard;
use std::sync::PoisonError;
use std::task::Context;
use std::task::Poll;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use serde_json::from_value;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::io::BufReader;
use tokio::process::Child;
use tokio::process::ChildStderr;
use tokio::process::ChildStdin;
use tokio::process::ChildStdout;
use tokio::sync::Mutex as AsyncMutex;
use tokio::sync::mpsc;
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::host::HostError;
use crate::host::frames::Frames;
use crate::host::ssh::Way;
use crate::host::words;
use crate::host::words::Why;

/// So much of what ssh says is kept, in bytes.
const LAST_WORDS: u64 = 64 << 10;
/// How long ssh may take to end after its output has.
const END_LIMIT: Duration = Duration::from_secs(5);

type Answer = Result<Value, HostError>;

/// A conversation with a Boardside on another machine. Clones are the same; it ends with the last of them.
#[derive(Clone)]
pub struct Client {
    shared: Arc<Shared>,
    out: mpsc::UnboundedSender<Vec<u8>>,
}

struct Shared {
    way: Way,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: i64,
    asked: BTreeMap<i64, oneshot::Sender<Answer>>,
    told: Option<mpsc::UnboundedSender<(String, Value)>>,
    /// It answered once.
    answered: bool,
    ended: Option<HostError>,
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Nobody waits any longer; the first reason counts.
    fn end(&self, error: HostError) {
        let mut state = self.state();
        let error = state.ended.get_or_insert(error).clone();
        for (_, asked) in std::mem::take(&mut state.asked) {
            asked.send(Err(error.clone())).unwrap_or_default();
        }
        state.told = None;
    }

    fn gone(&self, said: String) -> HostError {
        let host = self.way.name.clone();
        HostError::Gone { host, said }
    }

    fn take(&self, mut message: Value) {
        let mut state = self.state();
        if let Some(method) = message["method"].as_str() {
            if let Some(told) = &state.told {
                let told = told.send((method.to_owned(), message["params"].take()));
                told.unwrap_or_default();
            }
            return;
        }
        state.answered = true;
        let asked = message["id"].as_i64().and_then(|id| state.asked.remove(&id));
        let Some(asked) = asked else { return };
        let answer = if message["error"].is_null() {
            Ok(message["result"].take())
        } else {
            Err(self.refused(&message["error"]))
        };
        // Who does not wait any more does not miss it.
        asked.send(answer).unwrap_or_default();
    }

    fn refused(&self, error: &Value) -> HostError {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let why = Why {
            code: text(&error["data"]["code"]),
            message: text(&error["message"]),
            help: text(&error["data"]["help"]),
        };
        let host = self.way.name.clone();
        HostError::Refused { host, why }
    }
}

impl Client {
    /// Starts ssh, greets the Boardside there, and sends a first request without waiting for its answer in between:
    /// on a slow line each is a while.
    pub async fn open(way: Way, method: &str, params: &impl Serialize) -> Result<(Self, Asked), HostError> {
        let (mut command, program) = way.command();
        command.stdin(Stdio::piped());
        let mut child = command.spawn().map_err(|error| HostError::NoSsh {
            program,
            why: error.to_string(),
        })?;
        let (out, outgoing) = mpsc::unbounded_channel();
        let shared = Arc::new(Shared {
            way,
            state: Mutex::default(),
        });
        if let Some(stdin) = child.stdin.take() {
            tokio::spawn(send(stdin, outgoing));
        }
        let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
        let mut leash = Leash(Some(Arc::new(child.into())));
        if let (Some(stdout), Some(child)) = (stdout, &leash.0) {
            tokio::spawn(receive(child.clone(), stdout, stderr, shared.clone()));
        }
        let client = Self { shared, out };
        let greeting = client.greeting();
        let first = client.post(method, params);
        client.greeted(greeting).await?;
        leash.0 = None;
        Ok((client, first))
    }

    fn greeting(&self) -> Asked {
        let params = json!({
            "processId": null, "rootUri": null, "capabilities": {},
            "clientInfo": {"name": "boardside", "version": env!("CARGO_PKG_VERSION")},
            "initializationOptions": {"protocol": words::VERSION, "trusted": false},
        });
        self.post("initialize", &params)
    }

    async fn greeted(&self, greeting: Asked) -> Result<(), HostError> {
        let limit = self.shared.way.limit;
        let greeted = timeout(limit, greeting).await;
        let host = self.shared.way.name.clone();
        let greeted = greeted.map_err(|_| HostError::Timeout {
            host: host.clone(),
            seconds: limit.as_secs(),
        })?;
        let version = |theirs| HostError::Version {
            host: host.clone(),
            theirs,
            ours: words::VERSION,
        };
        match greeted {
            Ok(answer) => {
                let theirs = &answer["capabilities"]["experimental"]["boardside"]["protocol"];
                if *theirs == json!(words::VERSION) {
                    Ok(())
                } else {
                    Err(version(theirs.to_string()))
                }
            }
            Err(HostError::Refused { why, .. }) if why.code == "protocol.version" => {
                // Its words name its version; ours is not among what it speaks.
                let theirs = why.message.rsplit("version ").next().unwrap_or_default();
                Err(version(theirs.to_owned()))
            }
            Err(error) => Err(error),
        }
    }

    /// How the user calls the machine.
    pub fn name(&self) -> &str {
        &self.shared.way.name
    }

    /// From now on notifications go there; before they were left unread.
    pub fn listen(&self) -> mpsc::UnboundedReceiver<(String, Value)> {
        let (told, listener) = mpsc::unbounded_channel();
        let mut state = self.shared.state();
        if state.ended.is_none() {
            state.told = Some(told);
        }
        listener
    }

    /// From now on, and as long as somebody has this, it says now and then that it is there.
    pub(super) fn keep_alive(&self) {
        let out = self.out.downgrade();
        let alive = framed(&json!({"jsonrpc": "2.0", "method": words::ALIVE}));
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(words::BEAT).await;
                let Some(out) = out.upgrade() else { return };
                out.send(alive.clone()).unwrap_or_default();
            }
        });
    }

    /// Sends a request at once; requests arrive in the order of these calls. Dropping what comes back cancels it.
    pub fn post(&self, method: &str, params: &impl Serialize) -> Asked {
        let (answer, answered) = oneshot::channel();
        let mut state = self.shared.state();
        state.last += 1;
        let id = state.last;
        if let Some(error) = &state.ended {
            answer.send(Err(error.clone())).unwrap_or_default();
        } else {
            state.asked.insert(id, answer);
            self.send(&json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}));
        }
        drop(state);
        Asked {
            id,
            client: self.clone(),
            answered,
        }
    }

    /// `post`, and waits for the result, `limit` at most.
    pub async fn ask<T: DeserializeOwned>(
        &self,
        method: &str,
        params: &impl Serialize,
        limit: Duration,
    ) -> Result<T, HostError> {
        self.post(method, params).within(limit).await
    }

    fn send(&self, message: &Value) {
        // A writer that is gone has ended the conversation, and its reader says why.
        self.out.send(framed(message)).unwrap_or_default();
    }
}

fn framed(message: &Value) -> Vec<u8> {
    let body = message.to_string();
    format!("Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
}

/// A request that was sent.
pub struct Asked {
    id: i64,
    client: Client,
    answered: oneshot::Receiver<Answer>,
}

impl Asked {
    /// It is done all the same, and nobody wants to know how it went.
    pub fn forget(self) {
        self.client.shared.state().asked.remove(&self.id);
    }

    /// The result, `limit` from now at most.
    pub async fn within<T: DeserializeOwned>(self, limit: Duration) -> Result<T, HostError> {
        let client = self.client.clone();
        let answer = timeout(limit, self).await;
        let answer = answer.map_err(|_| HostError::Timeout {
            host: client.name().to_owned(),
            seconds: limit.as_secs(),
        })??;
        from_value(answer).map_err(|error| client.shared.gone(format!("its answer makes no sense: {error}")))
    }
}

impl Future for Asked {
    type Output = Answer;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Answer> {
        let answered = Pin::new(&mut self.answered).poll(cx);
        answered.map(|answer| answer.unwrap_or_else(|_| Err(self.client.shared.gone(String::new()))))
    }
}

impl Drop for Asked {
    fn drop(&mut self) {
        let waits = self.client.shared.state().asked.remove(&self.id).is_some();
        if waits {
            let params = json!({"id": self.id});
            let cancel = json!({"jsonrpc": "2.0", "method": "$/cancelRequest", "params": params});
            self.client.send(&cancel);
        }
    }
}

/// An ssh that has not got through ends with this: at a prompt, or with a machine that says nothing, it would stay.
/// Its child is locked only by who waits for its end.
struct Leash(Option<Arc<AsyncMutex<Child>>>);

impl Drop for Leash {
    fn drop(&mut self) {
        if let Some(child) = &self.0
            && let Ok(mut child) = child.try_lock()
        {
            child.start_kill().unwrap_or_default();
        }
    }
}

/// Ends with the last `Client`, and closes ssh's input with that.
async fn send(mut stdin: ChildStdin, mut outgoing: mpsc::UnboundedReceiver<Vec<u8>>) {
    while let Some(message) = outgoing.recv().await {
        if stdin.write_all(&message).await.is_err() || stdin.flush().await.is_err() {
            return;
        }
    }
}

async fn receive(
    child: Arc<AsyncMutex<Child>>,
    stdout: ChildStdout,
    stderr: Option<ChildStderr>,
    shared: Arc<Shared>,
) {
    let mut said = String::new();
    let listening = tokio::spawn(async move {
        let mut said = Vec::new();
        if let Some(stderr) = stderr {
            let mut some = stderr.take(LAST_WORDS);
            some.read_to_end(&mut said).await.unwrap_or_default();
            // ssh must not wait for somebody to read the rest.
            let mut rest = some.into_inner();
            tokio::io::copy(&mut rest, &mut tokio::io::sink())
                .await
                .unwrap_or_default();
        }
        String::from_utf8_lossy(&said).into_owned()
    });
    let (mut odd, mut printed) = (None, String::new());
    let mut frames = Frames::new(BufReader::with_capacity(64 << 10, stdout));
    loop {
        match frames.next().await {
            Ok(Some(message)) => shared.take(message),
            Ok(None) => {
                printed = frames.before();
                break;
            }
            Err(text) => {
                odd = Some(text);
                break;
            }
        }
    }
    let mut child = child.lock().await;
    if odd.is_some() {
        child.start_kill().unwrap_or_default();
    }
    let status = timeout(END_LIMIT, child.wait()).await;
    if let Ok(Ok(words)) = timeout(END_LIMIT, listening).await {
        said = words;
    }
    let code = status.ok().and_then(Result::ok).and_then(|status| status.code());
    let host = shared.way.name.clone();
    let answered = shared.state().answered;
    shared.end(match odd {
        Some(said) => HostError::NoBoardside { host, said },
        None if answered => shared.gone(said.lines().last().unwrap_or_default().trim().to_owned()),
        // A shell that lets nobody in says so where Boardside was to speak.
        None => shared
            .way
            .why(code, if said.trim().is_empty() { &printed } else { &said }),
    });
}
