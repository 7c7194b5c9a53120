//! What is written is always the same, opens elsewhere, and nothing else is read.
//! Signatures are not looked at here.

use std::io::Read as _;

use proptest::prelude::*;

use super::*;
use crate::base::Digest;
use crate::package::Target;

fn head() -> Head {
    Head {
        name: "blink".to_owned(),
        version: "1.2.0".parse().unwrap(),
        target: Target::new(&["rp2".to_owned()], Some(">=1.20")).unwrap(),
    }
}

fn contents(files: &[(&str, &str)]) -> BTreeMap<BoardPath, Vec<u8>> {
    let file = |(path, text): &(&str, &str)| (BoardPath::new(path).unwrap(), text.as_bytes().to_vec());
    files.iter().map(file).collect()
}

fn sample() -> Vec<u8> {
    let files = contents(&[
        ("main.py", "import über\n"),
        ("lib/über.py", "x = 1\n"),
        ("empty", ""),
    ]);
    pack(&head(), &files).unwrap()
}

/// With a manifest that its maker changed, and otherwise in order.
fn with_manifest(change: impl Fn(&str) -> String) -> Vec<u8> {
    let sample = sample();
    let manifest = change(std::str::from_utf8(first(&sample).unwrap()).unwrap());
    let package = Package::parse(&sample).unwrap();
    let files = package.contents.iter();
    write(
        manifest.as_bytes(),
        files.map(|(path, content)| (path, &content[..])),
    )
}

#[test]
fn the_same_project_is_the_same_bytes_today_and_in_ten_years() {
    let bytes = sample();
    assert_eq!(bytes, sample());
    // A package that was made once must be read for ever: this changes only with the format's number.
    assert_eq!(
        (bytes.len(), Digest::of(&bytes).to_string().as_str()),
        (GOLDEN_SIZE, GOLDEN)
    );
    let package = Package::parse(&bytes).unwrap();
    assert_eq!(package.head, head());
    assert_eq!(pack(&package.head, &package.contents).unwrap(), bytes);
    let texts: Vec<_> = package
        .contents
        .iter()
        .map(|(path, text)| (path.as_str(), text.len()))
        .collect();
    assert_eq!(texts, [("/empty", 0), ("/lib/über.py", 6), ("/main.py", 13)]);
}

#[test]
fn a_tool_for_zip_files_opens_it() {
    let mut zip = zip::ZipArchive::new(Cursor::new(sample())).unwrap();
    let names: Vec<String> = zip.file_names().map(|name| name.unwrap().into_owned()).collect();
    assert_eq!(
        names,
        [
            "manifest.json",
            "files/empty",
            "files/lib/über.py",
            "files/main.py"
        ]
    );
    let mut text = String::new();
    zip.by_name("files/main.py")
        .unwrap()
        .read_to_string(&mut text)
        .unwrap();
    assert_eq!(text, "import über\n");
}

#[test]
fn cut_short_at_any_length_it_is_refused_and_says_so() {
    let whole = sample();
    for length in 0..whole.len() {
        let refused = Package::parse(&whole[..length]).unwrap_err();
        match refused {
            PackageError::NotAPackage { .. } => assert!(length < 4, "{length}"),
            PackageError::Truncated { size, expected } => {
                assert_eq!(size, length as u64);
                assert!(size < expected && expected <= whole.len() as u64);
            }
            other => panic!("{length}: {other}"),
        }
    }
    let longer = [&whole[..], b"x"].concat();
    assert!(matches!(
        Package::parse(&longer),
        Err(PackageError::Damaged { .. })
    ));
}

#[test]
fn changed_in_any_byte_it_is_refused() {
    let whole = sample();
    for at in 0..whole.len() {
        for mask in [1, 0x80, 0x20] {
            let mut bytes = whole.clone();
            bytes[at] ^= mask;
            assert!(Package::parse(&bytes).is_err(), "byte {at} with {mask}");
        }
    }
}

#[test]
fn a_manifest_with_what_no_board_should_get_is_refused() {
    let with = |from: &str, to: &str| Package::parse(&with_manifest(|text| text.replace(from, to)));
    let refused = |from: &str, to: &str| with(from, to).unwrap_err();
    let path = |to: &str| {
        let refused = refused("/empty", to);
        assert!(matches!(refused, PackageError::Path { .. }), "{to}: {refused}");
    };
    for bad in [
        "/../x",
        "empty",
        "//empty",
        "/./empty",
        "/a\\\\b",
        "/",
        "/a\\u0000",
        "/lib",
        "/MAIN.py",
        "/lib/u\u{308}ber.py",
        "/.boardside/manifest",
        "/.Boardside/x",
        "/boardside.manifest",
        "/lib/\u{dc}ber.py",
        "/zzz",
    ] {
        path(bad);
    }
    path(&format!("/{}", "e".repeat(255)));
    assert!(matches!(refused("1.2.0", "one"), PackageError::Version { .. }));
    assert!(matches!(refused("rp2", "\\n"), PackageError::Platform { .. }));
    assert!(matches!(refused(">=1.20", "new"), PackageError::Range { .. }));
    assert_eq!(
        refused("\"boardside\": 1", "\"boardside\": 2"),
        PackageError::Newer { format: 2 }
    );
    for (from, to) in [
        ("blink", ""),
        ("blink", "a\\u001bb"),
        ("\"size\"", "\"sise\""),
        ("{", "["),
        ("\"size\": 6", "\"size\": -1"),
    ] {
        assert!(
            matches!(refused(from, to), PackageError::NotAPackage { .. }),
            "{to}"
        );
    }
    // Sizes that would be more than there is, or more than there can be.
    assert!(matches!(
        refused("\"size\": 6", "\"size\": 60"),
        PackageError::Truncated { .. }
    ));
    for huge in ["99999999999", "18446744073709551615"] {
        let huge = refused("\"size\": 6", &format!("\"size\": {huge}"));
        assert!(matches!(huge, PackageError::TooLarge { .. }), "{huge}");
    }
    assert!(matches!(
        refused("\"size\": 6", "\"size\": 5"),
        PackageError::Damaged { .. }
    ));
}

#[test]
fn what_cannot_go_to_every_board_is_not_packed() {
    let cases: [&[(&str, &str)]; 5] = [
        &[],
        &[("Main.py", ""), ("main.py", "")],
        &[("lib", ""), ("lib/x.py", "")],
        &[(".boardside/x", "")],
        &[("boardside.manifest", "")],
    ];
    for files in cases {
        assert!(pack(&head(), &contents(files)).is_err(), "{files:?}");
    }
    let large = BTreeMap::from([(BoardPath::new("large").unwrap(), vec![0; 65 << 20])]);
    assert!(matches!(
        pack(&head(), &large),
        Err(PackageError::TooLarge { .. })
    ));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_project_comes_out_as_it_went_in(
        files in prop::collection::btree_map("[a-c]{1,3}(/[d-f\u{e9}]{1,2}){0,2}", prop::collection::vec(any::<u8>(), 0..60), 1..8),
        name in "[a-zA-Z\u{fc} ./]{1,12}",
    ) {
        let contents: BTreeMap<BoardPath, Vec<u8>> =
            files.into_iter().map(|(path, content)| (BoardPath::new(&path).unwrap(), content)).collect();
        let head = Head { name, ..head() };
        // A name that is a file and a folder, too.
        if let Ok(bytes) = pack(&head, &contents) {
            let package = Package::parse(&bytes).unwrap();
            prop_assert_eq!(&package.contents, &contents);
            prop_assert_eq!(pack(&package.head, &package.contents).unwrap(), bytes);
        } else {
            let folders = BoardPath::folders(contents.keys());
            prop_assert!(contents.keys().any(|path| folders.contains(path)));
        }
    }
}

const GOLDEN_SIZE: usize = 1037;
const GOLDEN: &str = "2605366f172da5947a97195f64e7d91c9358220d297005b08864b075a37ef79d";
