//! The real program while it runs: its JSON lines as they come, or a terminal of its own.
//! Every wait ends with an event or fails after `LIMIT`; nothing sleeps.

use std::fs::File;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read as _;
use std::io::Write as _;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::mpsc;
use std::sync::mpsc::Receiver;
use std::thread;
use std::time::Instant;

use rustix::event::PollFd;
use rustix::event::PollFlags;
use rustix::event::Timespec;
use rustix::fs::Mode;
use rustix::fs::OFlags;
use rustix::process::Pid;
use rustix::process::Signal;
use rustix::pty::OpenptFlags;
use serde_json::Value;

use crate::boards::LIMIT;

/// A program that runs, and is killed if the test fails.
struct Process(Child);

impl Process {
    fn interrupt(&self) {
        rustix::process::kill_process(Pid::from_child(&self.0), Signal::INT).unwrap();
    }

    fn exit(&mut self) -> i32 {
        let start = Instant::now();
        // A process that hangs is killed by `drop` when this fails.
        while start.elapsed() < LIMIT {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code().unwrap_or(-1);
            }
            thread::yield_now();
        }
        panic!("it does not end");
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A run with `--json`.
pub(crate) struct Running {
    process: Process,
    lines: Receiver<String>,
    /// All events so far.
    pub(crate) events: Vec<Value>,
}

impl Running {
    /// Starts it with an empty stdin.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .arg("--json")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let (send, lines) = mpsc::channel();
        thread::spawn(move || {
            for line in stdout.lines() {
                if send.send(line.unwrap()).is_err() {
                    return;
                }
            }
        });
        Self {
            process: Process(child),
            lines,
            events: Vec::new(),
        }
    }

    /// The next event, and `None` at the end.
    pub(crate) fn next(&mut self) -> Option<Value> {
        match self.lines.recv_timeout(LIMIT) {
            Ok(line) => {
                let event: Value = serde_json::from_str(&line).unwrap();
                self.events.push(event.clone());
                Some(event)
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => None,
            Err(mpsc::RecvTimeoutError::Timeout) => panic!("nothing more comes after {:?}", self.events),
        }
    }

    /// The next event of this kind.
    pub(crate) fn until(&mut self, kind: &str) -> Value {
        let start = Instant::now();
        while let Some(event) = self.next() {
            if event["event"] == kind {
                return event;
            }
            // A board that talks on and on must not keep a test from failing.
            assert!(start.elapsed() < LIMIT, "no {kind} in {:?}", self.events);
        }
        panic!("no {kind} in {:?}", self.events);
    }

    /// What the board says from now on, until this is in it.
    pub(crate) fn until_output(&mut self, text: &str) -> String {
        let mut all = String::new();
        let start = Instant::now();
        while !all.contains(text) {
            assert!(start.elapsed() < LIMIT, "no {text:?} in {all:?}");
            all.push_str(self.until("output")["text"].as_str().unwrap());
        }
        all
    }

    /// Presses Ctrl-C.
    pub(crate) fn interrupt(&self) {
        self.process.interrupt();
    }

    /// Its process number.
    pub(crate) fn pid(&self) -> u32 {
        self.process.0.id()
    }

    /// Reads to the end; the exit code.
    pub(crate) fn exit(&mut self) -> i32 {
        let start = Instant::now();
        while self.next().is_some() {
            assert!(
                start.elapsed() < LIMIT,
                "it does not end: {:?}",
                self.events.last()
            );
        }
        self.process.exit()
    }

    /// Events of this kind so far.
    pub(crate) fn count(&self, kind: &str) -> usize {
        self.events.iter().filter(|event| event["event"] == kind).count()
    }
}

/// A run at a terminal.
pub(crate) struct Terminal {
    process: Process,
    master: File,
    /// What came to the screen and nobody asked for yet.
    screen: Vec<u8>,
}

impl Terminal {
    /// Starts it with a terminal as stdin, stdout and stderr.
    pub(crate) fn start(mut command: Command) -> Self {
        let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY;
        #[cfg(target_os = "linux")]
        let flags = flags | OpenptFlags::CLOEXEC;
        let master = rustix::pty::openpt(flags).unwrap();
        rustix::pty::grantpt(&master).unwrap();
        rustix::pty::unlockpt(&master).unwrap();
        let path = rustix::pty::ptsname(&master, Vec::new()).unwrap();
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
        let slave = File::from(rustix::fs::open(path, flags, Mode::empty()).unwrap());
        let child = command
            .stdin(slave.try_clone().unwrap())
            .stdout(slave.try_clone().unwrap())
            .stderr(slave)
            .env("TERM", "xterm")
            .spawn()
            .unwrap();
        // The command keeps the child's handles.
        drop(command);
        Self {
            process: Process(child),
            master: File::from(master),
            screen: Vec::new(),
        }
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: impl AsRef<[u8]>) {
        self.master.write_all(keys.as_ref()).unwrap();
    }

    /// Reads until this is on the screen, after what was asked for before. Gives everything up to and with it.
    pub(crate) fn until(&mut self, text: &str) -> String {
        let start = Instant::now();
        loop {
            let found = self
                .screen
                .windows(text.len())
                .position(|some| some == text.as_bytes());
            if let Some(at) = found {
                let seen: Vec<u8> = self.screen.drain(..at + text.len()).collect();
                return String::from_utf8_lossy(&seen).into_owned();
            }
            let more = start.elapsed() < LIMIT && self.read();
            assert!(more, "no {text:?} in {:?}", String::from_utf8_lossy(&self.screen));
        }
    }

    /// Reads to the end; the exit code.
    pub(crate) fn exit(&mut self) -> i32 {
        let start = Instant::now();
        while start.elapsed() < LIMIT && self.read() {}
        self.process.exit()
    }

    fn read(&mut self) -> bool {
        let limit = Timespec::try_from(LIMIT).unwrap();
        let ready =
            rustix::event::poll(&mut [PollFd::new(&self.master, PollFlags::IN)], Some(&limit)).unwrap();
        let mut buffer = [0; 4096];
        // A terminal without a program answers EIO.
        let got = if ready == 0 {
            0
        } else {
            self.master.read(&mut buffer).unwrap_or(0)
        };
        self.screen.extend(&buffer[..got]);
        got > 0
    }
}
