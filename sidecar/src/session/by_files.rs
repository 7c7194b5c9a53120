//! A project on a board that is reached by FTP: what a sync would do, and the sync.
//! The order of the deeds is `sync`'s business; without a transaction of the board it is all that there is.

use std::sync::Arc;

use crate::base::Progress;
use crate::ftp::Ftp;
use crate::session::Goal;
use crate::session::goal::SCANS;
use crate::sync::Looked;
use crate::sync::Outcome;
use crate::sync::SyncError;
use crate::sync::Trust;
use crate::sync::look_by_files;
use crate::sync::scan::Scan;
use crate::sync::sync_by_files;

/// What is to be known about a sync by FTP that changed something.
pub const NO_TRANSACTION: &str = "by FTP a sync is no transaction: a cut while names change leaves a mixture, which the \
     next sync mends; the board goes on with what it has loaded until it is reset";
/// The same for a server with this habit.
pub const REMOVES_FIRST: &str = "this server does not rename over a file: each old one was removed just before the new \
     one took its name";

impl Goal {
    /// What a sync by files would do.
    pub async fn look_by_files(
        &self,
        ftp: &mut Ftp,
        scan: &Scan,
        trust: Trust,
        progress: &mut dyn Progress,
    ) -> Result<Looked, SyncError> {
        look_by_files(ftp, &self.wish(scan), trust, progress).await
    }

    /// As `sync`, by files.
    pub async fn sync_by_files(
        &self,
        ftp: &mut Ftp,
        scan: &mut Arc<Scan>,
        trust: Trust,
        progress: &mut dyn Progress,
    ) -> Result<Outcome, SyncError> {
        let mut scans = 1;
        loop {
            if scan.files.is_empty() {
                return Err(SyncError::Empty { root: self.root() });
            }
            match sync_by_files(ftp, &self.wish(scan), trust, progress).await {
                Err(error) if error.is_of_the_moment() && scans < SCANS => {
                    scans += 1;
                    *scan = Arc::new(self.scan_again().await?);
                }
                other => return other,
            }
        }
    }
}
