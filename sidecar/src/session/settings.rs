//! `Settings`: what the user means, with every default filled in, and where it was read.
//! Not the user's words: those are `options`; `pymakr` and `micropico` read those of other tools.

use std::fmt;
use std::io;
use std::path::Path;
use std::path::PathBuf;

use crate::base::redacted;
use crate::session::After;
use crate::session::Options;
use crate::session::OptionsError;
use crate::session::PackageOptions;
use crate::session::micropico;
use crate::session::pymakr;
use crate::session::releases::OtaOptions;
use crate::sync::plan::OnConflict;
use crate::sync::read_text;

/// The project's own settings.
const OWN_FILE: &str = "boardside.toml";
/// Read where there is no `boardside.toml`, never written.
const PYMAKR_FILE: &str = "pymakr.conf";
/// The same, after those: MicroPico keeps its settings among those of VS Code.
const MICROPICO_FILE: &str = ".vscode/settings.json";

/// What a sync is to do, decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Address of the board; `None`: the only one there is.
    pub device: Option<String>,
    /// Folder on this machine that is the root of the board.
    pub source: PathBuf,
    /// Patterns in `.gitignore` syntax of what does not go to the board, relative to `source`.
    pub ignore: Vec<String>,
    /// The only extensions that go to the board; `None`: all.
    pub types: Option<Vec<String>>,
    /// What happens on the board after a sync.
    pub after: After,
    /// Remove from the board what the project no longer has.
    pub delete: bool,
    /// Name of the project, for people; it is written on the board.
    pub name: String,
    /// Bits per second of a serial port.
    pub baud: u32,
    /// Make the line faster while much is sent.
    pub turbo: bool,
    /// What to do about files that were edited on the board, or are not ours.
    pub conflict: OnConflict,
    /// The board finishes a sync that lost its power when it boots.
    pub boot_guard: bool,
    /// Packages of this project.
    pub packages: PackageOptions,
    /// Releases of this project.
    pub ota: OtaOptions,
}

impl Settings {
    /// What holds for a project that says nothing.
    pub fn defaults(project: &Path) -> Self {
        let name = project
            .file_name()
            .map_or_else(|| "project".into(), |name| name.to_string_lossy());
        Self {
            device: None,
            source: project.to_owned(),
            ignore: Vec::new(),
            types: None,
            after: After::Restore,
            delete: true,
            name: name.into_owned(),
            baud: 115_200,
            turbo: false,
            conflict: OnConflict::Stop,
            boot_guard: false,
            packages: PackageOptions::default(),
            ota: OtaOptions::default(),
        }
    }
}

/// Something about the settings that the user should know; the sync goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SettingsWarning {
    /// A key of another tool's file became a setting.
    Imported {
        /// Whose.
        tool: &'static str,
        /// In that file.
        key: String,
        /// As it would stand in boardside.toml.
        setting: String,
    },
    /// A key of another tool's file was left out.
    NotImported {
        /// Whose.
        tool: &'static str,
        /// In that file.
        key: String,
        /// Why.
        why: &'static str,
    },
    /// A value that makes no sense; the default is used.
    Unusable {
        /// The setting.
        key: &'static str,
        /// Why.
        why: &'static str,
    },
}

impl fmt::Display for SettingsWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Imported { tool, key, setting } => {
                write!(f, "{tool}: `{}` is read as {}", redacted(key), redacted(setting))
            }
            Self::NotImported { tool, key, why } => {
                write!(f, "{tool}: `{}` is not used: {why}", redacted(key))
            }
            Self::Unusable { key, why } => write!(f, "the setting `{key}` is not used: {why}"),
        }
    }
}

/// Why a settings file cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It is there and cannot be read.
    #[error("{} cannot be read", path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Its source folder is a link to something outside of the project.
    #[error("the source folder {} is a link out of the project, to {}", source_folder.display(), target.display())]
    LeadsOut {
        /// Which.
        source_folder: PathBuf,
        /// Where to.
        target: PathBuf,
    },
    /// It says something that cannot be meant.
    #[error("{}: {source}", path.display())]
    Wrong {
        /// Which.
        path: PathBuf,
        /// What.
        source: OptionsError,
    },
}

/// What a project's folder says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// The words.
    pub options: Options,
    /// The file they come from; `None` if the project has none.
    pub file: Option<PathBuf>,
    /// What was imported and what was not.
    pub warnings: Vec<SettingsWarning>,
}

/// Reads the settings of a project: `boardside.toml`, else `pymakr.conf`, else those of MicroPico, else nothing.
pub fn load(project: &Path) -> Result<Loaded, SettingsError> {
    if let Some((path, text)) = read(project, OWN_FILE)? {
        return match Options::parse(&text) {
            Ok(options) => Ok(Loaded {
                options,
                file: Some(path),
                warnings: Vec::new(),
            }),
            Err(source) => Err(SettingsError::Wrong { path, source }),
        };
    }
    if let Some((path, text)) = read(project, PYMAKR_FILE)? {
        return match pymakr::import(&text) {
            Ok((options, warnings)) => Ok(Loaded {
                options,
                file: Some(path),
                warnings,
            }),
            Err(source) => Err(SettingsError::Wrong { path, source }),
        };
    }
    if let Some((path, text)) = read(project, MICROPICO_FILE)? {
        let (options, warnings) = micropico::import(&text);
        let says = !warnings.is_empty();
        return Ok(Loaded {
            options,
            file: says.then_some(path),
            warnings,
        });
    }
    Ok(Loaded::default())
}

fn read(project: &Path, name: &str) -> Result<Option<(PathBuf, String)>, SettingsError> {
    let path = project.join(name);
    match read_text(&path) {
        Ok(text) => Ok(Some((path, text))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(SettingsError::Unreadable { path, source }),
    }
}

/// Puts the words together: the command line over the file over the defaults. Patterns of both add up.
/// A value that makes no sense gives a warning and counts as not said.
pub fn resolve(cli: &Options, file: &Options, defaults: &Settings) -> (Settings, Vec<SettingsWarning>) {
    let mut warnings = Vec::new();
    let mut refuse = |key, why| warnings.push(SettingsWarning::Unusable { key, why });
    let said = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    let baud = [cli.baud, file.baud].into_iter().flatten().find(|baud| {
        if *baud == 0 {
            refuse("baud", "no line has 0 bits per second");
        }
        *baud > 0
    });
    let types = [&cli.types, &file.types].into_iter().flatten().find(|types| {
        if types.is_empty() {
            refuse("types", "an empty list would keep every file off the board");
        }
        !types.is_empty()
    });
    let source = cli.source.as_ref().or(file.source.as_ref());
    let ignore = defaults
        .ignore
        .iter()
        .chain(file.ignore.iter().flatten())
        .chain(cli.ignore.iter().flatten());
    let settings = Settings {
        device: said(&cli.device)
            .or(said(&file.device))
            .or(defaults.device.clone()),
        source: source.map_or(defaults.source.clone(), |source| defaults.source.join(source)),
        ignore: ignore.cloned().collect(),
        types: types.cloned().or(defaults.types.clone()),
        after: cli
            .after
            .clone()
            .or(file.after.clone())
            .unwrap_or(defaults.after.clone()),
        delete: cli.delete.or(file.delete).unwrap_or(defaults.delete),
        name: said(&cli.name)
            .or(said(&file.name))
            .unwrap_or(defaults.name.clone()),
        baud: baud.unwrap_or(defaults.baud),
        turbo: cli.turbo.or(file.turbo).unwrap_or(defaults.turbo),
        conflict: cli.conflict.or(file.conflict).unwrap_or(defaults.conflict),
        boot_guard: cli.boot_guard.or(file.boot_guard).unwrap_or(defaults.boot_guard),
        packages: (cli.packages.as_ref().or(file.packages.as_ref()))
            .unwrap_or(&defaults.packages)
            .clone(),
        ota: (cli.ota.as_ref().or(file.ota.as_ref()))
            .unwrap_or(&defaults.ota)
            .clone(),
    };
    (settings, warnings)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(cli: &str, file: &str) -> (Settings, Vec<String>) {
        let (cli, file) = (Options::parse(cli).unwrap(), Options::parse(file).unwrap());
        let (settings, warnings) = resolve(&cli, &file, &Settings::defaults(Path::new("/home/me/blink")));
        (settings, warnings.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn a_project_that_says_nothing_has_the_defaults() {
        let (settings, warnings) = settled("", "device = ' '\nname = ''");
        assert_eq!(settings, Settings::defaults(Path::new("/home/me/blink")));
        assert_eq!(
            (settings.name.as_str(), settings.after, settings.delete),
            ("blink", After::Restore, true)
        );
        assert_eq!(warnings, [""; 0]);
    }

    #[test]
    fn the_command_line_is_stronger_than_the_file_and_the_file_than_the_defaults() {
        type Show = fn(&Settings) -> String;
        let cases: [(&str, &str, Show, &str); 18] = [
            (
                "",
                "device = 'COM4'",
                |s| format!("{:?}", s.device),
                "Some(\"COM4\")",
            ),
            (
                "device = 'COM5'",
                "device = 'COM4'",
                |s| format!("{:?}", s.device),
                "Some(\"COM5\")",
            ),
            (
                "",
                "source = 'src'",
                |s| s.source.display().to_string(),
                "/home/me/blink/src",
            ),
            (
                "source = 'a'",
                "source = 'b'",
                |s| s.source.display().to_string(),
                "/home/me/blink/a",
            ),
            ("ignore = ['x']", "ignore = ['y']", |s| s.ignore.join(" "), "y x"),
            (
                "",
                "types = ['py']",
                |s| format!("{:?}", s.types),
                "Some([\"py\"])",
            ),
            (
                "types = []",
                "types = ['py']",
                |s| format!("{:?}", s.types),
                "Some([\"py\"])",
            ),
            ("", "after = 'none'", |s| s.after.to_string(), "none"),
            (
                "after = 'run=a.py'",
                "after = 'none'",
                |s| s.after.to_string(),
                "run=a.py",
            ),
            ("", "delete = false", |s| s.delete.to_string(), "false"),
            (
                "delete = true",
                "delete = false",
                |s| s.delete.to_string(),
                "true",
            ),
            ("", "name = 'x'", |s| s.name.clone(), "x"),
            ("baud = 9600", "baud = 1", |s| s.baud.to_string(), "9600"),
            ("baud = 0", "baud = 19200", |s| s.baud.to_string(), "19200"),
            ("turbo = true", "turbo = false", |s| s.turbo.to_string(), "true"),
            ("", "conflict = 'keep'", |s| format!("{:?}", s.conflict), "Keep"),
            ("", "boot_guard = true", |s| s.boot_guard.to_string(), "true"),
            (
                "conflict = 'overwrite'",
                "conflict = 'keep'",
                |s| format!("{:?}", s.conflict),
                "Overwrite",
            ),
        ];
        for (cli, file, show, expected) in cases {
            assert_eq!(show(&settled(cli, file).0), expected, "cli: {cli}, file: {file}");
        }
    }

    #[test]
    fn values_without_sense_are_named_and_not_used() {
        let (settings, warnings) = settled("baud = 0", "types = []");
        assert_eq!((settings.baud, settings.types), (115_200, None));
        assert_eq!(
            warnings,
            [
                "the setting `baud` is not used: no line has 0 bits per second",
                "the setting `types` is not used: an empty list would keep every file off the board",
            ]
        );
    }
}
