//! Which ports are there, and which of them look like a board.
//! Opens nothing: a board is only known for sure once it has answered.

use std::ffi::OsString;
use std::path::Path;

use serialport::SerialPortType;

use crate::wire::chips;

/// The environment variable with ports that the system does not list: pseudo-terminals of virtual
/// boards, links made by udev rules, lab multiplexers. Separated like `PATH`.
pub const EXTRA_PORTS: &str = "BOARDSIDE_PORTS";

/// What a USB device says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Usb {
    /// Vendor.
    pub vid: u16,
    /// Product.
    pub pid: u16,
    /// Serial number: what stays the same when the port's name does not.
    pub serial: Option<String>,
    /// Product, in words.
    pub product: Option<String>,
    /// Manufacturer, in words.
    pub manufacturer: Option<String>,
}

/// A port that can be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Port {
    /// What to open: `/dev/ttyACM0`, `COM4`.
    pub path: String,
    /// What is behind it, if it is on USB.
    pub usb: Option<Usb>,
    /// It is listed because the user named it in `BOARDSIDE_PORTS`.
    pub named: bool,
}

impl Port {
    /// Is this worth asking whether it is a board? A port that the user named always is;
    /// Bluetooth, mainboard ports, printers, GPS receivers and radio sticks never are, because
    /// opening them or sending Ctrl-C does harm.
    pub fn looks_like_a_board(&self) -> bool {
        self.why_not().is_none()
    }

    /// Why it is not taken for a board; `None` if it is.
    pub fn why_not(&self) -> Option<&'static str> {
        if self.named {
            return None;
        }
        let Some(usb) = &self.usb else {
            return Some("it is not on USB; if a board is there, name it with -d");
        };
        let words = [&usb.product, &usb.manufacturer].map(|text| text.as_deref().unwrap_or_default());
        let text = words.join(" ").to_lowercase();
        let says = |list: &[&str]| list.iter().any(|word| text.contains(word));
        if says(&["micropython", "circuitpython"]) {
            None
        } else if chips::find(usb.vid, usb.pid).is_none() {
            Some("its USB vendor is not known to make boards; if it is one, name it with -d")
        } else if says(&OTHER_THINGS) {
            Some("it says that it is something else")
        } else {
            None
        }
    }
}

/// Things that sit behind the same bridges as boards.
const OTHER_THINGS: [&str; 9] = [
    "bluetooth",
    "printer",
    "gps",
    "gnss",
    "u-blox",
    "modem",
    "zigbee",
    "z-wave",
    "skyconnect",
];

/// All ports, likely boards first.
pub fn list() -> Vec<Port> {
    let extra = named_ports(std::env::var_os(EXTRA_PORTS));
    order(merge(leave_out_twins(found()), extra))
}

/// What USB says about the device behind `path`, which may be a link.
pub fn usb_of(path: &str) -> Option<Usb> {
    let real = canonical(path);
    // Pseudo-terminals are on no bus, and listing the ports takes its time.
    if real.starts_with("/dev/pts/") {
        return None;
    }
    found().into_iter().find(|port| port.path == real)?.usb
}

fn found() -> Vec<Port> {
    // serialport panics where there is no sysfs, as in some containers.
    if cfg!(target_os = "linux") && !Path::new("/sys/class/tty").is_dir() {
        return Vec::new();
    }
    // A system that cannot list its ports can still open one that the user names.
    let ports = serialport::available_ports().unwrap_or_default().into_iter();
    ports
        .filter(|port| !is_empty_socket(&port.port_name))
        .map(|port| Port {
            path: port.port_name,
            usb: match port.port_type {
                SerialPortType::UsbPort(usb) => Some(Usb {
                    vid: usb.vid,
                    pid: usb.pid,
                    serial: usb.serial_number,
                    product: usb.product,
                    manufacturer: usb.manufacturer,
                }),
                _ => None,
            },
            named: false,
        })
        .collect()
}

/// Linux makes /dev/ttyS0 to ttyS31 whether there is a UART or not; without one the type is 0
/// (PORT_UNKNOWN in include/uapi/linux/serial_core.h).
fn is_empty_socket(path: &str) -> bool {
    cfg!(target_os = "linux")
        && path.starts_with("/dev/ttyS")
        && std::fs::read_to_string(path.replace("/dev/", "/sys/class/tty/") + "/type")
            .is_ok_and(|kind| kind.trim() == "0")
}

/// Named ports with the device each leads to. Links of boards that are gone lead nowhere and are left out.
fn named_ports(variable: Option<OsString>) -> Vec<(String, String)> {
    let Some(variable) = variable else {
        return Vec::new();
    };
    std::env::split_paths(&variable)
        .filter(|path| cfg!(windows) || path.exists())
        .map(|path| path.to_string_lossy().into_owned())
        .map(|path| (canonical(&path), path))
        .collect()
}

/// The device that a path leads to, or the path itself where it leads nowhere.
pub(super) fn canonical(path: &str) -> String {
    // COM4 is no path that Windows could resolve.
    let real = std::fs::canonicalize(path).ok();
    real.and_then(|real| real.to_str().map(str::to_owned))
        .unwrap_or_else(|| path.to_owned())
}

/// macOS has /dev/tty.X, which waits for a carrier that boards do not give, beside each /dev/cu.X.
fn leave_out_twins(ports: Vec<Port>) -> Vec<Port> {
    let (twins, mut kept): (Vec<Port>, Vec<Port>) = ports
        .into_iter()
        .partition(|port| port.path.starts_with("/dev/tty."));
    for port in twins {
        let twin = port.path.replace("/dev/tty.", "/dev/cu.");
        if kept.iter().all(|other| other.path != twin) {
            kept.push(port);
        }
    }
    kept
}

/// Adds named ports; a name for a port that was found takes its place, so that one board is listed once.
fn merge(mut ports: Vec<Port>, named: Vec<(String, String)>) -> Vec<Port> {
    for (device, name) in named {
        let found = ports
            .iter()
            .position(|port| port.path == device || port.path == name);
        let usb = found.and_then(|place| ports.remove(place).usb);
        ports.push(Port {
            path: name,
            usb,
            named: true,
        });
    }
    ports
}

/// Likely boards first, then by name, with ttyUSB10 after ttyUSB9.
fn order(mut ports: Vec<Port>) -> Vec<Port> {
    ports.sort_by_cached_key(|port| {
        let name = port.path.trim_end_matches(|c: char| c.is_ascii_digit());
        let number: u64 = port.path[name.len()..].parse().unwrap_or(0);
        let usb = port.usb.is_some() || ["/dev/ttyACM", "/dev/ttyUSB"].contains(&name);
        (
            !port.looks_like_a_board(),
            !usb,
            name.to_owned(),
            number,
            port.path.clone(),
        )
    });
    ports.dedup_by(|a, b| a.path == b.path);
    ports
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plain(path: &str) -> Port {
        Port {
            path: path.to_owned(),
            usb: None,
            named: false,
        }
    }

    fn usb(path: &str, vid: u16, pid: u16, product: &str) -> Port {
        Port {
            usb: Some(Usb {
                vid,
                pid,
                serial: Some("e661".to_owned()),
                product: Some(product.to_owned()),
                manufacturer: None,
            }),
            ..plain(path)
        }
    }

    fn paths(ports: &[Port]) -> Vec<&str> {
        ports.iter().map(|port| port.path.as_str()).collect()
    }

    #[test]
    fn ports_are_in_the_order_in_which_people_would_try_them() {
        let ports = order(vec![
            plain("/dev/ttyS0"),
            plain("/dev/ttyAMA0"),
            usb("/dev/ttyUSB10", 0x10c4, 0xea60, "CP2102"),
            usb("/dev/ttyUSB9", 0x10c4, 0xea60, "CP2102"),
            usb("/dev/ttyUSB0", 0x1546, 0x01a8, "u-blox GNSS receiver"),
            usb("/dev/ttyACM0", 0x2e8a, 5, "Board in FS mode"),
        ]);
        assert_eq!(
            paths(&ports),
            [
                "/dev/ttyACM0",
                "/dev/ttyUSB9",
                "/dev/ttyUSB10",
                "/dev/ttyUSB0",
                "/dev/ttyAMA0",
                "/dev/ttyS0"
            ]
        );
    }

    #[test]
    fn macos_shows_each_port_once_and_as_the_one_that_does_not_wait() {
        let ports = leave_out_twins(vec![
            plain("/dev/tty.usbmodem1"),
            plain("/dev/cu.usbmodem1"),
            plain("/dev/tty.odd"),
        ]);
        assert_eq!(paths(&ports), ["/dev/cu.usbmodem1", "/dev/tty.odd"]);
    }

    #[test]
    fn a_named_port_is_listed_once_under_its_name_with_what_usb_knows() {
        let board = usb("/dev/ttyACM0", 0x2e8a, 5, "Board in FS mode");
        let named = vec![
            ("/dev/ttyACM0".to_owned(), "/dev/lab1".to_owned()),
            ("/dev/pts/3".to_owned(), "/tmp/board".to_owned()),
        ];
        let ports = order(merge(vec![board.clone()], named));
        assert_eq!(paths(&ports), ["/dev/lab1", "/tmp/board"]);
        assert_eq!(ports[0].usb, board.usb);
        assert!(ports.iter().all(Port::looks_like_a_board));
    }

    #[cfg(unix)]
    #[test]
    fn named_ports_are_followed_and_left_out_when_they_lead_nowhere() {
        let folder = tempfile::tempdir().unwrap();
        let [link, stale] = ["link", "stale"].map(|name| folder.path().join(name));
        std::os::unix::fs::symlink("/dev/null", &link).unwrap();
        std::os::unix::fs::symlink(folder.path().join("gone"), &stale).unwrap();
        let variable = std::env::join_paths([&stale, &link]).unwrap();
        let name = link.to_str().unwrap().to_owned();
        assert_eq!(named_ports(Some(variable)), [("/dev/null".to_owned(), name)]);
        assert_eq!(named_ports(None), []);
    }

    #[test]
    fn only_likely_things_are_taken_for_boards() {
        for (expected, port) in [
            (true, usb("COM4", 0x2e8a, 5, "Board in FS mode")),
            (true, usb("COM4", 0x1a86, 0x7523, "USB Serial")),
            (true, usb("COM4", 0x1209, 0x0001, "MicroPython board")),
            (false, usb("COM4", 0x1209, 0x0001, "Coffee machine")),
            (
                false,
                usb("COM4", 0x10c4, 0xea60, "Sonoff Zigbee 3.0 USB Dongle Plus"),
            ),
            (false, usb("COM4", 0x067b, 0x2303, "GPS Receiver")),
            (false, plain("/dev/cu.Bluetooth-Incoming-Port")),
            (false, plain("/dev/rfcomm0")),
            (false, plain("/dev/ttyS0")),
        ] {
            assert_eq!(port.looks_like_a_board(), expected, "{port:?}");
        }
    }
}
