//! What comes over the network and is not what it should be: the board says why and runs what it ran.
//! Each case ends with the fault gone and the release taken, so that no refusal is for ever.

use std::fs;

use boardside::virtual_board::FileSystem;
use rstest::rstest;

use super::keys;
use super::stand::Board;
use super::stand::Release;
use super::stand::Stand;

/// It does not take it, says so, and still runs version 1 after a reset.
fn refuses(board: &mut Board, why: &str) {
    let (found, said) = board.update();
    assert_eq!(found, "False", "{said}");
    assert!(said.contains(why), "{said}");
    board.reset();
    board.boots(&["1"]);
    assert_eq!(board.says("ota.status()['try']"), "");
}

fn takes(board: &mut Board) {
    let (found, why) = board.update();
    assert_eq!(found, "True", "{why}");
    board.reset();
    board.boots(&["2"]);
}

#[rstest]
#[case::version_gone("/version 404", "version: status 404")]
#[case::version_error("/version 500", "version: status 500")]
#[case::version_moved("/version away=http://127.0.0.1:9/sample/version", "version: status 301")]
#[case::version_hangs("/version hang", "ETIMEDOUT")]
#[case::manifest_hangs("_manifest.json hang", "ETIMEDOUT")]
#[case::captive_portal("* login", "there is no manifest")]
#[case::manifest_gone("_manifest.json 404", "status 404")]
#[case::manifest_cut("_manifest.json cut=200", "too early")]
#[case::manifest_cut_in_its_head("_manifest.json cut=50", "there is no manifest")]
#[case::manifest_tampered_with("_manifest.json garbled=150", "not signed")]
#[case::signature_gone("_manifest.sig 404", "status 404")]
#[case::signature_garbled("_manifest.sig garbled=0", "not signed")]
#[case::signature_of_a_portal("_manifest.sig login", "not signed")]
#[case::file_gone("2_a.py 404", "2_a.py: status 404")]
#[case::file_of_a_portal("2_a.py login", "2_a.py: 5 bytes, 8 expected")]
#[case::file_cut("2_big.bin cut=3000", "ends 6100 bytes too early")]
#[case::file_reset("2_big.bin rst=3000", "")]
#[case::file_tampered_with("2_a.py garbled=0", "a.py is not what was signed")]
#[case::file_drips("2_main.py drip", "ETIMEDOUT")]
#[case::file_in_chunks("2_main.py chunked", "chunked")]
#[case::endless_head("2_main.py long", "head is too long")]
fn what_comes_wrong_is_refused_and_taken_when_it_comes_right(#[case] fault: &str, #[case] why: &str) {
    let stand = Stand::with(FileSystem::LittleFs, None, "\"timeout_s\":1,");
    stand.installed(&Release::new("1", 1));
    let mut release = Release::new("2", 2);
    release.files.insert("big.bin".to_owned(), vec![b'2'; 9_100]);
    stand.publish(&release);
    stand.server.fail(fault);
    let mut board = stand.start();
    board.boots(&["1"]);
    refuses(&mut board, why);
    stand.server.fail("");
    takes(&mut board);
}

#[rstest]
#[case::a_key_of_somebody_else(|r: &mut Release| r.key = "big", "not signed")]
#[case::another_project(|r: &mut Release| r.project = "other", "the manifest is that of project other")]
#[case::another_board(|r: &mut Release| r.targets = "[\"esp32\",\"rp2\"]", "for esp32, rp2, not for linux")]
#[case::an_old_manifest(|r: &mut Release| r.seq = 1, "an old manifest")]
#[case::no_number(|r: &mut Release| r.seq = 0, "there is no manifest")]
#[case::no_main(|r: &mut Release| drop(r.files.remove("main.py")), "no main.py")]
#[case::a_way_out(|r: &mut Release| drop(r.files.insert("lib/../../x".to_owned(), vec![])), "has the path")]
#[case::too_much(|r: &mut Release| drop(r.files.insert("x".to_owned(), vec![b'x'; 600_000])), "bytes of flash")]
fn a_release_that_is_not_for_this_board_is_refused(#[case] wrong: fn(&mut Release), #[case] why: &str) {
    let stand = Stand::new(FileSystem::LittleFs);
    stand.installed(&Release::new("1", 1));
    let mut release = Release::new("2", 2);
    wrong(&mut release);
    stand.publish(&release);
    let mut board = stand.start();
    board.boots(&["1"]);
    refuses(&mut board, why);
    stand.publish(&Release::new("2", 2));
    takes(&mut board);
}

#[test]
fn the_manifest_of_another_version_is_no_update() {
    let stand = Stand::new(FileSystem::LittleFs);
    stand.installed(&Release::new("1", 1));
    stand.publish(&Release::new("3", 3));
    // All of it signed, and under another name.
    let root = stand.server.root().join("sample");
    for kind in ["json", "sig"] {
        fs::copy(
            root.join(format!("3_manifest.{kind}")),
            root.join(format!("2_manifest.{kind}")),
        )
        .unwrap();
    }
    stand.want("2");
    let mut board = stand.start();
    board.boots(&["1"]);
    refuses(&mut board, "the manifest is that of version 3, not of 2");
}

#[test]
fn an_older_release_that_is_offered_again_is_refused() {
    let stand = Stand::new(FileSystem::LittleFs);
    stand.publish(&Release::new("0.9", 1));
    stand.installed(&Release::new("1", 2));
    stand.want("0.9");
    let mut board = stand.start();
    board.boots(&["1"]);
    refuses(&mut board, "an old manifest: seq 2 is the newest");
}

#[rstest]
#[case::lines("1.1\n2", "names no version")]
#[case::page("<html>", "names no version")]
#[case::path("../x", "names no version")]
#[case::nothing("", "names no version")]
#[case::endless(
    "11111111111111111111111111111111111111111111111111111111111111111",
    "names no version"
)]
#[case::huge(
    "1111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111111",
    "80 at most"
)]
fn what_is_no_version_asks_for_nothing(#[case] version: &str, #[case] why: &str) {
    let stand = Stand::new(FileSystem::LittleFs);
    stand.publish(&Release::new("1", 1));
    stand.want(version);
    let mut board = stand.start();
    board.boots(&["0"]);
    stand.server.requests();
    assert!(board.update().1.contains(why));
    assert_eq!(stand.server.requests().len(), 1);
}

#[test]
fn the_password_goes_to_the_server_and_nowhere_else() {
    let settings = "\"user\":\"green\",\"password\":\"pässword\",\"device\":\"pump-7\",";
    let stand = Stand::with(FileSystem::LittleFs, None, settings);
    stand.publish(&Release::new("1", 1));
    let elsewhere = super::server::Server::new(None);
    let away = format!("/version away=http://127.0.0.1:{}/sample/version", elsewhere.port);
    stand.server.fail(&away);
    let mut board = stand.start();
    board.boots(&["0"]);
    assert!(board.update().1.contains("status 301"));
    assert_eq!(elsewhere.requests(), [""; 0]);
    stand.server.fail("");
    assert_eq!(board.update().0, "True");
    for line in stand.server.requests() {
        let expected = "- Basic Z3JlZW46cMOkc3N3b3Jk boardside-ota/1 (pump-7; linux; -)";
        assert!(line.ends_with(expected), "{line}");
    }
}

#[test]
fn a_file_that_was_cut_goes_on_where_it_ended() {
    let stand = Stand::new(FileSystem::LittleFs);
    stand.installed(&Release::new("1", 1));
    let mut release = Release::new("2", 2);
    release.files.insert("big.bin".to_owned(), vec![b'2'; 9_100]);
    stand.publish(&release);
    stand.server.fail("big.bin once=5000");
    let mut board = stand.start();
    board.boots(&["1"]);
    assert!(board.update().1.contains("ends 4100 bytes too early"));
    stand.server.requests();
    assert_eq!(board.update().0, "True");
    let requests = stand.server.requests();
    let big = requests.iter().find(|line| line.contains("big.bin")).unwrap();
    assert!(big.contains(" 206 bytes=5000- "), "{requests:?}");
    board.reset();
    board.boots(&["2"]);
    assert_eq!(
        board.board.files().unwrap()["/slots/b/big.bin"],
        vec![b'2'; 9_100]
    );
}

#[rstest]
#[case::the_right_one("ca.der", true, "")]
#[case::of_another_authority("other.der", false, "")]
#[case::none_at_all("", false, "https needs the certificate to trust")]
fn https_is_for_a_server_with_the_right_certificate(
    #[case] ca: &str,
    #[case] taken: bool,
    #[case] why: &str,
) {
    let pair = (keys::file("server.pem"), keys::file("server.key"));
    let mut stand = Stand::with(FileSystem::LittleFs, Some((&pair.0, &pair.1)), "");
    match ca {
        "" => drop(stand.profile.files.remove("/ota.ca")),
        file => drop(
            stand
                .profile
                .files
                .insert("/ota.ca".to_owned(), fs::read(keys::file(file)).unwrap()),
        ),
    }
    stand.publish(&Release::new("1", 1));
    let mut board = stand.start();
    board.boots(&["0"]);
    let (found, said) = board.update();
    assert_eq!(found == "True", taken, "{said}");
    assert!(said.contains(why), "{said}");
    board.reset();
    board.boots(&[if taken { "1" } else { "0" }]);
}

#[test]
fn https_is_for_a_server_with_the_right_name() {
    let pair = (keys::file("server.pem"), keys::file("server.key"));
    let mut stand = Stand::with(FileSystem::LittleFs, Some((&pair.0, &pair.1)), "");
    let settings = stand.profile.files.get_mut("/ota.json").unwrap();
    *settings = String::from_utf8(settings.clone())
        .unwrap()
        .replace("localhost", "127.0.0.1")
        .into_bytes();
    stand.publish(&Release::new("1", 1));
    let mut board = stand.start();
    board.boots(&["0"]);
    let (found, why) = board.update();
    assert_eq!(found, "False", "{why}");
    assert!(
        stand.server.requests().is_empty(),
        "nothing was asked, and no password sent"
    );
}
