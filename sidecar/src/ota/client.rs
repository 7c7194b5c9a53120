//! The safe client as it lies on a board: its files, what `/ota.json` tells it, and the lines that boot.py ends with.
//! Text only; who puts it on a board has the board. How it works is told in `sidecar/device/ota/`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::Map;
use serde_json::Value;

use crate::ota::Layout;
use crate::ota::ProjectName;

/// `/lib/ota/`, as `package.json` beside them names them for mip.
const FILES: [(&str, &str); 10] = [
    ("__init__.py", include_str!("../../device/ota/__init__.py")),
    ("boot.py", include_str!("../../device/ota/boot.py")),
    ("http.py", include_str!("../../device/ota/http.py")),
    ("main.py", include_str!("../../device/ota/main.py")),
    ("manifest.py", include_str!("../../device/ota/manifest.py")),
    ("release.py", include_str!("../../device/ota/release.py")),
    ("rsa.py", include_str!("../../device/ota/rsa.py")),
    ("state.py", include_str!("../../device/ota/state.py")),
    ("tls.py", include_str!("../../device/ota/tls.py")),
    ("tree.py", include_str!("../../device/ota/tree.py")),
];

/// What boot.py ends with: the current folder and `sys.path` are those of the release from there on.
pub(super) const BOOT: &str = "try:\n    import ota.boot\nexcept Exception:\n    pass\n";

/// A client for one board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Client {
    /// Where it asks.
    pub host: String,
    /// For what.
    pub project: ProjectName,
    /// How a version stands in URLs.
    pub layout: Layout,
    /// `ota.pub`: whose releases it takes.
    pub keys: String,
    /// `ota.ca`: the certificate that the server's is signed with, in DER.
    pub ca: Option<Vec<u8>>,
    /// Name and password.
    pub login: Option<(String, String)>,
    /// More of `/ota.json`, by the words that it has there; what is `None` the client knows best.
    pub more: Vec<(&'static str, Option<Value>)>,
}

impl Client {
    /// What goes on the board: path → content, without boot.py.
    pub fn files(&self) -> Vec<(String, Vec<u8>)> {
        let mut files: Vec<(String, Vec<u8>)> = FILES
            .iter()
            .map(|(name, text)| (format!("/lib/ota/{name}"), text.as_bytes().to_vec()))
            .collect();
        files.push(("/ota.json".to_owned(), self.settings().into_bytes()));
        files.push(("/ota.pub".to_owned(), self.keys.clone().into_bytes()));
        if let Some(ca) = &self.ca {
            files.push(("/ota.ca".to_owned(), ca.clone()));
        }
        files
    }

    fn settings(&self) -> String {
        let mut settings = Map::new();
        settings.insert("host".to_owned(), self.host.clone().into());
        settings.insert("project".to_owned(), self.project.as_str().into());
        let layout = match self.layout {
            Layout::Flat => "flat",
            Layout::Folder => "folder",
        };
        settings.insert("layout".to_owned(), layout.into());
        if let Some((user, password)) = &self.login {
            settings.insert("user".to_owned(), user.clone().into());
            settings.insert("password".to_owned(), password.clone().into());
        }
        for (name, value) in &self.more {
            if let Some(value) = value {
                settings.insert((*name).to_owned(), value.clone());
            }
        }
        format!("{}\n", Value::from(settings))
    }
}

/// boot.py with the client's lines last; the same if it has them.
pub fn with_client(boot: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(boot);
    if text.lines().any(|line| line.trim() == "import ota.boot") {
        return boot.to_vec();
    }
    let join: &[u8] = if boot.is_empty() || boot.ends_with(b"\n") {
        b""
    } else {
        b"\n"
    };
    [boot, join, BOOT.as_bytes()].concat()
}

/// A text of `ota.pub`, looked at: lines of hexadecimal digits of a modulus that the client takes. Else why not.
pub fn device_keys(text: &str) -> Result<String, &'static str> {
    if text.contains("PRIVATE KEY") {
        return Err("it is the secret key");
    }
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let lines: Vec<&str> = lines.collect();
    let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_key = |line: &&str| [512, 768, 1024].contains(&line.len()) && line.bytes().all(is_digit);
    if lines.is_empty() || !lines.iter().all(is_key) {
        return Err("it is no public key for devices");
    }
    Ok(lines.join("\n") + "\n")
}

/// A certificate in PEM or DER, as DER; `None`: it is none.
pub fn certificate(bytes: &[u8]) -> Option<Vec<u8>> {
    // A SEQUENCE of ASN.1.
    if bytes.first() == Some(&0x30) {
        return Some(bytes.to_vec());
    }
    let text = std::str::from_utf8(bytes).ok()?;
    let (_, rest) = text.split_once("-----BEGIN CERTIFICATE-----")?;
    let (inside, _) = rest.split_once("-----END CERTIFICATE-----")?;
    let base64: String = inside.split_whitespace().collect();
    STANDARD.decode(base64).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_installed_is_all_that_mip_installs() {
        let text = include_str!("../../device/ota/package.json");
        let package: Value = serde_json::from_str(text).unwrap();
        let urls: Vec<String> = package["urls"]
            .as_array()
            .unwrap()
            .iter()
            .map(|pair| {
                assert_eq!(pair[0], format!("ota/{}", pair[1].as_str().unwrap()));
                pair[1].as_str().unwrap().to_owned()
            })
            .collect();
        assert_eq!(urls, FILES.map(|(name, _)| name));
    }

    #[test]
    fn boot_py_gets_the_lines_once_and_keeps_its_own() {
        for own in ["import esp\n", "import esp"] {
            let boot = with_client(own.as_bytes());
            assert_eq!(boot, [b"import esp\n", BOOT.as_bytes()].concat());
            assert_eq!(with_client(&boot), boot);
        }
        assert_eq!(with_client(b""), BOOT.as_bytes());
    }

    #[test]
    fn a_board_gets_what_it_can_read_and_no_secret_key() {
        let digits = "0123456789abcdef".repeat(32);
        let text = format!("# mine\r\n{digits}\r\n\n");
        assert_eq!(device_keys(&text).unwrap(), format!("{digits}\n"));
        let bad = [
            "",
            "abc",
            &digits.to_uppercase(),
            "-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n",
        ];
        for bad in bad {
            device_keys(bad).unwrap_err();
        }
        let pem = b"-----BEGIN CERTIFICATE-----\nMAAC\n-----END CERTIFICATE-----\n";
        assert_eq!(certificate(pem).unwrap(), [0x30, 0, 2]);
        assert_eq!(certificate(&[0x30, 0]).unwrap(), [0x30, 0]);
        assert_eq!(certificate(b"hello"), None);
    }
}
