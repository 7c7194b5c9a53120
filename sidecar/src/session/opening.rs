//! From an address to an open wire with a board behind it, each kind of connection by its own way.
//! Decides nothing about which board is meant, and does not disturb it: that is `connect`.

use std::time::Duration;

use crate::base::Progress;
use crate::base::Silent;
use crate::base::Stage;
use crate::board::Board;
use crate::repl::Repl;
use crate::session::connect::ConnectError;
use crate::session::connect::Connection;
use crate::session::connect::Distant;
use crate::session::passwords::password_for;
use crate::wire;
use crate::wire::Address;
use crate::wire::Place;
use crate::wire::Recorder;
use crate::wire::SerialSettings;
use crate::wire::Telnet;
use crate::wire::Wire;
use crate::wire::WireError;
use crate::wire::telnet::Asked;
use crate::wire::telnet::Said;

/// How long a connection by the network may take to open.
pub(super) const NETWORK_LIMIT: Duration = Duration::from_secs(8);

/// Opens the wire to this address.
pub(super) async fn open(
    address: Address,
    baud: u32,
    progress: &mut dyn Progress,
) -> Result<Connection, ConnectError> {
    open_by(address, baud, false, progress).await
}

/// `open` where nobody wants that just now: what ssh would have to ask is an error.
pub(super) async fn open_unasked(address: Address, baud: u32) -> Result<Connection, ConnectError> {
    open_by(address, baud, true, &mut Silent).await
}

async fn open_by(
    mut address: Address,
    baud: u32,
    quiet: bool,
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
        Address::Telnet(place) => {
            // Rarely needed, and large.
            let (wire, place) = Box::pin(telnet(place.clone(), progress)).await?;
            address = Address::Telnet(place);
            Box::new(wire)
        }
        Address::Rfc2217(place) => {
            Box::new(Box::pin(wire::telnet::open_rfc2217(place, baud, NETWORK_LIMIT)).await?)
        }
        Address::Ftp(_) => {
            let address = address.to_string();
            return Err(ConnectError::FilesOnly { address });
        }
        Address::WebRepl(place) => {
            let password = password_for(&address, progress).await;
            let place = Place {
                password,
                ..place.clone()
            };
            let wire = wire::web_repl::open(&place, NETWORK_LIMIT).await?;
            address = Address::WebRepl(place);
            Box::new(wire)
        }
        Address::Ssh(remote) => {
            let tunnel = Box::pin(crate::session::distant::open(remote, baud, quiet)).await?;
            there = Some((tunnel.client().clone(), tunnel.opened().wire));
            Box::new(tunnel)
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

/// Connects and logs in where that is asked; the place has the password then.
async fn telnet(mut place: Place, progress: &mut dyn Progress) -> Result<(Telnet, Place), ConnectError> {
    let mut wire = wire::telnet::open(&place, NETWORK_LIMIT).await?;
    let address = wire.address().to_owned();
    let mut said = Said::Hello {
        expects: place.user.is_some(),
    };
    loop {
        match wire.asked(said).await? {
            Asked::Nothing => return Ok((wire, place)),
            Asked::User => {
                let Some(user) = &place.user else {
                    return Err(WireError::NoUser { address }.into());
                };
                wire.answer(user).await?;
                said = Said::User;
            }
            Asked::Password => {
                place.password = password_for(&Address::Telnet(place.clone()), progress).await;
                let Some(password) = &place.password else {
                    return Err(WireError::NoPassword { address }.into());
                };
                wire.answer(password.reveal()).await?;
                said = Said::Password;
            }
            Asked::Other => {
                return Err(WireError::Login {
                    address,
                    why: "it asks again",
                }
                .into());
            }
        }
    }
}
