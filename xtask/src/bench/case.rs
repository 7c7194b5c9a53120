//! What there is to copy, and how the project becomes it. Knows no board and no tool that copies.

use std::fs;
use std::path::Path;

use super::line::Line;
use super::project;
use super::project::Files;
use super::project::Project;

/// What has changed since the last sync.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Case {
    First,
    Unchanged,
    OneLine,
    Renamed,
    Binary,
    Small,
    Modules,
}

/// In this order on one board; the last two have boards of their own.
pub(super) const CASES: [Case; 7] = [
    Case::First,
    Case::Unchanged,
    Case::OneLine,
    Case::Renamed,
    Case::Binary,
    Case::Small,
    Case::Modules,
];

/// The folder that gets another name.
pub(super) const OLD_FOLDER: &str = "/tests";
const NEW_FOLDER: &str = "/checks";
const BINARY: &str = "/assets/font.bin";

impl Case {
    /// A micro:bit has no folders and little room, and is asked for a case of its own.
    pub(super) fn is_of(self, line: Line) -> bool {
        (self == Self::Modules) == (line == Line::Microbit)
    }

    /// It begins with an empty board.
    pub(super) fn begins(self) -> bool {
        matches!(self, Self::First | Self::Small | Self::Modules)
    }

    /// As it is typed and stored.
    pub(super) fn key(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Unchanged => "unchanged",
            Self::OneLine => "one-line",
            Self::Renamed => "renamed",
            Self::Binary => "binary",
            Self::Small => "small-files",
            Self::Modules => "modules",
        }
    }

    /// For people.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::First => "first sync, empty board",
            Self::Unchanged => "nothing changed",
            Self::OneLine => "one line in a 60 kB file",
            Self::Renamed => "a renamed folder",
            Self::Binary => "one new 100 kB binary",
            Self::Small => "500 small files, empty board",
            Self::Modules => "two modules, empty board",
        }
    }

    /// Changes the project, in the folder and in `files`; answers the content that the board needs for it.
    pub(super) fn prepare(
        self,
        project: &Project,
        folder: &Path,
        files: &mut Files,
    ) -> Result<Files, String> {
        match self {
            Self::First | Self::Small | Self::Modules => {
                *files = match self {
                    Self::Small => project.small_files()?,
                    Self::Modules => project.modules(),
                    _ => project.files.clone(),
                };
                project::write(folder, files)?;
                Ok(files.clone())
            }
            Self::Unchanged => Ok(Files::new()),
            Self::OneLine => project::edit(folder, files),
            Self::Renamed => rename(folder, files),
            Self::Binary => {
                let content = project::noise();
                project::put(&folder.join(&BINARY[1..]), &content)?;
                files.insert(BINARY.to_owned(), content.clone());
                Ok(Files::from([(BINARY.to_owned(), content)]))
            }
        }
    }
}

/// Answers all that is in the folder: who does not see that it was renamed sends it again.
fn rename(folder: &Path, files: &mut Files) -> Result<Files, String> {
    fs::rename(folder.join(&OLD_FOLDER[1..]), folder.join(&NEW_FOLDER[1..]))
        .map_err(|error| format!("renaming {OLD_FOLDER}: {error}"))?;
    let moved: Files = files
        .extract_if(.., |path, _| path.starts_with(&format!("{OLD_FOLDER}/")))
        .map(|(path, content)| (path.replacen(OLD_FOLDER, NEW_FOLDER, 1), content))
        .collect();
    files.extend(moved.clone());
    Ok(moved)
}
