//! What nobody else is to see: files that look like secrets stay here, and passwords that somebody typed are shown
//! nowhere. Real processes.
//! Which names look like secrets, `sync::ignore` tests one by one.

mod files;
mod marker;
