//! What can be published for whom, and what the record of it says.

use super::*;

fn release(
    files: &[(&str, &[u8])],
    old: Option<&[&str]>,
    safe: bool,
) -> Result<(Vec<String>, Vec<String>), String> {
    let contents = files
        .iter()
        .map(|(path, content)| ((*path).to_owned(), content.to_vec()))
        .collect();
    let readers = Readers {
        old: old.map(|old| old.iter().map(|path| (*path).to_owned()).collect()),
        safe,
        largest: 40_000,
    };
    let made = Release::new("v1".parse().unwrap(), Layout::Flat, contents, &readers);
    let (release, contents, warnings) = made.map_err(|error| error.to_string())?;
    assert!(release.files.keys().eq(contents.keys()));
    let names = contents.into_keys().collect();
    Ok((names, warnings.iter().map(ToString::to_string).collect()))
}

#[test]
fn what_old_clients_cannot_take_is_refused_or_only_for_the_safe_one() {
    let large = vec![b'#'; 40_001];
    let cases: [(&str, &[u8], &str); 6] = [
        ("lib/a.py", b"", "writes no files in folders"),
        ("a.mpy", b"M\x06\xff", "no UTF-8 text"),
        ("a b.py", b"", "does not escape"),
        ("version", b"", "uses that name for itself"),
        ("tmp", b"", "uses that name for itself"),
        ("big.py", &large, "too large|the limit"),
    ];
    for (path, content, why) in cases {
        let files = [("main.py", &b""[..]), (path, content)];
        let fits = |text: &str| why.split('|').any(|why| text.contains(why));
        let refused = release(&files, None, false).unwrap_err();
        assert!(refused.starts_with(path) && fits(&refused), "{refused}");
        let (names, warnings) = release(&files, None, true).unwrap();
        assert_eq!(names.len(), 2);
        assert!(warnings.len() == 1 && fits(&warnings[0]), "{warnings:?}");
        // Nobody said that old clients ask for it.
        assert_eq!(release(&files, Some(&["main.py"]), true).unwrap().1, [""; 0]);
        assert_eq!(release(&files, Some(&["main.py"]), false).unwrap().0, ["main.py"]);
        // Somebody did.
        assert!(release(&files, Some(&["main.py", path]), true).is_err());
    }
}

#[test]
fn the_settings_of_a_device_are_left_out_unless_old_clients_ask_for_them() {
    let files = [("main.py", &b""[..]), ("ota.json", b"{}")];
    for safe in [false, true] {
        let (names, warnings) = release(&files, None, safe).unwrap();
        assert_eq!(names, ["main.py"]);
        assert!(warnings[0].starts_with("ota.json is left out"), "{warnings:?}");
        let asked = release(&files, Some(&["main.py", "ota.json"]), safe).unwrap();
        assert_eq!(asked.0, ["main.py", "ota.json"]);
    }
}

#[test]
fn what_no_client_can_take_is_refused_whoever_signs() {
    let long = "a/".repeat(60) + "b";
    for path in [
        "manifest.json",
        "manifest.x",
        "lib/.secret",
        "a\"b",
        "a\\b",
        "a\nb",
        &long,
    ] {
        assert!(release(&[(path, b"")], None, true).is_err(), "{path}");
    }
    assert!(release(&[("A.py", b""), ("a.py", b"")], None, true).is_err());
    assert!(release(&[], None, true).is_err());
    assert!(
        release(&[("a.py", b"")], Some(&["b.py"]), true)
            .unwrap_err()
            .contains("b.py")
    );
}

#[test]
fn a_release_without_a_program_is_told_where_the_safe_client_would_refuse_it() {
    assert_eq!(release(&[("a.py", b"")], None, false).unwrap().1, [""; 0]);
    let (_, warnings) = release(&[("a.py", b"")], None, true).unwrap();
    assert!(warnings[0].contains("no main.py"), "{warnings:?}");
}

#[test]
fn large_files_are_told() {
    let heavy = vec![b'#'; 20_000];
    let (_, warnings) = release(&[("a.py", &heavy)], None, false).unwrap();
    assert!(warnings[0].contains("a.py has 19.5 KiB"), "{warnings:?}");
}

#[test]
fn the_record_says_what_was_published_and_nothing_of_when() {
    let tag: Tag = "v1".parse().unwrap();
    let mut release = Release {
        version: tag.clone(),
        layout: Layout::Folder,
        files: BTreeMap::from([("lib/a.py".to_owned(), Entry::of(b"abc"))]),
        after: Some("v0".parse().unwrap()),
    };
    let text = release.record();
    assert_eq!(
        String::from_utf8(text.clone()).unwrap(),
        "{\"format\":1,\"version\":\"v1\",\"layout\":\"folder\",\"after\":\"v0\",\"files\":[[\"lib/a.py\",3,\
         \"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"]]}\n"
    );
    let read = Release::parse(&text, &tag, "here").unwrap();
    assert_eq!(read, release);
    assert_eq!(read.difference(&release), None);
    release.after = None;
    assert_eq!(
        read.difference(&release),
        None,
        "what was current before is no content"
    );
    release.files.insert("main.py".to_owned(), Entry::of(b""));
    assert_eq!(read.difference(&release), Some("main.py".to_owned()));
    for bad in [
        "",
        "{}",
        "{\"format\":2,\"version\":\"v1\",\"layout\":\"flat\",\"files\":[]}",
        "{\"format\":1,\"version\":\"v2\",\"layout\":\"flat\",\"files\":[]}",
    ] {
        assert!(Release::parse(bad.as_bytes(), &tag, "here").is_err(), "{bad}");
    }
    let out = r#"{"format":1,"version":"v1","layout":"flat","files":[["../x",1,"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"]]}"#;
    assert!(Release::parse(out.as_bytes(), &tag, "here").is_err());
}
