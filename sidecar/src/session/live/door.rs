//! How a live board is opened, brought to its prompt, left, lost and found again.
//! What is done in between is `work`, `program` and `ask`.

use std::time::Duration;
use std::time::Instant;

use crate::board::BoardError;
use crate::session::Connection;
use crate::session::Explain as _;
use crate::session::Home;
use crate::session::connect;
use crate::session::live::State;
use crate::session::live::Told;
use crate::session::live::Trouble;
use crate::session::live::actor::Live;
use crate::session::live::actor::Open;
use crate::session::live::actor::Place;
use crate::session::live::actor::Stopped;
use crate::session::live::actor::Task;
use crate::session::live::actor::here;
use crate::session::live::actor::race;
use crate::session::reconnect;
use crate::session::reconnect::gone;

/// A board that is being stopped when that is cancelled gets so long to stop: nobody could tell what it did else.
const STOPPING: Duration = Duration::from_millis(1_500);
/// A board that was open for less goes away again and again: there is no hurry.
const FLEETING: Duration = Duration::from_secs(2);
const PAUSE: Duration = Duration::from_secs(1);

impl Live {
    /// Opens the wire if it is not open. Nothing is sent.
    pub(super) async fn open(&mut self, task: &Task) -> Result<(), Trouble> {
        match &self.place {
            Place::Here(_) => return Ok(()),
            Place::Away { error, .. } => return Err(error.clone().into()),
            Place::Shut(_) => {}
        }
        self.tell_state(State::Connecting);
        let mut reports = task.reports();
        let connected = race(&mut self.mail, task, connect(&self.target, &mut reports)).await;
        let (state, trouble) = match connected {
            Ok(Ok(connection)) => {
                self.ran = false;
                self.take(connection).await;
                return Ok(());
            }
            Ok(Err(error)) => {
                let explained = error.explained();
                let state = match explained.code {
                    "wire.busy" => State::Held(explained.clone()),
                    "wire.not_found" | "connect.no_board" | "connect.no_such_id" => State::Free,
                    _ => State::Refused(explained.clone()),
                };
                (state, explained.into())
            }
            Err(Stopped) => (State::Free, Trouble::cancelled()),
        };
        self.place = Place::Shut(state);
        self.mail.forget_keys();
        Err(trouble)
    }

    /// From now on this is the board.
    pub(super) async fn take(&mut self, connection: Connection) {
        let home = Home::of(&connection, self.target.baud).await;
        self.place = Place::Here(Box::new(Open {
            connection,
            home,
            since: Instant::now(),
        }));
        self.prompt = crate::session::live::prompt::Prompt::default();
        self.told_facts = None;
        self.typing.clear();
        self.forget_files();
    }

    /// Frees the port. What runs on the board goes on.
    pub(super) fn shut(&mut self) {
        self.place = Place::Shut(State::Free);
        self.typing.clear();
        self.mail.forget_keys();
        self.mail.listing = None;
        self.touched = false;
    }

    /// Opens the board and gets its attention. A board that cannot be stopped is left as it is.
    pub(super) async fn come_in(&mut self, task: &Task) -> Result<(), Trouble> {
        self.open(task).await?;
        match self.enter(task).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                let trouble = Trouble::from(error);
                if trouble.is_about_login() {
                    self.place = Place::Shut(State::Refused(trouble.explained.clone()));
                }
                return Err(trouble);
            }
            Err(Stopped) => return Err(Trouble::cancelled()),
        }
        if task.is_stopped() {
            return self.leave(Err(Stopped)).await;
        }
        Ok(())
    }

    /// Gets the attention of an open board.
    pub(super) async fn enter(&mut self, task: &Task) -> Result<Result<(), BoardError>, Stopped> {
        self.tell_state(State::Busy);
        if self.prompt.has_half_line() {
            // The Enter that comes first would carry it out.
            let _ = self.keys.send(vec![3]);
        }
        self.last_keys().await;
        let mut reports = task.reports();
        let Place::Here(open) = &mut self.place else {
            return Err(Stopped);
        };
        let connection = &mut open.connection;
        let entered = {
            let mut entering = Box::pin(connection.enter(self.target.force_boot, &mut reports));
            match race(&mut self.mail, task, &mut entering).await {
                Ok(entered) => entered,
                Err(Stopped) => match tokio::time::timeout(STOPPING, entering).await {
                    Ok(entered) => entered,
                    Err(_) => return Err(Stopped),
                },
            }
        };
        if entered.is_ok() {
            // Somebody may have logged in only now.
            open.home.address.clone_from(&connection.address);
            self.ran |= connection.board.was_running();
            if let Some(text) = connection.found_fast() {
                self.note(text);
            }
        }
        Ok(entered)
    }

    /// Ends what `come_in` began: after an error or a cancel what was only staged goes, then what was running runs
    /// again. The first error counts.
    pub(super) async fn leave<T>(&mut self, done: Result<Result<T, Trouble>, Stopped>) -> Result<T, Trouble> {
        let done = done.unwrap_or_else(|Stopped| Err(Trouble::cancelled()));
        if let Err(trouble) = &done {
            if trouble.is_gone() {
                return done;
            }
            let board = &mut here(&mut self.place)?.board;
            if !trouble.is_refusal() && board.resync().await.is_ok() {
                // The first error is the one to tell.
                board.recover().await.map(drop).unwrap_or_default();
            }
        }
        let left = self.restore().await;
        let done = done?;
        left?;
        Ok(done)
    }

    /// What `enter` stopped runs again; else the board is left at its prompt.
    pub(super) async fn restore(&mut self) -> Result<(), Trouble> {
        let board = &mut here(&mut self.place)?.board;
        if !board.was_running() {
            return self.bring_to_prompt().await;
        }
        match board.soft_reset().await {
            Err(error) if !error.is_gone() => {
                board.resync().await?;
                board.soft_reset().await?;
            }
            done => done?,
        }
        self.restarted();
        Ok(())
    }

    /// From the raw to the friendly prompt.
    pub(super) async fn bring_to_prompt(&mut self) -> Result<(), Trouble> {
        let board = &mut here(&mut self.place)?.board;
        match board.leave().await {
            Err(error) if !error.is_gone() => {
                board.resync().await?;
                board.leave().await?;
            }
            done => done?,
        }
        self.at_prompt();
        Ok(())
    }

    /// The board is at its friendly prompt: so the console shows it.
    pub(super) fn at_prompt(&mut self) {
        if self.prompt.is_at_line_start() {
            self.show(b">>> ");
        } else if !self.prompt.is_shown() {
            self.show(b"\r\n>>> ");
        }
        self.prompt.brought();
    }

    /// boot.py and main.py run: a soft reset has begun. Its first words were taken as the answer.
    pub(super) fn restarted(&mut self) {
        self.ran = true;
        self.prompt.started();
        self.tell(Told::Started);
        self.show(b"\r\nMPY: soft reboot");
    }

    /// The wire broke.
    pub(super) fn gone(&mut self) {
        let Place::Here(open) = &self.place else { return };
        let home = open.home.clone();
        let pause = if open.since.elapsed() < FLEETING {
            PAUSE
        } else {
            Duration::ZERO
        };
        let error = gone(&open.connection.address).explained();
        // The port must be free for the next one to open it.
        self.shut();
        let tell = std::sync::Arc::clone(&self.tell);
        let back = async move {
            tokio::time::sleep(pause).await;
            let mut trouble = |error: &crate::session::ConnectError| {
                tell(Told::Note(error.explained().message));
            };
            reconnect(&home, &mut trouble).await
        };
        self.place = Place::Away {
            back: Box::pin(back),
            error: error.clone(),
        };
        self.tell_state(State::Away(error));
        self.note("board gone, waiting for it to come back".to_owned());
    }

    /// It came back.
    pub(super) async fn back(&mut self, connection: Connection) {
        self.take(connection).await;
        self.note("board is back".to_owned());
    }
}
