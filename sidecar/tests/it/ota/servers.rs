//! Where releases lie and who serves them: nginx with our own configuration, `ota serve`, and a bucket of moto.
//! Each on a port and in a folder of its own; gone when it is dropped.

use std::fs;
use std::io::BufRead as _;
use std::io::BufReader;
use std::io::Read as _;
use std::io::Write as _;
use std::net::TcpListener;
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Child;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Instant;

use rustix::process::Pid;
use rustix::process::Signal;
use serde_json::Value;

use super::device::tools;
use crate::boards::LIMIT;
use crate::desk::Desk;
use crate::desk::Run;

/// A process that must not outlive its test.
pub(super) struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        // Killed otherwise, nginx would leave its workers behind.
        rustix::process::kill_process(Pid::from_child(&self.0), Signal::TERM).unwrap_or_default();
        let begun = Instant::now();
        while self.0.try_wait().unwrap().is_none() {
            if begun.elapsed() > LIMIT {
                self.0.kill().unwrap_or_default();
            }
            std::thread::yield_now();
        }
    }
}

impl Server {
    pub(super) fn id(&self) -> u32 {
        self.0.id()
    }
}

/// Devices have no credentials of S3, and this test's own hand has none either.
const PUBLIC: &str = r#"{"Version": "2012-10-17", "Statement": [
{"Effect": "Allow", "Principal": "*", "Resource": ["arn:aws:s3:::ota", "arn:aws:s3:::ota/*"],
"Action": ["s3:GetObject", "s3:DeleteObject", "s3:ListBucket"]}]}"#;

pub(super) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

/// Starts a program, and waits until somebody answers at its port.
#[track_caller]
fn start(command: &mut Command, port: u16) -> Server {
    let mut server = Server(
        command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap(),
    );
    let begun = Instant::now();
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        assert_eq!(server.0.try_wait().unwrap(), None, "it ended at once");
        assert!(begun.elapsed() < LIMIT, "nobody listens at {port}");
        std::thread::yield_now();
    }
    server
}

/// Publishes a project `p` that devices know as `sample`; its two files say which version they are of.
pub(super) struct Publisher {
    pub(super) desk: Desk,
    pub(super) target: String,
    env: Vec<(&'static str, String)>,
}

/// What main.py of a version says.
pub(super) fn main_of(version: &str) -> String {
    format!("print('this is {version}')\n")
}

impl Publisher {
    /// To a folder, which servers that run as nobody can read.
    pub(super) fn to_folder() -> Self {
        let desk = Desk::at("");
        fs::set_permissions(desk.folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let target = desk.path("srv").to_str().unwrap().to_owned();
        Self::new(desk, target, Vec::new())
    }

    fn new(desk: Desk, target: String, env: Vec<(&'static str, String)>) -> Self {
        desk.write("p/boardside.toml", "name = 'sample'\n");
        Self { desk, target, env }
    }

    /// To a bucket of moto.
    pub(super) fn to_bucket() -> (Self, Server, String) {
        let port = free_port();
        let host = format!("127.0.0.1:{port}");
        let server = start(
            tools().moto().args(["-H", "127.0.0.1", "-p", &port.to_string()]),
            port,
        );
        let answer = http(&host, "PUT /ota HTTP/1.0\r\nContent-Length: 0\r\n");
        assert!(answer.contains(" 200 "), "{answer}");
        let length = PUBLIC.len();
        let answer = http(
            &host,
            &format!("PUT /ota?policy HTTP/1.0\r\nContent-Length: {length}\r\n\r\n{PUBLIC}"),
        );
        assert!(answer.contains(" 204 ") || answer.contains(" 200 "), "{answer}");
        let url = format!("http://{host}");
        let env = [
            ("AWS_ENDPOINT", url.as_str()),
            ("AWS_ALLOW_HTTP", "true"),
            ("AWS_ACCESS_KEY_ID", "testing"),
            ("AWS_SECRET_ACCESS_KEY", "testing"),
            ("AWS_REGION", "us-east-1"),
        ];
        let env = env.map(|(name, value)| (name, value.to_owned())).to_vec();
        (
            Self::new(Desk::at(""), "s3://ota/fleet".to_owned(), env),
            server,
            format!("{url}/ota/fleet"),
        )
    }

    pub(super) fn command(&self, args: &[&str]) -> Command {
        let mut command = self
            .desk
            .command(&[&["ota"], args, &["--to", &self.target]].concat());
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// A verb of `ota`.
    pub(super) fn run(&self, args: &[&str]) -> Run {
        let output = self.command(args).output().unwrap();
        Run {
            code: output.status.code().unwrap_or(-1),
            out: output.stdout,
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The last line of a verb that must succeed.
    #[track_caller]
    pub(super) fn good(&self, args: &[&str]) -> Value {
        let run = self.run(&[args, &["--json"]].concat());
        assert_eq!(
            run.code,
            0,
            "{args:?}: {}{}",
            String::from_utf8_lossy(&run.out),
            run.err
        );
        run.last()
    }

    /// The code of the error of a verb that must fail.
    #[track_caller]
    pub(super) fn bad(&self, args: &[&str]) -> (i32, String) {
        let run = self.run(&[args, &["--json"]].concat());
        (
            run.code,
            run.last()["code"].as_str().unwrap_or_default().to_owned(),
        )
    }

    /// Changes the project to this version, and publishes it.
    #[track_caller]
    pub(super) fn publish(&self, version: &str, more: &[&str]) -> Value {
        self.desk.write("p/main.py", main_of(version));
        self.desk.write("p/boot.py", format!("# boot of {version}\n"));
        self.good(&[&["publish", "p", "--version", version], more].concat())
    }
}

/// One request as devices make it, to `host:port`; the whole answer.
pub(super) fn http(host: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(host).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.write_all(format!("{request}\r\n").as_bytes()).unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

/// nginx with what `ota nginx` prints, and what it wrote into its log.
pub(super) struct Nginx {
    _server: Server,
    pub(super) host: String,
    log: std::path::PathBuf,
}

impl Nginx {
    pub(super) fn serve(publisher: &Publisher, more: &[&str]) -> Self {
        let port = free_port();
        let host = format!("127.0.0.1:{port}");
        let output = publisher.run(&[&["nginx", "--listen", &host], more].concat());
        let text = output.good();
        let home = publisher.desk.path("nginx");
        fs::create_dir(&home).unwrap();
        let log = home.join("access.log");
        // Its own log, because the one in the configuration is the system's.
        let text = text.replace("/var/log/nginx/boardside.log", log.to_str().unwrap());
        let home = home.to_str().unwrap();
        let temp = |kind| format!("{kind}_temp_path {home}/{kind};\n");
        let temps = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(temp)
            .concat();
        let conf = format!(
            "daemon off;\npid {home}/nginx.pid;\nerror_log {home}/error.log;\nevents {{}}\nhttp {{\n{temps}{text}}}\n"
        );
        publisher.desk.write("nginx/nginx.conf", conf);
        let mut command = tools().nginx();
        command.args([
            "-p",
            home,
            "-e",
            &format!("{home}/error.log"),
            "-c",
            &format!("{home}/nginx.conf"),
        ]);
        let server = start(&mut command, port);
        Self {
            _server: server,
            host,
            log,
        }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.host)
    }

    /// Waits until its log has this: it writes when the device has its answer already.
    #[track_caller]
    pub(super) fn has_logged(&self, text: &str) {
        let begun = Instant::now();
        loop {
            let log = fs::read_to_string(&self.log).unwrap_or_default();
            if log.contains(text) {
                return;
            }
            assert!(begun.elapsed() < LIMIT, "{log}");
            std::thread::yield_now();
        }
    }
}

/// `ota serve`, and what it tells.
pub(super) struct Serve {
    pub(super) server: Server,
    pub(super) host: String,
    events: Arc<Mutex<Vec<Value>>>,
}

impl Serve {
    /// `password` is that of its users.
    pub(super) fn start(publisher: &Publisher, more: &[&str]) -> Self {
        let folder = publisher.target.clone();
        let args = [
            "ota",
            "serve",
            &folder,
            "--host",
            "127.0.0.1",
            "--port",
            "0",
            "--json",
        ];
        let mut command = publisher.desk.command(&[&args, more].concat());
        command.env("BOARDSIDE_OTA_PASSWORD", "secret");
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first: Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        let url = first["url"].as_str().unwrap();
        let host = url.split("//").nth(1).unwrap().to_owned();
        let events = Arc::new(Mutex::new(Vec::new()));
        let told = events.clone();
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                told.lock().unwrap().push(serde_json::from_str(&line).unwrap());
            }
        });
        Self {
            server: Server(child),
            host,
            events,
        }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}", self.host)
    }

    /// What it told, when it has told this much.
    #[track_caller]
    pub(super) fn events(&self, count: usize) -> Vec<Value> {
        let begun = Instant::now();
        loop {
            let events = self.events.lock().unwrap().clone();
            if events.len() >= count {
                return events;
            }
            assert!(begun.elapsed() < LIMIT, "it told only {events:?}");
            std::thread::yield_now();
        }
    }
}
