//! The reference client, as its users run it, works with the unix board.
//! What it cannot do with a micro:bit is its own affair.

use std::fs;

use boardside::virtual_board::VirtualBoard;

use crate::boards::fast;
use crate::boards::start;
use crate::boards::tools;

fn mpremote(board: &VirtualBoard, arguments: &[&str]) -> String {
    let output = tools()
        .mpremote()
        .args(["connect", board.address()])
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {said}{complained}");
    said.replace('\r', "")
}

#[test]
fn mpremote_lists_copies_runs_and_resets() {
    let mut profile = fast();
    profile.files.insert("/main.py".to_owned(), b"x = 6\n".to_vec());
    let board = start(&profile);
    let project = tempfile::tempdir().unwrap();
    fs::create_dir(project.path().join("lib")).unwrap();
    let content: Vec<u8> = (0..=255).cycle().take(5_000).collect();
    fs::write(project.path().join("lib/data.bin"), &content).unwrap();
    fs::write(project.path().join("app.py"), "print('app')\n").unwrap();

    let source = format!("{}/.", project.path().display());
    mpremote(&board, &["fs", "cp", "-r", &source, ":"]);
    let files = board.files().unwrap();
    assert_eq!(
        files.keys().collect::<Vec<_>>(),
        ["/app.py", "/lib/", "/lib/data.bin", "/main.py"]
    );
    assert_eq!(files["/lib/data.bin"], content);

    let listed = mpremote(&board, &["fs", "ls"]);
    assert!(
        listed.contains("13 app.py") && listed.contains("0 lib/"),
        "{listed}"
    );
    assert_eq!(mpremote(&board, &["fs", "cat", ":app.py"]), "print('app')\n");
    assert_eq!(mpremote(&board, &["exec", "print(6*7)"]), "42\n");

    // State is kept with `resume`, and lost with a soft reset, which runs main.py only at the friendly prompt.
    mpremote(&board, &["exec", "y = 7"]);
    assert_eq!(mpremote(&board, &["resume", "exec", "y = 8"]), "");
    assert_eq!(mpremote(&board, &["resume", "eval", "y"]), "8\n");
    mpremote(&board, &["soft-reset"]);
    assert_eq!(
        mpremote(&board, &["resume", "eval", "globals().get('y')"]),
        "None\n"
    );
}
