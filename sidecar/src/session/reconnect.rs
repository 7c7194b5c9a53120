//! `reconnect`: waits for a board that went away, and opens it again wherever it comes back.
//! Sends nothing to it: what was running is running still, or again.

use std::time::Duration;

use crate::base::backoff;
use crate::session::ConnectError;
use crate::session::Connection;
use crate::session::opening::open_unasked;
use crate::wire;
use crate::wire::Address;
use crate::wire::Port;
use crate::wire::WireError;

/// A port that is just coming up is refused a few times: udev has not set its group, another program looks at it.
const TOLD_AFTER: u32 = 3;

/// A machine that cannot be reached is asked again after a while: each time is a log-in.
const FAR: Duration = Duration::from_secs(3);
/// One that lets nobody in without a question to the user: machines lock out who tries too often.
const REFUSED: Duration = Duration::from_mins(1);

/// Where a board is found again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// Where it was.
    pub address: Address,
    /// Bits per second on serial ports.
    pub baud: u32,
    /// Serial number of its USB device; the name of its port may change.
    pub usb_serial: Option<String>,
}

impl Home {
    /// Asks the system about the port, so ask while the board is there.
    pub fn of(connection: &Connection, baud: u32) -> impl Future<Output = Self> + Send + use<> {
        let address = connection.address.clone();
        async move {
            let path = address.to_string();
            let usb = tokio::task::spawn_blocking(move || wire::ports::usb_of(&path)).await;
            Self {
                address,
                baud,
                usb_serial: usb.ok().flatten().and_then(|usb| usb.serial),
            }
        }
    }

    /// Where the board is now. Pure.
    ///
    /// Its own port first: boards behind cheap UART bridges all have the same serial number.
    fn now(&self, ports: &[Port]) -> Option<Address> {
        let (Address::Serial(path), Some(serial)) = (&self.address, &self.usb_serial) else {
            return Some(self.address.clone());
        };
        let has_it = |port: &&Port| port.usb.as_ref().and_then(|usb| usb.serial.as_ref()) == Some(serial);
        let mut found: Vec<&Port> = ports.iter().filter(has_it).collect();
        found.sort_by_key(|port| port.path != *path);
        found.first().map(|port| Address::Serial(port.path.clone()))
    }
}

/// Waits until the board is back, however long that takes; drop the future to stop waiting. The old connection
/// must be dropped before, or its port counts as held. `trouble` is told why a port that is there does not open.
pub async fn reconnect(home: &Home, trouble: &mut (dyn FnMut(&ConnectError) + Send)) -> Connection {
    let mut tries = 0;
    let mut refused = 0;
    loop {
        let mut pause = Duration::ZERO;
        match attempt(home).await {
            Ok(connection) => return connection,
            Err(ConnectError::Wire(WireError::NotFound { .. })) => refused = 0,
            Err(ConnectError::Host(error)) => {
                refused += 1;
                pause = if error.is_for_people() { REFUSED } else { FAR };
                // The first is about the link that has just broken.
                if refused == 2 || error.is_for_people() && refused == 1 {
                    trouble(&error.into());
                }
            }
            Err(error) => {
                refused += 1;
                if refused == TOLD_AFTER {
                    trouble(&error);
                }
            }
        }
        tries += 1;
        tokio::time::sleep(backoff::delay(tries).max(pause)).await;
    }
}

/// The error for a board that nobody waits for.
pub fn gone(address: &Address) -> ConnectError {
    WireError::Gone {
        address: address.to_string(),
    }
    .into()
}

async fn attempt(home: &Home) -> Result<Connection, ConnectError> {
    let ports = match home.usb_serial {
        Some(_) => tokio::task::spawn_blocking(wire::ports::list).await,
        None => Ok(Vec::new()),
    };
    let not_found = || WireError::NotFound {
        address: home.address.to_string(),
        source: None,
    };
    let address = home.now(&ports.unwrap_or_default()).ok_or_else(not_found)?;
    open_unasked(address, home.baud).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::ports::Usb;

    fn port(path: &str, serial: &str) -> Port {
        let usb = Usb {
            vid: 0x2e8a,
            pid: 5,
            serial: Some(serial.to_owned()),
            product: None,
            manufacturer: None,
        };
        Port {
            path: path.to_owned(),
            usb: Some(usb),
            named: false,
        }
    }

    #[test]
    fn a_board_is_found_by_its_serial_number_and_by_its_port_if_it_has_none() {
        let home = |serial: Option<&str>| Home {
            address: Address::Serial("/dev/ttyACM0".to_owned()),
            baud: 115_200,
            usb_serial: serial.map(str::to_owned),
        };
        let moved = [port("/dev/ttyACM0", "other"), port("/dev/ttyACM1", "e661")];
        let twins = [port("/dev/ttyACM1", "e661"), port("/dev/ttyACM0", "e661")];
        let cases = [
            ("moved", Some("e661"), &moved, Some("/dev/ttyACM1")),
            (
                "same serial number twice",
                Some("e661"),
                &twins,
                Some("/dev/ttyACM0"),
            ),
            ("another board in its place", Some("e662"), &moved, None),
            ("no serial number", None, &moved, Some("/dev/ttyACM0")),
        ];
        for (case, serial, ports, expected) in cases {
            let now = home(serial).now(ports).map(|address| address.to_string());
            assert_eq!(now.as_deref(), expected, "{case}");
        }
    }
}
