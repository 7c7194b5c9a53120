//! `boardside console`: the board's own terminal, for as long as somebody looks.
//! Sends nothing but what is typed, so a running program goes on when somebody comes and when they leave.

use std::fs::File;
use std::fs::OpenOptions;
use std::io;
use std::io::IsTerminal as _;
use std::io::Write as _;

use serde_json::json;
use tokio::io::AsyncRead;

use crate::base::Utf8;
use crate::cli::args::ConsoleArgs;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::keys;
use crate::cli::keys::RawTerminal;
use crate::cli::link;
use crate::cli::screen::Screen;
use crate::cli::stop::Stop;
use crate::session::Exit;
use crate::session::Home;
use crate::session::connect;
use crate::session::console::Console;
use crate::session::console::Ended;
use crate::session::console::Typist;
use crate::session::gone;
use crate::session::reconnect;

pub(super) async fn run(global: &Global, args: ConsoleArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let target = link::target_here(global);
    let mut connection = connect(&target, screen).await?;
    let home = Home::of(&connection, target.baud).await;
    screen.finish();
    let mut stop = Stop::new()?;
    let person = !global.json && std::io::stdin().is_terminal();
    let mut tap = Tap::new(&args, global.json, person)?;
    // Raw mode ends when this is dropped, before an error is shown.
    let _raw = person.then(RawTerminal::new).transpose()?;
    let (typist, keys): (_, Box<dyn AsyncRead + Unpin>) = if person {
        (Typist::Person, Box::new(keys::typed()))
    } else {
        (Typist::Script, Box::new(tokio::io::stdin()))
    };
    let mut console = Console::new(keys, tokio::io::stdout(), typist);
    if person {
        screen.note(&format!("{} is connected. Ctrl-] leaves", home.address));
    }
    screen.event(&json!({"event": "connected", "address": home.address.to_string()}));
    loop {
        let render = &mut |bytes: &[u8]| tap.pass(bytes);
        let ended = tokio::select! {
            ended = console.pump(connection.wire(), render) => ended,
            () = stop.asked() => Ok(Ended::Left),
        };
        match ended {
            Ok(Ended::Gone) => {}
            Ok(Ended::Left | Ended::Quiet) => break,
            Err(error) => return tap.failed(&error),
        }
        screen.event(&json!({"event": "disconnected"}));
        if console.is_over() {
            return Err(gone(&home.address).into());
        }
        screen.note(&format!(
            "board gone, waiting for it to come back{}",
            if person { " (Ctrl-] leaves)" } else { "" }
        ));
        // The port must be free for the next one to open it.
        drop(connection);
        let trouble = &mut |error: &_| screen.trouble(error);
        connection = tokio::select! {
            connection = reconnect(&home, trouble) => connection,
            () = console.wait_for_leave() => break,
            () = stop.asked() => break,
        };
        screen.event(&json!({"event": "connected", "address": connection.address.to_string()}));
        screen.note("board is back");
    }
    if person {
        screen.note("left; the board goes on");
    }
    Ok(Exit::Done)
}

/// What the board says, on its way to the screen: into the log, and as JSON lines if they are wanted.
struct Tap {
    log: Option<(File, String)>,
    json: Option<Utf8>,
    /// A terminal in raw mode does not do it by itself.
    returns: Option<CarriageReturns>,
    log_failed: bool,
}

impl Tap {
    fn new(args: &ConsoleArgs, json: bool, person: bool) -> Result<Self, Failure> {
        let log = args.log.as_ref().map(|path| {
            let name = path.display().to_string();
            let file = OpenOptions::new().append(true).create(true).open(path);
            file.map(|file| (file, name.clone()))
                .map_err(|error| Failure::io(&format!("opening the log {name}"), &error))
        });
        Ok(Self {
            log: log.transpose()?,
            json: json.then(Utf8::default),
            returns: person.then(CarriageReturns::default),
            log_failed: false,
        })
    }

    fn pass(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        if let Some((file, _)) = &mut self.log {
            let written = file.write_all(bytes);
            self.log_failed = written.is_err();
            written?;
        }
        if let Some(returns) = &mut self.returns {
            return Ok(returns.push(bytes));
        }
        let Some(utf8) = &mut self.json else {
            return Ok(bytes.to_vec());
        };
        let text = utf8.push(bytes);
        if text.is_empty() {
            return Ok(Vec::new());
        }
        Ok(format!("{}\n", json!({"event": "output", "text": text})).into_bytes())
    }

    /// A reader that went away (`| head`) has seen enough.
    fn failed(&self, error: &io::Error) -> Result<Exit, Failure> {
        match &self.log {
            Some((_, name)) if self.log_failed => Err(Failure::io(&format!("writing the log {name}"), error)),
            _ if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Done),
            _ => Err(Failure::io("writing to the terminal", error)),
        }
    }
}

/// A line feed alone begins a new line at its beginning, as in every terminal that is not in raw mode: boards send
/// `\r\n` for `print`, but not for all else, and the unix port of MicroPython for nothing.
#[derive(Debug, Default)]
struct CarriageReturns {
    after_cr: bool,
}

impl CarriageReturns {
    fn push(&mut self, bytes: &[u8]) -> Vec<u8> {
        let mut all = Vec::with_capacity(bytes.len());
        for byte in bytes {
            if *byte == b'\n' && !self.after_cr {
                all.push(b'\r');
            }
            all.push(*byte);
            self.after_cr = *byte == b'\r';
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn line_feeds_alone_get_their_carriage_return_also_when_a_pair_comes_in_two_pieces() {
        let mut returns = CarriageReturns::default();
        let pieces = [&b"a\nb\r"[..], b"\nc\r\n\n", b"\xff\r"].map(|piece| returns.push(piece));
        assert_eq!(pieces.concat(), b"a\r\nb\r\nc\r\n\r\n\xff\r");
    }
}
