//! `Cell`: one row of the matrix: what is broken, on which flash. Only names.

use boardside::virtual_board::FileSystem;
use boardside::virtual_board::Torn;

/// What is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Break {
    /// The cable, after so many bytes to the board.
    LineToBoard,
    /// The cable, after so many bytes of the board.
    LineToHost,
    /// The cable of a board without an agent, after so many times `STEP` bytes to the board.
    LineInPaste,
    /// `boardside sync`, after so many JSON events.
    KillAtEvent,
    /// `boardside sync`, when so many times `STEP` bytes have come to the board.
    KillAtByte,
    /// `boardside lsp` in a sync, likewise.
    KillServer,
    /// The power, at this write or erase of the flash.
    Power(Torn),
}

/// Bytes between two points where there would be too many.
pub(super) const STEP: u64 = 16;

/// A row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) breaks: Break,
    pub(super) fs: FileSystem,
    /// `boot_guard = true`.
    pub(super) guard: bool,
}

impl Cell {
    /// All rows, in the order in which they are shown.
    pub(super) fn all() -> Vec<Self> {
        let on = |breaks, fs, guard| Self { breaks, fs, guard };
        let simple = [
            Break::LineToBoard,
            Break::LineToHost,
            Break::LineInPaste,
            Break::KillAtEvent,
            Break::KillAtByte,
            Break::KillServer,
        ];
        let mut all: Vec<Self> = simple
            .map(|breaks| on(breaks, FileSystem::LittleFs, false))
            .into();
        for guard in [false, true] {
            for fs in [FileSystem::LittleFs, FileSystem::Fat] {
                for torn in [Torn::Half, Torn::None, Torn::Garbage] {
                    all.push(on(Break::Power(torn), fs, guard));
                }
            }
        }
        all
    }

    /// What `--only` names, from its beginning.
    pub(super) fn name(self) -> String {
        let fs = self.fs.name();
        let power = if self.guard { "guard" } else { "power" };
        match self.breaks {
            Break::LineToBoard => "line-to-board".to_owned(),
            Break::LineToHost => "line-to-host".to_owned(),
            Break::LineInPaste => "line-paste".to_owned(),
            Break::KillAtEvent => "kill-event".to_owned(),
            Break::KillAtByte => "kill-byte".to_owned(),
            Break::KillServer => "kill-server".to_owned(),
            Break::Power(torn) => format!("{power}-{fs}-{}", torn.name()),
        }
    }

    /// The firmware is one without binary stdin: content goes by programs of the raw REPL.
    pub(super) fn is_paste(self) -> bool {
        self.breaks == Break::LineInPaste
    }

    pub(super) fn is_power(self) -> bool {
        matches!(self.breaks, Break::Power(_))
    }
}
