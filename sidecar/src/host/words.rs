//! The methods by which one machine uses the boards of another, and their params and results as protocol.md has them.
//! Plain data, read and written on both ends.

use std::time::Duration;

use serde::Deserialize;
use serde::Serialize;

/// The version of protocol.md.
pub const VERSION: u64 = 1;

/// The client is still there.
pub const ALIVE: &str = "boardside/host/alive";
/// A client that has a board open says something so often.
pub const BEAT: Duration = Duration::from_secs(5);
/// One that says nothing for so long is gone, whatever the network makes of its connection: its boards are let go.
pub const SILENCE: Duration = Duration::from_secs(30);

/// Which boards are there.
pub const BOARDS: &str = "boardside/host/boards";
/// Where a sync is.
pub const PROGRESS: &str = "boardside/host/progress";
/// What a board holds, as far as a sync has to know.
pub const SURVEY: &str = "boardside/host/survey";
/// Makes a board hold a project.
pub const SYNC: &str = "boardside/host/sync";
/// A board's line is wanted.
pub const OPEN: &str = "boardside/wire/open";
/// Bytes from the board.
pub const READ: &str = "boardside/wire/read";
/// Bytes to the board.
pub const WRITE: &str = "boardside/wire/write";
/// DTR and RTS.
pub const LINES: &str = "boardside/wire/lines";
/// The line is not wanted any more.
pub const CLOSE: &str = "boardside/wire/close";

/// What an account hears that may look and not touch. Files and facts come by MicroPython's raw REPL alone, so whoever
/// reads them stops what runs there.
pub const READ_ONLY: &str = "this account is read-only: it may list boards and listen to them; also to read files or \
    facts, code would be sent to the board and its program stopped";

/// Params of `boards`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Which {
    /// Open each free board and ask its firmware.
    pub probe: bool,
}

/// Result of `boards`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Boards {
    /// Those that this account may use.
    pub boards: Vec<There>,
    /// This account may look and not touch.
    #[serde(default)]
    pub read_only: bool,
}

/// A board of another machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct There {
    /// Its address there.
    pub address: String,
    /// What it is called: the last part of its address.
    pub name: String,
    /// Name that stays the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What the USB device calls itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product: Option<String>,
    /// `free`, `busy`, or `refused`: the account there may not open it.
    pub state: String,
    /// What it said of itself, now or the last time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub firmware: Option<Firmware>,
    /// Why it cannot be used.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Why>,
}

/// What a board says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Firmware {
    /// The machine's name.
    pub name: String,
    /// MicroPython's version.
    pub version: String,
    /// Hex; empty if it has none.
    pub unique_id: String,
}

/// Why something is not done, in words for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Why {
    /// A row of the table of errors.
    pub code: String,
    /// What happened.
    #[serde(default)]
    pub message: String,
    /// What to do about it.
    #[serde(default)]
    pub help: String,
}

/// Params of `open`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Open {
    /// Address, id or name; empty for the only one.
    pub board: String,
    /// Bits per second on serial ports.
    pub baud: u32,
}

/// Result of `open`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Opened {
    /// Its number.
    pub wire: u64,
    /// Where the board is there.
    pub address: String,
    /// USB vendor and product, which say what resets the board.
    pub usb: Option<(u16, u16)>,
    /// Nothing may be written.
    pub read_only: bool,
}

/// Params of `read` and `close`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfWire {
    /// Its number.
    pub wire: u64,
}

/// Result of `read`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Data {
    /// Base64; empty when the board is gone.
    pub data: String,
}

/// Params of `write`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    /// Its number.
    pub wire: u64,
    /// Base64.
    pub data: String,
}

/// Params of `lines`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetLines {
    /// Its number.
    pub wire: u64,
    /// Data Terminal Ready is asserted.
    pub dtr: bool,
    /// Request To Send is asserted.
    pub rts: bool,
}

/// Params of `survey`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Survey {
    /// Its number.
    pub wire: u64,
    /// The manifest that the project wants, packed.
    pub project: String,
}

/// A file that is not what a sync would expect: its path, its size (`null`: it is gone, or it is a folder), and whether
/// it has what the project wants.
pub type Odd = (String, Option<u64>, bool);

/// Result of `survey`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Surveyed {
    /// What the last sync put there, packed.
    pub manifest: Option<String>,
    /// Files of the manifest that are not what it says.
    pub drifted: Vec<Odd>,
    /// What else lies where the project wants to be.
    pub foreign: Vec<Odd>,
    /// Smallest piece, free, all; in bytes.
    pub flash: Option<(u64, u64, u64)>,
    /// It has no folders.
    pub flat: bool,
    /// `littlefs`, `fat` or `microbit`.
    pub names: String,
}

/// Params of `sync`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sync {
    /// Its number.
    pub wire: u64,
    /// The manifest that the project wants, packed.
    pub project: String,
    /// Remove what the project no longer has.
    pub delete: bool,
    /// `stop`, `overwrite` or `keep`.
    pub conflict: String,
    /// Make the line faster meanwhile.
    pub turbo: bool,
    /// Paths whose content comes along.
    pub needs: Vec<String>,
    /// Those contents, one after the other, packed.
    pub contents: String,
}

/// Result of `sync`; all `null` where there was nothing to do.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Synced {
    /// How content got to the board.
    pub tier: Option<String>,
    /// All or nothing.
    pub whole: bool,
    /// Frames that were sent again.
    pub resent: u64,
    /// Bytes to the board, bytes from it, and changes of direction on its line.
    pub traffic: (u64, u64, u64),
}

/// Params of `progress`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Its number.
    pub wire: u64,
    /// What is being sent; `null`: all of it is there.
    pub path: Option<String>,
    /// Bytes that the board has taken.
    pub done: u64,
    /// Bytes of all contents.
    pub total: u64,
}
