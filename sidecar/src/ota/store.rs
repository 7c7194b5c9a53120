//! `Store`: what a place for releases can do, whatever it is made of.
//! Knows nothing of versions and projects but their keys.

use std::time::SystemTime;

use futures::future::BoxFuture;

use crate::base::Digest;
use crate::ota::OtaError;

/// The largest part of a release that is read back, in bytes.
pub(super) const LARGEST: u64 = 64 << 20;

/// One deed of a store. Every wait in it has a limit.
pub type Doing<'a, T> = BoxFuture<'a, Result<T, OtaError>>;

/// A place for releases: a folder, a bucket.
pub trait Store: Send + Sync {
    /// For people: `/srv/ota`, `s3://bucket/prefix`.
    fn place(&self) -> String;

    /// A bare `+` in a URL is a blank here.
    fn plus_is_blank(&self) -> bool;

    /// Nobody who serves it looks at pins: devices with versions of their own need copies.
    fn needs_copies(&self) -> bool;

    /// Puts something where nothing is; `false`: there is something. Nobody ever sees a part of it.
    fn create<'a>(&'a self, key: &'a str, bytes: &'a [u8]) -> Doing<'a, bool>;

    /// What lies there.
    fn read<'a>(&'a self, key: &'a str) -> Doing<'a, Option<Found>>;

    /// Puts something in the place of what was read, in one moment; `false`: it is no longer what was read.
    fn replace<'a>(&'a self, key: &'a str, before: &'a Before, bytes: &'a [u8]) -> Doing<'a, bool>;

    /// Takes it away, if it is there.
    fn remove<'a>(&'a self, key: &'a str) -> Doing<'a, ()>;

    /// All that lies below `project/`.
    fn list<'a>(&'a self, project: &'a str) -> Doing<'a, Vec<Listed>>;

    /// Keeps other publishers of this project away, as long as the lock lives.
    fn lock<'a>(&'a self, project: &'a str) -> Doing<'a, Lock>;
}

/// Something that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What is in it.
    pub bytes: Vec<u8>,
    /// For `Store::replace`.
    pub revision: Before,
}

impl Found {
    /// As text of one line.
    pub fn word(&self) -> String {
        String::from_utf8_lossy(&self.bytes).trim().to_owned()
    }
}

/// What was there when it was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Before {
    /// Nothing.
    Absent,
    /// This content.
    Content(Digest),
    /// What the service calls so: its etag, its version.
    Named(Option<String>, Option<String>),
}

/// Something in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// From the target on.
    pub key: String,
    /// In bytes.
    pub size: u64,
    /// When it was written.
    pub when: SystemTime,
}

/// A lock that is let go when this is dropped, or when the process ends.
#[derive(Debug)]
pub struct Lock(#[allow(dead_code)] pub(super) Option<std::fs::File>);
