//! What boards in the network ask for, on its way to whoever sits before the editor: asked, asked once more, cancelled,
//! kept. The servers are those of the chapter `transports`.

use std::path::Path;

use boardside::virtual_board::HostSide;
use boardside::virtual_board::Profile;
use boardside::virtual_board::Tools;
use boardside::virtual_board::VirtualBoard;
use serde_json::Value;
use serde_json::json;
use tempfile::tempdir;

use crate::boards;
use crate::editor::Hello;
use crate::editor::TestEditor;
use crate::transports::Peer as _;
use crate::transports::network::Server;
use crate::transports::network::telnet_login;
use crate::web_repl::Model;

const QUESTION: &str = "boardside/question";
const OFFER: &str = "window/showMessageRequest";
const NO_KEYCHAIN: (&str, &str) = ("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere");

/// A board behind a telnet server that wants micro and python.
fn behind_a_login(before: &'static str, kind: &'static str) -> (VirtualBoard, Server) {
    let board = boards::start(&Profile {
        host: HostSide::Tcp("127.0.0.1:0".parse().unwrap()),
        ..boards::fast()
    });
    let server = telnet_login(before, kind, board.address());
    (board, server)
}

async fn editor(home: &Path, hello: Hello, variables: &[(&str, &str)]) -> TestEditor {
    let mut editor = TestEditor::process(home, &[&[NO_KEYCHAIN], variables].concat());
    editor.ignored = vec!["boardside/console/output"];
    editor.greet(&[], hello).await;
    editor
}

async fn connect(editor: &mut TestEditor, address: &str) -> u64 {
    editor
        .command("boardside.connect", json!({"board": address}))
        .await
}

fn secret(prompt: &str) -> Value {
    json!({"prompt": prompt, "secret": true})
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_asked_for_and_once_more_with_the_reason() {
    let home = tempdir().unwrap();
    let (_board, server) = behind_a_login("telnet://micro@", "proper");
    let address = server.address();
    let mut editor = editor(home.path(), Hello::asked(), &[]).await;
    let job = connect(&mut editor, &address).await;
    let asked = editor.answer(QUESTION, "wrong".into()).await;
    assert_eq!(asked, secret(&format!("password for {address}")));
    let asked = editor.answer(QUESTION, "python".into()).await;
    let again = format!("user and password do not fit; password for {address}");
    assert_eq!(asked, secret(&again));
    let done = editor.done(job).await;
    assert_eq!(done.get("error"), None, "{done}");
    // Who is in is not asked again.
    let job = editor
        .command("boardside.run", json!({"board": address, "code": "print(6*7)"}))
        .await;
    assert_eq!(editor.done(job).await["result"]["ended"], true);
    editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cancels_or_is_wrong_twice_is_told_and_asked_no_more() {
    let home = tempdir().unwrap();
    let (_board, server) = behind_a_login("telnet://micro@", "proper");
    let mut editor = editor(home.path(), Hello::asked(), &[]).await;
    for (answers, code) in [
        (&[Value::Null][..], "wire.no_password"),
        (&["wrong".into(), Value::Null], "wire.login"),
        (&["wrong".into(), "wrong".into()], "wire.login"),
    ] {
        let job = connect(&mut editor, &server.address()).await;
        for answer in answers {
            editor.answer(QUESTION, answer.clone()).await;
        }
        let done = editor.done(job).await;
        assert_eq!(done["error"]["code"], code, "{done}");
    }
    // A job that is cancelled while somebody thinks.
    let job = connect(&mut editor, &server.address()).await;
    let asked = editor
        .take(QUESTION, |message| message["method"] == QUESTION)
        .await;
    editor.notify("boardside/cancel", json!({"job": job})).await;
    assert_eq!(editor.done(job).await["error"]["code"], "cancelled");
    let late = json!({"jsonrpc": "2.0", "id": asked["id"], "result": "python"});
    editor.send(&late).await;
    editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_kept_in_a_real_keychain_if_the_button_is_pressed_and_not_else() {
    Tools::keychain(&boards::target(), &mut |line| eprintln!("{line}")).unwrap();
    let home = tempdir().unwrap();
    let (_board, server) = behind_a_login("telnet://micro@", "proper");
    let address = server.address();
    let script = "echo secret | gnome-keyring-daemon --unlock --components=secrets >/dev/null 2>&1
        exec \"$BOARDSIDE\" lsp --stdio";
    let mut command = tokio::process::Command::new("dbus-run-session");
    command.args(["--", "sh", "-c", script]);
    let (runtime, here) = (home.path().to_str().unwrap(), home.path());
    let variables = [
        ("BOARDSIDE", env!("CARGO_BIN_EXE_boardside")),
        ("XDG_RUNTIME_DIR", runtime),
        ("HOME", runtime),
    ];
    let mut editor = TestEditor::command_in(here, command, &variables);
    editor.ignored = vec!["boardside/console/output", "boardside/jobDone"];
    editor.greet(&[], Hello::asked()).await;
    for answers in [&["wrong", "python"][..], &["python"]] {
        let job = connect(&mut editor, &address).await;
        for answer in answers {
            editor.answer(QUESTION, (*answer).into()).await;
        }
        assert_eq!(editor.done(job).await.get("error"), None);
        let kept = answers.len() == 1;
        let button = json!({"title": "Remember in the System's Keychain"});
        let answer = if kept { button.clone() } else { Value::Null };
        let offered = editor.answer(OFFER, answer).await;
        assert_eq!(
            offered["message"],
            format!("Remember the password for {address}?")
        );
        assert_eq!(offered["actions"], json!([button]));
        if kept {
            let text = format!("the password for {address} is in the keychain");
            editor
                .told("window/logMessage", |params| params["message"] == text)
                .await;
        }
        let job = editor
            .command("boardside.disconnect", json!({"board": address}))
            .await;
        editor.done(job).await;
    }
    // Nobody is asked now.
    let job = connect(&mut editor, &address).await;
    assert_eq!(editor.done(job).await.get("error"), None);
    editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_name_is_asked_for_where_the_address_has_none() {
    let home = tempdir().unwrap();
    let (_board, server) = behind_a_login("telnet://", "pycom");
    let address = server.address();
    let mut editor = editor(home.path(), Hello::asked(), &[]).await;
    let job = connect(&mut editor, &address).await;
    let asked = editor.answer(QUESTION, "micro".into()).await;
    let prompt = format!("user name for {address}");
    assert_eq!(asked, json!({"prompt": prompt, "secret": false}));
    let asked = editor.answer(QUESTION, "python".into()).await;
    let prompt = format!("password for {}", address.replacen("//", "//micro@", 1));
    assert_eq!(asked, secret(&prompt));
    let done = editor.done(job).await;
    assert_eq!(done.get("error"), None, "{done}");
    editor.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_be_asked_is_told_and_the_environment_comes_first() {
    let (_board, server) = behind_a_login("telnet://micro@", "proper");
    for (hello, variable, questions, code) in [
        (Hello::default(), "", &[][..], "wire.no_password"),
        (Hello::default(), "python", &[], ""),
        (Hello::asked(), "python", &[], ""),
        (Hello::asked(), "wrong", &["python"], ""),
        (Hello::default(), "wrong", &[], "wire.login"),
    ] {
        let home = tempdir().unwrap();
        let mut editor = editor(home.path(), hello, &[("BOARDSIDE_PASSWORD", variable)]).await;
        let job = connect(&mut editor, &server.address()).await;
        for answer in questions {
            editor.answer(QUESTION, (*answer).into()).await;
        }
        let done = editor.done(job).await;
        assert_eq!(done["error"]["code"].as_str().unwrap_or_default(), code, "{done}");
        editor.end().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn web_repl_asks_for_its_password_in_the_same_way() {
    let home = tempdir().unwrap();
    let board = boards::start(&Profile {
        host: HostSide::Tcp("127.0.0.1:0".parse().unwrap()),
        ..boards::fast()
    });
    let model = Model::new(&board, "none");
    let typed = model.address();
    let (_, port) = typed.rsplit_once(':').unwrap();
    let address = format!("ws://127.0.0.1:{port}");
    let mut editor = editor(home.path(), Hello::asked(), &[]).await;
    let job = connect(&mut editor, &address).await;
    let asked = editor.answer(QUESTION, "wrong".into()).await;
    assert_eq!(asked, secret(&format!("password for {address}")));
    let asked = editor.answer(QUESTION, "py thon:@".into()).await;
    let again = format!("the password is wrong; password for {address}");
    assert_eq!(asked, secret(&again));
    let done = editor.done(job).await;
    assert_eq!(done.get("error"), None, "{done}");
    editor.end().await;
}
