//! Where the parts of a release lie, as keys below the target: what devices ask for, and what Boardside keeps beside it.
//! Knows no folder and no bucket.

use std::fmt;
use std::str::FromStr;

use crate::ota::Device;
use crate::ota::OtaError;
use crate::ota::ProjectName;
use crate::ota::Tag;

/// How a version stands in the URL of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layout {
    /// `<version>_<file>`: micropython-ota's default, and all that 1.1.0 knows.
    #[default]
    Flat,
    /// `<version>/<file>`: `use_version_prefix=False` of 1.2.0 and later.
    Folder,
}

impl FromStr for Layout {
    type Err = OtaError;

    fn from_str(word: &str) -> Result<Self, OtaError> {
        match word {
            "flat" => Ok(Self::Flat),
            "folder" => Ok(Self::Folder),
            _ => Err(OtaError::Name {
                what: "layout",
                text: word.to_owned(),
                why: "it must be flat or folder",
            }),
        }
    }
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Flat => "flat",
            Self::Folder => "folder",
        })
    }
}

/// The keys of one project. What begins with a dot is served to nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keys(ProjectName);

/// What a key of a project is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    /// The current version.
    Version,
    /// What was published as this version.
    Record(Tag),
    /// The version of one device.
    Pin(Device),
    /// A number that a manifest has taken.
    Seq(u32),
    /// A file of a release: its path on the board, or a manifest's name.
    File(Tag, Layout, String),
}

impl Keys {
    /// Those of this project.
    pub fn of(project: &ProjectName) -> Self {
        Self(project.clone())
    }

    /// Whose.
    pub fn project(&self) -> &ProjectName {
        &self.0
    }

    fn at(&self, rest: fmt::Arguments<'_>) -> String {
        format!("{}/{rest}", self.0)
    }

    /// The file that says the current version.
    pub fn version(&self) -> String {
        self.at(format_args!("version"))
    }

    /// A file of a release, by its path on the board without the leading slash.
    pub fn file(&self, tag: &Tag, layout: Layout, path: &str) -> String {
        match layout {
            Layout::Flat => self.at(format_args!("{tag}_{path}")),
            Layout::Folder => self.at(format_args!("{tag}/{path}")),
        }
    }

    /// The `n`-th manifest of a release, from 0.
    pub fn manifest(&self, tag: &Tag, layout: Layout, n: u32) -> String {
        self.file(tag, layout, &manifest_name(n, "json"))
    }

    /// Its signature.
    pub fn signature(&self, tag: &Tag, layout: Layout, n: u32) -> String {
        self.file(tag, layout, &manifest_name(n, "sig"))
    }

    /// What was published as this version.
    pub fn record(&self, tag: &Tag) -> String {
        self.at(format_args!(".releases/{tag}.json"))
    }

    /// The version of one device.
    pub fn pin(&self, device: &Device) -> String {
        self.at(format_args!(".pin/{device}"))
    }

    /// A number that a manifest has taken.
    pub fn seq(&self, seq: u32) -> String {
        self.at(format_args!(".seq/{seq}"))
    }

    /// What is this? `None`: nothing of ours.
    pub fn part(&self, key: &str) -> Option<Part> {
        let rest = key.strip_prefix(self.0.as_str())?.strip_prefix('/')?;
        if rest == "version" {
            return Some(Part::Version);
        }
        if let Some(record) = rest.strip_prefix(".releases/") {
            return Some(Part::Record(record.strip_suffix(".json")?.parse().ok()?));
        }
        if let Some(device) = rest.strip_prefix(".pin/") {
            return Some(Part::Pin(device.parse().ok()?));
        }
        if let Some(seq) = rest.strip_prefix(".seq/") {
            return Some(Part::Seq(seq.parse().ok()?));
        }
        // No version has an underscore, and none a slash: what comes first tells the layout.
        let at = rest.find(['_', '/'])?;
        let (tag, path) = (rest[..at].parse().ok()?, &rest[at + 1..]);
        let layout = if rest[at..].starts_with('_') {
            Layout::Flat
        } else {
            Layout::Folder
        };
        (!path.is_empty()).then(|| Part::File(tag, layout, path.to_owned()))
    }
}

fn manifest_name(n: u32, extension: &str) -> String {
    match n {
        0 => format!("manifest.{extension}"),
        n => format!("manifest.{n}.{extension}"),
    }
}

/// Is this file of a release the `n`-th manifest?
pub(super) fn manifest_number(path: &str) -> Option<u32> {
    let number = path.strip_prefix("manifest")?.strip_suffix(".json")?;
    match number.strip_prefix('.') {
        None => number.is_empty().then_some(0),
        Some(number) => number.parse().ok().filter(|n| (1..=MOST_MANIFESTS).contains(n)),
    }
}

/// Further manifests of one version.
pub(super) const MOST_MANIFESTS: u32 = 99;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_is_found_again() {
        let keys = Keys::of(&"my_sample".parse().unwrap());
        let tag: Tag = "v1.0-rc.1".parse().unwrap();
        let device: Device = "dev_1".parse().unwrap();
        let file = |layout, path: &str| Part::File(tag.clone(), layout, path.to_owned());
        for (key, expected, part) in [
            (keys.version(), "version", Part::Version),
            (
                keys.record(&tag),
                ".releases/v1.0-rc.1.json",
                Part::Record(tag.clone()),
            ),
            (keys.pin(&device), ".pin/dev_1", Part::Pin(device.clone())),
            (keys.seq(7), ".seq/7", Part::Seq(7)),
            (
                keys.file(&tag, Layout::Flat, "a_b.py"),
                "v1.0-rc.1_a_b.py",
                file(Layout::Flat, "a_b.py"),
            ),
            (
                keys.file(&tag, Layout::Flat, "lib/a.py"),
                "v1.0-rc.1_lib/a.py",
                file(Layout::Flat, "lib/a.py"),
            ),
            (
                keys.file(&tag, Layout::Folder, "lib/a_b.py"),
                "v1.0-rc.1/lib/a_b.py",
                file(Layout::Folder, "lib/a_b.py"),
            ),
            (
                keys.manifest(&tag, Layout::Flat, 0),
                "v1.0-rc.1_manifest.json",
                file(Layout::Flat, "manifest.json"),
            ),
            (
                keys.signature(&tag, Layout::Folder, 3),
                "v1.0-rc.1/manifest.3.sig",
                file(Layout::Folder, "manifest.3.sig"),
            ),
        ] {
            assert_eq!(key, format!("my_sample/{expected}"));
            assert_eq!(keys.part(&key), Some(part), "{key}");
        }
        for other in [
            "other/version",
            "my_sample",
            "my_sample/.lock",
            "my_sample/.pin/..",
            "my_sample/x",
            "my_sample/v1_",
        ] {
            assert_eq!(keys.part(other), None, "{other}");
        }
        for (name, n) in [
            ("manifest.json", Some(0)),
            ("manifest.12.json", Some(12)),
            ("manifest.0.json", None),
            ("manifest.100.json", None),
            ("manifestx.json", None),
            ("manifest.sig", None),
        ] {
            assert_eq!(manifest_number(name), n, "{name}");
        }
    }
}
