//! Checks at the door: which ports are there, may this user open the board's, does somebody else have it.
//! Says nothing about what is behind the port.

use crate::session::ConnectError;
use crate::session::doctor::Check;
use crate::wire::Port;
use crate::wire::WireError;
use crate::wire::chips;

/// The port opened.
pub(super) fn opened(address: &str, ports: &[Port]) -> Vec<Check> {
    let port = ports.iter().find(|port| port.path == address);
    let what = port.map(what).unwrap_or_default();
    vec![
        Check::ok("port", format!("{address}{what}")),
        Check::ok("port.permission", "this user may open it"),
        Check::ok("port.holder", "no other program has it open"),
    ]
}

/// The port did not open. `missing_group` is what the user would have to be in to open serial ports.
pub(super) fn refused(error: &ConnectError, ports: &[Port], missing_group: Option<&str>) -> Vec<Check> {
    match error {
        ConnectError::Wire(WireError::Permission { path, .. }) => vec![
            Check::ok("port", path.display().to_string()),
            Check::error("port.permission", error),
        ],
        ConnectError::Wire(WireError::Busy { address, .. }) => vec![
            Check::ok("port", address.clone()),
            Check::ok("port.permission", "this user may open it"),
            Check::error("port.holder", error),
        ],
        _ => {
            let mut checks = vec![Check::error("port", error)];
            checks.extend(ports.iter().map(seen));
            checks.extend(missing_group.map(|group| {
                Check::note(
                    "port.group",
                    format!("this user is not in the group {group}, to which serial ports belong"),
                    format!("sudo usermod -aG {group} $USER, then log out and in again"),
                )
            }));
            checks
        }
    }
}

fn seen(port: &Port) -> Check {
    let message = format!("{}{}", port.path, what(port));
    if port.looks_like_a_board() {
        return Check::ok("port.seen", message);
    }
    let help = format!("if it is a board: -d {}", port.path);
    Check::note("port.seen", format!("{message}, not taken for a board"), help)
}

/// What is behind a port, after its name.
fn what(port: &Port) -> String {
    let Some(usb) = &port.usb else {
        let named = if port.named {
            ", named by BOARDSIDE_PORTS"
        } else {
            ""
        };
        return named.to_owned();
    };
    let chip = chips::find(usb.vid, usb.pid).map(|chip| chip.name);
    let product = usb.product.as_deref().or(chip).unwrap_or("a USB device");
    let serial = usb.serial.as_ref().map(|serial| format!(", id:{serial}"));
    format!(
        ": {product} (USB {:04x}:{:04x}{})",
        usb.vid,
        usb.pid,
        serial.unwrap_or_default()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Exit;
    use crate::session::doctor::State;
    use crate::wire::Holder;
    use crate::wire::ports::Usb;

    fn lines(checks: &[Check]) -> Vec<String> {
        checks
            .iter()
            .map(|check| format!("{} {}: {}", check.state.word(), check.name, check.message))
            .collect()
    }

    fn gps() -> Port {
        let usb = Usb {
            vid: 0x1546,
            pid: 0x01a8,
            serial: None,
            product: Some("u-blox GNSS receiver".to_owned()),
            manufacturer: None,
        };
        Port {
            path: "/dev/ttyACM0".to_owned(),
            usb: Some(usb),
            named: false,
        }
    }

    #[test]
    fn without_a_board_every_port_is_listed_with_what_it_is() {
        let checks = refused(&ConnectError::NoBoard, &[gps()], Some("dialout"));
        assert_eq!(
            lines(&checks),
            [
                "problem port: no board found",
                "note port.seen: /dev/ttyACM0: u-blox GNSS receiver (USB 1546:01a8), not taken for a board",
                "note port.group: this user is not in the group dialout, to which serial ports belong",
            ]
        );
        assert_eq!(checks[0].exit, Exit::NoBoard);
        assert!(checks[1].help.contains("-d /dev/ttyACM0"));
    }

    #[test]
    fn a_held_port_and_a_forbidden_one_say_how_far_it_went() {
        let busy = ConnectError::Wire(WireError::Busy {
            address: "/dev/ttyACM0".to_owned(),
            holder: Some(Holder {
                pid: 812,
                command: "screen /dev/ttyACM0".to_owned(),
            }),
        });
        let checks = refused(&busy, &[], None);
        let states: Vec<State> = checks.iter().map(|check| check.state).collect();
        assert_eq!(states, [State::Ok, State::Ok, State::Problem]);
        assert!(
            checks[2].message.contains("screen /dev/ttyACM0"),
            "{}",
            checks[2].message
        );
        let forbidden = ConnectError::Wire(WireError::Permission {
            path: "/dev/ttyACM0".into(),
            group: Some("dialout".to_owned()),
        });
        let checks = refused(&forbidden, &[], None);
        assert_eq!(lines(&checks)[0], "ok port: /dev/ttyACM0");
        assert!(
            checks[1].help.contains("usermod -aG dialout"),
            "{}",
            checks[1].help
        );
    }
}
