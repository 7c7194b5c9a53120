//! MicroPython's friendly, raw and raw-paste conversation on a wire.
//! Knows nothing of files: that is `board`.
