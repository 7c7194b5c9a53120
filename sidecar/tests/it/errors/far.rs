//! Codes of another machine: `ssh`. Each is made to happen by a real ssh and a real sshd.

use std::fs;
use std::net::TcpListener;

use serde_json::Value;
use serde_json::json;

use super::How::Real;
use super::Scenario;
use super::Told;
use crate::desk::Desk;
use crate::remote::frank::Account;
use crate::remote::frank::Frank;

pub(super) const SCENARIOS: &[Scenario] = &[
    ("ssh.denied", Real(denied)),
    (
        "ssh.failed",
        Real(|| {
            says(&[
                hello(1),
                json!({"id": 2, "error": {"code": -32803, "message": "the door is shut"}}),
            ])
        }),
    ),
    ("ssh.gone", Real(|| says(&[hello(1)]))),
    (
        "ssh.host",
        Real(|| told(&frank(), &Desk::at(""), &["host", "remove", "nobody"])),
    ),
    ("ssh.hosts_file", Real(hosts_file)),
    ("ssh.key_changed", Real(key_changed)),
    ("ssh.key_unknown", Real(key_unknown)),
    ("ssh.no_boardside", Real(no_boardside)),
    ("ssh.no_ssh", Real(no_ssh)),
    ("ssh.not_allowed", Real(not_allowed)),
    ("ssh.timeout", Real(timeout)),
    ("ssh.unreachable", Real(unreachable)),
    ("ssh.version", Real(|| says(&[hello(2)]))),
];

fn frank() -> Frank {
    Frank::with(&[], &Account::default())
}

fn told(frank: &Frank, desk: &Desk, args: &[&str]) -> Told {
    let run = frank.run(desk, &[args, &["--json"]].concat());
    Told::of(&run.last(), Some(run.code))
}

fn listed(frank: &Frank) -> Told {
    told(frank, &Desk::at("ssh://frank/candy"), &["ls"])
}

/// How a machine greets that speaks this version.
fn hello(version: u64) -> Value {
    json!({"id": 1, "result": {"capabilities": {"experimental": {"boardside": {"protocol": version}}}}})
}

/// A machine whose Boardside says this and ends.
fn says(answers: &[Value]) -> Told {
    let frank = frank();
    let mut command = String::from("ForceCommand true");
    // It hears most of a message before it answers: `initialize` has more than 200 bytes, what follows more than 100.
    for (answer, heard) in answers.iter().zip([200, 100]) {
        let body = answer.to_string();
        let said = frank.path(&format!("said_{heard}"));
        fs::write(&said, format!("Content-Length: {}\r\n\r\n{body}", body.len())).unwrap();
        let then = format!("; head -c {heard} >/dev/null; cat {}", said.display());
        command.push_str(&then);
    }
    frank.first("sshd_config", &command);
    listed(&frank)
}

fn denied() -> Told {
    let frank = frank();
    frank.first(
        "ssh_config",
        &format!("IdentityFile {}", frank.path("other_key").display()),
    );
    fs::remove_file(frank.path("key")).unwrap();
    listed(&frank)
}

fn key_changed() -> Told {
    let frank = frank();
    let other = fs::read_to_string(frank.path("other_key.pub")).unwrap();
    fs::write(frank.path("known_hosts"), format!("frank {other}")).unwrap();
    listed(&frank)
}

fn key_unknown() -> Told {
    let frank = frank();
    fs::write(frank.path("known_hosts"), "").unwrap();
    listed(&frank)
}

fn no_boardside() -> Told {
    let frank = frank();
    frank.first("sshd_config", "ForceCommand boardside-that-is-not-there lsp");
    listed(&frank)
}

fn no_ssh() -> Told {
    let desk = Desk::at("ssh://frank/candy");
    let mut command = desk.command(&["ls", "--json"]);
    let run = crate::remote::frank::run(command.env("BOARDSIDE_SSH", "/no/such/ssh"));
    Told::of(&run.last(), Some(run.code))
}

fn not_allowed() -> Told {
    let frank = frank();
    frank.first("sshd_config", "ForceCommand boardside lsp --boards mint");
    listed(&frank)
}

fn timeout() -> Told {
    let frank = frank();
    frank.first("sshd_config", "ForceCommand cat");
    let desk = Desk::at("");
    frank.run(&desk, &["host", "add", "frank"]).good();
    frank.first("sshd_config", "ForceCommand cat >/dev/null");
    let run = frank.run(&desk, &["devices", "--json"]);
    let event = run.events().into_iter().find(|event| event["host"] == "frank");
    Told::of(&event.unwrap()["error"], None)
}

fn unreachable() -> Told {
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    told(&frank(), &Desk::at(&format!("ssh://{closed}/candy")), &["ls"])
}

fn hosts_file() -> Told {
    let desk = Desk::at("");
    desk.write("config/boardside/hosts.toml", "[hosts.frank]\n");
    told(&frank(), &desk, &["host", "list"])
}
