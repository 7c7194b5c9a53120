//! fixtures/pymakr and fixtures/micropico: settings files of other tools, and what they become.
//! `<case>.conf` is the file, `<case>.toml` what is expected of it.

use std::fs;
use std::path::Path;

use boardside::session::Options;
use boardside::session::import;
use boardside::session::import_micropico;
use boardside::session::load;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// As it would stand in boardside.toml.
    #[serde(default)]
    options: toml::Table,
    #[serde(default)]
    warnings: Vec<String>,
    error: Option<String>,
}

#[test]
fn every_pymakr_conf_becomes_the_settings_that_are_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/pymakr");
    let mut cases = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "conf") {
            check(&path);
            cases += 1;
        }
    }
    assert!(cases >= 12, "only {cases} cases were found");
}

#[test]
fn settings_of_micropico_become_the_settings_that_are_expected() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fixtures/micropico");
    let mut cases = 0;
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "json") {
            let name = path.display();
            let expected = fs::read_to_string(path.with_extension("toml")).unwrap();
            let expected: Expected = toml::from_str(&expected).unwrap_or_else(|e| panic!("{name}: {e}"));
            let (options, warnings) = import_micropico(&fs::read_to_string(&path).unwrap());
            let shown: Vec<String> = warnings.iter().map(ToString::to_string).collect();
            assert_eq!(shown.join("\n"), expected.warnings.join("\n"), "{name}");
            assert_eq!(
                options,
                Options::parse(&expected.options.to_string()).unwrap(),
                "{name}"
            );
            cases += 1;
        }
    }
    assert!(cases >= 5, "only {cases} cases were found");
}

fn check(path: &Path) {
    let name = path.display();
    let text = fs::read_to_string(path).unwrap();
    let expected = fs::read_to_string(path.with_extension("toml")).unwrap();
    let expected: Expected = toml::from_str(&expected).unwrap_or_else(|error| panic!("{name}: {error}"));
    match import(&text) {
        Err(error) => assert_eq!(Some(error.to_string()), expected.error, "{name}"),
        Ok((options, warnings)) => {
            assert_eq!(expected.error, None, "{name} was read");
            let shown: Vec<String> = warnings.iter().map(ToString::to_string).collect();
            assert_eq!(shown.join("\n"), expected.warnings.join("\n"), "{name}");
            let wanted = Options::parse(&expected.options.to_string()).unwrap();
            assert_eq!(options, wanted, "{name}");
            assert!(
                !format!("{options:?}{shown:?}").contains("s3cret"),
                "{name}: a password got out"
            );
        }
    }
}

#[test]
fn the_projects_own_settings_come_before_those_of_pymakr() {
    let project = tempfile::tempdir().unwrap();
    let at = |name: &str| project.path().join(name);
    assert_eq!(load(project.path()).unwrap().file, None);
    fs::create_dir(at(".vscode")).unwrap();
    fs::write(
        at(".vscode/settings.json"),
        "{\"micropico.syncFolder\": \"pico\"}",
    )
    .unwrap();
    let imported = load(project.path()).unwrap();
    assert_eq!(
        (imported.options.source, imported.file),
        (Some("pico".into()), Some(at(".vscode/settings.json")))
    );
    fs::write(at("pymakr.conf"), "{\"dist_dir\": \"build\"}").unwrap();
    let imported = load(project.path()).unwrap();
    assert_eq!(
        (imported.options.source, imported.file),
        (Some("build".into()), Some(at("pymakr.conf")))
    );
    fs::write(at("boardside.toml"), "source = 'src'").unwrap();
    let own = load(project.path()).unwrap();
    assert_eq!(
        (own.options.source, own.file),
        (Some("src".into()), Some(at("boardside.toml")))
    );
    assert_eq!(own.warnings, []);
    fs::write(at("boardside.toml"), "\nsources = 'src'").unwrap();
    let error = load(project.path()).unwrap_err().to_string();
    assert!(
        error.ends_with("line 2, column 1: the key `sources` is not known; did you mean `source`?"),
        "{error}"
    );
    assert_eq!(
        fs::read_to_string(at("pymakr.conf")).unwrap(),
        "{\"dist_dir\": \"build\"}",
        "never written"
    );
}
