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
use crate::session::passwords::Login;
use crate::wire;
use crate::wire::Address;
use crate::wire::Recorder;
use crate::wire::SerialSettings;
use crate::wire::Telnet;
use crate::wire::Wire;
use crate::wire::WireError;
use crate::wire::telnet::Asked;
use crate::wire::telnet::Said;
use crate::wire::web_repl::WebRepl;

/// How long a connection by the network may take to open.
pub(super) const NETWORK_LIMIT: Duration = Duration::from_secs(8);

/// Opens the wire to this address.
pub(super) async fn open(
    address: Address,
    baud: u32,
    progress: &mut dyn Progress,
) -> Result<Connection, ConnectError> {
    open_as(address, baud, Manner::Usual, progress).await
}

/// `open` where nobody wants that just now: what ssh would have to ask is an error.
pub(super) async fn open_unasked(address: Address, baud: u32) -> Result<Connection, ConnectError> {
    open_as(address, baud, Manner::Unasked, &mut Silent).await
}

/// `open` for a server that was seen to ask for a login, and is slow to do so.
pub(super) async fn log_in(
    address: Address,
    baud: u32,
    progress: &mut dyn Progress,
) -> Result<Connection, ConnectError> {
    open_as(address, baud, Manner::Login, progress).await
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Manner {
    Usual,
    Unasked,
    Login,
}

async fn open_as(
    mut address: Address,
    baud: u32,
    manner: Manner,
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
            let expects = manner == Manner::Login || place.user.is_some();
            let mut login = Login::new(Address::Telnet, place.clone(), progress);
            // Rarely needed, and large.
            let wire = Box::pin(telnet(&mut login, expects)).await?;
            address = login.accepted();
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
            let mut login = Login::new(Address::WebRepl, place.clone(), progress);
            let wire = Box::pin(web_repl(&mut login)).await?;
            address = login.accepted();
            Box::new(wire)
        }
        Address::Ssh(remote) => {
            let tunnel = Box::pin(crate::session::distant::open(
                remote,
                baud,
                manner == Manner::Unasked,
            ))
            .await?;
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

/// Connects and logs in where that is asked, with one password after the other.
async fn telnet(login: &mut Login<'_>, expects: bool) -> Result<Telnet, WireError> {
    loop {
        match let_in(login, expects).await {
            Err(error) if login.again(&error).await => {}
            done => return done,
        }
    }
}

async fn let_in(login: &mut Login<'_>, expects: bool) -> Result<Telnet, WireError> {
    let mut wire = wire::telnet::open(login.place(), NETWORK_LIMIT).await?;
    let address = wire.address().to_owned();
    let mut said = Said::Hello { expects };
    loop {
        let answer = match wire.asked(said).await? {
            Asked::Nothing => return Ok(wire),
            Asked::User => {
                said = Said::User;
                login.user().await.ok_or(WireError::NoUser {
                    address: address.clone(),
                })?
            }
            Asked::Password => {
                said = Said::Password;
                let password = login.password().await.ok_or(WireError::NoPassword {
                    address: address.clone(),
                })?;
                password.reveal().to_owned()
            }
            Asked::Other => {
                return Err(WireError::Login {
                    address,
                    why: "user and password do not fit",
                });
            }
        };
        // Servers do not wait for ever; then the next attempt has the answer at hand.
        if login.is_late() && wire.has_ended().await {
            return Err(WireError::LoginClosed { address });
        }
        login.in_time();
        wire.answer(&answer).await?;
    }
}

/// Connects and logs in, with one password after the other. WebREPL always wants one.
async fn web_repl(login: &mut Login<'_>) -> Result<WebRepl, WireError> {
    login.password().await;
    login.in_time();
    loop {
        match wire::web_repl::open(login.place(), NETWORK_LIMIT).await {
            Err(error) if login.again(&error).await => {}
            done => return done,
        }
    }
}
