//! Questions of ssh (passwords, passphrases, host keys) on their way to somebody who can answer: ssh starts this program
//! as its `SSH_ASKPASS` (ssh(1)), and that asks the Boardside that started ssh. Answers are kept nowhere.

use std::ffi::OsString;
use std::hash::BuildHasher as _;
use std::hash::RandomState;
use std::io;
use std::io::BufRead as _;
use std::io::Read as _;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncBufReadExt as _;
use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::io::BufReader;
use tokio::net::TcpListener;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::time::timeout;

/// The environment variable that makes this program ask: port and password of the one who answers.
pub const ASKPASS: &str = "BOARDSIDE_ASKPASS";

/// A longer question or answer is none, in bytes.
const LONGEST: u64 = 8 << 10;
/// Programs take no longer to say what they want.
const LIMIT: Duration = Duration::from_secs(10);
/// People do.
const PEOPLE: Duration = Duration::from_mins(10);

/// Answers a question, or does not.
pub type Ask = dyn Fn(String) -> oneshot::Receiver<Option<String>> + Send + Sync;

/// Listens for questions of ssh's helper on this machine. Answers what ssh has to find in its environment.
pub async fn listen(ask: Arc<Ask>) -> io::Result<Vec<(String, OsString)>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let port = listener.local_addr()?.port();
    // Seeded by the system. Others on this machine can knock at the port, and must not know.
    let word = |n: u64| RandomState::new().hash_one(n);
    let password = format!("{:016x}{:016x}", word(1), word(2));
    let program = std::env::current_exe()?;
    let place = format!("{port} {password}");
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(answer(socket, password.clone(), ask.clone()));
        }
    });
    Ok(vec![
        ("SSH_ASKPASS".to_owned(), program.into()),
        ("SSH_ASKPASS_REQUIRE".to_owned(), "force".into()),
        (ASKPASS.to_owned(), place.into()),
    ])
}

async fn answer(mut socket: TcpStream, password: String, ask: Arc<Ask>) -> Option<()> {
    let (reader, mut writer) = socket.split();
    let mut line = String::new();
    let mut reader = BufReader::new(reader.take(LONGEST));
    timeout(LIMIT, reader.read_line(&mut line)).await.ok()?.ok()?;
    let asked: Value = serde_json::from_str(&line).ok()?;
    if asked["password"].as_str() != Some(&password) {
        return None;
    }
    let prompt = asked["prompt"].as_str()?.to_owned();
    let said = timeout(PEOPLE, ask(prompt)).await.ok()?.ok()?;
    let said = format!("{}\n", json!({"answer": said}));
    timeout(LIMIT, writer.write_all(said.as_bytes())).await.ok()?.ok()
}

/// As ssh's helper: the answer to this question. `place` is what the environment variable says.
pub fn ask(place: &str, prompt: &str) -> Option<String> {
    let (port, password) = place.split_once(' ')?;
    let port: u16 = port.parse().ok()?;
    let mut socket = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    socket.set_read_timeout(Some(PEOPLE + LIMIT)).ok()?;
    let question = format!("{}\n", json!({"password": password, "prompt": prompt}));
    socket.write_all(question.as_bytes()).ok()?;
    let mut line = String::new();
    std::io::BufReader::new(socket.take(LONGEST))
        .read_line(&mut line)
        .ok()?;
    let said: Value = serde_json::from_str(&line).ok()?;
    said["answer"].as_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn only_who_knows_the_password_is_answered() {
        let ask_people: Arc<Ask> = Arc::new(|prompt| {
            let (answer, answered) = oneshot::channel();
            let said = (prompt != "no?").then(|| format!("{prompt} yes"));
            answer.send(said).unwrap();
            answered
        });
        let env = listen(ask_people).await.unwrap();
        let place = env[2].1.to_str().unwrap().to_owned();
        let port = place.split(' ').next().unwrap().to_owned();
        for (place, prompt, said) in [
            (place.clone(), "really?", Some("really? yes".to_owned())),
            (place, "no?", None),
            (format!("{port} 0123"), "really?", None),
            ("nonsense".to_owned(), "really?", None),
        ] {
            let asked = tokio::task::spawn_blocking(move || ask(&place, prompt));
            assert_eq!(asked.await.unwrap(), said);
        }
    }
}
