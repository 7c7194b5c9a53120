//! Real MicroPython behind a line with a baud rate and faults.
//! Shares no code with `repl` or `board`: a codec mistake must not cancel out.
