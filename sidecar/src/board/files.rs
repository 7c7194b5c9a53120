//! Files on the board, one verb each: list, sums, remove, make a folder, recover.
//! Reading is `read`; writing goes through `stage`, so that no file is ever half new.

use crate::base::BoardPath;
use crate::board::Board;
use crate::board::BoardError;
use crate::board::Kind;
use crate::board::device;
use crate::board::device::Piece;
use crate::board::patience::Tries;
use crate::board::unclear;

/// Where Boardside keeps its manifest, journal and staged files; on flat boards the manifest has a name.
pub(super) const FOLDER: &str = "/.boardside/";
/// The manifest's name on a flat board.
pub const FLAT_MANIFEST: &str = "/boardside.manifest";
/// How many paths are asked for at once: their text must fit the RAM of a small board.
const AT_ONCE: usize = 40;

/// One thing on the board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Where; as text, because a board may hold names that no `BoardPath` allows.
    pub path: String,
    /// Bytes; `None` for a folder.
    pub size: Option<u64>,
    /// It is another drive: an SD card, a ROM.
    pub drive: bool,
}

/// What a sync that was cut short left behind.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Leftovers {
    /// What lies in Boardside's own folder besides the manifest and the agent.
    pub staged: Vec<Listed>,
    /// There is a journal, and this is whether it is whole.
    pub journal: Option<bool>,
}

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lies {
    /// Nothing.
    Nothing,
    /// A file.
    File {
        /// Bytes.
        size: u64,
    },
    /// A folder, or another drive.
    Folder,
}

impl Board {
    /// Everything on the board but Boardside's own, folders before what is in them.
    pub async fn list(&mut self) -> Result<Vec<Listed>, BoardError> {
        let mut tries = Tries::default();
        loop {
            match Box::pin(self.list_once()).await {
                Err(error) => self.mend(error, &mut tries).await?,
                done => return done,
            }
        }
    }

    async fn list_once(&mut self) -> Result<Vec<Listed>, BoardError> {
        let pieces = match self.kind().await? {
            Kind::Folders => &[device::PLACE, device::LIST, device::LIST_NOW][..],
            Kind::Flat => &[device::FLAT_PLACE, device::FLAT_LIST],
        };
        let lines = self.ask(pieces, &[]).await?;
        let listed: Vec<Listed> = lines.iter().filter_map(|line| entry(line)).collect();
        if lines.last() != Some(&format!("e {}", listed.len())) {
            return Err(unclear(&lines));
        }
        Ok(listed)
    }

    /// What lies in a folder, and below it if `deep`; a path of a file gives that file. `None` is the root.
    /// Other drives (an SD card, a ROM) are named in the root and not entered.
    pub async fn list_in(&mut self, path: Option<&BoardPath>, deep: bool) -> Result<Vec<Listed>, BoardError> {
        let mut tries = Tries::default();
        loop {
            match Box::pin(self.list_in_once(path, deep)).await {
                Err(error) => self.mend(error, &mut tries).await?,
                done => return done,
            }
        }
    }

    async fn list_in_once(
        &mut self,
        path: Option<&BoardPath>,
        deep: bool,
    ) -> Result<Vec<Listed>, BoardError> {
        if self.kind().await? == Kind::Flat {
            let all = self.list_once().await?;
            let Some(path) = path else { return Ok(all) };
            let one: Vec<Listed> = all.into_iter().filter(|one| one.path == path.as_str()).collect();
            return if one.is_empty() {
                Err(missing(path.as_str()))
            } else {
                Ok(one)
            };
        }
        let path = path.map_or("", BoardPath::as_str);
        let values = [("A", self.text(path).await?), ("D", u8::from(deep).to_string())];
        let lines = self.ask(&[device::PLACE, device::LIST_FOLDER], &values).await;
        let lines = lines.map_err(|error| named(error, path))?;
        let listed: Vec<Listed> = lines.iter().filter_map(|line| entry(line)).collect();
        if lines.last() != Some(&format!("e {}", listed.len())) {
            return Err(unclear(&lines));
        }
        Ok(listed)
    }

    /// What lies at each path.
    pub async fn lies_at(&mut self, paths: &[BoardPath]) -> Result<Vec<Lies>, BoardError> {
        let mut tries = Tries::default();
        loop {
            match Box::pin(self.lies_at_once(paths)).await {
                Err(error) => self.mend(error, &mut tries).await?,
                done => return done,
            }
        }
    }

    async fn lies_at_once(&mut self, paths: &[BoardPath]) -> Result<Vec<Lies>, BoardError> {
        if self.kind().await? == Kind::Flat {
            let listed = self.list_once().await?;
            let lies = |path: &BoardPath| {
                let one = listed.iter().find(|one| one.path == path.as_str());
                one.and_then(|one| one.size)
                    .map_or(Lies::Nothing, |size| Lies::File { size })
            };
            return Ok(paths.iter().map(lies).collect());
        }
        let mut all = Vec::with_capacity(paths.len());
        for some in paths.chunks(AT_ONCE) {
            let names = self.tuple(some.iter().map(BoardPath::as_str)).await?;
            let lines = self.ask(&[device::PLACE, device::KINDS], &[("A", names)]).await?;
            let found = lines.iter().filter_map(|line| match line.strip_prefix("k ")? {
                "d" => Some(Lies::Folder),
                "-" => Some(Lies::Nothing),
                size => Some(Lies::File {
                    size: size.parse().ok()?,
                }),
            });
            let before = all.len();
            all.extend(found);
            if all.len() - before != some.len() {
                return Err(unclear(&lines));
            }
        }
        Ok(all)
    }

    /// Size and checksum (hex, of the session's kind) of each path; `None` where there is no such file.
    pub async fn sums(&mut self, paths: &[BoardPath]) -> Result<Vec<Option<(u64, String)>>, BoardError> {
        let mut tries = Tries::default();
        loop {
            match Box::pin(self.sums_once(paths)).await {
                Err(error) => self.mend(error, &mut tries).await?,
                done => return done,
            }
        }
    }

    async fn sums_once(&mut self, paths: &[BoardPath]) -> Result<Vec<Option<(u64, String)>>, BoardError> {
        let pieces: &[Piece] = match self.kind().await? {
            Kind::Folders => &[device::PLACE, device::SUMS],
            Kind::Flat => &[device::FLAT_PLACE, device::FLAT_SUM, device::FLAT_SUMS],
        };
        let mut sums = Vec::with_capacity(paths.len());
        for some in paths.chunks(AT_ONCE) {
            let names = self.tuple(some.iter().map(BoardPath::as_str)).await?;
            let lines = self.ask(pieces, &[("A", names)]).await?;
            let found = lines.iter().filter_map(|line| line.strip_prefix("s "));
            sums.extend(found.map(|line| {
                let (size, sum) = line.split_once(' ')?;
                Some((size.parse().ok()?, sum.to_owned()))
            }));
            if sums.len() % AT_ONCE != some.len() % AT_ONCE {
                return Err(unclear(&lines));
            }
        }
        Ok(sums)
    }

    async fn tuple(&mut self, values: impl Iterator<Item = &str>) -> Result<String, BoardError> {
        let mut text = "(".to_owned();
        for value in values {
            text.push_str(&self.text(value).await?);
            text.push(',');
        }
        text.push(')');
        Ok(text)
    }

    /// The manifest's text; `None` where there is none.
    pub async fn manifest(&mut self) -> Result<Option<Vec<u8>>, BoardError> {
        let path = match self.kind().await? {
            Kind::Folders => [FOLDER, "manifest"].concat(),
            Kind::Flat => FLAT_MANIFEST.to_owned(),
        };
        match self.read(&path).await {
            Err(BoardError::NotFound { .. }) => Ok(None),
            other => other.map(Some),
        }
    }

    /// Removes a file, or a folder with everything in it if `whole_folder`. Gives what went.
    pub async fn remove(&mut self, path: &str, whole_folder: bool) -> Result<Vec<String>, BoardError> {
        if self.kind().await? == Kind::Flat {
            let name = BoardPath::new(path).map_err(|_| missing(path))?;
            if self.sums(std::slice::from_ref(&name)).await? == [None] {
                return Err(missing(path));
            }
            self.remove_flat(&[name]).await?;
            return Ok(vec![path.to_owned()]);
        }
        let values = [
            ("A", self.text(path).await?),
            ("D", if whole_folder { "1" } else { "0" }.to_owned()),
        ];
        let lines = self.ask(&[device::PLACE, device::REMOVE], &values).await;
        let lines = lines.map_err(|error| named(error, path))?;
        Ok(lines
            .iter()
            .filter_map(|line| line.strip_prefix("v "))
            .map(str::to_owned)
            .collect())
    }

    /// Removes files from a flat board.
    pub(super) async fn remove_flat(&mut self, paths: &[BoardPath]) -> Result<(), BoardError> {
        for some in paths.chunks(AT_ONCE) {
            let names = self.tuple(some.iter().map(BoardPath::as_str)).await?;
            self.ask(&[device::FLAT_PLACE, device::FLAT_REMOVE], &[("A", names)])
                .await?;
        }
        Ok(())
    }

    /// Makes a folder and those above it.
    pub async fn make_folder(&mut self, path: &BoardPath) -> Result<(), BoardError> {
        if self.kind().await? == Kind::Flat {
            return Err(BoardError::NoFolders { path: path.clone() });
        }
        let values = [("A", self.text(path.as_str()).await?)];
        let done = self.ask(&[device::PLACE, device::MKDIR], &values).await;
        let Err(error) = done else { return Ok(()) };
        let error = named(error, path.as_str());
        if !error.is_storage() {
            return Err(error);
        }
        self.facts = None;
        let facts = self.facts().await?;
        Err(error.while_writing(None, &facts))
    }

    /// Finishes what an earlier sync was told to commit, clears away what it had only staged.
    /// Says whether there was something to finish.
    pub async fn recover(&mut self) -> Result<bool, BoardError> {
        if self.kind().await? == Kind::Flat {
            // What was being written has its own name already, and would count as somebody else's file.
            let half: Vec<BoardPath> = self.half_written.iter().cloned().collect();
            self.remove_flat(&half).await?;
            self.half_written = None;
            return Ok(false);
        }
        self.facts = None;
        let lines = self
            .ask(
                &[device::PLACE, device::COMMIT, device::MEND, device::RECOVER],
                &[],
            )
            .await?;
        Ok(lines.iter().any(|line| line == "g"))
    }

    /// `recover` if something is unfinished. Gives what keeps it from being finished, where the board can still be
    /// used: on a full flash somebody has to remove a file first.
    pub async fn settle(&mut self) -> Result<Option<BoardError>, BoardError> {
        if !self.facts().await?.unfinished {
            return Ok(None);
        }
        match Box::pin(self.recover()).await {
            Ok(_) => Ok(None),
            Err(error) if error.is_gone() || error.is_line() => Err(error),
            Err(error) => Ok(Some(error)),
        }
    }

    /// What a sync that was cut short left in Boardside's own folder.
    pub async fn leftovers(&mut self) -> Result<Leftovers, BoardError> {
        if self.kind().await? == Kind::Flat {
            return Ok(Leftovers::default());
        }
        let pieces = [device::PLACE, device::COMMIT, device::LEFTOVERS];
        let lines = self.ask(&pieces, &[]).await?;
        let staged: Vec<Listed> = lines.iter().filter_map(|line| entry(line)).collect();
        if !lines.contains(&format!("e {}", staged.len())) {
            return Err(unclear(&lines));
        }
        let journal = lines.iter().find_map(|line| line.strip_prefix("j "));
        Ok(Leftovers {
            staged,
            journal: journal.map(|whole| whole == "1"),
        })
    }
}

fn entry(line: &str) -> Option<Listed> {
    let (kind, rest) = line.split_at_checked(2)?;
    let (size, path) = rest.split_once(' ')?;
    Some(Listed {
        path: path.to_owned(),
        size: match kind {
            "w " => Some(size.parse().ok()?),
            "o " | "u " => None,
            _ => return None,
        },
        drive: kind == "u ",
    })
}

fn missing(path: &str) -> BoardError {
    BoardError::NotFound {
        path: path.to_owned(),
    }
}

/// Our programs raise bare errnos; here the path is known.
pub(super) fn named(error: BoardError, path: &str) -> BoardError {
    match error {
        BoardError::NotFound { .. } => missing(path),
        BoardError::NotFolder { .. } => BoardError::NotFolder {
            path: path.to_owned(),
        },
        BoardError::IsFolder { .. } => BoardError::IsFolder {
            path: path.to_owned(),
        },
        other => other,
    }
}
