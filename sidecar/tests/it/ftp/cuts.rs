//! A network that goes away in the middle of a sync by FTP: in a file, before a command, between two renames. The next
//! sync mends what it left. Between the program and the server stands a relay, which cuts both connections.

use std::io::Read as _;
use std::io::Write as _;
use std::net::Shutdown;
use std::net::TcpListener;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::Mutex;
use std::thread;

use rstest::rstest;

use super::Server;
use crate::transports::every_byte;

/// Where it cuts.
#[derive(Clone, Copy, Debug)]
enum Cut {
    /// After so many bytes of contents.
    Bytes(usize),
    /// Before the n-th command of this name is passed on, counted from 1.
    Before(&'static str, usize),
    /// Behind it, so that it is done and nobody hears of that.
    Behind(&'static str, usize),
}

/// All sockets of one connection, and what is left until they are cut.
struct Relay {
    cut: Cut,
    sockets: Vec<TcpStream>,
    seen: usize,
    /// The server has done it when it answers, and the answer does not pass.
    ends_at_answer: bool,
    done: bool,
}

type Shared = Arc<Mutex<Relay>>;

impl Relay {
    fn all_ends(&mut self) {
        self.done = true;
        for socket in &self.sockets {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }

    /// A command passes; whether it may, and whether that is the end.
    fn command(&mut self, line: &str) -> (bool, bool) {
        let (Cut::Before(name, at) | Cut::Behind(name, at)) = self.cut else {
            return (true, false);
        };
        self.seen += usize::from(line.starts_with(name));
        let now = !self.done && line.starts_with(name) && self.seen == at;
        (!(now && matches!(self.cut, Cut::Before(..))), now)
    }
}

/// Starts a relay to the server at this port that serves one connection; its port, and whether it has cut.
fn relay(server: u16, cut: Cut) -> (u16, Shared) {
    let shared = Arc::new(Mutex::new(Relay {
        cut,
        sockets: Vec::new(),
        seen: 0,
        ends_at_answer: false,
        done: false,
    }));
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let relay = shared.clone();
    thread::spawn(move || {
        let (client, _) = listener.accept().unwrap();
        let far = TcpStream::connect(("127.0.0.1", server)).unwrap();
        hold(&relay, &[&client, &far]);
        let (commands, to) = (client.try_clone().unwrap(), far.try_clone().unwrap());
        let up = relay.clone();
        thread::spawn(move || commands_of(commands, to, &up));
        answers_of(far, client, &relay);
    });
    (port, shared)
}

fn hold(relay: &Shared, sockets: &[&TcpStream]) {
    let mut relay = relay.lock().unwrap();
    relay
        .sockets
        .extend(sockets.iter().map(|one| one.try_clone().unwrap()));
}

fn lines(mut from: TcpStream, mut line: impl FnMut(&str) -> bool) {
    let (mut kept, mut bytes) = (Vec::new(), [0; 1024]);
    while let Ok(count) = from.read(&mut bytes) {
        if count == 0 {
            return;
        }
        kept.extend(&bytes[..count]);
        while let Some(end) = kept.iter().position(|byte| *byte == b'\n') {
            let text: Vec<u8> = kept.drain(..=end).collect();
            if !line(&String::from_utf8(text).unwrap()) {
                return;
            }
        }
    }
}

fn commands_of(client: TcpStream, mut server: TcpStream, relay: &Shared) {
    lines(client, |line| {
        let (pass, end) = relay.lock().unwrap().command(line);
        // Before the command passes: the server may answer at once.
        relay.lock().unwrap().ends_at_answer |= pass && end;
        if pass && server.write_all(line.as_bytes()).is_err() {
            return false;
        }
        if end && !pass {
            relay.lock().unwrap().all_ends();
        }
        pass
    });
    let _ = server.shutdown(Shutdown::Both);
}

/// Answers pass as they are, but for the port of a data connection.
fn answers_of(server: TcpStream, mut client: TcpStream, relay: &Shared) {
    lines(server, |line| {
        let mut all = relay.lock().unwrap();
        if all.ends_at_answer {
            all.all_ends();
            return false;
        }
        drop(all);
        let text = match line.strip_prefix("227") {
            Some(rest) => format!("227 Entering Passive Mode ({}).\r\n", data(rest, relay)),
            None => line.to_owned(),
        };
        client.write_all(text.as_bytes()).is_ok()
    });
    let _ = client.shutdown(Shutdown::Both);
}

/// A data connection of its own: six numbers as PASV has them (RFC 959, 4.1.2).
fn data(passive: &str, relay: &Shared) -> String {
    let numbers = passive.trim_matches(|c: char| !c.is_ascii_digit());
    let numbers: Vec<u16> = numbers.split(',').map(|number| number.parse().unwrap()).collect();
    let server = numbers[4] * 256 + numbers[5];
    let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    let relay = relay.clone();
    thread::spawn(move || {
        let Ok((client, _)) = listener.accept() else {
            return;
        };
        let Ok(far) = TcpStream::connect(("127.0.0.1", server)) else {
            return;
        };
        hold(&relay, &[&client, &far]);
        let (from, to) = (far.try_clone().unwrap(), client.try_clone().unwrap());
        thread::spawn(move || pass(from, to, None));
        pass(client, far, Some(&relay));
    });
    format!("127,0,0,1,{},{}", port / 256, port % 256)
}

/// Bytes, and the end. With a relay these are contents on their way to the board.
fn pass(mut from: TcpStream, mut to: TcpStream, relay: Option<&Shared>) {
    let mut bytes = [0; 512];
    while let Ok(count) = from.read(&mut bytes) {
        if count == 0 || to.write_all(&bytes[..count]).is_err() {
            break;
        }
        let Some(relay) = relay else { continue };
        let mut relay = relay.lock().unwrap();
        if let Cut::Bytes(most) = relay.cut {
            relay.seen += count;
            if relay.seen >= most {
                relay.all_ends();
            }
        }
    }
    let _ = to.shutdown(Shutdown::Write);
}

#[rstest]
#[case::pyftpdlib(|| Server::new("plain"))]
#[case::vsftpd(Server::vsftpd)]
fn the_next_sync_mends_what_a_cut_left(#[case] start: fn() -> Server) {
    for cut in [
        Cut::Bytes(300),
        Cut::Bytes(2_500),
        Cut::Before("STOR", 2),
        Cut::Behind("STOR", 3),
        Cut::Before("DELE", 1),
        Cut::Behind("DELE", 1),
        Cut::Before("RNFR", 1),
        Cut::Behind("RNFR", 2),
        Cut::Before("RNTO", 2),
        Cut::Behind("RNTO", 2),
        Cut::Behind("RNTO", 3),
        Cut::Before("RNTO", 4),
        Cut::Behind("RNTO", 4),
    ] {
        let server = start();
        let workspace = super::workspace();
        let direct = server.address();
        assert_eq!(workspace.sync(&direct, &[]).exit, 0);
        let old = server.project();
        workspace.write("main.py", b"print('newer')\n");
        workspace.write("every.bin", &every_byte(2_999));
        workspace.write("lib/added/deep.py", b"X = 2\n");
        workspace.remove("lib/gone.py");
        let (port, relay) = relay(server.port, cut);
        let through = direct.replace(&format!(":{}", server.port), &format!(":{port}"));
        let ran = workspace.sync(&through, &[]);
        assert!(relay.lock().unwrap().done, "{cut:?} never came: {ran:?}");
        assert_eq!((ran.exit, ran.code()), (4, "wire.gone"), "{cut:?}: {ran:?}");
        let begun = !matches!(
            cut,
            Cut::Bytes(_) | Cut::Before("STOR", _) | Cut::Behind("STOR", _)
        );
        if !begun {
            assert_eq!(
                server.project(),
                old,
                "{cut:?}: nothing of the old project is touched"
            );
        }
        // Each file is the old or the new one, never half of one.
        for (path, content) in server.project() {
            let new = workspace.files();
            assert!(
                Some(&content) == old.get(&path) || Some(&content) == new.get(&path),
                "{cut:?}: {path}"
            );
        }
        let ran = workspace.sync(&direct, &[]);
        assert_eq!(ran.exit, 0, "{cut:?}: {ran:?}");
        assert_eq!(server.project(), workspace.files(), "{cut:?}");
        let own = server
            .all()
            .into_keys()
            .filter(|path| path.starts_with("/.boardside"));
        assert_eq!(own.collect::<Vec<_>>(), ["/.boardside/manifest"], "{cut:?}");
        let ran = workspace.sync(&direct, &[]);
        assert_eq!((ran.exit, ran.count("unchanged")), (0, 4), "{cut:?}: {ran:?}");
    }
}
