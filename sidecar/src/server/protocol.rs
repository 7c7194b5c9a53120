//! The words of protocol.md: what comes and what goes, as it stands in JSON.
//! Does nothing; tests compare the lists with the document.

/// What comes from the client.
pub(super) mod asked;
/// Methods, commands, codes and settings by their names.
pub mod names;
/// What goes to the client.
pub(super) mod told;
