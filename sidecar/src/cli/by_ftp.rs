//! `boardside sync` of a board that is reached by FTP: what is done, and what cannot be.
//! The order of the deeds is `sync`'s business.

use std::sync::Arc;
use std::time::Instant;

use crate::base::Progress as _;
use crate::base::Stage;
use crate::cli::args::SyncArgs;
use crate::cli::failure::Failure;
use crate::cli::link::cancellable;
use crate::cli::screen::Screen;
use crate::cli::sync::Spent;
use crate::cli::sync::planned;
use crate::cli::sync::report;
use crate::cli::sync::unverified;
use crate::ftp::Ftp;
use crate::session::After;
use crate::session::ConnectError;
use crate::session::Exit;
use crate::session::NO_TRANSACTION;
use crate::session::Project;
use crate::session::REMOVES_FIRST;
use crate::sync::Trust;
use crate::sync::scan::Scan;

pub(super) async fn sync(
    project: &Project,
    mut ftp: Ftp,
    scan: Scan,
    args: &SyncArgs,
    start: Instant,
    screen: &mut Screen,
) -> Result<Exit, Failure> {
    let after = &project.goal.settings.after;
    if matches!(after, After::Reset | After::Run(_)) {
        let address = ftp.address().to_owned();
        return Err(ConnectError::FilesOnly { address }.into());
    }
    let trust = if args.how.verify {
        Trust::Nothing
    } else {
        Trust::Sizes
    };
    let goal = &project.goal;
    if args.dry_run {
        let looked = cancellable(goal.look_by_files(&mut ftp, &scan, trust, screen)).await??;
        return planned(looked.plan, &scan, screen);
    }
    let mut scan = Arc::new(scan);
    let outcome = cancellable(goal.sync_by_files(&mut ftp, &mut scan, trust, screen)).await??;
    if args.how.verify {
        screen.report(Stage::Comparing);
        let looked = cancellable(goal.look_by_files(&mut ftp, &scan, trust, screen)).await??;
        unverified(&looked.plan)?;
    }
    screen.finish();
    if outcome.applied.is_some() {
        screen.warn(NO_TRANSACTION);
        if ftp.removes_first() {
            screen.warn(REMOVES_FIRST);
        }
    }
    if trust == Trust::Sizes {
        screen
            .warn("files were told by the record of the last sync and their sizes; --verify reads them back");
    }
    let (sent, received, commands) = ftp.traffic();
    let spent = Spent::of_files(sent, received, commands, start);
    report(&outcome, &spent, &scan, screen);
    Ok(Exit::Done)
}
