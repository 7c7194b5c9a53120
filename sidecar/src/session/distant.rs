//! `distant`: boards of other machines, reached through `host`.
//! Which machines there are, and how they are called, is here; how they are spoken to is there.

mod known;
pub(super) mod sync;

pub use known::HostsError;
pub use known::KnownHost;
pub use known::KnownHosts;

use std::time::Duration;

use tokio::time::timeout;

use crate::host::Client;
use crate::host::HostError;
use crate::host::Tunnel;
use crate::host::ssh::Way;
use crate::host::words;
use crate::host::words::Boards;
use crate::host::words::Open;
use crate::host::words::Which;
use crate::wire::Address;
use crate::wire::Remote;

/// A list of boards is not worth a longer wait for one machine: with all else that belongs to it, it is there in 3 s.
pub const LIST_LIMIT: Duration = Duration::from_millis(2_700);
/// The same where each board is asked, too.
pub const PROBE_LIMIT: Duration = Duration::from_secs(15);

/// Nobody types a password meanwhile.
const QUIET_LIMIT: Duration = Duration::from_secs(20);

/// Opens the line of a board on another machine; with `quiet` without questions to the user.
pub(super) async fn open(remote: &Remote, baud: u32, quiet: bool) -> Result<Tunnel, HostError> {
    let mut way = way(remote);
    if quiet {
        way.quiet = true;
        way.limit = QUIET_LIMIT;
    }
    let open = Open {
        board: remote.board.clone(),
        baud,
    };
    Tunnel::open(way, &open, Address::Ssh(remote.clone()).to_string()).await
}

/// How a machine is reached: as it is known here, else as ssh knows it.
fn way(remote: &Remote) -> Way {
    let known = KnownHosts::load().unwrap_or_default();
    match known.hosts.get(&remote.host) {
        Some(known) if remote.port.is_none() => known.way(&remote.host),
        _ => Way::to(remote),
    }
}

/// What another machine says of its boards.
pub async fn boards(name: &str, way: Way, probe: bool, limit: Duration) -> Result<Boards, HostError> {
    let asked = async {
        let (_client, boards) = Client::open(way, words::BOARDS, &Which { probe }).await?;
        boards.within(limit).await
    };
    timeout(limit, asked).await.unwrap_or_else(|_| {
        Err(HostError::Timeout {
            host: name.to_owned(),
            seconds: (limit + Duration::from_millis(999)).as_secs(),
        })
    })
}

/// What all known machines say, asked side by side and without questions to the user; in the order of their names.
pub async fn boards_of_all(probe: bool) -> Result<Vec<(String, Result<Boards, HostError>)>, HostsError> {
    let known = tokio::task::spawn_blocking(KnownHosts::load).await;
    let hosts = known.expect("reading a file does not panic")?.hosts;
    let limit = if probe { PROBE_LIMIT } else { LIST_LIMIT };
    let asked: Vec<_> = hosts
        .into_iter()
        .map(|(name, known)| {
            tokio::spawn(async move {
                let mut way = known.way(&name);
                way.quiet = true;
                let boards = boards(&name, way, probe, limit).await;
                (name, boards)
            })
        })
        .collect();
    let mut all = Vec::new();
    for host in asked {
        all.extend(host.await.ok());
    }
    Ok(all)
}
