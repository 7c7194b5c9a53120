//! `boardside watch`: a sync at the start and after every change; in between, what the board says.
//! When a change is complete is `sync::watch`'s business, what a sync does `cli::sync`'s.

use std::time::Instant;

use serde_json::json;

use crate::base::BoardPath;
use crate::base::Progress as _;
use crate::base::Stage;
use crate::board::BoardError;
use crate::cli::args::Global;
use crate::cli::args::WatchArgs;
use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::screen::Screen;
use crate::cli::stop::Stop;
use crate::cli::sync;
use crate::cli::sync::Spent;
use crate::session::AfterDone;
use crate::session::Connection;
use crate::session::Exit;
use crate::session::Home;
use crate::session::Look;
use crate::session::Target;
use crate::session::Watched;
use crate::session::connect;
use crate::session::reconnect;
use crate::sync::watch::Mode;

pub(super) async fn run(global: &Global, args: WatchArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let mut stop = Stop::new()?;
    let watched = Watched::open(&args.project, &sync::options(&args.how)?)?;
    sync::warn(&watched.project, screen);
    if let Mode::Polling(why) = watched.mode() {
        screen.warn(&format!("the project is looked at once a second: {why}"));
    }
    let target = target(global, &watched);
    let connection = connect(&target, screen).await?;
    let home = Home::of(&connection, target.baud).await;
    screen.finish();
    let folder = watched.project.goal.folder.display().to_string();
    screen.event(&json!({"event": "watching", "folder": folder, "address": home.address.to_string()}));
    screen.say(&format!("watching {folder} for {}. Ctrl-C ends", home.address));
    let mut watching = Watching {
        global,
        verify: args.how.verify,
        watched,
        target,
        place: Place::Here(Box::new(connection)),
        home,
        program: Program::None,
        ran: false,
        warned: Vec::new(),
        screen,
        mid_line: false,
    };
    watching.sync().await?;
    loop {
        match watching.wait(&mut stop).await {
            Event::Stop => return watching.stop().await,
            Event::Changed => watching.sync().await?,
            Event::Ended(ended) => watching.ended(ended).await,
            Event::Gone => watching.gone(),
            Event::Back(connection) => {
                watching.back(connection);
                watching.sync().await?;
            }
        }
    }
}

fn target(global: &Global, watched: &Watched) -> Target {
    let settings = &watched.project.goal.settings;
    link::target(global, Some((settings.device.as_deref(), settings.baud)))
}

/// What ends a wait.
enum Event {
    Changed,
    Gone,
    Back(Box<Connection>),
    /// The file of `--after run=` came to its end.
    Ended(Result<(), BoardError>),
    Stop,
}

/// Where the board is.
enum Place {
    Here(Box<Connection>),
    /// Unplugged, and waited for.
    Away,
    /// The settings name another one, and that cannot be opened.
    Nowhere,
}

/// The file of `--after run=`.
enum Program {
    None,
    ToStart(BoardPath),
    /// In raw mode, until it ends or is stopped.
    Runs,
}

struct Watching<'a> {
    global: &'a Global,
    verify: bool,
    watched: Watched,
    target: Target,
    place: Place,
    home: Home,
    program: Program,
    /// A program ran when the board was first synced.
    ran: bool,
    /// What the last scan was warned of: once is enough.
    warned: Vec<String>,
    screen: &'a mut Screen,
    /// The board's last words did not end a line.
    mid_line: bool,
}

impl Watching<'_> {
    /// Shows what the board says until something else happens.
    async fn wait(&mut self, stop: &mut Stop) -> Event {
        let Self {
            watched,
            place,
            home,
            program,
            screen,
            mid_line,
            ..
        } = self;
        let board = async {
            match place {
                Place::Here(connection) => {
                    let mut show = |bytes: &[u8]| {
                        screen.output(bytes);
                        *mid_line = !bytes.ends_with(b"\n");
                    };
                    if let Program::ToStart(file) = std::mem::replace(program, Program::Runs) {
                        return Event::Ended(connection.board.run_file(&file, None, &mut show).await);
                    }
                    *program = Program::None;
                    loop {
                        match connection.board.overhear().await {
                            Ok(bytes) => show(&bytes),
                            Err(_) => return Event::Gone,
                        }
                    }
                }
                Place::Away => {
                    let trouble = &mut |error: &_| screen.trouble(error);
                    Event::Back(Box::new(reconnect(home, trouble).await))
                }
                Place::Nowhere => std::future::pending().await,
            }
        };
        tokio::select! {
            () = stop.asked() => Event::Stop,
            _ = watched.changed() => Event::Changed,
            event = board => event,
        }
    }

    /// One sync. Only being cancelled ends the watch; everything else is told, and the next change tries again.
    async fn sync(&mut self) -> Result<(), Failure> {
        self.program = Program::None;
        let start = Instant::now();
        let mut screen = Screen::new(self.global.json);
        let synced = self.try_sync(start, &mut screen).await;
        screen.finish();
        match synced {
            Err(failure) if failure.0.exit == Exit::Cancelled => Err(failure),
            Err(failure) => {
                self.new_line();
                screen.failure(&failure.0);
                Ok(())
            }
            Ok(Some(line)) => {
                self.new_line();
                let time = chrono::Local::now().format("%H:%M:%S");
                self.screen.say(&format!("{time} {line}"));
                Ok(())
            }
            Ok(None) => Ok(()),
        }
    }

    /// The line for people; nothing where the board is away.
    async fn try_sync(&mut self, start: Instant, screen: &mut Screen) -> Result<Option<String>, Failure> {
        if self.watched.refresh()? {
            sync::warn(&self.watched.project, screen);
            self.follow_settings(screen).await?;
        }
        let Place::Here(connection) = &mut self.place else {
            return Ok(None);
        };
        screen.report(Stage::Scanning);
        let mut scan = self.watched.scan(Look::WhereChanged(Vec::new())).await?;
        let project = &mut self.watched.project;
        let warnings: Vec<String> = scan.warnings.iter().map(ToString::to_string).collect();
        for warning in warnings.iter().filter(|warning| !self.warned.contains(warning)) {
            screen.warn(warning);
        }
        self.warned = warnings;
        let before = Spent::since(connection, &Spent::default(), start);
        link::cancellable(connection.enter(self.target.force_boot, screen)).await??;
        link::found_fast(connection, screen);
        self.ran |= connection.board.was_running();
        if self.ran {
            connection.board.count_as_running();
        }
        let outcome = sync::one_sync(&project.goal, connection, &mut scan, self.verify, screen).await?;
        if let AfterDone::Running(file) = project.goal.after(&mut connection.board, screen).await? {
            self.program = Program::ToStart(file);
        }
        let spent = Spent::since(connection, &before, start);
        sync::one_by_one(&outcome, screen);
        sync::synced(&outcome, &spent, &scan, screen);
        Ok(Some(format!("{}, {}", outcome.plan.counts(), spent.seconds())))
    }

    /// The settings may name another board.
    async fn follow_settings(&mut self, screen: &mut Screen) -> Result<(), Failure> {
        let target = target(self.global, &self.watched);
        if target == self.target && !matches!(self.place, Place::Nowhere) {
            return Ok(());
        }
        self.place = Place::Nowhere;
        let connection = connect(&target, screen).await?;
        self.home = Home::of(&connection, target.baud).await;
        self.target = target;
        self.ran = false;
        self.place = Place::Here(Box::new(connection));
        Ok(())
    }

    async fn ended(&mut self, ended: Result<(), BoardError>) {
        self.program = Program::None;
        let Place::Here(connection) = &mut self.place else {
            return;
        };
        let end = link::end_of_program(&mut connection.board, Ok(ended), self.screen).await;
        if let Err(failure) = end {
            self.new_line();
            self.screen.failure(&failure.0);
        }
    }

    fn gone(&mut self) {
        // The port must be free for the next one to open it.
        self.place = Place::Away;
        self.new_line();
        self.screen.event(&json!({"event": "disconnected"}));
        self.screen.note("board gone, waiting for it to come back");
    }

    fn back(&mut self, connection: Box<Connection>) {
        let address = connection.address.to_string();
        self.screen
            .event(&json!({"event": "connected", "address": address}));
        self.screen.note("board is back");
        self.place = Place::Here(connection);
    }

    /// main.py goes on; a file of `--after run=` ends, because the board's prompt is in raw mode as long as it runs.
    async fn stop(mut self) -> Result<Exit, Failure> {
        self.new_line();
        if let Place::Here(connection) = &mut self.place
            && matches!(self.program, Program::Runs)
        {
            connection.enter(false, self.screen).await?;
            connection.board.leave().await?;
        }
        Ok(Exit::Done)
    }

    fn new_line(&mut self) {
        if std::mem::take(&mut self.mid_line) {
            self.screen.bytes(b"\n");
        }
    }
}
