//! `LiveBoard`: what the rest of the program holds of a board that is kept open.
//! The task behind it is `actor`.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::session::Target;
use crate::session::live::Order;
use crate::session::live::Told;
use crate::session::live::Trouble;
use crate::session::live::actor::Live;
use crate::session::live::mail::Tell;

/// For the board to be left as it should be; then the port is closed whatever the board does.
const LEAVE: Duration = Duration::from_millis(3_500);
/// For all of it.
const FINISH: Duration = Duration::from_secs(4);

/// A board that is kept open: one task owns it.
pub struct LiveBoard {
    orders: mpsc::UnboundedSender<Order>,
    tell: Tell,
    end: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl LiveBoard {
    /// Begins a task of the runtime that this is called in. Nothing is opened before an order needs it.
    /// `tell` must return at once.
    pub fn spawn(target: Target, tell: impl Fn(Told) + Send + Sync + 'static) -> Self {
        let tell: Tell = Arc::new(tell);
        let end = CancellationToken::new();
        let (orders, inbox) = mpsc::unbounded_channel();
        let live = Live::new(target, inbox, Arc::clone(&tell), end.clone());
        let ended = end.clone();
        let task = tokio::spawn(async move {
            tokio::select! {
                () = live.run() => {}
                () = async { ended.cancelled().await; tokio::time::sleep(LEAVE).await } => {}
            }
        });
        Self {
            orders,
            tell,
            end,
            task: Some(task),
        }
    }

    /// Gives an order; what comes of it is told.
    pub fn order(&self, order: Order) {
        if let Err(mpsc::error::SendError(Order::Work { job, .. })) = self.orders.send(order) {
            // Only a task that broke takes no orders.
            (self.tell)(Told::Done(job, Box::new(Err(Trouble::cancelled()))));
        }
    }

    /// Cancels what works, leaves the board usable and frees the port, within 4 s.
    pub async fn finish(mut self) {
        self.end.cancel();
        if let Some(mut task) = self.task.take()
            && tokio::time::timeout(FINISH, &mut task).await.is_err()
        {
            task.abort();
        }
    }
}

impl Drop for LiveBoard {
    fn drop(&mut self) {
        self.end.cancel();
    }
}
