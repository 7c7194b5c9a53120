//! Which board a folder means, and which folder a URI: the rules of protocol.md.
//! Pure: everything that is known is handed in.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

use std::path::Path;
use std::path::PathBuf;

use crate::session::Choice;
use crate::session::ConnectError;
use crate::session::Found;
use crate::session::choose;

/// The address of the board of a folder.
///
/// `device`: of its settings. `chosen`: by `boardside.connect`. `there`: all boards. `taken`: addresses of boards that
/// other folders name.
pub(super) fn board_of(
    device: Option<&str>,
    chosen: Option<&str>,
    there: &[Found],
    taken: &[String],
) -> Result<String, ConnectError> {
    let named = device.or(chosen);
    let free = |board: &&Found| named.is_some() || !taken.contains(&board.address);
    let candidates = there.iter().filter(free).cloned().collect();
    match choose(named, candidates)? {
        Choice::At(address) => Ok(address.to_string()),
        Choice::Ask(id) => Ok(format!("id:{id}")),
    }
}

/// The innermost of these folders that the path lies in, and where in it.
pub(super) fn innermost<'a, K: Copy>(
    path: &Path,
    folders: impl Iterator<Item = (K, &'a Path)>,
) -> Option<(K, PathBuf)> {
    let inside = folders.filter_map(|(key, folder)| {
        let relative = path.strip_prefix(folder).ok()?;
        Some((key, relative.to_owned()))
    });
    inside.min_by_key(|(_, relative)| relative.components().count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::Explain as _;

    fn found(address: &str, id: Option<&str>) -> Found {
        Found {
            address: address.to_owned(),
            id: id.map(str::to_owned),
            product: None,
            usb: None,
        }
    }

    #[test]
    fn the_settings_come_first_then_the_choice_then_the_only_board_that_is_free() {
        let (a, b) = (found("/dev/a", Some("id:1")), found("/dev/b", None));
        let both = [a.clone(), b.clone()];
        let taken_b = ["/dev/b".to_owned()];
        for (device, chosen, there, taken, expected) in [
            (Some("COM4"), Some("/dev/a"), &both[..], &[][..], Ok("COM4")),
            (None, Some("/dev/b"), &both, &[], Ok("/dev/b")),
            (None, Some("/dev/b"), &both, &taken_b, Ok("/dev/b")),
            (None, Some("/dev/gone"), &both, &[], Ok("/dev/gone")),
            (Some("id:1"), None, &both, &[], Ok("/dev/a")),
            (Some("id:E661"), None, &both, &[], Ok("id:e661")),
            (None, None, &both[..1], &[], Ok("/dev/a")),
            (None, None, &both, &taken_b, Ok("/dev/a")),
            (None, None, &both, &[], Err("connect.many_boards")),
            (None, None, &both[1..], &taken_b, Err("connect.no_board")),
            (None, None, &[], &[], Err("connect.no_board")),
            (Some("gopher://x"), None, &both, &[], Err("wire.bad_address")),
        ] {
            let board = board_of(device, chosen, there, taken);
            let board = board.map_err(|error| error.explained().code);
            assert_eq!(
                board.as_deref().map_err(|code| *code),
                expected,
                "{device:?} {chosen:?}"
            );
        }
    }

    #[test]
    fn a_file_belongs_to_the_innermost_folder() {
        let folders = [
            (1, Path::new("/w")),
            (2, Path::new("/w/blink")),
            (3, Path::new("/v")),
        ];
        let of = |path: &str| innermost(Path::new(path), folders.into_iter());
        assert_eq!(of("/w/a.py"), Some((1, "a.py".into())));
        assert_eq!(of("/w/blink/lib/a.py"), Some((2, "lib/a.py".into())));
        assert_eq!(of("/w/blinker/a.py"), Some((1, "blinker/a.py".into())));
        assert_eq!(of("/x/a.py"), None);
    }
}
