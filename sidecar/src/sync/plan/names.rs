//! `check_names`: names in the project that the board cannot hold.
//! Changes no name: what the user called it is what it is called.

use std::collections::BTreeMap;

use crate::base::BoardPath;
use crate::sync::plan::BoardState;
use crate::sync::plan::NameRules;
use crate::sync::plan::Snapshot;
use crate::sync::plan::hindrance::is_own;
use crate::sync::plan::respell::folded;

/// Characters that FAT cannot have in a name (`\` and `/` never reach it).
const FAT_FORBIDS: &str = "\"*:<>?|";
/// `LFS_NAME_MAX` of littlefs in bytes, and FAT's long names in UTF-16 units.
const LONGEST: usize = 255;
/// `MAX_FILENAME_LENGTH` of the micro:bit, in bytes.
const LONGEST_MICROBIT: usize = 120;

/// A file that the board cannot hold under its name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {fault}")]
pub struct NameProblem {
    /// Which file.
    pub path: BoardPath,
    /// Why not.
    pub fault: NameFault,
}

/// What is wrong with a name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameFault {
    /// Folders on a board that has none.
    #[error("this board has no folders")]
    NoFolders,
    /// A part of the path is too long.
    #[error("`{part}` is {length} {unit} long, the board holds {most}")]
    TooLong {
        /// The part.
        part: String,
        /// Its length.
        length: usize,
        /// The longest possible.
        most: usize,
        /// What is counted.
        unit: &'static str,
    },
    /// A character that FAT forbids, or a dot or space at the end, which it drops.
    #[error("the board's FAT file system cannot hold the character `{character}` {place}in `{part}`")]
    Character {
        /// The part of the path.
        part: String,
        /// The character.
        character: char,
        /// `at the end ` or nothing.
        place: &'static str,
    },
    /// Two paths that are one path to the board.
    #[error(
        "differs from {other} only in upper and lower case, which is the same to the board's FAT file system"
    )]
    SameButCase {
        /// The other path, file or folder.
        other: BoardPath,
    },
    /// It would lie among Boardside's own files.
    #[error("/.boardside is kept for Boardside's own files")]
    Reserved,
}

/// Finds every name that this board cannot hold, in path order; the first fault of each file.
pub fn check_names(project: &Snapshot, board: &BoardState) -> Vec<NameProblem> {
    let mut spelled = Spelled::default();
    let mut problems = Vec::new();
    for path in project.keys() {
        let parts = || path.relative().split('/');
        let fault = if is_own(path) {
            Some(NameFault::Reserved)
        } else if board.flat && path.parent().is_some() {
            Some(NameFault::NoFolders)
        } else {
            parts()
                .find_map(|part| too_long(part, board.names))
                .or_else(|| {
                    parts()
                        .filter(|_| board.names == NameRules::Fat)
                        .find_map(forbidden)
                })
                .or_else(|| spelled.same_but_case(path, board.names))
        };
        problems.extend(fault.map(|fault| NameProblem {
            path: path.clone(),
            fault,
        }));
    }
    problems
}

fn too_long(part: &str, rules: NameRules) -> Option<NameFault> {
    let (length, most, unit) = match rules {
        NameRules::LittleFs => (part.len(), LONGEST, "bytes"),
        NameRules::Fat => (part.encode_utf16().count(), LONGEST, "UTF-16 units"),
        NameRules::MicroBit => (part.len(), LONGEST_MICROBIT, "bytes"),
    };
    (length > most).then(|| NameFault::TooLong {
        part: part.to_owned(),
        length,
        most,
        unit,
    })
}

fn forbidden(part: &str) -> Option<NameFault> {
    let last = part.chars().last().filter(|c| matches!(c, '.' | ' '));
    let (character, place) = match part.chars().find(|c| FAT_FORBIDS.contains(*c)) {
        Some(character) => (character, ""),
        None => (last?, "at the end "),
    };
    Some(NameFault::Character {
        part: part.to_owned(),
        character,
        place,
    })
}

/// Every path so far as FAT compares it, and as it was spelled first.
#[derive(Default)]
struct Spelled<'a> {
    paths: BTreeMap<String, BoardPath>,
    /// The folder of the last file, and what is wrong with it: neighbours follow each other.
    folder: Option<(&'a str, Option<NameFault>)>,
}

impl<'a> Spelled<'a> {
    fn same_but_case(&mut self, path: &'a BoardPath, rules: NameRules) -> Option<NameFault> {
        if rules != NameRules::Fat {
            return None;
        }
        if self
            .folder
            .as_ref()
            .is_none_or(|(last, _)| *last != path.folder())
        {
            let faults = path.ancestors().into_iter().map(|folder| self.spell(&folder));
            // All of them have to be known, whatever is wrong with the first.
            let faults: Vec<_> = faults.collect();
            self.folder = Some((path.folder(), faults.into_iter().flatten().next()));
        }
        let own = self.spell(path);
        let of_folder = self.folder.as_ref().and_then(|(_, fault)| fault.clone());
        of_folder.or(own)
    }

    fn spell(&mut self, path: &BoardPath) -> Option<NameFault> {
        let other = self.paths.entry(folded(path)).or_insert_with(|| path.clone());
        (other != path).then(|| NameFault::SameButCase { other: other.clone() })
    }
}
