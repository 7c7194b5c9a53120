//! What the verbs say: previews, lists, differences, what is pruned, and the lines for boot.py.
//! What devices make of it is the other chapters'.

use std::fs;

use serde_json::Value;
use serde_json::json;

use super::servers::Publisher;
use super::servers::main_of;

fn changes(events: &[Value]) -> Vec<(String, String)> {
    let text = |event: &Value, key: &str| event[key].as_str().unwrap_or_default().to_owned();
    let differences = events.iter().filter(|event| event["event"] == "difference");
    differences
        .map(|event| (text(event, "path"), text(event, "how")))
        .collect()
}

#[test]
fn a_preview_says_what_would_change_and_changes_nothing() {
    let publisher = Publisher::to_folder();
    publisher.desk.write("p/a.py", "").write("p/main.py", "");
    let preview = publisher.run(&["publish", "p", "--version", "v1", "--dry-run", "--json"]);
    let row = |path: &str, how: &str| (path.to_owned(), how.to_owned());
    assert_eq!(
        changes(&preview.events()),
        [row("a.py", "added"), row("main.py", "added")]
    );
    assert!(!publisher.desk.path("srv").exists());
    publisher.publish("v1", &[]);
    fs::remove_file(publisher.desk.path("p/a.py")).unwrap();
    publisher
        .desk
        .write("p/main.py", main_of("v2"))
        .write("p/b.py", "");
    let preview = publisher.run(&["publish", "p", "--version", "v2", "--dry-run", "--json"]);
    let expected = [
        row("a.py", "removed"),
        row("b.py", "added"),
        row("main.py", "changed"),
    ];
    assert_eq!(changes(&preview.events()), expected);
    let status = publisher.run(&["status", "p", "--json"]);
    assert_eq!(
        (changes(&status.events()), &status.last()["changes"]),
        (expected.to_vec(), &3.into())
    );
    assert_eq!(
        publisher.bad(&["publish", "p", "--version", "v1", "--dry-run"]),
        (7, "ota.taken".to_owned())
    );
    let published = publisher.run(&["publish", "p", "--version", "v2"]);
    assert!(
        published.err.contains("a.py is in it no more"),
        "{}",
        published.err
    );
    published.good();
    let diff = publisher.run(&["diff", "v1", "v2", "-p", "p", "--json"]);
    assert_eq!((diff.code, changes(&diff.events())), (1, expected.to_vec()));
    let text = publisher.run(&["diff", "v1", "v2", "-p", "p"]);
    let text = String::from_utf8(text.out).unwrap();
    assert!(
        text.contains("-print('this is v1')\n+print('this is v2')\n"),
        "{text}"
    );
    assert_eq!(publisher.run(&["diff", "v1", "v1", "-p", "p"]).code, 0);
    assert_eq!(
        publisher.bad(&["diff", "v1", "v3", "-p", "p"]),
        (1, "ota.no_release".to_owned())
    );
}

#[test]
fn old_versions_go_and_never_the_current_or_a_pinned_one() {
    let publisher = Publisher::to_folder();
    for version in ["v1", "v2", "v3", "v4", "v5"] {
        publisher.publish(version, &[]);
    }
    publisher.good(&["pin", "dev1,dev2", "v1", "-p", "p"]);
    publisher.good(&["rollback", "v2", "-p", "p"]);
    let versions = || {
        let events = publisher.run(&["list", "p", "--json"]).events();
        let mut versions: Vec<String> = events
            .iter()
            .filter_map(|one| Some(one["version"].as_str()?.to_owned()))
            .collect();
        versions.sort();
        versions.join(" ")
    };
    let would = publisher.good(&["prune", "--keep", "1", "--dry-run", "-p", "p"]);
    assert_eq!(
        (&would["versions"], versions().as_str()),
        (&json!(["v4", "v3"]), "v1 v2 v3 v4 v5")
    );
    assert_eq!(
        publisher.good(&["prune", "--keep", "1", "-p", "p"])["versions"],
        json!(["v4", "v3"])
    );
    assert_eq!(versions(), "v1 v2 v5");
    assert_eq!(
        publisher.good(&["status", "p"])["pins"],
        json!({"dev1": "v1", "dev2": "v1"})
    );
    // What is not whole stays until somebody says so.
    fs::remove_file(publisher.desk.path("srv/sample/v5_main.py")).unwrap();
    assert_eq!(
        publisher.good(&["prune", "--keep", "9", "-p", "p"])["versions"],
        json!([])
    );
    assert_eq!(
        publisher.good(&["prune", "--keep", "9", "--incomplete", "-p", "p"])["versions"],
        json!(["v5"])
    );
    let text = publisher.run(&["list", "p"]).good();
    assert!(
        text.contains("current") && text.contains("pinned: dev1, dev2"),
        "{text}"
    );
    // Only some of the canaries go back; the others keep theirs.
    assert_eq!(
        publisher.good(&["abort", "dev2", "-p", "p"])["devices"],
        json!(["dev2"])
    );
    assert_eq!(
        publisher.bad(&["abort", "dev2", "-p", "p"]),
        (1, "ota.pins".to_owned())
    );
    assert_eq!(publisher.good(&["promote", "-p", "p"])["version"], "v1");
}

#[test]
fn versions_that_were_put_there_by_hand_are_known_and_kept() {
    let publisher = Publisher::to_folder();
    for (name, text) in [
        ("v1_main.py", "1"),
        ("v1_boot.py", "1"),
        ("v0_main.py", "0"),
        ("version", "v1\n"),
    ] {
        publisher.desk.write(&format!("srv/sample/{name}"), text);
    }
    assert_eq!(publisher.good(&["status", "p"])["current"], "v1");
    assert_eq!(
        publisher.bad(&["rollback", "-p", "p"]),
        (1, "ota.no_release".to_owned())
    );
    assert_eq!(
        publisher.bad(&["rollback", "v0", "-p", "p"]),
        (6, "ota.incomplete".to_owned()),
        "boot.py is missing"
    );
    publisher.desk.write("p/main.py", "other").write("p/boot.py", "1");
    assert_eq!(
        publisher.bad(&["publish", "p", "--version", "v1"]),
        (7, "ota.taken".to_owned())
    );
    publisher.publish("v2", &[]);
    assert_eq!(
        publisher.good(&["rollback", "-p", "p"])["version"],
        "v1",
        "it was current before v2"
    );
}

#[test]
fn a_version_that_is_none_is_told_and_the_next_one_replaces_it() {
    let publisher = Publisher::to_folder();
    publisher.publish("v1", &[]);
    for odd in ["v1_0\n", "<html>log in</html>\n"] {
        publisher.desk.write("srv/sample/version", odd);
        assert_eq!(publisher.bad(&["status", "p"]), (1, "ota.record".to_owned()));
        assert_eq!(
            publisher.bad(&["rollback", "-p", "p"]),
            (1, "ota.record".to_owned())
        );
        publisher.good(&["list", "p"]);
        assert_eq!(publisher.good(&["rollback", "v1", "-p", "p"])["version"], "v1");
        assert_eq!(publisher.good(&["status", "p"])["current"], "v1");
    }
}

#[test]
fn releases_that_lie_in_the_project_are_no_part_of_the_next_one() {
    let publisher = Publisher::to_folder();
    publisher
        .desk
        .write(
            "p/boardside.toml",
            "name = 'sample'\nota = { target = 'releases' }\n",
        )
        .write("p/main.py", "");
    for version in ["v1", "v2"] {
        let run = publisher
            .desk
            .run(&["ota", "publish", "p", "--version", version, "--json"]);
        assert_eq!((run.code, &run.last()["files"]), (0, &1.into()), "{}", run.err);
    }
    assert_eq!(publisher.desk.read("p/releases/sample/version"), "v2");
    for version in ["v3", "v4"] {
        let args = ["ota", "publish", "p", "--to", "p", "--version", version, "--json"];
        let run = publisher.desk.run(&args);
        // Those in `releases` are files like others now.
        assert_eq!(run.failure(), (1, String::new()), "{version}: {}", run.err);
        assert_eq!(run.last()["code"], "ota.content");
        fs::remove_dir_all(publisher.desk.path("p/releases")).unwrap_or_default();
        let run = publisher.desk.run(&args);
        assert_eq!((run.code, &run.last()["files"]), (0, &1.into()), "{}", run.err);
        publisher.desk.write("p/releases/x.py", "");
    }
}

#[test]
fn the_lines_for_boot_py_are_those_of_this_project() {
    let publisher = Publisher::to_folder();
    publisher
        .desk
        .write("p/main.py", "")
        .write("p/boot.py", "")
        .write("p/lib/a.py", "");
    let snippet = |args: &[&str]| {
        publisher
            .desk
            .run(&[&["ota", "snippet", "p", "--json"], args].concat())
            .last()
    };
    let old = snippet(&["--url", "http://ota.example:8000"])["old"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        old.contains(
            "host='http://ota.example:8000',\n    project='sample',\n    filenames=['boot.py', 'main.py'],\n)"
        ),
        "{old}"
    );
    assert!(old.contains("safe client: 1."), "{old}");
    let old = snippet(&["--layout", "folder", "--login"])["old"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(
        old.contains("use_version_prefix=False") && old.contains("user='DEVICE'"),
        "{old}"
    );
    let safe = snippet(&[])["safe"].as_str().unwrap().to_owned();
    assert!(
        safe.contains("import ota.boot") && safe.contains("ota.confirm()"),
        "{safe}"
    );
}
