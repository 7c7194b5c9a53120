//! One request and its answer: who asks, for what, and whether there is such a thing.
//! Devices understand whole files with status 200 and Content-Length, so that is what they get.

use std::io;
use std::io::SeekFrom;
use std::path::Path;
use std::path::PathBuf;

use hyper::Method;
use hyper::Request;
use hyper::Response;
use hyper::StatusCode;
use hyper::header;
use tokio::fs;
use tokio::fs::File;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncSeekExt as _;

use crate::ota::Device;
use crate::ota::Keys;
use crate::ota::serve::Serving;
use crate::ota::serve::agent::said;
use crate::ota::serve::body::Content;
use crate::ota::serve::body::Report;
use crate::ota::serve::question::Question;
use crate::ota::serve::range::Range;

/// A file that says a version, in bytes.
const LONGEST_VERSION: u64 = 200;
/// For the log: a path as long as a board's file system knows none.
const LONGEST_PATH: usize = 300;

type Answer = Response<Content>;

pub(super) async fn answer<B>(request: &Request<B>, serving: &Serving, mut report: Report) -> Answer {
    let path = request.uri().path();
    report.served.path = path.chars().take(LONGEST_PATH).collect();
    let mut user = None;
    if let Some(logins) = &serving.logins {
        let header = request.headers().get(header::AUTHORIZATION);
        user = logins.who(header.map(header::HeaderValue::as_bytes));
        if user.is_none() {
            report.served.result = "denied";
            let mut answer = short(StatusCode::UNAUTHORIZED, report);
            let value = header::HeaderValue::from_static("Basic realm=\"ota\"");
            answer.headers_mut().insert(header::WWW_AUTHENTICATE, value);
            return answer;
        }
    }
    let is_head = request.method() == Method::HEAD;
    if !is_head && request.method() != Method::GET {
        let mut answer = short(StatusCode::METHOD_NOT_ALLOWED, report);
        let value = header::HeaderValue::from_static("GET, HEAD");
        answer.headers_mut().insert(header::ALLOW, value);
        return answer;
    }
    let Some(question) = Question::parse(path) else {
        return absent(report);
    };
    let device = question
        .device
        .clone()
        .or_else(|| user.and_then(|user| user.parse().ok()));
    let agent = request.headers().get(header::USER_AGENT);
    let (agent, running) = said(agent.and_then(|value| value.to_str().ok()));
    report.served.running = running.map(|tag| tag.to_string());
    let asks = device.as_ref().or(agent.as_ref()).map(Device::to_string);
    report.served.device = asks.or(user.map(str::to_owned));
    report.served.project = question.project.as_ref().map(|keys| keys.project().to_string());
    report.served.version.clone_from(&question.version);
    if question.is_version
        && let Some(keys) = &question.project
    {
        return version(&serving.root, keys, device.as_ref(), is_head, report).await;
    }
    file(&serving.root, &question, request, is_head, report).await
}

/// A text of one line about what went wrong; nothing of this machine is in it.
fn short(status: StatusCode, mut report: Report) -> Answer {
    let text = status.canonical_reason().unwrap_or("no").to_lowercase() + "\n";
    report.served.status = status.as_u16();
    let length = text.len() as u64;
    let content = Content::bytes(text.into_bytes(), report);
    headed(status, length, "no-store", "text/plain", content)
}

fn absent(mut report: Report) -> Answer {
    report.served.result = "absent";
    short(StatusCode::NOT_FOUND, report)
}

fn headed(
    status: StatusCode,
    length: u64,
    cache: &'static str,
    kind: &'static str,
    content: Content,
) -> Answer {
    let answer = Response::builder()
        .status(status)
        .header(header::CONTENT_LENGTH, length)
        .header(header::CONTENT_TYPE, kind)
        .header(header::CACHE_CONTROL, cache);
    answer.body(content).expect("names and values are plain")
}

/// The version of a device: its own, or everybody's.
async fn version(
    root: &Path,
    keys: &Keys,
    device: Option<&Device>,
    is_head: bool,
    mut report: Report,
) -> Answer {
    let pin = device.map(|device| keys.pin(device));
    for key in pin.into_iter().chain([keys.version()]) {
        let parts: Vec<String> = key.split('/').map(str::to_owned).collect();
        let Ok(Some((file, _))) = open(root, &parts).await else {
            continue;
        };
        let mut bytes = Vec::new();
        if file.take(LONGEST_VERSION).read_to_end(&mut bytes).await.is_err() {
            continue;
        }
        report.served.version = Some(String::from_utf8_lossy(&bytes).trim().to_owned());
        report.served.result = "told";
        report.served.status = StatusCode::OK.as_u16();
        let length = bytes.len() as u64;
        let bytes = if is_head { Vec::new() } else { bytes };
        let content = Content::bytes(bytes, report);
        return headed(StatusCode::OK, length, "no-store", "text/plain", content);
    }
    absent(report)
}

async fn file<B>(
    root: &Path,
    question: &Question,
    request: &Request<B>,
    is_head: bool,
    mut report: Report,
) -> Answer {
    let Ok(Some((mut file, size))) = open(root, &question.path).await else {
        return absent(report);
    };
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok());
    // There is no etag to compare with: whoever asks for a part only if it is the same gets the whole.
    let range = header(header::RANGE).filter(|_| header(header::IF_RANGE).is_none());
    let range = Range::of(range, size);
    let (status, first, length) = match range {
        Range::Whole => (StatusCode::OK, 0, size),
        Range::Part(first, last) => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        Range::Impossible => {
            let mut answer = short(StatusCode::RANGE_NOT_SATISFIABLE, report);
            answer
                .headers_mut()
                .insert(header::CONTENT_RANGE, range_value(&format!("bytes */{size}")));
            return answer;
        }
    };
    if first > 0 && file.seek(SeekFrom::Start(first)).await.is_err() {
        return absent(report);
    }
    report.served.result = "sent";
    report.served.status = status.as_u16();
    let json = question
        .path
        .last()
        .is_some_and(|name| name.rsplit('.').next() == Some("json"));
    let kind = if json { "application/json" } else { "text/plain" };
    let content = Content::file(file, if is_head { 0 } else { length }, report);
    let mut answer = headed(
        status,
        length,
        "public, max-age=31536000, immutable",
        kind,
        content,
    );
    let headers = answer.headers_mut();
    headers.insert(header::ACCEPT_RANGES, header::HeaderValue::from_static("bytes"));
    if let Range::Part(first, last) = range {
        headers.insert(
            header::CONTENT_RANGE,
            range_value(&format!("bytes {first}-{last}/{size}")),
        );
    }
    answer
}

fn range_value(text: &str) -> header::HeaderValue {
    header::HeaderValue::from_str(text).expect("digits are plain")
}

/// Opens a file of the folder, and of nowhere else: a link that leads out of it is as if it were not there.
async fn open(root: &Path, parts: &[String]) -> io::Result<Option<(File, u64)>> {
    let root = fs::canonicalize(root).await?;
    let path: PathBuf = parts.iter().fold(root.clone(), |path, part| path.join(part));
    let path = fs::canonicalize(path).await?;
    if !path.starts_with(&root) {
        return Ok(None);
    }
    // Before it is opened: opening a pipe waits for its writer.
    if !fs::metadata(&path).await?.is_file() {
        return Ok(None);
    }
    let file = File::open(&path).await?;
    let size = file.metadata().await?.len();
    Ok(Some((file, size)))
}
