//! `ota serve` and two hundred devices at once: no error, and memory that does not grow with what was served.
//! Bounded in count and time; loopback only.

use std::env;
use std::fs;
use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use tokio::io::AsyncReadExt as _;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::servers::Publisher;
use super::servers::Serve;

const DEVICES: usize = 200;
/// `BOARDSIDE_ROUNDS` says another number.
const ROUNDS: usize = 10;
const LIMIT: Duration = Duration::from_secs(60);
/// Each device asks for a version and two files.
const REQUESTS: usize = DEVICES * 3;

async fn get(host: &str, path: &str) -> Vec<u8> {
    let mut stream = TcpStream::connect(host).await.unwrap();
    let request = format!("GET {path} HTTP/1.0\r\nHost: {host}\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let at = answer
        .windows(4)
        .position(|end| end == b"\r\n\r\n")
        .expect("it has a head");
    let head = String::from_utf8_lossy(&answer[..at]).into_owned();
    assert!(head.starts_with("HTTP/1.0 200"), "{path}: {head}");
    answer.split_off(at + 4)
}

/// What the kernel says, in kB.
fn memory(process: u32, what: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with(what)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn two_hundred_devices_at_once_are_served_and_memory_stays_flat() {
    let publisher = Publisher::to_folder();
    let large: String = "# a line of a large file\n".repeat(2000);
    publisher.desk.write("p/large.py", &large);
    publisher.publish("v1", &[]);
    let serve = Serve::start(&publisher, &[]);
    let (process, host) = (serve.server.id(), Arc::new(serve.host.clone()));
    let rounds = env::var("BOARDSIDE_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let (mut after_first, begun) = (0, Instant::now());
    for round in 0..rounds {
        let devices = (0..DEVICES).map(|number| {
            let (host, large) = (host.clone(), large.clone());
            tokio::spawn(timeout(LIMIT, async move {
                let version = get(&host, &format!("/d/dev{number}/sample/version")).await;
                assert_eq!(version, b"v1");
                let boot = get(&host, &format!("/d/dev{number}/sample/v1_boot.py")).await;
                assert_eq!(boot, b"# boot of v1\n");
                assert!(
                    get(&host, "/sample/v1_large.py").await == large.as_bytes(),
                    "it was damaged"
                );
            }))
        });
        let devices: Vec<_> = devices.collect();
        for device in devices {
            device.await.unwrap().expect("a device waited too long");
        }
        if round == 0 {
            after_first = memory(process, "VmRSS:");
        }
    }
    let took = begun.elapsed();
    let (end, peak) = (memory(process, "VmRSS:"), memory(process, "VmHWM:"));
    eprintln!(
        "{DEVICES} devices, {} requests in {:.1} s; memory {after_first} kB after the first {REQUESTS}, {end} kB at the \
         end, {peak} kB at most",
        REQUESTS * rounds,
        took.as_secs_f64()
    );
    assert!(
        end < after_first + 8 * 1024,
        "it grew from {after_first} to {end} kB"
    );
    assert!(peak < 128 * 1024, "it took {peak} kB");
    // The log leaves out what nobody reads in time, and tells no failure.
    let told = serve.events(REQUESTS);
    assert!(
        told.iter()
            .all(|one| one["status"] == 200 && one["result"] != "cut")
    );
}
