//! Which boards are plugged in: a look every two seconds, in a thread that may wait for the system.
//! Tells only what changed.

use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::timeout;

use crate::server::desk::Event;
use crate::session::Found;
use crate::session::found;

const EVERY: Duration = Duration::from_secs(2);
/// A system that does not answer is asked again; until then there are no boards.
const LIMIT: Duration = Duration::from_secs(2);

/// The boards that are there now.
pub(super) async fn look() -> Vec<Found> {
    let look = timeout(LIMIT, tokio::task::spawn_blocking(found)).await;
    look.map_or_else(|_| Vec::new(), Result::unwrap_or_default)
}

/// Never ends; tells when others are there than before.
pub(super) async fn watch(events: mpsc::UnboundedSender<Event>) {
    let mut last = None;
    loop {
        tokio::time::sleep(EVERY).await;
        // One look at a time, however long it takes.
        let Ok(now) = tokio::task::spawn_blocking(found).await else {
            continue;
        };
        if last.as_ref() != Some(&now) {
            events.send(Event::Ports(now.clone())).unwrap_or_default();
            last = Some(now);
        }
    }
}
