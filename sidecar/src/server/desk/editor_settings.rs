//! The editor's settings: JSON of the section `boardside` as `Options`, by the same rules as boardside.toml.
//! Pure. A value that makes no sense is left out and named.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use serde_json::Value;

use crate::server::protocol::names;
use crate::session::Options;

/// When a folder is synced without being asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum AutoSync {
    #[default]
    Off,
    /// The editor saved a file.
    OnSave,
    /// Any program changed one.
    OnChange,
}

impl AutoSync {
    /// As in the settings.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Off => "off",
            Self::OnSave => "onSave",
            Self::OnChange => "onChange",
        }
    }
}

/// What an editor says about a folder.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct EditorSettings {
    pub(super) options: Options,
    pub(super) auto_sync: AutoSync,
    /// What was left out, for people.
    pub(super) warnings: Vec<String>,
}

/// Reads the section. Settings that are not known are another version's.
pub(super) fn read(section: &Value) -> EditorSettings {
    let mut settings = EditorSettings::default();
    let mut good = String::new();
    for key in names::SETTINGS {
        let value = &section[key];
        if value.is_null() {
            continue;
        }
        let done = if key == "autoSync" {
            let all = [AutoSync::Off, AutoSync::OnSave, AutoSync::OnChange];
            let found = all.into_iter().find(|auto| value.as_str() == Some(auto.word()));
            settings.auto_sync = found.unwrap_or_default();
            found
                .map(drop)
                .ok_or_else(|| format!("{value} is none of off, onSave and onChange"))
        } else {
            // Texts, numbers and lists are written the same in JSON and TOML.
            let line = format!("{key} = {value}\n");
            let parsed = Options::parse(&line);
            parsed.map(|_| good.push_str(&line)).map_err(|error| {
                let text = error.to_string();
                text.strip_prefix("line 1, column ")
                    .and_then(|rest| rest.split_once(": "))
                    .map_or(text.clone(), |(_, why)| why.to_owned())
            })
        };
        if let Err(why) = done {
            let why = why.trim_end().replace('\n', " ");
            settings
                .warnings
                .push(format!("the editor's setting `{key}` is not used: {why}"));
        }
    }
    settings.options = Options::parse(&good).unwrap_or_default();
    settings
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::json;

    use super::*;
    use crate::session::After;
    use crate::sync::plan::OnConflict;

    #[test]
    fn every_setting_is_read_and_what_is_not_set_is_left_to_others() {
        let read = read(&json!({
            "device": "id:e661\"\u{7}", "autoSync": "onSave", "after": "run=a b.py", "conflict": "keep", "delete": false,
            "baud": 9600, "source": "src", "ignore": ["*.txt", "ü"], "types": ["py"], "later": 1,
        }));
        assert_eq!(read.warnings, [""; 0]);
        assert_eq!(read.auto_sync, AutoSync::OnSave);
        let options = read.options;
        assert_eq!(options.device.as_deref(), Some("id:e661\"\u{7}"));
        assert!(matches!(options.after, Some(After::Run(file)) if file.as_str() == "/a b.py"));
        assert_eq!(options.conflict, Some(OnConflict::Keep));
        assert_eq!((options.delete, options.baud), (Some(false), Some(9600)));
        assert_eq!(options.source.as_deref(), Some(Path::new("src")));
        assert_eq!(options.ignore.unwrap(), ["*.txt", "ü"]);
        assert_eq!(options.types.unwrap(), ["py"]);
        for nothing in [
            Value::Null,
            json!({}),
            json!({"device": null}),
            json!("x"),
            json!([]),
        ] {
            assert_eq!(super::read(&nothing), EditorSettings::default(), "{nothing}");
        }
    }

    #[test]
    fn a_value_without_sense_is_named_and_the_others_count() {
        for (key, value) in [
            ("device", json!(7)),
            ("autoSync", json!(true)),
            ("autoSync", json!("always")),
            ("after", json!("explode")),
            ("conflict", json!("ask")),
            ("delete", json!("yes")),
            ("baud", json!(-1)),
            ("baud", json!(1.5)),
            ("source", json!("../other")),
            ("ignore", json!("*.txt")),
            ("types", json!({"a": 1})),
        ] {
            let other = if key == "delete" {
                json!({"baud": 9600})
            } else {
                json!({"delete": false})
            };
            let expected = super::read(&other).options;
            let mut section = other;
            section[key] = value.clone();
            let read = read(&section);
            assert_eq!(read.warnings.len(), 1, "{key}: {value}");
            assert!(read.warnings[0].contains(key), "{:?}", read.warnings);
            assert_eq!(read.options, expected, "{key}: {value}");
            assert_eq!(read.auto_sync, AutoSync::Off);
        }
    }
}
