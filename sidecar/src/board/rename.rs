//! `rename`: a file or a folder of the board gets another name.
//! Never replaces anything.

use crate::base::BoardPath;
use crate::base::Fingerprint;
use crate::board::Board;
use crate::board::BoardError;
use crate::board::FLAT_MANIFEST;
use crate::board::Kind;
use crate::board::Order;
use crate::board::device;
use crate::board::files::FOLDER;
use crate::board::unclear;

impl Board {
    /// Gives a file, or a folder with all that is in it, another name.
    ///
    /// Errors: `NotFound` where nothing lies at `from` or no folder is above `to`, `Taken` where something lies at
    /// `to`, `IntoItself`, `Own`. A micro:bit cannot rename: there the file is copied, read back, and removed.
    pub async fn rename(&mut self, from: &BoardPath, to: &BoardPath) -> Result<(), BoardError> {
        let flat = self.kind().await? == Kind::Flat;
        for path in [from, to] {
            let own = [path.as_str(), "/"].concat().starts_with(FOLDER);
            if own || (flat && path.as_str() == FLAT_MANIFEST) {
                let path = path.to_string();
                return Err(BoardError::Own { path });
            }
        }
        if to.is_below(from) {
            let path = from.to_string();
            return Err(BoardError::IntoItself { path });
        }
        if flat {
            return self.rename_flat(from, to).await;
        }
        let values = [
            ("A", self.text(from.as_str()).await?),
            ("D", self.text(to.as_str()).await?),
        ];
        let lines = self.ask(&[device::PLACE, device::RENAME], &values).await?;
        let said = lines.first().and_then(|line| line.strip_prefix("k "));
        match said.ok_or_else(|| unclear(&lines))? {
            "+" => Ok(()),
            "-" => Err(missing(from.as_str())),
            "t" => Err(taken(to)),
            "p" => Err(missing(to.parent().as_ref().map_or("/", BoardPath::as_str))),
            _ => Err(unclear(&lines)),
        }
    }

    async fn rename_flat(&mut self, from: &BoardPath, to: &BoardPath) -> Result<(), BoardError> {
        if to.parent().is_some() {
            return Err(BoardError::NoFolders { path: to.clone() });
        }
        match self.sums(&[from.clone(), to.clone()]).await?[..] {
            [None, _] => return Err(missing(from.as_str())),
            [_, Some(_)] => return Err(taken(to)),
            _ => {}
        }
        let content = self.read(from.as_str()).await?;
        let mut stage = self.stage().await?;
        stage.begin(vec![Order::Place(0, to.clone())], None, 0).await?;
        stage
            .put(&content, &Fingerprint::of(&content), &mut |_| {})
            .await?;
        stage.commit(&mut |_| {}).await?;
        stage.finish().await?;
        self.remove_flat(std::slice::from_ref(from)).await
    }
}

fn missing(path: &str) -> BoardError {
    BoardError::NotFound {
        path: path.to_owned(),
    }
}

fn taken(path: &BoardPath) -> BoardError {
    BoardError::Taken {
        path: path.to_string(),
    }
}
