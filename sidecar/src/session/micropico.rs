//! `import`: reads the settings of MicroPico, and of Pico-Go before it, as if they were ours.
//! They stand among VS Code's own; those are none of our business, and nothing is written.

use std::path::PathBuf;

use jsonc_parser::ParseOptions;
use serde_json::Value;

use crate::session::After;
use crate::session::Options;
use crate::session::SettingsWarning;
use crate::session::options::stays_inside;

const TOOL: &str = "MicroPico";
/// The name of before 2023 comes second: the newer one wins.
const PREFIXES: [&str; 2] = ["micropico.", "picowgo."];

/// Keys that have nothing to become, and why.
const LEFT_OUT: [(&str, &str); 13] = [
    (
        "additionalSyncFolders",
        "one folder becomes the root of the board",
    ),
    (
        "alwaysStopRunningProgram",
        "a running program is stopped only if that is needed",
    ),
    (
        "customVidPidPairs",
        "`device` names a board, whatever its numbers",
    ),
    ("executeOnConnect", "nothing is run when a board is opened"),
    ("importOnConnect", "nothing is run when a board is opened"),
    ("gcBeforeUpload", "the board's RAM is always tidied first"),
    ("noSoftResetOnRun", "running a file never resets the board"),
    ("openOnStart", "the console opens when you open it"),
    ("statusbarButtons", "it is about buttons"),
    ("useSerialPortAutoDetection", "boards are found by themselves"),
    ("autoConnect", "the only board there is needs no setting"),
    ("manualComDevice", "`autoConnect` switches it off"),
    (
        "syncAllFileTypes",
        "all files are synced, unless `types` says otherwise",
    ),
];

/// Reads the text of `.vscode/settings.json`. What is no JSON, or has no settings of MicroPico, says nothing.
pub fn import(text: &str) -> (Options, Vec<SettingsWarning>) {
    let parsed = jsonc_parser::parse_to_serde_value(text, &ParseOptions::default());
    let Ok(Value::Object(all)) = parsed else {
        return Default::default();
    };
    let mut keys: Vec<(&str, &Value)> = Vec::new();
    for prefix in PREFIXES {
        for (key, value) in &all {
            if let Some(key) = key.strip_prefix(prefix)
                && !value.is_null()
                && keys.iter().all(|(seen, _)| *seen != key)
            {
                keys.push((key, value));
            }
        }
    }
    // So that the warnings do not depend on the order of the file.
    keys.sort_by_key(|(key, _)| *key);
    let mut import = Import::default();
    let says = |name: &str, wanted: bool| {
        keys.iter()
            .any(|(key, value)| *key == name && value.as_bool() == Some(wanted))
    };
    let (all_types, manual) = (says("syncAllFileTypes", true), says("autoConnect", false));
    for (key, value) in &keys {
        import.take(key, value, all_types, manual);
    }
    (import.options, import.warnings)
}

#[derive(Default)]
struct Import {
    options: Options,
    warnings: Vec<SettingsWarning>,
}

impl Import {
    fn take(&mut self, key: &str, value: &Value, all_types: bool, manual: bool) {
        match (key, value) {
            ("syncFolder", Value::String(folder)) => self.source(key, folder),
            ("syncFileTypes", Value::Array(types)) if !all_types => {
                let types: Vec<String> = texts(types)
                    .map(|t| t.trim_start_matches('.').to_owned())
                    .collect();
                if !types.is_empty() {
                    self.took(key, format!("types = {types:?}"));
                    self.options.types = Some(types);
                }
            }
            ("syncFileTypes", Value::Array(_)) => self.refused(key, "`syncAllFileTypes` switches it off"),
            ("pyIgnore", Value::Array(names)) => self.ignore(key, texts(names)),
            ("softResetAfterUpload", Value::Bool(reset)) => {
                let after = if *reset { After::Reset } else { After::None };
                self.took(key, format!("after = \"{after}\""));
                self.options.after = Some(after);
            }
            ("manualComDevice", Value::String(port)) if manual && !port.trim().is_empty() => {
                self.took(key, format!("device = {:?}", port.trim()));
                self.options.device = Some(port.trim().to_owned());
            }
            _ => {
                let known = LEFT_OUT.iter().find(|(left, _)| *left == key);
                self.refused(
                    key,
                    known.map_or("it is not known, or its value is of the wrong kind", |k| k.1),
                );
            }
        }
    }

    fn took(&mut self, key: &str, setting: String) {
        self.warnings.push(SettingsWarning::Imported {
            tool: TOOL,
            key: key.to_owned(),
            setting,
        });
    }

    fn refused(&mut self, key: &str, why: &'static str) {
        self.warnings.push(SettingsWarning::NotImported {
            tool: TOOL,
            key: key.to_owned(),
            why,
        });
    }

    fn source(&mut self, key: &str, folder: &str) {
        let folder = folder.trim().replace('\\', "/");
        let folder = folder.trim_start_matches("./").trim_end_matches('/');
        let path = PathBuf::from(folder);
        if folder.is_empty() || folder == "." {
            return;
        }
        if stays_inside(&path).is_err() {
            return self.refused(key, "the folder is not inside of the project");
        }
        self.took(key, format!("source = \"{}\"", path.display()));
        self.options.source = Some(path);
    }

    /// MicroPico knows a name with its path, `**/name`, and `folder:name` for one of several folders.
    fn ignore<'a>(&mut self, key: &str, names: impl Iterator<Item = &'a str>) {
        let mut patterns = Vec::new();
        for name in names {
            let path = name.replace('\\', "/");
            match path.strip_prefix("**/") {
                _ if path.contains(':') => {
                    self.refused(&format!("{key}: {name}"), "it is for one of several folders");
                }
                Some(anywhere) => patterns.push(anywhere.to_owned()),
                None => patterns.push(format!(
                    "/{}",
                    path.trim_start_matches("./").trim_start_matches('/')
                )),
            }
        }
        if !patterns.is_empty() {
            self.took(key, format!("ignore = {patterns:?}"));
            self.options.ignore = Some(patterns);
        }
    }
}

fn texts(values: &[Value]) -> impl Iterator<Item = &str> {
    let texts = values.iter().filter_map(Value::as_str).map(str::trim);
    texts.filter(|text| !text.is_empty())
}
