//! What an account is let do: which boards, and whether it may touch them; nothing else of the machine.
//! The line of authorized_keys is the one that the program prints.

use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpListener;
use std::process::Stdio;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use boardside::virtual_board::VirtualBoard;
use serde_json::Value;
use serde_json::json;

use crate::boards::LIMIT;
use crate::boards::start;
use crate::desk::Desk;
use crate::desk::Run;
use crate::desk::on_flash;
use crate::desk::tree;
use crate::desk::with_files;

use super::frank::Account;
use super::frank::Frank;

/// Everything that `boardside lsp` answers to these requests, by their place.
fn answers(board: &VirtualBoard, args: &[&str], requests: &[(&str, Value)]) -> Vec<Value> {
    let desk = Desk::at("");
    let mut command = desk.command(&[&["lsp"], args].concat());
    command.env("BOARDSIDE_PORTS", board.address());
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut output = child.stdout.take().unwrap();
    let hello = ("initialize", json!({"capabilities": {}, "rootUri": "file:///"}));
    let mut got = Vec::new();
    for (id, (method, params)) in std::iter::once(&hello).chain(requests).enumerate() {
        let body = json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string();
        write!(input, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        // One after the other, and what is told in between is not asked for.
        loop {
            let mut header = Vec::new();
            while !header.ends_with(b"\r\n\r\n") {
                let mut byte = [0];
                output.read_exact(&mut byte).unwrap();
                header.push(byte[0]);
            }
            let header = String::from_utf8(header).unwrap();
            let length = header.trim().rsplit(' ').next().unwrap().parse().unwrap();
            let mut body = vec![0; length];
            output.read_exact(&mut body).unwrap();
            let answer: Value = serde_json::from_slice(&body).unwrap();
            if answer["id"] == json!(id) {
                got.push(answer);
                break;
            }
        }
    }
    drop(input);
    child.wait().unwrap();
    got.remove(0);
    got
}

#[test]
fn a_limited_account_has_the_methods_for_boards_and_no_other() {
    let board = start(&with_files(&[("/main.py", "old\n")]));
    let address = board.address();
    let name = address.rsplit('/').next().unwrap();
    let refused = [
        ("boardside/boards", json!(null)),
        (
            "boardside/files/read",
            json!({"board": address, "path": "/main.py"}),
        ),
        (
            "boardside/files/write",
            json!({"board": address, "path": "/x", "content": ""}),
        ),
        ("boardside/settings", json!({"folder": "file:///"})),
        ("boardside/base", json!({"uri": "file:///etc/passwd"})),
        (
            "workspace/executeCommand",
            json!({"command": "boardside.pull", "arguments": [{"board": address}]}),
        ),
        ("boardside/console/attach", json!({"board": address})),
        (
            "textDocument/codeLens",
            json!({"textDocument": {"uri": "file:///main.py"}}),
        ),
        ("boardside/wire/open", json!({"board": "other", "baud": 115_200})),
        (
            "boardside/wire/open",
            json!({"board": "../mint", "baud": 115_200}),
        ),
        (
            "boardside/wire/open",
            json!({"board": "virtual:unix", "baud": 115_200}),
        ),
        (
            "boardside/wire/open",
            json!({"board": "socket://127.0.0.1:22", "baud": 115_200}),
        ),
    ];
    for answer in answers(&board, &["--boards", name], &refused) {
        assert_eq!(answer["error"]["data"]["code"], "ssh.not_allowed", "{answer}");
    }
    let looking = [
        ("boardside/host/boards", json!({})),
        ("boardside/wire/open", json!({"board": name, "baud": 115_200})),
        ("boardside/wire/write", json!({"wire": 1, "data": "Aw=="})),
        (
            "boardside/wire/lines",
            json!({"wire": 1, "dtr": true, "rts": true}),
        ),
        ("boardside/host/boards", json!({"probe": true})),
        ("boardside/host/survey", json!({"wire": 1, "project": ""})),
        (
            "boardside/host/sync",
            json!({"wire": 1, "project": "", "delete": true, "conflict": "stop", "turbo": false, "needs": [],
                "contents": ""}),
        ),
        ("boardside/wire/close", json!({"wire": 1})),
    ];
    let got = answers(&board, &["--read-only"], &looking);
    assert_eq!(got[0]["result"]["readOnly"], true, "{got:?}");
    assert_eq!(got[0]["result"]["boards"][0]["name"], name, "{got:?}");
    assert_eq!(got[1]["result"]["readOnly"], true, "{got:?}");
    for answer in &got[2..7] {
        assert_eq!(answer["error"]["data"]["code"], "ssh.not_allowed", "{answer}");
    }
    assert_eq!(got[7]["result"], json!({}), "{got:?}");
    assert_eq!(on_flash(&board), tree(&[("/main.py", "old\n")]));
}

#[test]
fn two_boards_behind_a_forced_command_and_one_is_allowed() {
    let candy = start(&with_files(&[]));
    let mint = start(&with_files(&[("/main.py", "mint\n")]));
    let boards = [("candy", &candy), ("mint", &mint)];
    let account = Account {
        options: "restrict,command=\"boardside lsp --boards candy\"",
        ..Account::default()
    };
    let frank = Frank::with(&boards, &account);
    let desk = Desk::at("ssh://frank/");
    desk.write("p/main.py", "new\n");
    let key = frank.path("key.pub").display().to_string();
    let line = frank
        .run(&desk, &["host", "authorize", &key, "--boards", "candy"])
        .good();
    assert!(line.starts_with(account.options), "{line}");
    // The only one that there is for this account.
    frank.run(&desk, &["sync", "p"]).good();
    assert_eq!(on_flash(&candy), tree(&[("/main.py", "new\n")]));
    let mine = ["sync", "p", "-d", "ssh://frank/mint"];
    assert_eq!(
        frank.run(&desk, &mine).failure(),
        (3, "ssh.not_allowed".to_owned())
    );
    assert_eq!(on_flash(&mint), tree(&[("/main.py", "mint\n")]));

    frank.run(&desk, &["host", "add", "frank"]).good();
    let listed = frank.run(&desk, &["host", "check", "frank", "--json"]);
    let names: Vec<Value> = listed
        .events()
        .iter()
        .map(|event| event["address"].clone())
        .collect();
    assert_eq!(names, [json!("ssh://frank/candy"), json!(null)], "{listed:?}");

    let looking = Account {
        options: "restrict,command=\"boardside lsp --boards candy --read-only\"",
        ..Account::default()
    };
    let frank = Frank::with(&boards, &looking);
    desk.write("p/main.py", "newer\n");
    assert_eq!(
        frank.run(&desk, &["sync", "p"]).failure(),
        (3, "ssh.not_allowed".to_owned())
    );
    assert_eq!(on_flash(&candy), tree(&[("/main.py", "new\n")]));
}

#[test]
fn boards_of_all_machines_are_listed_and_one_that_is_down_says_so() {
    let candy = start(&with_files(&[]));
    let mint = start(&with_files(&[]));
    let frank = Frank::with(&[("candy", &candy), ("mint", &mint)], &Account::default());
    let desk = Desk::at("");
    let closed = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    for (name, destination) in [
        ("anna", "frank"),
        ("down", &*closed.to_string()),
        ("frank", "frank"),
    ] {
        frank.run(&desk, &["host", "add", name, destination]).good();
    }
    let listed = frank.run(&desk, &["host", "list", "--json"]);
    assert_eq!(listed.events().len(), 3, "{listed:?}");
    frank.run(&desk, &["host", "check", "frank"]).good();
    // A machine that has much else to do may take longer than the list waits.
    let is_late = |run: &Run| {
        run.events()
            .iter()
            .any(|event| event["error"]["code"] == "ssh.timeout")
    };
    let runs = (0..10).map(|_| frank.run(&desk, &["devices", "--json"]));
    let run = runs
        .into_iter()
        .find(|run| !is_late(run))
        .expect("all answer within 3 s, once in ten times");
    let events = run.events();
    let about = |address: &str| events.iter().find(|event| event["address"] == address);
    for host in ["anna", "frank"] {
        for board in ["candy", "mint"] {
            let event = about(&format!("ssh://{host}/{board}"));
            let event = event.unwrap_or_else(|| panic!("{board} of {host}: {events:?}"));
            assert_eq!(event["state"], "free", "{event}");
            // As it said when it was asked.
            assert!(event["firmware"]["version"].is_string(), "{event}");
        }
    }
    let down = events.iter().find(|event| event["host"] == "down").unwrap();
    assert_eq!(down["error"]["code"], "ssh.unreachable", "{down}");
    assert_eq!(run.last()["count"], 4);
    frank.run(&desk, &["host", "remove", "down"]).good();
    assert_eq!(
        frank.run(&desk, &["host", "remove", "down"]).failure(),
        (2, "ssh.host".to_owned())
    );
}

/// A machine behind a firewall, or one that hangs, takes a connection and says nothing.
#[test]
fn a_machine_that_says_nothing_is_given_up_and_keeps_nobody_waiting() {
    let candy = start(&with_files(&[]));
    let frank = Frank::with(&[("candy", &candy)], &Account::default());
    let desk = Desk::at("");
    let mute = TcpListener::bind("127.0.0.1:0").unwrap();
    let place = mute.local_addr().unwrap().to_string();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    for (name, destination) in [
        ("mute", &*place),
        ("down", &*closed.to_string()),
        ("frank", "frank"),
    ] {
        frank.run(&desk, &["host", "add", name, destination]).good();
    }
    let (left, ended) = mpsc::channel();
    thread::spawn(move || {
        for mut socket in mute.incoming().map_while(Result::ok) {
            // Until whoever knocked goes away.
            let all = std::io::copy(&mut socket, &mut std::io::sink());
            left.send(all).unwrap_or_default();
        }
    });
    let mut tries = (0..10).map(|_| {
        let begin = Instant::now();
        let run = frank.run(&desk, &["devices", "--json"]);
        let took = begin.elapsed();
        // Sooner than ssh gives up by itself.
        ended
            .recv_timeout(LIMIT / 3)
            .expect("no ssh is left behind")
            .unwrap_or_default();
        (run.events(), took)
    });
    let code = |events: &[Value], host: &str| {
        let mine = events.iter().find(|event| event["host"] == host);
        mine.map(|event| event["error"]["code"].clone())
    };
    // A machine that has much else to do may take longer.
    let good = tries.any(|(events, took)| {
        assert_eq!(code(&events, "mute"), Some(json!("ssh.timeout")), "{events:?}");
        let candy = events
            .iter()
            .find(|event| event["address"] == "ssh://frank/candy");
        took < Duration::from_secs(3)
            && code(&events, "down") == Some(json!("ssh.unreachable"))
            && candy.is_some_and(|candy| candy["state"] == "free")
    });
    assert!(good, "all is listed within 3 s, once in ten times");
}
