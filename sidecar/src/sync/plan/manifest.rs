//! `Manifest`: the record that lies on the board of what the last sync put there.
//! Not trusted: every line is compared with the board before it is believed.

use std::fmt::Write as _;

use crate::base::BoardPath;
use crate::base::Digest;
use crate::base::Fingerprint;
use crate::sync::plan::Snapshot;

/// What the last sync put on the board.
///
/// As text, one line a file, sorted by path, each line ended by `\n`:
/// ```text
/// boardside 1 <project name>
/// <sha256, 64 hex> <crc32, 8 hex> <adler32, 8 hex> <size, decimal> <path with leading slash>
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Name of the project, for people.
    pub project: String,
    /// What it put there.
    pub files: Snapshot,
}

/// Why a manifest cannot be read. Nothing is ever deleted on the word of such a manifest.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// A newer Boardside wrote it.
    #[error("the manifest on the board is of version {version}, this program reads version 1")]
    Newer {
        /// The version it says.
        version: String,
    },
    /// A line is damaged.
    #[error("line {line} of the manifest on the board is damaged")]
    Damaged {
        /// Counted from 1.
        line: usize,
    },
}

impl Manifest {
    /// The text that lies on the board.
    pub fn render(&self) -> String {
        let name: String = self
            .project
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let mut text = format!("boardside 1 {name}\n");
        for (path, print) in &self.files {
            writeln!(
                text,
                "{} {:08x} {:08x} {} {path}",
                print.sha256, print.crc32, print.adler32, print.size
            )
            .expect("writing to a String cannot fail");
        }
        text
    }

    /// Reads the text that lies on the board.
    pub fn parse(text: &str) -> Result<Self, ManifestError> {
        let mut lines = text.lines().enumerate();
        let damaged = |line: usize| ManifestError::Damaged { line: line + 1 };
        let header = lines.next().map_or("", |(_, header)| header);
        let mut words = header.splitn(3, ' ');
        if words.next() != Some("boardside") {
            return Err(damaged(0));
        }
        match words.next() {
            Some("1") => {}
            Some(version) => {
                return Err(ManifestError::Newer {
                    version: version.to_owned(),
                });
            }
            None => return Err(damaged(0)),
        }
        let project = words.next().unwrap_or_default().to_owned();
        if !text.ends_with('\n') {
            return Err(damaged(text.lines().count() - 1));
        }
        let files = lines
            .map(|(number, line)| entry(line).ok_or_else(|| damaged(number)))
            .collect::<Result<Snapshot, _>>()?;
        Ok(Self { project, files })
    }
}

fn entry(line: &str) -> Option<(BoardPath, Fingerprint)> {
    let mut words = line.splitn(5, ' ');
    let print = Fingerprint {
        sha256: Digest::parse(words.next()?)?,
        crc32: u32::from_str_radix(words.next()?, 16).ok()?,
        adler32: u32::from_str_radix(words.next()?, 16).ok()?,
        size: words.next()?.parse().ok()?,
    };
    Some((BoardPath::new(words.next()?).ok()?, print))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Manifest {
        let files = [("/main.py", "a"), ("/lib/über file.py", "b"), ("/empty", "")];
        Manifest {
            project: "blink two".to_owned(),
            files: files
                .map(|(path, content)| (BoardPath::new(path).unwrap(), Fingerprint::of(content.as_bytes())))
                .into(),
        }
    }

    #[test]
    fn a_manifest_reads_back_as_it_was_written() {
        assert_eq!(Manifest::parse(&sample().render()), Ok(sample()));
    }

    #[test]
    fn a_torn_or_newer_manifest_is_refused() {
        let text = sample().render();
        for cut in 1..text.len() {
            if text.is_char_boundary(cut) && !text[..cut].ends_with('\n') {
                assert!(Manifest::parse(&text[..cut]).is_err(), "cut at {cut} was read");
            }
        }
        assert_eq!(
            Manifest::parse("boardside 2 x\n"),
            Err(ManifestError::Newer {
                version: "2".to_owned()
            })
        );
        assert_eq!(Manifest::parse(""), Err(ManifestError::Damaged { line: 1 }));
    }
}
