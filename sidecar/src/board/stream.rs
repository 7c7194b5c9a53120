//! The stream tier: one compressed, reliable stream of orders to `device/agent.py`.
//! Frames and acknowledgements are `link`'s, what comes back is `incoming`'s business.

mod flow;

use std::collections::VecDeque;
use std::time::Duration;

use flate2::Compress;
use flate2::FlushCompress;
use tokio::time::Instant;

use crate::board::BoardError;
use crate::board::QUIET;
use crate::board::incoming::Event;
use crate::board::incoming::Incoming;
use crate::board::link::Link;
use crate::board::link::first_question;
use crate::board::squeeze::Squeeze;
use crate::board::stream::flow::deflate;
use crate::repl::Filled;
use crate::repl::Repl;
use crate::repl::ReplError;
use crate::repl::Silence;
use crate::repl::Traceback;

/// It says what the board is before it looks at any file; unpacking and compiling it takes a slow board 2 s. A board that
/// has lost its power meanwhile says nothing.
const FIRST_WORD: Duration = Duration::from_secs(8);
/// Taking its names away takes the agent a few milliseconds.
const END_LIMIT: Duration = Duration::from_secs(3);
/// 32 renames on slow flash: after so many there is a sign of life.
const COMMIT_LIMIT: Duration = Duration::from_secs(10);

/// The stream to the agent that runs on the board.
pub(super) struct Stream {
    link: Link,
    deflate: Option<Compress>,
    /// Bits.
    window: u8,
    /// What is written goes through it, for the length of a transaction.
    squeeze: Option<Squeeze>,
    /// At so much content that begins.
    head: Option<u64>,
    /// Bytes per second that went to the board and came back while it was greeted.
    pace: u64,
    incoming: Incoming,
    /// So many are still to be answered; the answers do not count for frames.
    questions: usize,
    /// Lines that came before anybody waited for them.
    said: VecDeque<String>,
    /// (bytes of the stream, bytes of content) at the end of each piece, for progress.
    marks: VecDeque<(u64, u64)>,
    queued: u64,
    content: u64,
    done: u64,
}

impl Stream {
    /// Runs the program that is to become the agent, and hears what it says at its beginning.
    ///
    /// `piece` is what it was told: after so many bytes it says that it has read them. `None` if the program ended
    /// without a word: there was no agent. What it raised is `ReplError::Raised`.
    pub(super) async fn start(
        repl: &mut Repl,
        program: &[u8],
        piece: usize,
    ) -> Result<Option<(Self, Vec<String>)>, BoardError> {
        let began = Instant::now();
        repl.start(program).await?;
        let mut incoming = Incoming::default();
        let mut hello = Vec::new();
        let mut silence = Silence::new("start of the agent", FIRST_WORD);
        let mut asked = 0;
        let (window, longest) = loop {
            let question = first_question();
            let Some(event) = event_or_ask(&mut incoming, repl, &mut silence, &question).await? else {
                asked += 1;
                continue;
            };
            match event {
                // It waits for orders, and the line lost what it said.
                Event::Ack(_) if asked > 0 => return Err(BoardError::Repl(ReplError::Damaged)),
                Event::Line(line) if line.is_empty() => {}
                Event::Room | Event::Ack(_) => {}
                Event::Ended(error) if error.is_empty() => return Ok(None),
                Event::Ended(error) => {
                    return Err(BoardError::Repl(ReplError::Raised(Traceback::new(&error))));
                }
                Event::Line(line) if line.starts_with("x ") => return Err(refused(&line)),
                Event::Line(line) => {
                    if let Some(words) = line.strip_prefix("w ") {
                        break sizes(words).ok_or(BoardError::Answer { line })?;
                    }
                    if hello.is_empty() {
                        silence = Silence::new("end of the comparison", QUIET);
                    }
                    hello.push(line);
                }
            }
        };
        let bytes = program.len() + hello.iter().map(String::len).sum::<usize>();
        let passed = began.elapsed().as_millis().max(1);
        let stream = Self {
            link: Link::new(repl.receive_buffer(), piece, longest),
            deflate: deflate(window),
            window,
            squeeze: None,
            head: None,
            pace: u64::try_from(bytes as u128 * 1000 / passed).unwrap_or(u64::MAX),
            incoming,
            questions: asked,
            said: VecDeque::new(),
            marks: VecDeque::new(),
            queued: 0,
            content: 0,
            done: 0,
        };
        Ok(Some((stream, hello)))
    }

    /// Runs a program beside the agent and hands over each line that it says.
    pub(super) async fn run(
        &mut self,
        repl: &mut Repl,
        program: &str,
        heard: &mut (dyn FnMut(String) + Send),
    ) -> Result<(), BoardError> {
        self.begin(repl, program).await?;
        loop {
            let line = self.line(repl, "end of the program", QUIET).await?;
            if line == "." {
                return Ok(());
            }
            if line.starts_with("! ") {
                return Err(refused(&line));
            }
            heard(line);
        }
    }

    /// Starts a program beside the agent; what it says are `next_event`s, the last one `.` or `! …`.
    pub(super) async fn begin(&mut self, repl: &mut Repl, program: &str) -> Result<(), BoardError> {
        self.text(repl, b"X", program.as_bytes()).await?;
        self.compress(b"", FlushCompress::Sync);
        self.pump(repl, true).await
    }

    /// The next thing that comes, within the limit.
    pub(super) async fn next_event(
        &mut self,
        repl: &mut Repl,
        deadline: Instant,
        waiting_for: &'static str,
    ) -> Result<Event, BoardError> {
        match self.said.pop_front() {
            Some(line) => Ok(Event::Line(line)),
            None => self.event(repl, deadline, waiting_for).await,
        }
    }

    /// What came so far was noise.
    pub(super) fn forget_noise(&mut self) {
        self.incoming = Incoming::default();
        self.said.clear();
    }

    /// An order with a text.
    pub(super) async fn text(
        &mut self,
        repl: &mut Repl,
        order: &[u8],
        text: &[u8],
    ) -> Result<(), BoardError> {
        let size = u32::try_from(text.len()).map_err(|_| BoardError::NoMemory)?;
        let order = [order, &size.to_le_bytes(), text].concat();
        self.write(repl, &order, 0).await
    }

    /// Content bytes that the agent has taken.
    pub(super) fn done(&self) -> u64 {
        self.done
    }

    /// Frames that had to be sent again.
    pub(super) fn resent(&self) -> u64 {
        self.link.resent()
    }

    /// Adds to the stream and sends what fits. `content` says how many of the bytes count for progress.
    pub(super) async fn write(
        &mut self,
        repl: &mut Repl,
        bytes: &[u8],
        content: usize,
    ) -> Result<(), BoardError> {
        self.content += content as u64;
        if let Some(squeeze) = &mut self.squeeze {
            squeeze.push(bytes, self.content);
        } else {
            self.compress(bytes, FlushCompress::None);
            self.marks.push_back((self.queued, self.content));
            self.end_head();
        }
        self.pump(repl, false).await
    }

    /// Sends everything and waits until the agent has taken it.
    pub(super) async fn settle(&mut self, repl: &mut Repl) -> Result<(), BoardError> {
        self.head = None;
        if let Some(squeeze) = &mut self.squeeze {
            squeeze.close();
        } else {
            self.compress(b"", FlushCompress::Sync);
        }
        self.pump(repl, true).await?;
        self.done = self.content;
        Ok(())
    }

    /// Waits for the agent's word that it has committed.
    pub(super) async fn committed(&mut self, repl: &mut Repl) -> Result<(), BoardError> {
        let line = self.line(repl, "end of the commit", COMMIT_LIMIT).await?;
        if line == "g" {
            Ok(())
        } else {
            Err(BoardError::Answer { line })
        }
    }

    /// Ends the agent; the board is at the raw prompt afterwards.
    pub(super) async fn finish(mut self, repl: &mut Repl) -> Result<(), BoardError> {
        self.compress(b"E", FlushCompress::Sync);
        self.pump(repl, true).await?;
        loop {
            match self
                .event(repl, Instant::now() + END_LIMIT, "end of the agent")
                .await?
            {
                Event::Ended(error) if error.is_empty() => return Ok(()),
                Event::Ended(error) => return Err(ended(&error)),
                _ => {}
            }
        }
    }

    /// The next line. `None`: it was lost on the way, among what threads of the user's program print for example.
    async fn line(
        &mut self,
        repl: &mut Repl,
        waiting_for: &'static str,
        limit: Duration,
    ) -> Result<String, BoardError> {
        let mut silence = Silence::new(waiting_for, limit);
        let question = self.link.question();
        let before = self.questions;
        loop {
            let event = if let Some(line) = self.said.pop_front() {
                Event::Line(line)
            } else {
                let event = event_or_ask(&mut self.incoming, repl, &mut silence, &question);
                let Some(event) = event.await? else {
                    self.questions += 1;
                    continue;
                };
                event
            };
            match event {
                Event::Ack(_) if self.questions > before => {
                    // It reads on: it has done what it was told, and the line lost what it said of that.
                    return Err(BoardError::Repl(ReplError::Damaged));
                }
                Event::Ack(_) => self.questions = self.questions.saturating_sub(1),
                Event::Room => {}
                Event::Line(line) if line.is_empty() => {}
                Event::Line(line) if line.starts_with("x ") => return Err(refused(&line)),
                Event::Line(line) => return Ok(line),
                Event::Ended(error) => return Err(ended(&error)),
            }
        }
    }

    async fn event(
        &mut self,
        repl: &mut Repl,
        deadline: Instant,
        waiting_for: &'static str,
    ) -> Result<Event, BoardError> {
        next_event(&mut self.incoming, repl, deadline, waiting_for).await
    }
}

/// The next thing that comes, within the limit.
pub(super) async fn next_event(
    incoming: &mut Incoming,
    repl: &mut Repl,
    deadline: Instant,
    waiting_for: &'static str,
) -> Result<Event, BoardError> {
    loop {
        if let Some(event) = incoming.next_event() {
            return Ok(event);
        }
        let bytes = repl.take_input();
        if bytes.is_empty() {
            repl.fill(deadline, waiting_for, deadline - Instant::now())
                .await?;
        } else {
            incoming.push(&bytes);
        }
    }
}

/// The next thing that comes. `None`: nothing came for a while, and the agent was asked.
async fn event_or_ask(
    incoming: &mut Incoming,
    repl: &mut Repl,
    silence: &mut Silence,
    question: &[u8],
) -> Result<Option<Event>, BoardError> {
    loop {
        if let Some(event) = incoming.next_event() {
            silence.heard();
            return Ok(Some(event));
        }
        if incoming.is_at_prompt() {
            return Err(BoardError::Repl(ReplError::Damaged));
        }
        let bytes = repl.take_input();
        if !bytes.is_empty() {
            incoming.push(&bytes);
        } else if repl.fill_or_ask(silence, question).await? == Filled::Asked {
            return Ok(None);
        }
    }
}

/// Window of deflate in bits, and the longest frame that the agent takes.
fn sizes(words: &str) -> Option<(u8, usize)> {
    let (window, longest) = words.split_once(' ')?;
    let longest = longest.parse().ok().filter(|longest| *longest >= 64)?;
    Some((window.parse::<u8>().ok()?.min(15), longest))
}

/// `x <errno or exception> <text>`: the agent gave up and has cleared away what it had staged.
/// `! …`: the same of a program that ran beside it, which goes on.
fn refused(line: &str) -> BoardError {
    let mut words = line.splitn(3, ' ').skip(1);
    let (kind, text) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    match (kind.parse(), kind) {
        (Ok(errno), _) => BoardError::from_errno(errno, "/.boardside"),
        (_, "MemoryError") => BoardError::NoMemory,
        (_, "UnicodeError") => BoardError::NO_TEXT,
        (_, "ValueError") => BoardError::from_text(text).unwrap_or_else(|| BoardError::Answer {
            line: line.to_owned(),
        }),
        // A damaged stream: what a garbled line looks like after the CRC let it through.
        (_, "EOFError") => BoardError::Repl(ReplError::Damaged),
        _ => BoardError::Answer {
            line: line.to_owned(),
        },
    }
}

fn ended(error: &[u8]) -> BoardError {
    let raised = Traceback::new(error);
    if raised.kind() == "KeyboardInterrupt" {
        // Nobody but noise on the line interrupts the agent while we wait for it.
        return BoardError::Repl(ReplError::Damaged);
    }
    BoardError::at(ReplError::Raised(raised), "/.boardside")
}
