//! `put` by file operations: files to the places that the user named, where there is FTP and no REPL.
//! All of them lie beside the old ones before the first takes its name; there is no commit by the board.

use crate::base::BoardPath;
use crate::base::Progress;
use crate::base::Stage as At;
use crate::board::BoardError;
use crate::board::Lies;
use crate::board::Tier;
use crate::ftp::Ftp;
use crate::sync::error::SyncError;
use crate::sync::plan::OWN_FOLDER;
use crate::sync::plan::is_own;
use crate::sync::put::Delivery;
use crate::sync::put::LARGEST;
use crate::sync::transaction::Applied;

/// Puts files on the board. `None`: there was nothing to do.
pub async fn put_by_files(
    ftp: &mut Ftp,
    delivery: &Delivery,
    progress: &mut dyn Progress,
) -> Result<Option<Applied>, SyncError> {
    progress.report(At::Comparing);
    let mut paths: Vec<BoardPath> = delivery.files.keys().cloned().collect();
    paths.sort_by_key(BoardPath::runs_at_boot);
    if let Some(own) = paths.iter().chain(&delivery.folders).find(|path| is_own(path)) {
        let path = own.to_string();
        return Err(BoardError::Own { path }.into());
    }
    for (path, lies) in paths
        .iter()
        .zip(ftp.lies_at(&paths).await.map_err(SyncError::from)?)
    {
        if lies == Lies::Folder {
            let path = path.to_string();
            return Err(BoardError::InTheWay { path }.into());
        }
    }
    let mut folders = BoardPath::folders(&paths);
    folders.extend(delivery.folders.iter().cloned());
    for folder in &folders {
        ftp.make_folders(folder).await?;
    }
    if paths.is_empty() {
        return Ok(None);
    }
    let mut contents = Vec::new();
    for path in &paths {
        contents.push(delivery.files[path].read(LARGEST)?);
    }
    let total = contents.iter().map(|content| content.len() as u64).sum();
    ftp.make_folder(OWN_FOLDER).await?;
    let mut before = 0;
    for (number, (path, content)) in paths.iter().zip(&contents).enumerate() {
        let mut moved = |done: u64| {
            progress.report(At::Sending {
                path: path.clone(),
                done: before + done,
                total,
            });
        };
        ftp.write(&staged(number), content, &mut moved).await?;
        before += content.len() as u64;
    }
    progress.report(At::Committing);
    for (number, path) in paths.iter().enumerate() {
        ftp.replace(&staged(number), path.as_str()).await?;
    }
    Ok(Some(Applied {
        tier: Tier::Files,
        whole: true,
        resent: 0,
    }))
}

/// Apart from those of an unfinished sync.
fn staged(number: usize) -> String {
    format!("{OWN_FOLDER}/p{number}")
}
