//! What unmodified devices make of what we publish: install, no change, update, rollback, a missing file, canaries.
//! One story for every client and every way to serve.

use std::fs;

use rstest::rstest;

use super::device::Boot;
use super::device::Device;
use super::servers::Nginx;
use super::servers::Publisher;
use super::servers::Serve;
use super::servers::main_of;

/// Who serves a folder.
enum By {
    Nginx,
    Serve,
}

/// Keeps the server.
#[allow(dead_code)] // until it is dropped
enum Kept {
    Nginx(Nginx),
    Serve(Serve),
}

impl By {
    fn start(&self, publisher: &Publisher, more: &[&str]) -> (Kept, String) {
        match self {
            Self::Nginx => {
                let nginx = Nginx::serve(publisher, more);
                let url = nginx.url();
                (Kept::Nginx(nginx), url)
            }
            Self::Serve => {
                let serve = Serve::start(publisher, more);
                let url = serve.url();
                (Kept::Serve(serve), url)
            }
        }
    }
}

/// Of all devices, which must have the same; `host` is where they ask.
fn story(publisher: &Publisher, devices: &[Device], more: &[&str]) {
    publisher.publish("v1.0", more);
    for device in devices {
        device.updates_to("v1.0", &main_of("v1.0"));
    }
    // The same again is the same.
    assert_eq!(publisher.publish("v1.0", more)["files_put"], 0);
    assert!(devices.iter().all(|device| device.boot() == Boot::Same));
    // An older number is just another version.
    publisher.publish("v0.9", more);
    for device in devices {
        device.updates_to("v0.9", &main_of("v0.9"));
    }
    assert_eq!(publisher.good(&["rollback", "-p", "p"])["version"], "v1.0");
    for device in devices {
        device.updates_to("v1.0", &main_of("v1.0"));
    }
}

#[rstest]
#[case::nginx(By::Nginx)]
#[case::serve(By::Serve)]
fn devices_install_stay_update_and_roll_back(#[case] by: By, #[values("flat", "folder")] layout: &str) {
    let publisher = Publisher::to_folder();
    fs::create_dir(&publisher.target).unwrap();
    let (_server, url) = by.start(&publisher, &[]);
    let more = if layout == "folder" {
        "use_version_prefix=False"
    } else {
        "use_version_prefix=True"
    };
    let mut devices = vec![Device::new("2.1.0", &url).with(more)];
    if layout == "flat" {
        devices.push(Device::new("1.1.0", &url));
        devices.push(Device::new("1.1.0", &format!("{url}/d/somebody")));
    }
    story(&publisher, &devices, &["--layout", layout, "--url", &url]);
}

#[rstest]
#[case::nginx(By::Nginx)]
#[case::serve(By::Serve)]
fn a_canary_tries_a_version_and_the_others_follow_or_it_goes_back(#[case] by: By) {
    let publisher = Publisher::to_folder();
    publisher
        .desk
        .write("users", "dev1:{PLAIN}secret\ndev2:{PLAIN}secret\n");
    fs::create_dir(&publisher.target).unwrap();
    let more: &[&str] = match by {
        By::Nginx => &["--users", "users"],
        By::Serve => &["--user", "dev1,dev2"],
    };
    let (_server, url) = by.start(&publisher, more);
    let user = |name: &str| Device::new("2.1.0", &url).with(&format!("user='{name}', passwd='secret'"));
    publisher.publish("v1", &[]);
    try_canaries(&publisher, &user("dev1"), &user("dev2"));
    // Who does not know the password gets nothing, whatever it knows.
    assert_eq!(
        Device::new("2.1.0", &url)
            .with("user='dev1', passwd='other'")
            .boot(),
        Boot::Same
    );
    assert_eq!(Device::new("1.1.0", &url).boot(), Boot::Same);
}

#[rstest]
#[case::nginx(By::Nginx)]
#[case::serve(By::Serve)]
fn a_canary_without_a_login_is_known_by_its_host(#[case] by: By) {
    let publisher = Publisher::to_folder();
    fs::create_dir(&publisher.target).unwrap();
    let (_server, url) = by.start(&publisher, &[]);
    let of = |name: &str| Device::new("1.1.0", &format!("{url}/d/{name}"));
    publisher.publish("v1", &[]);
    try_canaries(&publisher, &of("dev1"), &of("dev2"));
}

/// What can be done with two devices, of which the first is known as dev1.
pub(super) fn try_canaries(publisher: &Publisher, one: &Device, two: &Device) {
    one.updates_to("v1", &main_of("v1"));
    two.updates_to("v1", &main_of("v1"));
    assert_eq!(publisher.publish("v2", &["--hold"])["current"], false);
    assert_eq!((one.boot(), two.boot()), (Boot::Same, Boot::Same));
    publisher.good(&["pin", "dev1", "v2", "-p", "p"]);
    one.updates_to("v2", &main_of("v2"));
    assert_eq!(two.boot(), Boot::Same);
    assert_eq!(publisher.good(&["abort", "-p", "p"])["version"], "v1");
    one.updates_to("v1", &main_of("v1"));
    publisher.good(&["pin", "dev1", "v2", "-p", "p"]);
    one.updates_to("v2", &main_of("v2"));
    let promoted = publisher.good(&["promote", "-p", "p"]);
    assert_eq!(
        (&promoted["version"], &promoted["devices"]),
        (&"v2".into(), &vec!["dev1"].into())
    );
    assert_eq!(one.boot(), Boot::Same);
    two.updates_to("v2", &main_of("v2"));
}

/// A file is gone: nobody is told that version, and who is told it all the same keeps what it has, or mends it when the
/// file is back.
#[rstest]
#[case::nginx(By::Nginx)]
#[case::serve(By::Serve)]
fn a_missing_file_is_found_before_devices_are_told(#[case] by: By) {
    let publisher = Publisher::to_folder();
    fs::create_dir(&publisher.target).unwrap();
    let (_server, url) = by.start(&publisher, &[]);
    let device = Device::new("2.1.0", &url);
    publisher.publish("v1", &[]);
    publisher.publish("v2", &[]);
    device.updates_to("v2", &main_of("v2"));
    let gone = publisher.desk.path("srv/sample/v1_main.py");
    let kept = fs::read(&gone).unwrap();
    fs::remove_file(&gone).unwrap();
    let incomplete = (6, "ota.incomplete".to_owned());
    assert_eq!(publisher.bad(&["rollback", "-p", "p"]), incomplete);
    assert_eq!(publisher.bad(&["pin", "dev1", "v1", "-p", "p"]), incomplete);
    fs::write(&gone, "print('tampered')").unwrap();
    assert_eq!(publisher.bad(&["rollback", "-p", "p"]), incomplete);
    assert_eq!(device.boot(), Boot::Same);
    // Somebody else's hand.
    fs::remove_file(&gone).unwrap();
    publisher.desk.write("srv/sample/version", "v1");
    assert_eq!(publisher.bad(&["status", "p"]).0, 6);
    assert_eq!(device.boot(), Boot::Same);
    device.has("v2", &main_of("v2"));
    fs::write(&gone, kept).unwrap();
    device.updates_to("v1", &main_of("v1"));
}
