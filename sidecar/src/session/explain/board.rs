//! Words for what a board does or does not do.
//! Not for the way to it: `wire`.

use crate::board::BoardError;
use crate::repl::ReplError;
use crate::session::Exit;
use crate::session::Explain;
use crate::session::Explained;
use crate::session::explain::storage;
use crate::session::explain::words;

const SAFE_BOOT: &str = "run again with --force-boot and press the board's reset button when asked: it is caught before \
     the program begins";

const FLASH_ANEW: &str = "try again with --force-boot, the reset button pressed when asked; where boot.py lets no Ctrl-C in, or the board's \
     own USB comes up too late, only a start without it helps: pyboard: hold USR while resetting; ESP32: esptool \
     erase_flash, then MicroPython again; RP2: hold BOOTSEL, copy flash_nuke.uf2, then MicroPython; all files on it go";

impl Explain for ReplError {
    fn explained(&self) -> Explained {
        match self {
            Self::Timeout { .. } => words(
                "repl.timeout",
                Exit::NoAnswer,
                self,
                "press the board's reset button and try again; if its program keeps it busy, run again with --force-boot and press the button when asked",
            ),
            Self::Silent => words(
                "board.silent",
                Exit::NoAnswer,
                self,
                format!(
                    "check that this is the board's port and its speed (--baud); a board in deep sleep, and a program \
                     that turned Ctrl-C off or catches it, say nothing, too: {SAFE_BOOT}"
                ),
            ),
            Self::KeepsPrinting { .. } => words(
                "board.keeps_printing",
                Exit::NoAnswer,
                self,
                format!("it turned Ctrl-C off (micropython.kbd_intr) or catches it: {SAFE_BOOT}"),
            ),
            Self::CatchesInterrupt { .. } => words(
                "board.catches_interrupt",
                Exit::NoAnswer,
                self,
                format!("let the program end on KeyboardInterrupt; to get in now: {SAFE_BOOT}"),
            ),
            Self::Restarts { .. } => words(
                "board.restarts",
                Exit::NoAnswer,
                self,
                format!("its program, a watchdog or its power supply resets it: {SAFE_BOOT}"),
            ),
            Self::NotCaught { .. } => words("board.not_caught", Exit::NoAnswer, self, FLASH_ANEW),
            Self::NotMicroPython { .. } => words(
                "board.not_micropython",
                Exit::NoAnswer,
                self,
                "check that this is the board's port and its speed (--baud), and that MicroPython is flashed on it",
            ),
            Self::Raised(_) => words(
                "python.raised",
                Exit::Failed,
                self,
                "mend the line that the traceback names last",
            ),
            Self::Damaged => words(
                "repl.damaged",
                Exit::NoAnswer,
                self,
                "use a shorter or better cable, or a lower speed (--baud)",
            ),
            Self::Wire(error) => error.explained(),
        }
    }
}

impl Explain for BoardError {
    fn explained(&self) -> Explained {
        match self {
            Self::NoSpace { .. }
            | Self::ReadOnly { .. }
            | Self::NoFileSystem
            | Self::Storage { .. }
            | Self::Verify => storage::refused(self),
            Self::NotFound { .. } => words(
                "board.not_found",
                Exit::Failed,
                self,
                "`boardside ls` shows what is on the board",
            ),
            Self::IsFolder { .. } => words(
                "board.is_folder",
                Exit::Failed,
                self,
                "for a folder with all in it add -r",
            ),
            Self::NotFolder { .. } => words(
                "board.not_folder",
                Exit::Failed,
                self,
                "`boardside ls` shows what is on the board; nothing was written",
            ),
            Self::InTheWay { .. } => words(
                "board.in_the_way",
                Exit::Failed,
                self,
                "end the name with / to put it into that folder, or remove the folder first; nothing was written",
            ),
            Self::Taken { .. } | Self::IntoItself { .. } => {
                words("board.in_the_way", Exit::Failed, self, OTHER_NAME)
            }
            Self::Own { .. } => words(
                "board.own",
                Exit::Failed,
                self,
                "leave it as it is: it is the record of the last sync; `boardside rm -r /.boardside` removes it as a whole, \
                 and the next sync then compares every file",
            ),
            Self::NoReset => words(
                "board.no_reset",
                Exit::Failed,
                self,
                "press the board's reset button, or reset it without --hard",
            ),
            Self::NoFolders { .. } => words(
                "board.no_folders",
                Exit::Failed,
                self,
                "put all files of the project into one folder; nothing was written",
            ),
            Self::Name { .. } => words(
                "board.name",
                Exit::Failed,
                self,
                "rename the file or leave it out (.boardsideignore); nothing was changed",
            ),
            Self::OtherDrive { .. } => words(
                "board.other_drive",
                Exit::Failed,
                self,
                "leave that folder out of the project (.boardsideignore) and copy it by hand; nothing was changed",
            ),
            Self::NoMemory => words(
                "board.no_memory",
                Exit::Failed,
                self,
                "soft-reset the board so that its RAM is free: boardside reset",
            ),
            Self::Restarts { .. } => words("board.restarts", Exit::NoAnswer, self, WATCHDOG),
            Self::Raised(_) => words(
                "board.program",
                Exit::NoAnswer,
                self,
                "try another cable or a lower speed (--baud), because a bad line damages what is sent; else report it with this text",
            ),
            Self::Answer { .. } => words(
                "board.answer",
                Exit::NoAnswer,
                self,
                "try again; report it if it stays so, with this text",
            ),
            Self::Repl(error) => error.explained(),
        }
    }
}

const WATCHDOG: &str = "most likely a watchdog (machine.WDT) that nobody feeds while the program is stopped: keep it in a \
     global name, where Boardside finds and feeds it, or run again with --force-boot, which resets the board and \
     catches it before the watchdog starts; else look at its power supply";

const OTHER_NAME: &str = "choose another name; nothing was changed";
