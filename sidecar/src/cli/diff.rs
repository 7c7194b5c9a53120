//! `boardside diff`: which files differ between board and project, and how.

use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use similar::TextDiff;

use crate::base::BoardPath;
use crate::base::size_text as bytes;
use crate::board::BoardError;
use crate::cli::args::Global;
use crate::cli::failure::Failure;
use crate::cli::link;
use crate::cli::screen::Screen;
use crate::cli::spelling::named_path;
use crate::cli::sync::warn;
use crate::session::Exit;
use crate::session::Fetched;
use crate::session::Files;
use crate::session::FilesError;
use crate::session::Options;
use crate::session::Project;
use crate::sync::guard::bare;
use crate::sync::plan::Sides;
use crate::sync::scan::Scan;

#[derive(Args, Clone, Debug)]
#[command(
    after_help = "What the ignore rules keep off the board is not looked at on the board either. Exit code 0: the same \
    on both sides, 1: something differs."
)]
pub(super) struct DiffArgs {
    /// The project's folder; a file's name alone means that file in this folder
    #[arg(default_value = ".")]
    project: PathBuf,
    /// One file, line by line: - is the board's, + the project's
    file: Option<String>,
}

pub(super) async fn run(global: &Global, args: DiffArgs, screen: &mut Screen) -> Result<Exit, Failure> {
    let (folder, file) = meant(&args);
    let file = file.as_deref().map(named_path).transpose()?;
    let mut project = Project::open(folder, &Options::default())?;
    warn(&project, screen);
    let scan = project.scan(screen)?;
    let target = link::target(
        global,
        Some((
            project.goal.settings.device.as_deref(),
            project.goal.settings.baud,
        )),
    );
    let same = link::with_files(&target, screen, async |files, screen| {
        if let Some(path) = &file {
            return one(&project, &scan, files, path, screen).await;
        }
        let sides = files.sides(&project.goal, &scan, screen).await?;
        Ok(all(&sides, screen))
    });
    Ok(if same.await? { Exit::Done } else { Exit::Failed })
}

/// `diff FILE` in the project's folder is what people type.
fn meant(args: &DiffArgs) -> (&Path, Option<String>) {
    let is_name = args.file.is_none() && !args.project.is_dir();
    match args.project.to_str() {
        Some(name) if is_name => (Path::new("."), Some(name.to_owned())),
        _ => (&args.project, args.file.clone()),
    }
}

/// Shows every file that differs; says whether none does.
fn all(sides: &BTreeMap<BoardPath, Sides>, screen: &mut Screen) -> bool {
    screen.finish();
    let (mut equal, mut differing, mut board_only, mut project_only) = (0, 0, 0, 0);
    for (path, side) in sides {
        let (how, colour, board, project) = match *side {
            Sides::Same { .. } => {
                equal += 1;
                continue;
            }
            Sides::Differ { board, project } => {
                differing += 1;
                ("differs", "36", Some(board), Some(project))
            }
            Sides::OnlyBoard { size } => {
                board_only += 1;
                ("only board", "31", Some(size), None)
            }
            Sides::OnlyProject { size } => {
                project_only += 1;
                ("only project", "32", None, Some(size))
            }
        };
        screen.event(&json!({
            "event": "difference", "path": path.as_str(), "how": how.replace(' ', "_"),
            "bytes_board": board, "bytes_project": project,
        }));
        let sizes = match (board, project) {
            (Some(board), Some(project)) => format!("board {}, project {}", bytes(board), bytes(project)),
            (size, other) => bytes(size.or(other).unwrap_or_default()),
        };
        let how = screen.paint(colour, &format!("{how:<12}"));
        screen.say(&format!("{how} {path}  {}", screen.paint("2", &sizes)));
    }
    screen.event(&json!({
        "event": "compared", "same": equal, "differ": differing, "only_board": board_only, "only_project": project_only,
    }));
    let none = differing + board_only + project_only == 0;
    screen.say(&if none {
        format!("no difference: {equal} files are the same")
    } else {
        format!("{differing} differ, {board_only} only on the board, {project_only} only in the project, {equal} the same")
    });
    none
}

/// Shows one file; says whether it is the same.
async fn one(
    project: &Project,
    scan: &Scan,
    files: &mut Files<'_>,
    path: &BoardPath,
    screen: &mut Screen,
) -> Result<bool, Failure> {
    let host = scan.hosts.get(path).cloned().unwrap_or_else(|| {
        path.relative()
            .split('/')
            .fold(project.goal.root(), |at, part| at.join(part))
    });
    let ours = match std::fs::read(&host) {
        Ok(content) => Some(content),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Err(error) => return Err(Failure::io(&format!("reading {}", host.display()), &error)),
    };
    let theirs = files.fetch(&mut Fetched::default(), path, screen).await;
    let theirs = match theirs {
        Ok(content) => Some(bare(path, content)),
        Err(FilesError::Board(BoardError::NotFound { .. })) if ours.is_some() => None,
        Err(error) => return Err(error.into()),
    };
    screen.finish();
    let same = ours == theirs;
    let how = match (&theirs, &ours) {
        _ if same => "same",
        (None, _) => "only_project",
        (_, None) => "only_board",
        _ => "differs",
    };
    let (theirs, ours) = (theirs.unwrap_or_default(), ours.unwrap_or_default());
    let diff = unified(
        &format!("board:{path}"),
        &format!("project{path}"),
        &theirs,
        &ours,
    );
    let first = (!same).then(|| first_difference(&theirs, &ours));
    screen.event(&json!({
        "event": "compared", "path": path.as_str(), "how": how, "bytes_board": theirs.len(),
        "bytes_project": ours.len(), "first_difference": first, "diff": diff,
    }));
    match (diff, first) {
        (Some(diff), _) => screen.bytes(coloured(&diff, screen).as_bytes()),
        (None, Some(first)) => screen.say(&format!(
            "{path} is not text and differs from byte {first} on: board {} bytes, project {} bytes",
            theirs.len(),
            ours.len()
        )),
        (None, None) => screen.say(&format!("no difference: {path} is the same")),
    }
    Ok(same)
}

/// A unified diff from one text to another; `None` if they are equal or not both text.
pub(super) fn unified(one: &str, two: &str, theirs: &[u8], ours: &[u8]) -> Option<String> {
    let text = |content: &[u8]| {
        let text = std::str::from_utf8(content).ok()?;
        (!text.contains('\0')).then(|| text.to_owned())
    };
    let (theirs, ours) = (text(theirs)?, text(ours)?);
    let diff = TextDiff::from_lines(&theirs, &ours);
    let mut unified = diff.unified_diff();
    let text = unified.context_radius(3).header(one, two).to_string();
    (!text.is_empty()).then_some(text)
}

fn first_difference(theirs: &[u8], ours: &[u8]) -> usize {
    let same = theirs.iter().zip(ours).take_while(|(a, b)| a == b);
    same.count()
}

pub(super) fn coloured(diff: &str, screen: &Screen) -> String {
    let paint = |line: &str| {
        let (text, end) = line.split_at(line.trim_end_matches('\n').len());
        let colour = match line.chars().next() {
            Some('-') => "31",
            Some('+') => "32",
            Some('@') => "36",
            _ => return line.to_owned(),
        };
        screen.paint(colour, text) + end
    };
    diff.split_inclusive('\n').map(paint).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_compared_by_lines_and_the_rest_by_bytes() {
        let of = |one: &[u8], two: &[u8]| unified("board:/a.py", "project/a.py", one, two);
        let diff = of(b"x = 1\ny = 2\n", b"x = 1\ny = 3\n").unwrap();
        assert_eq!(
            diff,
            "--- board:/a.py\n+++ project/a.py\n@@ -1,2 +1,2 @@\n x = 1\n-y = 2\n+y = 3\n"
        );
        assert_eq!(of(b"a", b"a"), None);
        assert_eq!(of(b"a\xff", b"b"), None);
        assert_eq!(of(b"a\0", b"b"), None);
        for (theirs, ours, at) in [("abc", "abd", 2), ("ab", "abc", 2), ("", "a", 0)] {
            assert_eq!(first_difference(theirs.as_bytes(), ours.as_bytes()), at);
        }
    }
}
