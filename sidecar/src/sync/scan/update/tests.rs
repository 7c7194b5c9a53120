//! `update` against `scan` on real folders, and how much it looks at.
//! Nothing is watched: the tests tell what changed.

use proptest::prelude::*;
use tempfile::TempDir;

use super::*;
use crate::sync::scan::scan;

fn rules() -> Rules {
    Rules::new("build/\n*.log\n", &[], None).unwrap()
}

fn told(paths: &[&str]) -> BTreeSet<PathBuf> {
    paths.iter().map(PathBuf::from).collect()
}

fn write(root: &Path, name: &str, text: &str) {
    let path = root.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// A project, its cache, and a scan of all of it.
struct Tree {
    root: TempDir,
    cache: ScanCache,
    scan: Arc<Scan>,
}

impl Tree {
    fn new(files: &[&str]) -> Self {
        let root = tempfile::tempdir().unwrap();
        for name in files {
            write(root.path(), name, name);
        }
        let mut cache = ScanCache::default();
        let scan = Arc::new(scan(root.path(), &rules(), &mut cache).unwrap());
        Self { root, cache, scan }
    }

    fn path(&self) -> &Path {
        self.root.path()
    }

    /// Whether the paths were enough; either way the scan is right afterwards.
    fn update(&mut self, paths: &BTreeSet<PathBuf>) -> bool {
        let root = self.root.path();
        let whole = scan(root, &rules(), &mut ScanCache::default()).unwrap();
        let updated = update(root, &rules(), &mut self.cache, &self.scan, paths).unwrap();
        if let Some(updated) = &updated {
            assert_eq!(updated.files, whole.files, "{paths:?}");
            assert_eq!(updated.hosts, whole.hosts, "{paths:?}");
            assert_eq!(updated.warnings, whole.warnings, "{paths:?}");
            assert_eq!(updated.total_bytes, whole.total_bytes, "{paths:?}");
            assert_eq!(updated.linked, whole.linked, "{paths:?}");
        }
        let enough = updated.is_some();
        self.scan = updated.unwrap_or(Arc::new(whole));
        enough
    }
}

#[test]
fn a_save_among_many_files_reads_one_and_lists_nothing() {
    let files: Vec<String> = (0..600).map(|n| format!("pkg{}/m{n}.py", n % 6)).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let mut tree = Tree::new(&files);
    assert_eq!((tree.scan.work.folders, tree.scan.work.read), (7, 600));
    let before = tree.scan.clone();
    write(tree.path(), files[7], "new");
    assert!(tree.update(&told(&[files[7]])));
    let work = |folders, asked, read| Work { folders, asked, read };
    assert_eq!(tree.scan.work, work(0, 2, 1));
    assert!(
        Arc::ptr_eq(&tree.scan.hosts, &before.hosts),
        "the places are shared"
    );
    // A file that comes, and one that goes, cost one folder.
    write(tree.path(), "pkg1/new.py", "new");
    fs::remove_file(tree.path().join(files[1])).unwrap();
    assert!(tree.update(&told(&["pkg1/new.py", files[1]])));
    assert_eq!(tree.scan.work, work(1, 3, 1));
    assert!(tree.update(&told(&[])));
}

#[test]
fn unchanged_files_are_not_read_again() {
    let tree = Tree::new(&["main.py", "lib/a.py"]);
    let later = SystemTime::now() + std::time::Duration::from_secs(10);
    let mut cache = ScanCache::default();
    let works = [(); 3].map(|()| {
        let scan = crate::sync::scan::scan_at(tree.path(), &rules(), &mut cache, later);
        scan.unwrap().work.read
    });
    assert_eq!(works, [2, 0, 0]);
}

#[test]
fn what_cannot_be_told_from_the_paths_is_left_to_a_scan() {
    let files = ["main.py", "lib/a.py", "lib/deep/b.py", "x.py"];
    let into_file = |root: &Path| {
        fs::remove_dir_all(root.join("lib")).unwrap();
        fs::rename(root.join("main.py"), root.join("lib")).unwrap();
    };
    let into_folder = |root: &Path| {
        fs::remove_file(root.join("main.py")).unwrap();
        write(root, "main.py/x.py", "2");
    };
    let cases: [(&[&str], Happening, bool); 12] = [
        (&["lib", "main.py"], into_file, false),
        (&["main.py"], into_file, false),
        (&["main.py/x.py"], into_folder, false),
        (&["main.py"], |root| write(root, "main.py", "2"), true),
        (
            &["main.py"],
            |root| fs::remove_file(root.join("main.py")).unwrap(),
            true,
        ),
        (&["t.log", "build/x"], |root| write(root, "build/x", "2"), true),
        (&["never.py"], |_| (), true),
        // Only one half of a rename is told.
        (
            &["y.py"],
            |root| fs::rename(root.join("x.py"), root.join("y.py")).unwrap(),
            true,
        ),
        (
            &["lib"],
            |root| fs::remove_dir_all(root.join("lib")).unwrap(),
            false,
        ),
        (&["new"], |root| write(root, "new/c.py", "2"), false),
        (
            &["lib", "src"],
            |root| fs::rename(root.join("lib"), root.join("src")).unwrap(),
            false,
        ),
        (&["", "main.py"], |root| write(root, "main.py", "2"), false),
    ];
    for (paths, deed, enough) in cases {
        let mut tree = Tree::new(&files);
        deed(tree.path());
        assert_eq!(tree.update(&told(paths)), enough, "{paths:?}");
    }
}

#[cfg(unix)]
#[test]
fn with_links_everything_is_scanned() {
    let mut tree = Tree::new(&["main.py", "shared/x.py"]);
    std::os::unix::fs::symlink("shared", tree.path().join("alias")).unwrap();
    assert!(!tree.update(&told(&["alias"])));
    assert_eq!(tree.scan.files.len(), 3);
    write(tree.path(), "shared/x.py", "2");
    assert!(!tree.update(&told(&["shared/x.py"])));
    fs::remove_file(tree.path().join("alias")).unwrap();
    assert!(!tree.update(&told(&["alias"])));
    write(tree.path(), "shared/x.py", "3");
    assert!(tree.update(&told(&["shared/x.py"])));
}

type Happening = fn(&Path);

/// Where a name really is: a watcher tells that of what is done through a link.
fn real(root: &Path, name: &Path) -> Vec<PathBuf> {
    let true_root = root.canonicalize().unwrap();
    let path = root.join(name);
    let folder = path.parent().unwrap().canonicalize();
    let beside = folder.map(|folder| folder.join(path.file_name().unwrap()));
    let all = [beside, path.canonicalize()].into_iter().flatten();
    all.filter_map(|path| path.strip_prefix(&true_root).ok().map(Path::to_owned))
        .collect()
}

/// Something that somebody does to a project.
#[derive(Clone, Debug)]
enum Deed {
    Write(String, String),
    Remove(String),
    Rename(String, String),
    #[cfg_attr(not(unix), expect(dead_code, reason = "links need rights on Windows"))]
    Link(String, String),
}

impl Deed {
    fn names(&self) -> impl Iterator<Item = &Path> {
        let (one, other) = match self {
            Self::Write(name, _) | Self::Remove(name) | Self::Link(name, _) => (name, None),
            Self::Rename(from, to) => (from, Some(to)),
        };
        [Some(one), other].into_iter().flatten().map(Path::new)
    }

    /// Does it, and says which paths a watcher would tell. What cannot be done is not.
    fn carry_out(&self, root: &Path) -> Vec<PathBuf> {
        match self {
            Self::Write(name, text) => {
                let path = root.join(name);
                let folders = Path::new(name).ancestors().skip(1);
                let new: Vec<PathBuf> = folders
                    .filter(|folder| !root.join(folder).exists())
                    .map(Path::to_owned)
                    .collect();
                let made = path
                    .parent()
                    .is_some_and(|folder| fs::create_dir_all(folder).is_ok());
                if made {
                    fs::write(path, text).unwrap_or_default();
                }
                [new, vec![name.into()]].concat()
            }
            Self::Remove(name) => {
                let path = root.join(name);
                if path.is_dir() && !path.is_symlink() {
                    fs::remove_dir_all(path).unwrap();
                } else {
                    fs::remove_file(path).unwrap_or_default();
                }
                vec![name.into()]
            }
            Self::Rename(from, to) => {
                fs::rename(root.join(from), root.join(to)).unwrap_or_default();
                vec![from.into(), to.into()]
            }
            Self::Link(name, target) => {
                #[cfg(unix)]
                std::os::unix::fs::symlink(target, root.join(name)).unwrap_or_default();
                let _ = target;
                vec![name.into()]
            }
        }
    }
}

fn name() -> impl Strategy<Value = String> {
    let names = [
        "main.py",
        "Main.py",
        "lib",
        "Lib",
        "lib/a.py",
        "lib/b.py",
        "lib/A.py",
        "lib/deep",
        "lib/deep/c.py",
        "lib-x.py",
        "build",
        "build/x.py",
        "x.log",
        ".hidden",
        "lib/a.py.tmp",
        "\u{fc}.py",
    ];
    prop::sample::select(names.to_vec()).prop_map(str::to_owned)
}

fn deed() -> impl Strategy<Value = Deed> {
    let text = prop::sample::select(vec!["", "1", "22", "33"]).prop_map(str::to_owned);
    prop_oneof![
        8 => (name(), text).prop_map(|(name, text)| Deed::Write(name, text)),
        3 => name().prop_map(Deed::Remove),
        3 => (name(), name()).prop_map(|(from, to)| Deed::Rename(from, to)),
        1 => (name(), name()).prop_map(|(link, target)| Deed::Link(link, target)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_happens_an_update_is_a_scan(
        rounds in prop::collection::vec(prop::collection::vec(deed(), 1..4), 1..10)
    ) {
        let mut tree = Tree::new(&["main.py", "lib/a.py", "lib/deep/c.py"]);
        for deeds in rounds {
            let root = tree.path().to_owned();
            let mut told = BTreeSet::new();
            for deed in &deeds {
                let before: Vec<PathBuf> = deed.names().flat_map(|name| real(&root, name)).collect();
                let done = deed.carry_out(&root);
                told.extend(deed.names().flat_map(|name| real(&root, name)));
                told.extend(before.into_iter().chain(done));
            }
            told.remove(Path::new(""));
            tree.update(&told);
        }
    }
}
