//! Boards of other machines beside those that are plugged in: asked now and then, never with questions to the user.
//! Opens none of them; which machines there are, the user said.

use std::time::Duration;

use tokio::sync::mpsc;

use crate::host::HostError;
use crate::host::words::Boards;
use crate::host::words::There;
use crate::server::desk::Desk;
use crate::server::desk::Event;
use crate::server::desk::boards::Far;
use crate::session::Explain as _;
use crate::session::Found;
use crate::session::distant::boards_of_all;
use crate::session::live::State;

/// A machine is asked so often.
const EVERY: Duration = Duration::from_mins(1);

/// What machines say of their boards.
pub(super) type Hosts = Vec<(String, Result<Boards, HostError>)>;

/// Ends when nobody listens.
pub(super) async fn watch(events: mpsc::UnboundedSender<Event>) {
    let mut last = None;
    while !events.is_closed() {
        // A file that cannot be read is for the command line to tell.
        let now = boards_of_all(false).await.unwrap_or_default();
        if last.as_ref() != Some(&now) {
            events.send(Event::Hosts(now.clone())).unwrap_or_default();
            last = Some(now);
        }
        tokio::time::sleep(EVERY).await;
    }
}

impl Desk {
    /// Other machines, or other boards on them, than before.
    pub(super) fn hosts(&mut self, hosts: Hosts) {
        for board in self.boards.values_mut().filter(|board| board.far.is_some()) {
            board.far = None;
            board.here = false;
        }
        for (host, answer) in hosts {
            match answer {
                Ok(there) => there.boards.into_iter().for_each(|board| self.far(&host, board)),
                Err(error) => {
                    let board = self.board(&format!("ssh://{host}/"));
                    board.here = true;
                    board.found.product = Some(host.clone());
                    board.state = State::Refused(error.explained());
                    board.far = Some(Far { host, firmware: None });
                }
            }
        }
        self.boards.retain(|_, board| board.here || board.live.is_some());
    }

    fn far(&mut self, host: &str, there: There) {
        let address = format!("ssh://{host}/{}", there.name);
        let board = self.board(&address);
        board.here = true;
        board.found = Found {
            address,
            id: None,
            product: there.product,
            usb: None,
        };
        let firmware = there
            .firmware
            .map(|said| format!("MicroPython {} on {}", said.version, said.name));
        board.far = Some(Far {
            host: host.to_owned(),
            firmware,
        });
        // How it is, those know better who have it open.
        if board.live.is_some() {
            return;
        }
        let why = there.error.map(|why| {
            let host = host.to_owned();
            HostError::Refused { host, why }.explained()
        });
        board.state = match why {
            None => State::Free,
            Some(why) if there.state == "busy" => State::Held(why),
            Some(why) => State::Refused(why),
        };
    }
}
