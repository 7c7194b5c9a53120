//! Codes of releases and the places where they lie.
//! What devices make of them is told in the chapter `ota`.

use std::fs;
use std::fs::File;
use std::net::TcpListener;

use boardside::ota::OtaError;
use boardside::session::Explain as _;
use boardside::session::Explained;

use super::How::Real;
use super::How::Value;
use super::Scenario;
use super::Told;
use crate::desk::Desk;

pub(super) const SCENARIOS: &[Scenario] = &[
    ("ota.bucket", Real(bucket)),
    ("ota.busy", Real(busy)),
    ("ota.certificate", Real(certificate)),
    ("ota.content", Real(|| publish(&[("lib/a.py", "")], &[]))),
    ("ota.incomplete", Real(incomplete)),
    ("ota.key", Real(key)),
    ("ota.listen", Real(listen)),
    (
        "ota.no_release",
        Real(|| Told::by(&released(), &["ota", "rollback", "-p", "p", "--to", "srv"])),
    ),
    (
        "ota.no_target",
        Real(|| Told::by(&project(), &["ota", "list", "p"])),
    ),
    ("ota.not_back", Real(not_back)),
    (
        "ota.pins",
        Real(|| Told::by(&released(), &["ota", "promote", "-p", "p", "--to", "srv"])),
    ),
    (
        "ota.raced",
        Value(
            raced,
            "two publishers to a bucket whose answers take turns; `ota::publish` has it step by step",
        ),
    ),
    ("ota.record", Real(record)),
    ("ota.taken", Real(taken)),
    (
        "ota.target",
        Real(|| Told::by(&project(), &["ota", "list", "p", "--to", "ftp://h/x"])),
    ),
    (
        "ota.words",
        Real(|| Told::by(&project(), &["ota", "list", "p", "--to", "srv", "--name", "a b"])),
    ),
];

fn project() -> Desk {
    let desk = Desk::at("");
    desk.write("p/main.py", "print('one')\n");
    desk
}

fn publish(files: &[(&str, &str)], more: &[&str]) -> Told {
    let desk = project();
    for (path, text) in files {
        desk.write(&format!("p/{path}"), text);
    }
    Told::by(
        &desk,
        &[&["ota", "publish", "p", "--version", "v1", "--to", "srv"], more].concat(),
    )
}

/// With version v1.
fn released() -> Desk {
    let desk = project();
    desk.run(&["ota", "publish", "p", "--version", "v1", "--to", "srv"])
        .good();
    desk
}

fn bucket() -> Told {
    // A port that nobody listens at.
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let mut command = project().command(&["ota", "list", "p", "--to", "s3://b/x", "--json"]);
    command
        .env("AWS_ENDPOINT", format!("http://{address}"))
        .env("AWS_ALLOW_HTTP", "true");
    command
        .env("AWS_ACCESS_KEY_ID", "a")
        .env("AWS_SECRET_ACCESS_KEY", "b");
    let desk = project();
    let output = command.current_dir(desk.folder.path()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    Told::of(
        &serde_json::from_str(text.lines().last().unwrap()).unwrap(),
        output.status.code(),
    )
}

fn busy() -> Told {
    let desk = released();
    let lock = File::options()
        .write(true)
        .open(desk.path("srv/p/.lock"))
        .unwrap();
    lock.try_lock().unwrap();
    Told::by(&desk, &["ota", "publish", "p", "--version", "v2", "--to", "srv"])
}

fn certificate() -> Told {
    let desk = released();
    desk.write("cert.pem", "none");
    Told::by(&desk, &["ota", "serve", "srv", "--tls", "cert.pem", "cert.pem"])
}

/// Somebody listens there.
fn listen() -> Told {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port().to_string();
    let args = ["ota", "serve", "srv", "--host", "127.0.0.1", "--port", &port];
    Told::by(&released(), &args)
}

fn raced() -> Explained {
    let (what, now) = ("sample/version".to_owned(), Some("v3".to_owned()));
    OtaError::Raced { what, now }.explained()
}

fn incomplete() -> Told {
    let desk = released();
    desk.write("p/main.py", "print('two')\n");
    desk.run(&["ota", "publish", "p", "--version", "v2", "--to", "srv"])
        .good();
    fs::remove_file(desk.path("srv/p/v1_main.py")).unwrap();
    Told::by(&desk, &["ota", "rollback", "-p", "p", "--to", "srv"])
}

fn key() -> Told {
    let desk = project();
    desk.write("a.key", "no key");
    Told::by(
        &desk,
        &[
            "ota",
            "publish",
            "p",
            "--version",
            "v1",
            "--to",
            "srv",
            "--key",
            "a.key",
        ],
    )
}

/// A server that has nothing of it.
fn not_back() -> Told {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 1000];
        std::io::Read::read(&mut stream, &mut request).unwrap();
        let answer = b"HTTP/1.0 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        std::io::Write::write_all(&mut stream, answer).unwrap();
    });
    let told = publish(&[], &["--url", &url]);
    server.join().unwrap();
    told
}

fn record() -> Told {
    let desk = released();
    desk.write("srv/p/version", "not one\n");
    Told::by(&desk, &["ota", "status", "p", "--to", "srv"])
}

fn taken() -> Told {
    let desk = released();
    desk.write("p/main.py", "print('two')\n");
    Told::by(&desk, &["ota", "publish", "p", "--version", "v1", "--to", "srv"])
}
