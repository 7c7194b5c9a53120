//! The same faults with the client that is in the field, micropython-ota 1.1.0 and 2.1.0 as they were published, beside
//! ours: what a board runs afterwards. README's table is what these tests print.
//! Its code is fetched for the tests and is no part of this repository.

use std::collections::BTreeMap;
use std::fs;
use std::sync::OnceLock;

use boardside::virtual_board::Faults;
use boardside::virtual_board::FileSystem;
use boardside::virtual_board::Profile;
use boardside::virtual_board::Torn;
use boardside::virtual_board::UpdateServers;
use rstest::rstest;
use tempfile::TempDir;

use crate::boards;
use crate::boards::HELP;

use super::keys;
use super::power;
use super::runs::Runs;
use super::runs::runs;
use super::server::Server;
use super::stand::Board;
use super::stand::Files;
use super::stand::Release;
use super::stand::Stand;

const OLD: [&str; 2] = ["1.1.0", "2.1.0"];

fn client(version: &str) -> Vec<u8> {
    static SERVERS: OnceLock<UpdateServers> = OnceLock::new();
    let servers = SERVERS.get_or_init(|| {
        UpdateServers::install(&boards::target().join("tools"), &mut |line| eprintln!("{line}")).unwrap()
    });
    fs::read(servers.old_client(version).join("micropython_ota.py")).unwrap()
}

/// A board in the field: its boot.py asks for updates, and is one of the files that are updated.
struct Field {
    server: Server,
    folder: TempDir,
    profile: Profile,
    address: String,
}

impl Field {
    fn new(version: &str, file_system: FileSystem, tls: bool) -> Self {
        let pair = (keys::file("server.pem"), keys::file("server.key"));
        let server = Server::new(tls.then_some((pair.0.as_path(), pair.1.as_path())));
        let scheme = if tls { "https" } else { "http" };
        let address = format!("{scheme}://localhost:{}", server.port);
        let folder = TempDir::new().unwrap();
        let mut field = Self {
            server,
            profile: Profile {
                flash: 512 << 10,
                file_system,
                image: Some(folder.path().join("flash")),
                ..boards::fast()
            },
            folder,
            address,
        };
        for (path, content) in project("1", &field.address) {
            field.profile.files.insert(format!("/{path}"), content);
        }
        let more = [
            ("/micropython_ota.py", client(version)),
            // Boards have it from a bundle.
            ("/urequests.py", b"from requests import *\n".to_vec()),
            ("/version", b"1".to_vec()),
        ];
        for (path, content) in more {
            field.profile.files.insert(path.to_owned(), content);
        }
        field.publish("1");
        field
    }

    fn publish(&self, version: &str) {
        let root = self.server.root().join("sample");
        fs::create_dir_all(&root).unwrap();
        for (path, content) in project(version, &self.address) {
            fs::write(root.join(format!("{version}_{path}")), content).unwrap();
        }
        fs::write(root.join("version"), version).unwrap();
    }

    fn start(&self, faults: Faults) -> Board {
        Board::start(&self.profile, faults)
    }

    /// It boots: without a server if `alone`, else it updates and boots again.
    fn boots(&self, alone: bool) -> Runs {
        if alone {
            self.server.fail("* 404");
        }
        let said = self.start(Faults::default()).port.until(HELP);
        self.server.fail("");
        runs(&said)
    }
}

/// What a board has for `version`.
fn project(version: &str, address: &str) -> Files {
    let more = "# A line of a module.\n".repeat(150);
    let module = format!("V = '{version}'\n{more}");
    let boot = format!(
        "V = '{version}'\nimport micropython_ota\n\
         micropython_ota.ota_update('{address}', 'sample', ['boot.py', 'main.py', 'a.py'])\n"
    );
    let main = format!("{more}import a\nprint('ran', V, a.V, '{version}')\n");
    Files::from([
        ("boot.py".to_owned(), boot.into_bytes()),
        ("main.py".to_owned(), main.into_bytes()),
        ("a.py".to_owned(), module.into_bytes()),
    ])
}

/// What became of a board whose update met a fault, once the fault is gone and there is no server.
fn old_after(version: &str, fault: &str, release: &str, tls: bool) -> Runs {
    let field = Field::new(version, FileSystem::LittleFs, tls);
    field.publish("0");
    field.publish("2");
    if !release.is_empty() {
        let file = field.server.root().join("sample/2_main.py");
        let main = fs::read_to_string(&file).unwrap();
        fs::write(&file, format!("{release}\n{main}")).unwrap();
    }
    if fault == "older" {
        fs::write(field.server.root().join("sample/version"), "0").unwrap();
    } else {
        field.server.fail(fault);
    }
    field.boots(false);
    field.boots(true)
}

fn ours_after(fault: &str, release: &str, tls: bool) -> Runs {
    let pair = (keys::file("server.pem"), keys::file("server.key"));
    let stand = Stand::with(
        FileSystem::LittleFs,
        tls.then_some((pair.0.as_path(), pair.1.as_path())),
        "\"timeout_s\":2,",
    );
    stand.publish(&Release::new("0", 1));
    stand.installed(&Release::new("1", 2));
    if tls {
        // As old clients, it is to refuse a certificate that nobody vouches for.
        let other = fs::read(keys::file("other.der")).unwrap();
        stand.start().board.put_file("/ota.ca", &other).unwrap();
    }
    stand.publish(&Release::new("2", 3).doing(release));
    if fault == "older" {
        stand.want("0");
    } else {
        stand.server.fail(fault);
    }
    let mut board = stand.start();
    board.boots(&["1"]);
    board.update();
    board.reset();
    board.port.until("machine.reset()\r\n");
    runs(&board.port.until(HELP))
}

#[rstest]
#[case::one_file_is_missing("2_main.py 404", "", false, [Runs::Mixed, Runs::Old])]
#[case::the_connection_breaks("2_main.py rst=20", "", false, [Runs::Mixed, Runs::Old])]
#[case::a_file_ends_early("2_main.py cut=9", "", false, [Runs::Nothing, Runs::Nothing])]
#[case::a_captive_portal("* login", "", false, [Runs::Nothing, Runs::Nothing])]
#[case::a_byte_is_wrong("2_a.py garbled=0", "", false, [Runs::Nothing, Runs::Nothing])]
#[case::an_old_version_again("older", "", false, [Runs::Older, Runs::Older])]
#[case::somebody_elses_certificate("", "", true, [Runs::New, Runs::New])]
#[case::the_release_raises("", "1/0", false, [Runs::Nothing, Runs::Nothing])]
#[case::the_release_lacks_a_module("", "import missing", false, [Runs::Nothing, Runs::Nothing])]
fn what_the_old_client_loses_ours_keeps(
    #[case] fault: &str,
    #[case] release: &str,
    #[case] tls: bool,
    #[case] old: [Runs; 2],
) {
    let found = OLD.map(|version| old_after(version, fault, release, tls));
    let ours = ours_after(fault, release, tls);
    eprintln!(
        "| {fault} {release} {tls} | {} | {} | {ours} |",
        found[0], found[1]
    );
    assert_eq!((found, ours), (old, Runs::Old));
}

#[test]
fn a_release_that_hangs_is_for_ever_with_the_old_client() {
    for version in OLD {
        let field = Field::new(version, FileSystem::LittleFs, false);
        field.publish("2");
        fs::write(
            field.server.root().join("sample/2_main.py"),
            "print('hangs')\nwhile True: pass\n",
        )
        .unwrap();
        for _ in 0..4 {
            field.start(Faults::default()).port.until("hangs\n");
        }
    }
}

/// What boards ran after their power was lost in an update, and after the next one.
#[rstest]
fn lost_power_breaks_boards_of_the_old_client(
    #[values("1.1.0", "2.1.0")] version: &str,
    #[values(FileSystem::LittleFs, FileSystem::Fat)] file_system: FileSystem,
) {
    let field = Field::new(version, file_system, false);
    assert_eq!(field.boots(false), Runs::Old);
    field.publish("2");
    let image = field.folder.path().join("flash");
    let mut seen = BTreeMap::<Runs, u32>::new();
    let mut heals = 0;
    let boots = |faults| {
        let mut board = field.start(faults);
        board.port.until_lost(&board.board, HELP);
        board
    };
    let points = power::at_every_operation(&image, Torn::Half, 3, boots, |_| {
        *seen.entry(field.boots(true)).or_default() += 1;
        heals += u32::from(field.boots(false) == Runs::New);
    });
    let count = |runs| seen.get(&runs).copied().unwrap_or_default();
    eprintln!(
        "| micropython-ota {version} | {} | {points} | {} | {} | {} | {} | {heals} |",
        file_system.name(),
        count(Runs::Old),
        count(Runs::New),
        count(Runs::Mixed),
        count(Runs::Nothing),
    );
    assert!(count(Runs::Mixed) + count(Runs::Nothing) > 0, "{seen:?}");
}
