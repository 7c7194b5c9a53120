//! A package's bytes: a zip file of stored entries, the manifest first, in the one way in which it can be written.
//! Opens no file, and takes nothing on trust: what is read must be, byte by byte, what would be written of it.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::io::Write as _;

use zip::CompressionMethod;
use zip::DateTime;
use zip::System;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::base::BoardPath;
use crate::base::Fingerprint;
use crate::package::Head;
use crate::package::PackageError;
use crate::package::manifest;
use crate::package::manifest::Entry;
use crate::package::manifest::too_large;

/// A whole package, in bytes: more than the flash of any board that runs MicroPython.
pub const LARGEST: u64 = 64 << 20;
/// Its manifest, in bytes.
const LARGEST_MANIFEST: u64 = 4 << 20;

/// The files lie in this folder of the zip file, so that who unpacks it gets them apart.
const FILES: &str = "files";
/// What a zip file has beside names and contents, in bytes (APPNOTE 4.3.7, 4.3.12, 4.3.16).
const LOCAL: usize = 30;
const CENTRAL: usize = 46;
const END: usize = 22;

/// A package that was read: whole, and as it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Package {
    /// What it says of itself.
    pub head: Head,
    /// What its files are.
    pub files: BTreeMap<BoardPath, Fingerprint>,
    /// What is in them.
    pub contents: BTreeMap<BoardPath, Vec<u8>>,
}

/// Makes a package: the same project gives the same bytes on every system, at every time.
pub fn pack(head: &Head, contents: &BTreeMap<BoardPath, Vec<u8>>) -> Result<Vec<u8>, PackageError> {
    let entries: Vec<Entry> = contents
        .iter()
        .map(|(path, content)| Entry {
            path: path.clone(),
            size: content.len() as u64,
            sha256: Fingerprint::of(content).sha256,
        })
        .collect();
    let manifest = manifest::render(head, &entries)?;
    expected(&manifest, &entries)?;
    Ok(write(
        &manifest,
        contents.iter().map(|(path, content)| (path, &content[..])),
    ))
}

fn write<'a>(manifest: &[u8], files: impl Iterator<Item = (&'a BoardPath, &'a [u8])>) -> Vec<u8> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644)
        .system(System::Unix);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: String, content: &[u8]| {
        let begun = zip.start_file(name, options);
        begun.expect("names are unique and short");
        zip.write_all(content).expect("a vector takes all");
    };
    add(manifest::NAME.to_owned(), manifest);
    for (path, content) in files {
        add([FILES, path.as_str()].concat(), content);
    }
    zip.finish().expect("a vector takes all").into_inner()
}

/// How long a package with this manifest is; refused if that is too long.
fn expected(manifest: &[u8], entries: &[Entry]) -> Result<u64, PackageError> {
    let most = LARGEST_MANIFEST;
    if manifest.len() as u64 > most {
        return Err(too_large("manifest, bytes", manifest.len() as u64, most));
    }
    let mut whole = (LOCAL + CENTRAL + 2 * manifest::NAME.len() + manifest.len() + END) as u64;
    for entry in entries {
        let name = FILES.len() + entry.path.as_str().len();
        let around = (LOCAL + CENTRAL + 2 * name) as u64;
        whole = whole.saturating_add(around).saturating_add(entry.size);
    }
    if whole > LARGEST {
        return Err(too_large("bytes", whole, LARGEST));
    }
    Ok(whole)
}

/// Cuts off the first `count` bytes.
fn take<'a>(rest: &mut &'a [u8], count: usize) -> Option<&'a [u8]> {
    let (first, more) = rest.split_at_checked(count)?;
    *rest = more;
    Some(first)
}

impl Package {
    /// Reads a package. Nothing in it is unpacked or looked up: the manifest says how long each part is, so that there
    /// is one way to read it, and it takes no more memory than twice its own size.
    pub fn parse(bytes: &[u8]) -> Result<Self, PackageError> {
        let size = bytes.len() as u64;
        if size > LARGEST {
            return Err(too_large("bytes", size, LARGEST));
        }
        let manifest = first(bytes)?;
        let (head, entries) = manifest::parse(manifest)?;
        let expected = expected(manifest, &entries)?;
        if size < expected {
            return Err(PackageError::Truncated { size, expected });
        }
        let damaged = |what: &str| PackageError::Damaged {
            what: what.to_owned(),
        };
        if size > expected {
            return Err(damaged("something follows its end"));
        }
        let mut rest = &bytes[LOCAL + manifest::NAME.len() + manifest.len()..];
        let (mut files, mut contents) = (BTreeMap::new(), BTreeMap::new());
        for entry in entries {
            let name = FILES.len() + entry.path.as_str().len();
            let length = usize::try_from(entry.size).unwrap_or(usize::MAX);
            let content = take(&mut rest, LOCAL + name).and_then(|_| take(&mut rest, length));
            let content = content.ok_or_else(|| damaged("its structure"))?;
            let print = Fingerprint::of(content);
            if print.sha256 != entry.sha256 {
                return Err(damaged(entry.path.as_str()));
            }
            files.insert(entry.path.clone(), print);
            contents.insert(entry.path, content);
        }
        if write(manifest, contents.iter().map(|(path, content)| (path, *content))) != bytes {
            return Err(damaged("its structure"));
        }
        let contents = contents
            .into_iter()
            .map(|(path, content)| (path, content.to_vec()))
            .collect();
        Ok(Self {
            head,
            files,
            contents,
        })
    }
}

/// The text of the first entry, which is the manifest.
fn first(bytes: &[u8]) -> Result<&[u8], PackageError> {
    let size = bytes.len() as u64;
    let begin = LOCAL + manifest::NAME.len();
    let is_zip = bytes.starts_with(b"PK\x03\x04");
    if !is_zip {
        return Err(PackageError::NotAPackage {
            why: "it is no zip file",
        });
    }
    if bytes.len() < begin {
        let expected = begin as u64;
        return Err(PackageError::Truncated { size, expected });
    }
    let number = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let named = usize::from(u16::from_le_bytes([bytes[26], bytes[27]])) == manifest::NAME.len();
    if !named || &bytes[LOCAL..begin] != manifest::NAME.as_bytes() {
        return Err(PackageError::NotAPackage {
            why: "it does not begin with a manifest",
        });
    }
    let (crc32, length) = (number(14), number(22));
    if u64::from(length) > LARGEST_MANIFEST {
        return Err(too_large("manifest, bytes", length.into(), LARGEST_MANIFEST));
    }
    let end = begin + length as usize;
    let Some(manifest) = bytes.get(begin..end) else {
        let expected = end as u64;
        return Err(PackageError::Truncated { size, expected });
    };
    if Fingerprint::of(manifest).crc32 != crc32 {
        return Err(PackageError::Damaged {
            what: manifest::NAME.to_owned(),
        });
    }
    Ok(manifest)
}

#[cfg(test)]
mod tests;
