//! Words for packages, their keys and signatures.
//! What fails while one is written is a sync's or a board's.

use crate::package::PackageError;
use crate::session::Exit;
use crate::session::Explain;
use crate::session::Explained;
use crate::session::explain::words;
use crate::session::packages::PackageFileError;
use crate::session::writing::WriteError;

const AGAIN: &str = "get the package again from where it was made; the board was not touched";

impl PackageError {
    fn told(&self, text: impl std::fmt::Display) -> Explained {
        match self {
            Self::Version { .. } | Self::Range { .. } | Self::Platform { .. } => words(
                "package.words",
                Exit::Usage,
                text,
                "write a version like 1.2.0, 1.2.0-rc.1 or 2026.11.21, a firmware range like >=1.20 or >=1.20,<2, \
                 a platform like rp2, esp32, unix or microbit",
            ),
            Self::Path { .. } | Self::TooLarge { .. } => words(
                "package.content",
                Exit::Failed,
                text,
                "rename the file or leave it out (.boardsideignore), and pack again; the board was not touched",
            ),
            Self::NotAPackage { .. } => words(
                "package.none",
                Exit::Failed,
                text,
                "name a file that `boardside pack` made; the board was not touched",
            ),
            Self::Truncated { .. } => words("package.truncated", Exit::Verify, text, AGAIN),
            Self::Damaged { .. } => words("package.damaged", Exit::Verify, text, AGAIN),
            Self::Newer { .. } => words(
                "package.newer",
                Exit::Failed,
                text,
                "use the newer Boardside; the board was not touched",
            ),
            Self::Unsigned => words(
                "package.unsigned",
                Exit::Verify,
                text,
                "get its .minisig file, or sign it with `minisign -S`; `packages.keys` in boardside.toml says which \
                 keys count; the board was not touched",
            ),
            Self::UnknownKey { .. } => words(
                "package.unknown_key",
                Exit::Verify,
                text,
                "if you trust that signer, add its public key to `packages.keys` in boardside.toml, or give it with \
                 --key; the board was not touched",
            ),
            Self::Forged { .. } | Self::Signature => words(
                "package.signature",
                Exit::Verify,
                text,
                "get the package and its .minisig again from who signed it; the board was not touched",
            ),
            Self::PublicKey { .. } | Self::SecretKey { .. } => words(
                "package.key",
                Exit::Usage,
                text,
                "a public key is RW... or a .pub file, a secret one the file that `boardside keygen` or `minisign -G` \
                 made; BOARDSIDE_KEY_PASSWORD is its password",
            ),
            Self::Platforms { .. } | Self::Firmware { .. } => words(
                "package.target",
                Exit::Failed,
                text,
                "take the package for this board, or another firmware (micropython.org/download); nothing was changed",
            ),
            Self::Older { .. } => words(
                "package.older",
                Exit::Conflict,
                text,
                "write it all the same with --downgrade; nothing was changed",
            ),
        }
    }
}

impl Explain for PackageError {
    fn explained(&self) -> Explained {
        self.told(self)
    }
}

impl Explain for PackageFileError {
    fn explained(&self) -> Explained {
        match self {
            Self::Wrong { source, .. } => source.told(self),
            Self::Package(error) => error.explained(),
            Self::Io { .. } => words(
                "host.io",
                Exit::Failed,
                self,
                "check the path, its permissions and the free disk space",
            ),
            Self::Project(error) => error.explained(),
            Self::Files(error) => error.explained(),
        }
    }
}

impl Explain for WriteError {
    fn explained(&self) -> Explained {
        match self {
            Self::Package(error) => error.explained(),
            Self::NotThere { .. } | Self::NotBack { .. } => words(
                "package.not_running",
                Exit::Verify,
                self,
                "`boardside doctor` says what the board has, `boardside console` shows how it boots",
            ),
            Self::Board(error) => error.explained(),
        }
    }
}
