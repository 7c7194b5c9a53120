//! A cable pulled, the program killed, power lost, in the middle of a sync: the board holds the whole old project or
//! the whole new one before anybody reconnects, or a journal that the next connection carries out.
//! Points are fractions of what the sync takes, so that they cover all of it whatever the protocol is; every single one
//! is tried by `cargo xtask torture`.

use std::collections::BTreeMap;
use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::process::Stdio;

use boardside::virtual_board::Cut;
use boardside::virtual_board::Faults;
use boardside::virtual_board::FileSystem;
use boardside::virtual_board::Profile;
use boardside::virtual_board::Status;
use boardside::virtual_board::VirtualBoard;
use boardside::virtual_board::VirtualBoardError;
use rstest::rstest;
use tempfile::TempDir;

use crate::boards;
use crate::workspace::Workspace;

type Files = BTreeMap<String, Vec<u8>>;

/// The project before: something to keep, to replace, to change, to rename and to remove.
fn old() -> Workspace {
    Workspace::new(&[
        ("main.py", b"print('old')\n"),
        ("boot.py", b"BOOT = 'old'\n"),
        ("keep.py", b"KEEP = 1\n"),
        ("replace.py", &b"# old line\n".repeat(400)),
        ("edit.py", text("old").as_bytes()),
        ("lib/renamed.py", &b"# this file moves\n".repeat(100)),
        ("gone/away.py", b"GONE = 1\n"),
    ])
}

/// The project after adds to an old and a new folder, a replace, an edit, a rename and a remove.
fn change(workspace: &Workspace) {
    workspace.write("main.py", b"print('new')\n");
    workspace.write("boot.py", b"BOOT = 'new'\n");
    workspace.write("replace.py", &b"# new line\n".repeat(500));
    workspace.write("edit.py", text("new").as_bytes());
    workspace.write("lib/more.py", b"MORE = 1\n");
    workspace.write(
        "added/deep/file.bin",
        &(0..=255).cycle().take(900).collect::<Vec<u8>>(),
    );
    workspace.rename("lib/renamed.py", "lib/has moved.py");
    workspace.remove("gone");
}

/// Lines that all differ, so that a delta is less than the whole.
fn text(version: &str) -> String {
    let lines = (0..150_u32).map(|n| format!("# {:x}", n.wrapping_mul(2_654_435_761)));
    let lines: Vec<String> = lines.collect();
    format!("VERSION = '{version}'\n{}\n", lines.join("\n"))
}

fn project(mut files: Files) -> Files {
    files.retain(|path, _| !path.starts_with("/.boardside") && !path.ends_with('/'));
    files
}

/// A board after the first sync, a project that has changed since, and what the second sync takes.
struct Ground {
    workspace: Workspace,
    folder: TempDir,
    profile: Profile,
    before: Files,
    after: Files,
    /// Of the board before anybody opened its port.
    booted: u64,
    takes: Status,
    events: usize,
}

impl Ground {
    fn new(file_system: FileSystem) -> Self {
        let workspace = old();
        let folder = TempDir::new().unwrap();
        let profile = Profile {
            image: Some(folder.path().join("flash")),
            flash: 256 << 10,
            file_system,
            count_flash: true,
            ..boards::fast()
        };
        let board = boards::start(&profile);
        assert_eq!(workspace.sync(board.address(), &[]).exit, 0);
        drop(board);
        fs::copy(folder.path().join("flash"), folder.path().join("first")).unwrap();
        let before = workspace.files();
        change(&workspace);
        let mut ground = Self {
            after: workspace.files(),
            workspace,
            folder,
            profile,
            before,
            booted: 0,
            takes: Status::default(),
            events: 0,
        };
        let board = ground.board(Faults::default());
        board.wait_quiet(boards::LIMIT).unwrap();
        ground.booted = board.status().to_host;
        let ran = ground.workspace.sync(board.address(), &[]);
        assert_eq!(ran.exit, 0, "{ran:?}");
        ground.events = ran.events.len();
        ground.takes = board.status();
        assert_eq!(ground.holds(&board, "nothing"), "new");
        ground
    }

    /// The board as it was after the first sync, at rest.
    fn board(&self, faults: Faults) -> VirtualBoard {
        fs::copy(self.folder.path().join("first"), self.folder.path().join("flash")).unwrap();
        let profile = Profile {
            faults,
            ..self.profile.clone()
        };
        let board = boards::start(&profile);
        board.wait_quiet(boards::LIMIT).unwrap();
        board
    }

    /// Which project is on its flash? A file is always that of one of them.
    fn holds(&self, board: &VirtualBoard, what: &str) -> &'static str {
        let files = board.files().unwrap();
        let journal = files.contains_key("/.boardside/journal");
        let found = project(files);
        for (path, content) in &found {
            let known = [self.before.get(path), self.after.get(path)].contains(&Some(content));
            assert!(
                known,
                "{what}: {path} has {} B that nobody wrote so",
                content.len()
            );
        }
        if found == self.before {
            "old"
        } else if found == self.after {
            "new"
        } else {
            assert!(journal, "{what}: mixed, and no journal: {:?}", found.keys());
            "mixed"
        }
    }

    /// Content that is there is there for good: what is written now takes no clusters of it.
    fn keeps(&self, board: &VirtualBoard, what: &str) {
        let big = self.folder.path().join("big");
        fs::write(&big, vec![0x5a; 100_000]).unwrap();
        let put = ["put", big.to_str().unwrap(), ":/big", "-d", board.address()];
        let put = self.workspace.boardside(&put);
        assert_eq!(put.exit, 0, "{what}: {put:?}");
        let mut files = project(board.files().unwrap());
        files.remove("/big");
        assert!(
            files == self.after,
            "{what}: what was written afterwards lies in a file"
        );
    }

    /// The next connection finds a prompt and makes the board whole; the next sync makes it new.
    fn heals(&self, board: &VirtualBoard, what: &str) {
        let look = self.workspace.boardside(&["ls", "-d", board.address()]);
        assert_eq!(look.exit, 0, "{what}: {look:?}");
        assert_ne!(self.holds(board, what), "mixed", "{what}");
        let again = self.workspace.sync(board.address(), &[]);
        assert_eq!(again.exit, 0, "{what}: {again:?}");
        assert_eq!(self.holds(board, what), "new", "{what}");
        board
            .wait("free port", boards::LIMIT, |status| !status.connected)
            .unwrap();
        boards::Port::open(board).ask("\r", ">>> ");
    }
}

/// So many points from `first` to `last`, both included, more of them towards the end, where the commit is.
fn points(first: u64, last: u64, number: u64) -> Vec<u64> {
    let spread = |n: u64| last - (last - first) * (number - 1 - n).pow(2) / (number - 1).pow(2);
    (0..number).map(spread).collect()
}

#[rstest]
#[case::to_the_board(14, |ground: &Ground| (0, ground.takes.to_board), |cut| Faults { cut, ..Faults::default() })]
#[case::to_the_host(11, |ground: &Ground| (ground.booted + 1, ground.takes.to_host),
                    |cut_heard| Faults { cut_heard, ..Faults::default() })]
fn a_pulled_cable_leaves_the_old_project_or_the_new_one(
    #[case] number: u64,
    #[case] span: fn(&Ground) -> (u64, u64),
    #[case] faults: fn(Option<Cut>) -> Faults,
) {
    let ground = Ground::new(FileSystem::LittleFs);
    let (first, last) = span(&ground);
    let mut seen = BTreeMap::new();
    for after in points(first, last - 1, number) {
        let what = format!("cut after {after}");
        let mut board = ground.board(faults(Some(Cut { after, back: None })));
        let cut = ground.workspace.sync(board.address(), &[]);
        let gone = (cut.exit, cut.code()) == (4, "wire.gone");
        assert!(cut.exit == 0 || gone, "{what}: {cut:?}");
        if cut.exit == 0 && board.status().plugged {
            continue; // what is sent is not the same to the byte each time
        }
        board
            .wait("pulled cable", boards::LIMIT, |status| !status.plugged)
            .unwrap();
        board.wait_quiet(boards::LIMIT).unwrap();
        let state = ground.holds(&board, &what);
        assert_ne!(state, "mixed", "{what}");
        *seen.entry(state).or_insert(0) += 1;
        board.replug().unwrap();
        ground.heals(&board, &what);
    }
    assert!(seen.contains_key("old"), "no point before the commit: {seen:?}");
    assert!(
        seen.contains_key("new"),
        "no point behind the order to commit: {seen:?}"
    );
}

#[test]
fn a_killed_program_leaves_the_old_project_or_the_new_one() {
    let ground = Ground::new(FileSystem::LittleFs);
    let bytes = points(1, ground.takes.to_board, 6).into_iter();
    let moments = (0..ground.events).map(Err).chain(bytes.map(Ok));
    for moment in moments {
        let what = format!("killed at {moment:?}");
        let board = ground.board(Faults::default());
        let mut sync = ground.workspace.command();
        let mut sync = sync
            .args(["sync", "--json", "-d", board.address()])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        match moment {
            Ok(bytes) => {
                let is_there = |status: &Status| status.to_board >= bytes;
                while !is_there(&board.status()) && sync.try_wait().unwrap().is_none() {
                    std::thread::yield_now();
                }
            }
            Err(events) => {
                let lines = BufReader::new(sync.stdout.take().unwrap()).lines();
                assert_eq!(lines.take(events).count(), events, "{what}");
            }
        }
        sync.kill().unwrap();
        sync.wait().unwrap();
        // What it had written may come a moment later.
        let state = loop {
            board.wait_quiet(boards::LIMIT).unwrap();
            let before = board.status().to_board;
            let state = ground.holds(&board, &what);
            board.wait_quiet(boards::LIMIT).unwrap();
            if board.status().to_board == before {
                break state;
            }
        };
        assert_ne!(state, "mixed", "{what}");
        ground.heals(&board, &what);
    }
}

#[rstest]
#[case::littlefs(FileSystem::LittleFs, 1)]
#[case::fat(FileSystem::Fat, 3)]
fn after_lost_power_the_next_connection_makes_it_whole(#[case] file_system: FileSystem, #[case] step: usize) {
    let ground = Ground::new(file_system);
    let mut seen = BTreeMap::new();
    let writes = ground.takes.flash_writes;
    // The renames are at the end; among them littlefs is not the same after an even and after an odd write.
    let among = (writes * 4 / 5..writes).step_by(step);
    for operation in (0..writes * 4 / 5).step_by(30).chain(among) {
        let what = format!("power lost at {operation}");
        let mut board = ground.board(Faults {
            power: Some(u32::try_from(operation).unwrap()),
            ..Faults::default()
        });
        ground.workspace.sync_while_powered(&board);
        if board.status().powered {
            continue; // the flash was written less often than before
        }
        if matches!(board.files(), Err(VirtualBoardError::Unreadable { .. })) {
            assert_eq!(file_system, FileSystem::Fat, "{what}");
            continue; // a folder that grew just then: FAT reads old content as names
        }
        let state = ground.holds(&board, &what);
        *seen.entry(state).or_insert(0) += 1;
        board.power_cycle().unwrap();
        ground.heals(&board, &what);
        if file_system == FileSystem::Fat && state == "mixed" {
            ground.keeps(&board, &what);
        }
    }
    for state in ["old", "mixed", "new"] {
        assert!(seen.contains_key(state), "the points do not cover all: {seen:?}");
    }
}
