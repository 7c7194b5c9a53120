//! One workspace: settings, which board, which wire, and words for every error.
//! The only room that names every wire.
