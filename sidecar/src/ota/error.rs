//! What can be wrong with releases and the places where they lie.
//! Words of help are `session::explain`'s.

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::base::size_text;
use crate::ota::Tag;

/// Why something about releases cannot be done.
#[derive(Debug, thiserror::Error)]
pub enum OtaError {
    /// A word that cannot stand in a URL.
    #[error("`{text}` is no {what}: {why}")]
    Name {
        /// A version, the name of a project, of a device.
        what: &'static str,
        /// As it was given.
        text: String,
        /// Why.
        why: &'static str,
    },
    /// It is no place for releases.
    #[error("`{text}` is no place for releases: {why}")]
    Target {
        /// As it was given.
        text: String,
        /// Why.
        why: &'static str,
    },
    /// A file that devices could not take.
    #[error("{path} cannot be published: {why}")]
    File {
        /// Relative to the root of the board.
        path: String,
        /// Why.
        why: &'static str,
    },
    /// A file that is larger than a device's RAM.
    #[error("{path} cannot be published for micropython-ota: {}, and {} is the limit", size_text(*size), size_text(*most))]
    Large {
        /// Which.
        path: String,
        /// In bytes.
        size: u64,
        /// In bytes.
        most: u64,
    },
    /// The project has no such file.
    #[error("`ota.files` names {path}, which is none of the project's files")]
    NoFile {
        /// As the settings name it.
        path: String,
    },
    /// This version is there with other bytes.
    #[error("version {version} is published already with another content: {what}")]
    Taken {
        /// Which.
        version: Tag,
        /// What differs.
        what: String,
    },
    /// Another publisher is at work.
    #[error("somebody else is publishing to {place} at this moment")]
    Busy {
        /// Where.
        place: String,
    },
    /// Another publisher was faster.
    #[error("somebody else published meanwhile: {what} is no longer what it was{}", now.as_ref().map_or_else(String::new, |now| format!(", but `{now}`")))]
    Raced {
        /// Which file.
        what: String,
        /// What it says now.
        now: Option<String>,
    },
    /// There is no such release.
    #[error("there is no version {version} in {place}")]
    NoRelease {
        /// Which.
        version: String,
        /// Where.
        place: String,
    },
    /// Nothing was ever made current.
    #[error("no version of {project} is current in {place}")]
    NoCurrent {
        /// Which project.
        project: String,
        /// Where.
        place: String,
    },
    /// There is none before it.
    #[error("it is not known which version was current before {version}")]
    NoBefore {
        /// Which.
        version: Tag,
    },
    /// A release of which files are missing or damaged.
    #[error("version {version} is not whole: {what}")]
    Incomplete {
        /// Which.
        version: Tag,
        /// What is missing or is not what was published.
        what: String,
    },
    /// What is read back is not what was written.
    #[error("{what} does not come back as it was written: {why}")]
    NotBack {
        /// Its URL or its place.
        what: String,
        /// How it differs.
        why: String,
    },
    /// Devices with pins have several versions.
    #[error("devices are pinned to different versions: {versions}")]
    Pins {
        /// Which.
        versions: String,
    },
    /// No device is pinned.
    #[error("no device of {project} has a version of its own")]
    NoPins {
        /// Which project.
        project: String,
    },
    /// A record of ours that cannot be read.
    #[error("the record of version {version} in {place} cannot be read: {why}")]
    Record {
        /// Which.
        version: String,
        /// Where.
        place: String,
        /// Why.
        why: String,
    },
    /// What `version` says is no version.
    #[error("{what} says `{text}`, which is no version")]
    Version {
        /// Its place.
        what: String,
        /// As it is written.
        text: String,
    },
    /// A key that cannot be used.
    #[error("the key cannot be used: {why}")]
    Key {
        /// Why.
        why: String,
    },
    /// A folder's file cannot be read or written.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A bucket cannot be reached, or refuses.
    #[error("{what}: {why}")]
    Bucket {
        /// Which object.
        what: String,
        /// As the service says it.
        why: String,
    },
    /// The address to serve at is taken.
    #[error("nothing can be served at {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
    /// The certificate or its key cannot be used.
    #[error("the certificate cannot be used: {why}")]
    Certificate {
        /// Why.
        why: String,
    },
}
