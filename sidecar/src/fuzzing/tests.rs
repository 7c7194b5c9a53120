//! The stored inputs of `fuzz/corpus/`, each through its target; and the lists are all the same.
//! Finds nothing new: that is `cargo xtask fuzz`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;

fn fuzz() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz")
}

fn names(folder: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(fuzz().join(folder)).unwrap();
    let name = |entry: fs::DirEntry| entry.path().file_stem().unwrap().to_string_lossy().into_owned();
    entries.map(|entry| name(entry.unwrap())).collect()
}

#[test]
fn each_stored_input_passes_its_target() {
    let (mut inputs, mut bytes) = (0, 0);
    for (name, target) in TARGETS {
        let folder = fuzz().join("corpus").join(name);
        let mut any = false;
        for entry in fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.unwrap().path();
            let input = fs::read(&path).unwrap();
            // Shown if the target falls.
            println!("{}", path.display());
            target(&input);
            any = true;
            inputs += 1;
            bytes += input.len();
        }
        assert!(any, "nothing is stored for {name}");
    }
    println!("{inputs} inputs, {bytes} bytes");
    assert!(bytes < 1 << 20, "{bytes} bytes are too many to store");
}

#[test]
fn each_target_has_a_program_and_inputs_and_there_are_no_others() {
    let known: BTreeSet<String> = TARGETS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(names("fuzz_targets"), known);
    assert_eq!(names("corpus"), known);
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    let told = manifest.lines().filter_map(|line| line.strip_prefix("name = \""));
    let told: BTreeSet<String> = told
        .skip(1)
        .map(|rest| rest.trim_end_matches('"').to_owned())
        .collect();
    assert_eq!(told, known);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Random projects, boards, hands on them and policies: see `journals`.
    #[test]
    fn a_journal_ends_as_the_plan_says_whenever_the_power_fails(
        bytes in prop::collection::vec(any::<u8>(), 20..160),
    ) {
        run("journal", &bytes);
    }

    /// A package with something else in its place is refused, and never by a panic.
    #[test]
    fn a_package_with_other_pieces_in_it_is_no_package(
        at in 0_usize..765, cut in 0_usize..60, piece in prop::collection::vec(any::<u8>(), 0..60),
    ) {
        let whole = fs::read(fuzz().join("corpus/package/whole")).unwrap();
        let mut bytes = whole.clone();
        bytes.splice(at..(at + cut).min(whole.len()), piece);
        run("package", &bytes);
        prop_assert!(bytes == whole || crate::package::Package::parse(&bytes).is_err());
    }
}
