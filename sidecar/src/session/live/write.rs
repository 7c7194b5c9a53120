//! `write`: a package onto a live board, and what the board runs afterwards.
//! May it, and does it: `session::writing` says that.

use std::sync::Arc;

use crate::board::BoardError;
use crate::package::Head;
use crate::session::Explain as _;
use crate::session::Goal;
use crate::session::live::Done;
use crate::session::live::Trouble;
use crate::session::live::actor::Live;
use crate::session::live::actor::Task;
use crate::session::live::actor::here;
use crate::session::live::actor::race;
use crate::session::writing;
use crate::session::writing::WriteError;
use crate::sync::scan::Scan;

impl Live {
    /// Checks, syncs, compares once more, resets and asks.
    pub(super) async fn write(
        &mut self,
        goal: &Goal,
        mut scan: Arc<Scan>,
        head: &Head,
        downgrade: bool,
        task: &Task,
    ) -> Result<Done, Trouble> {
        self.come_in(task).await?;
        let connection = here(&mut self.place)?;
        if self.ran {
            connection.board.count_as_running();
        }
        let mut reports = task.reports();
        let written = async {
            let before = writing::check(&mut connection.board, head, downgrade).await?;
            goal.sync(connection, &mut scan, &mut reports).await?;
            let left = goal.preview(&mut connection.board, &scan, &mut reports).await?;
            if !left.steps.is_empty() {
                return Err(BoardError::Verify.into());
            }
            let running = writing::restart(connection, head, &mut reports).await?;
            Ok::<_, Trouble>((before, running))
        };
        let written = race(&mut self.mail, task, written).await;
        // Whoever was told what lies there was told of another project.
        self.known = true;
        let (before, running) = match written {
            Ok(Ok(written)) => written,
            other => {
                let left = self.leave(other).await;
                self.forget_files();
                return left.map(|_| Done::Done);
            }
        };
        self.forget_files();
        self.note(format!("written: {} {running}", head.name));
        self.restarted();
        Ok(Done::Written {
            name: head.name.clone(),
            before: before.map(|before| before.version),
            running: running.version,
        })
    }
}

impl From<WriteError> for Trouble {
    fn from(error: WriteError) -> Self {
        error.explained().into()
    }
}
