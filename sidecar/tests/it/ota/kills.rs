//! A publisher that is killed, as a process, at every line that it tells: devices have a version that is whole, and the
//! same again goes on. And two publishers to one folder.
//! Every single step, in both layouts and in buckets, is beside `sidecar/src/ota/publish.rs`.

use std::fs::File;
use std::io::BufRead as _;
use std::io::BufReader;
use std::process::Stdio;

use super::device::Device;
use super::servers::Nginx;
use super::servers::Publisher;
use super::servers::main_of;

#[test]
fn a_publisher_that_is_killed_leaves_devices_with_a_whole_version() {
    let publisher = Publisher::to_folder();
    publisher.publish("v0", &[]);
    let nginx = Nginx::serve(&publisher, &[]);
    let mut killed = 0;
    for line in 0.. {
        let version = format!("v{}", line + 1);
        publisher.desk.write("p/main.py", main_of(&version));
        publisher
            .desk
            .write("p/boot.py", format!("# boot of {version}\n"));
        let before = publisher.desk.read("srv/sample/version");
        let mut command = publisher.command(&["publish", "p", "--version", &version, "--json"]);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let told = lines.by_ref().take(line + 1).count();
        child.kill().unwrap();
        child.wait().unwrap();
        if told <= line {
            break;
        }
        killed += 1;
        let now = publisher.desk.read("srv/sample/version");
        assert!(now == before || now == version, "{now}");
        Device::new("2.1.0", &nginx.url()).updates_to(&now, &main_of(&now));
        let done = publisher.publish(&version, &[]);
        assert_eq!(done["current"], true);
        Device::new("2.1.0", &nginx.url()).updates_to(&version, &main_of(&version));
    }
    assert!(killed > 5, "only {killed}");
}

#[test]
fn of_two_publishers_to_a_folder_one_wins_and_the_other_says_so() {
    let publisher = Publisher::to_folder();
    publisher.publish("v1", &[]);
    let lock = File::options()
        .write(true)
        .open(publisher.desk.path("srv/sample/.lock"))
        .unwrap();
    lock.try_lock().unwrap();
    for verb in [
        &["publish", "p", "--version", "v2"][..],
        &["rollback", "v1", "-p", "p"],
        &["pin", "dev1", "v1", "-p", "p"],
        &["prune", "--keep", "1", "-p", "p"],
    ] {
        assert_eq!(publisher.bad(verb), (7, "ota.busy".to_owned()), "{verb:?}");
    }
    // Looking is allowed.
    assert_eq!(publisher.good(&["status", "p"])["current"], "v1");
    drop(lock);
    publisher.publish("v2", &[]);
}
