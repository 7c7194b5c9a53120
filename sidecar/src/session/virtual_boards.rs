//! Virtual boards for the address `virtual:…`, for `demo` and for `boardside virtual-board`.
//! What a virtual board is, `virtual_board` knows.

use std::path::PathBuf;

use crate::base::Progress;
use crate::base::Stage;
use crate::session::ConnectError;
use crate::virtual_board::Firmware;

pub use crate::virtual_board::Faults;
pub use crate::virtual_board::FileSystem;
pub use crate::virtual_board::HostSide;
pub use crate::virtual_board::Kind;
pub use crate::virtual_board::Profile;
pub use crate::virtual_board::VirtualBoard;
pub use crate::virtual_board::VirtualBoardError;
pub use crate::virtual_board::parse_size;

/// Starts the board of an address: `unix` or `microbit`. Its flash is kept in the user's cache, as on a real board.
pub(super) fn start(words: &str, progress: &mut dyn Progress) -> Result<VirtualBoard, ConnectError> {
    progress.report(Stage::Connecting {
        doing: "starting the virtual board",
    });
    let failed = |error: VirtualBoardError| ConnectError::Virtual {
        why: error.to_string(),
    };
    let kind: Kind = words.parse().map_err(failed)?;
    let mut profile = Profile::new(kind);
    profile.image = kept_flash(kind);
    start_profile(&profile, &mut |_| {})
}

/// Starts any virtual board, and installs its firmware if this is the first time; `tell` hears about that.
///
/// Blocks for as long as the installation and the boot take.
pub fn start_profile(profile: &Profile, tell: &mut dyn FnMut(&str)) -> Result<VirtualBoard, ConnectError> {
    let failed = |error: VirtualBoardError| ConnectError::Virtual {
        why: error.to_string(),
    };
    let firmware = Firmware::install(profile.kind, &Firmware::cache(), tell).map_err(failed)?;
    VirtualBoard::spawn(profile, &firmware).map_err(failed)
}

fn kept_flash(kind: Kind) -> Option<PathBuf> {
    let folder = dirs::cache_dir()?.join("boardside").join("virtual");
    std::fs::create_dir_all(&folder).ok()?;
    Some(folder.join(format!("{}.flash", kind.name())))
}
