//! Why a port did not open, as one of our own errors.
//! By error kind and number, never by text: that comes in the user's language.

use std::io;

use crate::wire::WireError;
use crate::wire::holder;

/// What a refusal means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Meaning {
    NotFound,
    Busy,
    Permission,
    Other,
}

/// The error for a port that the system did not open.
pub(super) fn by_system(path: &str, error: io::Error) -> WireError {
    match meaning(error.kind(), error.raw_os_error(), cfg!(windows)) {
        Meaning::NotFound => WireError::NotFound {
            address: path.to_owned(),
            source: Some(error),
        },
        Meaning::Busy => busy(path),
        Meaning::Permission => WireError::Permission {
            path: path.into(),
            group: holder::group(path),
        },
        Meaning::Other => WireError::Io {
            address: path.to_owned(),
            source: error,
        },
    }
}

/// The error for a port that serialport did not open. It keeps no error numbers, and its `NoDevice`
/// is EBUSY on unix, but both "no such file" and "access denied" on Windows: ask the system again.
pub(super) fn while_opening(path: &str, error: tokio_serial::Error) -> WireError {
    if error.kind() != tokio_serial::ErrorKind::NoDevice {
        return by_system(path, error.into());
    }
    if cfg!(unix) {
        return busy(path);
    }
    let device = format!(r"\\.\{path}");
    let again = std::fs::OpenOptions::new().read(true).write(true).open(device);
    match again {
        Err(error) => by_system(path, error),
        // It was held a moment ago.
        Ok(_) => busy(path),
    }
}

/// The error for a held port, with its holder if the system tells.
pub(super) fn busy(path: &str) -> WireError {
    WireError::Busy {
        address: path.to_owned(),
        holder: holder::of(path).or_else(|| holder::locker(path)),
    }
}

fn meaning(kind: io::ErrorKind, number: Option<i32>, windows: bool) -> Meaning {
    // ENXIO and ENODEV: the device file is there, the device is not. The same numbers on Linux and macOS.
    const NO_DEVICE: [i32; 2] = [6, 19];
    // ERROR_SHARING_VIOLATION (winerror.h).
    const SHARING: i32 = 32;
    match (kind, number) {
        (io::ErrorKind::NotFound, _) => Meaning::NotFound,
        (io::ErrorKind::ResourceBusy | io::ErrorKind::WouldBlock, _) => Meaning::Busy,
        // Windows says "access denied" for a port that another program has open, and has no other
        // permissions on ports.
        (io::ErrorKind::PermissionDenied, _) if windows => Meaning::Busy,
        (io::ErrorKind::PermissionDenied, _) => Meaning::Permission,
        (_, Some(number)) if windows && number == SHARING => Meaning::Busy,
        (_, Some(number)) if !windows && NO_DEVICE.contains(&number) => Meaning::NotFound,
        _ => Meaning::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn each_error_number_of_an_open_has_its_meaning() {
        use rustix::io::Errno;

        for (number, expected) in [
            (Errno::NOENT, Meaning::NotFound),
            (Errno::NXIO, Meaning::NotFound),
            (Errno::NODEV, Meaning::NotFound),
            (Errno::BUSY, Meaning::Busy),
            (Errno::WOULDBLOCK, Meaning::Busy),
            (Errno::ACCESS, Meaning::Permission),
            (Errno::PERM, Meaning::Permission),
            (Errno::IO, Meaning::Other),
            (Errno::MFILE, Meaning::Other),
        ] {
            let error = io::Error::from(number);
            assert_eq!(
                meaning(error.kind(), error.raw_os_error(), false),
                expected,
                "{error}"
            );
        }
    }

    #[test]
    fn windows_says_access_denied_for_a_port_in_use() {
        let denied = io::ErrorKind::PermissionDenied;
        assert_eq!(meaning(denied, Some(5), true), Meaning::Busy);
        assert_eq!(meaning(io::ErrorKind::NotFound, Some(2), true), Meaning::NotFound);
        assert_eq!(meaning(io::ErrorKind::Other, Some(32), true), Meaning::Busy);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_port_that_may_not_be_opened_names_the_group_that_may() {
        let denied = || io::Error::from(rustix::io::Errno::ACCESS);
        // /dev/tty is root's and the group tty's for reading and writing on every Linux.
        let WireError::Permission { path, group } = by_system("/dev/tty", denied()) else {
            panic!("not a lack of permission");
        };
        assert_eq!(path.to_str(), Some("/dev/tty"));
        let facts = std::fs::metadata("/dev/tty").unwrap();
        let gid = std::os::linux::fs::MetadataExt::st_gid(&facts);
        let entry = format!("{}:x:{gid}:", group.expect("a group"));
        assert!(std::fs::read_to_string("/etc/group").unwrap().contains(&entry));
    }
}
