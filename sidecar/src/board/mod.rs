//! What one board can do: probe, list, read, write, hash, run, reset.
//! Decides nothing about projects: that is `sync`.
