//! The scanner on real folders.
//! Not the rules themselves: those are tested where they are.

use std::cell::Cell;
use std::time::Duration;

use super::*;
use crate::base::Fingerprint;
use crate::sync::scan::cache::Stamp;
use crate::sync::scan::hash::Look;
use crate::sync::scan::hash::Seen;
use crate::sync::scan::hash::Unsettled;
use crate::sync::scan::hash::settle;

fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn rules() -> Rules {
    Rules::new("", &[], None).unwrap()
}

fn paths(scan: &Scan) -> Vec<String> {
    scan.files.keys().map(ToString::to_string).collect()
}

fn later() -> SystemTime {
    SystemTime::now() + Duration::from_secs(10)
}

#[test]
fn a_project_is_found_hashed_and_its_left_out_files_are_explained() {
    let files = [
        ("main.py", "m"),
        ("lib/a/b.py", "bb"),
        (".git/x", "no"),
        ("lib/__pycache__/x.pyc", "no"),
    ];
    let root = folder(&files);
    let scan = scan(root.path(), &rules(), &mut ScanCache::default()).unwrap();
    assert_eq!(paths(&scan), ["/lib/a/b.py", "/main.py"]);
    let path = BoardPath::new("/lib/a/b.py").unwrap();
    assert_eq!(scan.files[&path], Fingerprint::of(b"bb"));
    assert_eq!(scan.hosts[&path], root.path().join("lib/a/b.py"));
    assert_eq!(scan.total_bytes, 3);
    assert_eq!(scan.warnings, []);
    let ignored: Vec<String> = scan
        .ignored
        .iter()
        .map(|i| format!("{} {}", i.name, i.why))
        .collect();
    assert_eq!(ignored, [".git/ `.*` (built in)"]);
}

#[test]
fn a_file_bigger_than_one_piece_has_the_same_sums() {
    let text = "0123456789abcde\n".repeat(10_000);
    let root = folder(&[("big.txt", &text)]);
    let scan = scan(root.path(), &rules(), &mut ScanCache::default()).unwrap();
    assert_eq!(
        scan.files.values().next(),
        Some(&Fingerprint::of(text.as_bytes()))
    );
}

#[test]
fn an_empty_or_missing_project_is_not_taken_for_one() {
    let root = folder(&[(".hidden", "x")]);
    let empty = scan(root.path(), &rules(), &mut ScanCache::default()).unwrap();
    assert!(matches!(empty.warnings[..], [ScanWarning::Nothing { .. }]));
    let missing = scan(&root.path().join("no"), &rules(), &mut ScanCache::default());
    assert!(matches!(missing, Err(ScanError::Root { .. })));
    let file = scan(&root.path().join(".hidden"), &rules(), &mut ScanCache::default());
    assert!(matches!(file, Err(ScanError::Root { .. })));
}

#[test]
fn two_names_that_are_one_in_composed_form_are_both_named() {
    let root = folder(&[("\u{fc}.py", "1"), ("u\u{308}.py", "2")]);
    if fs::read_dir(root.path()).unwrap().count() < 2 {
        return; // This file system composes names itself, so the two cannot meet.
    }
    let error = scan(root.path(), &rules(), &mut ScanCache::default()).unwrap_err();
    let ScanError::Twins { first, second } = error else {
        panic!("{error}")
    };
    assert_ne!(first, second);
}

#[test]
fn the_cache_is_believed_only_when_the_file_was_old_enough() {
    let root = folder(&[("a.py", "one")]);
    let file = root.path().join("a.py");
    let times = fs::metadata(&file).unwrap();
    let print = |cache: &mut ScanCache, now| {
        let scan = scan_at(root.path(), &rules(), cache, now).unwrap();
        *scan.files.values().next().unwrap()
    };
    // A lie in the cache shows whether it is asked.
    let lie = |hashed: SystemTime| {
        let mut cache = ScanCache::default();
        let stamp = Stamp::of(&times);
        let print = Fingerprint {
            size: 3,
            ..Fingerprint::of(b"lie")
        };
        cache.learn(&file, stamp, print, hashed);
        cache
    };
    let (truth, lied) = (Fingerprint::of(b"one"), Fingerprint::of(b"lie"));
    assert_eq!(
        print(&mut lie(later()), later()),
        lied,
        "hashed long after it was written"
    );
    let racy = times.modified().unwrap() + Duration::from_secs(1);
    assert_eq!(
        print(&mut lie(racy), later()),
        truth,
        "hashed within two seconds of being written"
    );
    let skewed = times.modified().unwrap() - Duration::from_secs(100);
    assert_eq!(
        print(&mut lie(skewed), later()),
        truth,
        "written after it was hashed"
    );

    let mut cache = lie(later());
    fs::write(&file, "two").unwrap();
    let again = times.modified().unwrap() + Duration::from_secs(3);
    fs::File::options()
        .write(true)
        .open(&file)
        .unwrap()
        .set_modified(again)
        .unwrap();
    assert_eq!(
        print(&mut cache, later()),
        Fingerprint::of(b"two"),
        "written again"
    );
}

#[test]
fn a_saved_cache_is_read_back_and_a_damaged_one_is_thrown_away() {
    let root = folder(&[("a.py", "one"), ("b.py", "two")]);
    let store = tempfile::tempdir().unwrap();
    let file = store.path().join("deep/cache.json");
    let mut cache = ScanCache::default();
    scan_at(root.path(), &rules(), &mut cache, later()).unwrap();
    cache.save(&file).unwrap();
    let host = root.path().join("a.py");
    let stamp = Stamp::of(&fs::metadata(&host).unwrap());
    assert_eq!(
        ScanCache::load(&file).get(&host, &stamp),
        Some(Fingerprint::of(b"one"))
    );

    let text = fs::read(&file).unwrap();
    for place in (0..text.len()).step_by(7) {
        let mut damaged = text.clone();
        damaged[place] ^= 1;
        fs::write(&file, damaged).unwrap();
        assert_eq!(ScanCache::load(&file).get(&host, &stamp), None, "byte {place}");
    }
    fs::write(&file, &text[..text.len() / 2]).unwrap();
    assert_eq!(ScanCache::load(&file).get(&host, &stamp), None, "cut");
    assert_eq!(
        ScanCache::load(&store.path().join("none")).get(&host, &stamp),
        None,
        "missing"
    );
}

#[test]
fn a_file_that_moves_is_read_again_and_then_reported() {
    let root = folder(&[("a.py", "one")]);
    let stamp = Stamp::of(&fs::metadata(root.path().join("a.py")).unwrap());
    let steady = || Ok(Look::Steady(Seen::Read(stamp.clone(), Fingerprint::of(b"one"))));
    let looks = Cell::new(0);
    let after = |calm: u32| {
        looks.set(0);
        let stepped = || looks.replace(looks.get() + 1);
        settle(3, || {
            if stepped() < calm {
                Ok(Look::Moving(None))
            } else {
                steady()
            }
        })
    };
    assert!(after(0).is_ok());
    assert_eq!(looks.get(), 1);
    assert!(after(2).is_ok());
    assert_eq!(looks.get(), 3);
    assert!(matches!(after(3), Err(Unsettled::Restless)));
    let gone = || Ok(Look::Moving(Some(io::Error::from(io::ErrorKind::NotFound))));
    assert!(matches!(settle(3, gone), Err(Unsettled::Unreadable(_))));
}

#[cfg(unix)]
#[test]
fn links_are_followed_inside_the_project_only() {
    use std::os::unix::fs::symlink;
    let outside = folder(&[("secret", "s")]);
    let root = folder(&[("main.py", "m"), ("shared/x.py", "x")]);
    let at = |name: &str| root.path().join(name);
    symlink("main.py", at("copy.py")).unwrap();
    symlink("shared", at("alias")).unwrap();
    symlink(outside.path().join("secret"), at("secret.py")).unwrap();
    symlink(outside.path(), at("out")).unwrap();
    symlink("..", at("shared/up")).unwrap();
    symlink("nowhere", at("dangling.py")).unwrap();
    let _pipe = std::os::unix::net::UnixListener::bind(at("socket")).unwrap();
    let scan = scan(root.path(), &rules(), &mut ScanCache::default()).unwrap();
    assert_eq!(
        paths(&scan),
        ["/alias/x.py", "/copy.py", "/main.py", "/shared/x.py"]
    );
    let target = |path: &Path| fs::canonicalize(path).unwrap();
    let expected = [
        ScanWarning::Loop { link: at("alias/up") },
        ScanWarning::Dangling {
            link: at("dangling.py"),
        },
        ScanWarning::LeavesProject {
            link: at("out"),
            target: target(outside.path()),
        },
        ScanWarning::LeavesProject {
            link: at("secret.py"),
            target: target(&outside.path().join("secret")),
        },
        ScanWarning::Loop {
            link: at("shared/up"),
        },
        ScanWarning::NotAFile { path: at("socket") },
    ];
    for warning in &expected {
        assert!(scan.warnings.contains(warning), "{warning}");
    }
    assert_eq!(scan.warnings.len(), expected.len());
}

#[cfg(unix)]
#[test]
fn ignored_folders_are_never_entered_and_unreadable_files_are_named() {
    use std::os::unix::ffi::OsStrExt as _;
    let root = folder(&[("main.py", "m"), ("bad\\name.py", "x")]);
    let error = scan(root.path(), &rules(), &mut ScanCache::default()).unwrap_err();
    assert!(matches!(error, ScanError::Name { .. }), "{error}");

    let root = folder(&[("main.py", "m"), ("node_modules/deep/x.js", "j")]);
    let odd = root
        .path()
        .join("node_modules")
        .join(std::ffi::OsStr::from_bytes(b"\xff.py"));
    fs::write(odd, "not Unicode, but never looked at").unwrap();
    let found = scan(root.path(), &rules(), &mut ScanCache::default()).unwrap();
    assert_eq!(paths(&found), ["/main.py"]);

    let all = Rules::new("!node_modules/", &[], None).unwrap();
    let error = scan(root.path(), &all, &mut ScanCache::default()).unwrap_err();
    assert!(matches!(error, ScanError::NotUnicode { .. }), "{error}");
}
