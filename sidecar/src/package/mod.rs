//! Packages: a project at a version in one file, for which boards, signed by whom: making, reading, checking.
//! Reads no file, asks no board and prints nothing: bytes in, bytes or words out.
#![deny(clippy::disallowed_methods, clippy::disallowed_types)]

mod archive;
mod error;
mod firmware;
mod manifest;
mod signature;
mod version;

pub use archive::LARGEST;
pub use archive::Package;
pub use archive::pack;
pub use error::PackageError;
pub use firmware::FirmwareRange;
pub use manifest::Head;
pub use manifest::Target;
pub use manifest::file_name;
pub use signature::PublicKey;
pub use signature::SecretKey;
pub use signature::Signature;
pub use signature::Signed;
pub use version::Version;

/// What a package's name ends with.
pub const EXTENSION: &str = "bsp";
/// What the name of a package's signature ends with, behind that: the name that `minisign` looks for.
pub const SIGNATURE_EXTENSION: &str = "minisig";
