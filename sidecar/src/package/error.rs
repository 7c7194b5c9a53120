//! What can be wrong with a package, a key or a signature.
//! Words of help are `session::explain`'s.

use crate::package::FirmwareRange;
use crate::package::Version;

/// Why a package cannot be made, read, trusted or written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PackageError {
    /// It is no version.
    #[error("`{text}` is no version")]
    Version {
        /// As it was given.
        text: String,
    },
    /// It is no firmware range.
    #[error("`{text}` is no range of firmware versions")]
    Range {
        /// As it was given.
        text: String,
    },
    /// It is no name of a platform.
    #[error("`{text}` is no platform")]
    Platform {
        /// As it was given.
        text: String,
    },
    /// No package can have a file there.
    #[error("`{path}` cannot be in a package: {why}")]
    Path {
        /// Which.
        path: String,
        /// Why.
        why: &'static str,
    },
    /// More than a package may hold.
    #[error("it is too large for a package: {what} {count}, at most {most}")]
    TooLarge {
        /// Of what.
        what: &'static str,
        /// How much.
        count: u64,
        /// How much may be.
        most: u64,
    },
    /// It begins as no package does.
    #[error("it is no package: {why}")]
    NotAPackage {
        /// Why.
        why: &'static str,
    },
    /// It ends too early.
    #[error("it is cut short: {size} bytes of {expected}")]
    Truncated {
        /// What there is.
        size: u64,
        /// What there should be.
        expected: u64,
    },
    /// It is not what was packed.
    #[error("it is damaged or was changed after it was made: {what}")]
    Damaged {
        /// Where.
        what: String,
    },
    /// A newer Boardside made it.
    #[error("it is of format {format}, this program reads format 1")]
    Newer {
        /// The format it says.
        format: u64,
    },
    /// A key is required, and it has no signature.
    #[error("it has no signature, and only signed packages are wanted here")]
    Unsigned,
    /// Another key signed it.
    #[error("it is signed by the key {key}, which is none of those that are trusted here")]
    UnknownKey {
        /// The key's id.
        key: String,
    },
    /// The signature is not of these bytes.
    #[error("its signature by the key {key} does not fit: the package or the signature was changed")]
    Forged {
        /// The key's id.
        key: String,
    },
    /// A signature that cannot be read.
    #[error("its signature cannot be read")]
    Signature,
    /// It is no public key.
    #[error("`{text}` is no public key of minisign")]
    PublicKey {
        /// As it was given.
        text: String,
    },
    /// The secret key cannot be used.
    #[error("the secret key cannot be used: {why}")]
    SecretKey {
        /// Why.
        why: String,
    },
    /// For boards of another kind.
    #[error("it is for {wanted}, and the board is {found}")]
    Platforms {
        /// What it is for.
        wanted: String,
        /// What the board is.
        found: String,
    },
    /// For other firmware.
    #[error("it is for MicroPython {wanted}, and the board has {found}")]
    Firmware {
        /// What it is for.
        wanted: FirmwareRange,
        /// What the board has.
        found: String,
    },
    /// The board has a newer version.
    #[error("it is version {version}, and the board has {found}, which is newer")]
    Older {
        /// The package's.
        version: Version,
        /// The board's.
        found: Version,
    },
}
