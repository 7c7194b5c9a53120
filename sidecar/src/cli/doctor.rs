//! `boardside doctor`: what is wrong with this board, and what to do.
//! What is looked at, and what it means, is `session::doctor`'s business.

use std::path::Path;

use serde_json::json;

use crate::cli::args::DoctorArgs;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::screen::Screen;
use crate::session::Exit;
use crate::session::Options;
use crate::session::Project;
use crate::session::doctor::Check;
use crate::session::doctor::Doctor;
use crate::session::doctor::State;
use crate::session::load;

pub(super) async fn run(global: &Global, args: DoctorArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let mut doctor = Doctor::new(link::target_here(global), args.fix).of_project(project_here(screen));
    let mut all = Vec::new();
    let looked = link::cancellable(async {
        while let Some(checks) = doctor.next(screen).await {
            for check in &checks {
                show(check, screen);
            }
            all.extend(checks);
        }
    })
    .await;
    if let Some(mut connection) = doctor.into_board() {
        if looked.is_err() {
            connection.board.resync().await?;
        }
        // A board that is in trouble may not come back to its prompt; that was said above.
        let left = connection.board.restore().await;
        if problems(&all).next().is_none() {
            left?;
        }
    }
    looked?;
    screen.finish();
    let notes = all.iter().filter(|check| check.state == State::Note).count();
    let count = problems(&all).count();
    screen.event(&json!({"event": "doctor", "problems": count, "notes": notes}));
    screen.say(&format!(
        "{}, {}",
        several(count, "problem"),
        several(notes, "note")
    ));
    Ok(problems(&all).next().map_or(Exit::Done, |check| check.exit))
}

/// What the project in this folder wants on the board, if this folder looks like one; a home directory does not.
fn project_here(screen: &mut Screen) -> Vec<String> {
    let here = Path::new(".");
    let has_settings = load(here).is_ok_and(|loaded| loaded.file.is_some());
    if !has_settings
        && !["main.py", "boot.py"]
            .iter()
            .any(|name| here.join(name).is_file())
    {
        return Vec::new();
    }
    let project = Project::open(here, &Options::default());
    let scan = project.and_then(|mut project| project.scan(screen));
    let paths = scan.map(|scan| scan.files.keys().map(ToString::to_string).collect());
    paths.unwrap_or_default() // then the record on the board must do
}

fn problems(checks: &[Check]) -> impl Iterator<Item = &Check> {
    checks.iter().filter(|check| check.state == State::Problem)
}

fn several(count: usize, what: &str) -> String {
    match count {
        0 => format!("no {what}s"),
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

fn show(check: &Check, screen: &mut Screen) {
    screen.event(&json!({
        "event": "check", "name": check.name, "state": check.state.word(),
        "message": check.message, "help": check.help,
    }));
    let colour = match check.state {
        State::Ok => "32",
        State::Note => "33",
        State::Problem => "1;31",
    };
    let state = screen.paint(colour, &format!("{:<8}", check.state.word()));
    screen.say(&format!("{state} {:<16} {}", check.name, check.message));
    if !check.help.is_empty() {
        screen.say(&format!("{:<25} {}", "", screen.paint("2", &check.help)));
    }
}
