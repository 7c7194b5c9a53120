//! `boardside demo`: the main job without hardware: a virtual board, a sync, an edit, a sync, its console.
//! Real MicroPython and the real engine; only the line is made up.

use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use serde_json::json;
use tokio::time::timeout;

use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::screen::Screen;
use crate::cli::sync;
use crate::cli::sync::Spent;
use crate::session::Connection;
use crate::session::Exit;
use crate::session::Options;
use crate::session::Project;
use crate::session::Target;
use crate::session::connect;
use crate::session::virtual_boards::Profile;
use crate::session::virtual_boards::start_profile;

/// What is synced; the same files that tests use.
const PROJECT: [(&str, &str); 3] = [
    ("main.py", include_str!("../../../fixtures/projects/demo/main.py")),
    (
        "lib/primes.py",
        include_str!("../../../fixtures/projects/demo/lib/primes.py"),
    ),
    (
        "settings.json",
        include_str!("../../../fixtures/projects/demo/settings.json"),
    ),
];
/// The program prints its last line about a second after a reset.
const PROGRAM_LIMIT: Duration = Duration::from_secs(30);

pub(super) async fn run(screen: &mut Screen) -> Result<Exit, Failure> {
    let folder = Folder::create()?;
    screen.say("A virtual board: real MicroPython behind a serial line of 115200 baud.");
    let board = start_profile(&Profile::unix(), &mut |line| {
        screen.say(&format!("  set-up: {line}"));
    })?;
    let address = board.address().to_owned();
    screen.event(&json!({"event": "virtual_board", "kind": "unix", "address": address}));
    let target = Target {
        device: Some(address),
        baud: 115_200,
        force_boot: false,
    };

    heading(
        screen,
        "First sync",
        "three files, sent as one compressed stream and verified on the board",
    );
    one(&folder, &target, screen).await?;

    heading(screen, "Sync again", "nothing changed: one question to the board");
    one(&folder, &target, screen).await?;

    heading(
        screen,
        "Edit one line of main.py, sync",
        "only what differs; the program that takes it lies on the board by now",
    );
    let main = folder.0.join("main.py");
    let edited = PROJECT[0].1.replace("\"hello\"", "\"hello again\"");
    fs::write(&main, edited).map_err(|error| Failure::io("editing main.py", &error))?;
    one(&folder, &target, screen).await?;

    heading(
        screen,
        "Reset, and the console",
        "what main.py prints, live from the board",
    );
    let mut connection = connect(&target, screen).await?;
    connection.enter(false, screen).await?;
    connection.board.soft_reset().await?;
    screen.finish();
    let listened = timeout(PROGRAM_LIMIT, listen(&mut connection, screen)).await;
    listened.map_err(|_| Failure::cancelled("main.py did not end within 30 s"))??;
    screen.say("\nThat is all. On your own board: boardside sync");
    screen.event(&json!({"event": "demo", "done": true}));
    Ok(Exit::Done)
}

fn heading(screen: &mut Screen, title: &str, what: &str) {
    let title = screen.paint("1", title);
    screen.say(&format!("\n{title}: {what}"));
}

async fn one(folder: &Folder, target: &Target, screen: &mut Screen) -> Result<(), Failure> {
    let start = Instant::now();
    let mut project = Project::open(&folder.0, &Options::default())?;
    let mut scan = Arc::new(project.scan(screen)?);
    let mut connection = link::enter(target, screen).await?;
    let outcome = sync::one_sync(&project.goal, &mut connection, &mut scan, false, screen).await?;
    project.goal.after(&mut connection.board, screen).await?;
    sync::report(
        &outcome,
        &Spent::since(&connection, &Spent::default(), start),
        &scan,
        screen,
    );
    Ok(())
}

/// Shows what the board says until its prompt comes.
async fn listen(connection: &mut Connection, screen: &mut Screen) -> Result<(), Failure> {
    let mut seen = Vec::new();
    loop {
        let bytes = connection.board.overhear().await?;
        seen.extend_from_slice(&bytes);
        screen.output(&bytes);
        if seen.ends_with(b">>> ") {
            screen.say("");
            return Ok(());
        }
    }
}

/// The demo's project, removed at the end.
struct Folder(PathBuf);

impl Folder {
    fn create() -> Result<Self, Failure> {
        let folder = std::env::temp_dir().join(format!("boardside-demo-{}", std::process::id()));
        let write = |path: &Path, text: &str| {
            fs::create_dir_all(path.parent().unwrap_or(path)).and_then(|()| fs::write(path, text))
        };
        for (path, text) in PROJECT {
            write(&folder.join(path), text).map_err(|error| Failure::io("making the project", &error))?;
        }
        Ok(Self(folder))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // It lies in the system's temporary folder, which is emptied anyway.
        fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}
