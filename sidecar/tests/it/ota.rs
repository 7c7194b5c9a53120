//! Releases from a project to devices that run the real micropython-ota in real MicroPython, by way of nginx, of
//! `ota serve` and of a bucket.
//! The safe client has chapters of its own.

mod buckets;
mod device;
mod keys;
mod kills;
mod load;
mod old_clients;
mod servers;
mod serving;
mod verbs;
