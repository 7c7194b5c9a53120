//! `Options`: the user's words, as they stand in `boardside.toml` or on the command line.
//! Gives nothing a meaning or a default: that is `settings`.

use std::fmt;
use std::path::Path;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Deserialize;
use serde::Deserializer;

use crate::base::BoardPath;
use crate::base::PathError;
use crate::session::releases::OtaOptions;
use crate::sync::plan::OnConflict;
use crate::wire::Address;

/// Every key of `boardside.toml`; a test holds that they are those of `Options`.
const KEYS: [&str; 13] = [
    "device",
    "source",
    "ignore",
    "types",
    "after",
    "delete",
    "name",
    "baud",
    "turbo",
    "conflict",
    "boot_guard",
    "packages",
    "ota",
];

/// What one source of settings says; `None` where it says nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Address of the board, as for `--device`.
    pub device: Option<String>,
    /// Folder of the project that is the root of the board, relative to the project.
    pub source: Option<PathBuf>,
    /// Patterns in `.gitignore` syntax of what does not go to the board.
    pub ignore: Option<Vec<String>>,
    /// The only extensions that go to the board.
    pub types: Option<Vec<String>>,
    /// What happens on the board after a sync.
    #[serde(deserialize_with = "word")]
    pub after: Option<After>,
    /// Remove from the board what the project no longer has.
    pub delete: Option<bool>,
    /// Name of the project, for people; it is written on the board.
    pub name: Option<String>,
    /// Bits per second of a serial port.
    pub baud: Option<u32>,
    /// Make the line faster while much is sent, where the board's firmware can.
    pub turbo: Option<bool>,
    /// What to do about files that were edited on the board, or are not ours: stop, overwrite, keep.
    #[serde(deserialize_with = "word")]
    pub conflict: Option<OnConflict>,
    /// The board finishes a sync that lost its power when it boots.
    pub boot_guard: Option<bool>,
    /// Packages that are made of this project, and written from here.
    pub packages: Option<PackageOptions>,
    /// Releases of this project, for boards that update themselves.
    pub ota: Option<OtaOptions>,
}

/// The table `packages` of the settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PackageOptions {
    /// Public keys of minisign, of which one must have signed what is written.
    pub keys: Vec<String>,
    /// Secret key of minisign that signs packages of this project, relative to it.
    pub sign: Option<PathBuf>,
    /// Where packages lie, relative to the project.
    pub folder: Option<PathBuf>,
    /// `sys.platform` of the boards that packages of this project are for.
    pub platforms: Vec<String>,
    /// Versions of MicroPython that they are for.
    pub firmware: Option<String>,
}

/// What happens on the board after a sync.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum After {
    /// Nothing: the board waits at its prompt.
    None,
    /// A soft reset, which runs boot.py and main.py.
    Reset,
    /// Runs this file of the board.
    Run(BoardPath),
    /// What ran before runs again; if nothing ran, nothing.
    #[default]
    Restore,
}

/// Words that are no `After`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AfterError {
    /// None of the choices.
    #[error("`{word}` is none of none, reset, restore and run=FILE")]
    Unknown {
        /// As it was given.
        word: String,
    },
    /// `run=` with something that is no file on a board.
    #[error("`run=` needs a file on the board")]
    Run(#[from] PathError),
}

impl FromStr for After {
    type Err = AfterError;

    fn from_str(word: &str) -> Result<Self, AfterError> {
        match (word, word.strip_prefix("run=")) {
            ("none", _) => Ok(Self::None),
            ("reset", _) => Ok(Self::Reset),
            ("restore", _) => Ok(Self::Restore),
            (_, Some(file)) => Ok(Self::Run(BoardPath::new(file)?)),
            _ => Err(AfterError::Unknown {
                word: word.to_owned(),
            }),
        }
    }
}

impl fmt::Display for After {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Reset => f.write_str("reset"),
            Self::Run(file) => write!(f, "run={}", file.relative()),
            Self::Restore => f.write_str("restore"),
        }
    }
}

/// Why a settings file cannot be used. Lines and columns count from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// It is not TOML, or a value is of the wrong kind.
    #[error("line {line}, column {column}: {message}")]
    Broken {
        /// Where.
        line: usize,
        /// Where.
        column: usize,
        /// From the parser.
        message: String,
    },
    /// A key that means nothing; most likely a slip of the pen.
    #[error("line {line}, column {column}: the key `{key}` is not known{}", hint(nearest.as_ref()))]
    UnknownKey {
        /// Where.
        line: usize,
        /// Where.
        column: usize,
        /// As it was written.
        key: String,
        /// The known key that looks most like it.
        nearest: Option<&'static str>,
    },
    /// A settings file is shared and kept; a password in it would be, too.
    #[error(
        "the address in `device` has a password; write `{address}`, and keep the password with `boardside login {address}` or in BOARDSIDE_PASSWORD"
    )]
    Password {
        /// The address without it.
        address: String,
    },
    /// The board's root must lie in the project.
    #[error("the source folder `{}` leaves the project; it must be a folder inside of it", path.display())]
    LeavesProject {
        /// As it was written.
        path: PathBuf,
    },
}

fn hint(nearest: Option<&&'static str>) -> String {
    nearest.map_or_else(String::new, |key| format!("; did you mean `{key}`?"))
}

impl Options {
    /// Reads the text of a `boardside.toml`.
    pub fn parse(text: &str) -> Result<Self, OptionsError> {
        let text = text.trim_start_matches('\u{feff}');
        let broken = |error: &toml::de::Error| {
            let (line, column) = place(text, error.span().map_or(0, |span| span.start));
            let message = error.message().to_owned();
            OptionsError::Broken {
                line,
                column,
                message,
            }
        };
        let table = toml::de::DeTable::parse(text).map_err(|error| broken(&error))?;
        let unknown = table
            .get_ref()
            .keys()
            .find(|key| !KEYS.contains(&key.get_ref().as_ref()));
        if let Some(key) = unknown {
            let (line, column) = place(text, key.span().start);
            let key = key.get_ref().to_string();
            let nearest = similar::get_close_matches(key.to_lowercase().as_str(), &KEYS, 1, 0.5);
            return Err(OptionsError::UnknownKey {
                line,
                column,
                key,
                nearest: nearest.first().copied(),
            });
        }
        let options: Self = toml::from_str(text).map_err(|error| broken(&error))?;
        options.source.as_deref().map_or(Ok(()), stays_inside)?;
        options.device.as_deref().map_or(Ok(()), has_no_password)?;
        Ok(options)
    }
}

/// Refuses an address with a password. What is no address at all is told when it is opened.
fn has_no_password(device: &str) -> Result<(), OptionsError> {
    match device.parse::<Address>() {
        Ok(address) if address.place().is_some_and(|place| place.password.is_some()) => {
            Err(OptionsError::Password {
                address: address.to_string(),
            })
        }
        _ => Ok(()),
    }
}

/// Refuses a folder that is not inside of the project by its name alone. Both kinds of slashes count, so that a
/// project means the same on every host.
pub(super) fn stays_inside(source: &Path) -> Result<(), OptionsError> {
    let text = source.to_string_lossy();
    let drive = text.chars().nth(1) == Some(':');
    let leaves =
        drive || text.starts_with(['/', '\\', '~']) || text.split(['/', '\\']).any(|part| part == "..");
    if leaves {
        Err(OptionsError::LeavesProject {
            path: source.to_owned(),
        })
    } else {
        Ok(())
    }
}

/// Line and column of a byte, from 1.
fn place(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.rsplit('\n').next().unwrap_or_default();
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

fn word<'de, D, T>(from: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: FromStr,
    T::Err: fmt::Display,
{
    let word = String::deserialize(from)?;
    word.parse().map(Some).map_err(serde::de::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: &str = r#"
device = "/dev/ttyACM0"
source = "src"
ignore = ["tests/"]
types = ["py", "mpy"]
after = "run=app.py"
delete = false
name = "blink"
baud = 921600
turbo = true
conflict = "keep"
boot_guard = true
packages = { sign = "release.key", keys = ["RWQ"], folder = "dist", platforms = ["rp2"], firmware = ">=1.20" }
ota = { target = "s3://b", project = "p", layout = "folder", key = "k", files = ["a"], largest = 9, targets = ["rp2"], url = "http://h" }
"#;

    #[test]
    fn every_key_is_read() {
        let options = Options::parse(ALL).unwrap();
        let expected = Options {
            device: Some("/dev/ttyACM0".to_owned()),
            source: Some("src".into()),
            ignore: Some(vec!["tests/".to_owned()]),
            types: Some(vec!["py".to_owned(), "mpy".to_owned()]),
            after: Some(After::Run(BoardPath::new("/app.py").unwrap())),
            delete: Some(false),
            name: Some("blink".to_owned()),
            baud: Some(921_600),
            turbo: Some(true),
            boot_guard: Some(true),
            conflict: Some(OnConflict::Keep),
            packages: Some(PackageOptions {
                sign: Some("release.key".into()),
                keys: vec!["RWQ".to_owned()],
                folder: Some("dist".into()),
                platforms: vec!["rp2".to_owned()],
                firmware: Some(">=1.20".to_owned()),
            }),
            ota: Some(OtaOptions {
                target: Some("s3://b".to_owned()),
                project: Some("p".to_owned()),
                layout: Some("folder".to_owned()),
                key: Some("k".into()),
                files: Some(vec!["a".to_owned()]),
                largest: Some(9),
                targets: vec!["rp2".to_owned()],
                url: Some("http://h".to_owned()),
            }),
        };
        assert_eq!(options, expected);
        let read: Vec<&str> = ALL
            .lines()
            .filter_map(|line| line.split(" = ").next())
            .skip(1)
            .collect();
        assert_eq!(read, KEYS, "KEYS are the fields of Options");
        assert_eq!(Options::parse("\u{feff}# nothing\n"), Ok(Options::default()));
    }

    #[test]
    fn a_mistake_is_shown_with_its_place() {
        let cases = [
            (
                "delete = true\ndelet = true",
                "line 2, column 1: the key `delet` is not known; did you mean `delete`?",
            ),
            (
                "Device = 'x'",
                "line 1, column 1: the key `Device` is not known; did you mean `device`?",
            ),
            ("[board]\nx = 1", "line 1, column 2: the key `board` is not known"),
            (
                "after = 'boot'",
                "line 1, column 9: `boot` is none of none, reset, restore and run=FILE",
            ),
            (
                "after = 'run=../x'",
                "line 1, column 9: `run=` needs a file on the board",
            ),
            (
                "conflict = 'pull'",
                "line 1, column 12: `pull` is none of stop, overwrite and keep",
            ),
            ("name = 'ü' x", "line 1, column 12: "),
            (
                "baud = 'fast'",
                "line 1, column 8: invalid type: string \"fast\", expected u32",
            ),
            (
                "device = 'telnet://micro:python@192.168.4.1'",
                "the address in `device` has a password; write `telnet://micro@192.168.4.1`, and keep",
            ),
            (
                "source = '../other'",
                "the source folder `../other` leaves the project; it must be a folder inside of it",
            ),
            (
                "source = '/src'",
                "the source folder `/src` leaves the project; it must be a folder inside of it",
            ),
            (
                "source = 'C:\\src'",
                "the source folder `C:\\src` leaves the project; it must be a folder inside of it",
            ),
        ];
        for (text, expected) in cases {
            let message = Options::parse(text).unwrap_err().to_string();
            assert!(
                message.starts_with(expected),
                "{text}\n  expected {expected}\n  got      {message}"
            );
        }
    }

    #[test]
    fn what_comes_after_reads_back_as_it_is_shown() {
        for word in ["none", "reset", "restore", "run=lib/app.py"] {
            assert_eq!(word.parse::<After>().unwrap().to_string(), word);
        }
    }
}
