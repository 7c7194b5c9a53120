//! Virtual boards for the address `virtual:…`, for `demo` and for `boardside virtual-board`.
//! What a virtual board is, `virtual_board` knows.

use std::path::PathBuf;

use crate::base::Progress;
use crate::base::Stage;
use crate::session::ConnectError;
use crate::virtual_board::Firmware;
use crate::virtual_board::Kind;
use crate::virtual_board::Profile;
use crate::virtual_board::VirtualBoard;
use crate::virtual_board::VirtualBoardError;

/// Starts the board of an address: `unix` or `microbit`. Its flash is kept in the user's cache, as on a real board.
pub(super) fn start(words: &str, progress: &mut dyn Progress) -> Result<VirtualBoard, ConnectError> {
    progress.report(Stage::Connecting {
        doing: "starting the virtual board",
    });
    let failed = |error: VirtualBoardError| ConnectError::Virtual {
        why: error.to_string(),
    };
    let kind: Kind = words.parse().map_err(failed)?;
    let firmware = Firmware::install(kind, &Firmware::cache(), &mut |_| {}).map_err(failed)?;
    let mut profile = Profile::new(kind);
    profile.image = kept_flash(kind);
    VirtualBoard::spawn(&profile, &firmware).map_err(failed)
}

fn kept_flash(kind: Kind) -> Option<PathBuf> {
    let folder = dirs::cache_dir()?.join("boardside").join("virtual");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join(format!("{}.flash", kind.name())))
}
