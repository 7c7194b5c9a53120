//! Keys, signatures and certificates by OpenSSL: nothing of Boardside's own that could be wrong in the same way.
//! Made once for all tests of a process, for making them takes longer than most tests.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use boardside::virtual_board::Tools;
use tempfile::TempDir;

use crate::boards;

/// A new key without a password, and what is asked for with it.
const EC: [&str; 6] = [
    "req",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
];

/// Runs it and answers what it says.
fn openssl(arguments: &[&str], folder: &Path) -> Vec<u8> {
    let output = Command::new("openssl")
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "openssl {arguments:?}: {said}");
    output.stdout
}

/// `key.pem` signs releases, `other.pem` is somebody else's, `big.pem` has 4096 bits. `ca.der` and `other.der` are
/// certificates to trust; `server.pem` and `server.key` are those of localhost, signed by the first.
fn folder() -> &'static Path {
    static FOLDER: OnceLock<TempDir> = OnceLock::new();
    let made = FOLDER.get_or_init(|| {
        let found = Command::new("openssl").arg("version").output();
        if found.is_err() {
            let tell = &mut |line: &str| eprintln!("{line}");
            Tools::debian(
                &boards::target(),
                &["openssl"],
                "signed releases, for tests",
                tell,
            )
            .unwrap();
        }
        let folder = TempDir::new().unwrap();
        let at = folder.path();
        for (name, bits) in [("key", 2048), ("other", 2048), ("big", 4096)] {
            let bits = format!("rsa_keygen_bits:{bits}");
            let file = format!("{name}.pem");
            openssl(
                &["genpkey", "-algorithm", "RSA", "-pkeyopt", &bits, "-out", &file],
                at,
            );
        }
        for name in ["ca", "other"] {
            let subject = format!("/CN={name}");
            let (pem, key) = (format!("{name}.crt"), format!("{name}.key"));
            let of = [
                "-x509", "-days", "9", "-subj", &subject, "-keyout", &key, "-out", &pem,
            ];
            openssl(&[&EC[..], &of].concat(), at);
            let der = format!("{name}.der");
            openssl(&["x509", "-in", &pem, "-outform", "DER", "-out", &der], at);
        }
        let of = [
            "-subj",
            "/CN=localhost",
            "-keyout",
            "server.key",
            "-out",
            "server.csr",
        ];
        openssl(&[&EC[..], &of].concat(), at);
        fs::write(at.join("names"), "subjectAltName=DNS:localhost\n").unwrap();
        openssl(
            &[
                "x509",
                "-req",
                "-in",
                "server.csr",
                "-CA",
                "ca.crt",
                "-CAkey",
                "ca.key",
                "-CAcreateserial",
                "-days",
                "9",
                "-extfile",
                "names",
                "-out",
                "server.pem",
            ],
            at,
        );
        folder
    });
    made.path()
}

/// A file of `folder`.
pub(super) fn file(name: &str) -> PathBuf {
    folder().join(name)
}

/// PKCS#1 v1.5 over SHA-256.
pub(super) fn sign(key: &str, bytes: &[u8]) -> Vec<u8> {
    let scratch = TempDir::new().unwrap();
    let text = scratch.path().join("text");
    fs::write(&text, bytes).unwrap();
    let key = file(&format!("{key}.pem"));
    openssl(
        &[
            "dgst",
            "-sha256",
            "-sign",
            key.to_str().unwrap(),
            text.to_str().unwrap(),
        ],
        scratch.path(),
    )
}

/// `ota.pub` of these keys.
pub(super) fn public(keys: &[&str]) -> Vec<u8> {
    let mut text = "# whose releases this board takes\n".to_owned();
    for key in keys {
        let modulus = openssl(
            &["rsa", "-in", &format!("{key}.pem"), "-noout", "-modulus"],
            folder(),
        );
        let modulus = String::from_utf8(modulus).unwrap().to_lowercase();
        writeln!(text, "{}", modulus.trim().strip_prefix("modulus=").unwrap()).unwrap();
    }
    text.into_bytes()
}
