//! `ota serve` as seen from the wire: what devices get, what nobody gets, and what the log says of it.
//! nginx with our configuration is asked the same.

use std::fs;
use std::os::unix::fs::symlink;

use super::device::Device;
use super::device::tools;
use super::servers::Nginx;
use super::servers::Publisher;
use super::servers::Serve;
use super::servers::http;
use super::servers::main_of;

const CERTIFICATE: &str = r"
import datetime, sys
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
key = ec.generate_private_key(ec.SECP256R1())
name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, 'bench')])
day = datetime.timedelta(days=1)
now = datetime.datetime.now(datetime.timezone.utc)
builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
builder = builder.serial_number(1).not_valid_before(now - day).not_valid_after(now + day)
certificate = builder.sign(key, hashes.SHA256())
open('cert.pem', 'wb').write(certificate.public_bytes(serialization.Encoding.PEM))
open('key.pem', 'wb').write(key.private_bytes(
    serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
";

/// With version v1, and things around it that nobody may get.
fn published() -> Publisher {
    let publisher = Publisher::to_folder();
    publisher.publish("v1", &[]);
    publisher.desk.write("secret", "nobody's");
    publisher.desk.write("srv/sample/.pin/dev1", "v1");
    symlink(
        publisher.desk.path("secret"),
        publisher.desk.path("srv/sample/v1_link"),
    )
    .unwrap();
    publisher
}

fn asked(host: &str, path: &str) -> (String, String) {
    let answer = http(host, &format!("GET {path} HTTP/1.0\r\nHost: x\r\n"));
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (
        head.split(' ').nth(1).unwrap_or_default().to_owned(),
        body.to_owned(),
    )
}

#[test]
fn nobody_gets_what_lies_outside_of_the_folder_or_is_hidden_in_it() {
    let publisher = published();
    let (serve, nginx) = (Serve::start(&publisher, &[]), Nginx::serve(&publisher, &[]));
    let paths = [
        "/../secret",
        "/sample/../../secret",
        "/%2e%2e/secret",
        "/sample/..%2f..%2fsecret",
        "//secret",
        "/d/dev1/../../secret",
        "/d/dev1/%2e%2e/%2e%2e/secret",
        "/sample/.pin/dev1",
        "/sample/%2epin/dev1",
        "/d/dev1/sample/.pin/dev1",
        "/d/dev1/sample/%2epin/dev1",
        "/sample/.releases/v1.json",
        "/sample/.lock",
        "/sample/.seq/1",
        "/",
        "/sample/",
        "/sample",
        "/d/.pin/sample/version",
        "/nothing",
        "/sample/v2_main.py",
        "/d/dev1/sample/v2_main.py",
        "/other/version",
        "/d//sample/version",
    ];
    for path in paths {
        for host in [&serve.host, &nginx.host] {
            let (status, body) = asked(host, path);
            assert!(
                ["400", "403", "404", "301"].contains(&status.as_str()),
                "{path}: {status} {body}"
            );
            assert!(
                !body.contains("nobody") && !body.contains("v1\n"),
                "{path}: {body}"
            );
        }
    }
    assert_eq!(
        asked(&serve.host, "/sample/v1_link").0,
        "404",
        "a link out of the folder"
    );
    for path in [
        "/sample/version",
        "/d/dev1/sample/version",
        "/d/dev9/sample/version",
    ] {
        for host in [&serve.host, &nginx.host] {
            assert_eq!(asked(host, path), ("200".to_owned(), "v1".to_owned()), "{path}");
        }
    }
    // A name out of a header that nobody checked is no path either.
    for name in ["Li4vLi4vLi4vc2VjcmV0Og==", "Li4vdmVyc2lvbjo="] {
        let answer = http(
            &nginx.host,
            &format!("GET /sample/version HTTP/1.0\r\nAuthorization: Basic {name}\r\n"),
        );
        assert!(answer.ends_with("\r\n\r\nv1"), "{answer}");
    }
}

#[test]
fn devices_get_whole_files_with_their_length_or_the_part_that_they_ask_for() {
    let publisher = published();
    let (serve, nginx) = (Serve::start(&publisher, &[]), Nginx::serve(&publisher, &[]));
    let main = main_of("v1");
    for host in [&serve.host, &nginx.host] {
        let ask = |request: &str| http(host, request).to_lowercase();
        for version in ["1.0", "1.1"] {
            let answer = ask(&format!(
                "GET /sample/v1_main.py HTTP/{version}\r\nHost: x\r\nConnection: close\r\nAccept-Encoding: gzip\r\n"
            ));
            assert!(
                answer.contains(&format!("content-length: {}\r\n", main.len())),
                "{answer}"
            );
            assert!(
                !answer.contains("transfer-encoding") && !answer.contains("content-encoding"),
                "{answer}"
            );
            assert!(
                answer.contains("immutable") && answer.ends_with(&main),
                "{answer}"
            );
        }
        let version = ask("GET /sample/version HTTP/1.0\r\n");
        assert!(
            version.contains("cache-control: no-store") && version.contains("content-length: 2\r\n"),
            "{version}"
        );
        let part = ask("GET /sample/v1_main.py HTTP/1.0\r\nRange: bytes=7-10\r\n");
        assert!(
            part.contains(" 206 ") && part.contains(&format!("content-range: bytes 7-10/{}", main.len())),
            "{part}"
        );
        assert!(part.ends_with(&main[7..=10]), "{part}");
        let beyond = ask("GET /sample/v1_main.py HTTP/1.0\r\nRange: bytes=900-\r\n");
        assert!(beyond.contains(" 416 "), "{beyond}");
        let head = ask("HEAD /sample/v1_main.py HTTP/1.0\r\n");
        assert!(
            head.contains(&format!("content-length: {}", main.len())) && head.ends_with("\r\n\r\n"),
            "{head}"
        );
        let put = ask("PUT /sample/version HTTP/1.0\r\nContent-Length: 0\r\n");
        assert!(put.contains(" 405 ") || put.contains(" 403 "), "{put}");
    }
}

#[test]
fn the_log_says_which_device_got_which_version() {
    let publisher = published();
    publisher.publish("v2", &[]);
    let serve = Serve::start(&publisher, &["--user", "dev1,dev2"]);
    let ask = |path: &str, login: &str| http(&serve.host, &format!("GET {path} HTTP/1.0\r\n{login}"));
    let (one, two) = (
        "Authorization: Basic ZGV2MTpzZWNyZXQ=\r\n",
        "Authorization: Basic ZGV2MjpzZWNyZXQ=\r\n",
    );
    assert!(ask("/sample/version", "").contains(" 401 "));
    assert!(ask("/sample/version", "Authorization: Basic ZGV2MTp3cm9uZw==\r\n").contains(" 401 "));
    assert!(ask("/sample/version", one).ends_with("v1"), "it is pinned");
    assert!(ask("/sample/version", two).ends_with("v2"));
    assert!(ask("/sample/v2_main.py", two).contains(" 200 "));
    assert!(ask("/sample/v9_main.py", two).contains(" 404 "));
    let told: Vec<_> = serve
        .events(6)
        .iter()
        .map(|one| {
            ["device", "version", "result"]
                .map(|key| one[key].as_str().unwrap_or("-").to_owned())
                .join(" ")
        })
        .collect();
    assert_eq!(
        told,
        [
            "- - denied",
            "- - denied",
            "dev1 v1 told",
            "dev2 v2 told",
            "dev2 v2 sent",
            "dev2 v9 absent"
        ]
    );
    // nginx writes the same into its own.
    let nginx = Nginx::serve(&publisher, &[]);
    assert!(
        http(
            &nginx.host,
            &format!("GET /d/dev1/sample/version HTTP/1.0\r\n{two}")
        )
        .ends_with("v1")
    );
    nginx.has_logged("\"GET /d/dev1/sample/version HTTP/1.0\" 200 2");
    let bytes = &serve.events(6)[4]["bytes"];
    assert_eq!(*bytes, main_of("v2").len());
}

#[test]
fn devices_are_served_by_tls() {
    let publisher = published();
    let made = tools()
        .python()
        .args(["-c", CERTIFICATE])
        .current_dir(publisher.desk.folder.path())
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let serve = Serve::start(&publisher, &["--tls", "cert.pem", "key.pem"]);
    let url = format!("https://{}", serve.host);
    // Which accepts every certificate: the old client's fault, and here its use.
    Device::new("2.1.0", &url).updates_to("v1", &main_of("v1"));
    // Nobody knows this one's issuer, so a publisher that checks by it stops before devices are told.
    publisher.desk.write("p/main.py", main_of("v2"));
    assert_eq!(
        publisher.bad(&["publish", "p", "--version", "v2", "--url", &url]),
        (6, "ota.not_back".to_owned())
    );
    assert_eq!(publisher.desk.read("srv/sample/version"), "v1");
}

#[test]
fn several_projects_are_served_at_once_and_a_publisher_may_be_at_work() {
    let publisher = published();
    let serve = Serve::start(&publisher, &[]);
    publisher.good(&["publish", "p", "--version", "v7", "--name", "other"]);
    assert_eq!(asked(&serve.host, "/other/version").1, "v7");
    assert_eq!(asked(&serve.host, "/sample/version").1, "v1");
    fs::remove_dir_all(&publisher.target).unwrap();
    assert_eq!(asked(&serve.host, "/sample/version").0, "404");
}
