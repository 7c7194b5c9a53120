//! What `cargo fuzz` throws bytes at: one function a target, which panics if something that must hold does not.
//! Not in the program: compiled for tests, which replay the stored inputs of `fuzz/corpus/`, and for `fuzz/`.

mod journals;
mod packages;
mod paths;
mod projects;
mod releases;
mod settings;

/// Takes bytes, panics if something does not hold.
pub type Target = fn(&[u8]);

/// All targets. Each has a file in `fuzz/fuzz_targets/`, an entry in `fuzz/Cargo.toml` and a folder in `fuzz/corpus/`.
pub const TARGETS: [(&str, Target); 17] = [
    ("answers", crate::repl::fuzzing::answers),
    ("board_path", paths::board_path),
    ("delta", projects::delta),
    ("events", crate::board::fuzzing::events),
    ("frames", crate::board::fuzzing::frames),
    ("framing", crate::server::fuzzing::framing),
    ("ignore", projects::ignore),
    ("journal", journals::journal),
    ("literals", crate::repl::fuzzing::literals),
    ("manifest", projects::manifest),
    ("package", packages::package),
    ("releases", releases::releases),
    ("repl", crate::repl::fuzzing::repl),
    ("settings", settings::settings),
    ("telnet", crate::wire::telnet::fuzzing::telnet),
    ("tracebacks", paths::tracebacks),
    ("web_repl", crate::wire::web_repl::fuzzing::web_repl),
];

/// Runs the target of this name.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|(known, _)| *known == name);
    target.expect("the target is in the list").1(bytes);
}

#[cfg(test)]
mod tests;
