//! `distant`: boards of other machines, reached through `host`.
//! What is typed, kept and shown of machines is here; how they are spoken to is there.

use crate::host::Client;
use crate::host::HostError;
use crate::host::Tunnel;
use crate::host::ssh::Way;
use crate::host::words::Open;
use crate::wire::Address;
use crate::wire::Remote;

/// Opens the line of a board on another machine.
pub(super) async fn open(remote: &Remote, baud: u32) -> Result<Tunnel, HostError> {
    let client = Client::open(Way::to(remote)).await?;
    let open = Open {
        board: remote.board.clone(),
        baud,
    };
    Tunnel::open(client, &open, Address::Ssh(remote.clone()).to_string()).await
}
