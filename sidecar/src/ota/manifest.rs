//! The manifest that the safe client reads: JSON, one line a file, so that a board need not hold all of it.
//! Bytes only; signing is `key`'s, and where it lies `layout`'s.

use serde::Deserialize;

use crate::ota::OtaError;
use crate::ota::ProjectName;
use crate::ota::Release;

/// What this program writes and reads.
const FORMAT: u64 = 1;
/// The first line and the others, in bytes: what the client has room for.
const LONGEST_HEAD: usize = 1000;
const LONGEST_LINE: usize = 300;
/// All of it, in bytes.
const LARGEST: usize = 64 << 10;
/// The highest number of a manifest.
const HIGHEST: u32 = i32::MAX as u32;

/// What a manifest says beside its files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// Which project, as devices name it.
    pub project: ProjectName,
    /// Higher than that of every manifest before, in the whole project.
    pub seq: u32,
    /// `sys.platform` or names of the devices that it is for; empty: all.
    pub targets: Vec<String>,
}

fn text(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// The manifest of a release.
pub(super) fn render(head: &Head, release: &Release) -> Result<Vec<u8>, OtaError> {
    let refused = |why| OtaError::File {
        path: "the manifest".to_owned(),
        why,
    };
    if head.seq == 0 || head.seq > HIGHEST {
        return Err(refused("its number is used up"));
    }
    let targets: Vec<String> = head.targets.iter().map(|target| text(target)).collect();
    let first = format!(
        "{{\"format\":{FORMAT},\"project\":{},\"version\":{},\"seq\":{},\"targets\":[{}],\"files\":[",
        text(head.project.as_str()),
        text(release.version.as_str()),
        head.seq,
        targets.join(",")
    );
    if first.len() > LONGEST_HEAD {
        return Err(refused(
            "its first line is longer than 1000 bytes: `ota.targets` is too long",
        ));
    }
    let line = |(path, entry): (&String, &crate::ota::Entry)| {
        format!("[{},{},\"{}\"]", text(path), entry.size, entry.sha256)
    };
    let lines: Vec<String> = release.files.iter().map(line).collect();
    if lines.iter().any(|line| line.len() >= LONGEST_LINE) {
        return Err(refused("a line of it is longer than 300 bytes"));
    }
    let text = format!("{first}\n{}\n]}}\n", lines.join(",\n"));
    if text.len() > LARGEST {
        return Err(refused(
            "it is larger than 64 KiB: the project has too many files",
        ));
    }
    Ok(text.into_bytes())
}

#[derive(Deserialize)]
struct Read {
    seq: u32,
    #[serde(default)]
    targets: Vec<String>,
    files: Vec<(String, u64, String)>,
}

/// The number of a manifest, if its files are those of the release, and for the same devices.
pub(super) fn seq_of(bytes: &[u8], release: &Release, targets: &[String]) -> Option<u32> {
    let read: Read = serde_json::from_slice(bytes).ok()?;
    let row =
        |(path, entry): (&String, &crate::ota::Entry)| (path.clone(), entry.size, entry.sha256.to_string());
    let same = read.files.into_iter().eq(release.files.iter().map(row)) && read.targets == targets;
    same.then_some(read.seq)
}

/// The number of any manifest.
pub(super) fn any_seq(bytes: &[u8]) -> Option<u32> {
    let read: Read = serde_json::from_slice(bytes).ok()?;
    Some(read.seq)
}

/// For which devices any manifest is.
pub(super) fn targets_of(bytes: &[u8]) -> Vec<String> {
    let read: Option<Read> = serde_json::from_slice(bytes).ok();
    read.map(|read| read.targets).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::ota::Entry;
    use crate::ota::Layout;

    #[test]
    fn a_manifest_has_the_lines_that_a_board_reads() {
        let files = ["boot.py", "lib/\u{fc}.py"];
        let release = Release {
            version: "1.0.1".parse().unwrap(),
            layout: Layout::Flat,
            files: files
                .iter()
                .map(|path| ((*path).to_owned(), Entry::of(b"abc")))
                .collect(),
            after: None,
        };
        let mut head = Head {
            project: "sample".parse().unwrap(),
            seq: 4,
            targets: vec!["rp2".to_owned()],
        };
        let bytes = render(&head, &release).unwrap();
        let sum = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        let expected = format!(
            "{{\"format\":1,\"project\":\"sample\",\"version\":\"1.0.1\",\"seq\":4,\"targets\":[\"rp2\"],\"files\":[\n\
             [\"boot.py\",3,\"{sum}\"],\n[\"lib/\u{fc}.py\",3,\"{sum}\"]\n]}}\n"
        );
        assert_eq!(String::from_utf8(bytes.clone()).unwrap(), expected);
        assert_eq!(seq_of(&bytes, &release, &head.targets), Some(4));
        assert_eq!(seq_of(&bytes, &release, &[]), None);
        assert_eq!(any_seq(&bytes), Some(4));
        let other = Release {
            files: BTreeMap::new(),
            ..release.clone()
        };
        assert_eq!(seq_of(&bytes, &other, &head.targets), None);
        for seq in [0, HIGHEST + 1] {
            head.seq = seq;
            assert!(render(&head, &release).is_err());
        }
        head.seq = 1;
        head.targets = vec!["x".repeat(100); 10];
        assert!(render(&head, &release).is_err());
    }
}
