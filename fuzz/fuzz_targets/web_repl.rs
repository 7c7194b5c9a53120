//! The door for cargo-fuzz to the target of this name; what it does is in `sidecar/src/fuzzing/`.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| boardside::fuzzing::run("web_repl", data));
