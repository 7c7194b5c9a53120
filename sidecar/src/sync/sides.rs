//! `sides`: board and project file by file, whatever any manifest says.
//! Reads sums, no contents, and decides nothing.

use std::collections::BTreeMap;
use std::path::Path;

use crate::base::BoardPath;
use crate::base::Progress;
use crate::base::Stage as At;
use crate::board::Board;
use crate::board::BoardError;
use crate::board::FLAT_MANIFEST;
use crate::sync::ignore::Rules;
use crate::sync::plan::Sides;
use crate::sync::plan::is_own;
use crate::sync::scan::Scan;

/// Compares every file. What the rules keep off the board is not looked at on the board either, nor are names that
/// no project can have, other drives, and Boardside's own folder.
pub async fn sides(
    board: &mut Board,
    scan: &Scan,
    rules: &Rules,
    progress: &mut dyn Progress,
) -> Result<BTreeMap<BoardPath, Sides>, BoardError> {
    progress.report(At::Comparing);
    let mut sides: BTreeMap<BoardPath, Sides> = scan
        .files
        .iter()
        .map(|(path, print)| (path.clone(), Sides::OnlyProject { size: print.size }))
        .collect();
    let mut ask = Vec::new();
    for listed in board.list_in(None, true).await? {
        let (Ok(path), Some(size)) = (BoardPath::new(&listed.path), listed.size) else {
            continue;
        };
        if path.as_str() != listed.path {
            continue; // A name in decomposed Unicode, which can only be asked for as it is.
        }
        match scan.files.get(&path) {
            None if is_wanted(&path, rules) => {
                sides.insert(path, Sides::OnlyBoard { size });
            }
            None => {}
            Some(print) => {
                if print.size == size {
                    ask.push(path.clone());
                }
                let differ = Sides::Differ {
                    board: size,
                    project: print.size,
                };
                sides.insert(path, differ);
            }
        }
    }
    let sums = board.sums(&ask).await?;
    let sum = board.sum();
    for (path, found) in ask.into_iter().zip(sums) {
        let same = found.is_some_and(|(_, found)| sum.hex(&scan.files[&path]) == found);
        if same && let Some(side) = sides.get_mut(&path) {
            *side = Sides::Same {
                size: scan.files[&path].size,
            };
        }
    }
    Ok(sides)
}

/// Would a project's file at this path go to the board?
pub fn is_wanted(path: &BoardPath, rules: &Rules) -> bool {
    let ignored =
        |path: &BoardPath, is_folder| rules.why_ignored(Path::new(path.relative()), is_folder).is_some();
    !is_own(path)
        && path.as_str() != FLAT_MANIFEST
        && !ignored(path, false)
        && !path.ancestors().iter().any(|folder| ignored(folder, true))
}
