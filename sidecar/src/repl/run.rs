//! Running a user's program: its output as it comes, whatever bytes it prints, until it ends.
//! Programs of our own use `exec` and `ask`.

use std::time::Duration;

use tokio::time::Instant;

use crate::repl::Repl;
use crate::repl::ReplError;
use crate::repl::Traceback;
use crate::repl::Typing;
use crate::repl::conversation::RAW_BANNER;
use crate::repl::reply::Part;
use crate::repl::reply::Reply;

/// How long nothing may follow what looks like the end, before the board is asked.
const SETTLE: Duration = Duration::from_millis(60);
/// A board at its raw prompt answers Ctrl-A within this.
const CONFIRM: Duration = Duration::from_millis(1500);
/// There is no limit on how long a program may be quiet; this only paces the loop.
const LONG: Duration = Duration::from_hours(1);

impl Repl {
    /// Runs `code` to its end, giving its output to `sink` as it comes.
    ///
    /// What looks like the end may be printed by the program; so the board is asked for its prompt,
    /// and only its immediate answer is believed. `keys` go to the program. Drop the future to stop waiting; the program then
    /// goes on until the next `enter` interrupts it.
    pub async fn run(
        &mut self,
        code: &str,
        mut keys: Option<&mut Typing>,
        sink: &mut (dyn FnMut(&[u8]) + Send),
    ) -> Result<(), ReplError> {
        self.start(code.as_bytes()).await?;
        let mut reply = Reply::default();
        loop {
            reply.push(&std::mem::take(&mut self.input));
            match reply.part() {
                Part::Out(bytes) => sink(&bytes),
                Part::More => match &mut keys {
                    Some(keys) => self.fill_typing(keys).await?,
                    None => self
                        .fill(Instant::now() + LONG, "output of the program", LONG)
                        .await
                        .or_else(patient)?,
                },
                Part::End(error) => {
                    if self.at_prompt().await? {
                        return if error.is_empty() {
                            Ok(())
                        } else {
                            Err(ReplError::Raised(Traceback::new(&error)))
                        };
                    }
                }
            }
        }
    }

    /// What the board says unasked at its friendly side, as it comes. Nothing is lost if the wait is dropped.
    pub async fn overhear(&mut self) -> Result<Vec<u8>, ReplError> {
        while self.input.is_empty() {
            self.fill(Instant::now() + LONG, "output of the program", LONG)
                .await
                .or_else(patient)?;
        }
        Ok(self.take_input())
    }

    /// `overhear` while keys are sent; empty if only that was done.
    pub async fn converse(&mut self, keys: &mut Typing) -> Result<Vec<u8>, ReplError> {
        if self.input.is_empty() {
            self.fill_typing(keys).await?;
        }
        Ok(self.take_input())
    }

    /// Is the board at its raw prompt, with nothing left to say?
    async fn at_prompt(&mut self) -> Result<bool, ReplError> {
        match self.fill(Instant::now() + SETTLE, "silence", SETTLE).await {
            Err(ReplError::Timeout { .. }) => {}
            other => return other.map(|()| false),
        }
        self.send(b"\x01").await?;
        let deadline = Instant::now() + CONFIRM;
        loop {
            match self.fill(deadline, "raw prompt", CONFIRM).await {
                Err(ReplError::Timeout { .. }) => return Ok(false),
                other => other?,
            }
            if self.input.starts_with(RAW_BANNER) {
                self.input.drain(..RAW_BANNER.len());
                return Ok(true);
            }
            if !RAW_BANNER.starts_with(&self.input) {
                return Ok(false);
            }
        }
    }
}

fn patient(error: ReplError) -> Result<(), ReplError> {
    if matches!(error, ReplError::Timeout { .. }) {
        Ok(())
    } else {
        Err(error)
    }
}
