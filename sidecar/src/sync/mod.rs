//! Making the board's tree equal to the project's: scan, plan, apply, verify.
//! Knows no settings files and no screens.

/// Decides what a sync will do; never does it.
pub mod plan;
