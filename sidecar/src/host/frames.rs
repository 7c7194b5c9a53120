//! `Frames`: messages of JSON-RPC out of what a program on another machine prints.
//! What comes before the first of them is not its own: shells print greetings where nobody reads them.

use serde_json::Value;
use tokio::io::AsyncBufRead;
use tokio::io::AsyncBufReadExt as _;
use tokio::io::AsyncReadExt as _;

/// A longer message is not read, in bytes.
const LARGEST: usize = 64 << 20;
/// A longer line of a header is none, in bytes.
const LONGEST_LINE: u64 = 256;
/// More than so much is not printed before the first message, in bytes.
const LONGEST_GREETING: usize = 64 << 10;

const LENGTH: &str = "content-length";

/// Reads one message after the other.
pub(super) struct Frames<R> {
    input: R,
    /// What came before the first message.
    before: Vec<u8>,
    began: bool,
}

impl<R: AsyncBufRead + Unpin> Frames<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            before: Vec::new(),
            began: false,
        }
    }

    /// What was printed before the first message, or instead of it.
    pub(super) fn before(&self) -> String {
        String::from_utf8_lossy(&self.before).into_owned()
    }

    /// The next message; `None` at the end; an error is what came instead of one.
    pub(super) async fn next(&mut self) -> Result<Option<Value>, String> {
        let mut length = None;
        loop {
            let mut line = Vec::new();
            let mut some = (&mut self.input).take(LONGEST_LINE);
            if some.read_until(b'\n', &mut line).await.is_err() || line.is_empty() {
                return Ok(None);
            }
            if !self.began && !self.begins(&mut line)? {
                continue;
            }
            let text = String::from_utf8_lossy(&line).trim().to_owned();
            match text.split_once(':') {
                _ if text.is_empty() && length.is_some() => break,
                Some((name, value)) if name.eq_ignore_ascii_case(LENGTH) => {
                    length = value.trim().parse().ok().filter(|length| *length <= LARGEST);
                    if length.is_none() {
                        return Err(text);
                    }
                }
                Some((name, _)) if name.eq_ignore_ascii_case("content-type") => {}
                _ => return Err(format!("it says {text:?}")),
            }
        }
        let mut body = vec![0; length.unwrap_or_default()];
        if self.input.read_exact(&mut body).await.is_err() {
            return Ok(None);
        }
        serde_json::from_slice(&body)
            .map(Some)
            .map_err(|error| error.to_string())
    }

    /// Is this the first line of the first message, perhaps behind a greeting without a line end? Leaves only that.
    fn begins(&mut self, line: &mut Vec<u8>) -> Result<bool, String> {
        let lower = line.to_ascii_lowercase();
        let at = lower
            .windows(LENGTH.len())
            .rposition(|some| some == LENGTH.as_bytes());
        let greeting = match at {
            Some(at) => {
                self.began = true;
                line.drain(..at).collect()
            }
            None => std::mem::take(line),
        };
        self.before.extend(greeting);
        if self.before.len() > LONGEST_GREETING {
            let text = self.before();
            return Err(format!("it says {:?}", text.lines().next().unwrap_or_default()));
        }
        Ok(self.began)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn read(text: &str) -> (Vec<Result<Value, String>>, String) {
        let mut frames = Frames::new(text.as_bytes());
        let mut all = Vec::new();
        loop {
            match frames.next().await {
                Ok(None) => return (all, frames.before()),
                Ok(Some(message)) => all.push(Ok(message)),
                Err(why) => {
                    all.push(Err(why));
                    return (all, frames.before());
                }
            }
        }
    }

    #[tokio::test]
    async fn what_a_shell_prints_before_the_first_message_is_no_part_of_it() {
        let two = "Content-Length: 1\r\n\r\n7content-length: 2\r\nContent-Type: x\r\n\r\n42";
        let long = "la ".repeat(1_000);
        for before in [
            "",
            "hello\n",
            "Last login: Monday\n\n  ** frank **\n",
            "no line end ",
            &long,
        ] {
            let (read, greeting) = read(&format!("{before}{two}")).await;
            assert_eq!(read, [Ok(7.into()), Ok(42.into())], "{before:?}");
            assert_eq!(greeting, before);
        }
    }

    #[tokio::test]
    async fn what_is_no_message_is_told() {
        let (messages, greeting) = read("This account is not available.\n").await;
        assert_eq!(messages, []);
        assert_eq!(greeting, "This account is not available.\n");
        let endless = "y\n".repeat(LONGEST_GREETING);
        for (text, why) in [
            (&*endless, "it says \"y\""),
            ("Content-Length: 1\r\n\r\n7oops\n", "it says \"oops\""),
            ("Content-Length: -1\r\n\r\n", "Content-Length: -1"),
            ("Content-Length: 1\r\n\r\nx", "expected value at line 1 column 1"),
        ] {
            let last = read(text).await.0.pop().unwrap();
            assert_eq!(last, Err(why.to_owned()), "{text:.40}");
        }
    }
}
