//! Questions of ssh (passwords, passphrases, host keys) on their way to somebody who can answer: ssh starts this program
//! as its `SSH_ASKPASS` (ssh(1)), and that asks the Boardside that started ssh. Answers are kept nowhere.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::hash::BuildHasher as _;
use std::hash::RandomState;
use std::io;
use std::io::BufRead as _;
use std::io::Read as _;
use std::io::Write as _;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
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

/// Which of the programs that were started here asks. Who says no to a question of one is not asked again by it: ssh
/// takes that for a wrong answer, and would try three times.
static CALLS: AtomicU64 = AtomicU64::new(0);

/// What this ssh has to find in its environment, made of what all have to find.
pub(super) fn numbered(mut env: Vec<(String, OsString)>) -> Vec<(String, OsString)> {
    let call = CALLS.fetch_add(1, Relaxed);
    for (_, place) in env.iter_mut().filter(|(name, _)| name == ASKPASS) {
        place.push(format!(" {call}"));
    }
    env
}

/// Listens for questions of ssh's helper on this machine. Answers what ssh has to find in its environment.
pub async fn listen(ask: Arc<Ask>) -> io::Result<Vec<(String, OsString)>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let port = listener.local_addr()?.port();
    // Seeded by the system. Others on this machine can knock at the port, and must not know.
    let word = |n: u64| RandomState::new().hash_one(n);
    let password = format!("{:016x}{:016x}", word(1), word(2));
    let program = std::env::current_exe()?;
    let place = format!("{port} {password}");
    let declined = Arc::default();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(answer(
                socket,
                password.clone(),
                ask.clone(),
                Arc::clone(&declined),
            ));
        }
    });
    Ok(vec![
        ("SSH_ASKPASS".to_owned(), program.into()),
        ("SSH_ASKPASS_REQUIRE".to_owned(), "force".into()),
        (ASKPASS.to_owned(), place.into()),
    ])
}

async fn answer(
    mut socket: TcpStream,
    password: String,
    ask: Arc<Ask>,
    declined: Arc<Mutex<BTreeSet<u64>>>,
) -> Option<()> {
    let (reader, mut writer) = socket.split();
    let mut line = String::new();
    let mut reader = BufReader::new(reader.take(LONGEST));
    timeout(LIMIT, reader.read_line(&mut line)).await.ok()?.ok()?;
    let asked: Value = serde_json::from_str(&line).ok()?;
    if asked["password"].as_str() != Some(&password) {
        return None;
    }
    let prompt = asked["prompt"].as_str()?.to_owned();
    let call = asked["call"].as_u64().unwrap_or(u64::MAX);
    let declined = || declined.lock().unwrap_or_else(PoisonError::into_inner);
    let is_declined = declined().contains(&call);
    let said = if is_declined {
        None
    } else {
        timeout(PEOPLE, ask(prompt)).await.ok()?.ok()?
    };
    if said.is_none() {
        declined().insert(call);
    }
    let said = format!("{}\n", json!({"answer": said}));
    timeout(LIMIT, writer.write_all(said.as_bytes())).await.ok()?.ok()
}

/// As ssh's helper: the answer to this question. `place` is what the environment variable says.
pub fn ask(place: &str, prompt: &str) -> Option<String> {
    let mut words = place.split(' ');
    let (port, password) = (words.next()?, words.next()?);
    let call: Option<u64> = words.next().and_then(|call| call.parse().ok());
    let port: u16 = port.parse().ok()?;
    let mut socket = std::net::TcpStream::connect((Ipv4Addr::LOCALHOST, port)).ok()?;
    socket.set_read_timeout(Some(PEOPLE + LIMIT)).ok()?;
    let question = format!(
        "{}\n",
        json!({"password": password, "prompt": prompt, "call": call})
    );
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
        let place = |env: Vec<(String, OsString)>| env[2].1.to_str().unwrap().to_owned();
        let (one, other) = (place(numbered(env.clone())), place(numbered(env)));
        let port = one.split(' ').next().unwrap().to_owned();
        for (place, prompt, said) in [
            (one.clone(), "really?", Some("really? yes".to_owned())),
            (one.clone(), "no?", None),
            // Nobody says no three times.
            (one, "really?", None),
            (other, "really?", Some("really? yes".to_owned())),
            (format!("{port} 0123 9"), "really?", None),
            ("nonsense".to_owned(), "really?", None),
        ] {
            let asked = tokio::task::spawn_blocking(move || ask(&place, prompt));
            assert_eq!(asked.await.unwrap(), said);
        }
    }
}
