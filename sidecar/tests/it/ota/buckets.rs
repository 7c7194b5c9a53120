//! A bucket of S3: what devices make of it, and two publishers at once.
//! The service is moto; what it cannot do is not claimed.

use super::device::Boot;
use super::device::Device;
use super::old_clients::try_canaries;
use super::servers::Publisher;
use super::servers::http;
use super::servers::main_of;
use crate::desk::Desk;

#[test]
fn devices_update_themselves_from_a_bucket() {
    let (publisher, _server, url) = Publisher::to_bucket();
    publisher.desk.write("p/a.json", "{}");
    let devices = [Device::new("2.1.0", &url), Device::new("1.1.0", &url)];
    publisher.publish("v1.0", &["--url", &url]);
    for device in &devices {
        device.updates_to("v1.0", &main_of("v1.0"));
    }
    assert_eq!(publisher.publish("v1.0", &[])["files_put"], 0);
    publisher.publish("v1.1", &[]);
    for device in &devices {
        device.updates_to("v1.1", &main_of("v1.1"));
    }
    assert_eq!(publisher.good(&["rollback", "-p", "p"])["version"], "v1.0");
    for device in &devices {
        device.updates_to("v1.0", &main_of("v1.0"));
    }
    // In a bucket a version is read back, too: a file that is gone or changed is found.
    let host = url.trim_start_matches("http://").split('/').next().unwrap();
    let gone = http(host, "DELETE /ota/fleet/sample/v1.1_main.py HTTP/1.0\r\n");
    assert!(gone.contains(" 204 "), "{gone}");
    assert_eq!(
        publisher.bad(&["rollback", "v1.1", "-p", "p"]),
        (6, "ota.incomplete".to_owned())
    );
    assert!(devices.iter().all(|device| device.boot() == Boot::Same));
    // What devices may keep for good, and what never.
    let head = |file: &str| http(host, &format!("GET /ota/fleet/sample/{file} HTTP/1.0\r\n")).to_lowercase();
    assert!(
        head("version").contains("cache-control: no-store"),
        "{}",
        head("version")
    );
    assert!(
        head("v1.0_main.py").contains("immutable"),
        "{}",
        head("v1.0_main.py")
    );
    // The same again mends what is missing, and no other bytes.
    assert_eq!(publisher.publish("v1.1", &[])["files_put"], 1);
    publisher.desk.write("p/main.py", "print('other')");
    assert_eq!(
        publisher.bad(&["publish", "p", "--version", "v1.1"]),
        (7, "ota.taken".to_owned())
    );
    let listed = publisher.run(&["list", "p", "--json"]).events();
    let versions: Vec<&str> = listed.iter().filter_map(|one| one["version"].as_str()).collect();
    assert_eq!(versions, ["v1.1", "v1.0"]);
    assert_eq!(
        publisher.good(&["prune", "--keep", "0", "-p", "p"])["versions"],
        serde_json::json!(["v1.0"])
    );
    let left = http(host, "GET /ota?list-type=2&prefix=fleet/sample/v1.0 HTTP/1.0\r\n");
    assert!(left.contains("<KeyCount>0</KeyCount>"), "{left}");
}

#[test]
fn of_two_publishers_to_a_bucket_one_wins_and_the_other_says_so() {
    let (publisher, _server, url) = Publisher::to_bucket();
    publisher.publish("v1", &[]);
    publisher.desk.write("q/main.py", main_of("v2 of q"));
    publisher.desk.write("q/boot.py", "# boot of v2\n");
    publisher.desk.write("p/main.py", main_of("v2"));
    publisher.desk.write("p/boot.py", "# boot of v2\n");
    let start = |project: &str| {
        let mut command = publisher.command(&[
            "publish",
            project,
            "--version",
            "v2",
            "--name",
            "sample",
            "--json",
        ]);
        command.stdout(std::process::Stdio::piped()).spawn().unwrap()
    };
    let both = [start("p"), start("q")].map(|child| child.wait_with_output().unwrap());
    let codes = both.each_ref().map(|output| output.status.code());
    let texts = both
        .each_ref()
        .map(|output| String::from_utf8_lossy(&output.stdout).into_owned());
    assert!(
        codes == [Some(0), Some(7)] || codes == [Some(7), Some(0)],
        "{texts:?}"
    );
    let loser = &texts[usize::from(codes[1] == Some(7))];
    assert!(
        loser.contains("ota.taken") || loser.contains("ota.raced"),
        "{loser}"
    );
    let main = if codes[0] == Some(0) {
        main_of("v2")
    } else {
        main_of("v2 of q")
    };
    Device::new("2.1.0", &url).updates_to("v2", &main);
}

#[test]
fn a_canary_in_a_bucket_has_copies_of_its_own_and_follows_the_others_afterwards() {
    let (publisher, _server, url) = Publisher::to_bucket();
    let of = |client, name: &str| Device::new(client, &format!("{url}/d/{name}"));
    let (one, two) = (of("2.1.0", "dev1"), of("1.1.0", "dev2"));
    publisher.publish("v1", &[]);
    assert_eq!(one.boot(), Boot::Same, "nobody knows it yet");
    publisher.good(&["pin", "dev1,dev2", "v1", "-p", "p"]);
    publisher.good(&["abort", "-p", "p"]);
    try_canaries(&publisher, &one, &two);
    publisher.publish("v3", &[]);
    one.updates_to("v3", &main_of("v3"));
    two.updates_to("v3", &main_of("v3"));
    publisher.good(&["rollback", "-p", "p"]);
    two.updates_to("v2", &main_of("v2"));
    publisher.good(&["prune", "--keep", "0", "-p", "p"]);
    let host = url.trim_start_matches("http://").split('/').next().unwrap();
    let left = http(host, "GET /ota?list-type=2&prefix=fleet/d/ HTTP/1.0\r\n");
    assert!(
        !left.contains("v1_") && !left.contains("v3_") && left.contains("v2_main.py"),
        "{left}"
    );
    one.updates_to("v2", &main_of("v2"));
}

#[test]
fn without_credentials_in_the_environment_nobody_is_asked_for_any() {
    let desk = Desk::at("");
    desk.write("p/main.py", "");
    for target in ["s3://b/x", "gs://b/x", "az://b/x"] {
        let mut command = desk.command(&["ota", "list", "p", "--to", target, "--json"]);
        let names = std::env::vars().map(|(name, _)| name);
        for name in names.filter(|name| {
            ["AWS_", "GOOGLE_", "AZURE_"]
                .iter()
                .any(|begin| name.starts_with(begin))
        }) {
            command.env_remove(name);
        }
        let text = String::from_utf8(command.output().unwrap().stdout).unwrap();
        assert!(
            text.contains("ota.bucket") && text.contains("no credentials"),
            "{target}: {text}"
        );
    }
}
