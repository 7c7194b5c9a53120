//! Words for projects, settings and syncs.
//! A board's own failures are `board`'s.

use crate::board::BoardError;
use crate::session::AfterError;
use crate::session::Exit;
use crate::session::Explain;
use crate::session::Explained;
use crate::session::LandError;
use crate::session::ProjectError;
use crate::session::PullError;
use crate::session::PullingError;
use crate::session::WatchedError;
use crate::session::explain::chain;
use crate::session::explain::storage;
use crate::session::explain::storage::MAKE_ROOM;
use crate::session::explain::words;
use crate::sync::SyncError;
use crate::sync::plan::Hindrance;

const SCAN: &str = "make it readable, give it another name, or leave it out (.boardsideignore); nothing was changed on the board";

impl Explain for SyncError {
    fn explained(&self) -> Explained {
        match self {
            Self::Scan(_) => words("project.scan", Exit::Failed, chain(self), SCAN),
            Self::Conflicts(conflicts) => {
                let first: Vec<String> = conflicts
                    .iter()
                    .take(5)
                    .map(|conflict| format!("{}: {}", conflict.path, conflict.clash))
                    .collect();
                words(
                    "sync.conflict",
                    Exit::Conflict,
                    format!("{self}: {}", first.join("; ")),
                    "keep the board's with --conflict keep, replace it with --conflict overwrite, or take it into the \
                     project with `boardside get` (one file) or `boardside pull --overwrite` (all); nothing was changed",
                )
            }
            Self::Names(_) => words(
                "sync.names",
                Exit::Failed,
                self,
                "rename the file or leave it out (.boardsideignore); nothing was changed",
            ),
            Self::NoSpace { .. } | Self::Board(BoardError::NoSpace { .. }) => words(
                "board.no_space",
                Exit::Storage,
                self,
                format!("{MAKE_ROOM}; nothing was changed"),
            ),
            Self::Suspect(suspect) => storage::suspect(suspect),
            Self::Partly { source, .. } => {
                let inner = source.explained();
                let help = inner.help.replace("; nothing was changed", "");
                let more = "what was done stays, and the next sync goes on from there";
                words(inner.code, inner.exit, self, format!("{help}; {more}"))
            }
            Self::Unfinished { source } => {
                let inner = source.explained();
                let more = "then every verb of boardside finishes it, or run `boardside doctor --fix`";
                words(inner.code, inner.exit, self, format!("{}; {more}", inner.help))
            }
            Self::Manifest(_) => words(
                "sync.manifest_newer",
                Exit::Failed,
                self,
                "use the newer Boardside, or `boardside rm -r /.boardside` and sync again",
            ),
            Self::Changed { .. } => words(
                "project.changed",
                Exit::Failed,
                self,
                "sync again when no program writes to it any more; nothing was changed on the board",
            ),
            Self::Read { .. } | Self::NotInProject { .. } => words(
                "project.read",
                Exit::Failed,
                chain(self),
                "sync again; if it stays so, check that the file is there and can be read; nothing was changed on the board",
            ),
            Self::Empty { .. } => words(
                "project.empty",
                Exit::Failed,
                self,
                "check the folder and the ignore rules; nothing was changed",
            ),
            Self::Unguarded => words(
                "sync.no_guard",
                Exit::Usage,
                self,
                "take `boot_guard` out of boardside.toml; nothing was changed",
            ),
            Self::Board(error) => error.explained(),
            Self::Ftp(error) => error.explained(),
        }
    }
}

impl Explain for ProjectError {
    fn explained(&self) -> Explained {
        match self {
            Self::NoFolder(_) => words(
                "project.no_folder",
                Exit::Usage,
                self,
                "name the project's folder: boardside sync PROJECT; `source` in boardside.toml names the folder inside it",
            ),
            Self::Settings(_) => words(
                "settings.bad",
                Exit::Usage,
                chain(self),
                "mend that file; the README lists the settings; nothing was changed on the board",
            ),
            Self::Rules(_) => words(
                "project.rules",
                Exit::Usage,
                chain(self),
                "mend the pattern, which is one of .gitignore; nothing was changed on the board",
            ),
            Self::Scan(_) => words("project.scan", Exit::Failed, chain(self), SCAN),
        }
    }
}

impl Explain for PullError {
    fn explained(&self) -> Explained {
        let named = self.refused.iter().take(5);
        let named: Vec<String> = named.map(|(path, why)| format!("{path} {why}")).collect();
        let more = if self.refused.len() > 5 { "; and more" } else { "" };
        let differ = self.refused.iter().any(|(_, why)| *why == Hindrance::Differs);
        words(
            "pull.conflict",
            Exit::Conflict,
            format!("{self}: {}{more}", named.join("; ")),
            if differ {
                "`boardside diff PROJECT FILE` shows the difference, --overwrite takes the board's; nothing was written"
            } else {
                "move away what lies there, or fetch the file with `boardside get` to another place; nothing was written"
            },
        )
    }
}

impl Explain for PullingError {
    fn explained(&self) -> Explained {
        match self {
            Self::Refused(error) => error.explained(),
            Self::Land(error) => error.explained(),
            Self::Files(error) => error.explained(),
        }
    }
}

impl Explain for LandError {
    fn explained(&self) -> Explained {
        let text = chain(self);
        match self {
            Self::Name { .. } => words(
                "host.name",
                Exit::Failed,
                text,
                "rename it on the board, or fetch it by `boardside get` under another name",
            ),
            Self::Exists { .. } | Self::LeadsOut { .. } => words(
                "host.exists",
                Exit::Conflict,
                text,
                "move it away and try again; it was not touched",
            ),
            Self::Io { .. } => words(
                "host.io",
                Exit::Failed,
                text,
                "check the path, its permissions and the free disk space",
            ),
            Self::Verify { .. } => words(
                "host.verify",
                Exit::Verify,
                text,
                "try again, to another place: the disk may be failing",
            ),
        }
    }
}

impl Explain for AfterError {
    fn explained(&self) -> Explained {
        words(
            "settings.after",
            Exit::Usage,
            chain(self),
            "write --after none, reset, restore or run=FILE",
        )
    }
}

impl Explain for WatchedError {
    fn explained(&self) -> Explained {
        match self {
            Self::Project(error) => error.explained(),
            Self::Watch(_) => words(
                "project.watch",
                Exit::Failed,
                chain(self),
                "check that the folder is there and can be read",
            ),
        }
    }
}
