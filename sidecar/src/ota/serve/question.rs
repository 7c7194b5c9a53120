//! What a device asks for, out of the path of a URL: a version, or a file. Nothing that leads out of the folder.
//! Opens no file.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use crate::ota::Device;
use crate::ota::Keys;
use crate::ota::Part;

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Question {
    /// Who says to ask, by the path.
    pub(super) device: Option<Device>,
    /// Which project.
    pub(super) project: Option<Keys>,
    /// Which file, from the folder on; plain parts only.
    pub(super) path: Vec<String>,
    /// Of which version.
    pub(super) version: Option<String>,
    /// It is the file that says the version.
    pub(super) is_version: bool,
}

/// Takes `%XX` apart, once.
fn unescaped(path: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        rest = more;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = std::str::from_utf8(rest.get(..2)?).ok()?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = &rest[2..];
    }
    String::from_utf8(bytes).ok()
}

impl Question {
    /// `None`: there can be nothing of that name.
    pub(super) fn parse(path: &str) -> Option<Self> {
        let path = unescaped(path.strip_prefix('/')?)?;
        // Devices of the kind that Windows knows, its drives and its other slash, and names that end nowhere.
        let is_plain = |part: &&str| {
            !part.is_empty()
                && !part.starts_with('.')
                && !part.contains(['\\', ':'])
                && !part.chars().any(char::is_control)
        };
        let mut parts: Vec<&str> = path.split('/').collect();
        if !parts.iter().all(is_plain) {
            return None;
        }
        let mut device = None;
        if parts[0] == "d" && parts.len() > 2 {
            device = Some(parts[1].parse().ok()?);
            parts.drain(..2);
        }
        let project = parts[0].parse().ok().map(|project| Keys::of(&project));
        let part = project
            .as_ref()
            .and_then(|project| project.part(&parts.join("/")));
        let is_version = part == Some(Part::Version);
        let version = match part {
            Some(Part::File(tag, _, _)) => Some(tag.to_string()),
            _ => None,
        };
        Some(Self {
            device,
            project,
            path: parts.into_iter().map(str::to_owned).collect(),
            version,
            is_version,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_asks_for_a_version_or_a_file_of_one() {
        let asked = |path: &str| {
            let question = Question::parse(path)?;
            let device = question.device.map(|device| device.to_string());
            Some((
                device.unwrap_or_default(),
                question.path.join("/"),
                question.version.unwrap_or_default(),
                question.is_version,
            ))
        };
        for (path, device, file, version, is_version) in [
            ("/sample/version", "", "sample/version", "", true),
            ("/d/dev1/sample/version", "dev1", "sample/version", "", true),
            ("/sample/v1_main.py", "", "sample/v1_main.py", "v1", false),
            (
                "/d/dev1/sample/v1_lib/a.py",
                "dev1",
                "sample/v1_lib/a.py",
                "v1",
                false,
            ),
            ("/sample/v1/a_b.py", "", "sample/v1/a_b.py", "v1", false),
            ("/sample/v1%2B2_main.py", "", "sample/v1+2_main.py", "v1+2", false),
            ("/sample/v1+2_main.py", "", "sample/v1+2_main.py", "v1+2", false),
            ("/version", "", "version", "", false),
            ("/sample/lib/version", "", "sample/lib/version", "lib", false),
        ] {
            assert_eq!(
                asked(path),
                Some((device.to_owned(), file.to_owned(), version.to_owned(), is_version)),
                "{path}"
            );
        }
    }

    #[test]
    fn nothing_leads_out_of_the_folder_or_to_what_is_hidden_in_it() {
        for path in [
            "",
            "x",
            "/",
            "//",
            "/../x",
            "/sample/../../x",
            "/sample/..%2f..%2fx",
            "/sample/%2e%2e/x",
            "/%2e%2e%2fetc/passwd",
            "/sample/.pin/dev1",
            "/sample/.releases/v1.json",
            "/.lock",
            "/sample/%2epin/dev1",
            "/sample//version",
            "/sample/",
            "/sample\\..\\x",
            "/sample/%5c..%5cx",
            "/c:/x",
            "/sample/a%00",
            "/sample/%",
            "/sample/%4",
            "/sample/%zz",
            "/sample/%+1",
            "/sample/%ff",
            "/d/../sample/version",
            "/d/.x/sample/version",
            "/sample/./version",
            "/sample/\n",
        ] {
            assert_eq!(Question::parse(path), None, "{path}");
        }
    }
}
