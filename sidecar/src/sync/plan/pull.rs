//! `pull`: what goes from the board into the workspace, and what stands against it.
//! Not what goes the other way (`decide`), and never a removal: a workspace file is nobody's to delete.

use std::collections::BTreeMap;
use std::fmt;

use crate::base::BoardPath;

/// One file on both sides: which has it, and whether they agree. Sizes are in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sides {
    /// Only the board has it.
    OnlyBoard {
        /// On the board.
        size: u64,
    },
    /// Only the project has it.
    OnlyProject {
        /// In the project.
        size: u64,
    },
    /// Both have it with the same content.
    Same {
        /// On both.
        size: u64,
    },
    /// Both have it with different content.
    Differ {
        /// On the board.
        board: u64,
        /// In the project.
        project: u64,
    },
}

/// What lies in the workspace at the path of a file that only the board is known to have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Here {
    /// Nothing.
    #[default]
    Nothing,
    /// Something that is no file of the project: a folder, a link out of it, or a file where a folder must be.
    Other,
}

/// Why a file of the board is not written into the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hindrance {
    /// The workspace has other content; the user may say that the board wins.
    Differs,
    /// Something else lies there; nothing but the user's own hand can make room.
    InTheWay,
    /// Another file of the board has the same name but for upper and lower case, which this machine takes for one.
    SameName,
}

impl fmt::Display for Hindrance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Differs => "differs from the project's",
            Self::InTheWay => "something else lies there in the project",
            Self::SameName => "another file on the board has this name in other letters",
        })
    }
}

/// What becomes of one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is new here.
    Fetch,
    /// It takes the place of other content.
    Overwrite,
    /// Nothing: both sides agree.
    Same,
    /// Nothing: only the project has it.
    NotOnBoard,
    /// Nothing can be done before this is settled.
    Refuse(Hindrance),
}

/// What the user wants and what this machine is like.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pull {
    /// The board wins where contents differ.
    pub overwrite: bool,
    /// This machine takes upper and lower case for the same.
    pub case_blind: bool,
}

/// Decides for every file of both sides. `here` tells of paths in the workspace that are not free although no file
/// of the project lies there.
pub fn pull(
    sides: &BTreeMap<BoardPath, Sides>,
    here: &BTreeMap<BoardPath, Here>,
    how: Pull,
) -> BTreeMap<BoardPath, Decision> {
    let mut names: BTreeMap<String, usize> = BTreeMap::new();
    for path in sides.keys() {
        *names.entry(path.as_str().to_lowercase()).or_default() += 1;
    }
    let is_alone = |path: &BoardPath| !how.case_blind || names[&path.as_str().to_lowercase()] == 1;
    let decide = |path: &BoardPath, side: &Sides| match side {
        Sides::OnlyProject { .. } => Decision::NotOnBoard,
        Sides::Same { .. } => Decision::Same,
        Sides::Differ { .. } if how.overwrite => Decision::Overwrite,
        Sides::Differ { .. } => Decision::Refuse(Hindrance::Differs),
        Sides::OnlyBoard { .. } if !is_alone(path) => Decision::Refuse(Hindrance::SameName),
        Sides::OnlyBoard { .. } => match here.get(path).copied().unwrap_or_default() {
            Here::Nothing => Decision::Fetch,
            Here::Other => Decision::Refuse(Hindrance::InTheWay),
        },
    };
    sides
        .iter()
        .map(|(path, side)| (path.clone(), decide(path, side)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_both_sides_gets_its_decision() {
        use Decision::Fetch;
        use Decision::NotOnBoard;
        use Decision::Overwrite;
        use Decision::Refuse;
        use Decision::Same;
        let only_board = Sides::OnlyBoard { size: 1 };
        let differ = Sides::Differ { board: 1, project: 2 };
        let plain = Pull::default();
        let overwrite = Pull {
            overwrite: true,
            ..plain
        };
        let blind = Pull {
            case_blind: true,
            ..plain
        };
        for (why, how, sides, other, expected) in [
            ("new", plain, vec![("/a", only_board)], None, vec![Fetch]),
            (
                "same",
                overwrite,
                vec![("/a", Sides::Same { size: 1 })],
                None,
                vec![Same],
            ),
            (
                "only here",
                overwrite,
                vec![("/a", Sides::OnlyProject { size: 1 })],
                None,
                vec![NotOnBoard],
            ),
            (
                "differs",
                plain,
                vec![("/a", differ)],
                None,
                vec![Refuse(Hindrance::Differs)],
            ),
            (
                "the board wins",
                overwrite,
                vec![("/a", differ)],
                None,
                vec![Overwrite],
            ),
            (
                "a folder in its place stays, whoever wins",
                overwrite,
                vec![("/a", only_board)],
                Some("/a"),
                vec![Refuse(Hindrance::InTheWay)],
            ),
            (
                "one that cannot be written does not change what the others are",
                plain,
                vec![("/a", differ), ("/b", only_board)],
                None,
                vec![Refuse(Hindrance::Differs), Fetch],
            ),
            (
                "two names that this machine takes for one",
                blind,
                vec![("/A", only_board), ("/a", only_board)],
                None,
                vec![Refuse(Hindrance::SameName); 2],
            ),
            (
                "the same two elsewhere",
                plain,
                vec![("/A", only_board), ("/a", only_board)],
                None,
                vec![Fetch; 2],
            ),
            (
                "one of them is here under the other spelling",
                blind,
                vec![("/A", Sides::OnlyProject { size: 1 }), ("/a", only_board)],
                None,
                vec![NotOnBoard, Refuse(Hindrance::SameName)],
            ),
        ] {
            let path = |text| BoardPath::new(text).unwrap();
            let sides = sides.into_iter().map(|(text, side)| (path(text), side)).collect();
            let here = other.into_iter().map(|text| (path(text), Here::Other)).collect();
            let decided: Vec<Decision> = pull(&sides, &here, how).into_values().collect();
            assert_eq!(decided, expected, "{why}");
        }
    }
}
