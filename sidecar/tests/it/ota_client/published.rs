//! From `boardside ota publish` to a board that `boardside ota install` has prepared: the real publisher, the real client.
//! What each of the two does wrong is the other chapters'.

use boardside::virtual_board::FileSystem;
use boardside::virtual_board::Profile;
use serde_json::Value;

use crate::boards;
use crate::workspace::Ran;
use crate::workspace::Workspace;

use super::keys;
use super::server::Server;
use super::stand::Board;
use super::stand::Release;
use super::stand::Stand;
use super::stand::app;

fn done(ran: Ran) -> Ran {
    assert_eq!(ran.exit, 0, "{ran:?}");
    ran
}

/// The project at this version, published.
fn publish(workspace: &Workspace, version: &str) {
    for (path, content) in app(version) {
        workspace.write(&path, &content);
    }
    done(workspace.boardside(&["ota", "publish", "--version", version]));
}

fn updates(board: &mut Board, version: &str) {
    let (found, why) = board.update();
    assert_eq!(found, "True", "{why}");
    board.reset();
    board.boots(&[version]);
    assert_eq!(board.says("ota.confirm()"), "True");
    assert_eq!(board.update().1, format!("current {version}"));
}

#[test]
fn a_board_takes_what_is_published_and_what_is_turned_back() {
    let pair = (keys::file("server.pem"), keys::file("server.key"));
    for (tls, layout) in [(false, "flat"), (true, "folder")] {
        let server = Server::new(tls.then_some((pair.0.as_path(), pair.1.as_path())));
        let workspace = Workspace::new(&[]);
        let key = workspace.cache().join("ota.key");
        let settings = format!(
            "[ota]\nproject = 'sample'\ntarget = '{}'\nkey = '{}'\nlayout = '{layout}'\n",
            server.root().display(),
            key.display()
        );
        workspace.write("boardside.toml", settings.as_bytes());
        done(workspace.boardside(&["ota", "keygen", key.to_str().unwrap()]));
        let mut profile = Profile {
            file_system: FileSystem::LittleFs,
            ..boards::fast()
        };
        for (path, content) in app("0") {
            profile.files.insert(format!("/{path}"), content);
        }
        let own = b"MINE = 1\n";
        profile.files.insert("/boot.py".to_owned(), own.to_vec());
        let mut board = Board::start(&profile, boardside::virtual_board::Faults::default());
        board.port.until(">>> ");
        let scheme = if tls { "https" } else { "http" };
        let url = format!("{scheme}://localhost:{}", server.port);
        let ca = keys::file("ca.crt");
        let address = board.board.address().to_owned();
        let mut words = vec!["ota", "install", "--url", &url, "--tries", "2", "-d", &address];
        words.extend(["--device-name", "pump-7"]);
        if tls {
            words.extend(["--ca", ca.to_str().unwrap()]);
        }
        let installed = done(workspace.boardside(&words));
        assert_eq!(installed.last()["event"], Value::from("installed"));
        let files = board.board.files().unwrap();
        assert!(files["/boot.py"].starts_with(own), "{files:?}");
        // A second time changes nothing.
        done(workspace.boardside(&words));
        assert_eq!(board.board.files().unwrap(), files);
        board.port.send("\r\x04");
        board.port.until("soft reboot");
        board.boots(&["0"]);

        publish(&workspace, "1");
        updates(&mut board, "1");
        publish(&workspace, "2");
        updates(&mut board, "2");
        done(workspace.boardside(&["ota", "rollback", "1"]));
        updates(&mut board, "1");
        done(workspace.boardside(&["ota", "rollback", "2"]));
        updates(&mut board, "2");
        let requests = server.requests();
        let last = requests.iter().find(|line| line.contains("/version"));
        assert!(last.unwrap().contains("boardside-ota/1 (pump-7;"), "{requests:?}");
    }
}

#[test]
fn a_sync_of_a_board_that_runs_a_release_says_so() {
    let stand = Stand::new(FileSystem::LittleFs);
    stand.installed(&Release::new("1", 1));
    let mut board = stand.start();
    board.boots(&["1"]);
    let address = board.board.address().to_owned();
    let workspace = Workspace::new(&[]);
    for (path, content) in app("5") {
        workspace.write(&path, &content);
    }
    let told = |ran: &Ran| {
        let texts = ran.events.iter().filter_map(|event| event["message"].as_str());
        texts.filter(|text| text.contains("a release that")).count()
    };
    let sync = ["sync", "-d", &address, "--conflict", "overwrite"];
    let synced = done(workspace.boardside(&sync));
    assert_eq!(told(&synced), 1, "{synced:?}");
    let doctor = workspace.boardside(&["doctor", "-d", &address]);
    assert_eq!(told(&doctor), 1, "{doctor:?}");
    done(workspace.boardside(&["rm", "/slots/st_a", "/slots/st_b", "-d", &address]));
    assert_eq!(board.says("ota.slot"), "a");
    board.reset();
    board.boots(&["5"]);
    let synced = done(workspace.boardside(&sync));
    assert_eq!(told(&synced), 0, "{synced:?}");
}
