//! `Manifest`: the record that lies on the board of what the last sync put there.
//! Not trusted: every line is compared with the board before it is believed.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fmt;
use std::fmt::Write as _;
use std::ops::Range;

use crate::base::BoardPath;
use crate::base::Digest;
use crate::base::Fingerprint;
use crate::sync::plan::Snapshot;

/// What the last sync put on the board.
///
/// As text, one line a file, sorted by path, each line ended by `\n`:
/// ```text
/// boardside 1 <project name>[<tab><version of the package>[<tab>changed]]
/// <sha256, 64 hex> <crc32, 8 hex> <adler32, 8 hex> <size, decimal> <path with leading slash>
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    /// Name of the project, for people.
    pub project: String,
    /// The package that was written, if the project came as one.
    pub installed: Option<Installed>,
    /// What it put there.
    pub files: Snapshot,
}

/// The package that a board got its project from. In the head behind a tab, which no name has: programs before this
/// one read it as a part of the name, and the next sync of theirs forgets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// Its version.
    pub version: String,
    /// A sync has changed files since.
    pub changed: bool,
}

impl fmt::Display for Installed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let changed = if self.changed { ", changed since" } else { "" };
        write!(f, "{}{changed}", self.version)
    }
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
        let mut text = self.head();
        for (path, print) in &self.files {
            text.push_str(&line(path, print));
        }
        text
    }

    /// How a board makes this manifest out of the one that it has and of the files that are staged, in the order of
    /// their paths: lines as they are, `=from size` for bytes of the old one, `!adler32 size path` for a staged file,
    /// whose other sums the board knows itself.
    pub fn recipe(&self, before: Option<&Self>, staged: &BTreeSet<BoardPath>) -> String {
        let mut old = BTreeMap::new();
        let mut at = 0;
        let mut add = |key, text: String| {
            let size = text.len();
            old.insert(key, (at, text));
            at += size;
        };
        if let Some(before) = before {
            add(None, before.head());
            for (path, print) in &before.files {
                add(Some(path), line(path, print));
            }
        }
        let mut recipe = String::new();
        let mut run = 0..0;
        let keys = std::iter::once(None).chain(self.files.keys().map(Some));
        for key in keys {
            let text = key.map_or_else(|| self.head(), |path| line(path, &self.files[path]));
            let staged = key.filter(|path| staged.contains(path));
            let same = old.get(&key).filter(|(_, same)| *same == text);
            if let (None, Some((from, _))) = (staged, same) {
                if run.end != *from {
                    take(&mut recipe, &run);
                    run = *from..*from;
                }
                run.end += text.len();
                continue;
            }
            take(&mut recipe, &run);
            run = 0..0;
            if let Some(path) = staged {
                let print = &self.files[path];
                writeln!(recipe, "!{:08x} {} {path}", print.adler32, print.size)
                    .expect("writing to a String cannot fail");
            } else {
                recipe.push_str(&text);
            }
        }
        take(&mut recipe, &run);
        recipe
    }

    fn head(&self) -> String {
        let name: String = self
            .project
            .chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect();
        let installed = self.installed.as_ref().map_or_else(String::new, |installed| {
            let changed = if installed.changed { "\tchanged" } else { "" };
            format!("\t{}{changed}", installed.version)
        });
        format!("boardside 1 {name}{installed}\n")
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
            Some(version) if version.parse::<u32>().is_ok_and(|version| version > 1) => {
                return Err(ManifestError::Newer {
                    version: version.to_owned(),
                });
            }
            _ => return Err(damaged(0)),
        }
        let mut head = words.next().unwrap_or_default().splitn(3, '\t');
        let project = head.next().unwrap_or_default().to_owned();
        let installed = head.next().map(|version| Installed {
            version: version.to_owned(),
            changed: head.next().is_some(),
        });
        if !text.ends_with('\n') {
            return Err(damaged(text.lines().count() - 1));
        }
        let files = lines
            .map(|(number, line)| entry(line).ok_or_else(|| damaged(number)))
            .collect::<Result<Snapshot, _>>()?;
        Ok(Self {
            project,
            installed,
            files,
        })
    }
}

fn line(path: &BoardPath, print: &Fingerprint) -> String {
    format!(
        "{} {:08x} {:08x} {} {path}\n",
        print.sha256, print.crc32, print.adler32, print.size
    )
}

fn take(recipe: &mut String, run: &Range<usize>) {
    if !run.is_empty() {
        writeln!(recipe, "={} {}", run.start, run.len()).expect("writing to a String cannot fail");
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
    let text = words.next()?;
    let path = BoardPath::new(text).ok()?;
    // As it is written, and no other way.
    (path.as_str() == text).then_some((path, print))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> Manifest {
        let files = [("/main.py", "a"), ("/lib/über file.py", "b"), ("/empty", "")];
        Manifest {
            project: "blink two".to_owned(),
            installed: None,
            files: files
                .map(|(path, content)| (BoardPath::new(path).unwrap(), Fingerprint::of(content.as_bytes())))
                .into(),
        }
    }

    #[test]
    fn a_manifest_reads_back_as_it_was_written() {
        assert_eq!(Manifest::parse(&sample().render()), Ok(sample()));
        for changed in [false, true] {
            let version = "1.2.0-rc.1".to_owned();
            let installed = Some(Installed { version, changed });
            let written = Manifest {
                installed,
                ..sample()
            };
            assert_eq!(Manifest::parse(&written.render()), Ok(written));
        }
        // A name cannot pass for a version.
        let named = Manifest {
            project: "a\t9".to_owned(),
            ..sample()
        };
        assert_eq!(Manifest::parse(&named.render()).unwrap().installed, None);
    }

    #[test]
    fn a_recipe_takes_what_stays_from_the_old_manifest() {
        let staged = |paths: &[&str]| paths.iter().map(|path| BoardPath::new(path).unwrap()).collect();
        let before = sample();
        let mut after = sample();
        let main = BoardPath::new("/main.py").unwrap();
        after.files.insert(main.clone(), Fingerprint::of(b"abc"));
        let text = before.render();
        let [head, empty, lib, _] = text.split_inclusive('\n').collect::<Vec<_>>()[..] else {
            panic!("{text}");
        };
        let kept_all = text.len() - text.lines().last().unwrap().len() - 1;
        let kept = head.len() + empty.len() + lib.len();
        assert_eq!(
            after.recipe(Some(&before), &staged(&["/main.py"])),
            format!("=0 {kept}\n!024d0127 3 /main.py\n")
        );
        after.files.remove(&BoardPath::new("/empty").unwrap());
        let (first, second) = (head.len(), head.len() + empty.len());
        assert_eq!(
            after.recipe(Some(&before), &staged(&["/main.py"])),
            format!("=0 {first}\n={second} {}\n!024d0127 3 /main.py\n", lib.len())
        );
        // A file that was lost on the board is staged again with the line that it had.
        assert_eq!(
            before.recipe(Some(&before), &staged(&["/main.py"])),
            format!("=0 {kept_all}\n!00620062 1 /main.py\n")
        );
        // What is not staged in this transaction stands there as it is.
        assert_eq!(after.recipe(None, &staged(&[])), after.render());
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
        for garbage in [
            "",
            "boardside",
            "boardside x y\n",
            "boardside 0 y\n",
            "boardside -2 y\n",
        ] {
            let damaged = ManifestError::Damaged { line: 1 };
            assert_eq!(Manifest::parse(garbage), Err(damaged), "{garbage}");
        }
    }
}
