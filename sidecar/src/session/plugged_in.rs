//! The ports of this machine, and which of them look like boards.
//! Opens none: what is behind one is only guessed.

use crate::wire;
use crate::wire::Port;

/// A board that was found without talking to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What to type to name it.
    pub address: String,
    /// Name that stays the same when the port's name changes.
    pub id: Option<String>,
    /// What the USB device calls itself.
    pub product: Option<String>,
    /// USB vendor and product number.
    pub usb: Option<(u16, u16)>,
}

/// A port of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// What it is, if it is a board.
    pub found: Found,
    /// The chip behind it, as people call it.
    pub chip: Option<&'static str>,
    /// Why it is not taken for a board; `None` if it is.
    pub why_not: Option<&'static str>,
}

/// All ports of this machine, likely boards first. Nothing is opened.
pub fn ports() -> Vec<Seen> {
    let ports = wire::ports::list().into_iter();
    ports
        .map(|port| Seen {
            chip: port
                .usb
                .as_ref()
                .and_then(|usb| wire::chips::find(usb.vid, usb.pid))
                .map(|chip| chip.name),
            why_not: port.why_not(),
            found: Found::from(port),
        })
        .collect()
}

/// The boards that are plugged in or named by `BOARDSIDE_PORTS`.
pub fn found() -> Vec<Found> {
    wire::ports::list()
        .into_iter()
        .filter(Port::looks_like_a_board)
        .map(Found::from)
        .collect()
}

impl From<Port> for Found {
    fn from(port: Port) -> Self {
        let usb = port.usb;
        Self {
            address: port.path,
            id: usb
                .as_ref()
                .and_then(|usb| usb.serial.as_ref())
                .map(|serial| format!("id:{serial}")),
            product: usb.as_ref().and_then(|usb| usb.product.clone()),
            usb: usb.map(|usb| (usb.vid, usb.pid)),
        }
    }
}
