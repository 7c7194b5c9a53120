//! Comparing the board with its own manifest: one round trip.
//! What follows from the difference is `sync::plan`'s business.

use crate::base::BoardPath;
use crate::board::Board;
use crate::board::BoardError;
use crate::board::Facts;
use crate::board::Kind;
use crate::board::device;
use crate::board::device::Piece;
use crate::board::unclear;

/// What the board found when it compared itself with its manifest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// What the board is and can do.
    pub facts: Facts,
    /// The manifest's own checksum in hex, of the session's kind; `None` where there is no manifest.
    pub manifest: Option<String>,
    /// Files of the manifest that are not what it says.
    pub drifted: Vec<Drifted>,
}

/// A file of the manifest that is not what the manifest says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drifted {
    /// Which.
    pub path: BoardPath,
    /// Its size and checksum (hex, of the session's kind) now; `None` if it is gone.
    pub found: Option<(u64, String)>,
}

impl Board {
    /// Probes the board and compares it with its manifest, in one round trip.
    pub async fn compare(&mut self) -> Result<Compared, BoardError> {
        let lines = if let Some(lines) = Box::pin(self.wake(true)).await? {
            lines
        } else {
            let pieces = self.comparing().await?;
            self.ask(pieces, &[]).await?
        };
        let facts = self.learn(&lines)?;
        let summary = lines
            .iter()
            .find_map(|line| line.strip_prefix("m "))
            .ok_or_else(|| unclear(&lines))?;
        let (manifest, count) = summary.split_once(' ').ok_or_else(|| unclear(&lines))?;
        let said: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("d ")).collect();
        if count.parse() != Ok(said.len()) {
            return Err(BoardError::Answer {
                line: format!("{count} differences, {} came", said.len()),
            });
        }
        // A path that cannot be stands in a manifest that is damaged; who reads that one sees it.
        let drifted = said.into_iter().filter_map(drift).collect();
        Ok(Compared {
            facts,
            manifest: (manifest != "-").then(|| manifest.to_owned()),
            drifted,
        })
    }
}

impl Board {
    async fn comparing(&mut self) -> Result<&'static [Piece], BoardError> {
        Ok(match self.kind().await? {
            Kind::Folders => &[
                device::PLACE,
                device::FLAGS,
                device::FACTS,
                device::FACTS_NOW,
                device::COMPARE,
                device::COMPARE_NOW,
            ],
            Kind::Flat => &[
                device::FLAT_PLACE,
                device::FLAT_SUM,
                device::FLAT_FACTS,
                device::FLAT_COMPARE,
            ],
        })
    }
}

fn drift(line: &str) -> Option<Drifted> {
    let mut words = line.splitn(3, ' ');
    let (size, sum) = (words.next()?, words.next()?);
    let path = BoardPath::new(words.next()?).ok()?;
    let found = if size == "-" {
        None
    } else {
        Some((size.parse().ok()?, sum.to_owned()))
    };
    Some(Drifted { path, found })
}
