//! Getting the board's attention: from any state to the raw REPL, without a soft reset, and back.
//! Never resets a board unless asked: a reset loses what the program had in its variables.

use std::time::Duration;

use tokio::time::Instant;
use tokio::time::timeout;

use crate::repl::Excerpt;
use crate::repl::Repl;
use crate::repl::ReplError;
use crate::repl::conversation::ASK_PASTE;
use crate::repl::conversation::Paste;
use crate::repl::conversation::RAW_BANNER;
use crate::repl::conversation::find;
use crate::wire::WireError;

/// How hard to try. In each case an answer, or an error, comes within 15 seconds, whatever the board does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// Ctrl-C, then bursts of it, then as much of it as the line takes.
    Normal,
    /// The same without the last: the board can be reset.
    Brief,
    /// The board is being reset: as much Ctrl-C as the line takes, for so long, until it boots.
    CatchBoot(Duration),
}

/// What was found at the door.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entered {
    /// A program ran and was interrupted.
    pub was_running: bool,
    /// The first Ctrl-C was enough.
    pub at_once: bool,
}

/// A board at its prompt answers in a few milliseconds; an ESP8266 with Wi-Fi in up to half a second.
pub(super) const FIRST: Duration = Duration::from_millis(900);
/// After that: bursts, each with so much time to answer.
const BURST: Duration = Duration::from_millis(250);
const BURSTS: usize = 8;
/// Then a stream of Ctrl-C. A program that catches it is left where nothing catches it: in the handler, or in the jump
/// back to the next `try`; that is a matter of microseconds, and of how often one falls into them.
const STREAM: Duration = Duration::from_millis(750);
/// So much of it at once, and how long that is under way at 115200 baud.
const PORTION: (usize, Duration) = (40, Duration::from_micros(3_500));
/// A line takes what is sent to it within this, or the board behind it takes nothing.
const ROOM: Duration = Duration::from_millis(50);
/// Trying ends here; a board that works for a moment every few seconds, and sleeps deeply in between, is met until then.
const NORMAL: Duration = Duration::from_millis(9_000);
/// From here on silence is not waited for any more. Together with what has begun then (`BURST`, three times `FIRST`,
/// four times `LISTEN`) a board that lets nobody in is named within 15 seconds.
const NO_SILENCE: Duration = Duration::from_millis(10_500);
/// While a board is caught that boots, each so many-th time it is asked whether it is at the raw prompt after all,
/// where Ctrl-C has no answer.
const ASK: usize = 4;
/// So many bursts if there is another way.
const BRIEF: usize = 3;
/// Ctrl-C that a board had no time for is answered within this, as far as it is kept at all.
const BACKLOG: Duration = Duration::from_secs(2);
/// A board that has said nothing for so long has answered all that it was sent.
const SILENCE: Duration = Duration::from_millis(150);
/// Every firmware has its friendly prompt back within this.
const PROMPT: Duration = Duration::from_secs(2);
/// How long to listen without sending, to tell a talking program from one that only answers.
const LISTEN: Duration = Duration::from_millis(600);

impl Repl {
    /// Gets into the raw REPL from any state: running program, friendly prompt, half a line, paste mode,
    /// raw REPL. `doing` is told what is being tried.
    pub async fn enter(
        &mut self,
        patience: Patience,
        doing: &mut (dyn FnMut(&'static str) + Send),
    ) -> Result<Entered, ReplError> {
        let mut seen = Vec::new();
        self.careful = false;
        let began = Instant::now();
        let catching = match patience {
            Patience::CatchBoot(limit) => Some(limit),
            Patience::Normal | Patience::Brief => None,
        };
        let still = |limit: Duration| limit.min(NO_SILENCE.saturating_sub(began.elapsed()));
        if catching.is_some() {
            self.go_home()?; // where every board boots
        } else {
            doing("stopping the program");
            if self.knock(b"\r\x03\x03", FIRST, &mut seen).await? {
                return Ok(Entered {
                    was_running: ran(&seen),
                    at_once: true,
                });
            }
            doing("the program does not stop at once, trying harder");
        }
        let entered = Entered {
            was_running: true,
            at_once: false,
        };
        let mut round = 0;
        while began.elapsed() < catching.unwrap_or(NORMAL) {
            let knocked = if patience == Patience::Brief && round == BRIEF {
                break;
            } else if round < BURSTS && catching.is_none() {
                self.knock(&[3; 8], BURST, &mut seen).await?
            } else {
                // Not earlier: what is silent is more often a program that is slow to stop.
                if round == BURSTS && catching.is_none() && self.find_speed(&seen).await? {
                    return Ok(entered);
                }
                let stopped = self.stream_interrupts(&mut seen).await?;
                if stopped {
                    // Each Ctrl-C that is still on its way gets a prompt for an answer.
                    self.quieten(still(BACKLOG)).await?;
                }
                // A board that boots while nothing is sent is not caught.
                let asks = stopped || catching.is_none() || round % ASK == ASK - 1;
                asks && self.knock(b"", BURST, &mut seen).await?
            };
            round += 1;
            if knocked {
                // The board still has the earlier knocks to answer. What is left of them would end our first program.
                self.quieten(still(FIRST)).await?;
                if self.knock(b"\r\x03", FIRST, &mut seen).await? {
                    return Ok(entered);
                }
            }
        }
        if catching.is_some() {
            return Err(ReplError::NotCaught {
                last: Excerpt::tail(&seen),
            });
        }
        if patience == Patience::Brief {
            return Err(ReplError::Silent); // Nobody is told: it will be reset.
        }
        if find(&seen, b"\n>>> ").is_some() {
            // It gave in at last, and still answers what it was sent.
            self.quieten(still(BACKLOG)).await?;
            if self.knock(b"\r\x03", FIRST, &mut seen).await? {
                return Ok(entered);
            }
        }
        Err(self.diagnose(seen).await?)
    }

    /// As much Ctrl-C as a line takes, without a gap, until a prompt shows or the time is over. Says which.
    async fn stream_interrupts(&mut self, seen: &mut Vec<u8>) -> Result<bool, ReplError> {
        let (portion, pause) = PORTION;
        let end = Instant::now() + STREAM;
        self.input.clear();
        while Instant::now() < end {
            self.offer(&[3].repeat(portion)).await?;
            match self.fill(Instant::now() + pause, "silence", pause).await {
                Err(ReplError::Timeout { .. }) => {}
                other => other?,
            }
            if find(&self.input, b"\n>>> ").is_some() {
                remember(seen, &self.input);
                return Ok(true);
            }
            let past = self.input.len().saturating_sub(16);
            remember(seen, &self.input[..past]);
            self.input.drain(..past);
        }
        remember(seen, &self.input);
        Ok(false)
    }

    /// Sends what there is room for: a board that does not read may let its host wait.
    async fn offer(&mut self, bytes: &[u8]) -> Result<(), ReplError> {
        match timeout(ROOM, self.send(bytes)).await {
            Err(_) | Ok(Err(ReplError::Timeout { .. })) => Ok(()),
            Ok(other) => other,
        }
    }

    /// Waits until nothing more comes, or for as long as `limit`.
    pub(super) async fn quieten(&mut self, limit: Duration) -> Result<(), ReplError> {
        let deadline = Instant::now() + limit;
        while Instant::now() < deadline {
            self.input.clear();
            match self.fill(Instant::now() + SILENCE, "silence", SILENCE).await {
                Err(ReplError::Timeout { .. }) => return Ok(()),
                other => other?,
            }
        }
        Ok(())
    }

    /// Interrupts, asks for raw mode and for raw-paste, and sees whether that was understood.
    pub(super) async fn knock(
        &mut self,
        burst: &[u8],
        limit: Duration,
        seen: &mut Vec<u8>,
    ) -> Result<bool, ReplError> {
        self.input.clear();
        self.paste = Paste::Unknown;
        self.offer(&[burst, b"\r\x01", ASK_PASTE].concat()).await?;
        let deadline = Instant::now() + limit;
        loop {
            match self.fill(deadline, "raw REPL", limit).await {
                Err(ReplError::Timeout { .. }) => {
                    remember(seen, &self.input);
                    return Ok(false);
                }
                other => other?,
            }
            while let Some(at) = find(&self.input, RAW_BANNER) {
                let after = &self.input[at + RAW_BANNER.len()..];
                // A look-alike that a program printed is not followed by the answer to raw-paste.
                if after.starts_with(b"R") || after.starts_with(RAW_BANNER) {
                    remember(seen, &self.input[..at]);
                    self.input.drain(..at + RAW_BANNER.len());
                    self.paste = Paste::Asked;
                    return Ok(true);
                }
                if RAW_BANNER.starts_with(after) {
                    break;
                }
                remember(seen, &self.input[..=at]);
                self.input.drain(..=at);
            }
            // Only the end can still become the banner; looking at a flood again and again would never end.
            let past = self.input.len().saturating_sub(2 * RAW_BANNER.len());
            remember(seen, &self.input[..past]);
            self.input.drain(..past);
        }
    }

    /// Why is there no raw REPL?
    async fn diagnose(&mut self, seen: Vec<u8>) -> Result<ReplError, ReplError> {
        let unasked = self.listen(LISTEN).await?;
        let boots: [&[u8]; 3] = [b"soft reboot", b"rst:0x", b"MicroPython v"];
        if boots.iter().any(|mark| find(&unasked, mark).is_some()) {
            return Ok(ReplError::Restarts {
                last: Excerpt::tail(&unasked),
            });
        }
        if !unasked.is_empty() && !self.listen(LISTEN).await?.is_empty() {
            return Ok(ReplError::KeepsPrinting {
                last: Excerpt::tail(&unasked),
            });
        }
        if seen.is_empty() {
            return Ok(ReplError::Silent);
        }
        let python: [&[u8]; 5] = [
            b"KeyboardInterrupt",
            b"Traceback",
            b">>> ",
            b"MicroPython",
            b"raw REPL",
        ];
        let known = python.iter().any(|mark| find(&seen, mark).is_some());
        // A program that catches Ctrl-C answers nothing else; a shell or a modem answers a line end too.
        self.offer(b"\r").await?;
        let answers_lines = !self.listen(LISTEN).await?.is_empty();
        let last = Excerpt::tail(&seen);
        // Or it only happened to say something now.
        if !known && answers_lines && !self.listen(LISTEN).await?.is_empty() {
            return Ok(ReplError::KeepsPrinting { last });
        }
        Ok(if known || !answers_lines {
            ReplError::CatchesInterrupt { last }
        } else {
            ReplError::NotMicroPython { got: last }
        })
    }

    async fn listen(&mut self, span: Duration) -> Result<Vec<u8>, ReplError> {
        self.input.clear();
        let deadline = Instant::now() + span;
        loop {
            match self.fill(deadline, "silence", span).await {
                Err(ReplError::Timeout { .. }) => return Ok(self.take_input()),
                other => other?,
            }
            if self.input.len() > 64 * 1024 {
                return Ok(self.take_input());
            }
        }
    }

    /// Back to the raw prompt after a program of ours was cut short, or after noise on the line.
    pub async fn resync(&mut self) -> Result<(), ReplError> {
        self.enter(Patience::Normal, &mut |_| {}).await?;
        self.careful = true;
        Ok(())
    }

    /// Somebody else talks to the board from here on: what it said and was asked counts no more. As it may have been
    /// asked for raw-paste, or run a program, it is interrupted before anything else.
    pub fn lose_touch(&mut self) {
        self.input.clear();
        self.paste = Paste::Asked;
    }

    /// Soft reset from the raw prompt to the raw prompt: boot.py runs, main.py does not, and nothing is left of what
    /// ran before.
    pub async fn refresh(&mut self) -> Result<(), ReplError> {
        self.input.clear();
        let pasting = matches!(self.paste, Paste::Asked | Paste::Open);
        let ask: &[u8] = if pasting { b"\x03\r\x01\x04" } else { b"\r\x01\x04" };
        self.send(ask).await?;
        self.paste = Paste::Unknown;
        self.expect(b"soft reboot", "soft reboot", Duration::from_secs(3))
            .await?;
        self.enter(Patience::Normal, &mut |_| {}).await.map(drop)
    }

    /// Back to the friendly prompt. The board is left usable for the next program on the host.
    pub async fn leave(&mut self) -> Result<(), ReplError> {
        self.input.clear();
        // If raw-paste was asked for and not used, its 0x03 ends it.
        let pasting = matches!(self.paste, Paste::Asked | Paste::Open);
        let ask: &[u8] = if pasting { b"\x03\r\x02" } else { b"\r\x02" };
        self.send(ask).await?;
        self.paste = Paste::Unknown;
        let mut tries = 1;
        loop {
            let prompt = self.expect(b">>> ", "friendly prompt", PROMPT).await;
            match prompt {
                // The line damaged it; asked again, the friendly side says it again.
                Err(ReplError::Timeout { .. }) if tries < 3 => self.send(b"\r\x02").await?,
                other => return other,
            }
            tries += 1;
        }
    }

    /// Soft reset from the raw prompt: back to friendly mode first, so that boot.py and main.py run.
    /// Returns when the board says that it restarts.
    pub async fn soft_reset(&mut self) -> Result<(), ReplError> {
        self.leave().await?;
        self.send(b"\x04").await?;
        // micro:bit firmware of 2017 says `PYB: soft reboot`, all others `MPY: soft reboot`.
        let said = self
            .expect(b"soft reboot", "soft reboot", Duration::from_secs(5))
            .await;
        match said {
            // All sockets end with it, WebREPL's, too; an ESP8266 sweeps them away before it says so.
            Err(ReplError::Wire(WireError::Gone { .. })) if self.wire.ends_at_reset() => Ok(()),
            other => other,
        }
    }
}

fn remember(seen: &mut Vec<u8>, bytes: &[u8]) {
    seen.extend_from_slice(&bytes[bytes.len().saturating_sub(2048)..]);
    let extra = seen.len().saturating_sub(4096);
    seen.drain(..extra);
}

/// An idle board answers the four keys of the first knock with a prompt each, and with nothing else.
/// What it said before, and nobody read, may come in front of that: a boot banner, what a program printed.
/// A program that was stopped says so, or at least leaves fewer prompts.
fn ran(seen: &[u8]) -> bool {
    let text = String::from_utf8_lossy(seen);
    let mut rest = text.to_string();
    for idle in [
        "raw REPL; CTRL-B to exit",
        ">>> ",
        "... ",
        "=== ",
        "\r",
        "\n",
        ">",
    ] {
        rest = rest.replace(idle, "");
    }
    let prompts = text.matches(">>> ").count();
    !rest.is_empty() && (text.contains("KeyboardInterrupt") || prompts < 4)
}

#[cfg(test)]
#[path = "enter/tests.rs"]
mod tests;
