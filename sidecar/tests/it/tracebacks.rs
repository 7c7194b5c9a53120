//! fixtures/tracebacks: what a board printed → the errors in it.
//! Each file is a case; its comment says what it shows. Taken in one piece and byte by byte.

use std::fs;
use std::path::Path;

use boardside::session::traceback::Tracebacks;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    text: String,
    #[serde(default)]
    expected: Vec<Expected>,
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    error: String,
    /// `file:line name`
    frames: Vec<String>,
}

#[test]
fn tracebacks_are_found_in_what_boards_print() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/tracebacks");
    let mut cases = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().path();
        let name = file.display();
        let case: Case = toml::from_str(&fs::read_to_string(&file).unwrap())
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let whole = Tracebacks::default().push(case.text.as_bytes());
        let mut reader = Tracebacks::default();
        let bytes: Vec<_> = case.text.bytes().flat_map(|byte| reader.push(&[byte])).collect();
        assert_eq!(whole, bytes, "{name}");
        let found: Vec<Expected> = whole
            .iter()
            .map(|traceback| Expected {
                error: traceback.error.clone(),
                frames: traceback
                    .frames
                    .iter()
                    .map(|frame| {
                        let name = frame
                            .name
                            .as_ref()
                            .map_or(String::new(), |name| format!(" {name}"));
                        format!("{}:{}{name}", frame.file, frame.line)
                    })
                    .collect(),
            })
            .collect();
        assert_eq!(found, case.expected, "{name}");
        cases += 1;
    }
    assert!(cases > 4, "the fixtures were found");
}
