//! When a cancel comes in time. What is done otherwise is the chapter `server::releasing`'s.

use std::fs;

use tokio::sync::Notify;

use super::*;

/// Cancels when it hears of this stage.
struct At<'a>(Stage, &'a Notify);

impl Progress for At<'_> {
    fn report(&mut self, stage: Stage) {
        if stage == self.0 {
            self.1.notify_one();
        }
    }
}

#[tokio::test]
async fn a_cancel_stops_a_publish_until_devices_are_told_and_then_comes_too_late() {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path().join("p");
    fs::create_dir(&at).unwrap();
    fs::write(at.join("main.py"), "print()\n").unwrap();
    let target = folder.path().join("srv").to_string_lossy().into_owned();
    let mut cases = vec![(Stage::Committing, Some("v1"))];
    // In a folder a look takes a moment, in which the cancel is heard.
    cases.push((Stage::Comparing, None));
    for (number, (stage, told)) in cases.into_iter().enumerate() {
        let home = Home {
            folder: at.clone(),
            editor: Options::default(),
            said: Said {
                target: Some(target.clone()),
                ..Said::default()
            },
        };
        let what = ReleaseCall::Publish {
            version: format!("v{}", number + 1),
            hold: false,
            preview: false,
        };
        let cancel = Notify::new();
        let done = done_unless(cancel.notified(), home, what, &mut At(stage, &cancel)).await;
        match (done, told) {
            (Ok(done), Some(version)) => assert_eq!(done["version"], version),
            (Err(why), None) => assert_eq!(why.code, "cancelled"),
            (done, _) => panic!("{done:?}"),
        }
        let version = fs::read_to_string(folder.path().join("srv/p/version")).unwrap();
        assert_eq!(version, "v1");
    }
}
