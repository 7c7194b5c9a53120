//! `import`: reads the `pymakr.conf` of Pymakr 1 and 2 as if it were settings of ours.
//! Never writes one, and never takes a password out of one.

use std::path::PathBuf;

use jsonc_parser::ParseOptions;
use jsonc_parser::errors::ParseError;
use serde_json::Map;
use serde_json::Value;

use crate::session::After;
use crate::session::Options;
use crate::session::OptionsError;
use crate::session::SettingsWarning;
use crate::session::options::stays_inside;

/// Pymakr 1 sends only these where the file does not say otherwise (its Atom version adds the last two, and `pem` and
/// `key`, which have to be named here).
const V1_TYPES: [&str; 11] = [
    "py", "txt", "log", "json", "xml", "html", "js", "css", "mpy", "cet", "crt",
];
const V1_KEYS: [&str; 4] = ["sync_folder", "address", "sync_file_types", "open_on_start"];
const V2_KEYS: [&str; 2] = ["dist_dir", "dev"];

/// Keys that have nothing to become, and why.
const LEFT_OUT: [(&str, &str); 14] = [
    ("username", "logins are not kept in settings"),
    ("password", "passwords are never copied"),
    ("open_on_start", "there is no console to open"),
    ("auto_connect", "the only board there is needs no setting"),
    (
        "autoconnect_comport_manufacturers",
        "boards are told apart without a list of makers",
    ),
    (
        "ctrl_c_on_connect",
        "a running program is stopped only if that is needed",
    ),
    (
        "safe_boot_on_upload",
        "a running program is stopped only if that is needed",
    ),
    ("fast_upload", "transfers are always compressed"),
    ("statusbar_buttons", "it is about buttons"),
    ("font_size", "it is about a terminal"),
    ("scrollback", "it is about a terminal"),
    ("simulateDeepSleep", "programs are not rewritten"),
    ("uploadOnDevStart", "a sync sends what differs, always"),
    ("$schema", "it is for editors"),
];

/// How the file means what it says.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    /// Pymakr 1: names are taken literally, and at any depth.
    One,
    /// Pymakr 2: names are patterns from the root of the project.
    Two,
}

/// Reads the text of a pymakr.conf: comments, trailing commas and unknown keys are fine.
///
/// `dist_dir` or `dev` make it version 2; else `sync_folder`, `address`, `sync_file_types` or `open_on_start` make
/// it version 1; with keys of both, those of version 2 win and the others fill in.
pub fn import(text: &str) -> Result<(Options, Vec<SettingsWarning>), OptionsError> {
    let text = text.trim_start_matches('\u{feff}');
    let value = jsonc_parser::parse_to_serde_value(text, &ParseOptions::default());
    let Value::Object(keys) = value.map_err(|error| broken(&error))? else {
        let message = "expected an object in braces".to_owned();
        return Err(OptionsError::Broken {
            line: 1,
            column: 1,
            message,
        });
    };
    let has = |names: &[&str]| names.iter().any(|name| keys.contains_key(*name));
    let two = has(&V2_KEYS) || !has(&V1_KEYS);
    let version = if two { Version::Two } else { Version::One };
    let mut import = Import {
        keys: &keys,
        version,
        options: Options::default(),
        warnings: Vec::new(),
    };
    import.run()?;
    Ok((import.options, import.warnings))
}

fn broken(error: &ParseError) -> OptionsError {
    let (line, column) = (error.line_display(), error.column_display());
    // A lower-case message, as ours are.
    let message = error.kind().to_string();
    let mut letters = message.chars();
    let first = letters.next().map(|c| c.to_ascii_lowercase());
    OptionsError::Broken {
        line,
        column,
        message: first.into_iter().chain(letters).collect(),
    }
}

struct Import<'a> {
    keys: &'a Map<String, Value>,
    version: Version,
    options: Options,
    warnings: Vec<SettingsWarning>,
}

impl Import<'_> {
    fn run(&mut self) -> Result<(), OptionsError> {
        let mut after_update = None;
        // In the order of the alphabet, so that the warnings do not depend on the order of the file.
        let mut keys: Vec<_> = self.keys.iter().collect();
        keys.sort_by_key(|(key, _)| *key);
        for (key, value) in keys {
            match (key.as_str(), value) {
                ("name", Value::String(name)) => {
                    self.options.name = Some(name.clone());
                    self.took(key, format!("name = \"{name}\""));
                }
                ("dist_dir" | "sync_folder", Value::String(folder)) => self.source(key, folder)?,
                ("py_ignore", value) => self.ignore(key, value),
                ("sync_file_types", value) => self.types(key, value),
                ("sync_all_file_types", Value::Bool(_)) => {}
                ("address", value) => self.device(key, value),
                ("reboot_after_upload", Value::Bool(reboot)) => {
                    let after = if *reboot { After::Reset } else { After::None };
                    self.options.after.get_or_insert(after);
                }
                ("onUpdate", value) => after_update = after_update.or(Some((key.clone(), value))),
                ("dev", Value::Object(dev)) => {
                    for (key, value) in dev {
                        match key.as_str() {
                            "onUpdate" => after_update = Some((format!("dev.{key}"), value)),
                            _ => self.left_out(&format!("dev.{key}"), key),
                        }
                    }
                }
                _ => self.left_out(key, key),
            }
        }
        match after_update {
            Some((key, value)) => self.after(&key, value),
            None => {
                if let Some(after) = &self.options.after {
                    self.took("reboot_after_upload", format!("after = \"{after}\""));
                }
            }
        }
        self.default_types();
        Ok(())
    }

    fn took(&mut self, key: &str, setting: String) {
        self.warnings.push(SettingsWarning::Imported {
            tool: "pymakr.conf",
            key: key.to_owned(),
            setting,
        });
    }

    fn refused(&mut self, key: &str, why: &'static str) {
        self.warnings.push(SettingsWarning::NotImported {
            tool: "pymakr.conf",
            key: key.to_owned(),
            why,
        });
    }

    fn left_out(&mut self, key: &str, name: &str) {
        let known = [
            "name",
            "dist_dir",
            "sync_folder",
            "sync_all_file_types",
            "reboot_after_upload",
            "dev",
        ];
        let reason = LEFT_OUT
            .iter()
            .find(|(left, _)| *left == name)
            .map(|(_, why)| *why);
        let otherwise = if known.contains(&name) {
            "its value is of the wrong kind"
        } else {
            "it is not known"
        };
        self.refused(key, reason.unwrap_or(otherwise));
    }

    fn source(&mut self, key: &str, folder: &str) -> Result<(), OptionsError> {
        if key == "sync_folder" && self.keys.get("dist_dir").is_some_and(Value::is_string) {
            self.refused(key, "`dist_dir` is newer and says it too");
            return Ok(());
        }
        // Pymakr joins it to the project whatever it starts with, and Windows users write backslashes.
        let folder = folder.trim().replace('\\', "/");
        let parts: Vec<&str> = folder
            .split('/')
            .filter(|part| !part.is_empty() && *part != ".")
            .collect();
        let path = PathBuf::from(parts.join("/"));
        stays_inside(&path)?;
        if !parts.is_empty() {
            self.took(key, format!("source = \"{}\"", path.display()));
            self.options.source = Some(path);
        }
        Ok(())
    }

    fn ignore(&mut self, key: &str, value: &Value) {
        let names = match value {
            Value::Array(names) => names.iter().map(Value::as_str).collect(),
            Value::String(names) => Some(names.split(',').collect::<Vec<_>>()),
            _ => None,
        };
        let Some(names) = names else {
            return self.refused(key, "it is not a list of names");
        };
        let mut patterns = Vec::new();
        for name in names.into_iter().map(str::trim).filter(|name| !name.is_empty()) {
            match pattern(name, self.version) {
                Some(pattern) => patterns.push(pattern),
                None => self.refused(&format!("{key}: {name}"), "this kind of pattern is not known"),
            }
        }
        if !patterns.is_empty() {
            self.took(key, format!("ignore = {patterns:?}"));
            self.options.ignore = Some(patterns);
        }
    }

    fn types(&mut self, key: &str, value: &Value) {
        if self.all_types() {
            return self.refused(key, "`sync_all_file_types` switches it off");
        }
        let types: Option<Vec<&str>> = match value {
            Value::String(types) => Some(types.split(',').collect()),
            Value::Array(types) => types.iter().map(Value::as_str).collect(),
            _ => None,
        };
        let Some(types) = types else {
            return self.refused(key, "it is not a list of extensions");
        };
        let clean = types
            .iter()
            .map(|t| t.trim().trim_start_matches('.'))
            .filter(|t| !t.is_empty());
        let types: Vec<String> = clean.map(str::to_owned).collect();
        if !types.is_empty() {
            self.took(key, format!("types = {types:?}"));
            self.options.types = Some(types);
        }
    }

    fn all_types(&self) -> bool {
        self.keys.get("sync_all_file_types") == Some(&Value::Bool(true))
    }

    /// Pymakr 1 has a white list even where the file has none.
    fn default_types(&mut self) {
        if self.version == Version::One && self.options.types.is_none() && !self.all_types() {
            let types = V1_TYPES.map(str::to_owned).to_vec();
            self.took("sync_file_types (left out)", format!("types = {types:?}"));
            self.options.types = Some(types);
        }
    }

    fn device(&mut self, key: &str, value: &Value) {
        let first = match value {
            Value::Array(several) => several.first().and_then(Value::as_str),
            one => one.as_str(),
        };
        let address = first.unwrap_or_default().trim();
        let com = address
            .get(..3)
            .is_some_and(|com| com.eq_ignore_ascii_case("com"));
        let port = address.starts_with("/dev/")
            || com && address.len() > 3 && address.bytes().skip(3).all(|digit| digit.is_ascii_digit());
        if port {
            self.took(key, format!("device = \"{address}\""));
            self.options.device = Some(address.to_owned());
        } else if !address.is_empty() {
            self.refused(key, "it is not a serial port, and telnet is not there yet");
        }
    }

    /// There is no restarting of a script here that is not a reset: both run boot.py and main.py.
    fn after(&mut self, key: &str, value: &Value) {
        let note = match value.as_str() {
            Some("softRestartDevice") => "",
            Some("restartScript") => " (a soft reset runs boot.py and main.py too)",
            Some("hardRestartDevice") => " (a soft reset, not a hard one)",
            _ => {
                return self.refused(
                    key,
                    "it is none of restartScript, softRestartDevice, hardRestartDevice",
                );
            }
        };
        if self.options.after.is_some() {
            self.refused("reboot_after_upload", "`onUpdate` is newer and says it too");
        }
        self.options.after = Some(After::Reset);
        self.took(key, format!("after = \"reset\"{note}"));
    }
}

/// A name of `py_ignore` in `.gitignore` syntax, or `None` if there is no such pattern.
fn pattern(name: &str, version: Version) -> Option<String> {
    let path = name.replace('\\', "/");
    let path = path.trim_start_matches("./").trim_end_matches('/');
    match version {
        Version::One => {
            // Pymakr 1 compares names, so nothing in them is a wildcard.
            let special = |c| {
                if "*?[]{}!#\\".contains(c) {
                    vec!['\\', c]
                } else {
                    vec![c]
                }
            };
            let literal: String = path.trim_start_matches('/').chars().flat_map(special).collect();
            let anchor = if path.contains('/') { "/" } else { "" };
            Some(format!("{anchor}{literal}"))
        }
        Version::Two => {
            let extended = ["!(", "?(", "+(", "*(", "@("]
                .iter()
                .any(|open| path.contains(open));
            if extended || path.starts_with('!') {
                return None;
            }
            // Pymakr 2 matches from the root; a pattern with `**` in front says so itself.
            let path = path.trim_start_matches('/');
            Some(if path.starts_with("**/") {
                path.to_owned()
            } else {
                format!("/{path}")
            })
        }
    }
}
