//! From an address to an open wire with a board behind it, each kind of connection by its own way.
//! Decides nothing about which board is meant, and does not disturb it: that is `connect`.

use std::time::Duration;

use crate::base::Progress;
use crate::base::Stage;
use crate::board::Board;
use crate::repl::Repl;
use crate::session::connect::ConnectError;
use crate::session::connect::Connection;
use crate::session::connect::Distant;
use crate::wire;
use crate::wire::Address;
use crate::wire::Recorder;
use crate::wire::SerialSettings;
use crate::wire::Wire;
use crate::wire::WireError;

/// How long a connection by the network may take to open.
const NETWORK_LIMIT: Duration = Duration::from_secs(8);

/// Opens the wire to this address.
pub(super) async fn open(
    address: Address,
    baud: u32,
    progress: &mut dyn Progress,
) -> Result<Connection, ConnectError> {
    progress.report(Stage::Connecting { doing: "opening" });
    let settings = SerialSettings {
        baud,
        ..SerialSettings::default()
    };
    #[cfg(target_os = "linux")]
    let mut virtual_board = None;
    let mut there = None;
    let wire: Box<dyn Wire> = match &address {
        Address::Serial(path) => Box::new(wire::serial::open(path, settings).await?),
        Address::Socket { host, port } => Box::new(wire::tcp::open(host, *port, NETWORK_LIMIT).await?),
        Address::Ssh(remote) => {
            let tunnel = crate::session::distant::open(remote, baud).await?;
            there = Some((tunnel.client().clone(), tunnel.opened().wire));
            Box::new(tunnel)
        }
        Address::Telnet(_) | Address::Rfc2217(_) | Address::WebRepl(_) | Address::Ftp(_) => {
            return Err(WireError::BadAddress {
                text: address.to_string(),
                why: "this kind of connection is not there yet",
            }
            .into());
        }
        #[cfg(target_os = "linux")]
        Address::Virtual(words) => {
            let board = crate::session::virtual_boards::start(words, progress)?;
            let path = board.address().to_owned();
            virtual_board = Some(Box::new(board));
            Box::new(wire::serial::open(&path, settings).await?)
        }
        #[cfg(not(target_os = "linux"))]
        Address::Virtual(_) => {
            return Err(ConnectError::no_virtual_board());
        }
        Address::Id(id) => return Err(ConnectError::NoSuchId { id: id.clone() }),
    };
    let recorder = Recorder::new(wire);
    let traffic = recorder.traffic();
    let distant = there.map(|(client, wire)| Distant {
        client,
        wire,
        traffic: traffic.clone(),
    });
    let repl = Repl::new(Box::new(recorder), &address.to_string());
    Ok(Connection {
        board: Board::new(repl),
        traffic,
        address,
        distant,
        baud,
        force_boot: false,
        #[cfg(target_os = "linux")]
        _virtual_board: virtual_board,
    })
}
