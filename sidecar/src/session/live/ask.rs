//! Questions about files of a live board. Each brings it to its prompt, asks, and leaves it as it was.
//! What is answered from memory never comes here: that is `Mail`'s.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::future::Future;

use tokio::sync::oneshot;

use crate::base::BoardPath;
use crate::board::BoardError;
use crate::board::Listed;
use crate::session::Explained;
use crate::session::live::Ask;
use crate::session::live::Told;
use crate::session::live::Trouble;
use crate::session::live::actor::Live;
use crate::session::live::actor::Task;
use crate::session::live::actor::here;
use crate::session::live::actor::race;
use crate::session::live::listing::Listing;
use crate::session::live::work::tidy;
use crate::sync::Content;
use crate::sync::Delivery;
use crate::sync::plan::is_own;
use crate::sync::put;

/// Changes of files.
pub(super) enum Change {
    Write(BoardPath, Vec<u8>),
    Remove(BoardPath),
    Rename(BoardPath, BoardPath),
    MakeFolder(BoardPath),
}

impl Change {
    /// Boardside's own files are nobody else's.
    pub(super) fn allowed(&self) -> Result<(), BoardError> {
        let named = match self {
            Self::Write(path, _) | Self::Remove(path) | Self::MakeFolder(path) => vec![path],
            Self::Rename(from, to) => vec![from, to],
        };
        match named.into_iter().find(|path| is_own(path)) {
            Some(path) => Err(BoardError::Own {
                path: path.to_string(),
            }),
            None => Ok(()),
        }
    }

    /// It was done.
    fn note(&self, listing: &mut Listing) {
        match self {
            Self::Write(path, content) => listing.put(path, content.len() as u64),
            Self::Remove(path) => listing.remove(path),
            Self::Rename(from, to) => listing.rename(from, to),
            Self::MakeFolder(path) => listing.make_folder(path),
        }
    }
}

impl Live {
    /// Answers, unless nobody waits for that any more.
    pub(super) async fn answer(&mut self, ask: Ask, task: &Task) {
        if self.files_only.is_some() {
            return Box::pin(self.answer_by_files(ask, task)).await;
        }
        let lost = match ask {
            Ask::List { path, answer, .. } => {
                heed(answer, task, Box::pin(self.list(path.as_ref(), task))).await
            }
            Ask::Read { path, answer } => heed(answer, task, Box::pin(self.read(&path, task))).await,
            Ask::Write {
                path,
                content,
                answer,
            } => {
                heed(
                    answer,
                    task,
                    Box::pin(self.change(Change::Write(path, content), task)),
                )
                .await
            }
            Ask::Remove { path, answer } => {
                heed(answer, task, Box::pin(self.change(Change::Remove(path), task))).await
            }
            Ask::Rename { from, to, answer } => {
                heed(
                    answer,
                    task,
                    Box::pin(self.change(Change::Rename(from, to), task)),
                )
                .await
            }
            Ask::MakeFolder { path, answer } => {
                heed(
                    answer,
                    task,
                    Box::pin(self.change(Change::MakeFolder(path), task)),
                )
                .await
            }
        };
        self.tell_facts();
        if lost {
            self.gone();
        }
    }

    async fn list(&mut self, path: Option<&BoardPath>, task: &Task) -> Result<Vec<Listed>, Trouble> {
        self.come_in(task).await?;
        let board = &mut here(&mut self.place)?.board;
        let listed = async {
            tidy(board).await?;
            let listing = Listing(board.list_in(None, true).await?);
            let found = match listing.in_folder(path) {
                Some(found) => found,
                None => board.list_in(path, false).await,
            };
            Ok((listing, found))
        };
        let listed = race(&mut self.mail, task, listed).await;
        let (listing, found) = self.leave(listed).await?;
        self.mail.listing = Some(listing);
        self.known = true;
        Ok(found?)
    }

    async fn read(&mut self, path: &BoardPath, task: &Task) -> Result<Vec<u8>, Trouble> {
        self.come_in(task).await?;
        let board = &mut here(&mut self.place)?.board;
        let content = async {
            tidy(board).await?;
            Ok(board.read(path.as_str()).await?)
        };
        let content = race(&mut self.mail, task, content).await;
        self.leave(content).await
    }

    async fn change(&mut self, change: Change, task: &Task) -> Result<(), Trouble> {
        change.allowed()?;
        Box::pin(self.come_in(task)).await?;
        let board = &mut here(&mut self.place)?.board;
        let mut reports = task.reports();
        let changed = async {
            tidy(board).await?;
            match &change {
                Change::Write(path, content) => {
                    let delivery = Delivery {
                        files: BTreeMap::from([(path.clone(), Content::Bytes(content.clone()))]),
                        folders: BTreeSet::new(),
                    };
                    put(board, &delivery, &mut reports).await.map(drop)?;
                }
                Change::Remove(path) => board.remove(path.as_str(), true).await.map(drop)?,
                Change::Rename(from, to) => board.rename(from, to).await?,
                Change::MakeFolder(path) => board.make_folder(path).await?,
            }
            Ok::<(), Trouble>(())
        };
        let changed = race(&mut self.mail, task, Box::pin(changed)).await;
        match (&changed, &mut self.mail.listing) {
            (Ok(Err(trouble)), _) if trouble.is_refusal() => {}
            (Ok(Ok(())), Some(listing)) => {
                change.note(listing);
                self.tell(Told::FilesChanged);
            }
            _ => {
                self.known = true;
                self.forget_files();
            }
        }
        self.leave(changed).await
    }
}

/// Works until it is done, and cancels if nobody waits for the answer any more. Gives whether the wire broke.
pub(super) async fn heed<T>(
    mut answer: oneshot::Sender<Result<T, Explained>>,
    task: &Task,
    work: impl Future<Output = Result<T, Trouble>>,
) -> bool {
    if answer.is_closed() {
        return false;
    }
    let mut work = std::pin::pin!(work);
    let done = tokio::select! {
        done = &mut work => done,
        () = answer.closed() => {
            task.cancel.cancel();
            work.await
        }
    };
    let lost = done.as_ref().is_err_and(Trouble::is_gone);
    // Who asked may be gone by now.
    let _ = answer.send(done.map_err(|trouble| trouble.explained));
    lost
}
