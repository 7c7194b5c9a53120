//! Every variant of every error, with data as it comes, for those that look at how they read.
//! A new variant is missing here until somebody adds it; its code is not: that has a scenario.

use std::io;

use boardside::base::BoardPath;
use boardside::board::BoardError;
use boardside::repl::Excerpt;
use boardside::repl::ReplError;
use boardside::repl::Traceback;
use boardside::session::AfterError;
use boardside::session::ConnectError;
use boardside::session::Explain;
use boardside::session::Explained;
use boardside::session::LandError;
use boardside::session::Options;
use boardside::session::ProjectError;
use boardside::session::SettingsError;
use boardside::sync::SyncError;
use boardside::sync::ignore::Rules;
use boardside::sync::plan::Manifest;
use boardside::sync::scan::ScanError;
use boardside::wire::Holder;
use boardside::wire::WireError;

pub(super) fn explained() -> Vec<Explained> {
    let mut all = Vec::new();
    all.extend(wire().iter().map(Explain::explained));
    all.extend(repl().iter().map(Explain::explained));
    all.extend(board().iter().map(Explain::explained));
    all.extend(sync().iter().map(Explain::explained));
    all.extend(project().iter().map(Explain::explained));
    let address = || "/dev/ttyACM0".to_owned();
    let connect = [
        ConnectError::NoBoard,
        ConnectError::NoSuchId {
            id: "e66141".to_owned(),
        },
        ConnectError::Virtual {
            why: "it needs Linux on x86_64: use a real board".to_owned(),
        },
        ConnectError::Wire(WireError::Gone { address: address() }),
    ];
    all.extend(connect.iter().map(Explain::explained));
    let land = [
        LandError::Exists {
            path: "a/b.py".into(),
        },
        LandError::Verify {
            path: "a/b.py".into(),
        },
        LandError::Io {
            path: "a/b.py".into(),
            source: os(28),
        },
        LandError::Name {
            path: path("/aux.py"),
            why: "a part of it is the name of a device",
        },
    ];
    all.extend(land.iter().map(Explain::explained));
    for word in ["boot", "run=../x", ""] {
        let error: AfterError = word.parse::<boardside::session::After>().unwrap_err();
        all.push(error.explained());
    }
    all
}

fn os(number: i32) -> io::Error {
    io::Error::from_raw_os_error(number)
}

fn path(text: &str) -> BoardPath {
    BoardPath::new(text).unwrap()
}

fn wire() -> Vec<WireError> {
    let address = || "/dev/ttyACM0".to_owned();
    let holder = Holder {
        pid: 4711,
        command: "python3 -m thonny".to_owned(),
    };
    let mut all = vec![
        WireError::NotFound {
            address: address(),
            source: Some(os(2)),
        },
        WireError::NotFound {
            address: "socket://board:23".to_owned(),
            source: None,
        },
        WireError::Busy {
            address: address(),
            holder: Some(holder),
        },
        WireError::Busy {
            address: address(),
            holder: None,
        },
        WireError::Permission {
            path: address().into(),
            group: Some("dialout".to_owned()),
        },
        WireError::Permission {
            path: address().into(),
            group: None,
        },
        WireError::Gone { address: address() },
        WireError::Timeout {
            address: address(),
            seconds: 8,
        },
        WireError::NoUser { address: address() },
        WireError::NoPassword { address: address() },
        WireError::Login {
            address: address(),
            why: "the password is wrong",
        },
        WireError::LoginClosed { address: address() },
        WireError::NoRfc2217 { address: address() },
        WireError::Foreign {
            address: address(),
            expected: "WebREPL",
        },
        WireError::NoLines,
        WireError::Diverged {
            line: 3,
            got: "\\x01".to_owned(),
        },
        WireError::BadTranscript { line: 1 },
        WireError::Io {
            address: address(),
            source: os(5),
        },
    ];
    for text in [
        "",
        "socket://board",
        "socket://:1",
        "socket://board:99999",
        "gopher://x",
    ] {
        all.extend(text.parse::<boardside::wire::Address>().err());
    }
    all
}

fn repl() -> Vec<ReplError> {
    let got = || Excerpt::tail(b"login: ");
    vec![
        ReplError::Timeout {
            waiting_for: "answer to raw-paste mode",
            waited: std::time::Duration::from_secs(2),
        },
        ReplError::Silent,
        ReplError::Restarts { last: got() },
        ReplError::NotCaught { last: got() },
        ReplError::KeepsPrinting { last: got() },
        ReplError::CatchesInterrupt {
            last: Excerpt::tail(b""),
        },
        ReplError::NotMicroPython { got: got() },
        ReplError::Raised(Traceback::new(
            b"Traceback (most recent call last):\r\nValueError: x\r\n",
        )),
        ReplError::Damaged,
    ]
}

fn board() -> Vec<BoardError> {
    let name = || "/lib/x.py".to_owned();
    let raised = Traceback::new(b"Traceback (most recent call last):\r\nTypeError: x\r\n");
    vec![
        BoardError::NoSpace {
            needed: Some(4096),
            free: Some(512),
        },
        BoardError::NoSpace {
            needed: None,
            free: None,
        },
        BoardError::ReadOnly { errno: 30 },
        BoardError::ReadOnly { errno: 13 },
        BoardError::NoFileSystem,
        BoardError::Storage { errno: 5 },
        BoardError::NotFound { path: name() },
        BoardError::IsFolder { path: name() },
        BoardError::NotFolder { path: name() },
        BoardError::InTheWay { path: name() },
        BoardError::Taken { path: name() },
        BoardError::IntoItself { path: name() },
        BoardError::Own {
            path: "/.boardside".to_owned(),
        },
        BoardError::NoReset,
        BoardError::NoFolders { path: path("/lib") },
        BoardError::Name {
            name: "what?.py".to_owned(),
        },
        BoardError::OtherDrive {
            name: "sd".to_owned(),
        },
        BoardError::Verify,
        BoardError::NoMemory,
        BoardError::Restarts {
            after: std::time::Duration::from_secs(5),
        },
        BoardError::Raised(raised),
        BoardError::Answer {
            line: "zz".to_owned(),
        },
    ]
}

fn sync() -> Vec<SyncError> {
    let mut all: Vec<SyncError> = scan().into_iter().map(SyncError::Scan).collect();
    let newer = Manifest::parse("boardside 2 x\n").unwrap_err();
    all.extend([
        SyncError::NoSpace {
            needed: 4096,
            free: 512,
        },
        SyncError::Manifest(newer),
        SyncError::Unguarded,
        SyncError::Partly {
            done: 2,
            of: 5,
            lost: Some(path("/main.py")),
            source: Box::new(SyncError::Board(BoardError::ReadOnly { errno: 30 })),
        },
        SyncError::Unfinished {
            source: BoardError::Storage { errno: 5 },
        },
        SyncError::Changed {
            path: "lib/x.py".into(),
        },
        SyncError::Read {
            path: "lib/x.py".into(),
            source: os(13),
        },
        SyncError::Empty { root: "blink".into() },
        SyncError::NotInProject {
            path: path("/lib/x.py"),
        },
    ]);
    all
}

fn scan() -> Vec<ScanError> {
    let bad = BoardPath::new("a\\b").unwrap_err();
    vec![
        ScanError::Root {
            root: "blink".into(),
            source: os(2),
        },
        ScanError::Unreadable {
            path: "lib/x.py".into(),
            source: os(13),
        },
        ScanError::Restless {
            path: "lib/x.py".into(),
            attempts: 3,
        },
        ScanError::NotUnicode {
            path: "lib/x.py".into(),
        },
        ScanError::Name {
            path: "lib/x.py".into(),
            source: bad,
        },
        ScanError::Twins {
            first: "u.py".into(),
            second: "U.py".into(),
        },
    ]
}

fn project() -> Vec<ProjectError> {
    let mut all: Vec<ProjectError> = scan().into_iter().map(ProjectError::Scan).collect();
    all.push(ProjectError::NoFolder("not/here".into()));
    all.push(ProjectError::Rules(
        Rules::new("{a,b", &[], None).unwrap_err().into(),
    ));
    all.push(ProjectError::Settings(SettingsError::Unreadable {
        path: "boardside.toml".into(),
        source: os(13),
    }));
    for text in [
        "delet = true",
        "baud = 'fast'",
        "name = 'ü' x",
        "source = '/x'",
        "after = 'boot'",
        "[board]",
        "=",
    ] {
        let source = Options::parse(text).unwrap_err();
        all.push(ProjectError::Settings(SettingsError::Wrong {
            path: "boardside.toml".into(),
            source,
        }));
    }
    for text in ["{", "[]", "{\"dist_dir\": \"../x\"}"] {
        if let Err(source) = boardside::session::import(text) {
            all.push(ProjectError::Settings(SettingsError::Wrong {
                path: "pymakr.conf".into(),
                source,
            }));
        }
    }
    all
}
