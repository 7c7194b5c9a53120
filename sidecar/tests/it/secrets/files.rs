//! Files that look like secrets: left out of a sync with one word about it, sent if they are named.
//! Reads no file's content: names decide.

use std::collections::BTreeSet;

use crate::boards;
use crate::workspace::Ran;
use crate::workspace::Workspace;

const FILES: [(&str, &[u8]); 9] = [
    ("main.py", b"import secrets\n"),
    ("secrets.py", b"PASSWORD = 'on the board'\n"),
    ("wifi.py", b"SSID = 'x'\n"),
    ("certs/ca.der", b"public"),
    ("certs/key.pem", b"private"),
    ("certs/cert.pem", b"public"),
    (".env", b"TOKEN=1"),
    ("id_rsa", b"private"),
    ("credentials-cloud.json", b"{}"),
];

fn warnings(ran: &Ran) -> Vec<&str> {
    let warnings = ran.events.iter().filter(|event| event["event"] == "warning");
    warnings.map(|event| event["message"].as_str().unwrap()).collect()
}

fn on_board(board: &boardside::virtual_board::VirtualBoard) -> BTreeSet<String> {
    let files = board.files().unwrap().into_keys();
    files
        .filter(|path| !path.starts_with("/.boardside") && !path.ends_with('/'))
        .collect()
}

#[test]
fn they_are_left_out_with_one_warning_until_they_are_named() {
    let board = boards::start(&boards::fast());
    let workspace = Workspace::new(&FILES);
    let ran = workspace.sync(board.address(), &[]);
    assert_eq!(ran.exit, 0, "{ran:?}");
    let mut expected =
        BTreeSet::from(["/main.py", "/secrets.py", "/wifi.py", "/certs/ca.der"].map(str::to_owned));
    assert_eq!(on_board(&board), expected);
    let [warning] = warnings(&ran)[..] else {
        panic!("{ran:?}")
    };
    assert_eq!(
        warning,
        "certs/cert.pem and 3 files more are left out: they look like secrets; the line `!/certs/cert.pem` in \
         .boardsideignore brings it to the board, `/certs/cert.pem` ends this warning"
    );

    workspace.write(
        ".boardsideignore",
        b"!/certs/cert.pem\n/certs/key.pem\nid_rsa\n/credentials*.json\n",
    );
    let ran = workspace.sync(board.address(), &[]);
    assert_eq!((ran.exit, warnings(&ran)), (0, vec![]), "{ran:?}");
    expected.insert("/certs/cert.pem".to_owned());
    assert_eq!(on_board(&board), expected);

    workspace.write("boardside.toml", b"ignore = ['!.env', '!id_rsa']\n");
    assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
    expected.extend(["/.env", "/id_rsa"].map(str::to_owned));
    assert_eq!(on_board(&board), expected);
}

#[test]
fn a_folder_that_is_put_leaves_them_out_unless_all_is_said_and_a_file_that_is_named_goes() {
    let board = boards::start(&boards::fast());
    let workspace = Workspace::new(&FILES);
    let put = |args: &[&str]| workspace.boardside(&[&["put", "-d", board.address()], args].concat());
    let ran = put(&["-r", "certs"]);
    assert_eq!((ran.exit, warnings(&ran).len()), (0, 1), "{ran:?}");
    assert_eq!(on_board(&board), ["/certs/ca.der".to_owned()].into());
    assert_eq!(put(&["certs/key.pem", ":certs/"]).exit, 0);
    assert_eq!(put(&["-r", "--all", "certs/", ":all/"]).exit, 0);
    let expected = [
        "/all/ca.der",
        "/all/cert.pem",
        "/all/key.pem",
        "/certs/ca.der",
        "/certs/key.pem",
    ];
    assert_eq!(on_board(&board), expected.map(str::to_owned).into());
}
