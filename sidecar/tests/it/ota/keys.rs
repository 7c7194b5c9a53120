//! Signatures of releases, checked as a board does, with nothing but `pow`; numbers that only rise.
//! What the safe client does with them is its own chapter's.

use std::fs;
use std::process::Command;

use super::device::tools;
use super::servers::Publisher;
use super::servers::Serve;

/// RFC 8017, 8.2.2 in Python: what a device has is `ota.pub`.
const VERIFY: &str = r"
import hashlib, sys
modulus, manifest, signature = (open(name, 'rb').read() for name in sys.argv[1:])
n = int(modulus, 16)
size = len(signature)
assert size == (n.bit_length() + 7) // 8
m = pow(int.from_bytes(signature, 'big'), 65537, n).to_bytes(size, 'big')
info = bytes.fromhex('3031300d060960864801650304020105000420')
t = info + hashlib.sha256(manifest).digest()
assert m == b'\0\1' + b'\xff' * (size - len(t) - 3) + b'\0' + t, 'forged'
";

impl Publisher {
    #[track_caller]
    fn is_signed(&self, manifest: &str) {
        let folder = self.desk.path("srv/sample");
        let (json, sig) = (
            folder.join(format!("{manifest}.json")),
            folder.join(format!("{manifest}.sig")),
        );
        let mut python = Command::new(tools().python().get_program());
        let output = python
            .args(["-c", VERIFY])
            .arg(self.desk.path("ota.pub"))
            .args([json, sig])
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{manifest}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    #[track_caller]
    fn head(&self, manifest: &str) -> String {
        let text = self.desk.read(&format!("srv/sample/{manifest}.json"));
        text.lines().next().unwrap().to_owned()
    }
}

#[test]
fn a_signed_release_has_a_manifest_that_boards_believe_and_a_number_that_rises() {
    let publisher = Publisher::to_folder();
    publisher.desk.run(&["ota", "keygen"]).good();
    publisher
        .desk
        .write("p/lib/a.py", "A = 1\n")
        .write("p/b.mpy", b"M\x06\xff");
    let key = ["--key", "ota.key"];
    assert_eq!(publisher.publish("v1", &key)["seq"], 1);
    publisher.is_signed("v1_manifest");
    let head = r#"{"format":1,"project":"sample","version":"v1","seq":1,"targets":[],"files":["#;
    assert_eq!(publisher.head("v1_manifest"), head);
    assert_eq!(publisher.desk.read("srv/sample/v1_lib/a.py"), "A = 1\n");
    // The same again takes no number; another version does.
    assert_eq!(publisher.publish("v1", &key)["seq"], 1);
    assert_eq!(publisher.publish("v2", &key)["seq"], 2);
    assert_eq!(
        publisher.publish("v3", &[&key[..], &["--hold"]].concat())["seq"],
        3
    );
    // Back: a further manifest of the old version, because devices take only higher numbers.
    assert_eq!(
        publisher.bad(&["rollback", "v1", "-p", "p"]),
        (2, "ota.key".to_owned())
    );
    assert_eq!(publisher.desk.read("srv/sample/version"), "v2");
    let back = publisher.good(&["rollback", "v1", "-p", "p", "--key", "ota.key"]);
    assert_eq!((&back["version"], &back["seq"]), (&"v1".into(), &4.into()));
    publisher.is_signed("v1_manifest.1");
    assert_eq!(
        publisher.head("v1_manifest.1"),
        head.replace("\"seq\":1", "\"seq\":4")
    );
    assert_eq!(publisher.head("v1_manifest"), head, "what is there never changes");
    assert_eq!(
        publisher.good(&["rollback", "v1", "-p", "p"])["seq"],
        4,
        "it has the highest already"
    );
    // A canary and back again.
    assert_eq!(
        publisher.good(&["pin", "dev1", "v3", "-p", "p", "--key", "ota.key"])["seq"],
        5
    );
    publisher.is_signed("v3_manifest.1");
    publisher.good(&["abort", "-p", "p", "--key", "ota.key"]);
    assert!(publisher.head("v1_manifest.2").contains("\"seq\":6"));
    publisher.is_signed("v1_manifest.2");
    // An unsigned one is told.
    let run = publisher.run(&["publish", "p", "--version", "v4"]);
    assert_eq!(
        run.failure(),
        (1, "ota.content".to_owned()),
        "lib/a.py is only for the safe client"
    );
    publisher.desk.write(
        "p/boardside.toml",
        "name = 'sample'\n[ota]\nfiles = ['main.py', 'boot.py']\n",
    );
    let run = publisher.run(&["publish", "p", "--version", "v4"]);
    assert!(run.err.contains("safe client will not take it"), "{}", run.err);
    run.good();
    assert!(!publisher.desk.path("srv/sample/v4_lib/a.py").exists());
}

#[test]
fn in_the_folder_layout_manifests_lie_with_their_version() {
    let publisher = Publisher::to_folder();
    publisher.desk.run(&["ota", "keygen", "ota.key"]).good();
    assert_eq!(
        publisher.desk.run(&["ota", "keygen", "ota.key"]).failure().0,
        1,
        "a key is never written over"
    );
    let key = publisher.desk.path("ota.key");
    let mode = std::os::unix::fs::PermissionsExt::mode(&key.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
    let settings = "name = 'sample'\n[ota]\nkey = '../ota.key'\nlayout = 'folder'\ntargets = ['rp2']\n";
    publisher.desk.write("p/boardside.toml", settings);
    assert_eq!(publisher.publish("v1", &[])["signed"], true);
    publisher.is_signed("v1/manifest");
    publisher.publish("v2", &[]);
    publisher.good(&["rollback", "-p", "p"]);
    publisher.is_signed("v1/manifest.1");
    assert!(
        publisher
            .head("v1/manifest.1")
            .contains(r#""seq":3,"targets":["rp2"]"#)
    );
}

/// What only boards with the safe client ask for is asked for, too, before they are told.
#[test]
fn a_signature_that_is_not_served_is_found_before_devices_are_told() {
    let mut publisher = Publisher::to_folder();
    publisher.desk.run(&["ota", "keygen"]).good();
    let key = ["--key", "ota.key"];
    publisher.publish("v1", &key);
    publisher.publish("v2", &[&key[..], &["--hold"]].concat());
    // A web server with a copy of its own, in which one file is not there yet.
    let copy = publisher.desk.path("copy");
    fs::create_dir_all(copy.join("sample")).unwrap();
    for entry in fs::read_dir(publisher.desk.path("srv/sample")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap();
        if path.is_file() && name != "v2_manifest.sig" {
            fs::copy(&path, copy.join("sample").join(name)).unwrap();
        }
    }
    let target = std::mem::replace(&mut publisher.target, copy.to_str().unwrap().to_owned());
    let serve = Serve::start(&publisher, &[]);
    publisher.target = target;
    let url = serve.url();
    let again = [
        "publish",
        "p",
        "--version",
        "v2",
        "--key",
        "ota.key",
        "--url",
        &url,
    ];
    assert_eq!(publisher.bad(&again), (6, "ota.not_back".to_owned()));
    assert_eq!(publisher.desk.read("srv/sample/version"), "v1");
    let signature = publisher.desk.path("srv/sample/v2_manifest.sig");
    fs::copy(signature, copy.join("sample/v2_manifest.sig")).unwrap();
    assert_eq!(publisher.good(&again)["current"], true);
}
